/* interop_import.c - a run put together from what a file of others says. Cases grow in an array of
 * their own and are found by a hash of their id; their numbers are interop_sample.c's. */
#include "interop_internal.h"

#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PAIR_MAX = 256, ID_SIZE_MAX = 4096, SLOTS = 1 << 15, DIGEST_SIZE = 16 };

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
        return result_import_no_memory(import);
    if (is_said(import, text))
        return BASE_OK;
    if (import->notes.count == RESULT_IMPORT_NOTE_MAX - 1) {
        import->notes_lost++;
        return BASE_OK;
    }
    const char *kept = base_arena_text(&import->run.arena, text);
    import->notes.items[import->notes.count++].text = kept;
    return kept != NULL ? BASE_OK : result_import_no_memory(import);
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
        return result_import_no_memory(import);
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
        return result_import_no_memory(import);
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
        return result_import_no_memory(import);
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

base_err result_import_batch(struct result_import *import, size_t index, uint64_t items, double ns)
{
    if (import->pending_count == import->pending_capacity) {
        const size_t capacity = import->pending_capacity > 0 ? 2 * import->pending_capacity : 256;
        struct pending *more = realloc(import->pending, capacity * sizeof *more);
        if (more == NULL)
            return result_import_no_memory(import);
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
    base_err err =
        begin != NULL && items != NULL && ns != NULL ? BASE_OK : result_import_no_memory(import);
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
        return result_import_no_memory(import);
    const struct result_pair pair = { result_import_clean(arena, name),
                                      result_import_clean(arena, value) };
    if (pair.name == NULL || pair.value == NULL)
        return result_import_no_memory(import);
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
        return result_import_no_memory(import);
    const struct result_quantity counter = { result_import_clean(arena, name), value,
                                             result_import_clean(arena, unit) };
    if (counter.name == NULL || counter.unit == NULL)
        return result_import_no_memory(import);
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
    return import->run.id != NULL ? BASE_OK : result_import_no_memory(import);
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
    run->confidence = RESULT_IMPORT_CONFIDENCE;
    return run->started != NULL && run->command != NULL ? BASE_OK : result_import_no_memory(import);
}

static base_err put_notes(struct result_import *import)
{
    char name[sizeof RESULT_IMPORT_NOTE + 20];
    if (import->notes_lost > 0)
        import->notes.items[import->notes.count++].text = "there was more to say of this kind";
    struct result_pairs *config = &import->run.config;
    const size_t most = PAIR_MAX + RESULT_IMPORT_NOTE_MAX + 1;
    struct result_pair *pairs = base_arena_array(&import->run.arena, most, sizeof *pairs);
    if (pairs == NULL)
        return result_import_no_memory(import);
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
        return result_import_no_memory(import);
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
