/* ifr_zeroed.c - see ifr_zeroed.h. */
#include "ifr_zeroed.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 2 << 20, LARGE_FROM = 4 << 20 };

void *ifr_zeroed_new(size_t size)
{
    const size_t align = size >= LARGE_FROM ? LARGE_PAGE : IFR_ZEROED_ALIGN;
    if (size > SIZE_MAX - align)
        return NULL;
    const size_t whole = (size + align - 1) / align * align;
    void *const memory = aligned_alloc(align, whole);
    if (memory == NULL)
        return NULL;
    /* A wish: without large pages all works, slower. */
    if (align == LARGE_PAGE)
        (void)madvise(memory, whole, MADV_HUGEPAGE);
    memset(memory, 0, whole);
    return memory;
}
