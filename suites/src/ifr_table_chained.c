/* ifr_table_chained.c - chained hashing (Knuth, TAOCP 3, 6.4), the way most programs have it. */
#define _GNU_SOURCE
#include "ifr_table_chained.h"

#include "ifr_table_cases.h"
#include "ifr_table_lookup.h"

#include <mfn/ifr_hash.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct node {
    struct node *next;
    uint64_t value;
    uint8_t key[];
};

struct chained {
    struct node **heads; /* [head_count], a power of two */
    size_t head_count, count, key_size;
    struct mfn_ifr_seed seed;
    pthread_rwlock_t lock; /* of ifr_kind_locked alone */
};

static void chained_close(void *table)
{
    struct chained *const chained = table;
    if (chained == NULL)
        return;
    for (size_t i = 0; i < chained->head_count; i++)
        for (struct node *node = chained->heads[i], *next; node != NULL; node = next) {
            next = node->next;
            free(node);
        }
    pthread_rwlock_destroy(&chained->lock);
    free(chained->heads);
    free(chained);
}

static base_err chained_open(const struct ifr_kind_options *options, void **table,
                             struct base_why *why)
{
    struct chained *const chained = calloc(1, sizeof *chained);
    size_t head_count = 16;
    while (head_count < options->capacity)
        head_count *= 2;
    if (chained != NULL)
        chained->heads = calloc(head_count, sizeof(struct node *));
    if (chained == NULL || chained->heads == NULL) {
        free(chained);
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu lists", head_count);
    }
    chained->head_count = head_count;
    chained->key_size = options->key_size;
    pthread_rwlock_init(&chained->lock, NULL);
    mfn_ifr_seed_random(&chained->seed);
    *table = chained;
    return BASE_OK;
}

IFR_ASK_INLINE struct node **place_of(struct chained *chained, const void *key, size_t key_size)
{
    const uint64_t hash = mfn_ifr_hash(&chained->seed, key, key_size);
    struct node **at = &chained->heads[hash & (chained->head_count - 1)];
    while (*at != NULL && memcmp((*at)->key, key, key_size) != 0)
        at = &(*at)->next;
    return at;
}

static bool grow(struct chained *chained)
{
    const size_t head_count = 2 * chained->head_count;
    struct node **const heads = calloc(head_count, sizeof(struct node *));
    if (heads == NULL)
        return false;
    for (size_t i = 0; i < chained->head_count; i++)
        for (struct node *node = chained->heads[i], *next; node != NULL; node = next) {
            const uint64_t hash = mfn_ifr_hash(&chained->seed, node->key, chained->key_size);
            next = node->next;
            node->next = heads[hash & (head_count - 1)];
            heads[hash & (head_count - 1)] = node;
        }
    free(chained->heads);
    chained->heads = heads;
    chained->head_count = head_count;
    return true;
}

static base_err chained_insert(void *table, const void *key, uint64_t value)
{
    struct chained *const chained = table;
    struct node **at = place_of(chained, key, chained->key_size);
    if (*at == NULL) {
        struct node *const node = malloc(sizeof *node + chained->key_size);
        if (node == NULL || (chained->count == chained->head_count && !grow(chained))) {
            free(node);
            return BASE_ENOMEM;
        }
        memcpy(node->key, key, chained->key_size);
        node->next = NULL;
        at = place_of(chained, key, chained->key_size);
        *at = node;
        chained->count++;
    }
    (*at)->value = value;
    return BASE_OK;
}

static bool chained_remove(void *table, const void *key)
{
    struct chained *const chained = table;
    struct node **const at = place_of(chained, key, chained->key_size);
    struct node *const node = *at;
    if (node == NULL)
        return false;
    *at = node->next;
    chained->count--;
    free(node);
    return true;
}

IFR_ASK_INLINE bool find_sized(void *table, const void *key, size_t key_size, uint64_t *value)
{
    const struct node *const node = *place_of(table, key, key_size);
    if (node != NULL)
        *value = node->value;
    return node != NULL;
}

static bool chained_find(void *table, const void *key, uint64_t *value)
{
    return find_sized(table, key, ((struct chained *)table)->key_size, value);
}

IFR_ASKS(find_sized)

const struct ifr_kind ifr_kind_chained = {
    .open = chained_open,
    .close = chained_close,
    .insert = chained_insert,
    .remove = chained_remove,
    .find = chained_find,
    .lookup = ask_lookup,
    .dependent = ask_dependent,
};

static base_err locked_insert(void *table, const void *key, uint64_t value)
{
    struct chained *const chained = table;
    pthread_rwlock_wrlock(&chained->lock);
    const base_err err = chained_insert(table, key, value);
    pthread_rwlock_unlock(&chained->lock);
    return err;
}

static bool locked_remove(void *table, const void *key)
{
    struct chained *const chained = table;
    pthread_rwlock_wrlock(&chained->lock);
    const bool was_there = chained_remove(table, key);
    pthread_rwlock_unlock(&chained->lock);
    return was_there;
}

static bool locked_find(void *table, const void *key, uint64_t *value)
{
    struct chained *const chained = table;
    pthread_rwlock_rdlock(&chained->lock);
    const bool is_found = chained_find(table, key, value);
    pthread_rwlock_unlock(&chained->lock);
    return is_found;
}

const struct ifr_kind ifr_kind_locked = {
    .open = chained_open,
    .close = chained_close,
    .insert = locked_insert,
    .remove = locked_remove,
    .find = locked_find,
    .is_outrun = true, /* readers who ask a million times a second leave the lock too seldom */
};

IFR_LOOKUP_PEER(chained, "lists of malloc'd nodes, with the registry's hash", ifr_kind_chained);
