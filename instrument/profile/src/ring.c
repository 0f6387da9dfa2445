/* ring.c - the protocol of data_head and data_tail, perf_event_open(2). */
#define _GNU_SOURCE
#include "ring_internal.h"

#include <linux/perf_event.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RECORD_MAX = 1 << 16 };

base_err ring_open(struct ring *ring, int fd, size_t pages)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    *ring = (struct ring){ .fd = fd };
    for (; pages >= 1; pages /= 2) {
        void *memory = mmap(NULL, (pages + 1) * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory == MAP_FAILED)
            continue; /* more than this user may lock */
        ring->memory = memory;
        ring->size = pages * page;
        return BASE_OK;
    }
    return BASE_ENOMEM;
}

void ring_close(struct ring *ring)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (ring->memory != NULL)
        munmap(ring->memory, ring->size + page);
    if (ring->fd >= 0)
        close(ring->fd);
    *ring = (struct ring){ .fd = -1 };
}

/* A record may go round the end. */
static void copy_out(const struct ring *ring, uint64_t from, void *out, size_t size)
{
    const uint8_t *data = ring->memory + sysconf(_SC_PAGESIZE);
    const size_t at = from & (ring->size - 1);
    const size_t first = size < ring->size - at ? size : ring->size - at;
    memcpy(out, data + at, first);
    memcpy((uint8_t *)out + first, data, size - first);
}

void ring_drain(struct ring *ring, struct records *records)
{
    struct perf_event_mmap_page *state = (struct perf_event_mmap_page *)ring->memory;
    uint8_t record[RECORD_MAX];
    const uint64_t head = __atomic_load_n(&state->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = state->data_tail;
    while (head - tail >= sizeof(struct perf_event_header)) {
        struct perf_event_header what;
        copy_out(ring, tail, &what, sizeof what);
        if (what.size < sizeof what || what.size > head - tail)
            break;
        copy_out(ring, tail, record, what.size);
        records_put(records, record, what.size);
        tail += what.size;
    }
    __atomic_store_n(&state->data_tail, head, __ATOMIC_RELEASE);
}
