/* spawn_internal.h - starting a worker process. */
#ifndef BENCH_SPAWN_INTERNAL_H
#define BENCH_SPAWN_INTERNAL_H

#include "wire_internal.h"

/* Fork, connect, bind, execute. On OK: wire->pid, wire->channel. Errors: ENOTFOUND, EIO */
BASE_MUST_USE base_err spawn_worker(struct wire *wire, const struct wire_options *options,
                                    struct base_why *why);

/* Wait up to `wait_ms` for the process to end, then kill its group; describes how it ended:
 * "ended with status 3", "was killed by signal 11 (Segmentation fault)", "did not end". */
void spawn_reap(struct wire *wire, int wait_ms, char *how, size_t how_size);

#endif
