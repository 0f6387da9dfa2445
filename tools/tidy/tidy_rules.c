/* tidy_rules.c - names, sizes, comments: the rules that look at one file or one folder. */
#include "tidy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The next place at or after `at` where `word` stands alone; NULL when there is none. */
static const char *word_find(const char *text, const char *at, const char *word)
{
    const size_t size = strlen(word);
    while ((at = strstr(at, word))) {
        if ((at == text || !is_word(at[-1])) && !is_word(at[size]))
            return at;
        at += size;
    }
    return NULL;
}

static unsigned line_of(const char *text, const char *at)
{
    unsigned line = 1;
    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

/* The comment a C file begins with, as a range of its text; empty when there is none. */
static bool first_comment_has(const struct tidy_file *file, const char *word)
{
    const char *at = file->text + strspn(file->text, " \t\n");
    const char *end = strncmp(at, "/*", 2) ? NULL : strstr(at, "*/");
    const char *found = strstr(at, word);
    return end && found && found < end;
}

static bool has_prefix(const char *name, const char *prefix, bool is_upper)
{
    for (; *prefix; prefix++, name++)
        if (*name != (is_upper ? toupper((unsigned char)*prefix) : *prefix))
            return false;
    return *name == '_' || *name == '\0';
}

/* What a user's program sees must say whose it is. Names inside a room are free: the installed
 * libraries hide them. */
static void prefix_check(struct tidy_tree *tree, const struct tidy_file *file,
                         const struct tidy_room *room, const struct tidy_symbol *symbol)
{
    if (has_prefix(symbol->name, room->prefix, symbol->kind == TIDY_MACRO))
        return;
    if (symbol->kind == TIDY_MACRO)
        tidy_problem(tree, file->path, symbol->line,
                     "the macro %s lacks the prefix of its folder (%s_, in capitals)", symbol->name,
                     room->prefix);
    else
        tidy_problem(tree, file->path, symbol->line, "%s lacks the prefix of its folder, %s_",
                     symbol->name, room->prefix);
}

void tidy_symbols_check(struct tidy_tree *tree)
{
    for (size_t i = 0; i < tree->file_count; i++) {
        const struct tidy_file *file = tree->files[i];
        const struct tidy_room *room = tidy_room_of(file->folder);
        for (size_t k = 0; room && k < file->symbol_count; k++) {
            const struct tidy_symbol *symbol = &file->symbols[k];
            if (room->prefix && file->is_public)
                prefix_check(tree, file, room, symbol);
            const unsigned lines = symbol->line_last - symbol->line + 1;
            if (symbol->kind == TIDY_FUNCTION && lines > TIDY_FUNCTION_LINES_MAX)
                tidy_problem(tree, file->path, symbol->line,
                             "the function %s has %u lines, at most %d are allowed", symbol->name,
                             lines, TIDY_FUNCTION_LINES_MAX);
        }
    }
}

/* Marks of unfinished work; written apart so that this file does not carry them itself. */
static void marks_check(struct tidy_tree *tree, const struct tidy_file *file)
{
    static const char *const marks[] = { "TO"
                                         "DO",
                                         "FIX"
                                         "ME",
                                         "XX"
                                         "X" };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        for (const char *at = file->text; (at = word_find(file->text, at, marks[i])); at++)
            tidy_problem(tree, file->path, line_of(file->text, at),
                         "%s marks unfinished work: finish it or write it down elsewhere",
                         marks[i]);
}

/* Does the line of `at`, or one of the three above it, hold the word that gives a reason? */
static bool reason_stands_beside(const char *text, const char *at, const char *word)
{
    const char *end = at + strcspn(at, "\n");
    const char *start = at;
    for (int breaks = 0; start > text; start--)
        if (start[-1] == '\n' && ++breaks == 4)
            break;
    const char *found = strstr(start, word);
    return found && found < end;
}

static void sleeps_check(struct tidy_tree *tree, const struct tidy_file *file)
{
    static const char *const calls[] = { "sleep", "usleep", "nanosleep", "clock_nanosleep",
                                         "thrd_sleep" };
    const struct tidy_room *room = tidy_room_of(file->folder);
    if (!file->is_c || !room || !room->prefix)
        return;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        for (const char *at = file->code; (at = word_find(file->code, at, calls[i])); at++) {
            const char *after = at + strlen(calls[i]);
            const char *text = file->text + (at - file->code);
            if (after[strspn(after, " \t\n")] == '(' &&
                !reason_stands_beside(file->text, text, "sleep:"))
                tidy_problem(tree, file->path, line_of(file->code, at),
                             "calls %s below the apps without a comment \"sleep:\" that says why",
                             calls[i]);
        }
}

static void file_check(struct tidy_tree *tree, const struct tidy_file *file)
{
    marks_check(tree, file);
    sleeps_check(tree, file);
    if (file->is_c && file->line_count > TIDY_FILE_LINES_MAX && !first_comment_has(file, "long:"))
        tidy_problem(tree, file->path, file->line_count,
                     "%u lines; more than %d need a first comment that says \"long:\" and why",
                     file->line_count, TIDY_FILE_LINES_MAX);
    if (file->is_public && strncmp(file->text, "/*", 2))
        tidy_problem(tree, file->path, 1, "a public header begins with a comment: its contract");
    const struct tidy_room *room = tidy_room_of(file->folder);
    if (room && room->prefix && !strcmp(file->name, "CMakeLists.txt") &&
        file->line_count > TIDY_CMAKE_LINES_MAX)
        tidy_problem(tree, file->path, file->line_count,
                     "%u lines, at most %d: build logic lives in cmake/Library.cmake",
                     file->line_count, TIDY_CMAKE_LINES_MAX);
}

void tidy_files_check(struct tidy_tree *tree)
{
    for (size_t i = 0; i < tree->file_count; i++) {
        file_check(tree, tree->files[i]);
        for (size_t k = 0; tree->files[i]->is_c && k < i; k++)
            if (tree->files[k]->is_c && !strcmp(tree->files[k]->name, tree->files[i]->name))
                tidy_problem(tree, tree->files[i]->path, 1,
                             "%s has the same name; file names are unique", tree->files[k]->path);
    }
}

/* Every room of the house has a README.md. */
void tidy_folders_check(struct tidy_tree *tree)
{
    const char *last = "";
    for (size_t i = 0; i < tree->file_count; i++) {
        const char *folder = tree->files[i]->folder;
        const struct tidy_room *room = tidy_room_of(folder);
        if (!tree->files[i]->is_c || !strcmp(folder, last) || !room ||
            (room->may[0] && !*room->may[0]))
            continue;
        last = folder;
        bool found = false;
        for (size_t k = 0; k < tree->file_count; k++)
            found |= !strcmp(tree->files[k]->name, "README.md") &&
                     !strcmp(tree->files[k]->folder, folder);
        if (!found)
            tidy_problem(tree, folder, 1, "the folder has no README.md");
    }
}
