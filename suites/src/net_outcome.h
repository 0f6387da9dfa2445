/* net_outcome.h - what a round left behind, and the numbers that follow from it: a pure function.
 */
#ifndef SUITE_NET_OUTCOME_H
#define SUITE_NET_OUTCOME_H

#include "net_node.h"

#include <lab/link.h>
#include <suite/network.h>

struct net_outcome {
    const struct net_load *load;
    const struct suite_net_conditions *conditions;
    struct net_record *const *records; /* [load->node_count] */
    uint64_t start_ns;                 /* of the load */
    uint64_t deadline_ns;              /* of a message's class: later is not in time */
    struct lab_link_counts links;      /* while there was load */
    double
        capacity_bits; /* that all hosts can send a second; 0: not limited, or others send, too */
    double links_until_bytes; /* that came through until then: a look at the last delivery that was
                                 due; where some never came, up to 20 ms before the last (0.1 s
                                 while the load is sent) */
    uint64_t links_until_ns;  /* 0: there was none */
    double cpu_ns;         /* of the measured nodes, since start_ns until the next; NaN: unknown */
    uint64_t cpu_until_ns; /* another look after the last delivery */
    double processors;
    double memory_bytes; /* NaN: not measured; likewise below */
    double phase_memory_bytes[SUITE_NET_PHASES];
    bool has_phases; /* the messages of each node in three equal parts */
};

/* Everything but what the laboratory says. Errors: ENOMEM */
BASE_MUST_USE base_err net_outcome_count(const struct net_outcome *outcome,
                                         struct suite_net_results *results);

#endif
