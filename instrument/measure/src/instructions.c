/* instructions.c - the deterministic lane: a worker under callgrind runs the case with two sizes;
 * the difference of the two counts over the difference of the sizes is one item, without the cost
 * of the call. Source: Weidendorfer, Kowarschik & Trinitis, ICCS 2004 (callgrind). */
#define _GNU_SOURCE
#include "drive_internal.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DUMP_MAX = 64 << 20, ITEMS_MAX = 20000, SLOWDOWN = 60 };
#define BUDGET_NS 20e6 /* of the larger size, at full speed; callgrind is SLOWDOWN times slower */

/* "totals: 12345" or "summary: 12345" of a dump. */
static base_err read_total(const char *path, double *total, struct base_why *why)
{
    struct base_buf buf = { 0 };
    base_err err = base_buf_read_file(&buf, path, DUMP_MAX, why);
    if (err == BASE_OK) {
        const char *text = base_buf_text(&buf);
        const char *at = text != NULL ? strstr(text, "\ntotals: ") : NULL;
        if (at == NULL && text != NULL)
            at = strstr(text, "\nsummary: ");
        if (at == NULL)
            err = base_fail(why, BASE_ECORRUPT, 0, "%s has no totals", path);
        else
            *total = strtod(strchr(at, ' '), NULL);
    }
    base_buf_done(&buf);
    return err;
}

static base_err count_once(struct drive *drive, const char *prefix, unsigned dump, uint64_t items,
                           double *total, struct base_why *why)
{
    json_t *reply = NULL;
    base_err err = wire_ask(
        &drive->wire, json_pack("{s:s, s:I}", "op", "instructions", "items", (json_int_t)items),
        &reply, why);
    json_decref(reply);
    char path[256];
    snprintf(path, sizeof path, "%s.%u", prefix, dump);
    return err == BASE_OK ? read_total(path, total, why) : err;
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    rmdir(folder);
}

static base_err count_slope(struct drive *drive, const char *prefix, double *per_item,
                            struct base_why *why)
{
    double few = drive->item_ns > 0 ? BUDGET_NS / SLOWDOWN / drive->item_ns / 2 : ITEMS_MAX;
    few = few < 1 ? 1 : few > ITEMS_MAX ? ITEMS_MAX : few;
    const uint64_t sizes[2] = { (uint64_t)few, 2 * (uint64_t)few };
    double totals[2] = { 0 };
    base_err err = BASE_OK;
    for (unsigned i = 0; i < 2 && err == BASE_OK; i++)
        err = count_once(drive, prefix, i + 1, sizes[i], &totals[i], why);
    if (err == BASE_OK)
        *per_item = (totals[1] - totals[0]) / (double)(sizes[1] - sizes[0]);
    return err;
}

base_err drive_instructions(struct drive *drive, struct base_why *why)
{
    struct bench_record *record = drive->record;
    char folder[] = "/tmp/bpi-perf-callgrind.XXXXXX";
    if (drive->wire.is_exclusive)
        return BASE_OK; /* a whole command: its instructions are not the worker's */
    if (mkdtemp(folder) == NULL)
        return base_fail(why, BASE_EIO, 0, "%s: cannot be made", folder);
    char prefix[128];
    char option[160];
    snprintf(prefix, sizeof prefix, "%s/out", folder);
    snprintf(option, sizeof option, "--callgrind-out-file=%s", prefix);
    const char *const wrap[] = { "valgrind", "--tool=callgrind", "--instr-atstart=no", option, "-q",
                                 NULL };
    double per_item = 0;
    base_err err = drive_open(drive, wrap, false, why);
    if (err == BASE_ENOTFOUND)
        base_fail_prefix(why, err, "counting instructions needs valgrind");
    if (err == BASE_OK)
        err = count_slope(drive, prefix, &per_item, why);
    drive_close(drive, err == BASE_OK);
    remove_folder(folder);
    if (err == BASE_OK && record->counter_count < BENCH_COUNTER_MAX)
        record->counters[record->counter_count++] =
            (struct bench_counter){ "instructions_callgrind", per_item, "1" };
    return err;
}
