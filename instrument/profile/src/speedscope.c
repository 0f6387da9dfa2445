/* speedscope.c - one sampled profile: each node that has something of its own is a sample. */
#include <prof/write.h>

#include "escape_internal.h"

#define TRY(call)                                                                                  \
    do {                                                                                           \
        const base_err err_ = (call);                                                              \
        if (err_ != BASE_OK)                                                                       \
            return err_;                                                                           \
    } while (0)

static base_err put_frames(const struct prof_stacks *stacks, struct base_buf *out)
{
    for (size_t i = 0; i < stacks->frame_count; i++) {
        const struct prof_frame *frame = &stacks->frames[i];
        TRY(base_buf_put_text(out, i == 0 ? "{\"name\":" : ",\n{\"name\":"));
        TRY(escape_json(out, frame->name));
        if (frame->file[0] != '\0') {
            TRY(base_buf_put_text(out, ",\"file\":"));
            TRY(escape_json(out, frame->file));
        }
        if (frame->line > 0)
            TRY(base_buf_printf(out, ",\"line\":%u", frame->line));
        TRY(base_buf_put_text(out, "}"));
    }
    return BASE_OK;
}

static base_err put_sample(const struct prof_stacks *stacks, uint32_t node, bool is_first,
                           struct base_buf *out)
{
    uint32_t path[PROF_DEPTH_MAX];
    size_t depth = 0;
    for (uint32_t at = node; at != 0 && depth < PROF_DEPTH_MAX; at = stacks->nodes[at].parent)
        path[depth++] = stacks->nodes[at].frame;
    TRY(base_buf_put_text(out, is_first ? "[" : ",\n["));
    for (size_t i = depth; i-- > 0;)
        TRY(base_buf_printf(out, i > 0 ? "%u," : "%u", path[i]));
    return base_buf_put_text(out, "]");
}

base_err prof_speedscope_write(const struct prof_stacks *stacks, const char *name,
                               struct base_buf *out)
{
    double total = 0;
    bool is_first = true;
    for (size_t i = 1; i < stacks->node_count; i++)
        total += stacks->nodes[i].self[0];
    TRY(base_buf_put_text(out,
                          "{\"$schema\":\"https://www.speedscope.app/file-format-schema.json\",\n"
                          "\"exporter\":\"bpi-perf\",\"name\":"));
    TRY(escape_json(out, name));
    TRY(base_buf_put_text(out, ",\"activeProfileIndex\":0,\n\"shared\":{\"frames\":[\n"));
    TRY(put_frames(stacks, out));
    TRY(base_buf_put_text(out, "]},\n\"profiles\":[{\"type\":\"sampled\",\"name\":"));
    TRY(escape_json(out, name));
    TRY(base_buf_printf(out,
                        ",\"unit\":\"%s\",\"startValue\":0,\"endValue\":%.0f,\n\"samples\":[\n",
                        stacks->about.what == PROF_TIME ? "nanoseconds" : "bytes", total));
    for (uint32_t i = 1; i < stacks->node_count; i++)
        if (stacks->nodes[i].self[0] > 0) {
            TRY(put_sample(stacks, i, is_first, out));
            is_first = false;
        }
    TRY(base_buf_put_text(out, "],\n\"weights\":["));
    is_first = true;
    for (size_t i = 1; i < stacks->node_count; i++)
        if (stacks->nodes[i].self[0] > 0) {
            TRY(base_buf_printf(out, is_first ? "%.0f" : ",%.0f", stacks->nodes[i].self[0]));
            is_first = false;
        }
    return base_buf_put_text(out, "]}]}\n");
}
