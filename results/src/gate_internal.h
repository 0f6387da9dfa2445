/* gate_internal.h - what the parts of a gate share: its cases, its readings, its reasons. */
#ifndef RESULT_GATE_INTERNAL_H
#define RESULT_GATE_INTERNAL_H

#include <result/gate.h>

/* Counted under callgrind: the deterministic lane. */
#define RESULT_GATE_INSTRUCTIONS "counter.instructions_callgrind"

/* A case by its id, wherever it is. */
struct result_gate_case {
    const char *id;
    const struct result_case *run, *baseline; /* NULL: not there */
    const struct result_compared *compared;
};

/* All cases of the inputs: those of the run in its order, then what only the others have.
 * Errors: ENOMEM */
BASE_MUST_USE base_err result_gate_cases(const struct result_gate_input *input,
                                         struct base_arena *arena, struct result_gate_case **cases,
                                         size_t *count);

/* A pattern with one of *?[ over the whole text, any other as a part of it. */
bool result_gate_matches(const char *pattern, const char *text);

/* A number to be judged. */
struct result_gate_reading {
    struct result_estimate estimate; /* of the metric, or a ratio */
    const char *unit;
    const char *lack;   /* why there is nothing to judge; NULL: there is */
    const char *doubt;  /* why there is no interval; NULL: there is one, or the value is exact */
    const char *broken; /* the case was good before, or should be, and failed; NULL: no */
    bool is_added;      /* the baseline does not have it: `lack` says so */
    bool is_paired;
    double confidence; /* of the interval; NaN: exact */
    double degrees;    /* of freedom; NaN: not known */
    double was, is;    /* both sides of a ratio, in `side_unit`; NaN: not known */
    const char *side_unit;
    double drift; /* the host's drift in the interval, as a share; NaN: none */
    double seconds, deciding_seconds;
    size_t group_count; /* of cases; 0: one case */
    bool has_left_out;  /* the group has cases that the baseline does not have */
    const char *worst;  /* of a group, in words */
};

/* Read what a rule speaks of, of one case and of a group of cases. Texts are in the arena or the
 * inputs. Errors: ENOMEM */
BASE_MUST_USE base_err result_gate_read_case(const struct result_budget *budget,
                                             const struct result_gate_input *input,
                                             const struct result_gate_case *one,
                                             struct base_arena *arena,
                                             struct result_gate_reading *out);
BASE_MUST_USE base_err result_gate_read_group(const struct result_budget *budget,
                                              const struct result_gate_input *input,
                                              const struct result_gate_case *const *cases,
                                              size_t count, struct base_arena *arena,
                                              struct result_gate_reading *out);

/* Is the reading of a relative budget a test, and its p; NaN when it is none. */
double result_gate_p(const struct result_budget *budget, const struct result_gate_reading *reading);

/* Scale the interval of a ratio to another confidence. */
void result_gate_rescale(struct result_gate_reading *reading, double confidence);

/* The adjusted p values; NaN stay NaN and are not counted.
 *   p   [count] in;  adjusted [count] out. Errors: ENOMEM */
BASE_MUST_USE base_err result_gate_correct(enum result_gate_correction correction, const double *p,
                                           size_t count, double *adjusted, size_t *tests);

/* The paragraph of a judgement; NULL when out of memory. */
const char *result_gate_reason(const struct result_gate *gate, const struct result_budget *budget,
                               const struct result_gate_reading *reading,
                               const struct result_gate_item *item, size_t tests,
                               struct base_arena *arena);

/* "+5.1 %", of a ratio. out [size], 32 is enough */
const char *result_gate_change_print(double ratio, char *out, size_t size);
/* The measured value with its interval, in words for a table. */
const char *result_gate_value_print(const struct result_gate_item *item, char *out, size_t size);
const char *result_gate_correction_text(enum result_gate_correction correction);

/* How callgrind's counts are to be read. */
#define RESULT_GATE_BLINDNESS                                                                      \
    "Instructions are counted by callgrind, the same in every repetition; they are blind to "      \
    "memory: cache misses, page faults, system calls and waiting do not show in them."

#endif
