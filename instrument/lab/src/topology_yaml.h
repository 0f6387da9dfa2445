/* topology_yaml.h - the state of reading one topology from YAML. */
#ifndef LAB_TOPOLOGY_YAML_H
#define LAB_TOPOLOGY_YAML_H

#include "topology_internal.h"

#include <yaml.h>

enum { LAB_READER_SLOTS = 1 << 22 }; /* twice LAB_EDGES_MAX */

struct lab_reader {
    struct lab_topology *topology;
    yaml_document_t document;
    const char *path;   /* of the file; NULL: a text */
    const char *folder; /* where traces are looked for, in the topology's arena; NULL: none may be
                           named */
    struct lab_link_config link; /* what `link` says */
    struct base_buf edges;       /* of struct lab_edge, while `links` is read */
    uint32_t *slots;             /* [LAB_READER_SLOTS] 1 + index of an edge, by its ends; 0: free */
    size_t pair_count;           /* that `links` named so far */
    struct base_why *why;        /* may be NULL */
};

BASE_MUST_USE base_err lab_reader_root(struct lab_reader *reader, const yaml_node_t *root);

/* Fill why with the place of a node and a sentence; returns err. */
base_err lab_reader_fail(struct lab_reader *reader, base_err err, const yaml_node_t *node,
                         const char *format, ...) BASE_PRINTF(4, 5);
/* Put the place before the sentence in why. */
base_err lab_reader_place(struct lab_reader *reader, base_err err, unsigned line);
/* A trace from a file into the topology's arena. Jitter: one time a line ("1.5ms", "-200us"), what
 * is added to the delay. Loss: a 1 for each packet that is lost, a 0 for each that is not. In both,
 * '#' begins a comment. Errors: EUNSUPPORTED, EIO, ERANGE, EPARSE, ENOMEM. */
BASE_MUST_USE base_err lab_trace_jitter(struct lab_reader *reader, const char *name,
                                        struct lab_link_config *config);
BASE_MUST_USE base_err lab_trace_loss(struct lab_reader *reader, const char *name,
                                      struct lab_link_config *config);

#endif
