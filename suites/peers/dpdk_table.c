/* dpdk_table.c - DPDK's rte_hash: buckets of 8 with two places for each key (cuckoo), signatures
 * compared by SIMD, lookups in bulk with prefetch. Hash: its default, CRC32C where the processor
 * has it. The environment layer is opened once in a process, without large pages, devices or files;
 * it leaves the thread on the processors it had. */
#define _GNU_SOURCE
#include "ifr_table_cases.h"
#include "ifr_table_lookup.h"
#include "ifr_table_write.h"

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_hash.h>

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MEMORY_MIB = 8192 /* address space; pages come as they are touched */ };

/* "0@(0,3)": one thread of the layer, ours, on the processors that it may run on. */
static void cores_text(char *out, size_t size)
{
    cpu_set_t cpus;
    size_t used = (size_t)snprintf(out, size, "0@(");
    CPU_ZERO(&cpus);
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0)
        CPU_SET(0, &cpus);
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &cpus) && used + 8 < size)
            used += (size_t)snprintf(out + used, size - used, "%s%d",
                                     out[used - 1] == '(' ? "" : ",", i);
    snprintf(out + used, size - used, ")");
}

static base_err eal_open(struct base_why *why)
{
    static int result = -1; /* of the one call that a process may make */
    static bool is_tried;
    if (!is_tried) {
        static char cores[1024], memory[16];
        static char *args[] = { "bpi-perf",    "--lcores",    cores,
                                "--no-huge",   "--no-pci",    "--no-telemetry",
                                "--no-shconf", "--log-level", "lib.*:error",
                                "-m",          memory,        NULL };
        is_tried = true;
        cores_text(cores, sizeof cores);
        snprintf(memory, sizeof memory, "%d", MEMORY_MIB);
        result = rte_eal_init(sizeof args / sizeof args[0] - 1, args);
    }
    return result >= 0 ? BASE_OK
                       : base_fail(why, BASE_EUNSUPPORTED, 0, "rte_eal_init failed: %s",
                                   rte_strerror(rte_errno));
}

static void dpdk_close(void *table)
{
    rte_hash_free(table);
}

static base_err dpdk_open(const struct ifr_kind_options *options, void **table,
                          struct base_why *why)
{
    static unsigned number;
    char name[RTE_HASH_NAMESIZE];
    const uint64_t entries = options->capacity + options->capacity / 8 + 8;
    base_err err = eal_open(why);
    if (err != BASE_OK)
        return err;
    if (entries > RTE_HASH_ENTRIES_MAX)
        return base_fail(why, BASE_ERANGE, 0, "rte_hash takes no %llu flows",
                         (unsigned long long)options->capacity);
    snprintf(name, sizeof name, "flows%u", number++);
    const struct rte_hash_parameters parameters = { .name = name,
                                                    .entries = (uint32_t)entries,
                                                    .key_len = (uint32_t)options->key_size,
                                                    .socket_id = SOCKET_ID_ANY };
    *table = rte_hash_create(&parameters);
    return *table != NULL
               ? BASE_OK
               : base_fail(why, BASE_ENOMEM, 0, "rte_hash_create: %s", rte_strerror(rte_errno));
}

/* A value is a pointer there. */
static base_err dpdk_insert(void *table, const void *key, uint64_t value)
{
    const int result = rte_hash_add_key_data(table, key, (void *)(uintptr_t)value);
    return result >= 0 ? BASE_OK : result == -ENOSPC ? BASE_EFULL : BASE_EINVALID;
}

static bool dpdk_remove(void *table, const void *key)
{
    return rte_hash_del_key(table, key) >= 0;
}

IFR_ASK_INLINE bool find_sized(void *table, const void *key, size_t key_size, uint64_t *value)
{
    void *data = NULL;
    (void)key_size;
    if (rte_hash_lookup_data(table, key, &data) < 0)
        return false;
    *value = (uintptr_t)data;
    return true;
}

static bool dpdk_find(void *table, const void *key, uint64_t *value)
{
    return find_sized(table, key, 0, value);
}

IFR_ASK_INLINE void find_some(void *table, const void *const *keys, size_t count,
                              struct ifr_answers *answers)
{
    void *data[IFR_BURST];
    uint64_t hits = 0;
    const int found = rte_hash_lookup_bulk_data(table, (const void **)(uintptr_t)keys,
                                                (uint32_t)count, &hits, data);
    answers->found += found > 0 ? (uint64_t)found : 0;
    if (hits == (UINT64_C(1) << count) - 1)
        for (size_t i = 0; i < count; i++)
            answers->sum += (uintptr_t)data[i];
    else
        for (; hits != 0; hits &= hits - 1)
            answers->sum += (uintptr_t)data[__builtin_ctzll(hits)];
}

static void ask_lookup(void *table, const struct ifr_asked *asked, struct ifr_answers *answers)
{
    ifr_ask_each(find_sized, table, asked, asked->key_size, answers);
}

static void ask_dependent(void *table, const struct ifr_asked *asked, struct ifr_answers *answers)
{
    ifr_ask_chained(find_sized, table, asked, asked->key_size, answers);
}

static void ask_batch(void *table, const struct ifr_asked *asked, struct ifr_answers *answers)
{
    ifr_ask_bursts(find_some, table, asked, answers);
}

static const struct ifr_kind kind_dpdk = {
    .open = dpdk_open,
    .close = dpdk_close,
    .insert = dpdk_insert,
    .remove = dpdk_remove,
    .find = dpdk_find,
    .lookup = ask_lookup,
    .dependent = ask_dependent,
    .batch = ask_batch,
};

IFR_LOOKUP_PEER(dpdk, "DPDK's rte_hash, with its own hash", kind_dpdk);
IFR_LOOKUP_CASE(suite_ifr_dpdk_batch, "ifr/lookup_batch.dpdk",
                "DPDK's rte_hash: 32 by rte_hash_lookup_bulk_data", "ifr/lookup_batch", kind_dpdk,
                batch, IFR_PARAM_FLOWS, IFR_PARAM_KEYS_TWO, IFR_PARAM_KEY);
IFR_WRITE_PEER(dpdk, "DPDK's rte_hash", kind_dpdk);
