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
    uint64_t base_count; /* items of the smallest batch; 0: not calibrated */
    bool is_flat;        /* every batch has base_count items: one item fills a batch */
    double item_ns;      /* estimate so far; NaN at first */
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

/* Find base_count. */
BASE_MUST_USE base_err drive_calibrate(struct drive *drive, struct base_why *why);

/* Instructions of one item under callgrind, as a counter of the record. */
BASE_MUST_USE base_err drive_instructions(struct drive *drive, struct base_why *why);

/* Tell whoever listens. */
void drive_progress(struct drive *drive, enum bench_phase phase);

bool drive_is_interrupted(const struct drive *drive);

#endif
