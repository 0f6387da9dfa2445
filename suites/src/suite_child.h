/* suite_child.h - what a service that a case forks does first.
 *
 * Threads   the new process, before it does anything else
 */
#ifndef SUITE_CHILD_H
#define SUITE_CHILD_H

#include <sys/types.h>

/* SIGTERM ends it, SIGINT is its parent's business, a reader that goes away is an error of write;
 * it dies with its parent, and at once if that is gone already. */
void suite_child_begin(pid_t parent);

#endif
