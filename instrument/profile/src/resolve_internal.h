/* resolve_internal.h - processes, and frames for their addresses. What is looked up once is kept:
 * by file and linked address, so that a thousand short processes of one program cost one look. */
#ifndef PROF_RESOLVE_INTERNAL_H
#define PROF_RESOLVE_INTERNAL_H

#include "names_internal.h"
#include "unwind_internal.h"

enum { RESOLVE_PROCESS_MAX = 1 << 16, RESOLVE_FRAME_MAX = 4 * PROF_DEPTH_MAX };

struct process {
    int pid;
    bool is_root; /* the one that was asked for; others show their name at the root of stacks */
    char name[32];
    struct maps maps;
    struct unwind *unwind; /* NULL: to be made from the maps of now */
    struct names jit;
    bool is_jit_read; /* since it was last forgotten */
};

struct resolved {      /* in the table: frames of one address */
    const void *space; /* image, process (JIT) or the kernel's names */
    uint64_t address;
    uint32_t first, count; /* in resolver->frames, innermost first */
    const char *missing;   /* why there is no name, or NULL */
    const char *module;
};

struct resolver {
    struct prof_stacks *stacks;
    struct images images;
    struct names kernel;
    bool is_kernel_read;
    struct process **processes;
    size_t process_count, process_capacity;
    struct resolved *table; /* [table_size] space NULL: empty */
    size_t table_size, table_count;
    uint32_t *frames;
    size_t frame_count, frame_capacity;
};

/* A stack while it is put together, innermost first. */
struct pile {
    uint32_t frames[RESOLVE_FRAME_MAX];
    size_t count;
    const char *missing, *module; /* of the innermost frame in user space */
};

void resolver_init(struct resolver *resolver, struct prof_stacks *stacks);
void resolver_done(struct resolver *resolver);

/* The process of that number, made when it is not known; NULL: no memory, too many. */
struct process *resolver_process(struct resolver *resolver, int pid);

/* Its mappings changed: unwinding begins anew. Its JIT map may have grown. */
void process_forget(struct process *process);
void process_forget_jit(struct process *process);

/* Put the frames of an address in user space on the pile.
 *   is_return  it is where a call returns to, so the call is before it
 * Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err resolver_user(struct resolver *resolver, struct process *process,
                                     uint64_t address, bool is_return, struct pile *pile);
BASE_MUST_USE base_err resolver_kernel(struct resolver *resolver, uint64_t address,
                                       struct pile *pile);

/* Add the pile, outermost frame last put, to the tree; a process that is not the root shows its
 * name first. Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err resolver_add(struct resolver *resolver, const struct process *process,
                                    const struct pile *pile, const double values[2]);

#endif
