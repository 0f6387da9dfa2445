/* interop_import.c - a run put together from what a file of others says. Cases grow in an array of
 * their own and are found by a hash of their id; every number of a case with samples comes from
 * stats_estimate_of, as it does for cases that we measured. */
#include "interop_internal.h"

#include <stats/distribution.h>
#include <stats/estimate.h>

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR_MAX = 256, ID_SIZE_MAX = 4096, SLOTS = 1 << 15, DIGEST_SIZE = 16 };
#define NS_MIN     1e-9
#define NS_MAX     1e18 /* 31 years */
#define CONFIDENCE 0.95

_Static_assert((int)SLOTS > 2 * (int)RESULT_CASE_MAX, "a slot is always free");

struct pending {
    size_t index; /* of the case */
    uint64_t items;
    double ns;
};

struct result_import {
    struct result_import_source source;
    const char *title;
    struct base_why *why;
    struct result_run run;
    struct result_import_notes notes;
    size_t notes_lost;
    size_t capacity; /* of run.cases, which is on the heap until the end */
    struct result_case *cases;
    struct pending *pending; /* [pending_count] batches of one process each, in the file's order */
    size_t pending_count, pending_capacity;
    uint32_t slots[SLOTS];              /* index of a case + 1, by its id's hash */
    unsigned suffixes[RESULT_CASE_MAX]; /* the last number given to a case's name */
    uint64_t unix_ms;
};

struct base_arena *result_import_arena(struct result_import *import)
{
    return &import->run.arena;
}

base_err result_import_fail(const struct result_import *import, base_err err, uint64_t line,
                            const char *format, ...)
{
    char text[BASE_WHY_TEXT_SIZE];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    struct base_buf clean = { 0 };
    const char *shown = result_text_put(&clean, text) == BASE_OK ? base_buf_text(&clean) : NULL;
    if (line > 0)
        base_fail(import->why, err, line, "%s:%llu: %s", import->source.path,
                  (unsigned long long)line, shown != NULL ? shown : "");
    else
        base_fail(import->why, err, 0, "%s: %s", import->source.path, shown != NULL ? shown : "");
    base_buf_done(&clean);
    return err;
}

static base_err no_memory(const struct result_import *import)
{
    return result_import_fail(import, BASE_ENOMEM, 0, "no memory for its contents");
}

base_err result_import_open(const struct result_import_source *source, const char *title,
                            struct base_why *why, struct result_import **import)
{
    struct result_import *new = calloc(1, sizeof *new);
    if (new == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory for its contents", source->path);
    new->source = *source;
    new->title = title;
    new->why = why;
    *import = new;
    return BASE_OK;
}

void result_import_close(struct result_import *import)
{
    if (import == NULL)
        return;
    free(import->cases);
    free(import->pending);
    import->run.cases = NULL;
    result_run_done(&import->run);
    free(import);
}

void result_import_date(struct result_import *import, uint64_t unix_ms)
{
    import->unix_ms = unix_ms;
}

void result_import_digest(struct result_import *import, struct base_span text)
{
    import->source.text = text;
}

static bool is_said(const struct result_import *import, const char *text)
{
    for (size_t i = 0; i < import->notes.count; i++)
        if (strcmp(import->notes.items[i].text, text) == 0)
            return true;
    return false;
}

static base_err keep_note(struct result_import *import, const char *text)
{
    if (text == NULL)
        return no_memory(import);
    if (is_said(import, text))
        return BASE_OK;
    if (import->notes.count == RESULT_IMPORT_NOTE_MAX - 1) {
        import->notes_lost++;
        return BASE_OK;
    }
    const char *kept = base_arena_text(&import->run.arena, text);
    import->notes.items[import->notes.count++].text = kept;
    return kept != NULL ? BASE_OK : no_memory(import);
}

base_err result_import_note(struct result_import *import, const char *format, ...)
{
    char text[1024];
    struct base_buf clean = { 0 };
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    const base_err err =
        keep_note(import, result_text_put(&clean, text) == BASE_OK ? base_buf_text(&clean) : NULL);
    base_buf_done(&clean);
    return err;
}

const char *result_import_clean(struct base_arena *arena, const char *text)
{
    struct base_buf clean = { 0 };
    const char *shown = result_text_put(&clean, text) == BASE_OK ? base_buf_text(&clean) : NULL;
    const char *kept = shown != NULL ? base_arena_text(arena, shown) : NULL;
    base_buf_done(&clean);
    return kept;
}

/* --- cases --------------------------------------------------------------------------------- */

/* The slot of an id: that of its case, or the empty one where it belongs.
 * Source   FNV-1a */
static size_t slot_of(const struct result_import *import, const char *id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = id; *at != '\0'; at++)
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    size_t slot = (size_t)(hash >> 20) % SLOTS;
    while (import->slots[slot] != 0 && strcmp(import->cases[import->slots[slot] - 1].id, id) != 0)
        slot = (slot + 1) % SLOTS;
    return slot;
}

size_t result_import_index(const struct result_import *import, const char *id)
{
    return (size_t)import->slots[slot_of(import, id)] - 1; /* 0 - 1: SIZE_MAX */
}

struct result_case *result_import_at(struct result_import *import, size_t index)
{
    return &import->cases[index];
}

size_t result_import_count(const struct result_import *import)
{
    return import->run.case_count;
}

static void clear_case(struct result_case *one)
{
    *one =
        (struct result_case){ .status = "ok", .threads = 1, .item = "item", .reference = "none" };
    one->median_ns = one->mean_ns = one->normalised_ns = one->slope_ns =
        (struct result_estimate){ NAN, NAN, NAN };
    one->stddev_ns = one->mad_ns = one->trimmed_mean_ns = one->min_ns = one->max_ns = NAN;
    one->p05_ns = one->p25_ns = one->p75_ns = one->p95_ns = one->p99_ns = NAN;
    one->effective_batches = one->drift_share = one->residual_share = NAN;
    one->memory_share = one->reference_explained = NAN;
    one->interval = "";
}

static base_err grow(struct result_import *import)
{
    if (import->run.case_count < import->capacity)
        return BASE_OK;
    const size_t capacity = import->capacity > 0 ? 2 * import->capacity : 64;
    struct result_case *cases = realloc(import->cases, capacity * sizeof *cases);
    if (cases == NULL)
        return no_memory(import);
    import->cases = cases;
    import->capacity = capacity;
    return BASE_OK;
}

/* The id, or the first of "id#2", "id#3", ... that is free; the search goes on where it ended for
 * the same id before. */
static base_err name_case(struct result_import *import, const char *id, const char **name)
{
    char text[ID_SIZE_MAX + 16];
    const size_t first = result_import_index(import, id);
    *name = id;
    if (first == SIZE_MAX)
        return BASE_OK;
    unsigned *const suffix = &import->suffixes[first];
    *suffix = *suffix > 0 ? *suffix : 1;
    do
        snprintf(text, sizeof text, "%s#%u", id, ++*suffix);
    while (result_import_index(import, text) != SIZE_MAX);
    *name = base_arena_text(&import->run.arena, text);
    if (*name == NULL)
        return no_memory(import);
    return result_import_note(import,
                              "'%.200s' stands in the file more than once; the later ones got #2, "
                              "#3, ... after their name",
                              id);
}

base_err result_import_case(struct result_import *import, const char *id, struct result_case **out)
{
    const char *clean = result_import_clean(&import->run.arena, id);
    const char *name = NULL;
    if (clean == NULL)
        return no_memory(import);
    if (*clean == '\0' || strlen(clean) > ID_SIZE_MAX)
        return result_import_fail(import, BASE_EINVALID, 0,
                                  "a benchmark's name has %zu bytes; 1 to %d are right",
                                  strlen(clean), ID_SIZE_MAX);
    if (import->run.case_count >= RESULT_CASE_MAX)
        return result_import_fail(import, BASE_ERANGE, 0, "it holds more than %d benchmarks",
                                  RESULT_CASE_MAX);
    if (strcmp(clean, id) != 0)
        RESULT_TRY(result_import_note(import, "control characters, or bytes that are not UTF-8, "
                                              "in names are shown as \\n, \\x1b, \\xff"));
    RESULT_TRY(name_case(import, clean, &name));
    RESULT_TRY(grow(import));
    const size_t slot = slot_of(import, name);
    struct result_case *one = &import->cases[import->run.case_count++];
    import->slots[slot] = (uint32_t)import->run.case_count;
    clear_case(one);
    one->id = one->name = name;
    one->suite = import->title;
    *out = one;
    return BASE_OK;
}

static void fail_case(struct result_import *import, struct result_case *one, size_t at, double ns)
{
    one->status = "error";
    one->why =
        ns > 0
            ? base_arena_printf(&import->run.arena,
                                "time %zu is %g ns, not between 1e-9 ns and 31 years", at + 1, ns)
            : base_arena_printf(&import->run.arena, "time %zu is %g ns, not positive", at + 1, ns);
}

static bool is_sane(double ns)
{
    return ns >= NS_MIN && ns <= NS_MAX;
}

static struct result_estimate estimate_of(struct stats_interval from)
{
    return (struct result_estimate){ from.value, isfinite(from.low) ? from.low : NAN,
                                     isfinite(from.high) ? from.high : NAN };
}

static double or_nan(double value)
{
    return isfinite(value) ? value : NAN;
}

static void put_numbers(const struct stats_estimate *from, size_t batches, struct result_case *out)
{
    out->median_ns = estimate_of(from->median_ns);
    out->mean_ns = estimate_of(from->mean_ns);
    out->slope_ns = estimate_of(from->slope_ns);
    out->trimmed_mean_ns = from->trimmed_mean_ns;
    out->min_ns = from->min_ns;
    out->max_ns = from->max_ns;
    out->effective_batches = or_nan(from->effective_batches);
    out->drift_share = or_nan(from->drift_share);
    out->outliers = (struct result_outliers){ from->low_severe, from->low_mild, from->high_mild,
                                              from->high_severe };
    if (batches < 2) /* one value has no spread and no quantiles */
        return;
    out->stddev_ns = or_nan(from->stddev_ns);
    out->mad_ns = or_nan(from->mad_ns);
    out->p05_ns = from->p05_ns;
    out->p25_ns = from->p25_ns;
    out->p75_ns = from->p75_ns;
    out->p95_ns = from->p95_ns;
    out->p99_ns = from->p99_ns;
}

/* Too few batches for a bootstrap of blocks, or too many: Student's interval of their times, moved
 * to the median. It takes them as independent, which they are not; interval_words says so. */
static void put_student(const struct stats_batches *batches, double drift_share,
                        struct result_case *out)
{
    double sum = 0, squares = 0;
    const double n = (double)batches->count;
    for (size_t i = 0; i < batches->count; i++)
        sum += batches->ns[i] / (double)batches->items[i] / n;
    for (size_t i = 0; i < batches->count; i++)
        squares += pow(batches->ns[i] / (double)batches->items[i] - sum, 2) / (n - 1);
    const double half =
        hypot(stats_student_quantile((1 + CONFIDENCE) / 2, n - 1) * sqrt(squares / n),
              stats_normal_quantile((1 + CONFIDENCE) / 2) * drift_share * sum);
    struct result_estimate *const both[] = { &out->median_ns, &out->mean_ns };
    for (size_t i = 0; i < 2; i++) {
        both[i]->low = fmax(0, both[i]->value - half);
        both[i]->high = both[i]->value + half;
    }
}

/* Everything, or evenly chosen ones. */
static base_err put_process(struct result_import *import, const struct stats_batches *from,
                            const struct stats_process_estimate *each, struct result_process *out)
{
    struct base_arena *arena = &import->run.arena;
    const size_t count = from->count < RESULT_SAMPLE_MAX ? from->count : RESULT_SAMPLE_MAX;
    *out = (struct result_process){ .batches = from->count,
                                    .median_ns = each->median_ns,
                                    .mean_ns = each->mean_ns,
                                    .normalised_ns = NAN,
                                    .core_ns = NAN,
                                    .memory_ns = NAN,
                                    .sample_count = count };
    out->counts = base_arena_array(arena, count, sizeof *out->counts);
    out->ns = base_arena_array(arena, count, sizeof *out->ns);
    if (out->counts == NULL || out->ns == NULL)
        return no_memory(import);
    for (size_t i = 0; i < count; i++) {
        const size_t at = i * from->count / count;
        out->counts[i] = from->items[at];
        out->ns[i] = from->ns[at] / (double)from->items[at];
    }
    if (count == from->count)
        return BASE_OK;
    return result_import_note(import,
                              "of more than %d times of one process %d are kept, evenly "
                              "chosen; the numbers are those of all",
                              RESULT_SAMPLE_MAX, RESULT_SAMPLE_MAX);
}

static base_err put_processes(struct result_import *import, struct result_case *one,
                              const struct stats_batches *from,
                              const struct stats_process_estimate *each, size_t all)
{
    const size_t count = all < RESULT_PROCESS_MAX ? all : RESULT_PROCESS_MAX;
    one->processes = base_arena_array(&import->run.arena, count, sizeof *one->processes);
    if (one->processes == NULL)
        return no_memory(import);
    one->process_count = count;
    for (size_t i = 0; i < count; i++)
        RESULT_TRY(put_process(import, &from[i * all / count], &each[i * all / count],
                               &one->processes[i]));
    if (count == all)
        return BASE_OK;
    return result_import_note(import,
                              "of more than %d processes of one benchmark %d are kept, "
                              "evenly chosen; the numbers are those of all",
                              RESULT_PROCESS_MAX, RESULT_PROCESS_MAX);
}

static const char *interval_words(size_t processes, size_t batches)
{
    if (processes > 1)
        return "spread between the runs of the file, and the assumed drift of a host";
    return batches > 1 ? "spread inside one process, and the assumed drift of a host; the spread "
                         "between processes is not in it"
                       : "";
}

static struct stats_estimate_options estimate_options(void)
{
    return (struct stats_estimate_options){
        .confidence = CONFIDENCE,
        .drift_core_share = RESULT_IMPORT_DRIFT,
        .drift_memory_share = RESULT_IMPORT_DRIFT,
        .seed = 1,
    };
}

static base_err estimate(struct result_import *import, struct result_case *one,
                         const struct stats_batches *batches, size_t process_count, size_t total)
{
    struct stats_estimate numbers;
    struct stats_estimate_options options = estimate_options();
    struct stats_process_estimate *each = malloc(process_count * sizeof *each);
    if (each == NULL)
        return no_memory(import);
    base_err err = stats_estimate_of(batches, process_count, &options, each, &numbers);
    if (err == BASE_OK) {
        put_numbers(&numbers, total, one);
        if (process_count == 1 && total > 1 && isnan(one->median_ns.low))
            put_student(batches, numbers.drift_share, one);
        one->interval = interval_words(process_count, total);
        err = put_processes(import, one, batches, each, process_count);
    } else {
        err = result_import_fail(import, err, 0, "'%.200s': %s", one->id, base_err_text(err));
    }
    free(each);
    return err;
}

base_err result_import_sample(struct result_import *import, struct result_case *one,
                              const struct result_import_samples *samples)
{
    struct stats_batches *batches = calloc(samples->process_count + 1, sizeof *batches);
    size_t total = 0;
    base_err err = batches != NULL ? BASE_OK : no_memory(import);
    for (size_t p = 0; err == BASE_OK && p < samples->process_count; p++) {
        batches[p] = (struct stats_batches){ .count = samples->batch_counts[p],
                                             .items = samples->items + total,
                                             .ns = samples->ns + total };
        total += samples->batch_counts[p];
    }
    for (size_t i = 0; err == BASE_OK && i < total; i++)
        if (!is_sane(samples->ns[i] / (double)samples->items[i]) || !is_sane(samples->ns[i])) {
            fail_case(import, one, i, samples->ns[i]);
            free(batches);
            return one->why != NULL ? BASE_OK : no_memory(import);
        }
    if (err == BASE_OK)
        err = estimate(import, one, batches, samples->process_count, total);
    free(batches);
    return err;
}

base_err result_import_batch(struct result_import *import, size_t index, uint64_t items, double ns)
{
    if (import->pending_count == import->pending_capacity) {
        const size_t capacity = import->pending_capacity > 0 ? 2 * import->pending_capacity : 256;
        struct pending *more = realloc(import->pending, capacity * sizeof *more);
        if (more == NULL)
            return no_memory(import);
        import->pending = more;
        import->pending_capacity = capacity;
    }
    import->pending[import->pending_count++] = (struct pending){ index, items, ns };
    return BASE_OK;
}

/* A counting sort of the batches by case keeps their order. */
base_err result_import_settle(struct result_import *import)
{
    const size_t cases = import->run.case_count, total = import->pending_count;
    size_t *begin = calloc(cases + 2, sizeof *begin);
    uint64_t *items = malloc((total + 1) * sizeof *items);
    double *ns = malloc((total + 1) * sizeof *ns);
    base_err err = begin != NULL && items != NULL && ns != NULL ? BASE_OK : no_memory(import);
    for (size_t i = 0; err == BASE_OK && i < total; i++)
        begin[import->pending[i].index + 2]++;
    for (size_t i = 2; err == BASE_OK && i < cases + 2; i++)
        begin[i] += begin[i - 1];
    for (size_t i = 0; err == BASE_OK && i < total; i++) {
        const size_t at = begin[import->pending[i].index + 1]++;
        items[at] = import->pending[i].items;
        ns[at] = import->pending[i].ns;
    }
    for (size_t i = 0; err == BASE_OK && i < cases; i++) {
        const size_t count = begin[i + 1] - begin[i];
        const struct result_import_samples samples = { 1, &count, items + begin[i], ns + begin[i] };
        if (count > 0)
            err = result_import_sample(import, &import->cases[i], &samples);
    }
    free(begin);
    free(items);
    free(ns);
    return err;
}

base_err result_import_value(struct result_import *import, struct result_case *one,
                             struct result_estimate value)
{
    const double drift =
        value.value * RESULT_IMPORT_DRIFT * stats_normal_quantile((1 + CONFIDENCE) / 2);
    if (!is_sane(value.value)) {
        fail_case(import, one, 0, value.value);
        return one->why != NULL ? BASE_OK : no_memory(import);
    }
    const bool has_interval = !isnan(value.low) && !isnan(value.high);
    if (has_interval && !(value.low <= value.value && value.value <= value.high &&
                          is_sane(value.high) && value.low > -NS_MAX)) {
        one->status = "error";
        one->why = base_arena_printf(&import->run.arena,
                                     "%g ns does not lie in its interval from %g to %g ns",
                                     value.value, value.low, value.high);
        return one->why != NULL ? BASE_OK : no_memory(import);
    }
    one->median_ns = (struct result_estimate){ value.value, NAN, NAN };
    if (!has_interval || value.low == value.high)
        return BASE_OK;
    one->median_ns.low = value.value - hypot(value.value - value.low, drift);
    one->median_ns.high = value.value + hypot(value.high - value.value, drift);
    one->interval = "what the file says, and the assumed drift of a host; the spread between "
                    "processes may not be in it";
    return BASE_OK;
}

/* --- facts --------------------------------------------------------------------------------- */

static base_err add_pair(struct result_import *import, struct result_pairs *pairs, size_t most,
                         const char *name, const char *value)
{
    struct base_arena *arena = &import->run.arena;
    if (value == NULL || pairs->count >= most)
        return BASE_OK;
    if (pairs->items == NULL)
        pairs->items = base_arena_array(arena, most, sizeof *pairs->items);
    if (pairs->items == NULL)
        return no_memory(import);
    const struct result_pair pair = { result_import_clean(arena, name),
                                      result_import_clean(arena, value) };
    if (pair.name == NULL || pair.value == NULL)
        return no_memory(import);
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->items[i].name, pair.name) == 0) {
            pairs->items[i] = pair;
            return BASE_OK;
        }
    if (strlen(pair.value) > ID_SIZE_MAX || strlen(pair.name) > ID_SIZE_MAX)
        return result_import_note(import, "facts longer than %d bytes are left out", ID_SIZE_MAX);
    pairs->items[pairs->count++] = pair;
    return BASE_OK;
}

base_err result_import_host(struct result_import *import, const char *name, const char *value)
{
    return add_pair(import, &import->run.host, PAIR_MAX, name, value);
}

base_err result_import_build(struct result_import *import, const char *name, const char *value)
{
    return add_pair(import, &import->run.build, PAIR_MAX, name, value);
}

base_err result_import_config(struct result_import *import, const char *name, const char *value)
{
    return add_pair(import, &import->run.config, PAIR_MAX, name, value);
}

base_err result_import_arg(struct result_import *import, struct result_case *one, const char *name,
                           const char *value)
{
    return add_pair(import, &one->args, 16, name, value);
}

base_err result_import_counter(struct result_import *import, struct result_case *one,
                               const char *name, double value, const char *unit)
{
    enum { MOST = 64 };
    struct base_arena *arena = &import->run.arena;
    if (!isfinite(value))
        return result_import_note(import, "'%.100s' is not a finite number and is left out", name);
    if (one->counters.count >= MOST)
        return result_import_note(import,
                                  "of more than %d counters of a benchmark the first are "
                                  "kept",
                                  MOST);
    if (one->counters.items == NULL)
        one->counters.items = base_arena_array(arena, MOST, sizeof *one->counters.items);
    if (one->counters.items == NULL)
        return no_memory(import);
    const struct result_quantity counter = { result_import_clean(arena, name), value,
                                             result_import_clean(arena, unit) };
    if (counter.name == NULL || counter.unit == NULL)
        return no_memory(import);
    one->counters.items[one->counters.count++] = counter;
    return BASE_OK;
}

/* --- the end ------------------------------------------------------------------------------- */

/* An id of the time and what the file holds. */
static base_err make_id(struct result_import *import, const void *digest_of, size_t size)
{
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char id[RESULT_ID_SIZE];
    uint8_t digest[DIGEST_SIZE];
    if (sodium_init() < 0 ||
        crypto_generichash(digest, sizeof digest, digest_of, size, NULL, 0) != 0)
        return result_import_fail(import, BASE_EIO, 0, "its digest cannot be made");
    result_run_make_id(import->unix_ms, id);
    for (int i = 0; i < 16; i++)
        id[10 + i] = letters[digest[i] % 32];
    import->run.id = base_arena_text(&import->run.arena, id);
    return import->run.id != NULL ? BASE_OK : no_memory(import);
}

static base_err put_head(struct result_import *import)
{
    struct result_run *run = &import->run;
    char started[RESULT_TIME_SIZE];
    if (import->unix_ms == 0) {
        import->unix_ms = import->source.changed_ms;
        RESULT_TRY(add_pair(import, &import->run.config, PAIR_MAX, RESULT_IMPORT_DATE,
                            "the file's last change: it says no date"));
    }
    result_run_print_time(import->unix_ms, started);
    run->started = base_arena_text(&run->arena, started);
    const char *path = result_import_clean(&run->arena, import->source.path);
    run->command =
        path != NULL ? base_arena_printf(&run->arena, "%.4000s (%s)", path, import->title) : NULL;
    run->state = "complete";
    run->confidence = CONFIDENCE;
    return run->started != NULL && run->command != NULL ? BASE_OK : no_memory(import);
}

static base_err put_notes(struct result_import *import)
{
    char name[32];
    if (import->notes_lost > 0)
        import->notes.items[import->notes.count++].text = "there was more to say of this kind";
    struct result_pairs *config = &import->run.config;
    const size_t most = PAIR_MAX + RESULT_IMPORT_NOTE_MAX + 1;
    struct result_pair *pairs = base_arena_array(&import->run.arena, most, sizeof *pairs);
    if (pairs == NULL)
        return no_memory(import);
    if (config->count > 0)
        memcpy(pairs, config->items, config->count * sizeof *pairs);
    config->items = pairs;
    RESULT_TRY(add_pair(import, config, most, RESULT_IMPORTED_FROM, import->title));
    for (size_t i = 0; i < import->notes.count; i++) {
        snprintf(name, sizeof name, RESULT_IMPORT_NOTE "%zu", i + 1);
        RESULT_TRY(add_pair(import, config, most, name, import->notes.items[i].text));
    }
    return BASE_OK;
}

static base_err hand_over(struct result_import *import)
{
    struct result_run *run = &import->run;
    struct base_buf document = { 0 };
    if (run->case_count == 0)
        return result_import_fail(import, BASE_EINVALID, 0, "it holds no benchmark (%s)",
                                  import->title);
    RESULT_TRY(put_head(import));
    RESULT_TRY(put_notes(import));
    RESULT_TRY(make_id(import, import->source.text.data, import->source.text.size));
    run->cases = base_arena_array(&run->arena, run->case_count, sizeof *run->cases);
    if (run->cases == NULL)
        return no_memory(import);
    memcpy(run->cases, import->cases, run->case_count * sizeof *run->cases);
    const base_err err = result_run_write_why(run, &document, import->why);
    base_buf_done(&document);
    return err == BASE_OK ? err : base_fail_prefix(import->why, err, "%s", import->source.path);
}

base_err result_import_finish(struct result_import *import, struct result_run *run,
                              struct result_import_notes *notes)
{
    const base_err err = hand_over(import);
    if (err == BASE_OK) {
        *run = import->run;
        *notes = import->notes;
        import->run = (struct result_run){ 0 };
    }
    result_import_close(import);
    return err;
}
