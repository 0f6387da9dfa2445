/* alm_graphml.c - GraphML by expat. The text is handed over in large pieces: expat copies what it
 * is given, and looks at a token that has not ended again with the next piece. */
#include "alm_graphml_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, PIECE_SIZE = 1 << 26 };

struct position alm_graphml_here(const struct alm_graphml *r)
{
    return (struct position){ (uint32_t)XML_GetCurrentLineNumber(r->parser),
                              (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1 };
}

void alm_graphml_fail_at(struct alm_graphml *r, struct position at, base_err err,
                         const char *sentence)
{
    r->err =
        base_fail(r->why, err, at.line, "line %u, column %u: %s", at.line, at.column, sentence);
    (void)XML_StopParser(r->parser, XML_FALSE); /* fails only when it has stopped already */
}

enum place alm_graphml_fail(struct alm_graphml *r, base_err err, const char *format, ...)
{
    char sentence[BASE_WHY_TEXT_SIZE];
    va_list list;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    alm_graphml_fail_at(r, alm_graphml_here(r), err, sentence);
    return SKIPPED;
}

static void XMLCALL element_begin(void *context, const char *name, const char **attributes)
{
    struct alm_graphml *const r = context;
    if (r->err != BASE_OK)
        return;
    if (++r->depth > DEPTH_MAX) {
        (void)alm_graphml_fail(r, BASE_EUNSUPPORTED, "elements are nested deeper than %d",
                               DEPTH_MAX);
        return;
    }
    if (r->skipped > 0) {
        r->skipped++;
        return;
    }
    const enum place before = r->place;
    const enum place next = alm_graphml_enter(r, name, attributes);
    r->place = next != SKIPPED ? next : before;
    r->skipped = next == SKIPPED;
}

static void XMLCALL element_end(void *context, const char *name)
{
    struct alm_graphml *const r = context;
    (void)name;
    if (r->err != BASE_OK)
        return;
    r->depth--;
    if (r->skipped > 0) {
        r->skipped--;
        return;
    }
    alm_graphml_leave(r);
}

static void XMLCALL characters(void *context, const char *text, int size)
{
    struct alm_graphml *const r = context;
    if (r->err != BASE_OK || r->skipped > 0 || (r->place != DATA && r->place != DEFAULT))
        return;
    for (int i = 0; i < size; i++) {
        if (r->text_size == 0 && strchr(" \t\r\n", text[i]) != NULL)
            continue;
        if (r->text_size == ALM_GRAPHML_TEXT_MAX) {
            (void)alm_graphml_fail(r, BASE_EPARSE, "the text of %s is longer than %d bytes",
                                   alm_graphml_place_name(r->place), ALM_GRAPHML_TEXT_MAX);
            return;
        }
        r->text[r->text_size++] = text[i];
    }
}

static void XMLCALL doctype(void *context, const char *name, const char *system, const char *public,
                            int has_internal)
{
    struct alm_graphml *const r = context;
    (void)name, (void)system, (void)public, (void)has_internal;
    if (r->err == BASE_OK)
        (void)alm_graphml_fail(
            r, BASE_EUNSUPPORTED,
            "a <!DOCTYPE> is not read, nor what it declares; GraphML needs none");
}

static void parse(struct alm_graphml *r, struct base_span text)
{
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, element_begin, element_end);
    XML_SetCharacterDataHandler(r->parser, characters);
    XML_SetStartDoctypeDeclHandler(r->parser, doctype);
    const char *piece = (const char *)text.data;
    size_t left = text.size;
    while (left > PIECE_SIZE &&
           XML_Parse(r->parser, piece, PIECE_SIZE, XML_FALSE) == XML_STATUS_OK) {
        piece += PIECE_SIZE;
        left -= PIECE_SIZE;
    }
    const enum XML_Status status =
        left > PIECE_SIZE ? XML_STATUS_ERROR : XML_Parse(r->parser, piece, (int)left, XML_TRUE);
    if (r->err != BASE_OK)
        return;
    const enum XML_Error error = XML_GetErrorCode(r->parser);
    if (status != XML_STATUS_OK)
        (void)alm_graphml_fail(r, error == XML_ERROR_NO_MEMORY ? BASE_ENOMEM : BASE_EPARSE, "%s",
                               XML_ErrorString(error));
    else if (!r->has_graph)
        (void)alm_graphml_fail(r, BASE_EPARSE, "the document has no <graph>");
}

base_err mfn_alm_graphml_read(struct mfn_alm_edges *edges, struct base_span text,
                              struct base_why *why)
{
    static const XML_Memory_Handling_Suite memory = { malloc, realloc, free };
    static const char separator[] = { ALM_GRAPHML_SEPARATOR, '\0' };
    assert(edges->count == 0 && edges->node_count == 0);
    if (text.size > MFN_ALM_TEXT_MAX_BYTES)
        return base_fail(why, BASE_ERANGE, 1, "%zu bytes, larger than the limit of %d", text.size,
                         MFN_ALM_TEXT_MAX_BYTES);
    struct alm_graphml *const r = calloc(1, sizeof *r);
    if (r == NULL)
        return base_fail(why, BASE_ENOMEM, 1, "out of memory");
    r->edges = edges;
    r->why = why;
    r->parser = XML_ParserCreate_MM(NULL, &memory, separator);
    if (r->parser != NULL)
        parse(r, text);
    else
        r->err = base_fail(why, BASE_ENOMEM, 1, "out of memory");
    const base_err err = r->err;
    if (r->parser != NULL)
        XML_ParserFree(r->parser);
    mfn_alm_edges_done(&r->keys);
    free(r->uses);
    free(r);
    if (err != BASE_OK)
        mfn_alm_edges_done(edges);
    return err;
}

base_err mfn_alm_graphml_load(struct mfn_alm_edges *edges, const char *path, struct base_why *why)
{
    struct base_buf buf = { 0 };
    base_err err = base_buf_read_file(&buf, path, MFN_ALM_TEXT_MAX_BYTES, why);
    if (err == BASE_OK) {
        err = mfn_alm_graphml_read(edges, base_buf_span(&buf), why);
        if (err != BASE_OK)
            base_fail_prefix(why, err, "%s", path);
    }
    base_buf_done(&buf);
    return err;
}

bool mfn_alm_graphml_is(struct base_span text)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t at = text.size >= 3 && memcmp(text.data, mark, 3) == 0 ? 3 : 0;
    if (text.size >= 2 &&
        (memcmp(text.data, "\xff\xfe", 2) == 0 || memcmp(text.data, "\xfe\xff", 2) == 0))
        return true;
    while (at < text.size && memchr(" \t\r\n", text.data[at], 4) != NULL)
        at++;
    return at < text.size && text.data[at] == '<';
}
