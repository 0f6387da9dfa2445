/* neighbour.h - another tenant of the machine, made on purpose: bursts of computation on the core
 * that is measured, a stream through memory on the others. Ends with the process that started it.
 */
#ifndef ACCURACY_NEIGHBOUR_H
#define ACCURACY_NEIGHBOUR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { NEIGHBOUR_MAX = 2 };

struct neighbour {
    pid_t pids[NEIGHBOUR_MAX]; /* 0: not running */
};

bool neighbour_start(struct neighbour *neighbour, unsigned core, uint64_t seed);
void neighbour_stop(struct neighbour *neighbour);

#endif
