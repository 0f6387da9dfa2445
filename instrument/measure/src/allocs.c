/* allocs.c - the replacement goes by the C library's own entry points (__libc_malloc ...), so no
 * look-up at run time and no recursion. */
#define _GNU_SOURCE
#include <bench/allocs.h>

#include "alloc_stacks_internal.h"

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

static atomic_bool is_counting;
static atomic_uint_fast64_t calls;
static atomic_uint_fast64_t bytes;
static atomic_int_fast64_t live;
static atomic_int_fast64_t peak;

bool bench_allocs_start(void)
{
    atomic_store(&calls, 0);
    atomic_store(&bytes, 0);
    atomic_store(&live, 0);
    atomic_store(&peak, 0);
#if defined(BPI_SANITIZED) || !defined(__GLIBC__)
    return false;
#else
    atomic_store(&is_counting, true);
    return true;
#endif
}

struct bench_allocs bench_allocs_stop(void)
{
    atomic_store(&is_counting, false);
    return (struct bench_allocs){ .calls = atomic_load(&calls),
                                  .bytes = atomic_load(&bytes),
                                  .live_bytes = atomic_load(&live),
                                  .peak_bytes = atomic_load(&peak) };
}

#if !defined(BPI_SANITIZED) && defined(__GLIBC__)

#define CALLER __builtin_return_address(0)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static inline bool counting(void)
{
    return __builtin_expect(atomic_load_explicit(&is_counting, memory_order_relaxed), 0);
}

static __attribute__((noinline)) void took(const void *memory, size_t asked, const void *caller)
{
    if (memory == NULL)
        return;
    atomic_fetch_add(&calls, 1);
    atomic_fetch_add(&bytes, asked);
    const int64_t size = (int64_t)malloc_usable_size((void *)memory);
    const int64_t now = atomic_fetch_add(&live, size) + size;
    int_fast64_t seen = atomic_load(&peak);
    while (now > seen && !atomic_compare_exchange_weak(&peak, &seen, now))
        ;
    if (atomic_load_explicit(&alloc_stacks_on, memory_order_relaxed))
        alloc_stacks_take(asked, caller);
}

static __attribute__((noinline)) void gave(void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&live, (int64_t)malloc_usable_size(memory));
}

void *malloc(size_t size)
{
    void *memory = __libc_malloc(size);
    if (counting())
        took(memory, size, CALLER);
    return memory;
}

void *calloc(size_t count, size_t size)
{
    void *memory = __libc_calloc(count, size);
    if (counting())
        took(memory, count * size, CALLER);
    return memory;
}

void *realloc(void *old, size_t size)
{
    const bool is_on = counting();
    if (is_on)
        gave(old);
    void *memory = __libc_realloc(old, size);
    if (is_on)
        took(memory != NULL || size == 0 ? memory : old, size, CALLER);
    return memory;
}

void free(void *memory)
{
    if (counting())
        gave(memory);
    __libc_free(memory);
}

static void *aligned(size_t alignment, size_t size, const void *caller)
{
    void *memory = __libc_memalign(alignment, size);
    if (counting())
        took(memory, size, caller);
    return memory;
}

void *memalign(size_t alignment, size_t size)
{
    return aligned(alignment, size, CALLER);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return aligned(alignment, size, CALLER);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0)
        return EINVAL;
    void *memory = aligned(alignment, size, CALLER);
    if (memory == NULL)
        return ENOMEM;
    *out = memory;
    return 0;
}

#endif
