/* run_table.c - the fields of the run document, in the order they are written, and their checks. */
#include "run_table.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define COUNT_MAX       9223372036854775807.0 /* 2^63 - 1: what a JSON integer can hold here */

/* One row each. `s` is the struct's name, `m` the member and the field's name. */
#define TEXT(s, m, about)                                                                          \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_TEXT, .offset = offsetof(struct s, m)             \
    }
#define TEXT_OPTIONAL(s, m, about)                                                                 \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_TEXT, .is_optional = true,                        \
        .offset = offsetof(struct s, m)                                                            \
    }
#define FORM(s, m, how, optional, about)                                                           \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_TEXT, .is_optional = optional, .form = how,       \
        .offset = offsetof(struct s, m)                                                            \
    }
#define WORDS(s, m, list, optional, about)                                                         \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_TEXT, .is_optional = optional, .words = list,     \
        .offset = offsetof(struct s, m)                                                            \
    }
#define NUMBER_IN(s, m, least, most, about)                                                        \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_NUMBER, .is_optional = true,                      \
        .offset = offsetof(struct s, m), .low = least, .high = most                                \
    }
#define NUMBER(s, m, about)  NUMBER_IN(s, m, -DBL_MAX, DBL_MAX, about)
#define NUMBER0(s, m, about) NUMBER_IN(s, m, 0, DBL_MAX, about)
#define COUNT(s, m, about)                                                                         \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_COUNT, .offset = offsetof(struct s, m),           \
        .high = COUNT_MAX                                                                          \
    }
#define COUNT32(s, m, about)                                                                       \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_COUNT32, .offset = offsetof(struct s, m),         \
        .high = UINT32_MAX                                                                         \
    }
#define FLAG(s, m, about)                                                                          \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_FLAG, .offset = offsetof(struct s, m)             \
    }
#define ESTIMATE(s, m, about)                                                                      \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_OBJECT, .is_optional = true,                      \
        .shape = &shape_estimate, .offset = offsetof(struct s, m)                                  \
    }
#define LIST(s, m, counter, of, most, about)                                                       \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_LIST, .shape = of, .count_max = most,             \
        .offset = offsetof(struct s, m), .count_offset = offsetof(struct s, counter)               \
    }
#define MEMBERS(s, m, of, about) /* struct result_pairs, struct result_quantities */               \
    {                                                                                              \
        .name = #m, .doc = about, .kind = RESULT_LIST, .shape = of, .count_max = RESULT_PAIR_MAX,  \
        .offset = offsetof(struct s, m.items), .count_offset = offsetof(struct s, m.count)         \
    }

#define SHAPE(of, s, list, ...)                                                                    \
    {                                                                                              \
        .name = of, .size = sizeof(struct s), .fields = list, .field_count = COUNT_OF(list),       \
        __VA_ARGS__                                                                                \
    }

static const struct result_field estimate_fields[] = {
    NUMBER(result_estimate, value, "The estimate."),
    NUMBER(result_estimate, low, "The lower end of its interval."),
    NUMBER(result_estimate, high, "The upper end of its interval; not below low."),
};
static const struct result_shape shape_estimate =
    SHAPE("estimate", result_estimate, estimate_fields, .is_inline = true, .is_interval = true);

static const struct result_field pair_fields[] = {
    TEXT(result_pair, name, "What it is."),
    TEXT(result_pair, value, "As it is shown."),
};
static const struct result_shape shape_pair =
    SHAPE("pair", result_pair, pair_fields, .is_inline = true);

static const struct result_field quantity_fields[] = {
    TEXT(result_quantity, name, "What it is."),
    NUMBER(result_quantity, value, "In its unit; absent when it was not measured."),
    TEXT(result_quantity, unit, "\"B\", \"1\", \"ns\"."),
};
static const struct result_shape shape_quantity =
    SHAPE("quantity", result_quantity, quantity_fields, .is_inline = true);

static const struct result_field series_fields[] = {
    TEXT(result_series, name, "What the case measured itself, per batch."),
    TEXT(result_series, unit, "Its unit."),
    NUMBER(result_series, median, "Over the batches."),
    NUMBER(result_series, mean, "Over the batches."),
    NUMBER(result_series, low, "The smallest."),
    NUMBER(result_series, high, "The largest."),
    ESTIMATE(result_series, typical, "Mean of the processes' medians, from their spread."),
    NUMBER_IN(result_series, processes, 0, RESULT_PROCESS_MAX,
              "Processes that gave a value; absent: not known."),
};
static const struct result_shape shape_series =
    SHAPE("series", result_series, series_fields, .is_inline = true);

static const struct result_field outlier_fields[] = {
    COUNT(result_outliers, low_severe, "Batches more than 3 quartile distances below."),
    COUNT(result_outliers, low_mild, "Batches 1.5 to 3 quartile distances below."),
    COUNT(result_outliers, high_mild, "Batches 1.5 to 3 quartile distances above."),
    COUNT(result_outliers, high_severe, "Batches more than 3 quartile distances above."),
};
static const struct result_shape shape_outliers =
    SHAPE("outliers", result_outliers, outlier_fields, .is_inline = true);

static const struct result_field process_fields[] = {
    COUNT(result_process, batches, "Batches measured in this process."),
    NUMBER(result_process, median_ns, "Per item."),
    NUMBER(result_process, mean_ns, "Per item."),
    NUMBER(result_process, normalised_ns, "Per item, at reference speed."),
    NUMBER(result_process, core_ns, "One step of the core-bound reference at the median time."),
    NUMBER(result_process, memory_ns, "Of the memory-bound reference, relative to the core's."),
    NUMBER(result_process, wide_ns, "Of the throughput-bound reference, likewise."),
    NUMBER(result_process, cache_ns, "Of the cache-bound reference, likewise."),
    NUMBER(result_process, calm_ns,
           "Per item while nobody else was on the core, where the core-bound reference took "
           "core_ns."),
    NUMBER(result_process, calm_memory_ns, "Of the memory-bound reference then, likewise."),
    NUMBER(result_process, calm_wide_ns, "Of the throughput-bound reference then, likewise."),
    NUMBER(result_process, calm_cache_ns, "Of the cache-bound reference then, likewise."),
    { .name = "counts",
      .doc = "Items of each kept batch, in the order they were run.",
      .kind = RESULT_COUNTS,
      .offset = offsetof(struct result_process, counts),
      .count_offset = offsetof(struct result_process, sample_count),
      .count_max = RESULT_SAMPLE_MAX,
      .low = 1,
      .high = COUNT_MAX },
    { .name = "ns",
      .doc = "Time of each kept batch, per item.",
      .kind = RESULT_NUMBERS,
      .is_count_given = true,
      .offset = offsetof(struct result_process, ns),
      .count_offset = offsetof(struct result_process, sample_count),
      .count_max = RESULT_SAMPLE_MAX,
      .high = DBL_MAX },
    { .name = "reference_ns",
      .doc = "One step of the chosen reference beside each kept batch.",
      .kind = RESULT_NUMBERS,
      .is_optional = true,
      .is_count_given = true,
      .offset = offsetof(struct result_process, reference_ns),
      .count_offset = offsetof(struct result_process, sample_count),
      .count_max = RESULT_SAMPLE_MAX,
      .high = DBL_MAX },
};
static const struct result_shape shape_process =
    SHAPE("process", result_process, process_fields, .is_inline = false);

static const char *const case_statuses[] = { "ok",    "wrong",       "crashed", "timeout",
                                             "error", "interrupted", NULL };
static const char *const memory_pages[] = { "large", "small", "mixed", NULL };
static const char *const case_references[] = { "core",  "wide", "cache", "memory",
                                               "mixed", "none", NULL };

static const struct result_field share_fields[] = {
    NUMBER_IN(result_shares, wide, 0, 1, "What follows the throughput-bound reference."),
    NUMBER_IN(result_shares, cache, 0, 1, "What follows the cache-bound reference."),
    NUMBER_IN(result_shares, memory, 0, 1, "What follows the memory-bound reference."),
    NUMBER0(result_shares, wide_wide, "Precision of the shares: a symmetric matrix."),
    NUMBER(result_shares, wide_cache, "Likewise."),
    NUMBER(result_shares, wide_memory, "Likewise."),
    NUMBER0(result_shares, cache_cache, "Likewise."),
    NUMBER(result_shares, cache_memory, "Likewise."),
    NUMBER0(result_shares, memory_memory, "Likewise."),
    NUMBER0(result_shares, noise, "Deviation of the windows about the fit, as a logarithm."),
};
static const struct result_shape shape_shares =
    SHAPE("shares", result_shares, share_fields, .is_inline = false);

static const struct result_field case_fields[] = {
    TEXT(result_case, id, "Name and arguments: \"enc/encode:entries=100\"."),
    TEXT(result_case, suite, "The suite it belongs to."),
    TEXT(result_case, name, "The case without its arguments."),
    MEMBERS(result_case, args, &shape_pair, "The arguments."),
    TEXT_OPTIONAL(result_case, item, "What one item is."),
    TEXT_OPTIONAL(result_case, peer_of, "The case this one is a baseline for."),
    WORDS(result_case, status, case_statuses, false, "How it ended; only \"ok\" is a result."),
    TEXT_OPTIONAL(result_case, why, "One sentence, when it did not end well."),
    COUNT32(result_case, threads, "Threads that ran it at once."),
    FLAG(result_case, is_at_floor, "Below what the clock can tell from nothing."),
    ESTIMATE(result_case, median_ns, "Typical time per item at the speed the host had."),
    ESTIMATE(result_case, mean_ns, "Mean time per item, preemptions and all."),
    ESTIMATE(result_case, normalised_ns, "Typical time per item at reference speed."),
    ESTIMATE(result_case, slope_ns, "Time per item without a batch's fixed cost."),
    TEXT_OPTIONAL(result_case, interval, "What is in the intervals."),
    NUMBER0(result_case, stddev_ns, "Standard deviation of the batches, per item."),
    NUMBER0(result_case, mad_ns, "Median absolute deviation of the batches, per item."),
    NUMBER(result_case, trimmed_mean_ns, "Mean without the outermost batches, per item."),
    NUMBER(result_case, min_ns, "The fastest batch, per item."),
    NUMBER(result_case, max_ns, "The slowest batch, per item."),
    NUMBER(result_case, p05_ns, "5 % quantile of the batches (type 7), per item."),
    NUMBER(result_case, p25_ns, "25 % quantile."),
    NUMBER(result_case, p75_ns, "75 % quantile."),
    NUMBER(result_case, p95_ns, "95 % quantile."),
    NUMBER(result_case, p99_ns, "99 % quantile."),
    NUMBER0(result_case, effective_batches, "What the batches are worth as independent ones."),
    NUMBER0(result_case, drift_share, "The host's drift in the raw intervals, as a share."),
    NUMBER0(result_case, residual_share,
            "What the reference misses, in normalised_ns, as a share."),
    NUMBER_IN(result_case, memory_share, 0, 1, "0: follows other speeds, 1: the memory's."),
    { .name = "shares",
      .doc = "How much of the time follows which reference; the core has the rest.",
      .kind = RESULT_OBJECT,
      .is_optional = true,
      .shape = &shape_shares,
      .offset = offsetof(struct result_case, shares) },
    { .name = "calm_shares",
      .doc = "Likewise while nobody else was on the core.",
      .kind = RESULT_OBJECT,
      .is_optional = true,
      .shape = &shape_shares,
      .offset = offsetof(struct result_case, calm_shares) },
    WORDS(result_case, reference, case_references, true, "The reference that explains most."),
    NUMBER_IN(result_case, reference_explained, 0, 1, "Share of the variance it explains."),
    WORDS(result_case, memory_pages, memory_pages, true,
          "In what pages the memory-bound reference lay."),
    { .name = "outliers",
      .doc = "Tukey's classes over all batches; none is dropped.",
      .kind = RESULT_OBJECT,
      .shape = &shape_outliers,
      .offset = offsetof(struct result_case, outliers) },
    NUMBER0(result_case, bytes_per_item, "0: no meaning."),
    NUMBER0(result_case, parts_per_item, "0: no meaning."),
    MEMBERS(result_case, counters, &shape_quantity, "Per item."),
    MEMBERS(result_case, facts, &shape_quantity, "Constants of the case."),
    LIST(result_case, series, series_count, &shape_series, RESULT_PAIR_MAX,
         "Per-batch values the case gave."),
    LIST(result_case, processes, process_count, &shape_process, RESULT_PROCESS_MAX,
         "Every process with its own estimates and kept batches."),
    COUNT(result_case, elapsed_ns, "Wall time the case took in all."),
};
const struct result_shape result_shape_case =
    SHAPE("case", result_case, case_fields, .is_inline = false);

static const char *const verdict_states[] = { "proven", "refuted", "undecided", "not run", NULL };

static const struct result_field verdict_fields[] = {
    TEXT(result_verdict, id, "The claim's id."),
    TEXT(result_verdict, sentence, "What is claimed."),
    TEXT(result_verdict, metric, "What it is judged on."),
    TEXT(result_verdict, bound, "The bound with its unit."),
    WORDS(result_verdict, state, verdict_states, false, "By the whole interval."),
    TEXT_OPTIONAL(result_verdict, why, "The numbers, in words."),
    ESTIMATE(result_verdict, measured, "In the metric's unit."),
};
static const struct result_shape shape_verdict =
    SHAPE("verdict", result_verdict, verdict_fields, .is_inline = false);

static const char *const run_states[] = { "complete", "interrupted", NULL };

static const struct result_field run_fields[] = {
    { .name = "schema", .doc = "The version of this layout.", .kind = RESULT_SCHEMA },
    FORM(result_run, id, RESULT_FORM_ID, false, "ULID: sortable by time."),
    TEXT(result_run, command, "As the user typed it."),
    FORM(result_run, started, RESULT_FORM_TIME, false, "RFC 3339, UTC, milliseconds."),
    FORM(result_run, ended, RESULT_FORM_TIME, true, "Absent when it never ended by itself."),
    WORDS(result_run, state, run_states, false, "Interrupted: it holds what was finished."),
    NUMBER_IN(result_run, confidence, 0, 1, "Level of all intervals."),
    MEMBERS(result_run, host, &shape_pair, "The machine."),
    MEMBERS(result_run, build, &shape_pair, "The program."),
    MEMBERS(result_run, config, &shape_pair, "What was asked for."),
    LIST(result_run, cases, case_count, &result_shape_case, RESULT_CASE_MAX, "What was measured."),
    LIST(result_run, verdicts, verdict_count, &shape_verdict, RESULT_CASE_MAX,
         "Claims judged on it."),
    FORM(result_run, key, RESULT_FORM_KEY, true, "Ed25519 public key, hex."),
    FORM(result_run, signature, RESULT_FORM_SIGNATURE, true,
         "Ed25519 over the canonical CBOR of the document without this field, hex."),
};
const struct result_shape result_shape_run =
    SHAPE("run", result_run, run_fields, .is_inline = false);

static const struct {
    const char *pattern;
    const char *name;
    const char *sample; /* 'D' a digit, 'B' Crockford's base 32, 'h' lower-case hex, else itself */
    size_t repeat;      /* 0: the sample once; else its first character so many times */
} forms[] = {
    [RESULT_FORM_ANY] = { NULL, "text", "", 0 },
    [RESULT_FORM_ID] = { "^[0-9A-HJKMNP-TV-Z]{26}$", "an id of 26 characters (ULID)", "B", 26 },
    [RESULT_FORM_TIME] = { "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z$",
                           "a time such as 2026-01-31T12:00:00.000Z", "DDDD-DD-DDTDD:DD:DD.DDDZ",
                           0 },
    [RESULT_FORM_KEY] = { "^[0-9a-f]{64}$", "64 lower-case hex digits", "h", 64 },
    [RESULT_FORM_SIGNATURE] = { "^[0-9a-f]{128}$", "128 lower-case hex digits", "h", 128 },
};

const char *result_form_pattern(enum result_form form)
{
    return forms[form].pattern;
}

static bool is_of_class(char class, char c)
{
    switch (class) {
    case 'D':
        return c >= '0' && c <= '9';
    case 'B':
        return c != '\0' && strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", c) != NULL;
    case 'h':
        return c != '\0' && strchr("0123456789abcdef", c) != NULL;
    default:
        return c == class;
    }
}

static bool is_of_form(enum result_form form, const char *text)
{
    if (form == RESULT_FORM_ANY)
        return true;
    const size_t repeat = forms[form].repeat;
    const size_t size = repeat > 0 ? repeat : strlen(forms[form].sample);
    if (strlen(text) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if (!is_of_class(forms[form].sample[repeat > 0 ? 0 : i], text[i]))
            return false;
    return true;
}

static bool is_word(const char *const *words, const char *text)
{
    for (; *words != NULL; words++)
        if (strcmp(*words, text) == 0)
            return true;
    return false;
}

void result_check_text(const struct result_field *field, const char *text,
                       char wrong[RESULT_WRONG_SIZE])
{
    wrong[0] = '\0';
    if (strlen(text) > RESULT_TEXT_SIZE_MAX) {
        snprintf(wrong, RESULT_WRONG_SIZE, "longer than %d bytes", RESULT_TEXT_SIZE_MAX);
    } else if (!is_of_form(field->form, text)) {
        snprintf(wrong, RESULT_WRONG_SIZE, "expected %s, found '%.60s'", forms[field->form].name,
                 text);
    } else if (field->words != NULL && !is_word(field->words, text)) {
        int used = snprintf(wrong, RESULT_WRONG_SIZE, "'%.40s' is none of", text);
        for (const char *const *word = field->words; *word != NULL; word++)
            used += snprintf(wrong + used, RESULT_WRONG_SIZE - (size_t)used, "%s '%s'",
                             word == field->words ? "" : ",", *word);
    }
}

/* The terminated shortest text of a number. */
static const char *number_text(double value, char out[RESULT_NUMBER_SIZE + 1])
{
    out[result_number_print(value, out)] = '\0';
    return out;
}

void result_check_number(const struct result_field *field, double value,
                         char wrong[RESULT_WRONG_SIZE])
{
    char found[RESULT_NUMBER_SIZE + 1];
    char limit[RESULT_NUMBER_SIZE + 1];
    wrong[0] = '\0';
    if (!isfinite(value))
        snprintf(wrong, RESULT_WRONG_SIZE, "%g is not a finite number", value);
    else if (value < field->low)
        snprintf(wrong, RESULT_WRONG_SIZE, "%s is below %s", number_text(value, found),
                 number_text(field->low, limit));
    else if (value > field->high)
        snprintf(wrong, RESULT_WRONG_SIZE, "%s is above %s", number_text(value, found),
                 number_text(field->high, limit));
}

void result_check_object(const struct result_shape *shape, const void *object,
                         char wrong[RESULT_WRONG_SIZE])
{
    wrong[0] = '\0';
    char low[RESULT_NUMBER_SIZE + 1];
    char high[RESULT_NUMBER_SIZE + 1];
    const struct result_estimate *estimate = object;
    if (shape->is_interval && estimate->low > estimate->high)
        snprintf(wrong, RESULT_WRONG_SIZE, "low %s is above high %s",
                 number_text(estimate->low, low), number_text(estimate->high, high));
}

static bool is_all_absent(const struct result_shape *shape, const void *object)
{
    for (size_t i = 0; i < shape->field_count; i++)
        if (!result_field_is_absent(&shape->fields[i], object))
            return false;
    return true;
}

bool result_field_is_absent(const struct result_field *field, const void *object)
{
    const void *member = (const char *)object + field->offset;
    if (!field->is_optional)
        return false;
    switch (field->kind) {
    case RESULT_NUMBER:
        return isnan(*(const double *)member);
    case RESULT_OBJECT:
        return is_all_absent(field->shape, member);
    case RESULT_TEXT:
    case RESULT_COUNTS:
    case RESULT_NUMBERS:
        return *(void *const *)member == NULL;
    default:
        return false;
    }
}
