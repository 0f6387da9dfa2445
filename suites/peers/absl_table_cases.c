/* absl_table_cases.c - absl::flat_hash_map beside the flow table. */
#include "absl_table.h"

#include "ifr_table_cases.h"
#include "ifr_table_grow.h"
#include "ifr_table_lookup.h"
#include "ifr_table_trace.h"
#include "ifr_table_write.h"

static const struct ifr_kind kind_absl = {
    .open = suite_absl_open,
    .close = suite_absl_close,
    .insert = suite_absl_insert,
    .remove = suite_absl_remove,
    .find = suite_absl_find,
    .lookup = suite_absl_lookup,
    .dependent = suite_absl_dependent,
    .batch = suite_absl_batch,
};

IFR_LOOKUP_PEER(absl, "absl::flat_hash_map, with its own hash", kind_absl);
IFR_LOOKUP_CASE(suite_ifr_absl_batch, "ifr/lookup_batch.absl",
                "absl::flat_hash_map: 32 prefetched, then found", "ifr/lookup_batch", kind_absl,
                batch, IFR_PARAM_FLOWS, IFR_PARAM_KEYS_TWO, IFR_PARAM_KEY);
IFR_WRITE_PEER(absl, "absl::flat_hash_map", kind_absl);
IFR_GROW_PEER(absl, "absl::flat_hash_map", kind_absl);
IFR_TRACE_CASE(suite_ifr_absl_trace, "ifr/trace.absl", "the same from absl::flat_hash_map",
               "ifr/trace", kind_absl, IFR_PARAM_FILE);
