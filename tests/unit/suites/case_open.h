/* case_open.h - open a case by hand, with some arguments and the defaults for the others. */
#ifndef TESTS_CASE_OPEN_H
#define TESTS_CASE_OPEN_H

#include <bench/case.h>

#include <stdio.h>
#include <string.h>

struct case_open {
    struct bench_env env;
    struct bench_arg args[BENCH_PARAM_MAX];
    char values[BENCH_PARAM_MAX][1024];
};

/* The index-th value of a list; false when there are fewer. */
static inline bool case_value(const char *values, size_t index, char *out, size_t size)
{
    for (; index > 0; index--) {
        values = strchr(values, ',');
        if (values == NULL)
            return false;
        values++;
    }
    snprintf(out, size, "%.*s", (int)strcspn(values, ","), values);
    return true;
}

/* Fill env with the first value of every parameter. */
static inline void case_defaults(struct case_open *opened, const struct bench_case *bench)
{
    memset(opened, 0, sizeof *opened);
    size_t count = 0;
    for (; count < BENCH_PARAM_MAX && bench->params[count].name != NULL; count++) {
        case_value(bench->params[count].values, 0, opened->values[count],
                   sizeof opened->values[count]);
        opened->args[count] =
            (struct bench_arg){ bench->params[count].name, opened->values[count] };
    }
    opened->env.args = opened->args;
    opened->env.arg_count = count;
    opened->env.seed = 1;
    opened->env.threads = 1;
}

static inline void case_argument(struct case_open *opened, const char *name, const char *value)
{
    for (size_t i = 0; i < opened->env.arg_count; i++)
        if (strcmp(opened->args[i].name, name) == 0)
            opened->args[i].value = value;
}

#endif
