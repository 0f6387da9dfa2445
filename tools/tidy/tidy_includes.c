/* tidy_includes.c - who includes whom: resolves, keeps the floors, looks for circles, draws. */
#include "tidy.h"

#include <stdio.h>
#include <string.h>

static const char *join(struct tidy_tree *tree, const char *folder, const char *between,
                        const char *name)
{
    const char *path = base_arena_printf(&tree->arena, "%s%s%s", folder, between, name);
    return path ? path : "";
}

static struct tidy_file *file_find(struct tidy_tree *tree, const char *path)
{
    size_t low = 0, high = tree->file_count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        const int order = strcmp(path, tree->files[middle]->path);
        if (order == 0)
            return tree->files[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static struct tidy_file *public_find(struct tidy_tree *tree, const char *name)
{
    for (size_t i = 0; i < tree->file_count; i++) {
        const char *after = strstr(tree->files[i]->path, "/include/");
        if (after && !strcmp(after + strlen("/include/"), name))
            return tree->files[i];
    }
    return NULL;
}

/* "x.h": beside the file, then in the room's src and include, then in tests/support. */
static struct tidy_file *quoted_find(struct tidy_tree *tree, const struct tidy_file *from,
                                     const char *name)
{
    const size_t size = (size_t)(from->name - from->path);
    const char *beside = base_arena_text_of(&tree->arena, from->path, size);
    struct tidy_file *file = beside ? file_find(tree, join(tree, beside, "", name)) : NULL;
    if (!file)
        file = file_find(tree, join(tree, from->folder, "/src/", name));
    if (!file)
        file = file_find(tree, join(tree, "tests/support", "/", name));
    return file ? file : public_find(tree, name);
}

void tidy_includes_resolve(struct tidy_tree *tree)
{
    for (size_t i = 0; i < tree->file_count; i++) {
        struct tidy_file *file = tree->files[i];
        for (size_t k = 0; k < file->include_count; k++) {
            struct tidy_include *include = &file->includes[k];
            include->file = include->is_quoted ? quoted_find(tree, file, include->name)
                                               : public_find(tree, include->name);
        }
    }
}

/* The headers of libc (and of the processor) that base may include. */
static bool is_libc(const char *name)
{
    static const char *const names[] = {
        "arpa/inet.h", "assert.h", "ctype.h",     "dirent.h",   "endian.h",  "errno.h",
        "fcntl.h",     "float.h",  "immintrin.h", "inttypes.h", "limits.h",  "locale.h",
        "malloc.h",    "math.h",   "pthread.h",   "sched.h",    "signal.h",  "spawn.h",
        "stdalign.h",  "stdarg.h", "stdatomic.h", "stdbool.h",  "stddef.h",  "stdint.h",
        "stdio.h",     "stdlib.h", "string.h",    "strings.h",  "threads.h", "time.h",
        "unistd.h",
    };
    if (!strncmp(name, "sys/", 4) || !strncmp(name, "linux/", 6))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(name, names[i]))
            return true;
    return false;
}

static bool is_ours_by_name(const char *name)
{
    static const char *const prefixes[] = { "base/", "bench/",  "stats/", "probe/", "prof/",
                                            "lab/",  "result/", "bpi/",   "mfn/",   "suite/" };
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
            return true;
    return false;
}

static bool is_allowed(const struct tidy_room *room, const char *from, const char *to)
{
    if (!strcmp(from, to) || (!room->prefix && tidy_is_below(to, room->folder)) ||
        tidy_room_of(to) == room)
        return true;
    for (size_t i = 0; i < sizeof room->may / sizeof *room->may && room->may[i]; i++)
        if (tidy_is_below(to, room->may[i]))
            return true;
    return false;
}

static void include_check(struct tidy_tree *tree, const struct tidy_file *file,
                          const struct tidy_include *include)
{
    const struct tidy_room *room = tidy_room_of(file->folder);
    if (!room)
        return;
    const bool is_free = room->may[0] && !*room->may[0];
    if (include->is_quoted && !is_free && strstr(include->name, "..")) {
        tidy_problem(tree, file->path, include->line,
                     "includes \"%s\": a folder is left by <prefix/x.h> only", include->name);
        return;
    }
    if (!include->file) {
        if (!include->is_quoted && is_ours_by_name(include->name))
            tidy_problem(tree, file->path, include->line,
                         "includes %s, and the tree has no such header", include->name);
        else if (!include->is_quoted && tidy_is_below(file->folder, "base") &&
                 !is_libc(include->name))
            tidy_problem(tree, file->path, include->line,
                         "includes <%s>: base knows libc and nothing else", include->name);
        return;
    }
    if (!is_allowed(room, file->folder, include->file->folder))
        tidy_problem(tree, file->path, include->line, "%s may not include %s (%s)", file->folder,
                     include->file->folder, include->file->path);
    else if (!include->file->is_public && strcmp(file->folder, include->file->folder) &&
             room->prefix)
        tidy_problem(tree, file->path, include->line, "%s is private to %s", include->file->path,
                     include->file->folder);
}

void tidy_includes_check(struct tidy_tree *tree)
{
    for (size_t i = 0; i < tree->file_count; i++)
        for (size_t k = 0; k < tree->files[i]->include_count; k++)
            include_check(tree, tree->files[i], &tree->files[i]->includes[k]);
}

/* Depth first; an include of a file that is still on the path closes a circle. */
static void header_visit(struct tidy_tree *tree, struct tidy_file *file)
{
    file->visit = 1;
    for (size_t i = 0; i < file->include_count; i++) {
        struct tidy_file *next = file->includes[i].file;
        if (!next || next->visit == 2)
            continue;
        if (next->visit == 1)
            tidy_problem(tree, file->path, file->includes[i].line,
                         "a circle of headers: %s leads back to this file", next->path);
        else
            header_visit(tree, next);
    }
    file->visit = 2;
}

/* The first include by which `from` reaches `to`; NULL when it does not. Answers the file in *by.
 */
static const struct tidy_include *edge_find(struct tidy_tree *tree, const char *from,
                                            const char *to, const struct tidy_file **by)
{
    for (size_t i = 0; i < tree->file_count; i++) {
        if (strcmp(tree->files[i]->folder, from))
            continue;
        *by = tree->files[i];
        for (size_t k = 0; k < (*by)->include_count; k++) {
            const struct tidy_include *include = &(*by)->includes[k];
            if (include->file && !strcmp(include->file->folder, to))
                return include;
        }
    }
    return NULL;
}

struct folders {
    const char *name[256];
    int visit[256];
    size_t count;
};

static void folders_list(struct tidy_tree *tree, struct folders *folders)
{
    for (size_t i = 0; i < tree->file_count; i++) {
        const struct tidy_file *file = tree->files[i];
        const struct tidy_room *room = tidy_room_of(file->folder);
        if (!file->is_c || !room || (room->may[0] && !*room->may[0]))
            continue;
        size_t k = 0;
        while (k < folders->count && strcmp(folders->name[k], file->folder))
            k++;
        if (k == folders->count && k < sizeof folders->name / sizeof *folders->name)
            folders->name[folders->count++] = file->folder;
    }
}

static void folder_visit(struct tidy_tree *tree, struct folders *folders, size_t from)
{
    folders->visit[from] = 1;
    for (size_t to = 0; to < folders->count; to++) {
        const struct tidy_file *by;
        const struct tidy_include *include;
        if (to == from || folders->visit[to] == 2 ||
            !(include = edge_find(tree, folders->name[from], folders->name[to], &by)))
            continue;
        if (folders->visit[to] == 1)
            tidy_problem(tree, by->path, include->line,
                         "a circle of folders: %s includes %s, which leads back to it",
                         folders->name[from], folders->name[to]);
        else
            folder_visit(tree, folders, to);
    }
    folders->visit[from] = 2;
}

void tidy_circles_check(struct tidy_tree *tree)
{
    for (size_t i = 0; i < tree->file_count; i++)
        if (tree->files[i]->visit == 0)
            header_visit(tree, tree->files[i]);
    struct folders folders = { .count = 0 };
    folders_list(tree, &folders);
    for (size_t i = 0; i < folders.count; i++)
        if (folders.visit[i] == 0)
            folder_visit(tree, &folders, i);
}

void tidy_graph_print(struct tidy_tree *tree, bool is_dot)
{
    struct folders folders = { .count = 0 };
    folders_list(tree, &folders);
    if (is_dot)
        puts("digraph house {\n    rankdir = TB;\n    node [shape = box];");
    for (size_t from = 0; from < folders.count; from++) {
        printf(is_dot ? "    \"%s\";\n" : "%-20s ->", folders.name[from]);
        for (size_t to = 0; to < folders.count; to++) {
            const struct tidy_file *by;
            if (to == from || !edge_find(tree, folders.name[from], folders.name[to], &by))
                continue;
            if (is_dot)
                printf("    \"%s\" -> \"%s\";\n", folders.name[from], folders.name[to]);
            else
                printf(" %s", folders.name[to]);
        }
        if (!is_dot)
            putchar('\n');
    }
    if (is_dot)
        puts("}");
}
