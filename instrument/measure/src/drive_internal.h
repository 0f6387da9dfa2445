/* drive_internal.h - one case being measured: what the parts of the coordinator share. */
#ifndef BENCH_DRIVE_INTERNAL_H
#define BENCH_DRIVE_INTERNAL_H

#include "wire_internal.h"

struct drive {
    const struct bench_launch *launch;
    struct bench_plan plan; /* defaults filled in */
    const struct bench_target *target;
    struct bench_record *record;
    bench_progress_fn *progress;
    void *context;

    struct wire wire;      /* the worker */
    struct wire companion; /* has the reference kernels when the worker has none; pid 0: not used */
    struct wire_batches batches;
    uint64_t start_ns, deadline_ns;
    uint32_t process;
    double batch_items; /* items of the mean batch, a fraction perhaps; 0: not calibrated */
    bool is_flat;       /* every batch has as many items: a few fill a batch */
    double item_ns;     /* estimate so far; NaN at first */
};

/* Put the defaults where the plan has zeros. */
void drive_defaults(struct bench_plan *plan);

/* A worker with the case open. */
BASE_MUST_USE base_err drive_open(struct drive *drive, const char *const *wrap, bool is_first,
                                  struct base_why *why);
void drive_close(struct drive *drive, bool is_orderly);

/* Batches of the given sizes, references interleaved by whoever has them. */
BASE_MUST_USE base_err drive_batches(struct drive *drive, const uint64_t *counts, size_t count,
                                     bool with_references, struct base_why *why);

/* Find batch_items. */
BASE_MUST_USE base_err drive_calibrate(struct drive *drive, struct base_why *why);

/* Set batch_items so that a mean batch takes the plan's time. */
void drive_size_batches(struct drive *drive, double item_ns);

/* An item takes item_ns, as has turned out since: a mean batch that takes less than a quarter of
 * the plan's time was sized by calls that were held up, and gets longer, by a factor of eight at
 * most at once; else nothing changes. */
void drive_resize_batches(struct drive *drive, double item_ns);

/* Items of a batch of `size` parts, 1 .. DRIVE_SIZE_MOST; a mean batch has DRIVE_SIZE_MEAN. */
enum { DRIVE_SIZE_MOST = 4 };
#define DRIVE_SIZE_MEAN 2.5
uint64_t drive_batch_items(const struct drive *drive, uint64_t size);

/* Instructions of one item under callgrind, as a counter of the record. */
BASE_MUST_USE base_err drive_instructions(struct drive *drive, struct base_why *why);

/* Tell whoever listens. */
void drive_progress(struct drive *drive, enum bench_phase phase);

bool drive_is_interrupted(const struct drive *drive);

#endif
