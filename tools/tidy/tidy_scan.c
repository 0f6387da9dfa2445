/* tidy_scan.c - finds what a C file includes and defines, without a compiler.
 *
 * First comments, strings and characters are blanked, keeping every line break. Then one walk
 * counts braces: what stands at depth 0 between two ends (';' or the '}' of a function) is one
 * item; its head tells what it is. At #else the walk goes back to the depth it had at #if, so that
 * two variants of one opening brace count once. This is enough for code in our own layout.
 */
#include "tidy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { CONDITION_MAX = 32 };

struct walk {
    struct tidy_tree *tree;
    struct tidy_file *file;
    const char *at;
    unsigned line;
    const char *item; /* where the item begins; NULL: between items */
    unsigned item_line;
    unsigned depth, parens;
    bool in_function;
    bool has_body; /* the item has had its braces */
    struct {
        const char *item;
        unsigned item_line, depth, parens;
        bool in_function, has_body;
    } conditions[CONDITION_MAX];
    size_t condition_count;
};

static char *blank_to(char *at, const char *end)
{
    for (; at < end; at++)
        if (*at != '\n')
            *at = ' ';
    return at;
}

static char *literal_end(char *at)
{
    const char quote = *at++;
    while (*at && *at != quote && *at != '\n')
        at += at[0] == '\\' && at[1] ? 2 : 1;
    return *at == quote ? at + 1 : at;
}

/* The quotes of a string stay, so that #include "x.h" can be told from <x.h>. */
static void blank(char *code)
{
    for (char *at = code; *at;) {
        if (!strncmp(at, "/*", 2)) {
            const char *end = strstr(at + 2, "*/");
            at = blank_to(at, end ? end + 2 : at + strlen(at));
        } else if (!strncmp(at, "//", 2)) {
            at = blank_to(at, at + strcspn(at, "\n"));
        } else if (*at == '"' || *at == '\'') {
            char *end = literal_end(at);
            blank_to(at + 1, end - (end > at + 1));
            at = end;
        } else {
            at++;
        }
    }
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool starts_word(const char *at, const char *word)
{
    const size_t size = strlen(word);
    return !strncmp(at, word, size) && !is_word(at[size]);
}

static void symbol_add(struct walk *walk, enum tidy_kind kind, const char *name, size_t size,
                       unsigned line)
{
    struct tidy_file *file = walk->file;
    struct tidy_symbol symbol = { .kind = kind, .line = line, .line_last = walk->line };
    symbol.name = base_arena_text_of(&walk->tree->arena, name, size);
    if (!symbol.name)
        abort();
    file->symbols = tidy_grow(walk->tree, file->symbols, file->symbol_count, &file->symbol_capacity,
                              sizeof symbol);
    file->symbols[file->symbol_count++] = symbol;
}

/* The identifier that ends just before `end`, blanks left out; NULL when there is none. */
static const char *word_before(const char *start, const char *end, size_t *size)
{
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    const char *word = end;
    while (word > start && is_word(word[-1]))
        word--;
    *size = (size_t)(end - word);
    return *size && !isdigit((unsigned char)*word) ? word : NULL;
}

static const char *parens_end(const char *at, const char *end)
{
    unsigned depth = 0;
    for (; at < end; at++) {
        depth += *at == '(';
        if (*at == ')' && --depth == 0)
            return at + 1;
    }
    return end;
}

/* The name of the function that a head declares: the word before the first '(' that is no
 * attribute. NULL for data, types, and pointers to functions. */
static const char *function_name(const char *head, const char *end, size_t *size)
{
    static const char *const attributes[] = { "__attribute__",  "__typeof__",    "__asm__",
                                              "_Static_assert", "static_assert", "_Alignas" };
    for (const char *at = head; at < end; at++) {
        if (*at == '=')
            return NULL;
        if (*at != '(')
            continue;
        const char *name = word_before(head, at, size);
        bool is_attribute = false;
        for (size_t i = 0; name && i < sizeof attributes / sizeof *attributes; i++)
            is_attribute |= starts_word(name, attributes[i]);
        if (!is_attribute)
            return at + 1 < end && at[1] == '*' ? NULL : name;
        at = parens_end(at, end) - 1;
    }
    return NULL;
}

static void type_add(struct walk *walk, const char *end)
{
    static const char *const kinds[] = { "struct", "union", "enum" };
    for (const char *at = walk->item; at < end; at++) {
        if (at > walk->item && is_word(at[-1]))
            continue;
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            if (!starts_word(at, kinds[i]))
                continue;
            size_t size;
            const char *tag = word_before(at + strlen(kinds[i]), end, &size);
            if (tag)
                symbol_add(walk, TIDY_TYPE, tag, size, walk->item_line);
            return;
        }
    }
}

static void brace_open(struct walk *walk)
{
    size_t size;
    if (walk->depth == 0 && walk->item && !walk->has_body) {
        if (starts_word(walk->item, "extern") && strchr("\" \n", walk->item[6]) &&
            memchr(walk->item, '"', (size_t)(walk->at - walk->item))) {
            walk->item = NULL; /* extern "C": the braces do not nest */
            return;
        }
        walk->in_function = function_name(walk->item, walk->at, &size) != NULL;
        if (!walk->in_function && !memchr(walk->item, '=', (size_t)(walk->at - walk->item)))
            type_add(walk, walk->at);
        walk->has_body = true;
    }
    walk->depth++;
}

static void brace_close(struct walk *walk)
{
    if (walk->depth == 0)
        return;
    if (--walk->depth > 0 || !walk->in_function)
        return;
    size_t size;
    const char *name = function_name(walk->item, walk->at, &size);
    if (name)
        symbol_add(walk, TIDY_FUNCTION, name, size, walk->item_line);
    walk->item = NULL;
    walk->in_function = walk->has_body = false;
}

static void item_end(struct walk *walk)
{
    if (walk->depth || walk->parens)
        return;
    size_t size;
    if (walk->item && !walk->has_body) {
        const char *name = function_name(walk->item, walk->at, &size);
        if (name)
            symbol_add(walk, TIDY_DECLARATION, name, size, walk->item_line);
        else if (starts_word(walk->item, "extern")) {
            const char *end = walk->item;
            while (end < walk->at && !strchr("[=(", *end))
                end++;
            name = word_before(walk->item, end, &size);
            if (name)
                symbol_add(walk, TIDY_VARIABLE, name, size, walk->item_line);
        }
    }
    walk->item = NULL;
    walk->has_body = false;
}

static void include_add(struct walk *walk, const char *at)
{
    const char open = *at;
    if (open != '<' && open != '"')
        return;
    const char *text = walk->file->text + (at - walk->file->code) + 1;
    const size_t size = strcspn(text, open == '<' ? ">\n" : "\"\n");
    struct tidy_file *file = walk->file;
    file->includes = tidy_grow(walk->tree, file->includes, file->include_count,
                               &file->include_capacity, sizeof *file->includes);
    struct tidy_include *include = &file->includes[file->include_count++];
    *include = (struct tidy_include){ .line = walk->line, .is_quoted = open == '"' };
    include->name = base_arena_text_of(&walk->tree->arena, text, size);
    if (!include->name)
        abort();
}

static void condition_open(struct walk *walk)
{
    if (walk->condition_count < CONDITION_MAX) {
        walk->conditions[walk->condition_count].item = walk->item;
        walk->conditions[walk->condition_count].item_line = walk->item_line;
        walk->conditions[walk->condition_count].depth = walk->depth;
        walk->conditions[walk->condition_count].parens = walk->parens;
        walk->conditions[walk->condition_count].in_function = walk->in_function;
        walk->conditions[walk->condition_count].has_body = walk->has_body;
    }
    walk->condition_count++;
}

static void condition_else(struct walk *walk)
{
    if (walk->condition_count == 0 || walk->condition_count > CONDITION_MAX)
        return;
    const size_t top = walk->condition_count - 1;
    walk->item = walk->conditions[top].item;
    walk->item_line = walk->conditions[top].item_line;
    walk->depth = walk->conditions[top].depth;
    walk->parens = walk->conditions[top].parens;
    walk->in_function = walk->conditions[top].in_function;
    walk->has_body = walk->conditions[top].has_body;
}

/* A preprocessor line with its continuations; leaves `at` on its last line break. */
static void directive(struct walk *walk)
{
    const char *at = walk->at + 1;
    at += strspn(at, " \t");
    if (starts_word(at, "include")) {
        include_add(walk, at + 7 + strspn(at + 7, " \t"));
    } else if (starts_word(at, "define")) {
        const char *name = at + 6 + strspn(at + 6, " \t");
        size_t size = 0;
        while (is_word(name[size]))
            size++;
        const char *item = walk->item;
        walk->item = NULL;
        symbol_add(walk, TIDY_MACRO, name, size, walk->line);
        walk->item = item;
    } else if (!strncmp(at, "if", 2)) {
        condition_open(walk);
    } else if (starts_word(at, "else") || starts_word(at, "elif")) {
        condition_else(walk);
    } else if (starts_word(at, "endif") && walk->condition_count) {
        walk->condition_count--;
    }
    while (walk->at[1] && (walk->at[1] != '\n' || *walk->at == '\\')) {
        walk->at++;
        walk->line += *walk->at == '\n';
    }
}

static bool is_line_start(const struct walk *walk)
{
    const char *at = walk->at;
    while (at > walk->file->code && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    return at == walk->file->code || at[-1] == '\n';
}

void tidy_scan(struct tidy_tree *tree, struct tidy_file *file)
{
    char *code = base_arena_text(&tree->arena, file->text);
    if (!code)
        abort();
    blank(code);
    file->code = code;
    struct walk walk = { .tree = tree, .file = file, .at = code, .line = 1 };
    for (; *walk.at; walk.at++) {
        const char c = *walk.at;
        if (c == '#' && is_line_start(&walk)) {
            directive(&walk);
            continue;
        }
        if (c == '\n')
            walk.line++;
        if (!walk.item && walk.depth == 0 && !isspace((unsigned char)c) && !strchr(";}", c)) {
            walk.item = walk.at;
            walk.item_line = walk.line;
        }
        walk.parens += c == '(';
        walk.parens -= c == ')' && walk.parens;
        if (c == '{')
            brace_open(&walk);
        else if (c == '}')
            brace_close(&walk);
        else if (c == ';')
            item_end(&walk);
    }
}
