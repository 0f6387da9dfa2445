/* lab_twin.c - one packet after the other through a fabric, each when the last has come out. */
#include "lab_twin.h"

base_err lab_twin_draw(const struct lab_topology *topology, uint64_t seed,
                       const struct lab_traffic *traffic, size_t wire_size, int64_t *delays_ns,
                       struct base_why *why)
{
    struct lab_fabric *fabric;
    struct lab_arrival arrival;
    uint64_t now_ns = 0;
    base_err err = lab_fabric_new(topology, seed, 0, &fabric, why);
    if (err)
        return err;
    for (uint64_t i = 0; i < traffic->packets && !err; i++) {
        const struct lab_flow *const flow = &traffic->flows[i % traffic->flow_count];
        delays_ns[i] = LAB_TWIN_LOST;
        err = lab_fabric_push(fabric, now_ns, flow->from, flow->to, "", 0, wire_size);
        for (uint64_t at_ns; (at_ns = lab_fabric_next_ns(fabric)) != UINT64_MAX;)
            if (lab_fabric_pop(fabric, at_ns, &arrival)) {
                delays_ns[i] = (int64_t)(arrival.at_ns - arrival.sent_ns);
                now_ns = arrival.at_ns + 1;
            }
    }
    lab_fabric_free(fabric);
    return err ? base_fail(why, err, 0, "the links' twin: %s", base_err_text(err)) : BASE_OK;
}
