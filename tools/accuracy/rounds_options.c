/* rounds_options.c - the command line of the tools that work in rounds. */
#define _GNU_SOURCE
#include "rounds.h"

#include <base/units.h>

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CORE_MAX = 1023, LIST_SIZE = 200, EXTRA_TEXT = 12 };

static const struct option longs[] = { { "comparisons", required_argument, NULL, 'n' },
                                       { "conditions", required_argument, NULL, 'c' },
                                       { "kernels", required_argument, NULL, 'k' },
                                       { "extra", required_argument, NULL, 'e' },
                                       { "budget", required_argument, NULL, 'b' },
                                       { "minutes", required_argument, NULL, 'm' },
                                       { "core", required_argument, NULL, 'p' },
                                       { "save", required_argument, NULL, 's' },
                                       { "bpi-perf", required_argument, NULL, 'x' },
                                       { "help", no_argument, NULL, 'h' },
                                       { NULL, 0, NULL, 0 } };

/* "quiet,noisy": the words that are to be done, out of those there are. */
static base_err parse_list(const char *text, const char *const *names, size_t count, bool *chosen,
                           struct base_why *why)
{
    char list[LIST_SIZE], *rest = list;
    memset(chosen, 0, count * sizeof *chosen);
    if (strlen(text) >= sizeof list)
        return base_fail(why, BASE_ERANGE, 0, "the list is longer than %d characters", LIST_SIZE);
    strcpy(list, text);
    for (const char *word = NULL; (word = strsep(&rest, ",")) != NULL;) {
        size_t i = 0;
        while (i < count && strcmp(word, names[i]) != 0)
            i++;
        if (i == count)
            return base_fail(why, BASE_EINVALID, 0, "'%s' is none of %s .. %s", word, names[0],
                             names[count - 1]);
        chosen[i] = true;
    }
    return BASE_OK;
}

static base_err parse_extras(const char *text, struct rounds *rounds, struct base_why *why)
{
    char texts[ROUNDS_EXTRAS][EXTRA_TEXT];
    const char *names[ROUNDS_EXTRAS];
    for (size_t i = 0; i < ROUNDS_EXTRAS; i++) {
        snprintf(texts[i], sizeof texts[i], "%u", rounds_extras[i]);
        names[i] = texts[i];
    }
    return parse_list(text, names, ROUNDS_EXTRAS, rounds->extras, why);
}

static base_err parse_one(int letter, struct rounds *rounds, struct base_why *why)
{
    uint64_t count = 0;
    double minutes = 0;
    base_err err = BASE_OK;
    switch (letter) {
    case 'n':
        return base_units_parse_count(optarg, 1, ROUNDS_COUNT_MAX, &rounds->comparisons, why);
    case 'c':
        return parse_list(optarg, rounds_condition_names, ROUNDS_CONDITIONS, rounds->conditions,
                          why);
    case 'k':
        return parse_list(optarg, rounds_kernel_names, ROUNDS_KERNELS, rounds->kernels, why);
    case 'e':
        return parse_extras(optarg, rounds, why);
    case 'b':
        return base_units_parse_time(optarg, &rounds->budget_ns, why);
    case 'm':
        err = base_units_parse_number(optarg, 0, 1e5, &minutes, why);
        rounds->limit_ns = (uint64_t)(minutes * 60e9) + 1; /* 0 minutes: only what is there */
        return err;
    case 'p':
        err = base_units_parse_count(optarg, 0, CORE_MAX, &count, why);
        rounds->core = (unsigned)count;
        return err;
    case 's':
        rounds->save = optarg;
        return BASE_OK;
    default:
        rounds->bpi_perf = optarg;
        return BASE_OK;
    }
}

/* The folder of this program, and bpi-perf where the build puts it beside. */
static void find_programs(struct rounds *rounds)
{
    static char bpi_perf[ROUNDS_PATH_SIZE + 64];
    const ssize_t size = readlink("/proc/self/exe", rounds->beside, sizeof rounds->beside - 1);
    rounds->beside[size > 0 ? size : 0] = '\0';
    char *last = strrchr(rounds->beside, '/');
    if (last != NULL)
        *last = '\0';
    snprintf(bpi_perf, sizeof bpi_perf, "%s/../../apps/cli/bpi-perf", rounds->beside);
    rounds->bpi_perf = bpi_perf;
}

int rounds_parse(int argc, char **argv, const char *usage, struct rounds *rounds)
{
    memset(rounds->conditions, 1, sizeof rounds->conditions);
    rounds->kernels[ROUNDS_L1] = rounds->kernels[ROUNDS_DRAM] = true;
    rounds->core = (unsigned)sysconf(_SC_NPROCESSORS_ONLN) - 1;
    find_programs(rounds);
    int letter = 0, place = 0;
    while ((letter = getopt_long(argc, argv, "", longs, &place)) != -1) {
        struct base_why why = { 0 };
        if (letter == 'h')
            fputs(usage, stdout);
        else if (letter == '?')
            fputs(usage, stderr);
        if (letter == 'h' || letter == '?')
            return letter == 'h' ? 0 : 2;
        if (parse_one(letter, rounds, &why) != BASE_OK) {
            fprintf(stderr, "accuracy: --%s %s: %s\n", longs[place].name, optarg, why.text);
            return 2;
        }
    }
    rounds->words = argv + optind;
    if (optind < argc && strcmp(argv[optind - 1], "--") != 0) {
        fprintf(stderr,
                "accuracy: '%s' is no option; options for bpi-perf compare stand after --\n",
                argv[optind]);
        return 2;
    }
    if (rounds->core >= (unsigned)sysconf(_SC_NPROCESSORS_ONLN)) {
        fprintf(stderr, "accuracy: --core %u: the cores are 0 .. %ld\n", rounds->core,
                sysconf(_SC_NPROCESSORS_ONLN) - 1);
        return 2;
    }
    return -1;
}
