/* urcu_table.c - liburcu's cds_lfht: lists split in order of hashes (Shalev & Shavit), lock-free
 * for readers and writers, memory by grace periods. It has no hash of its own: it gets that of the
 * flow registry. A run of lookups is one read-side section, which is the kindest use. */
#define URCU_API_MAP
#include <urcu/urcu-memb.h>

#include <urcu/rculfhash.h>

#include "ifr_table_cases.h"
#include "ifr_table_grow.h"
#include "ifr_table_lookup.h"
#include "ifr_table_write.h"
#include "ifr_table_writer.h"

#include <mfn/ifr_hash.h>

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

struct node {
    struct cds_lfht_node node;
    struct rcu_head head;
    uint64_t value;
    uint8_t key[40];
};

struct urcu {
    struct cds_lfht *table;
    struct mfn_ifr_seed seed;
    size_t key_size;
};

static void node_free(struct rcu_head *head)
{
    free(caa_container_of(head, struct node, head));
}

static void enter(void)
{
    rcu_register_thread();
}

static void leave(void)
{
    rcu_unregister_thread();
}

/* Readers are gone, and the resizing thread waits for those that were removed before. */
static void urcu_close(void *table)
{
    struct urcu *const urcu = table;
    if (urcu == NULL)
        return;
    struct cds_lfht_iter iter;
    struct node *node;
    rcu_read_lock();
    cds_lfht_for_each_entry(urcu->table, &iter, node, node)
    {
        if (cds_lfht_del(urcu->table, &node->node) == 0)
            call_rcu(&node->head, node_free);
    }
    rcu_read_unlock();
    rcu_barrier();
    (void)!cds_lfht_destroy(urcu->table, NULL);
    rcu_unregister_thread();
    free(urcu);
}

static base_err urcu_open(const struct ifr_kind_options *options, void **table,
                          struct base_why *why)
{
    struct urcu *const urcu = calloc(1, sizeof *urcu);
    unsigned long size = FIRST_CAPACITY;
    while (size < options->capacity)
        size *= 2;
    if (urcu != NULL)
        urcu->table = cds_lfht_new(size, size, 0, CDS_LFHT_AUTO_RESIZE | CDS_LFHT_ACCOUNTING, NULL);
    if (urcu == NULL || urcu->table == NULL) {
        free(urcu);
        return base_fail(why, BASE_ENOMEM, 0, "cds_lfht_new has no memory for %lu lists", size);
    }
    urcu->key_size = options->key_size;
    mfn_ifr_seed_random(&urcu->seed);
    rcu_register_thread();
    *table = urcu;
    return BASE_OK;
}

#define MATCH(size)                                                                                \
    static int match_##size(struct cds_lfht_node *node, const void *key)                           \
    {                                                                                              \
        return memcmp(caa_container_of(node, struct node, node)->key, key, size) == 0;             \
    }
MATCH(13)
MATCH(32)
MATCH(37)

IFR_ASK_INLINE struct cds_lfht_node *lookup_sized(struct urcu *urcu, const void *key,
                                                  size_t key_size)
{
    struct cds_lfht_iter iter;
    cds_lfht_lookup(urcu->table, (unsigned long)mfn_ifr_hash(&urcu->seed, key, key_size),
                    key_size == 13   ? match_13
                    : key_size == 32 ? match_32
                                     : match_37,
                    key, &iter);
    return cds_lfht_iter_get_node(&iter);
}

IFR_ASK_INLINE bool find_sized(void *table, const void *key, size_t key_size, uint64_t *value)
{
    struct cds_lfht_node *const node = lookup_sized(table, key, key_size);
    if (node != NULL)
        *value = caa_container_of(node, struct node, node)->value;
    return node != NULL;
}

static bool urcu_find(void *table, const void *key, uint64_t *value)
{
    rcu_read_lock();
    const bool is_found = find_sized(table, key, ((struct urcu *)table)->key_size, value);
    rcu_read_unlock();
    return is_found;
}

static base_err urcu_insert(void *table, const void *key, uint64_t value)
{
    struct urcu *const urcu = table;
    struct node *const node = malloc(sizeof *node);
    if (node == NULL)
        return BASE_ENOMEM;
    cds_lfht_node_init(&node->node);
    node->value = value;
    memcpy(node->key, key, urcu->key_size);
    const unsigned long hash = (unsigned long)mfn_ifr_hash(&urcu->seed, key, urcu->key_size);
    rcu_read_lock();
    struct cds_lfht_node *const old = cds_lfht_add_replace(urcu->table, hash,
                                                           urcu->key_size == 13   ? match_13
                                                           : urcu->key_size == 32 ? match_32
                                                                                  : match_37,
                                                           key, &node->node);
    rcu_read_unlock();
    if (old != NULL)
        call_rcu(&caa_container_of(old, struct node, node)->head, node_free);
    return BASE_OK;
}

static bool urcu_remove(void *table, const void *key)
{
    struct urcu *const urcu = table;
    rcu_read_lock();
    struct cds_lfht_node *const node = lookup_sized(urcu, key, urcu->key_size);
    const bool was_there = node != NULL && cds_lfht_del(urcu->table, node) == 0;
    rcu_read_unlock();
    if (was_there)
        call_rcu(&caa_container_of(node, struct node, node)->head, node_free);
    return was_there;
}

IFR_ASK_SIZED(ask_each, ifr_ask_each, find_sized)
IFR_ASK_SIZED(ask_chained, ifr_ask_chained, find_sized)

static void ask_lookup(void *table, const struct ifr_asked *asked, struct ifr_answers *answers)
{
    rcu_read_lock();
    ask_each(table, asked, answers);
    rcu_read_unlock();
}

static void ask_dependent(void *table, const struct ifr_asked *asked, struct ifr_answers *answers)
{
    rcu_read_lock();
    ask_chained(table, asked, answers);
    rcu_read_unlock();
}

static const struct ifr_kind kind_urcu = {
    .open = urcu_open,
    .close = urcu_close,
    .insert = urcu_insert,
    .remove = urcu_remove,
    .find = urcu_find,
    .lookup = ask_lookup,
    .dependent = ask_dependent,
    .enter = enter,
    .leave = leave,
};

IFR_LOOKUP_PEER(urcu, "liburcu's cds_lfht, with the registry's hash", kind_urcu);
IFR_WRITE_PEER(urcu, "liburcu's cds_lfht", kind_urcu);
IFR_GROW_PEER(urcu, "liburcu's cds_lfht, which another thread resizes", kind_urcu);
IFR_READER_CASE(suite_ifr_urcu_under_writer, "ifr/lookup_under_writer.urcu",
                IFR_READER_DOC "; liburcu's cds_lfht, a read-side section each",
                "ifr/lookup_under_writer", kind_urcu, IFR_READER_PARAMS);
