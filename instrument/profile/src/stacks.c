/* stacks.c - two open-addressing tables, of frames and of (parent, frame), make adding linear in
 * the depth even for trees with very wide nodes. */
#include <prof/stacks.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 256 };

static uint64_t mix(uint64_t hash, uint64_t value)
{
    /* Source: the finaliser of splitmix64 (Steele, Lea & Flood, OOPSLA 2014) */
    hash ^= value + UINT64_C(0x9e3779b97f4a7c15) + (hash << 6);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    return hash ^ (hash >> 31);
}

static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3); /* FNV-1a */
    return mix(hash, 0);
}

static uint64_t hash_frame(const struct prof_frame *frame)
{
    const uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), frame->name);
    return mix(hash_text(hash_text(hash, frame->module), frame->file), frame->kind);
}

static bool is_same_frame(const struct prof_frame *a, const struct prof_frame *b)
{
    return a->kind == b->kind && strcmp(a->name, b->name) == 0 &&
           strcmp(a->module, b->module) == 0 && strcmp(a->file, b->file) == 0;
}

static base_err grow(void **array, size_t *capacity, size_t item_size)
{
    const size_t more = *capacity == 0 ? 64 : *capacity * 2;
    void *memory = realloc(*array, more * item_size);
    if (memory == NULL)
        return BASE_ENOMEM;
    *array = memory;
    *capacity = more;
    return BASE_OK;
}

static uint64_t hash_node(uint32_t parent, uint32_t frame)
{
    return mix(mix(0, parent), frame);
}

/* Double a table and put every index into it again. */
static base_err rehash(struct prof_stacks *stacks, bool is_frames)
{
    uint32_t **slots = is_frames ? &stacks->frame_slots : &stacks->node_slots;
    size_t *count = is_frames ? &stacks->frame_slot_count : &stacks->node_slot_count;
    const size_t used = is_frames ? stacks->frame_count : stacks->node_count;
    const size_t more = *count == 0 ? SLOTS_FIRST : *count * 2;
    uint32_t *fresh = malloc(more * sizeof *fresh);
    if (fresh == NULL)
        return BASE_ENOMEM;
    memset(fresh, 0xff, more * sizeof *fresh);
    for (uint32_t i = 0; i < used; i++) {
        size_t at = is_frames ? hash_frame(&stacks->frames[i])
                              : hash_node(stacks->nodes[i].parent, stacks->nodes[i].frame);
        for (at &= more - 1; fresh[at] != PROF_NONE; at = (at + 1) & (more - 1))
            ;
        fresh[at] = i;
    }
    free(*slots);
    *slots = fresh;
    *count = more;
    return BASE_OK;
}

base_err prof_stacks_init(struct prof_stacks *stacks)
{
    memset(stacks, 0, sizeof *stacks);
    base_err err = grow((void **)&stacks->nodes, &stacks->node_capacity, sizeof *stacks->nodes);
    if (err == BASE_OK) {
        stacks->nodes[0] = (struct prof_node){ PROF_NONE, PROF_NONE, PROF_NONE, PROF_NONE, { 0 } };
        stacks->node_count = 1;
        err = rehash(stacks, true);
    }
    if (err == BASE_OK)
        err = rehash(stacks, false);
    if (err != BASE_OK)
        prof_stacks_done(stacks);
    return err;
}

void prof_stacks_done(struct prof_stacks *stacks)
{
    base_arena_done(&stacks->arena);
    free(stacks->frames);
    free(stacks->nodes);
    free(stacks->frame_slots);
    free(stacks->node_slots);
    memset(stacks, 0, sizeof *stacks);
}

static base_err copy_frame(struct prof_stacks *stacks, const struct prof_frame *frame)
{
    struct prof_frame copy = *frame;
    copy.name =
        base_arena_text_of(&stacks->arena, frame->name, strnlen(frame->name, PROF_NAME_SIZE - 1));
    copy.module = base_arena_text(&stacks->arena, frame->module);
    copy.file = base_arena_text(&stacks->arena, frame->file);
    if (copy.name == NULL || copy.module == NULL || copy.file == NULL)
        return BASE_ENOMEM;
    stacks->frames[stacks->frame_count++] = copy;
    return BASE_OK;
}

base_err prof_stacks_frame(struct prof_stacks *stacks, const struct prof_frame *given,
                           uint32_t *index)
{
    char name[PROF_NAME_SIZE];
    struct prof_frame frame = *given;
    if (strnlen(frame.name, PROF_NAME_SIZE) == PROF_NAME_SIZE) {
        memcpy(name, frame.name, PROF_NAME_SIZE - 1);
        name[PROF_NAME_SIZE - 1] = '\0';
        frame.name = name;
    }
    frame.module = frame.module != NULL ? frame.module : "";
    frame.file = frame.file != NULL ? frame.file : "";
    base_err err = BASE_OK;
    if (2 * (stacks->frame_count + 1) > stacks->frame_slot_count)
        err = rehash(stacks, true);
    if (err == BASE_OK && stacks->frame_count == stacks->frame_capacity)
        err = grow((void **)&stacks->frames, &stacks->frame_capacity, sizeof *stacks->frames);
    if (err != BASE_OK)
        return err;
    const size_t mask = stacks->frame_slot_count - 1;
    size_t at = hash_frame(&frame) & mask;
    for (; stacks->frame_slots[at] != PROF_NONE; at = (at + 1) & mask)
        if (is_same_frame(&stacks->frames[stacks->frame_slots[at]], &frame)) {
            *index = stacks->frame_slots[at];
            return BASE_OK;
        }
    if (stacks->frame_count >= PROF_NODE_MAX)
        return BASE_EFULL;
    err = copy_frame(stacks, &frame);
    if (err != BASE_OK)
        return err;
    *index = stacks->frame_slots[at] = (uint32_t)stacks->frame_count - 1;
    return BASE_OK;
}

static base_err add_child(struct prof_stacks *stacks, uint32_t parent, uint32_t frame,
                          uint32_t *child)
{
    base_err err = BASE_OK;
    if (2 * (stacks->node_count + 1) > stacks->node_slot_count)
        err = rehash(stacks, false);
    if (err == BASE_OK && stacks->node_count == stacks->node_capacity)
        err = grow((void **)&stacks->nodes, &stacks->node_capacity, sizeof *stacks->nodes);
    if (err != BASE_OK)
        return err;
    const size_t mask = stacks->node_slot_count - 1;
    size_t at = hash_node(parent, frame) & mask;
    for (; stacks->node_slots[at] != PROF_NONE; at = (at + 1) & mask) {
        const struct prof_node *node = &stacks->nodes[stacks->node_slots[at]];
        if (node->parent == parent && node->frame == frame) {
            *child = stacks->node_slots[at];
            return BASE_OK;
        }
    }
    if (stacks->node_count >= PROF_NODE_MAX)
        return BASE_EFULL;
    const uint32_t index = (uint32_t)stacks->node_count++;
    stacks->nodes[index] =
        (struct prof_node){ frame, parent, PROF_NONE, stacks->nodes[parent].first_child, { 0 } };
    stacks->nodes[parent].first_child = index;
    *child = stacks->node_slots[at] = index;
    return BASE_OK;
}

base_err prof_stacks_add(struct prof_stacks *stacks, const uint32_t *frames, size_t depth,
                         const double values[2])
{
    uint32_t node = 0;
    for (size_t i = depth > PROF_DEPTH_MAX ? depth - PROF_DEPTH_MAX : 0; i < depth; i++) {
        const base_err err = add_child(stacks, node, frames[i], &node);
        if (err != BASE_OK)
            return err;
    }
    stacks->nodes[node].self[0] += values[0];
    stacks->nodes[node].self[1] += values[1];
    return BASE_OK;
}

/* What copies a tree into another one: how frames are changed and where values go. */
struct graft {
    bool is_loose; /* module by its last word only, no source: frames of two builds */
    double matrix[2][2];
};

static base_err graft_frame(struct prof_stacks *into, const struct prof_frame *from, bool is_loose,
                            uint32_t *index)
{
    struct prof_frame frame = *from;
    const char *slash = strrchr(frame.module, '/');
    if (is_loose) {
        frame.module = slash != NULL ? slash + 1 : frame.module;
        frame.file = "";
        frame.line = 0;
    }
    return prof_stacks_frame(into, &frame, index);
}

/* Parents stand before their children, so one pass finds every parent's copy. */
static base_err graft(struct prof_stacks *into, const struct prof_stacks *from,
                      const struct graft *how)
{
    uint32_t *frames = calloc(from->frame_count + 1, sizeof *frames);
    uint32_t *nodes = calloc(from->node_count, sizeof *nodes);
    base_err err = frames != NULL && nodes != NULL ? BASE_OK : BASE_ENOMEM;
    for (size_t i = 0; i < from->frame_count && err == BASE_OK; i++)
        err = graft_frame(into, &from->frames[i], how->is_loose, &frames[i]);
    for (size_t i = 0; i < from->node_count && err == BASE_OK; i++) {
        const struct prof_node *node = &from->nodes[i];
        if (i > 0)
            err = add_child(into, nodes[node->parent], frames[node->frame], &nodes[i]);
        for (size_t v = 0; v < 2 && err == BASE_OK; v++)
            into->nodes[nodes[i]].self[v] +=
                how->matrix[v][0] * node->self[0] + how->matrix[v][1] * node->self[1];
    }
    free(frames);
    free(nodes);
    return err;
}

base_err prof_stacks_merge(struct prof_stacks *into, const struct prof_stacks *from)
{
    const struct graft how = { .matrix = { { 1, 0 }, { 0, 1 } } };
    const base_err err = graft(into, from, &how);
    if (err != BASE_OK)
        return err;
    into->about.items += from->about.items;
    into->about.lost += from->about.lost;
    into->about.truncated += from->about.truncated;
    into->about.is_kernel_hidden |= from->about.is_kernel_hidden;
    for (size_t i = 0; i < from->about.missing_count; i++)
        prof_stacks_missing(into, from->about.missing[i].module, from->about.missing[i].reason,
                            from->about.missing[i].count);
    return BASE_OK;
}

void prof_stacks_missing(struct prof_stacks *stacks, const char *module, const char *reason,
                         double count)
{
    struct prof_about *about = &stacks->about;
    for (size_t i = 0; i < about->missing_count; i++)
        if (strcmp(about->missing[i].module, module) == 0) {
            about->missing[i].count += count;
            return;
        }
    if (about->missing_count == PROF_MISSING_MAX)
        return;
    const char *copy = base_arena_text(&stacks->arena, module);
    const char *why = base_arena_text(&stacks->arena, reason);
    if (copy != NULL && why != NULL)
        about->missing[about->missing_count++] = (struct prof_missing){ copy, why, count };
}

void prof_stacks_totals(const struct prof_stacks *stacks, double (*out)[2])
{
    for (size_t i = 0; i < stacks->node_count; i++)
        memcpy(out[i], stacks->nodes[i].self, sizeof out[i]);
    for (size_t i = stacks->node_count; i-- > 1;) /* children stand after their parents */
        for (size_t v = 0; v < 2; v++)
            out[stacks->nodes[i].parent][v] += out[i][v];
}

static int compare_frames(const struct prof_frame *a, const struct prof_frame *b)
{
    int order = strcmp(a->name, b->name);
    if (order == 0)
        order = strcmp(a->module, b->module);
    if (order == 0)
        order = strcmp(a->file, b->file);
    return order != 0 ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

struct ranked { /* qsort has no context */
    const struct prof_frame *frame;
    uint32_t node;
};

static int compare_ranked(const void *a, const void *b)
{
    return compare_frames(((const struct ranked *)a)->frame, ((const struct ranked *)b)->frame);
}

void prof_stacks_sort(struct prof_stacks *stacks)
{
    struct ranked *children = malloc(stacks->node_count * sizeof *children);
    if (children == NULL)
        return; /* any order is a right one */
    for (size_t i = 0; i < stacks->node_count; i++) {
        size_t count = 0;
        for (uint32_t at = stacks->nodes[i].first_child; at != PROF_NONE;
             at = stacks->nodes[at].next_sibling)
            children[count++] = (struct ranked){ &stacks->frames[stacks->nodes[at].frame], at };
        qsort(children, count, sizeof *children, compare_ranked);
        uint32_t next = PROF_NONE;
        while (count-- > 0) {
            stacks->nodes[children[count].node].next_sibling = next;
            next = children[count].node;
        }
        stacks->nodes[i].first_child = next;
    }
    free(children);
}

double prof_stacks_unknown_share(const struct prof_stacks *stacks)
{
    double unknown = 0, all = 0;
    for (size_t i = 0; i < stacks->node_count; i++) {
        const struct prof_node *node = &stacks->nodes[i];
        all += node->self[1];
        if (i == 0 || stacks->frames[node->frame].kind == PROF_FRAME_UNKNOWN)
            unknown += node->self[1];
    }
    return all > 0 ? unknown / all : NAN;
}

static double total_of(const struct prof_stacks *stacks)
{
    double total = 0;
    for (size_t i = 0; i < stacks->node_count; i++)
        total += stacks->nodes[i].self[0];
    return total;
}

base_err prof_stacks_diff(const struct prof_stacks *baseline, const struct prof_stacks *current,
                          struct prof_stacks *out, bool *is_per_item, struct base_why *why)
{
    if (baseline->about.what != current->about.what)
        return base_fail(why, BASE_EINVALID, 0,
                         "a profile of time cannot be compared with one of allocations");
    const bool is_known = baseline->about.items > 0 && current->about.items > 0;
    const double of_current = is_known ? current->about.items : total_of(current);
    const double of_baseline = is_known ? baseline->about.items : total_of(baseline);
    const struct graft first = { true, { { of_current > 0 ? 1 / of_current : 0, 0 }, { 0, 0 } } };
    const struct graft second = { true,
                                  { { 0, 0 }, { of_baseline > 0 ? 1 / of_baseline : 0, 0 } } };
    base_err err = prof_stacks_init(out);
    if (err == BASE_OK)
        err = graft(out, current, &first);
    if (err == BASE_OK)
        err = graft(out, baseline, &second);
    if (err != BASE_OK) {
        prof_stacks_done(out);
        return base_fail(why, err, 0, "the two profiles cannot be put into one: %s",
                         base_err_text(err));
    }
    out->about.what = current->about.what;
    out->about.items = is_known ? 1 : 0;
    /* Counts of samples are Poisson. A random choice of allocations is of varying weights: left out
     */
    if (current->about.what == PROF_TIME) {
        out->about.grain[0] = of_current > 0 ? current->about.period / of_current : 0;
        out->about.grain[1] = of_baseline > 0 ? baseline->about.period / of_baseline : 0;
    }
    *is_per_item = is_known;
    return BASE_OK;
}
