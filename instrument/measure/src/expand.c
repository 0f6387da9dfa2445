/* expand.c - from a case's parameters to the list of what to measure: values are listed, ranges
 * walked, parameters multiplied out, the last one fastest. */
#define _GNU_SOURCE
#include <bench/drive.h>

#include <base/units.h>

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 1000, TARGETS_MAX = 10000 };

struct values {
    const char **items;
    size_t count;
};

static base_err values_add(struct values *values, struct base_arena *arena, const char *text,
                           struct base_why *why)
{
    if (values->count >= VALUES_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d values", VALUES_MAX);
    char *copy = base_arena_text(arena, text);
    if (copy == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for values");
    values->items[values->count++] = copy;
    return BASE_OK;
}

/* "low..high", "low..high*factor", "low..high+step" with whole numbers. */
static bool scan_range(const char *text, uint64_t *low, uint64_t *high, char *op, uint64_t *by)
{
    unsigned long long a = 0, b = 0, c = 1;
    int used = 0;
    if (sscanf(text, "%llu..%llu%n", &a, &b, &used) != 2)
        return false;
    *op = '+';
    if (text[used] == '*' || text[used] == '+') {
        *op = text[used];
        int more = 0;
        if (sscanf(text + used + 1, "%llu%n", &c, &more) != 1)
            return false;
        used += 1 + more;
    }
    *low = a;
    *high = b;
    *by = c;
    return text[used] == '\0';
}

static base_err add_range(struct values *values, struct base_arena *arena, const char *text,
                          struct base_why *why)
{
    uint64_t low = 0, high = 0, by = 0;
    char op = '+';
    if (!scan_range(text, &low, &high, &op, &by))
        return base_fail(why, BASE_EPARSE, 0,
                         "'%s' is not a range: write 1..5, 16..1024*4 or 0..100+25", text);
    if (low > high || (op == '+' && by == 0) || (op == '*' && (by < 2 || low == 0)))
        return base_fail(why, BASE_ERANGE, 0, "the range '%s' does not end", text);
    base_err err = BASE_OK;
    for (uint64_t value = low; err == BASE_OK && value <= high;) {
        char number[24];
        snprintf(number, sizeof number, "%llu", (unsigned long long)value);
        err = values_add(values, arena, number, why);
        const bool is_over = op == '+' ? __builtin_add_overflow(value, by, &value)
                                       : __builtin_mul_overflow(value, by, &value);
        if (is_over)
            break;
    }
    return err;
}

static base_err parse_values(const char *text, struct base_arena *arena, struct values *values,
                             struct base_why *why)
{
    values->items = base_arena_array(arena, VALUES_MAX, sizeof values->items[0]);
    char *copy = base_arena_text(arena, text);
    if (values->items == NULL || copy == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for values");
    base_err err = BASE_OK;
    for (char *rest = copy; err == BASE_OK && rest != NULL;) {
        const char *item = strsep(&rest, ",");
        const bool is_range = strstr(item, "..") != NULL && item[0] >= '0' && item[0] <= '9';
        err = is_range ? add_range(values, arena, item, why) : values_add(values, arena, item, why);
    }
    return err;
}

static const char *given_value(const struct bench_arg *given, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(given[i].name, name) == 0)
            return given[i].value;
    return NULL;
}

static base_err check_given(const struct bench_listed *listed, const struct bench_arg *given,
                            size_t given_count, struct base_why *why)
{
    for (size_t i = 0; i < given_count; i++) {
        size_t k = 0;
        while (k < listed->param_count && strcmp(listed->params[k].name, given[i].name) != 0)
            k++;
        if (k == listed->param_count)
            return base_fail(why, BASE_ENOTFOUND, 0, "%s has no parameter '%s'", listed->name,
                             given[i].name);
    }
    return BASE_OK;
}

/* The id, cut at the size it has; control characters of a value are shown as '?'. */
static void make_id(struct bench_target *target)
{
    size_t used = (size_t)snprintf(target->id, sizeof target->id, "%s", target->name);
    for (size_t i = 0; i < target->arg_count && used < sizeof target->id; i++)
        used += (size_t)snprintf(target->id + used, sizeof target->id - used, "%c%s=%s",
                                 i == 0 ? ':' : ',', target->args[i].name, target->args[i].value);
    for (char *at = target->id; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = '?';
}

static void fill_target(const struct bench_listed *listed, const struct values *values,
                        size_t index, struct bench_target *target)
{
    target->name = listed->name;
    target->arg_count = listed->param_count;
    for (size_t k = listed->param_count; k-- > 0;) {
        target->args[k].name = listed->params[k].name;
        target->args[k].value = values[k].items[index % values[k].count];
        index /= values[k].count;
    }
    make_id(target);
}

base_err bench_drive_expand(const struct bench_listed *listed, const struct bench_arg *given,
                            size_t given_count, struct base_arena *arena,
                            struct bench_target **targets, size_t *count, struct base_why *why)
{
    struct values values[BENCH_PARAM_MAX];
    memset(values, 0, sizeof values);
    base_err err = check_given(listed, given, given_count, why);
    size_t total = 1;
    for (size_t k = 0; k < listed->param_count && err == BASE_OK; k++) {
        const char *text = given_value(given, given_count, listed->params[k].name);
        err = parse_values(text != NULL ? text : listed->params[k].values, arena, &values[k], why);
        if (err != BASE_OK)
            base_fail_prefix(why, err, "%s", listed->params[k].name);
        total *= values[k].count;
        if (err == BASE_OK && total > TARGETS_MAX)
            err = base_fail(why, BASE_EFULL, 0, "%s would be measured with more than %d arguments",
                            listed->name, TARGETS_MAX);
    }
    if (err != BASE_OK)
        return err;
    struct bench_target *array = base_arena_array(arena, total, sizeof *array);
    if (array == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu targets", total);
    for (size_t i = 0; i < total; i++)
        fill_target(listed, values, i, &array[i]);
    *targets = array;
    *count = total;
    return BASE_OK;
}

bool bench_target_matches(const struct bench_target *target, const char *filter)
{
    if (filter == NULL || filter[0] == '\0')
        return true;
    if (strpbrk(filter, "*?[") != NULL)
        return fnmatch(filter, target->id, 0) == 0;
    return strstr(target->id, filter) != NULL;
}
