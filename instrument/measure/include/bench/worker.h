/* worker.h - the worker's side of docs/worker-protocol.md.
 *
 * Threads   the calling thread serves; a case with threads > 1 is run by helpers it starts
 */
#ifndef BENCH_WORKER_H
#define BENCH_WORKER_H

#include <bench/case.h>

#include <stddef.h>

/* Serve the protocol over standard input and output until `quit` or the end of the input. Standard
 * output is pointed at standard error meanwhile, so that measured code may print. The reference
 * kernels are added to the cases: reference/core, /wide, /cache and /memory.
 *
 *   name     of this worker, for its greeting
 *
 * Returns  the exit status: 0, or 3 when the socket fails
 */
int bench_worker_main(const char *name, const struct bench_case *const *cases, size_t case_count);

/* Is `--worker` the last argument? */
bool bench_worker_wanted(int argc, char **argv);

#endif
