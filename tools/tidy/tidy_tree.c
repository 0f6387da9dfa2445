/* tidy_tree.c - reads the tree into memory, sorted by path so that every run says the same. */
#include "tidy.h"

#include <base/buf.h>

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct tidy_room rooms[] = {
    { "base", "base", { NULL } },
    { "instrument/measure", "bench", { "base", "instrument" } },
    { "instrument/stats", "stats", { "base", "instrument" } },
    { "instrument/probe", "probe", { "base", "instrument" } },
    { "instrument/profile", "prof", { "base", "instrument" } },
    { "instrument/lab", "lab", { "base", "instrument" } },
    { "subjects/bpi", "bpi", { "base" } },
    { "subjects/mfn", "mfn", { "base" } },
    { "results", "result", { "base", "instrument/stats" } },
    { "suites", "suite", { "base", "instrument", "subjects" } },
    { "apps", NULL, { "base", "instrument", "results", "suites" } },
    { "tests", NULL, { "" } },
    { "tools", NULL, { "" } },
    { "examples", NULL, { "" } },
};

bool tidy_is_below(const char *folder, const char *parent)
{
    const size_t size = strlen(parent);
    return size == 0 ||
           (!strncmp(folder, parent, size) && (folder[size] == '/' || folder[size] == '\0'));
}

const struct tidy_room *tidy_room_of(const char *folder)
{
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        if (tidy_is_below(folder, rooms[i].folder))
            return &rooms[i];
    return NULL;
}

void tidy_problem(struct tidy_tree *tree, const char *path, unsigned line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s:%u: ", path, line);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    tree->problem_count++;
}

static void *checked(void *memory)
{
    if (!memory) {
        fputs("tidy: out of memory\n", stderr);
        exit(2);
    }
    return memory;
}

void *tidy_grow(struct tidy_tree *tree, void *items, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return items;
    const size_t more = *capacity ? 2 * *capacity : 16;
    void *grown = checked(base_arena_array(&tree->arena, more, size));
    if (count)
        memcpy(grown, items, count * size);
    *capacity = more;
    return grown;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text), tail = strlen(end);
    return size >= tail && !strcmp(text + size - tail, end);
}

/* What people write by hand; data, pictures and licence texts are left alone. */
static bool is_read(const char *name)
{
    static const char *const ends[] = { ".c",  ".h",  ".S",    ".sh",    ".py",
                                        ".rs", ".md", ".yaml", ".cmake", ".txt" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(name, ends[i]))
            return true;
    return !strchr(name, '.'); /* scripts and Makefiles */
}

static bool is_skipped(const char *path, const char *name)
{
    return name[0] == '.' || !strcmp(path, "build") || !strcmp(path, "tests/data") ||
           !strcmp(name, "corpus") || !strcmp(name, "golden") || !strcmp(name, "__pycache__") ||
           !strcmp(name, "node_modules") || !strcmp(name, "LICENSE");
}

static const char *folder_of(struct tidy_tree *tree, const char *path)
{
    const char *end = strstr(path, "/include/");
    if (!end)
        end = strstr(path, "/src/");
    if (!end)
        end = strrchr(path, '/');
    return checked(base_arena_text_of(&tree->arena, path, end ? (size_t)(end - path) : 0));
}

static base_err file_add(struct tidy_tree *tree, const char *full, const char *path,
                         struct base_why *why)
{
    struct base_buf buf = { 0 };
    const base_err err = base_buf_read_file(&buf, full, TIDY_FILE_SIZE_MAX, why);
    if (err) {
        base_buf_done(&buf);
        return err;
    }
    struct tidy_file *file = checked(base_arena_alloc(&tree->arena, sizeof *file));
    file->path = checked(base_arena_text(&tree->arena, path));
    file->name = strrchr(file->path, '/') ? strrchr(file->path, '/') + 1 : file->path;
    file->folder = folder_of(tree, path);
    file->text = checked(base_arena_text_of(&tree->arena, (const char *)buf.data, buf.size));
    file->is_c = ends_with(path, ".c") || ends_with(path, ".h");
    file->is_public = ends_with(path, ".h") && strstr(path, "/include/");
    for (size_t i = 0; i < buf.size; i++)
        file->line_count += buf.data[i] == '\n';
    base_buf_done(&buf);
    if (file->is_c)
        tidy_scan(tree, file);
    tree->files =
        tidy_grow(tree, tree->files, tree->file_count, &tree->file_capacity, sizeof *tree->files);
    tree->files[tree->file_count++] = file;
    return BASE_OK;
}

static base_err folder_add(struct tidy_tree *tree, const char *path, struct base_why *why);

static base_err entry_add(struct tidy_tree *tree, const char *folder, const char *name,
                          struct base_why *why)
{
    const char *path = name;
    if (*folder)
        path = checked(base_arena_printf(&tree->arena, "%s/%s", folder, name));
    if (is_skipped(path, name))
        return BASE_OK;
    const char *full = checked(base_arena_printf(&tree->arena, "%s/%s", tree->root, path));
    struct stat status;
    if (lstat(full, &status))
        return base_fail(why, BASE_EIO, 0, "cannot look at %s", full);
    if (S_ISDIR(status.st_mode))
        return folder_add(tree, path, why);
    if (S_ISREG(status.st_mode) && is_read(name))
        return file_add(tree, full, path, why);
    return BASE_OK;
}

static base_err folder_add(struct tidy_tree *tree, const char *path, struct base_why *why)
{
    const char *full = checked(base_arena_printf(&tree->arena, "%s/%s", tree->root, path));
    DIR *folder = opendir(full);
    if (!folder)
        return base_fail(why, BASE_EIO, 0, "cannot open the folder %s", full);
    base_err err = BASE_OK;
    for (struct dirent *entry; !err && (entry = readdir(folder));)
        err = entry_add(tree, path, entry->d_name, why);
    closedir(folder);
    return err;
}

static int by_path(const void *a, const void *b)
{
    const struct tidy_file *const *left = a, *const *right = b;
    return strcmp((*left)->path, (*right)->path);
}

base_err tidy_tree_read(struct tidy_tree *tree, const char *root, struct base_why *why)
{
    tree->root = root;
    const base_err err = folder_add(tree, "", why);
    if (!err && tree->file_count)
        qsort(tree->files, tree->file_count, sizeof *tree->files, by_path);
    return err;
}

void tidy_tree_done(struct tidy_tree *tree)
{
    base_arena_done(&tree->arena);
    *tree = (struct tidy_tree){ 0 };
}
