/* fault.c - what is wrapped is chosen when linking: the real functions of those that are not are
 * weak, and never called. */
#include "fault.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <sys/types.h>

size_t fault_left = SIZE_MAX;
size_t fault_asked, fault_refused;

#define WRAPPED(result, name, ...)                                                                 \
    result __real_##name(__VA_ARGS__) __attribute__((weak));                                       \
    result __wrap_##name(__VA_ARGS__);                                                             \
    result __wrap_##name(__VA_ARGS__)

static bool is_refused(void)
{
    fault_asked++;
    if (fault_left == 0) {
        fault_refused++;
        return true;
    }
    fault_left -= fault_left != SIZE_MAX;
    return false;
}

WRAPPED(void *, malloc, size_t size)
{
    return is_refused() ? NULL : __real_malloc(size);
}

WRAPPED(void *, calloc, size_t count, size_t size)
{
    return is_refused() ? NULL : __real_calloc(count, size);
}

WRAPPED(void *, realloc, void *memory, size_t size)
{
    return is_refused() ? NULL : __real_realloc(memory, size);
}

WRAPPED(void *, aligned_alloc, size_t alignment, size_t size)
{
    return is_refused() ? NULL : __real_aligned_alloc(alignment, size);
}

WRAPPED(void *, mmap, void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    return is_refused() ? MAP_FAILED : __real_mmap(address, size, protection, flags, fd, offset);
}
