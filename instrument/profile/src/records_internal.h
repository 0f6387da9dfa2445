/* records_internal.h - what the kernel's buffers held, in one order of time, and what it means. */
#ifndef PROF_RECORDS_INTERNAL_H
#define PROF_RECORDS_INTERNAL_H

#include "resolve_internal.h"

#include <base/buf.h>

enum { RECORDS_SIZE_MAX = 512 << 20 }; /* of what waits to be named; more is lost, and counted */

struct record_place {
    uint64_t time;
    size_t at;
};

struct records {
    struct base_buf bytes; /* whole records, one after the other */
    struct record_place *places;
    size_t count, capacity;
    size_t samples; /* so far, played ones too */
    double lost;    /* samples */
};

/* Take one record out of a buffer: perf_event_header and all. Copies; counts what cannot be kept.
 */
void records_put(struct records *records, const uint8_t *record, size_t size);
void records_clear(struct records *records);
void records_done(struct records *records);

/* Interpret all, in the order of time, and clear.
 *   period_ns   weight of one sample
 * Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err records_play(struct records *records, struct resolver *resolver,
                                    double period_ns);

/* The fields that every sample has, and every other record at its end. */
uint64_t records_sample_type(void);

#endif
