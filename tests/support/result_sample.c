/* result_sample.c - runs for tests; the random ones are made from the reader's own table. */
#include "result_sample.h"

#include "run_table.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY(arena, array) memcpy(base_arena_alloc(arena, sizeof(array)), array, sizeof(array))

static struct result_pairs pairs(struct base_arena *arena, const struct result_pair *items,
                                 size_t count)
{
    struct result_pair *copy = base_arena_array(arena, count, sizeof *copy);
    memcpy(copy, items, count * sizeof *copy);
    return (struct result_pairs){ .items = copy, .count = count };
}

static struct result_process *processes(struct base_arena *arena)
{
    static const uint64_t counts[] = { 16, 32, 64, 128 };
    static const double ns[] = { 101.25, 100.5, 99.0 + 1.0 / 3, 100.1 };
    static const double reference[] = { 0.31, 0.3, 0.30000000000000004, 0.299 };
    const struct result_process made[] = {
        { .batches = 412,
          .median_ns = 100.3,
          .mean_ns = 101.7,
          .normalised_ns = 98.5,
          .core_ns = 0.301,
          .memory_ns = 88.25,
          .wide_ns = 1.0625,
          .cache_ns = 41.5,
          .calm_ns = 99.25,
          .calm_memory_ns = 80.5,
          .calm_wide_ns = 0.625,
          .calm_cache_ns = 40.75,
          .sample_count = 4,
          .counts = COPY(arena, counts),
          .ns = COPY(arena, ns),
          .reference_ns = COPY(arena, reference) },
        { .batches = 2,
          .median_ns = 99.5,
          .mean_ns = 99.5,
          .normalised_ns = NAN,
          .core_ns = NAN,
          .memory_ns = NAN,
          .wide_ns = NAN,
          .cache_ns = NAN,
          .calm_ns = NAN,
          .calm_memory_ns = NAN,
          .calm_wide_ns = NAN,
          .calm_cache_ns = NAN,
          .sample_count = 2,
          .counts = COPY(arena, counts),
          .ns = COPY(arena, ns),
          .reference_ns = NULL },
    };
    return COPY(arena, made);
}

struct result_case sample_case(struct result_run *run, const char *id, double median_ns)
{
    static const struct result_pair args[] = { { "entries", "100" }, { "order", "sorted" } };
    static const struct result_quantity counters[] = { { "allocs", 2, "1" },
                                                       { "cycles", NAN, "1" } };
    static const struct result_quantity facts[] = { { "output_bytes", 1751, "B" } };
    static const struct result_series series[] = {
        { "user_ns", "ns", 3e6, 3.25e6, 2e6, 5e6, { 3.1e6, 2.5e6, 3.7e6 }, NAN }
    };
    struct base_arena *arena = &run->arena;
    return (struct result_case){
        .id = base_arena_text(arena, id),
        .suite = "enc",
        .name = "enc/encode",
        .args = pairs(arena, args, 2),
        .item = "document",
        .peer_of = NULL,
        .status = "ok",
        .threads = 1,
        .median_ns = { median_ns, median_ns * 0.99, median_ns * 1.01 },
        .mean_ns = { median_ns + 1, median_ns * 0.99, median_ns * 1.02 },
        .normalised_ns = { median_ns * 0.97, median_ns * 0.965, median_ns * 0.975 },
        .slope_ns = { median_ns, NAN, NAN },
        .interval = "spread between 2 processes and the host's drift",
        .stddev_ns = 1.5,
        .mad_ns = 0.75,
        .trimmed_mean_ns = 100.25,
        .min_ns = 97,
        .max_ns = 140,
        .p05_ns = 98,
        .p25_ns = 99,
        .p75_ns = 101,
        .p95_ns = 104,
        .p99_ns = 1e-7,
        .effective_batches = 311.5,
        .drift_share = 0.027,
        .residual_share = NAN,
        .memory_share = NAN,
        .shares = { 0.25, 0, 0.5, 100, -2.5, 0, 30, 1.5, 40, 0.0125 },
        .calm_shares = { 0, 0.125, 0.5, 1e12, 0, 0, 20, 1.25, 30, 0.00625 },
        .reference = "core",
        .reference_explained = 0.81,
        .outliers = { 0, 1, 2, 3 },
        .bytes_per_item = 1751,
        .counters = { COPY(arena, counters), 2 },
        .facts = { COPY(arena, facts), 1 },
        .series = COPY(arena, series),
        .series_count = 1,
        .processes = processes(arena),
        .process_count = 2,
        .elapsed_ns = 4123456789,
    };
}

static struct result_case case_without_result(const char *id, const char *status, const char *why)
{
    const struct result_estimate none = { NAN, NAN, NAN };
    return (struct result_case){
        .id = id,
        .suite = "null",
        .name = "null/empty",
        .status = status,
        .why = why,
        .threads = 4,
        .is_at_floor = why == NULL,
        .median_ns = none,
        .mean_ns = none,
        .normalised_ns = none,
        .slope_ns = none,
        .stddev_ns = NAN,
        .mad_ns = NAN,
        .trimmed_mean_ns = NAN,
        .min_ns = NAN,
        .max_ns = NAN,
        .p05_ns = NAN,
        .p25_ns = NAN,
        .p75_ns = NAN,
        .p95_ns = NAN,
        .p99_ns = NAN,
        .effective_batches = NAN,
        .drift_share = NAN,
        .residual_share = NAN,
        .memory_share = NAN,
        .shares = { NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN },
        .calm_shares = { NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN },
        .reference_explained = NAN,
    };
}

void sample_run(struct result_run *run)
{
    static const struct result_pair host[] = { { "name", "bench-1" },
                                               { "cpu", "Xeon \"Ice Lake\" \u00b5-arch" } };
    static const struct result_pair build[] = { { "git_revision", "abc1234" },
                                                { "compiler", "gcc 12.2.0" } };
    static const struct result_pair config[] = { { "processes", "2" } };
    static const struct result_verdict verdicts[] = {
        { "bpi.enc.encode",
          "encode takes less than 1.25 ms",
          "enc/encode mean_ns",
          "< 1.25 ms",
          "proven",
          "100 ns lies below",
          { 101.5, 99, 102 } },
        { "bpi.suite.time",
          "the suite takes less than 5 min",
          "suite",
          "< 5 min",
          "not run",
          NULL,
          { NAN, NAN, NAN } },
    };
    *run = (struct result_run){
        .id = "01JD7Q2M8Z0123456789ABCDEF",
        .command = "bpi-perf run enc\t--sample-size 100",
        .started = "2026-01-31T12:00:00.000Z",
        .ended = "2026-01-31T12:00:09.250Z",
        .state = "complete",
        .confidence = 0.95,
    };
    struct base_arena *arena = &run->arena;
    run->host = pairs(arena, host, 2);
    run->build = pairs(arena, build, 2);
    run->config = pairs(arena, config, 1);
    run->case_count = 3;
    run->cases = base_arena_array(arena, 3, sizeof *run->cases);
    run->cases[0] = sample_case(run, "enc/encode:entries=100", 100.125);
    run->cases[1] = case_without_result("null/wrong", "wrong", "digest differs at byte 3");
    run->cases[2] = case_without_result("null/empty", "ok", NULL);
    run->verdicts = COPY(arena, verdicts);
    run->verdict_count = 2;
}

/* One code point of any plane but the surrogates, in UTF-8; zero is left out. */
static size_t put_code_point(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)(c == 0 ? 'x' : c);
        return 1;
    }
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = { 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (char)(lead[more] | c >> (6 * more));
    for (int i = 1; i <= more; i++)
        out[i] = (char)(0x80 | ((c >> (6 * (more - i))) & 0x3f));
    return (size_t)more + 1;
}

static const char *random_text(struct base_rng *rng, struct base_arena *arena)
{
    static const uint32_t planes[] = { 0x20, 0x80, 0x80, 0x800, 0xd800, 0x110000 };
    char text[128];
    size_t size = 0;
    for (uint64_t left = base_rng_below(rng, 24); left > 0; left--) {
        uint32_t c = (uint32_t)base_rng_below(rng, planes[base_rng_below(rng, 6)]);
        if (c >= 0xd800 && c < 0xe000)
            c = '"';
        size += put_code_point(c, text + size);
    }
    return base_arena_text_of(arena, text, size);
}

static const char *random_form(struct base_rng *rng, enum result_form form,
                               struct base_arena *arena)
{
    char id[RESULT_ID_SIZE];
    char time[RESULT_TIME_SIZE];
    char hex[129] = "";
    switch (form) {
    case RESULT_FORM_ID:
        result_run_make_id(base_rng_below(rng, UINT64_C(1) << 48), id);
        return base_arena_text(arena, id);
    case RESULT_FORM_TIME:
        result_run_print_time(base_rng_below(rng, UINT64_C(253402300799000)), time);
        return base_arena_text(arena, time);
    case RESULT_FORM_KEY:
    case RESULT_FORM_SIGNATURE:
        for (int i = 0; i < (form == RESULT_FORM_KEY ? 64 : 128); i++)
            hex[i] = "0123456789abcdef"[base_rng_below(rng, 16)];
        return base_arena_text(arena, hex);
    default:
        return random_text(rng, arena);
    }
}

static double random_number(struct base_rng *rng, const struct result_field *field)
{
    const uint64_t bits = base_rng_u64(rng);
    double value = 0;
    memcpy(&value, &bits, sizeof value);
    const uint64_t kind = base_rng_below(rng, 4);
    if (field->high > 0 && field->high < 1e6)
        return field->low + (field->high - field->low) * base_rng_uniform(rng);
    if (kind == 0 || !isfinite(value))
        value = (double)(int64_t)bits / 1e6;
    else if (kind == 1)
        value = exp(base_rng_normal(rng) * 6) * (bits % 2 == 0 ? 1 : -1);
    else if (kind == 2)
        value = (double)(int32_t)bits / 8;
    return field->low >= 0 ? fabs(value) : value;
}

static uint64_t random_count(struct base_rng *rng, const struct result_field *field)
{
    const uint64_t value = base_rng_u64(rng) >> (1 + base_rng_below(rng, 63));
    return value == 0 ? (uint64_t)field->low : value;
}

static void fill(struct base_rng *rng, struct base_arena *arena, const struct result_shape *shape,
                 void *object);

static void fill_array(struct base_rng *rng, struct base_arena *arena,
                       const struct result_field *field, void **items, size_t *count)
{
    if (!field->is_count_given)
        *count = base_rng_below(rng, 20) == 0 ? field->count_max : base_rng_below(rng, 9);
    uint64_t *made = base_arena_array(arena, *count, sizeof *made);
    for (size_t i = 0; i < *count; i++) {
        const double number = random_number(rng, field);
        if (field->kind == RESULT_COUNTS)
            made[i] = random_count(rng, field);
        else
            memcpy(&made[i], &number, sizeof number);
    }
    *items = made;
}

static void fill_list(struct base_rng *rng, struct base_arena *arena,
                      const struct result_field *field, void **items, size_t *count)
{
    *count = base_rng_below(rng, 4);
    *items = base_arena_array(arena, *count, field->shape->size);
    for (size_t i = 0; i < *count; i++)
        fill(rng, arena, field->shape, (char *)*items + i * field->shape->size);
}

static const char *random_word(struct base_rng *rng, const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    return words[base_rng_below(rng, count)];
}

static void fill_member(struct base_rng *rng, struct base_arena *arena,
                        const struct result_field *field, void *object)
{
    void *member = (char *)object + field->offset;
    size_t *count = (void *)((char *)object + field->count_offset);
    const bool is_absent = field->is_optional && base_rng_below(rng, 3) == 0;
    switch (field->kind) {
    case RESULT_SCHEMA:
        break;
    case RESULT_TEXT:
        *(const char **)member = is_absent              ? NULL
                                 : field->words != NULL ? random_word(rng, field->words)
                                                        : random_form(rng, field->form, arena);
        break;
    case RESULT_NUMBER:
        *(double *)member = is_absent ? NAN : random_number(rng, field);
        break;
    case RESULT_COUNT:
        *(uint64_t *)member = random_count(rng, field);
        break;
    case RESULT_COUNT32:
        *(uint32_t *)member = (uint32_t)random_count(rng, field);
        break;
    case RESULT_FLAG:
        *(bool *)member = base_rng_below(rng, 2) == 0;
        break;
    case RESULT_OBJECT:
        fill(rng, arena, field->shape, member);
        break;
    case RESULT_LIST:
        fill_list(rng, arena, field, member, count);
        break;
    case RESULT_COUNTS:
    case RESULT_NUMBERS:
        fill_array(rng, arena, field, member, count);
        if (is_absent)
            *(void **)member = NULL;
        break;
    }
}

static void fill(struct base_rng *rng, struct base_arena *arena, const struct result_shape *shape,
                 void *object)
{
    for (size_t i = 0; i < shape->field_count; i++)
        fill_member(rng, arena, &shape->fields[i], object);
    struct result_estimate *estimate = object;
    if (shape->is_interval && estimate->low > estimate->high) {
        const double low = estimate->high;
        estimate->high = estimate->low;
        estimate->low = low;
    }
}

void sample_run_random(struct base_rng *rng, struct result_run *run)
{
    *run = (struct result_run){ 0 };
    fill(rng, &run->arena, &result_shape_run, run);
}

static void fill_process(struct base_rng *rng, struct base_arena *arena,
                         struct result_process *process)
{
    const size_t count = RESULT_SAMPLE_MAX;
    process->batches = 1000;
    process->sample_count = count;
    process->counts = base_arena_array(arena, count, sizeof *process->counts);
    process->ns = base_arena_array(arena, count, sizeof *process->ns);
    process->reference_ns = base_arena_array(arena, count, sizeof *process->reference_ns);
    for (size_t i = 0; i < count; i++) {
        process->counts[i] = 1000 + base_rng_below(rng, 1000);
        process->ns[i] = 150000 / (double)process->counts[i] * (1 + base_rng_exponential(rng, 0.1));
        process->reference_ns[i] = 0.3 + base_rng_exponential(rng, 0.01);
    }
}

void sample_run_large(struct base_rng *rng, size_t cases, size_t process_count,
                      struct result_run *run)
{
    sample_run(run);
    run->case_count = cases;
    run->cases = base_arena_array(&run->arena, cases, sizeof *run->cases);
    for (size_t i = 0; i < cases; i++) {
        char id[64];
        snprintf(id, sizeof id, "enc/encode:entries=%zu", i);
        struct result_case *item = &run->cases[i];
        *item = sample_case(run, id, 100);
        item->process_count = process_count;
        item->processes = base_arena_array(&run->arena, process_count, sizeof *item->processes);
        for (size_t p = 0; p < process_count; p++)
            fill_process(rng, &run->arena, &item->processes[p]);
    }
}
