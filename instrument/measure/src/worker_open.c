/* worker_open.c - greeting, listing, opening and closing a case. */
#define _GNU_SOURCE
#include "worker_internal.h"

#include <base/units.h>
#include <probe/process.h>

#include <string.h>

base_err worker_hello(struct worker *worker, const json_t *request, json_t *reply,
                      struct base_why *why)
{
    if (json_integer_value(json_object_get(request, "protocol")) != 1)
        return base_fail(why, BASE_EUNSUPPORTED, 0, "this worker speaks protocol 1 only");
    if (!worker->is_clock_open)
        bench_clock_open_rate(&worker->clock,
                              json_number_value(json_object_get(request, "tsc_ns_per_tick")));
    worker->is_clock_open = true;
    json_object_set_new(reply, "protocol", json_integer(1));
    json_object_set_new(reply, "name", json_string(worker->name));
    json_object_set_new(reply, "language", json_string("C"));
    json_object_set_new(reply, "references", json_true());
    json_object_set_new(reply, "clock", json_string(worker->clock.is_tsc ? "tsc" : "monotonic"));
    json_object_set_new(reply, "clock_cost_ns", json_real(worker->clock.cost_ns));
    json_object_set_new(reply, "clock_resolution_ns", json_real(worker->clock.resolution_ns));
    return BASE_OK;
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, name, json_string(text));
}

static json_t *case_as_json(const struct bench_case *bench)
{
    json_t *object = json_object();
    set_text(object, "name", bench->name);
    set_text(object, "doc", bench->doc);
    set_text(object, "item", bench->item);
    set_text(object, "peer_of", bench->peer_of);
    json_t *params = json_array();
    for (size_t i = 0; i < BENCH_PARAM_MAX && bench->params[i].name != NULL; i++) {
        json_t *param = json_object();
        set_text(param, "name", bench->params[i].name);
        set_text(param, "values", bench->params[i].values);
        set_text(param, "doc", bench->params[i].doc);
        json_array_append_new(params, param);
    }
    json_object_set_new(object, "params", params);
    return object;
}

base_err worker_list(struct worker *worker, const json_t *request, json_t *reply,
                     struct base_why *why)
{
    (void)request;
    (void)why;
    json_t *cases = json_array();
    for (size_t i = 0; i < worker->case_count; i++)
        json_array_append_new(cases, case_as_json(worker->cases[i]));
    for (size_t i = 0; i < worker_reference_case_count; i++)
        json_array_append_new(cases, case_as_json(worker_reference_cases[i]));
    json_object_set_new(reply, "cases", cases);
    return BASE_OK;
}

static const struct bench_case *find_case(const struct worker *worker, const char *name)
{
    for (size_t i = 0; i < worker->case_count; i++)
        if (strcmp(worker->cases[i]->name, name) == 0)
            return worker->cases[i];
    for (size_t i = 0; i < worker_reference_case_count; i++)
        if (strcmp(worker_reference_cases[i]->name, name) == 0)
            return worker_reference_cases[i];
    return NULL;
}

/* The first value of a sweep: up to a comma, or up to the dots of a range. */
static json_t *first_value(const char *values)
{
    size_t size = strcspn(values, ",");
    const char *dots = strstr(values, "..");
    if (dots != NULL && (size_t)(dots - values) < size)
        size = (size_t)(dots - values);
    return json_stringn(values, size);
}

/* Every declared parameter gets a value; an argument the case does not declare is an error. */
static base_err take_args(struct worker *worker, const struct bench_case *bench,
                          const json_t *given, struct bench_env *env, struct base_why *why)
{
    worker->args = json_object();
    const char *name = NULL;
    json_t *value = NULL;
    for (size_t i = 0; i < BENCH_PARAM_MAX && bench->params[i].name != NULL; i++)
        json_object_set_new(worker->args, bench->params[i].name,
                            first_value(bench->params[i].values));
    json_object_foreach((json_t *)given, name, value)
    {
        if (json_object_get(worker->args, name) == NULL)
            return base_fail(why, BASE_ENOTFOUND, 0, "%s has no parameter '%s'", bench->name, name);
        if (!json_is_string(value))
            return base_fail(why, BASE_EPROTOCOL, 0, "args.%s is not a text", name);
        json_object_set(worker->args, name, value);
    }
    env->args = worker->arg_table;
    for (size_t i = 0; i < BENCH_PARAM_MAX && bench->params[i].name != NULL; i++) {
        worker->arg_table[i].name = bench->params[i].name;
        worker->arg_table[i].value =
            json_string_value(json_object_get(worker->args, bench->params[i].name));
        env->arg_count = i + 1;
    }
    return BASE_OK;
}

static void add_fact(json_t *facts, const char *name, double value, const char *unit)
{
    json_array_append_new(facts,
                          json_pack("{s:s, s:f, s:s}", "name", name, "value", value, "unit", unit));
}

/* Memory of this process, now; -1 when the kernel does not tell. Taken before the reference kernels
 * have theirs. */
static struct probe_process memory_now(void)
{
    struct probe_process process;
    struct base_why unused;
    if (probe_process_read(NULL, 0, &process, &unused) != BASE_OK)
        process.rss_bytes = process.pss_bytes = process.large_pages_bytes = -1;
    return process;
}

static void add_growth(json_t *facts, const char *name, int64_t before, int64_t after)
{
    if (before >= 0 && after >= before)
        add_fact(facts, name, (double)(after - before), "B");
}

/* What the set-up added: the case's state in memory. */
static void add_memory(json_t *facts, const struct probe_process *before)
{
    const struct probe_process after = memory_now();
    add_growth(facts, "setup_rss_bytes", before->rss_bytes, after.rss_bytes);
    add_growth(facts, "setup_pss_bytes", before->pss_bytes, after.pss_bytes);
    add_growth(facts, "setup_large_pages_bytes", before->large_pages_bytes,
               after.large_pages_bytes);
}

static void describe_env(const struct worker *worker, const struct probe_process *before,
                         json_t *reply)
{
    const struct bench_env *env = &worker->crew.members[0].env;
    json_object_set_new(reply, "bytes_per_item", json_real(env->bytes_per_item));
    json_object_set_new(reply, "parts_per_item", json_real(env->parts_per_item));
    json_object_set_new(reply, "exclusive", json_boolean(worker->bench->is_exclusive));
    json_t *facts = json_array();
    for (size_t i = 0; i < env->fact_count; i++)
        add_fact(facts, env->facts[i].name, env->facts[i].value, env->facts[i].unit);
    add_memory(facts, before);
    json_object_set_new(reply, "facts", facts);
    json_t *series = json_array();
    for (size_t i = 0; i < BENCH_SERIES_MAX && worker->bench->series[i] != NULL; i++)
        json_array_append_new(series, json_string(worker->bench->series[i]));
    json_object_set_new(reply, "series", series);
}

static void close_case(struct worker *worker)
{
    if (worker->is_open)
        crew_close(&worker->crew);
    json_decref(worker->args);
    worker->args = NULL;
    worker->is_open = false;
}

base_err worker_open(struct worker *worker, const json_t *request, json_t *reply,
                     struct base_why *why)
{
    if (worker->is_open)
        return base_fail(why, BASE_EPROTOCOL, 0, "%s is still open", worker->bench->name);
    const char *name = json_string_value(json_object_get(request, "case"));
    const struct bench_case *bench = name != NULL ? find_case(worker, name) : NULL;
    if (bench == NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "there is no case '%s'", name != NULL ? name : "");
    const json_int_t threads = json_integer_value(json_object_get(request, "threads"));
    if (threads < 0 || threads > CREW_MAX)
        return base_fail(why, BASE_ERANGE, 0, "threads: %lld is not between 1 and %d",
                         (long long)threads, CREW_MAX);
    struct bench_env env = { .threads = threads == 0 ? 1 : (uint32_t)threads };
    env.seed = (uint64_t)json_integer_value(json_object_get(request, "seed"));
    base_err err = take_args(worker, bench, json_object_get(request, "args"), &env, why);
    const struct probe_process before = memory_now();
    if (err == BASE_OK)
        err = crew_open(&worker->crew, bench, &env, why);
    if (err == BASE_OK) {
        worker->bench = bench;
        worker->is_open = true;
        worker->last_batch_ns = 0;
        describe_env(worker, &before, reply);
    } else {
        close_case(worker);
    }
    return err;
}

base_err worker_check(struct worker *worker, const json_t *request, json_t *reply,
                      struct base_why *why)
{
    (void)request;
    (void)reply;
    if (!worker->is_open)
        return base_fail(why, BASE_EPROTOCOL, 0, "no case is open");
    return crew_check(&worker->crew, why);
}

base_err worker_close(struct worker *worker, const json_t *request, json_t *reply,
                      struct base_why *why)
{
    (void)request;
    (void)reply;
    if (!worker->is_open)
        return base_fail(why, BASE_EPROTOCOL, 0, "no case is open");
    close_case(worker);
    return BASE_OK;
}

base_err worker_quit(struct worker *worker, const json_t *request, json_t *reply,
                     struct base_why *why)
{
    (void)request;
    (void)reply;
    (void)why;
    worker->is_done = true;
    return BASE_OK;
}

void worker_done(struct worker *worker)
{
    close_case(worker);
    bench_reference_close(&worker->reference);
    if (worker->has_counters)
        bench_counters_close(&worker->counters);
}
