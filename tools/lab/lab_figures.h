/* lab_figures.h - what came of a traffic, as numbers beside what was asked for. */
#ifndef TOOLS_LAB_FIGURES_H
#define TOOLS_LAB_FIGURES_H

#include "lab_traffic.h"

#include <lab/link.h>

#include <stdbool.h>

/* Delays are from socket to socket. */
struct lab_figures {
    const char *name;
    const struct lab_traffic *traffic;
    const struct lab_traffic_result *result;
    const struct lab_link_config *link; /* asked for, of every flow */
    const int64_t *drawn_ns;            /* [packets] lab_twin_draw's; NULL: there is no twin */
    size_t wire_size;                   /* bytes of a packet */
    /* internal */
    double *delays_ns, *errors_ns, *draws_ns; /* [count] ascending: of what came; beyond what was to
                                                 be; as drawn */
    size_t count;
    uint64_t strayed; /* lost and was to come, or came and was to be lost */
    uint64_t held;    /* waited in their link for the one before them */
};

/* To standard output. Errors: ENOMEM. */
BASE_MUST_USE base_err lab_figures_print(struct lab_figures *figures, struct base_why *why);

#endif
