#include "ifr_filled.h"

enum { CACHE_PART = 10 };

static struct mfn_ifr_registry_options options_of(const struct ifr_query *query,
                                                  const struct ifr_filled_options *wanted)
{
    struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    options.flow_count = wanted->capacity > 0 ? wanted->capacity : query->flow_count;
    options.cache_count = wanted->cache_count > 0
                              ? wanted->cache_count
                              : (query->flow_count + CACHE_PART - 1) / CACHE_PART;
    if (wanted->bank > 0)
        options.filter_bank = wanted->bank;
    return options;
}

base_err ifr_filled_new(const struct ifr_query *query, const struct ifr_filled_options *wanted,
                        struct mfn_ifr_registry **out, struct base_why *why)
{
    const struct mfn_ifr_registry_options options = options_of(query, wanted);
    struct mfn_ifr_registry *registry;
    base_err err = mfn_ifr_registry_new(&options, &registry, why);
    if (err != BASE_OK)
        return err;
    for (uint64_t i = 0; i < query->flow_count && err == BASE_OK; i++) {
        uint8_t key[MFN_IFR_KEY_SIZE_MAX];
        const struct mfn_ifr_value value = ifr_query_value(i);
        mfn_flow_make_key(&query->make, i, key);
        err = mfn_ifr_registry_insert(registry, key, query->key_size, 0, &value);
    }
    if (err != BASE_OK) {
        mfn_ifr_registry_free(registry);
        return base_fail(why, err, 0, "%llu flows cannot be registered: %s",
                         (unsigned long long)query->flow_count, base_err_text(err));
    }
    *out = registry;
    return BASE_OK;
}
