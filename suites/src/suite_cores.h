/* suite_cores.h - where two processes that talk to each other run.
 *
 * Two processes on one core wake each other by a switch (some microseconds), on two cores by an
 * interrupt that wakes a sleeping core (tens of microseconds on a virtual machine); a busy wait
 * needs two. So it is said:
 *
 *   any   where the kernel puts them, as for a user who does not care
 *   one   both on the first processor that this process may use
 *   two   on the first and the last one; the same when it may use only one
 *
 * Threads   binds the calling thread; what it forks inherits that
 */
#ifndef SUITE_CORES_H
#define SUITE_CORES_H

#include <bench/case.h>

enum suite_cores_place { SUITE_CORES_ANY, SUITE_CORES_ONE, SUITE_CORES_TWO };

struct suite_cores {
    enum suite_cores_place place;
    int mine, other;    /* processors */
    void *before;       /* cpu_set_t of the calling thread; NULL: nothing is to be undone */
    size_t before_size; /* bytes */
};

/* The parameter "cores" ("" is any). Errors: EINVALID, ENOMEM, EIO */
BASE_MUST_USE base_err suite_cores_open(struct bench_env *env, struct suite_cores *cores);

/* The same, without a parameter. */
BASE_MUST_USE base_err suite_cores_open_place(struct bench_env *env, enum suite_cores_place place,
                                              struct suite_cores *cores);

/* Before the fork: go where the other process is to be. After it: go to one's own place. */
void suite_cores_go_other(const struct suite_cores *cores);
void suite_cores_go_mine(const struct suite_cores *cores);

/* Be where one was; a zeroed one is allowed. */
void suite_cores_close(struct suite_cores *cores);

#endif
