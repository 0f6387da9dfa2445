/* tidy.h - the tree as tidy sees it: files, what they include, what they define.
 *
 * Ownership everything lives in the tree's arena until tidy_tree_done
 * Threads   one tree, one thread
 */
#ifndef TOOLS_TIDY_H
#define TOOLS_TIDY_H

#include <base/arena.h>
#include <base/err.h>

#include <stdbool.h>

enum {
    TIDY_FUNCTION_LINES_MAX = 70,
    TIDY_FILE_LINES_MAX = 800,
    TIDY_CMAKE_LINES_MAX = 10,
    TIDY_FILE_SIZE_MAX = 16 << 20,
};

enum tidy_kind { TIDY_FUNCTION, TIDY_DECLARATION, TIDY_TYPE, TIDY_MACRO, TIDY_VARIABLE };

/* What a file defines or declares at its outermost level. */
struct tidy_symbol {
    enum tidy_kind kind;
    const char *name;
    unsigned line;
    unsigned line_last; /* of the closing brace; functions only */
};

struct tidy_include {
    const char *name; /* between the quotes or brackets */
    unsigned line;
    bool is_quoted;
    struct tidy_file *file; /* NULL: not one of ours */
};

struct tidy_file {
    const char *path;   /* from the root, "base/src/err.c" */
    const char *name;   /* after the last '/' */
    const char *folder; /* the room: what stands before /include/ or /src/, else the directory */
    const char *text;
    const char *code; /* the text with comments, strings and characters blanked; C files only */
    unsigned line_count;
    bool is_c; /* .c or .h */
    bool is_public;
    struct tidy_include *includes;
    size_t include_count, include_capacity;
    struct tidy_symbol *symbols;
    size_t symbol_count, symbol_capacity;
    int visit; /* of the search for circles: 0 new, 1 on the path, 2 done */
};

struct tidy_tree {
    struct base_arena arena;
    const char *root;
    struct tidy_file **files; /* sorted by path */
    size_t file_count, file_capacity;
    unsigned problem_count;
};

/* Which folders may be included by which, and the prefix of what they define. */
struct tidy_room {
    const char *folder; /* "instrument/stats"; also stands for the folders below it */
    const char *prefix; /* of symbols, without '_'; NULL: free */
    const char *may[6]; /* folders it may include, besides itself; "" is the whole tree */
};

/* The room a folder belongs to, NULL when it is no part of the house. */
const struct tidy_room *tidy_room_of(const char *folder);

/* Is `folder` the same as or below `parent`? */
bool tidy_is_below(const char *folder, const char *parent);

/* Read the tree: every file of the house, its tests, tools, examples and documents, but not build
 * trees, version control, and test data. Errors: EIO, ENOMEM */
BASE_MUST_USE base_err tidy_tree_read(struct tidy_tree *tree, const char *root,
                                      struct base_why *why);
void tidy_tree_done(struct tidy_tree *tree);

/* Room for one more in an array that lives in the arena; exits when out of memory. */
void *tidy_grow(struct tidy_tree *tree, void *items, size_t count, size_t *capacity, size_t size);

/* Fill a C file's code, includes and symbols from its text. */
void tidy_scan(struct tidy_tree *tree, struct tidy_file *file);

/* One line on standard output, "path:line: sentence", and one more problem. */
void tidy_problem(struct tidy_tree *tree, const char *path, unsigned line, const char *format, ...)
    BASE_PRINTF(4, 5);

/* The rules; each reports through tidy_problem. */
void tidy_includes_resolve(struct tidy_tree *tree);
void tidy_includes_check(struct tidy_tree *tree);
void tidy_circles_check(struct tidy_tree *tree);
void tidy_symbols_check(struct tidy_tree *tree);
void tidy_files_check(struct tidy_tree *tree);
void tidy_folders_check(struct tidy_tree *tree);

/* Print which folder includes which: a line a folder, or a graph for dot. */
void tidy_graph_print(struct tidy_tree *tree, bool is_dot);

#endif
