/* ifr_wheel.c - wheels of singly linked nodes, known by index.
 *
 * Wheel l turns one slot when wheel l - 1 has turned whole; the flows of that slot then cascade to
 * the wheels below. Time goes on by one tick only when nobody of the tick before is left, so a call
 * may stop anywhere. Ticks at which no wheel can have anything are jumped over.
 */
#include <mfn/ifr_wheel.h>

#include "ifr_key.h"

#include <stdlib.h>

enum {
    LEVELS = 4,
    SLOTS_LOG2 = 8,
    SLOTS = 1 << SLOTS_LOG2,
    BLOCK_LOG2 = 12,
    BLOCK = 1 << BLOCK_LOG2,
    NONE = 0, /* nodes count from 1 */
};

struct node {
    uint64_t tick;
    uint32_t next;
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
};

struct mfn_ifr_wheel {
    size_t key_size;
    uint64_t age_ns, tick_ns, origin_ns;
    uint64_t now;                  /* in ticks since origin_ns */
    uint32_t slots[LEVELS][SLOTS]; /* the first node of each */
    size_t counts[LEVELS];         /* those taken from a slot count until put; due ones in [0] */
    uint32_t cascade, due;         /* of this tick: to be put to their wheels; to be looked at */
    unsigned level, level_end;     /* wheels whose slot of this tick is still to be taken */
    uint32_t free;
    size_t count;
    struct node **blocks; /* [block_capacity], of BLOCK nodes each */
    size_t block_count, block_capacity;
};

base_err mfn_ifr_wheel_new(const struct mfn_ifr_wheel_options *options, struct mfn_ifr_wheel **out)
{
    if (!mfn_ifr_key_size_is_valid(options->key_size) || options->tick_ns == 0)
        return BASE_EINVALID;
    const uint64_t ticks = options->age_ns / options->tick_ns;
    if (ticks == 0 || ticks >> MFN_IFR_WHEEL_TICKS_LOG2 != 0)
        return BASE_ERANGE;
    struct mfn_ifr_wheel *const wheel = calloc(1, sizeof *wheel);
    if (wheel == NULL)
        return BASE_ENOMEM;
    wheel->key_size = options->key_size;
    wheel->age_ns = options->age_ns;
    wheel->tick_ns = options->tick_ns;
    wheel->origin_ns = options->now_ns;
    *out = wheel;
    return BASE_OK;
}

void mfn_ifr_wheel_free(struct mfn_ifr_wheel *wheel)
{
    for (size_t i = 0; wheel != NULL && i < wheel->block_count; i++)
        free(wheel->blocks[i]);
    if (wheel != NULL)
        free(wheel->blocks);
    free(wheel);
}

static struct node *node_at(const struct mfn_ifr_wheel *wheel, uint32_t i)
{
    return &wheel->blocks[(i - 1) >> BLOCK_LOG2][(i - 1) & (BLOCK - 1)];
}

static void push(struct mfn_ifr_wheel *wheel, uint32_t *list, uint32_t i)
{
    node_at(wheel, i)->next = *list;
    *list = i;
}

static uint32_t pop(struct mfn_ifr_wheel *wheel, uint32_t *list)
{
    const uint32_t i = *list;
    *list = node_at(wheel, i)->next;
    return i;
}

/* One more block of free nodes. */
static base_err add_block(struct mfn_ifr_wheel *wheel)
{
    if (wheel->block_count == (UINT32_MAX >> BLOCK_LOG2))
        return BASE_ENOMEM;
    if (wheel->block_count == wheel->block_capacity) {
        const size_t capacity = wheel->block_capacity > 0 ? 2 * wheel->block_capacity : 16;
        struct node **const blocks = realloc(wheel->blocks, capacity * sizeof *blocks);
        if (blocks == NULL)
            return BASE_ENOMEM;
        wheel->blocks = blocks;
        wheel->block_capacity = capacity;
    }
    struct node *const block = malloc(BLOCK * sizeof *block);
    if (block == NULL)
        return BASE_ENOMEM;
    wheel->blocks[wheel->block_count++] = block;
    const uint32_t end = (uint32_t)(wheel->block_count << BLOCK_LOG2);
    for (uint32_t i = end; i > end - BLOCK; i--)
        push(wheel, &wheel->free, i);
    return BASE_OK;
}

/* The first tick that begins after a flow of this time is old. */
static uint64_t tick_due(const struct mfn_ifr_wheel *wheel, uint64_t timestamp_ns)
{
    const uint64_t old_ns =
        timestamp_ns < UINT64_MAX - wheel->age_ns ? timestamp_ns + wheel->age_ns : UINT64_MAX;
    return old_ns < wheel->origin_ns ? 0 : (old_ns - wheel->origin_ns) / wheel->tick_ns + 1;
}

/* To the lowest wheel that reaches so far; a time that has come goes to the flows that are due. */
static void put(struct mfn_ifr_wheel *wheel, uint32_t i)
{
    struct node *const node = node_at(wheel, i);
    if (node->tick <= wheel->now) {
        wheel->counts[0]++;
        push(wheel, &wheel->due, i);
        return;
    }
    if (node->tick - wheel->now > UINT32_MAX)
        node->tick = wheel->now + UINT32_MAX;
    unsigned level = 0;
    while ((node->tick - wheel->now) >> SLOTS_LOG2 * (level + 1) != 0)
        level++;
    push(wheel, &wheel->slots[level][node->tick >> SLOTS_LOG2 * level & (SLOTS - 1)], i);
    wheel->counts[level]++;
}

base_err mfn_ifr_wheel_add(struct mfn_ifr_wheel *wheel, const void *key, uint64_t timestamp_ns)
{
    const base_err err = wheel->free == NONE ? add_block(wheel) : BASE_OK;
    if (err != BASE_OK)
        return err;
    const uint32_t i = pop(wheel, &wheel->free);
    struct node *const node = node_at(wheel, i);
    node->tick = tick_due(wheel, timestamp_ns);
    memcpy(node->key, key, wheel->key_size);
    put(wheel, i);
    wheel->count++;
    return BASE_OK;
}

static uint32_t take_slot(struct mfn_ifr_wheel *wheel, unsigned level)
{
    uint32_t *const slot = &wheel->slots[level][wheel->now >> SLOTS_LOG2 * level & (SLOTS - 1)];
    const uint32_t list = *slot;
    *slot = NONE;
    return list;
}

/* The next tick; or, when the lowest wheels are empty, the next turn of one that is not. */
static void next_tick(struct mfn_ifr_wheel *wheel, uint64_t end)
{
    unsigned empty = 0;
    while (empty < LEVELS && wheel->counts[empty] == 0)
        empty++;
    const uint64_t turn = (uint64_t)1 << SLOTS_LOG2 * empty;
    const uint64_t next = (wheel->now / turn + 1) * turn;
    wheel->now = empty == LEVELS || next > end ? end : next;
    wheel->level = 0;
    wheel->level_end = 1;
    while (wheel->level_end < LEVELS &&
           wheel->now % ((uint64_t)1 << SLOTS_LOG2 * wheel->level_end) == 0)
        wheel->level_end++;
}

/* Is this flow old? Then it leaves the table; if it was renewed, it gets another time. */
static bool look_at(struct mfn_ifr_wheel *wheel, struct mfn_ifr_table *table, uint32_t i)
{
    struct node *const node = node_at(wheel, i);
    struct mfn_ifr_value value;
    bool is_old = false;
    if (mfn_ifr_table_find(table, node->key, &value)) {
        node->tick = tick_due(wheel, value.timestamp_ns);
        if (node->tick > wheel->now) {
            put(wheel, i);
            return false;
        }
        is_old = mfn_ifr_table_remove(table, node->key);
    }
    push(wheel, &wheel->free, i);
    wheel->count--;
    return is_old;
}

size_t mfn_ifr_wheel_expire(struct mfn_ifr_wheel *wheel, struct mfn_ifr_table *table,
                            uint64_t now_ns, size_t step_count)
{
    const uint64_t end =
        now_ns < wheel->origin_ns ? 0 : (now_ns - wheel->origin_ns) / wheel->tick_ns;
    size_t removed = 0;
    while (step_count > 0) {
        if (wheel->cascade != NONE) {
            wheel->counts[wheel->level - 1]--;
            put(wheel, pop(wheel, &wheel->cascade));
            step_count--;
        } else if (wheel->due != NONE) {
            wheel->counts[0]--;
            removed += look_at(wheel, table, pop(wheel, &wheel->due));
            step_count--;
        } else if (wheel->level < wheel->level_end) {
            wheel->cascade = take_slot(wheel, wheel->level++);
        } else if (wheel->now < end) {
            next_tick(wheel, end);
        } else {
            break;
        }
    }
    return removed;
}

bool mfn_ifr_wheel_is_due(const struct mfn_ifr_wheel *wheel, uint64_t now_ns)
{
    return wheel->cascade != NONE || wheel->due != NONE || wheel->level < wheel->level_end ||
           (now_ns > wheel->origin_ns && (now_ns - wheel->origin_ns) / wheel->tick_ns > wheel->now);
}

size_t mfn_ifr_wheel_size_bytes(const struct mfn_ifr_wheel *wheel)
{
    return sizeof *wheel + wheel->block_capacity * sizeof(struct node *) +
           wheel->block_count * BLOCK * sizeof(struct node);
}

bool mfn_ifr_wheel_shed(struct mfn_ifr_wheel *wheel)
{
    if (wheel->block_count > 0)
        free(wheel->blocks[--wheel->block_count]);
    return wheel->block_count == 0;
}

size_t mfn_ifr_wheel_count(const struct mfn_ifr_wheel *wheel)
{
    return wheel->count;
}
