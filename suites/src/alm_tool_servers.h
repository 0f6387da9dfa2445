/* alm_tool_servers.h - servers of a user: "name weight [latency_ms]" a line.
 *
 *   # name   weight  latency
 *   alpha    4       2.5
 *   beta     1
 *
 * Fields are separated by blanks or tabs; "#" begins a comment, at the start of a line or after a
 * blank; lines end with a line feed or CR LF. A latency that is left out is 1 ms.
 */
#ifndef ALM_TOOL_SERVERS_H
#define ALM_TOOL_SERVERS_H

#include <base/arena.h>
#include <base/buf.h>

struct alm_tool_server {
    const char *name;
    uint64_t id; /* of the name, the same everywhere: consistent hashing goes by it */
    uint32_t weight;
    double latency_ms;
};

/* A zeroed list is empty and valid. */
struct alm_tool_servers {
    struct alm_tool_server *items; /* [count] in the order of the lines */
    uint32_t count;
    uint64_t weight_sum;
    struct base_arena arena;
};

/* Read a text into an empty list; on failure the list is empty again.
 *
 *   why   at is the line, from 1; the sentence begins with it
 *
 * Errors   EPARSE (fields, a control character, no server at all), ERANGE (a weight that is not 1
 *          .. 65535, a latency not 1e-6 .. 1e4), EEXIST (a name twice), EFULL (more than
 *          SUITE_ALM_SERVERS_MAX), ENOMEM
 */
BASE_MUST_USE base_err alm_tool_servers_read(struct alm_tool_servers *servers,
                                             struct base_span text, struct base_why *why);

/* server-1 .. server-<count>, of weight 1. Errors: ERANGE, ENOMEM */
BASE_MUST_USE base_err alm_tool_servers_make(struct alm_tool_servers *servers, uint32_t count,
                                             struct base_why *why);
void alm_tool_servers_done(struct alm_tool_servers *servers);

#endif
