/* absl_table.cpp - absl::flat_hash_map (a Swiss table) of keys as bytes to 64-bit values. Hash: its
 * default, absl::Hash, of the bytes. */
#include "absl_table.h"

#include <absl/container/flat_hash_map.h>

#include <cstring>
#include <new>

namespace
{

template <size_t size> struct Key {
    uint8_t bytes[size];
    friend bool operator==(const Key &a, const Key &b)
    {
        return std::memcmp(a.bytes, b.bytes, size) == 0;
    }
    template <typename H> friend H AbslHashValue(H state, const Key &key)
    {
        return H::combine_contiguous(std::move(state), key.bytes, size);
    }
};

struct Table {
    virtual ~Table() = default;
    virtual void insert(const void *key, uint64_t value) = 0;
    virtual bool remove(const void *key) = 0;
    virtual bool find(const void *key, uint64_t *value) = 0;
    virtual void lookup(const ifr_asked *asked, ifr_answers *answers) = 0;
    virtual void dependent(const ifr_asked *asked, ifr_answers *answers) = 0;
    virtual void batch(const ifr_asked *asked, ifr_answers *answers) = 0;
};

template <size_t size> struct Sized final : Table {
    using Map = absl::flat_hash_map<Key<size>, uint64_t>;
    Map map;

    static const Key<size> &key_of(const void *key)
    {
        return *static_cast<const Key<size> *>(key);
    }
    IFR_ASK_INLINE bool find_in(void *map, const void *key, size_t, uint64_t *value)
    {
        Map &in = *static_cast<Map *>(map);
        const auto at = in.find(key_of(key));
        if (at == in.end())
            return false;
        *value = at->second;
        return true;
    }
    IFR_ASK_INLINE void find_some(void *map, const void *const *keys, size_t count,
                                  ifr_answers *answers)
    {
        for (size_t i = 0; i < count; i++)
            static_cast<Map *>(map)->prefetch(key_of(keys[i]));
        for (size_t i = 0; i < count; i++) {
            uint64_t value = 0;
            answers->found += find_in(map, keys[i], size, &value);
            answers->sum += value;
        }
    }
    void insert(const void *key, uint64_t value) override
    {
        map.insert_or_assign(key_of(key), value);
    }
    bool remove(const void *key) override
    {
        return map.erase(key_of(key)) == 1;
    }
    bool find(const void *key, uint64_t *value) override
    {
        return find_in(&map, key, size, value);
    }
    void lookup(const ifr_asked *asked, ifr_answers *answers) override
    {
        ifr_ask_each(find_in, &map, asked, size, answers);
    }
    void dependent(const ifr_asked *asked, ifr_answers *answers) override
    {
        ifr_ask_chained(find_in, &map, asked, size, answers);
    }
    void batch(const ifr_asked *asked, ifr_answers *answers) override
    {
        ifr_ask_bursts(find_some, &map, asked, answers);
    }
};

template <size_t size> Table *sized_new(uint64_t capacity)
{
    auto *const table = new Sized<size>;
    table->map.reserve(capacity);
    return table;
}

} // namespace

base_err suite_absl_open(const ifr_kind_options *options, void **table, base_why *)
{
    try {
        *table = options->key_size == 13   ? sized_new<13>(options->capacity)
                 : options->key_size == 32 ? sized_new<32>(options->capacity)
                                           : sized_new<37>(options->capacity);
    } catch (const std::bad_alloc &) {
        return BASE_ENOMEM;
    }
    return BASE_OK;
}

void suite_absl_close(void *table)
{
    delete static_cast<Table *>(table);
}

base_err suite_absl_insert(void *table, const void *key, uint64_t value)
{
    try {
        static_cast<Table *>(table)->insert(key, value);
    } catch (const std::bad_alloc &) {
        return BASE_ENOMEM;
    }
    return BASE_OK;
}

bool suite_absl_remove(void *table, const void *key)
{
    return static_cast<Table *>(table)->remove(key);
}

bool suite_absl_find(void *table, const void *key, uint64_t *value)
{
    return static_cast<Table *>(table)->find(key, value);
}

void suite_absl_lookup(void *table, const ifr_asked *asked, ifr_answers *answers)
{
    static_cast<Table *>(table)->lookup(asked, answers);
}

void suite_absl_dependent(void *table, const ifr_asked *asked, ifr_answers *answers)
{
    static_cast<Table *>(table)->dependent(asked, answers);
}

void suite_absl_batch(void *table, const ifr_asked *asked, ifr_answers *answers)
{
    static_cast<Table *>(table)->batch(asked, answers);
}
