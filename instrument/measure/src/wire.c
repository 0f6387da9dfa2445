/* wire.c - requests and replies, and the sentences for what can be wrong with them. */
#define _GNU_SOURCE
#include "wire_internal.h"

#include "spawn_internal.h"

#include <bench/clock.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { END_WAIT_MS = 2000, NOISE_QUOTED = 200 };

/* The last line or two of the worker's standard error, fit for one sentence. */
static void quote_noise(struct wire *wire, char *out, size_t size)
{
    channel_drain_noise(&wire->channel);
    const char *noise = wire->channel.noise;
    const size_t length = strlen(noise);
    const char *from = length > NOISE_QUOTED ? noise + length - NOISE_QUOTED : noise;
    if (length == 0) {
        out[0] = '\0';
        return;
    }
    snprintf(out, size, "; its standard error ends: %.*s", NOISE_QUOTED, from);
    for (char *at = out; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            *at = ' ';
}

static base_err fail_closed(struct wire *wire, const char *op, struct base_why *why)
{
    char how[96];
    char noise[NOISE_QUOTED + 40];
    quote_noise(wire, noise, sizeof noise);
    spawn_reap(wire, END_WAIT_MS, how, sizeof how);
    return base_fail(why, BASE_ECRASHED, 0, "worker %s %s while it was asked to %s%s", wire->name,
                     how, op, noise);
}

static base_err fail_transport(struct wire *wire, const char *op, base_err err,
                               struct base_why *why)
{
    if (err == BASE_ECLOSED)
        return fail_closed(wire, op, why);
    if (err == BASE_ETIMEOUT)
        return base_fail(why, err, 0, "worker %s did not answer '%s' in time", wire->name, op);
    if (err == BASE_ERANGE)
        return base_fail(why, BASE_EPROTOCOL, 0,
                         "worker %s answered '%s' with a line of more than %d MiB", wire->name, op,
                         CHANNEL_LINE_MAX >> 20);
    return base_fail(why, err, 0, "worker %s, '%s': %s", wire->name, op, base_err_text(err));
}

static base_err code_of(const json_t *reply)
{
    const char *code = json_string_value(json_object_get(reply, "code"));
    for (unsigned err = 1; code != NULL && err < BASE_ERR_COUNT; err++)
        if (strcmp(base_err_name((base_err)err), code) == 0)
            return (base_err)err;
    return BASE_EINVALID;
}

static base_err judge_reply(struct wire *wire, const char *op, struct base_span line,
                            json_t **reply, struct base_why *why)
{
    json_error_t problem;
    json_t *root = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object(root)) {
        json_decref(root);
        return base_fail(why, BASE_EPROTOCOL, 0,
                         "worker %s answered '%s' with a line that is no JSON object: '%.40s'",
                         wire->name, op, (const char *)line.data);
    }
    const json_t *ok = json_object_get(root, "ok");
    base_err err = BASE_OK;
    if (!json_is_boolean(ok))
        err = base_fail(why, BASE_EPROTOCOL, 0, "worker %s answered '%s' without \"ok\"",
                        wire->name, op);
    else if (!json_is_true(ok)) {
        const char *text = json_string_value(json_object_get(root, "error"));
        err = base_fail(why, code_of(root), 0, "%s", text != NULL ? text : "it gave no reason");
    }
    if (err == BASE_OK)
        *reply = root;
    else
        json_decref(root);
    return err;
}

static void name_of(const json_t *request, char op[WIRE_OP_SIZE])
{
    const char *name = json_string_value(json_object_get(request, "op"));
    snprintf(op, WIRE_OP_SIZE, "%s", name != NULL ? name : "");
}

base_err wire_begin(struct wire *wire, json_t *request, struct base_why *why)
{
    name_of(request, wire->op);
    char *text = json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (text == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a request");
    const size_t unasked = channel_unasked(&wire->channel);
    if (unasked > 0) {
        free(text);
        return base_fail(why, BASE_EPROTOCOL, 0,
                         "worker %s sent %zu bytes that nobody asked for, before '%s'", wire->name,
                         unasked, wire->op);
    }
    wire->begin_ns = bench_clock_now_ns();
    const base_err err = channel_send(&wire->channel, text, strlen(text));
    free(text);
    return err == BASE_OK ? err : fail_transport(wire, wire->op, err, why);
}

base_err wire_end(struct wire *wire, json_t **reply, struct base_why *why)
{
    struct base_span line = { 0 };
    const base_err err =
        channel_receive(&wire->channel, wire->deadline_ns, wire->interrupted, &line);
    wire->wall_ns = bench_clock_now_ns() - wire->begin_ns;
    if (err != BASE_OK)
        return fail_transport(wire, wire->op, err, why);
    ((uint8_t *)line.data)[line.size] = '\0'; /* the line break's place */
    return judge_reply(wire, wire->op, line, reply, why);
}

base_err wire_ask(struct wire *wire, json_t *request, json_t **reply, struct base_why *why)
{
    const base_err err = wire_begin(wire, request, why);
    return err == BASE_OK ? wire_end(wire, reply, why) : err;
}

base_err wire_tell(struct wire *wire, const char *op, struct base_why *why)
{
    json_t *reply = NULL;
    const base_err err = wire_ask(wire, json_pack("{s:s}", "op", op), &reply, why);
    json_decref(reply);
    return err;
}

static void take_text(const json_t *reply, const char *name, char *out, size_t size)
{
    const char *text = json_string_value(json_object_get(reply, name));
    snprintf(out, size, "%s", text != NULL ? text : "");
}

static base_err greet(struct wire *wire, const struct wire_options *options, struct base_why *why)
{
    json_t *reply = NULL;
    json_t *request = json_pack("{s:s, s:i}", "op", "hello", "protocol", 1);
    if (options->tsc_ns_per_tick > 0)
        json_object_set_new(request, "tsc_ns_per_tick", json_real(options->tsc_ns_per_tick));
    base_err err = wire_ask(wire, request, &reply, why);
    if (err != BASE_OK)
        return err;
    const json_t *protocol = json_object_get(reply, "protocol");
    if (json_integer_value(protocol) != 1)
        err = base_fail(why, BASE_EPROTOCOL, 0, "worker %s speaks another protocol than 1",
                        wire->name);
    wire->has_references = json_is_true(json_object_get(reply, "references"));
    take_text(reply, "clock", wire->clock, sizeof wire->clock);
    take_text(reply, "language", wire->language, sizeof wire->language);
    wire->clock_cost_ns = json_number_value(json_object_get(reply, "clock_cost_ns"));
    wire->clock_resolution_ns = json_number_value(json_object_get(reply, "clock_resolution_ns"));
    json_decref(reply);
    return err;
}

base_err wire_open(struct wire *wire, const struct wire_options *options, struct base_why *why)
{
    *wire = (struct wire){ .deadline_ns = options->deadline_ns,
                           .interrupted = options->interrupted,
                           .threads = 1,
                           .channel = { .fd = -1, .out_fd = -1, .noise_fd = -1 } };
    const char *path = options->argv != NULL ? options->argv[0] : NULL;
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    snprintf(wire->name, sizeof wire->name, "%s",
             slash != NULL  ? slash + 1
             : path != NULL ? path
                            : "");
    base_err err = spawn_worker(wire, options, why);
    if (err == BASE_OK)
        err = greet(wire, options, why);
    if (err != BASE_OK)
        wire_close(wire, false);
    return err;
}

void wire_close(struct wire *wire, bool is_orderly)
{
    char how[96];
    struct base_why unused;
    const bool has_quit =
        is_orderly && wire->pid > 0 && wire_tell(wire, "quit", &unused) == BASE_OK;
    spawn_reap(wire, has_quit ? END_WAIT_MS : 0, how, sizeof how);
    channel_done(&wire->channel);
}

void wire_batches_clear(struct wire_batches *batches)
{
    batches->count = 0;
    batches->context_switches = batches->page_faults = batches->migrations = 0;
}

void wire_batches_done(struct wire_batches *batches)
{
    free(batches->counts);
    free(batches->ns);
    free(batches->core_ns);
    free(batches->wide_ns);
    free(batches->cache_ns);
    free(batches->memory_ns);
    for (size_t i = 0; i < BENCH_SERIES_MAX; i++)
        free(batches->series[i]);
    *batches = (struct wire_batches){ 0 };
}

static bool grow(void **array, size_t capacity)
{
    void *memory = realloc(*array, capacity * sizeof(double));
    if (memory != NULL)
        *array = memory;
    return memory != NULL;
}

static base_err batches_reserve(struct wire_batches *batches, size_t more)
{
    _Static_assert(sizeof(double) == sizeof(uint64_t), "one growth for both");
    if (batches->count + more <= batches->capacity)
        return BASE_OK;
    size_t capacity = batches->capacity == 0 ? 256 : batches->capacity;
    while (capacity < batches->count + more)
        capacity *= 2;
    bool is_grown =
        grow((void **)&batches->counts, capacity) && grow((void **)&batches->ns, capacity) &&
        grow((void **)&batches->core_ns, capacity) && grow((void **)&batches->wide_ns, capacity) &&
        grow((void **)&batches->cache_ns, capacity) && grow((void **)&batches->memory_ns, capacity);
    for (size_t i = 0; i < BENCH_SERIES_MAX && is_grown; i++)
        is_grown = grow((void **)&batches->series[i], capacity);
    if (!is_grown)
        return BASE_ENOMEM;
    batches->capacity = capacity;
    return BASE_OK;
}

enum presence { EVERY, OR_NO_ARRAY, OR_NULLS };

/* An array of `count` finite numbers, none negative. What may be missing becomes NaN. */
static base_err take_numbers(const struct wire *wire, const json_t *array, const char *field,
                             size_t count, enum presence presence, double *out,
                             struct base_why *why)
{
    if (array == NULL && presence == OR_NO_ARRAY) {
        for (size_t i = 0; i < count; i++)
            out[i] = NAN;
        return BASE_OK;
    }
    if (!json_is_array(array) || json_array_size(array) != count)
        return base_fail(why, BASE_EPROTOCOL, 0,
                         "worker %s answered 'run' with %zu numbers in \"%s\", expected %zu",
                         wire->name, json_array_size(array), field, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_array_get(array, i);
        if (json_is_null(value) && presence == OR_NULLS) {
            out[i] = NAN;
            continue;
        }
        out[i] = json_number_value(value);
        if (!json_is_number(value) || !isfinite(out[i]) || out[i] < 0)
            return base_fail(why, BASE_EPROTOCOL, 0,
                             "worker %s: %s[%zu] is %g; a finite number of at least 0 is expected",
                             wire->name, field, i, json_is_number(value) ? out[i] : NAN);
    }
    return BASE_OK;
}

/* More time than passed here cannot have passed there. */
static base_err check_total(const struct wire *wire, const double *ns, size_t count,
                            struct base_why *why)
{
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += ns[i];
    const double limit = (double)wire->wall_ns * 1.001 + 1000;
    if (total <= limit)
        return BASE_OK;
    return base_fail(why, BASE_EPROTOCOL, 0,
                     "worker %s claims %.0f ns for batches that were over after %llu ns",
                     wire->name, total, (unsigned long long)wire->wall_ns);
}

static void add_integer(const json_t *reply, const char *name, int64_t *total)
{
    const json_t *value = json_object_get(reply, name);
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        *total = -1;
    else if (*total >= 0)
        *total += json_integer_value(value);
}

static base_err take_batches(const struct wire *wire, const json_t *reply, size_t count,
                             const char *const *series, struct wire_batches *out,
                             struct base_why *why)
{
    const size_t at = out->count;
    const struct {
        const char *name;
        double *to;
    } references[] = { { "core_ns", out->core_ns },
                       { "wide_ns", out->wide_ns },
                       { "cache_ns", out->cache_ns },
                       { "memory_ns", out->memory_ns } };
    base_err err =
        take_numbers(wire, json_object_get(reply, "ns"), "ns", count, EVERY, out->ns + at, why);
    for (size_t i = 0; i < sizeof references / sizeof references[0] && err == BASE_OK; i++)
        err = take_numbers(wire, json_object_get(reply, references[i].name), references[i].name,
                           count, OR_NO_ARRAY, references[i].to + at, why);
    const json_t *values = json_object_get(reply, "series");
    for (size_t i = 0; i < BENCH_SERIES_MAX && series[i] != NULL && err == BASE_OK; i++)
        err = take_numbers(wire, json_object_get(values, series[i]), series[i], count, OR_NULLS,
                           out->series[i] + at, why);
    return err == BASE_OK ? check_total(wire, out->ns + at, count, why) : err;
}

const char *wire_pages(const char *so_far, const char *now)
{
    static const char *const known[] = { "large", "small", "mixed" };
    if (now == NULL)
        return so_far;
    if (so_far != NULL && strcmp(so_far, now) != 0)
        return known[2];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(now, known[i]) == 0)
            return known[i];
    return so_far;
}

base_err wire_run(struct wire *wire, const uint64_t *counts, size_t count, bool with_references,
                  const char *const *series, struct wire_batches *out, struct base_why *why)
{
    base_err err = batches_reserve(out, count);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no memory for %zu batches", out->count + count);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_integer((json_int_t)counts[i]));
    json_t *reply = NULL;
    err = wire_ask(wire,
                   json_pack("{s:s, s:o, s:b}", "op", "run", "counts", array, "references",
                             (int)(with_references && wire->has_references)),
                   &reply, why);
    if (err == BASE_OK)
        err = take_batches(wire, reply, count, series, out, why);
    if (err == BASE_OK) {
        memcpy(out->counts + out->count, counts, count * sizeof counts[0]);
        out->count += count;
        add_integer(reply, "context_switches", &out->context_switches);
        add_integer(reply, "page_faults", &out->page_faults);
        add_integer(reply, "migrations", &out->migrations);
        out->memory_pages = wire_pages(out->memory_pages,
                                       json_string_value(json_object_get(reply, "memory_pages")));
    }
    json_decref(reply);
    return err;
}
