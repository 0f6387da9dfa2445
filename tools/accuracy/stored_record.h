/* stored_record.h - runs as windows in a file, so that another estimator can be tried on them.
 *
 * One line a window: round, condition, kernel, change, process, then the medians of neighbouring
 * batches: ns per item and one step of the core-bound, wide, cache-bound and memory-bound
 * reference.
 */
#ifndef ACCURACY_STORED_RECORD_H
#define ACCURACY_STORED_RECORD_H

#include <bench/drive.h>
#include <result/run.h>
#include <stats/shares.h>

#include <stdio.h>

struct stored_place {
    unsigned round, condition, kernel, change;
};

/* Append the windows of a run, of up to 8 batches each; its times become times per item. Returns
 * false where it cannot be written. */
bool stored_record_write(FILE *file, const struct stored_place *place, struct bench_record *record);

/* Fill a run document with one case from the lines of the next run of a file. Its processes have
 * medians only, its shares are fitted to the windows.
 *
 *   line   [size] the line that was read last and belongs to the next run; "" at first
 *
 * Returns false at the end of the file, or where a line is not as above (errno is EINVAL then).
 */
bool stored_record_read(FILE *file, char *line, size_t size, struct stored_place *place,
                        struct result_run *run);

/* As documents have them. */
struct result_shares stored_shares_of(const struct stats_shares *from);

#endif
