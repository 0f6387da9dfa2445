/* hash_batch.c - many messages at once.
 *
 * One BLAKE3 message of 1 KB is a chain of sixteen dependent compressions; sixteen such messages
 * fill a vector unit. Neighbours of equal size whose message (with its prefix) has one or two
 * chunks go through the lanes together: whole blocks by the official many-message function, a last
 * partial block by ours, and the parents by the official one again. Everything else, and SHA-256
 * (whose library has no interleaved form), goes one by one.
 */
#include "blake3_lanes.h"
#include "domain_internal.h"

#include <string.h>

static void many_one_by_one(enum bpi_domain domain, enum bpi_hash hash, enum bpi_form form,
                            const struct base_span *messages, size_t count,
                            uint8_t (*out)[BPI_DIGEST_SIZE])
{
    for (size_t i = 0; i < count; i++)
        bpi_domain_hash(domain, hash, form, messages[i], out[i]);
}

#if BPI_BLAKE3_LANES

#include <blake3_impl.h>

enum {
    GROUP_MIN = 3,    /* fewer messages are faster one by one */
    GROUP_CHUNKS = 2, /* of one message; longer ones fill the lanes themselves */
};

/* Messages of equal size that are hashed side by side. */
struct group {
    uint32_t key[8];
    uint8_t flags; /* of the mode */
    struct base_span prefix;
    const struct base_span *messages;
    size_t count; /* 1 .. BPI_LANES */
    size_t size;  /* of each, with its prefix */
};

/* Chaining values of one chunk of every message; `end` is CHUNK_END, with ROOT when it is all. */
static void group_chunk(const struct group *group, const uint8_t *const *inputs, size_t size,
                        uint64_t counter, uint8_t end, uint8_t (*out)[BPI_DIGEST_SIZE])
{
    const size_t whole = size / BLAKE3_BLOCK_LEN, rest = size % BLAKE3_BLOCK_LEN;
    if (rest == 0 && whole > 0) {
        blake3_hash_many(inputs, group->count, whole, group->key, counter, false, group->flags,
                         CHUNK_START, end, out[0]);
        return;
    }
    alignas(64) uint32_t cv[BPI_LANES][8] = { 0 };
    alignas(64) uint8_t blocks[BPI_LANES][BPI_LANE_BLOCK_SIZE] = { 0 };
    if (whole > 0)
        blake3_hash_many(inputs, group->count, whole, group->key, counter, false, group->flags,
                         CHUNK_START, 0, (uint8_t *)cv);
    for (size_t i = 0; i < group->count; i++) {
        if (whole == 0)
            memcpy(cv[i], group->key, sizeof cv[i]);
        if (rest > 0)
            memcpy(blocks[i], inputs[i] + size - rest, rest);
    }
    const struct bpi_lane_block info = {
        .size = (uint32_t)rest,
        .counter = counter,
        .flags = (uint32_t)(group->flags | end | (whole == 0 ? CHUNK_START : 0)),
    };
    bpi_lanes_compress((const uint8_t(*)[BPI_LANE_BLOCK_SIZE])blocks, &info, cv);
    memcpy(out, cv, group->count * sizeof cv[0]);
}

/* The second chunk lies in the message itself; then one parent above both. */
static void group_second_chunk(const struct group *group, uint8_t (*first)[BPI_DIGEST_SIZE],
                               uint8_t (*out)[BPI_DIGEST_SIZE])
{
    uint8_t second[BPI_LANES][BPI_DIGEST_SIZE];
    uint8_t parents[BPI_LANES][2 * BPI_DIGEST_SIZE];
    const uint8_t *inputs[BPI_LANES];
    for (size_t i = 0; i < group->count; i++)
        inputs[i] = group->messages[i].data + BLAKE3_CHUNK_LEN - group->prefix.size;
    group_chunk(group, inputs, group->size - BLAKE3_CHUNK_LEN, 1, CHUNK_END, second);
    for (size_t i = 0; i < group->count; i++) {
        memcpy(parents[i], first[i], BPI_DIGEST_SIZE);
        memcpy(parents[i] + BPI_DIGEST_SIZE, second[i], BPI_DIGEST_SIZE);
        inputs[i] = parents[i];
    }
    blake3_hash_many(inputs, group->count, 1, group->key, 0, false,
                     (uint8_t)(group->flags | PARENT), 0, ROOT, out[0]);
}

static void group_hash(const struct group *group, uint8_t (*out)[BPI_DIGEST_SIZE])
{
    /* rows are a line longer than a chunk: lanes do not compete for the same cache sets */
    alignas(64) uint8_t joined[BPI_LANES][BLAKE3_CHUNK_LEN + 64];
    const uint8_t *inputs[BPI_LANES];
    const bool is_single = group->size <= BLAKE3_CHUNK_LEN;
    const size_t size = is_single ? group->size : BLAKE3_CHUNK_LEN;
    for (size_t i = 0; i < group->count; i++) {
        inputs[i] = group->messages[i].data;
        if (group->prefix.size > 0) {
            inputs[i] = joined[i];
            memcpy(joined[i], group->prefix.data, group->prefix.size);
            if (size > group->prefix.size)
                memcpy(joined[i] + group->prefix.size, group->messages[i].data,
                       size - group->prefix.size);
        }
    }
    if (is_single) {
        group_chunk(group, inputs, size, 0, CHUNK_END | ROOT, out);
        return;
    }
    uint8_t first[BPI_LANES][BPI_DIGEST_SIZE];
    group_chunk(group, inputs, size, 0, CHUNK_END, first);
    group_second_chunk(group, first, out);
}

/* How many messages from the first on have its size. */
static size_t run_length(const struct base_span *messages, size_t count)
{
    size_t length = 1;
    while (length < count && length < BPI_LANES && messages[length].size == messages[0].size)
        length++;
    return length;
}

static void many_in_lanes(enum bpi_domain domain, enum bpi_form form,
                          const struct base_span *messages, size_t count,
                          uint8_t (*out)[BPI_DIGEST_SIZE])
{
    const struct bpi_domain_info *info = bpi_domain_info(domain);
    blake3_hasher head;
    memcpy(&head, bpi_domain_start_of(domain, form)->blake3, BPI_BLAKE3_HEAD_SIZE);
    struct group group = { .flags = head.chunk.flags };
    memcpy(group.key, head.key, sizeof group.key);
    if (form == BPI_FORM_PREFIX)
        group.prefix = base_span_of(info->prefix, info->prefix_size);
    for (size_t i = 0; i < count; i += group.count) {
        group.messages = messages + i;
        group.count = run_length(messages + i, count - i);
        group.size = group.prefix.size + messages[i].size;
        if (group.count >= GROUP_MIN && group.size <= GROUP_CHUNKS * BLAKE3_CHUNK_LEN)
            group_hash(&group, out + i);
        else
            many_one_by_one(domain, BPI_HASH_BLAKE3, form, messages + i, group.count, out + i);
    }
}

#endif

void bpi_domain_hash_many(enum bpi_domain domain, enum bpi_hash hash, enum bpi_form form,
                          const struct base_span *messages, size_t count,
                          uint8_t (*out)[BPI_DIGEST_SIZE])
{
#if BPI_BLAKE3_LANES
    if (hash == BPI_HASH_BLAKE3) {
        many_in_lanes(domain, form, messages, count, out);
        return;
    }
#endif
    many_one_by_one(domain, hash, form, messages, count, out);
}
