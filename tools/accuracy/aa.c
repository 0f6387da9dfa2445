/* aa.c - two binaries from one source are compared again and again with the whole budget and no
 * early stop, on a quiet machine, beside compilers and beside bursts; every pair is saved, so that
 * all settings are judged on the same pairs by aa_replay.c. */
#include "aa_replay.h"
#include "modes.h"
#include "ours.h"

static const char usage[] =
    "usage: accuracy aa [--comparisons N] [--conditions quiet,ambient,noisy]\n"
    "                   [--kernels l1,dram,scatter] [--extra 0,5,10,20,50] [--budget TIME]\n"
    "                   [--minutes N] [--core N] [--save FILE] [--bpi-perf PROGRAM]\n"
    "                   [-- OPTIONS OF bpi-perf compare]\n"
    "\n"
    "Compares accuracy_kernels_a with binaries that do the same work, or --extra tenths of a per\n"
    "cent more, --comparisons times (10) each in --budget (2s), and prints how often the verdict\n"
    "was right. The kernels are l1 and dram unless named. --save appends every comparison to\n"
    "FILE, one line each, and takes up a run that ended; `accuracy replay FILE` prints its tables\n"
    "again. --core is where the programs run and where the bursts are (the last one).\n";

static json_t *shot(const struct rounds *rounds, const struct rounds_cell *cell,
                    struct base_why *why)
{
    static const char *const options[] = { "--threshold", "0", "--no-early-stop", NULL };
    return ours_compare(rounds, cell, options, why);
}

int aa_main(int argc, char **argv)
{
    struct rounds rounds = { .comparisons = 10,
                             .budget_ns = 2000000000,
                             .extras = { true, true, true, true, true } };
    int status = rounds_parse(argc, argv, usage, &rounds);
    if (status >= 0)
        return status;
    json_t *head = json_pack("{ss si sf}", "accuracy", "aa", "version", 1, "budget_seconds",
                             (double)rounds.budget_ns * 1e-9);
    FILE *file = NULL;
    status = rounds_run(&rounds, head, shot, &file);
    const char *name = rounds.save != NULL ? rounds.save : "this run";
    struct base_why why = { 0 };
    if ((status == 0 || status == 130) &&
        aa_replay_print(&file, &name, 1, stdout, &why) != BASE_OK) {
        fprintf(stderr, "accuracy: %s\n", why.text);
        status = 3;
    }
    if (file != NULL)
        fclose(file);
    return status;
}
