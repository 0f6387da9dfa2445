/* build.c - the only file that sees the generated revision, so that a new commit compiles this one
 * file again and nothing else. */
#include <probe/build.h>

#include "probe_revision.h"

#if !defined(PROBE_REVISION_DIRTY)
#define PROBE_REVISION_DIRTY PROBE_UNKNOWN
#endif

#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x

static const struct probe_build build = {
    .version = PROBE_BUILD_VERSION,
    .compiler = PROBE_BUILD_COMPILER,
    .flags = PROBE_BUILD_FLAGS,
    .build_type = PROBE_BUILD_TYPE,
    .system = PROBE_BUILD_SYSTEM,
#if defined(__GLIBC__)
    .libc = "glibc " TEXT_OF(__GLIBC__) "." TEXT_OF(__GLIBC_MINOR__),
#endif
#if defined(PROBE_REVISION)
    .revision = PROBE_REVISION,
#endif
    .is_dirty = PROBE_REVISION_DIRTY,
#if defined(BPI_SANITIZED)
    .is_sanitized = true,
#endif
#if defined(__OPTIMIZE__)
    .is_optimized = true,
#endif
};

const struct probe_build *probe_build(void)
{
    return &build;
}

size_t probe_build_facts(struct probe_fact *facts, size_t capacity)
{
    const struct probe_fact all[] = {
        { "version", build.version },
        { "compiler", build.compiler },
        { "flags", build.flags },
        { "build_type", build.build_type },
        { "system", build.system },
        { "libc", build.libc },
        { "git_revision", build.revision },
        { "git_dirty", build.is_dirty == PROBE_UNKNOWN ? NULL
                       : build.is_dirty                ? "yes"
                                                       : "no" },
        { "optimized", build.is_optimized ? "yes" : "no" },
        { "sanitized", build.is_sanitized ? "yes" : NULL },
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0] && count < capacity; i++)
        if (all[i].value != NULL)
            facts[count++] = all[i];
    return count;
}
