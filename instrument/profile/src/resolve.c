/* resolve.c - an address is in a file, in code made at run time, in the kernel, or nowhere. */
#include "resolve_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void resolver_init(struct resolver *resolver, struct prof_stacks *stacks)
{
    memset(resolver, 0, sizeof *resolver);
    resolver->stacks = stacks;
}

static void process_free(struct process *process)
{
    unwind_close(process->unwind);
    maps_clear(&process->maps);
    names_done(&process->jit);
    free(process);
}

void resolver_done(struct resolver *resolver)
{
    for (size_t i = 0; i < resolver->process_count; i++)
        process_free(resolver->processes[i]);
    free(resolver->processes);
    images_done(&resolver->images);
    names_done(&resolver->kernel);
    free(resolver->table);
    free(resolver->frames);
    memset(resolver, 0, sizeof *resolver);
}

struct process *resolver_process(struct resolver *resolver, int pid)
{
    for (size_t i = resolver->process_count; i-- > 0;)
        if (resolver->processes[i]->pid == pid)
            return resolver->processes[i];
    if (resolver->process_count == RESOLVE_PROCESS_MAX)
        return NULL;
    if (resolver->process_count == resolver->process_capacity) {
        const size_t more = resolver->process_capacity == 0 ? 16 : 2 * resolver->process_capacity;
        void *memory = realloc(resolver->processes, more * sizeof *resolver->processes);
        if (memory == NULL)
            return NULL;
        resolver->processes = memory;
        resolver->process_capacity = more;
    }
    struct process *process = calloc(1, sizeof *process);
    if (process == NULL)
        return NULL;
    process->pid = pid;
    resolver->processes[resolver->process_count++] = process;
    return process;
}

void process_forget(struct process *process)
{
    unwind_close(process->unwind);
    process->unwind = NULL;
}

void process_forget_jit(struct process *process)
{
    names_done(&process->jit);
    process->is_jit_read = false;
}

static size_t slot_of(const struct resolver *resolver, const void *space, uint64_t address)
{
    uint64_t hash = (address ^ (uint64_t)(uintptr_t)space) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
    size_t at = hash & (resolver->table_size - 1);
    while (resolver->table[at].space != NULL &&
           (resolver->table[at].space != space || resolver->table[at].address != address))
        at = (at + 1) & (resolver->table_size - 1);
    return at;
}

static base_err table_grow(struct resolver *resolver)
{
    struct resolved *old = resolver->table;
    const size_t old_size = resolver->table_size;
    if (2 * (resolver->table_count + 1) <= old_size)
        return BASE_OK;
    struct resolved *table = calloc(old_size == 0 ? 1024 : 2 * old_size, sizeof *table);
    if (table == NULL)
        return BASE_ENOMEM;
    resolver->table = table;
    resolver->table_size = old_size == 0 ? 1024 : 2 * old_size;
    for (size_t i = 0; i < old_size; i++)
        if (old[i].space != NULL)
            table[slot_of(resolver, old[i].space, old[i].address)] = old[i];
    free(old);
    return BASE_OK;
}

static base_err keep_frame(struct resolver *resolver, const struct prof_frame *frame)
{
    if (resolver->frame_count == resolver->frame_capacity) {
        const size_t more = resolver->frame_capacity == 0 ? 1024 : 2 * resolver->frame_capacity;
        void *memory = realloc(resolver->frames, more * sizeof *resolver->frames);
        if (memory == NULL)
            return BASE_ENOMEM;
        resolver->frames = memory;
        resolver->frame_capacity = more;
    }
    const base_err err =
        prof_stacks_frame(resolver->stacks, frame, &resolver->frames[resolver->frame_count]);
    resolver->frame_count += err == BASE_OK;
    return err;
}

/* Keep the frames of an address that was looked up. */
static base_err keep(struct resolver *resolver, size_t at, const struct prof_frame *frames,
                     size_t count, struct resolved resolved)
{
    resolved.first = (uint32_t)resolver->frame_count;
    resolved.count = (uint32_t)count;
    base_err err = BASE_OK;
    for (size_t i = 0; i < count && err == BASE_OK; i++)
        err = keep_frame(resolver, &frames[i]);
    if (err != BASE_OK)
        return err;
    resolver->table[at] = resolved;
    resolver->table_count++;
    return BASE_OK;
}

static base_err push(const struct resolver *resolver, size_t at, bool is_user, struct pile *pile)
{
    const struct resolved *found = &resolver->table[at];
    if (is_user && pile->module == NULL) {
        pile->missing = found->missing;
        pile->module = found->module;
    }
    for (uint32_t i = 0; i < found->count && pile->count < RESOLVE_FRAME_MAX; i++)
        pile->frames[pile->count++] = resolver->frames[found->first + i];
    return BASE_OK;
}

/* Code in a file. */
static base_err look_in_image(struct resolver *resolver, struct image *image, uint64_t address,
                              size_t at)
{
    struct prof_frame frames[IMAGE_INLINE_MAX];
    const size_t count = image_frames(&resolver->images, image, address, frames);
    const bool is_missing = frames[count - 1].kind == PROF_FRAME_UNKNOWN;
    const struct resolved resolved = { .space = image,
                                       .address = address,
                                       .missing = is_missing ? image->reason : NULL,
                                       .module = image->path };
    return keep(resolver, at, frames, count, resolved);
}

/* Code that stands in no file: a JIT compiler's, when it has left a map. */
static base_err look_in_jit(struct resolver *resolver, struct process *process, uint64_t address,
                            size_t at)
{
    struct base_why unused;
    if (!process->is_jit_read)
        (void)!names_read_jit(&process->jit, process->pid, &unused); /* most have none */
    process->is_jit_read = true;
    const struct names_entry *entry = names_find(&process->jit, address);
    const struct prof_frame frame = {
        .name = entry != NULL ? entry->name : "[code of no file]",
        .module = entry != NULL ? "[jit]" : "[anonymous]",
        .kind = entry != NULL ? PROF_FRAME_JIT : PROF_FRAME_UNKNOWN,
    };
    const struct resolved resolved = {
        .space = process,
        .address = address,
        .missing =
            entry == NULL ? "code made at run time, and no /tmp/perf-PID.map names it" : NULL,
        .module = frame.module,
    };
    return keep(resolver, at, &frame, 1, resolved);
}

base_err resolver_user(struct resolver *resolver, struct process *process, uint64_t address,
                       bool is_return, struct pile *pile)
{
    const uint64_t code = address - (is_return ? 1 : 0);
    const struct maps_entry *entry = maps_find(&process->maps, code);
    struct image *image = entry != NULL ? image_of(&resolver->images, entry) : NULL;
    uint64_t bias = 0;
    if (image != NULL && !image_bias(image, entry, &bias))
        bias = entry->start - entry->offset; /* no names in there: offsets in the file */
    const void *space = image != NULL ? (const void *)image : process;
    base_err err = table_grow(resolver);
    if (err != BASE_OK)
        return err;
    const size_t at = slot_of(resolver, space, code - bias);
    if (resolver->table[at].space == NULL)
        err = image != NULL ? look_in_image(resolver, image, code - bias, at)
                            : look_in_jit(resolver, process, code, at);
    return err == BASE_OK ? push(resolver, at, true, pile) : err;
}

base_err resolver_kernel(struct resolver *resolver, uint64_t address, struct pile *pile)
{
    struct base_why unused;
    if (!resolver->is_kernel_read)
        (void)!names_read_kernel(&resolver->kernel, &unused); /* hidden: one frame for all */
    resolver->is_kernel_read = true;
    base_err err = table_grow(resolver);
    if (err != BASE_OK)
        return err;
    const size_t at = slot_of(resolver, &resolver->kernel, address);
    if (resolver->table[at].space == NULL) {
        const struct names_entry *entry = names_find(&resolver->kernel, address);
        const struct prof_frame frame = { .name = entry != NULL ? entry->name : "[kernel]",
                                          .module = "[kernel]",
                                          .kind = PROF_FRAME_KERNEL };
        err = keep(resolver, at, &frame, 1,
                   (struct resolved){ .space = &resolver->kernel, .address = address });
    }
    return err == BASE_OK ? push(resolver, at, false, pile) : err;
}

base_err resolver_add(struct resolver *resolver, const struct process *process,
                      const struct pile *pile, const double values[2])
{
    uint32_t frames[RESOLVE_FRAME_MAX + 1];
    size_t count = 0;
    if (!process->is_root) {
        const struct prof_frame frame = { .name = process->name[0] != '\0' ? process->name
                                                                           : "[process]",
                                          .kind = PROF_FRAME_PROCESS };
        const base_err err = prof_stacks_frame(resolver->stacks, &frame, &frames[count]);
        if (err != BASE_OK)
            return err;
        count++;
    }
    for (size_t i = pile->count; i-- > 0;)
        frames[count++] = pile->frames[i];
    if (pile->missing != NULL)
        prof_stacks_missing(resolver->stacks, pile->module, pile->missing, values[1]);
    return prof_stacks_add(resolver->stacks, frames, count, values);
}
