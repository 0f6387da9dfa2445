/* pprof.c - the few messages of profile.proto by hand: a key is field << 3 | wire type, 0 for a
 * varint, 2 for bytes with their size before them. Every frame is a function and a location. */
#include <prof/write.h>

#include "escape_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define TRY(call)                                                                                  \
    do {                                                                                           \
        const base_err err_ = (call);                                                              \
        if (err_ != BASE_OK)                                                                       \
            return err_;                                                                           \
    } while (0)

enum profile_field {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_MAPPING = 3,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING = 6,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD = 12,
    PROFILE_DEFAULT_TYPE = 14,
};
enum { TEXT_FIXED = 5 }; /* "", and the names of two types with their units */

struct pprof {
    const struct prof_stacks *stacks;
    struct base_buf *out; /* not compressed */
    struct base_buf part; /* the message being made, and one inside it */
    struct base_buf inner;
    uint32_t *mappings; /* [frame_count] number of each frame's module, 0: none */
    uint32_t mapping_count;
};

static base_err put_varint(struct base_buf *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    return base_buf_put(out, bytes, size);
}

static base_err put_number(struct base_buf *out, unsigned field, uint64_t value)
{
    const base_err err = put_varint(out, field << 3);
    return err == BASE_OK ? put_varint(out, value) : err;
}

static base_err put_bytes(struct base_buf *out, unsigned field, const void *data, size_t size)
{
    TRY(put_varint(out, field << 3 | 2));
    TRY(put_varint(out, size));
    return base_buf_put(out, data, size);
}

/* The finished message as a field of the profile. */
static base_err put_part(struct pprof *pprof, unsigned field)
{
    const base_err err = put_bytes(pprof->out, field, pprof->part.data, pprof->part.size);
    base_buf_clear(&pprof->part);
    return err;
}

static base_err put_type(struct pprof *pprof, unsigned field, unsigned type, unsigned unit)
{
    TRY(put_number(&pprof->part, 1, type));
    TRY(put_number(&pprof->part, 2, unit));
    return put_part(pprof, field);
}

/* Texts are the fixed ones, then name, module and file of every frame. */
static uint64_t text_of(size_t frame, unsigned which)
{
    return TEXT_FIXED + 3 * (uint64_t)frame + which;
}

/* A profile's texts are UTF-8. */
static base_err put_text(struct pprof *pprof, const char *text)
{
    base_buf_clear(&pprof->inner);
    while (*text != '\0') {
        const size_t size = escape_utf8_size(text);
        TRY(size == 0 ? base_buf_put_text(&pprof->inner, "\xef\xbf\xbd")
                      : base_buf_put(&pprof->inner, text, size));
        text += size == 0 ? 1 : size;
    }
    return put_bytes(pprof->out, PROFILE_STRING, pprof->inner.data, pprof->inner.size);
}

static base_err put_texts(struct pprof *pprof)
{
    static const char *const fixed[2][TEXT_FIXED] = {
        { "", "samples", "count", "cpu", "nanoseconds" },
        { "", "alloc_objects", "count", "alloc_space", "bytes" },
    };
    for (size_t i = 0; i < TEXT_FIXED; i++)
        TRY(put_text(pprof, fixed[pprof->stacks->about.what][i]));
    for (size_t i = 0; i < pprof->stacks->frame_count; i++) {
        TRY(put_text(pprof, pprof->stacks->frames[i].name));
        TRY(put_text(pprof, pprof->stacks->frames[i].module));
        TRY(put_text(pprof, pprof->stacks->frames[i].file));
    }
    return BASE_OK;
}

/* Each module once. Names are there already, so the reader has nothing to look up. */
static base_err put_mapping(struct pprof *pprof, size_t frame)
{
    const struct prof_frame *frames = pprof->stacks->frames;
    if (frames[frame].module[0] == '\0')
        return BASE_OK;
    for (size_t i = 0; i < frame; i++)
        if (strcmp(frames[i].module, frames[frame].module) == 0) {
            pprof->mappings[frame] = pprof->mappings[i];
            return BASE_OK;
        }
    pprof->mappings[frame] = ++pprof->mapping_count;
    TRY(put_number(&pprof->part, 1, pprof->mapping_count));
    TRY(put_number(&pprof->part, 5, text_of(frame, 1)));
    for (unsigned has = 7; has <= 10; has++) /* functions, files, lines, inlined frames */
        TRY(put_number(&pprof->part, has, 1));
    return put_part(pprof, PROFILE_MAPPING);
}

static base_err put_frame(struct pprof *pprof, size_t index)
{
    const struct prof_frame *frame = &pprof->stacks->frames[index];
    TRY(put_number(&pprof->part, 1, index + 1));
    TRY(put_number(&pprof->part, 2, text_of(index, 0)));
    TRY(put_number(&pprof->part, 3, text_of(index, 0)));
    TRY(put_number(&pprof->part, 4, text_of(index, 2)));
    TRY(put_number(&pprof->part, 5, frame->line));
    TRY(put_part(pprof, PROFILE_FUNCTION));
    base_buf_clear(&pprof->inner);
    TRY(put_number(&pprof->inner, 1, index + 1));
    TRY(put_number(&pprof->inner, 2, frame->line));
    TRY(put_number(&pprof->part, 1, index + 1));
    if (pprof->mappings[index] != 0)
        TRY(put_number(&pprof->part, 2, pprof->mappings[index]));
    TRY(put_bytes(&pprof->part, 4, pprof->inner.data, pprof->inner.size));
    return put_part(pprof, PROFILE_LOCATION);
}

static base_err put_sample(struct pprof *pprof, uint32_t index)
{
    const struct prof_node *node = &pprof->stacks->nodes[index];
    size_t depth = 0;
    base_buf_clear(&pprof->inner);
    for (uint32_t at = index; at != 0 && depth++ < PROF_DEPTH_MAX;
         at = pprof->stacks->nodes[at].parent) /* innermost first */
        TRY(put_varint(&pprof->inner, (uint64_t)pprof->stacks->nodes[at].frame + 1));
    TRY(put_bytes(&pprof->part, 1, pprof->inner.data, pprof->inner.size));
    base_buf_clear(&pprof->inner);
    TRY(put_varint(&pprof->inner, (uint64_t)llround(node->self[1])));
    TRY(put_varint(&pprof->inner, (uint64_t)llround(node->self[0])));
    TRY(put_bytes(&pprof->part, 2, pprof->inner.data, pprof->inner.size));
    return put_part(pprof, PROFILE_SAMPLE);
}

static base_err put_profile(struct pprof *pprof)
{
    const struct prof_stacks *stacks = pprof->stacks;
    TRY(put_type(pprof, PROFILE_SAMPLE_TYPE, 1, 2));
    TRY(put_type(pprof, PROFILE_SAMPLE_TYPE, 3, 4));
    for (uint32_t i = 1; i < stacks->node_count; i++)
        if (stacks->nodes[i].self[0] > 0)
            TRY(put_sample(pprof, i));
    for (size_t i = 0; i < stacks->frame_count; i++)
        TRY(put_mapping(pprof, i));
    for (size_t i = 0; i < stacks->frame_count; i++)
        TRY(put_frame(pprof, i));
    TRY(put_texts(pprof));
    TRY(put_type(pprof, PROFILE_PERIOD_TYPE, 3, 4));
    if (stacks->about.period > 0)
        TRY(put_number(pprof->out, PROFILE_PERIOD, (uint64_t)llround(stacks->about.period)));
    return put_number(pprof->out, PROFILE_DEFAULT_TYPE, 3);
}

/* Source: RFC 1952; no time and no name in the head, so that equal profiles are equal files. */
static base_err put_gzip(struct base_span from, struct base_buf *out)
{
    enum { GZIP = 15 + 16, MEMORY = 8 };
    z_stream stream = { .next_in = (Bytef *)from.data, .avail_in = (uInt)from.size };
    if (from.size > UINT32_MAX / 2)
        return BASE_EFULL;
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return BASE_ENOMEM;
    const uLong size = deflateBound(&stream, (uLong)from.size);
    base_err err = base_buf_reserve(out, size);
    if (err == BASE_OK) {
        stream.next_out = out->data + out->size;
        stream.avail_out = (uInt)size;
        err = deflate(&stream, Z_FINISH) == Z_STREAM_END ? BASE_OK : BASE_ENOMEM;
        out->size += err == BASE_OK ? stream.total_out : 0;
    }
    deflateEnd(&stream);
    return err;
}

base_err prof_pprof_write(const struct prof_stacks *stacks, struct base_buf *out)
{
    struct base_buf plain = { 0 };
    struct pprof pprof = { .stacks = stacks, .out = &plain };
    pprof.mappings = calloc(stacks->frame_count + 1, sizeof *pprof.mappings);
    base_err err = pprof.mappings != NULL ? put_profile(&pprof) : BASE_ENOMEM;
    if (err == BASE_OK)
        err = put_gzip(base_buf_span(&plain), out);
    free(pprof.mappings);
    base_buf_done(&pprof.part);
    base_buf_done(&pprof.inner);
    base_buf_done(&plain);
    return err;
}
