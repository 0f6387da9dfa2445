/* build.h - how this program was built. Fixed at build time; asks the running machine nothing. */
#ifndef PROBE_BUILD_H
#define PROBE_BUILD_H

#include <probe/host.h>

struct probe_build {
    const char *version;    /* of the project: "0.1.0" */
    const char *compiler;   /* "GNU 12.2.0" */
    const char *flags;      /* of C, as CMake passes them for the build type */
    const char *build_type; /* "RelWithDebInfo" */
    const char *system;     /* "Linux x86_64" */
    const char *libc;       /* "glibc 2.36"; NULL: another */
    const char *revision;   /* git commit, 40 hex digits; NULL when built outside a checkout */
    int is_dirty;           /* 1: tracked files differed from the commit; PROBE_UNKNOWN */
    bool is_sanitized;      /* times of such a build say nothing */
    bool is_optimized;
};

const struct probe_build *probe_build(void);

/* The same as facts, in the order they are shown: how many were written, at most capacity (10 are
 * enough). */
size_t probe_build_facts(struct probe_fact *facts, size_t capacity);

#endif
