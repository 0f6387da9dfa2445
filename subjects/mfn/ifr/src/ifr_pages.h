/* ifr_pages.h - memory from the kernel: zeroed, page by page when first touched.
 *
 * Threads   a range may be given back while others read it: they then read zeros
 */
#ifndef IFR_PAGES_H
#define IFR_PAGES_H

#include <base/err.h>

#include <stdbool.h>

enum {
    IFR_PAGES_ALIGNMENT = 64 << 10, /* no machine has larger normal pages */
    IFR_PAGES_LARGE_SIZE = 2 << 20,
};

/* Zeroed: none. */
struct ifr_pages {
    uint8_t *memory; /* [size] aligned to 64 KiB; to 2 MiB when it is large and large is wanted */
    size_t size;
    void *mapping;
    size_t mapping_size;
};

/* Errors   ENOMEM. That the kernel has no large pages is none. */
BASE_MUST_USE base_err ifr_pages_map(struct ifr_pages *pages, size_t size, bool want_large);
void ifr_pages_unmap(struct ifr_pages *pages);

/* The pages go back to the kernel, the addresses stay and read as zeros.
 * `begin` is a multiple of IFR_PAGES_ALIGNMENT; so is the end, or the rest of its page is unused.
 */
void ifr_pages_give_back(void *begin, size_t size);

#endif
