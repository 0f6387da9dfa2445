/* test_hermes_sim.c - random schedules of HERMES-Lite in virtual time.
 *
 *   test_hermes_sim [COUNT [FIRST_SEED]] [--jobs N]   so many, from a seed on (200 from 1), by N
 *                                                     processes (1)
 *   test_hermes_sim replay SEED                       one, with what happens in it
 *
 * A failure names its seed and the command that replays it. Every hundredth schedule is run twice,
 * the second time with every curve operation worked out anew, and must have the same history, byte
 * for byte. */
#include "hermes_sim.h"

#include <crypto_memo.h>
#include <seed_jobs.h>

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)HERMES_SIM_COUNTS < (int)SEED_JOBS_COUNTERS_MAX, "and one more");
enum { COUNT_AGAIN = HERMES_SIM_COUNTS, AGAIN_EVERY = 100 };

static const char *program;

static bool run_one(uint64_t seed, bool is_loud, uint64_t *counters)
{
    struct hermes_sim_result result, again;
    crypto_memo_use(true);
    hermes_sim_run(seed, is_loud, &result);
    for (int i = 0; i < HERMES_SIM_COUNTS; i++)
        counters[i] += result.counts[i];
    if (result.why[0] == '\0' && seed % AGAIN_EVERY == 0) {
        crypto_memo_use(false);
        hermes_sim_run(seed, false, &again);
        counters[COUNT_AGAIN]++;
        if (again.digest != result.digest)
            snprintf(result.why, sizeof result.why, "two runs of one seed differ");
    }
    if (result.why[0] == '\0')
        return true;
    const uint64_t *const n = result.counts;
    printf("seed %" PRIu64 " (%" PRIu64 " nodes, %" PRIu64 " byzantine%s%s%s): %s\nreplay: %s "
           "replay %" PRIu64 "\n",
           seed, n[HERMES_SIM_MEMBERS], n[HERMES_SIM_BYZANTINE],
           n[HERMES_SIM_IS_TREE] > 0 ? ", tree" : "",
           n[HERMES_SIM_PARTITIONS] > 0 ? ", partition" : "",
           n[HERMES_SIM_RESTARTS] > 0 ? ", crash" : "", result.why, program, seed);
    return false;
}

static bool run_quiet(uint64_t seed, uint64_t *counters)
{
    return run_one(seed, false, counters);
}

/* Rows of "  name      number text, number text, ..." */
struct part {
    int at;
    const char *text;
};

static void print_row(const char *name, const uint64_t *counters, const struct part *parts)
{
    printf("  %-10s", name);
    for (int i = 0; parts[i].text != NULL; i++)
        printf("%s%" PRIu64 " %s", i > 0 ? ", " : "", counters[parts[i].at], parts[i].text);
    putchar('\n');
}

enum { CRIME = HERMES_SIM_CRIMES };

static const struct part members[] = { { HERMES_SIM_MEMBERS, "nodes" },
                                       { HERMES_SIM_BYZANTINE, "of them byzantine" },
                                       { HERMES_SIM_HAS_EVIL, "schedules with such" },
                                       { HERMES_SIM_IS_TREE, "schedules over a tree" },
                                       { HERMES_SIM_SECONDS, "s" },
                                       { HERMES_SIM_STEPS, "steps" },
                                       { 0, NULL } };
static const struct part faults[] = { { HERMES_SIM_PARTITIONS, "partitions that healed" },
                                      { HERMES_SIM_RESTARTS, "crashes with a restart" },
                                      { 0, NULL } };
static const struct part datagrams[] = { { HERMES_SIM_DATAGRAMS, "sent" },
                                         { HERMES_SIM_LOST, "lost" },
                                         { HERMES_SIM_OVERFLOWN, "dropped by queues" },
                                         { HERMES_SIM_PARTED, "by partitions" },
                                         { HERMES_SIM_DOUBLED, "doubled" },
                                         { HERMES_SIM_OVERTAKEN, "overtook others" },
                                         { HERMES_SIM_CORRUPTED, "corrupted" },
                                         { 0, NULL } };
static const struct part outside[] = { { CRIME + 3, "datagrams of garbage" },
                                       { CRIME + 2, "repeated" },
                                       { CRIME + 1, "changed" },
                                       { CRIME + 0, "kept back" },
                                       { 0, NULL } };
static const struct part inside[] = {
    { CRIME + 7, "messages forged" }, { CRIME + 6, "relayed again" },   { CRIME + 5, "changed" },
    { CRIME + 4, "kept back" },       { CRIME + 8, "false names" },     { CRIME + 9, "records" },
    { CRIME + 10, "tree verbs" },     { CRIME + 11, "broken packets" }, { 0, NULL }
};
static const struct part rejected[] = { { HERMES_SIM_FORGED, "forged" },
                                        { HERMES_SIM_REPLAYED, "replayed" },
                                        { HERMES_SIM_MALFORMED, "malformed" },
                                        { HERMES_SIM_UNKNOWN, "of no session" },
                                        { 0, NULL } };
static const struct part checked[] = {
    { HERMES_SIM_SENT, "messages sent" },        { HERMES_SIM_DELIVERED, "deliveries compared" },
    { HERMES_SIM_OWED, "deadlines of class 0" }, { HERMES_SIM_ENDS, "ends told" },
    { COUNT_AGAIN, "histories repeated" },       { 0, NULL }
};

static void print_summary(const struct seed_jobs *jobs, const struct seed_jobs_result *result)
{
    const uint64_t *const n = result->counters;
    printf("%s%" PRIu64 " schedules from seed %" PRIu64 ": %" PRIu64
           " failed; %.0f/s by %u process%s\n",
           result->is_interrupted ? "interrupted: " : "", result->done, jobs->first, result->failed,
           (double)result->done / (result->taken_s + 1e-9), jobs->jobs, jobs->jobs > 1 ? "es" : "");
    print_row("members", n, members);
    print_row("faults", n, faults);
    print_row("datagrams", n, datagrams);
    print_row("lies", n, outside);
    print_row("", n, inside);
    print_row("rejected", n, rejected);
    print_row("checked", n, checked);
}

static uint64_t number_of(const char *text, uint64_t least, uint64_t most)
{
    char *end;
    errno = 0;
    const uint64_t number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || text[0] == '-' || number < least ||
        number > most) {
        fprintf(stderr, "%s: not a number from %" PRIu64 " to %" PRIu64 "\n", text, least, most);
        exit(2);
    }
    return number;
}

static int usage(void)
{
    fprintf(stderr, "usage: %s [COUNT [FIRST_SEED]] [--jobs N]\n       %s replay SEED\n", program,
            program);
    return 2;
}

static int run_all(int argc, char **argv)
{
    char replay[4096];
    struct seed_jobs_result result;
    struct seed_jobs jobs = {
        .first = 1, .count = 200, .jobs = 1, .what = "schedules", .replay = replay, .run = run_quiet
    };
    uint64_t *const numbers[2] = { &jobs.count, &jobs.first };
    int given = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--jobs") == 0 && i + 1 < argc)
            jobs.jobs = (uint32_t)number_of(argv[++i], 1, SEED_JOBS_MAX);
        else if (argv[i][0] == '-' || given == 2)
            return usage();
        else
            *numbers[given++] = number_of(argv[i], 1, UINT64_MAX / 2);
    }
    snprintf(replay, sizeof replay, "%s replay", program);
    const base_err err = seed_jobs_run(&jobs, &result);
    if (err != BASE_OK) {
        fprintf(stderr, "%s: no process for it: %s\n", program, strerror(errno));
        return 3;
    }
    print_summary(&jobs, &result);
    return result.is_interrupted ? 130 : result.failed > 0 ? 1 : 0;
}

int main(int argc, char **argv)
{
    uint64_t counters[SEED_JOBS_COUNTERS_MAX] = { 0 };
    program = argv[0];
    setvbuf(stdout, NULL, _IOLBF, 0);
    /* Each schedule needs the memory that the last one gave back. */
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 16 << 20);
    if (argc == 3 && strcmp(argv[1], "replay") == 0)
        return run_one(number_of(argv[2], 0, UINT64_MAX), true, counters) ? 0 : 1;
    return run_all(argc, argv);
}
