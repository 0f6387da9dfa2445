/* drive_list.c - what a worker offers. */
#define _GNU_SOURCE
#include "wire_internal.h"

#include <bench/clock.h>

#include <string.h>

#define LIST_TIMEOUT_NS UINT64_C(20000000000)

static const char *text_of(struct base_arena *arena, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? base_arena_text(arena, text) : NULL;
}

static base_err take_case(const struct wire *wire, const json_t *object, size_t index,
                          struct base_arena *arena, struct bench_listed *out, struct base_why *why)
{
    out->name = text_of(arena, object, "name");
    if (out->name == NULL || out->name[0] == '\0' || strlen(out->name) >= BENCH_NAME_SIZE)
        return base_fail(why, BASE_EPROTOCOL, 0,
                         "worker %s: cases[%zu].name is not a text of 1 to %d bytes", wire->name,
                         index, BENCH_NAME_SIZE - 1);
    out->doc = text_of(arena, object, "doc");
    out->item = text_of(arena, object, "item");
    out->peer_of = text_of(arena, object, "peer_of");
    const json_t *params = json_object_get(object, "params");
    if (json_array_size(params) > BENCH_PARAM_MAX)
        return base_fail(why, BASE_EPROTOCOL, 0, "worker %s: %s has more than %d parameters",
                         wire->name, out->name, BENCH_PARAM_MAX);
    for (size_t i = 0; i < json_array_size(params); i++) {
        struct bench_param *param = &out->params[out->param_count++];
        param->name = text_of(arena, json_array_get(params, i), "name");
        param->values = text_of(arena, json_array_get(params, i), "values");
        param->doc = text_of(arena, json_array_get(params, i), "doc");
        if (param->name == NULL || param->values == NULL)
            return base_fail(why, BASE_EPROTOCOL, 0,
                             "worker %s: params[%zu] of %s lacks a name or values", wire->name, i,
                             out->name);
    }
    return BASE_OK;
}

static base_err take_cases(const struct wire *wire, const json_t *reply, struct base_arena *arena,
                           struct bench_listed **listed, size_t *count, struct base_why *why)
{
    const json_t *cases = json_object_get(reply, "cases");
    if (!json_is_array(cases))
        return base_fail(why, BASE_EPROTOCOL, 0, "worker %s answered 'list' without cases",
                         wire->name);
    const size_t total = json_array_size(cases);
    struct bench_listed *array = base_arena_array(arena, total + 1, sizeof *array);
    if (array == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu cases", total);
    base_err err = BASE_OK;
    for (size_t i = 0; i < total && err == BASE_OK; i++)
        err = take_case(wire, json_array_get(cases, i), i, arena, &array[i], why);
    if (err == BASE_OK) {
        *listed = array;
        *count = total;
    }
    return err;
}

base_err bench_drive_list(const struct bench_launch *launch, struct base_arena *arena,
                          struct bench_listed **listed, size_t *count, struct base_why *why)
{
    struct wire wire;
    const struct wire_options options = { .argv = launch->argv,
                                          .deadline_ns = bench_clock_now_ns() + LIST_TIMEOUT_NS };
    base_err err = wire_open(&wire, &options, why);
    if (err != BASE_OK)
        return err;
    json_t *reply = NULL;
    err = wire_ask(&wire, json_pack("{s:s}", "op", "list"), &reply, why);
    if (err == BASE_OK)
        err = take_cases(&wire, reply, arena, listed, count, why);
    json_decref(reply);
    wire_close(&wire, err == BASE_OK);
    return err;
}
