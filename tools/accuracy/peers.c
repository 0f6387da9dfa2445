/* peers.c - the kernels under google/benchmark with compare.py, under hyperfine and under bpi-perf
 * compare, one after the other in the same rounds and on the same core, each with the budget for
 * both sides together. A verdict is what the tool's own rule says at its default level of 5 %. */
#include "modes.h"
#include "peers_tools.h"

#include <stats/interval.h>

#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: accuracy peers [--comparisons N] [--conditions quiet,ambient,noisy]\n"
    "                      [--kernels l1,dram,scatter] [--extra 0,5,10,20,50] [--budget TIME]\n"
    "                      [--minutes N] [--core N] [--save FILE] [--bpi-perf PROGRAM]\n"
    "                      [-- OPTIONS OF bpi-perf compare]\n"
    "\n"
    "Lets google/benchmark with its compare.py, hyperfine and bpi-perf compare judge the same\n"
    "kernels in the same rounds, 10 comparisons each of +0, +1, +2 and +5 % of l1 and dram with\n"
    "a budget of 2s unless said otherwise, and prints how often each found a change. Debian's\n"
    "packages: libbenchmark-dev (when this is built), libbenchmark-tools, python3-scipy,\n"
    "hyperfine. --save appends to FILE and takes up a run that ended; --minutes 0 only prints its\n"
    "table.\n";

struct tally {
    size_t count, failed, slower, faster;
};

struct table {
    struct tally cells[PEERS_RULES][ROUNDS_CONDITIONS][ROUNDS_KERNELS][ROUNDS_EXTRAS];
};

static json_t *shot(const struct rounds *rounds, const struct rounds_cell *cell,
                    struct base_why *why)
{
    json_t *found = json_object();
    size_t failed = 0;
    for (size_t t = 0; t < PEERS_TOOLS && !rounds_interrupted; t++) {
        struct base_why reason = { 0 };
        if (!peers_tools[t].compare(rounds, cell, found, &reason)) {
            json_object_set_new(found, peers_tools[t].name, json_string(reason.text));
            base_fail(why, reason.err, 0, "%s: %s", peers_tools[t].name, reason.text);
            failed++;
        }
    }
    if (failed > 0 && failed < PEERS_TOOLS)
        fprintf(stderr, "\raccuracy: %s\n", why->text);
    if (failed == PEERS_TOOLS) {
        json_decref(found);
        return NULL;
    }
    return found;
}

static void take_line(struct table *table, json_t *line)
{
    struct rounds_cell cell;
    for (size_t r = 0; r < PEERS_RULES && rounds_cell_of(line, &cell); r++) {
        struct tally *tally = &table->cells[r][cell.condition][cell.kernel][cell.extra];
        const char *verdict = json_string_value(
            json_object_get(json_object_get(line, peers_rules[r].key), "verdict"));
        tally->count += verdict != NULL;
        tally->failed += verdict == NULL;
        tally->slower += verdict != NULL && strcmp(verdict, "slower") == 0;
        tally->faster += verdict != NULL && strcmp(verdict, "faster") == 0;
    }
}

static bool read_file(struct table *table, FILE *file)
{
    char *text = NULL;
    size_t room = 0;
    bool is_fine = true;
    for (size_t number = 1; is_fine && getline(&text, &room, file) > 0; number++) {
        json_t *line = json_loads(text, 0, NULL);
        is_fine = line != NULL;
        if (number > 1)
            take_line(table, line);
        json_decref(line);
    }
    free(text);
    return is_fine;
}

static void print_cell(const struct tally *tally, size_t part)
{
    if (tally->count == 0) {
        printf(" – |");
        return;
    }
    const struct stats_interval share = stats_interval_clopper_pearson(part, tally->count, 0.95);
    printf(" %zu/%zu = %.0f %% (%.0f–%.0f) |", part, tally->count, 100 * share.value,
           100 * share.low, 100 * share.high);
}

static void print_table(const struct table *table, const struct rounds *rounds)
{
    printf("| tool | kernel | condition | false alarms |");
    for (size_t e = 1; e < ROUNDS_EXTRAS; e++)
        if (rounds->extras[e])
            printf(" +%.1f %% found |", rounds_extras[e] / 10.0);
    printf("\n|---|---|---|---|");
    for (size_t e = 1; e < ROUNDS_EXTRAS; e++)
        printf("%s", rounds->extras[e] ? "---|" : "");
    printf("\n");
    for (size_t r = 0; r < PEERS_RULES; r++)
        for (size_t k = 0; k < ROUNDS_KERNELS; k++)
            for (size_t c = 0; c < ROUNDS_CONDITIONS; c++) {
                const struct tally *tally = table->cells[r][c][k];
                size_t count = 0;
                for (size_t e = 0; e < ROUNDS_EXTRAS; e++)
                    count += tally[e].count;
                if (count == 0)
                    continue;
                printf("| %s | %s | %s |", peers_rules[r].doc, rounds_kernel_names[k],
                       rounds_condition_names[c]);
                print_cell(&tally[0], tally[0].slower + tally[0].faster);
                for (size_t e = 1; e < ROUNDS_EXTRAS; e++)
                    if (rounds->extras[e])
                        print_cell(&tally[e], tally[e].slower);
                printf("\n");
            }
}

int peers_main(int argc, char **argv)
{
    struct rounds rounds = { .comparisons = 10,
                             .budget_ns = 2000000000,
                             .extras = { true, false, true, true, true } };
    int status = rounds_parse(argc, argv, usage, &rounds);
    if (status >= 0)
        return status;
    json_t *head = json_pack("{ss si sf}", "accuracy", "peers", "version", 1, "budget_seconds",
                             (double)rounds.budget_ns * 1e-9);
    FILE *file = NULL;
    status = rounds_run(&rounds, head, shot, &file);
    struct table *table = calloc(1, sizeof *table);
    if ((status == 0 || status == 130) && table != NULL && read_file(table, file))
        print_table(table, &rounds);
    else if (status == 0)
        status = 3;
    free(table);
    if (file != NULL)
        fclose(file);
    return status;
}
