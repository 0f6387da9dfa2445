/* enc_make.c - real documents out of files that every Debian machine has. */
#include "enc_documents.h"

#include <stdio.h>
#include <string.h>

enum { PACKAGES_MAX = 500, CHUNK_BYTES = 4096, SOURCE_MAX_BYTES = 64 << 20 };

/* A line without its end, cut off the front of *rest. */
static struct base_span take_line(struct base_span *rest)
{
    const uint8_t *const end = memchr(rest->data, '\n', rest->size);
    const size_t size = end == NULL ? rest->size : (size_t)(end - rest->data);
    const struct base_span line = base_span_of(rest->data, size);
    const size_t step = end == NULL ? size : size + 1;
    *rest = base_span_of(rest->data + step, rest->size - step);
    return line;
}

static struct base_span trim(struct base_span text, const char *blanks)
{
    while (text.size > 0 && strchr(blanks, text.data[0]) != NULL && text.data[0] != 0)
        text = base_span_of(text.data + 1, text.size - 1);
    while (text.size > 0 && strchr(blanks, text.data[text.size - 1]) != NULL &&
           text.data[text.size - 1] != 0)
        text.size--;
    return text;
}

/* Text when it is UTF-8, else bytes. */
static base_err add_text(struct enc_tokens *tokens, struct base_span text)
{
    const bool is_text = bpi_cbor_utf8_valid(text.data, text.size) == text.size;
    return enc_tokens_add_string(tokens, is_text ? BPI_CBOR_TEXT : BPI_CBOR_BYTES, text);
}

static base_err add_entry(struct enc_tokens *tokens, struct base_span key, struct base_span value)
{
    const base_err err = add_text(tokens, key);
    return err == BASE_OK ? add_text(tokens, value) : err;
}

/* Lines of "key<separators>value" as a map; comments and empty lines are left out, and of equal
 * keys the later ones. */
static base_err make_lines(struct enc_tokens *tokens, const char *separators, const char *quotes)
{
    struct base_span rest = base_buf_span(&tokens->input);
    base_err err = enc_tokens_add(tokens, BPI_CBOR_MAP, 0);
    const size_t map = tokens->count - 1;
    while (err == BASE_OK && rest.size > 0) {
        const struct base_span line = take_line(&rest);
        size_t key = 0;
        while (key < line.size &&
               (line.data[key] == 0 || strchr(separators, line.data[key]) == NULL))
            key++;
        if (key == 0 || key == line.size || line.data[0] == '#')
            continue;
        const struct base_span name = base_span_of(line.data, key);
        bool is_known = false;
        for (size_t i = map + 1; i < tokens->count; i += 2)
            is_known |= tokens->items[i].string.size == key &&
                        memcmp(tokens->items[i].string.data, name.data, key) == 0;
        if (is_known)
            continue;
        err = add_entry(
            tokens, name,
            trim(trim(base_span_of(line.data + key, line.size - key), separators), quotes));
        tokens->items[map].value++;
    }
    return err;
}

/* A paragraph of "Field: value" lines (a line that starts with a blank continues the one before) as
 * one map; the paragraph ends with an empty line. */
static base_err make_paragraph(struct enc_tokens *tokens, struct base_span *rest)
{
    base_err err = enc_tokens_add(tokens, BPI_CBOR_MAP, 0);
    const size_t map = tokens->count - 1;
    while (err == BASE_OK && rest->size > 0) {
        const struct base_span line = take_line(rest);
        if (line.size == 0)
            break;
        if (line.data[0] == ' ' && tokens->count > map + 2) {
            struct bpi_cbor_item *const value = &tokens->items[tokens->count - 1];
            value->string.size = (size_t)(line.data + line.size - value->string.data);
            value->value = value->string.size;
            continue;
        }
        const uint8_t *const colon = memchr(line.data, ':', line.size);
        if (colon == NULL)
            continue;
        const size_t key = (size_t)(colon - line.data);
        err = add_entry(tokens, base_span_of(line.data, key),
                        trim(base_span_of(colon + 1, line.size - key - 1), " \t"));
        tokens->items[map].value++;
    }
    return err;
}

static base_err make_packages(struct enc_tokens *tokens)
{
    struct base_span rest = base_buf_span(&tokens->input);
    base_err err = enc_tokens_add(tokens, BPI_CBOR_ARRAY, 0);
    for (size_t i = 0; err == BASE_OK && i < PACKAGES_MAX && rest.size > 0; i++) {
        err = make_paragraph(tokens, &rest);
        tokens->items[0].value++;
    }
    return err;
}

static base_err make_binary(struct enc_tokens *tokens)
{
    const struct base_span whole = base_buf_span(&tokens->input);
    base_err err =
        enc_tokens_add(tokens, BPI_CBOR_ARRAY, (whole.size + CHUNK_BYTES - 1) / CHUNK_BYTES);
    for (size_t at = 0; err == BASE_OK && at < whole.size; at += CHUNK_BYTES) {
        const size_t left = whole.size - at;
        err = enc_tokens_add_string(
            tokens, BPI_CBOR_BYTES,
            base_span_of(whole.data + at, left < CHUNK_BYTES ? left : CHUNK_BYTES));
    }
    return err;
}

/* The compiled tables of the C.UTF-8 locale, name to bytes: where the package of aliases is absent.
 */
static base_err make_tables(struct enc_tokens *tokens, struct base_why *why)
{
    static const char *const names[] = { "LC_ADDRESS",   "LC_COLLATE", "LC_CTYPE",
                                         "LC_MONETARY",  "LC_NUMERIC", "LC_PAPER",
                                         "LC_TELEPHONE", "LC_TIME",    "LC_MEASUREMENT" };
    enum { NAMES = sizeof names / sizeof names[0] };
    base_err err = enc_tokens_add(tokens, BPI_CBOR_MAP, NAMES);
    for (size_t i = 0; err == BASE_OK && i < NAMES; i++) {
        char path[64];
        struct base_buf table = { 0 };
        snprintf(path, sizeof path, "/usr/lib/locale/C.utf8/%s", names[i]);
        err = base_buf_read_file(&table, path, SOURCE_MAX_BYTES, why);
        const char *const copy =
            err != BASE_OK
                ? NULL
                : base_arena_text_of(&tokens->texts, (const char *)table.data, table.size);
        if (err == BASE_OK)
            err = copy == NULL ? base_fail(why, BASE_ENOMEM, 0, "%s: no memory", path)
                               : add_text(tokens, base_span_of(names[i], strlen(names[i])));
        if (err == BASE_OK)
            err = enc_tokens_add_string(tokens, BPI_CBOR_BYTES, base_span_of(copy, table.size));
        base_buf_done(&table);
    }
    return err;
}

/* The first of the paths that there is. */
static base_err read_one_of(struct enc_tokens *tokens, const char *const *paths,
                            struct base_why *why)
{
    base_err err = BASE_ENOTFOUND;
    for (; err == BASE_ENOTFOUND && *paths != NULL; paths++)
        err = base_buf_read_file(&tokens->input, *paths, SOURCE_MAX_BYTES, why);
    return err;
}

enum { OS_RELEASE, PACKAGES, LOCALE, BINARY, SOURCES };

static base_err make_source(int source, struct enc_tokens *tokens)
{
    switch (source) {
    case OS_RELEASE:
        return make_lines(tokens, "=", "\"'");
    case PACKAGES:
        return make_packages(tokens);
    case LOCALE:
        return make_lines(tokens, " \t", "");
    default:
        return make_binary(tokens);
    }
}

base_err enc_documents_make(const char *name, struct enc_tokens *tokens, struct base_why *why)
{
    static const struct {
        const char *name;
        const char *paths[3];
    } sources[SOURCES] = {
        [OS_RELEASE] = { "os-release", { "/etc/os-release", "/usr/lib/os-release" } },
        [PACKAGES] = { "packages", { "/var/lib/dpkg/status" } },
        [LOCALE] = { "locale", { "/usr/share/locale/locale.alias", "/etc/locale.alias" } },
        [BINARY] = { "binary", { "/bin/ls", "/bin/busybox" } },
    };
    int source = 0;
    while (source < SOURCES && strcmp(sources[source].name, name) != 0)
        source++;
    if (source == SOURCES)
        return base_fail(why, BASE_EINVALID, 0,
                         "document: \"%s\" is none of os-release, packages, locale, binary", name);
    base_err err = read_one_of(tokens, sources[source].paths, why);
    if (err == BASE_ENOTFOUND && source == LOCALE)
        return make_tables(tokens, why);
    if (err != BASE_OK)
        return err;
    err = make_source(source, tokens);
    return err == BASE_OK ? err : base_fail(why, err, 0, "no memory for document %s", name);
}
