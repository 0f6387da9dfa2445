/* wire_case.c - opening a case in a worker. */
#include "wire_internal.h"

static json_t *args_as_json(const struct bench_target *target)
{
    json_t *args = json_object();
    for (size_t i = 0; i < target->arg_count; i++)
        json_object_set_new(args, target->args[i].name, json_string(target->args[i].value));
    return args;
}

base_err wire_open_case_begin(struct wire *wire, const struct bench_target *target,
                              uint32_t threads, uint64_t seed, struct base_why *why)
{
    json_t *request =
        json_pack("{s:s, s:s, s:o, s:i, s:I}", "op", "open", "case", target->name, "args",
                  args_as_json(target), "threads", (int)threads, "seed", (json_int_t)seed);
    if (request == NULL)
        return base_fail(why, BASE_EINVALID, 0, "an argument of %s is not UTF-8 text",
                         target->name);
    return wire_begin(wire, request, why);
}

base_err wire_open_case_end(struct wire *wire, json_t **reply, struct base_why *why)
{
    const base_err err = wire_end(wire, reply, why);
    if (err == BASE_OK)
        wire->is_exclusive = json_is_true(json_object_get(*reply, "exclusive"));
    return err;
}

base_err wire_open_case(struct wire *wire, const struct bench_target *target, uint32_t threads,
                        uint64_t seed, json_t **reply, struct base_why *why)
{
    const base_err err = wire_open_case_begin(wire, target, threads, seed, why);
    return err == BASE_OK ? wire_open_case_end(wire, reply, why) : err;
}
