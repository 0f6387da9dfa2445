/* ck_table.c - Concurrency Kit's ck_ht: open addressing with a cache line probed at a time, one
 * writer with lock-free readers. Hash: its own (MurmurHash64A), its default. It keeps pointers, so
 * the record of a flow, key and value together, is memory of ours. */
#include "ifr_table_cases.h"
#include "ifr_table_grow.h"
#include "ifr_table_lookup.h"
#include "ifr_table_write.h"

#include <ck_ht.h>

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16, BLOCK = 4096, BLOCKS_MAX = 1 << 18 };

struct record {
    union {
        uint64_t value;
        struct record *next; /* of the spare ones */
    };
    uint8_t key[40];
};

struct kit {
    ck_ht_t table;
    uint16_t key_size;
    struct record *spare;     /* a list of removed ones */
    struct record **blocks;   /* [block_count] of BLOCK records */
    size_t block_count, used; /* of the last block */
};

static void *kit_malloc(size_t size)
{
    return malloc(size);
}

static void kit_free(void *memory, size_t size, bool is_deferred)
{
    (void)size;
    (void)is_deferred; /* nobody reads when the table is replaced */
    free(memory);
}

static struct ck_malloc kit_memory = { .malloc = kit_malloc, .free = kit_free };

static void kit_close(void *table)
{
    struct kit *const kit = table;
    if (kit == NULL)
        return;
    ck_ht_destroy(&kit->table);
    for (size_t i = 0; i < kit->block_count; i++)
        free(kit->blocks[i]);
    free(kit->blocks);
    free(kit);
}

static base_err kit_open(const struct ifr_kind_options *options, void **table, struct base_why *why)
{
    struct kit *const kit = calloc(1, sizeof *kit);
    const uint64_t entries = options->capacity > 0 ? 2 * options->capacity : FIRST_CAPACITY;
    if (kit != NULL)
        kit->blocks = calloc(BLOCKS_MAX, sizeof *kit->blocks);
    if (kit == NULL || kit->blocks == NULL ||
        !ck_ht_init(&kit->table, CK_HT_MODE_BYTESTRING, NULL, &kit_memory, entries,
                    options->seed)) {
        free(kit != NULL ? kit->blocks : NULL);
        free(kit);
        return base_fail(why, BASE_ENOMEM, 0, "ck_ht_init has no memory for %llu flows",
                         (unsigned long long)options->capacity);
    }
    kit->key_size = (uint16_t)options->key_size;
    kit->used = BLOCK;
    *table = kit;
    return BASE_OK;
}

static struct record *record_new(struct kit *kit)
{
    struct record *const spare = kit->spare;
    if (spare != NULL) {
        kit->spare = spare->next;
        return spare;
    }
    if (kit->used == BLOCK) {
        if (kit->block_count == BLOCKS_MAX)
            return NULL;
        struct record *const block = malloc(BLOCK * sizeof *block);
        if (block == NULL)
            return NULL;
        kit->blocks[kit->block_count++] = block;
        kit->used = 0;
    }
    return &kit->blocks[kit->block_count - 1][kit->used++];
}

static void record_free(struct kit *kit, struct record *record)
{
    record->next = kit->spare;
    kit->spare = record;
}

IFR_ASK_INLINE bool find_sized(void *table, const void *key, size_t key_size, uint64_t *value)
{
    struct kit *const kit = table;
    ck_ht_hash_t hash;
    ck_ht_entry_t entry;
    ck_ht_hash(&hash, &kit->table, key, (uint16_t)key_size);
    ck_ht_entry_key_set(&entry, key, (uint16_t)key_size);
    if (!ck_ht_get_spmc(&kit->table, hash, &entry))
        return false;
    *value = ((const struct record *)ck_ht_entry_value(&entry))->value;
    return true;
}

static bool kit_find(void *table, const void *key, uint64_t *value)
{
    return find_sized(table, key, ((struct kit *)table)->key_size, value);
}

static base_err kit_insert(void *table, const void *key, uint64_t value)
{
    struct kit *const kit = table;
    ck_ht_hash_t hash;
    ck_ht_entry_t entry;
    struct record *const record = record_new(kit);
    if (record == NULL)
        return BASE_ENOMEM;
    record->value = value;
    memcpy(record->key, key, kit->key_size);
    ck_ht_hash(&hash, &kit->table, record->key, kit->key_size);
    ck_ht_entry_set(&entry, hash, record->key, kit->key_size, record);
    if (!ck_ht_set_spmc(&kit->table, hash, &entry)) {
        record_free(kit, record);
        return BASE_ENOMEM;
    }
    if (!ck_ht_entry_empty(&entry) && ck_ht_entry_value(&entry) != record)
        record_free(kit, ck_ht_entry_value(&entry)); /* the one that was replaced */
    return BASE_OK;
}

static bool kit_remove(void *table, const void *key)
{
    struct kit *const kit = table;
    ck_ht_hash_t hash;
    ck_ht_entry_t entry;
    ck_ht_hash(&hash, &kit->table, key, kit->key_size);
    ck_ht_entry_key_set(&entry, key, kit->key_size);
    if (!ck_ht_remove_spmc(&kit->table, hash, &entry))
        return false;
    record_free(kit, ck_ht_entry_value(&entry));
    return true;
}

IFR_ASKS(find_sized)

static const struct ifr_kind kind_ck = {
    .open = kit_open,
    .close = kit_close,
    .insert = kit_insert,
    .remove = kit_remove,
    .find = kit_find,
    .lookup = ask_lookup,
    .dependent = ask_dependent,
};

IFR_LOOKUP_PEER(ck, "Concurrency Kit's ck_ht, with its own hash", kind_ck);
IFR_WRITE_PEER(ck, "Concurrency Kit's ck_ht", kind_ck);
IFR_GROW_PEER(ck, "Concurrency Kit's ck_ht", kind_ck);
