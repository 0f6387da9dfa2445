/* alloc_stacks.c - memory from mmap and the compiler's own unwinder, which does not allocate (glibc
 * finds unwind tables without a lock since 2.35); should it do so all the same, the call inside the
 * call is passed over. */
#define _GNU_SOURCE
#include "alloc_stacks_internal.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unwind.h>

enum { SLOT_COUNT = 4 * ALLOC_STACKS_MAX, WRAPPERS_MAX = 8 };

struct table { /* one mapping */
    struct alloc_stack items[ALLOC_STACKS_MAX];
    uint16_t slots[SLOT_COUNT]; /* index + 1 */
    size_t count;
    double dropped;
};

atomic_bool alloc_stacks_on;
static struct table *table;
static double interval_bytes; /* 0: every allocation */
static atomic_flag lock = ATOMIC_FLAG_INIT;
static atomic_uint_fast64_t seeds;

/* initial-exec: reaching them never allocates */
static _Thread_local __attribute__((tls_model("initial-exec"))) bool is_inside;
static _Thread_local __attribute__((tls_model("initial-exec"))) uint64_t state;
static _Thread_local __attribute__((tls_model("initial-exec"))) double left_bytes;

base_err alloc_stacks_start(uint64_t interval)
{
    if (table == NULL) {
        void *memory =
            mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED)
            return BASE_ENOMEM;
        table = memory;
    }
    memset(table->slots, 0, sizeof table->slots);
    table->count = 0;
    table->dropped = 0;
    interval_bytes = (double)interval;
    atomic_store(&alloc_stacks_on, true);
    return BASE_OK;
}

struct alloc_stacks alloc_stacks_stop(void)
{
    atomic_store(&alloc_stacks_on, false);
    return (struct alloc_stacks){ table->items, table->count, table->dropped };
}

void alloc_stacks_done(void)
{
    if (table != NULL)
        munmap(table, sizeof *table);
    table = NULL;
}

/* Bytes until the next one is taken: exponential. Source of the generator: Marsaglia (2003) */
static double draw_bytes(void)
{
    if (state == 0)
        state = (atomic_fetch_add(&seeds, 1) + 1) * UINT64_C(0x9e3779b97f4a7c15);
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return -interval_bytes * log(((double)(state >> 11) + 0.5) * 0x1p-53);
}

/* How many allocations this one stands for; 0: it is not taken. */
static double weigh(size_t size)
{
    if (interval_bytes <= 0)
        return 1;
    if (left_bytes <= 0)
        left_bytes = draw_bytes();
    left_bytes -= (double)size;
    if (left_bytes > 0)
        return 0;
    left_bytes = draw_bytes();
    return 1 / -expm1(-(double)size / interval_bytes);
}

struct walk {
    uint64_t addresses[ALLOC_STACK_DEPTH + WRAPPERS_MAX];
    uint32_t count;
};

static _Unwind_Reason_Code step(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    const uint64_t address = _Unwind_GetIP(context);
    if (address == 0 || walk->count == ALLOC_STACK_DEPTH + WRAPPERS_MAX)
        return _URC_END_OF_STACK;
    walk->addresses[walk->count++] = address;
    return _URC_NO_REASON;
}

/* The stack without the functions of the allocator's replacement. */
static void walk_from(const void *caller, struct alloc_stack *out)
{
    struct walk walk = { .count = 0 };
    uint32_t first = 0;
    _Unwind_Backtrace(step, &walk);
    for (uint32_t i = 0; i < walk.count && i < WRAPPERS_MAX && first == 0; i++)
        if (walk.addresses[i] == (uint64_t)(uintptr_t)caller)
            first = i;
    out->depth = walk.count - first < ALLOC_STACK_DEPTH ? walk.count - first : ALLOC_STACK_DEPTH;
    memcpy(out->addresses, walk.addresses + first, out->depth * sizeof out->addresses[0]);
    out->hash = UINT64_C(0xcbf29ce484222325);
    for (uint32_t i = 0; i < out->depth; i++)
        out->hash = (out->hash ^ out->addresses[i]) * UINT64_C(0x100000001b3);
    out->hash ^= out->hash >> 32;
}

static bool is_same(const struct alloc_stack *a, const struct alloc_stack *b)
{
    return a->hash == b->hash && a->depth == b->depth &&
           memcmp(a->addresses, b->addresses, a->depth * sizeof a->addresses[0]) == 0;
}

static void keep(const struct alloc_stack *stack)
{
    size_t at = stack->hash % SLOT_COUNT;
    while (table->slots[at] != 0 && !is_same(&table->items[table->slots[at] - 1], stack))
        at = (at + 1) % SLOT_COUNT;
    if (table->slots[at] == 0) {
        if (table->count == ALLOC_STACKS_MAX) {
            table->dropped += stack->calls;
            return;
        }
        table->items[table->count++] = *stack;
        table->slots[at] = (uint16_t)table->count;
        return;
    }
    struct alloc_stack *kept = &table->items[table->slots[at] - 1];
    kept->calls += stack->calls;
    kept->bytes += stack->bytes;
}

void alloc_stacks_take(size_t size, const void *caller)
{
    if (is_inside)
        return;
    is_inside = true;
    struct alloc_stack stack;
    stack.calls = weigh(size);
    if (stack.calls > 0) {
        stack.bytes = stack.calls * (double)size;
        walk_from(caller, &stack);
        while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
            sched_yield();
        if (atomic_load(&alloc_stacks_on))
            keep(&stack);
        atomic_flag_clear_explicit(&lock, memory_order_release);
    }
    is_inside = false;
}
