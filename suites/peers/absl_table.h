/* absl_table.h - absl::flat_hash_map from C; each as in struct ifr_kind. */
#ifndef SUITE_ABSL_TABLE_H
#define SUITE_ABSL_TABLE_H

#include "ifr_table_kind.h"

#ifdef __cplusplus
extern "C" {
#endif

base_err suite_absl_open(const struct ifr_kind_options *options, void **table,
                         struct base_why *why);
void suite_absl_close(void *table);
base_err suite_absl_insert(void *table, const void *key, uint64_t value);
bool suite_absl_remove(void *table, const void *key);
bool suite_absl_find(void *table, const void *key, uint64_t *value);
void suite_absl_lookup(void *table, const struct ifr_asked *asked, struct ifr_answers *answers);
void suite_absl_dependent(void *table, const struct ifr_asked *asked, struct ifr_answers *answers);
/* The lines of a burst are asked for by flat_hash_map::prefetch, then each key is found. */
void suite_absl_batch(void *table, const struct ifr_asked *asked, struct ifr_answers *answers);

#ifdef __cplusplus
}
#endif

#endif
