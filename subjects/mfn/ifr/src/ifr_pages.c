/* ifr_pages.c - anonymous mappings, aligned by mapping more than is needed. Only touched pages are
 * memory, so the rest costs addresses. */
#include "ifr_pages.h"

#include <sys/mman.h>

base_err ifr_pages_map(struct ifr_pages *pages, size_t size, bool want_large)
{
    want_large = want_large && size >= IFR_PAGES_LARGE_SIZE;
    const size_t alignment = want_large ? IFR_PAGES_LARGE_SIZE : IFR_PAGES_ALIGNMENT;
    const size_t mapping_size = size + alignment;
    void *const mapping = mmap(NULL, mapping_size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED)
        return BASE_ENOMEM;
    const uintptr_t begin = ((uintptr_t)mapping + alignment - 1) / alignment * alignment;
    if (want_large)
        (void)madvise((void *)begin, size, MADV_HUGEPAGE); /* an advice: no is an answer */
    *pages = (struct ifr_pages){ (uint8_t *)begin, size, mapping, mapping_size };
    return BASE_OK;
}

void ifr_pages_unmap(struct ifr_pages *pages)
{
    if (pages->mapping != NULL)
        (void)munmap(pages->mapping, pages->mapping_size);
    *pages = (struct ifr_pages){ 0 };
}

void ifr_pages_give_back(void *begin, size_t size)
{
    (void)madvise(begin, size, MADV_DONTNEED);
}
