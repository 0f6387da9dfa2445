/* finding_internal.h - a list of findings that is written in any order and read worst first. */
#ifndef PROBE_FINDING_INTERNAL_H
#define PROBE_FINDING_INTERNAL_H

#include <base/arena.h>
#include <base/err.h>
#include <probe/finding.h>

#include <stdbool.h>
#include <stddef.h>

struct probe_findings {
    struct base_arena *arena;
    struct probe_finding *items; /* [PROBE_FINDING_MAX] */
    size_t count;
    bool is_out_of_memory;
};

/* `what` and `advice` (NULL: none) are literals; the evidence is formatted. */
void probe_findings_add(struct probe_findings *list, enum probe_severity severity, const char *id,
                        const char *what, const char *advice, const char *evidence, ...)
    BASE_PRINTF(6, 7);

/* Worst first; equals stay in order. */
void probe_findings_sort(struct probe_findings *list);

/* The severity of a value against three rising limits; PROBE_OK below the first and for NaN. */
enum probe_severity probe_severity_of(double value, double note, double warning, double bad);

#endif
