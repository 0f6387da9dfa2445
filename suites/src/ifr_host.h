/* ifr_host.h - a registry in a process of its own, behind the Unix socket.
 *
 * The socket lies in a folder that only this user can enter; both go when they are no longer
 * needed to connect. The process ends with ifr_host_close, and with the thread that opened it.
 * Threads   one object, one thread
 */
#ifndef SUITE_IFR_HOST_H
#define SUITE_IFR_HOST_H

#include "ifr_query.h"

enum { IFR_HOST_PATH_SIZE = 64 };

/* A zeroed one is closed. */
struct ifr_host {
    int pid;                         /* 0: no process */
    char folder[IFR_HOST_PATH_SIZE]; /* "": gone */
    char path[IFR_HOST_PATH_SIZE];
};

/* Start it, with the flows of `query` registered; it listens when this returns.
 *
 *   is_spinning   it never sleeps, and has a processor to itself
 *
 * Errors   EIO, ENOMEM and what the server in the other process said
 */
BASE_MUST_USE base_err ifr_host_open(struct ifr_host *host, const struct ifr_query *query,
                                     bool is_spinning, struct base_why *why);

/* Who wanted to connect has done so: take the name away, so that nothing is left should this
 * process be killed. */
void ifr_host_hide(struct ifr_host *host);

void ifr_host_close(struct ifr_host *host);

#endif
