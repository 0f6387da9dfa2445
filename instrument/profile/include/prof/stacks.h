/* stacks.h - where something was spent: stacks of frames with weights, kept as one tree.
 *
 * A frame is a function; a node is a frame called from its parent node. Each node has two values of
 * its own (not of what it calls): the weight and the count. A difference of two trees is a tree too
 * and has the current weight per item first and the baseline's second.
 *
 * Ownership texts are copied into the tree's arena
 * Threads   one tree, one thread
 */
#ifndef PROF_STACKS_H
#define PROF_STACKS_H

#include <base/arena.h>
#include <base/err.h>

#include <stdbool.h>

enum {
    PROF_DEPTH_MAX = 512,    /* frames of one stack; the outermost ones are left out past it */
    PROF_NODE_MAX = 1 << 22, /* nodes of one tree */
    PROF_MISSING_MAX = 16,   /* modules without symbols that are named */
    PROF_NAME_SIZE = 4096,   /* of a frame's name; longer ones are cut */
    PROF_NONE = UINT32_MAX,  /* no node */
};

enum prof_frame_kind {
    PROF_FRAME_USER,
    PROF_FRAME_INLINED, /* the compiler put it into its caller */
    PROF_FRAME_KERNEL,
    PROF_FRAME_JIT,     /* code made at run time, named by a perf-PID.map */
    PROF_FRAME_UNKNOWN, /* no symbol: "[module+0xoffset]" */
    PROF_FRAME_PROCESS, /* not a function: the process, at the root */
};

struct prof_frame {
    const char *name;
    const char *module; /* path of the file the code is from; NULL or "": not known */
    const char *file;   /* source file of the function; NULL or "": not known */
    uint32_t line;      /* where the function begins in it; 0: not known */
    enum prof_frame_kind kind;
};

struct prof_node {
    uint32_t frame;
    uint32_t parent, first_child, next_sibling; /* PROF_NONE: none */
    double self[2]; /* weight and count; of a difference: current and baseline, per item */
};

enum prof_what { PROF_TIME, PROF_ALLOCATIONS };

/* A file whose samples could not be named, and why. */
struct prof_missing {
    const char *module;
    const char *reason;
    double count;
};

/* What the numbers are and how good. */
struct prof_about {
    enum prof_what what;   /* weight in ns, or in bytes */
    double items;          /* that were run meanwhile; 0: not known */
    double period;         /* ns between two samples, or mean bytes between two; 0: not known */
    double grain[2];       /* of a difference, current and baseline: weight of one sample per item;
                              a value v has the variance v * grain. 0: not known, or all was seen */
    double lost;           /* samples that could not be kept */
    double truncated;      /* stacks whose outer end was not found */
    bool is_kernel_hidden; /* time inside the kernel was not allowed to be seen */
    struct prof_missing missing[PROF_MISSING_MAX];
    size_t missing_count;
};

struct prof_stacks {
    struct base_arena arena;
    struct prof_about about;
    struct prof_frame *frames; /* [frame_count] all different */
    size_t frame_count, frame_capacity;
    struct prof_node *nodes; /* [node_count] 0 is the root, which is no frame; parents first */
    size_t node_count, node_capacity;
    uint32_t *frame_slots, *node_slots; /* hash tables */
    size_t frame_slot_count, node_slot_count;
};

/* A zeroed tree is not valid; init makes it empty. Errors: ENOMEM */
BASE_MUST_USE base_err prof_stacks_init(struct prof_stacks *stacks);
void prof_stacks_done(struct prof_stacks *stacks); /* accepts a zeroed tree */

/* The number of a frame; frames are the same when name, module, file and kind are.
 * Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err prof_stacks_frame(struct prof_stacks *stacks, const struct prof_frame *frame,
                                         uint32_t *index);

/* Add to a stack.
 *
 *   frames   [depth] numbers, outermost first
 *   values   added to the innermost frame's node
 *
 * Cost     O(depth) expected
 * Errors   ENOMEM, EFULL (PROF_NODE_MAX)
 */
BASE_MUST_USE base_err prof_stacks_add(struct prof_stacks *stacks, const uint32_t *frames,
                                       size_t depth, const double values[2]);

/* Add all of another tree. Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err prof_stacks_merge(struct prof_stacks *into, const struct prof_stacks *from);

/* Count a sample that has no name because of its module. */
void prof_stacks_missing(struct prof_stacks *stacks, const char *module, const char *reason,
                         double count);

/* Values of a node and all below it, for every node. out: [node_count][2], the caller's */
void prof_stacks_totals(const struct prof_stacks *stacks, double (*out)[2]);

/* The children of every node in the order of their names, for a reproducible output. */
void prof_stacks_sort(struct prof_stacks *stacks);

/* Samples or allocations whose innermost frame has no name, as a share; NaN when there are none. */
double prof_stacks_unknown_share(const struct prof_stacks *stacks);

/* The difference of two trees, per item: self[0] of `current`, self[1] of `baseline`. Where either
 * does not know its items, both are scaled to a total of 1 and *is_per_item is false.
 *
 *   out      initialised by this call; frames of both
 *
 * Frames of two builds are the same when name, kind and the module's file name are; where their
 * source stands is not compared.
 * Errors   ENOMEM, EFULL, EINVALID (time against allocations)
 * Source   Gregg, "Differential Flame Graphs" (2014)
 */
BASE_MUST_USE base_err prof_stacks_diff(const struct prof_stacks *baseline,
                                        const struct prof_stacks *current, struct prof_stacks *out,
                                        bool *is_per_item, struct base_why *why);

#endif
