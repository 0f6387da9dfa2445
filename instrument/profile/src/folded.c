/* folded.c - one line for each node that has something of its own. */
#include <prof/write.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 1e18

static const char *suffix_of(enum prof_frame_kind kind)
{
    switch (kind) {
    case PROF_FRAME_KERNEL:
        return "_[k]";
    case PROF_FRAME_JIT:
        return "_[j]";
    case PROF_FRAME_INLINED:
        return "_[i]";
    default:
        return "";
    }
}

static base_err put_name(struct base_buf *out, const struct prof_frame *frame)
{
    base_err err = base_buf_put_text(out, frame->name[0] != '\0' ? frame->name : "[unnamed]");
    if (err != BASE_OK)
        return err;
    const size_t size = strlen(frame->name);
    for (size_t i = out->size - size; i < out->size && size > 0; i++)
        out->data[i] = out->data[i] == ';' ? ':' : out->data[i] < ' ' ? ' ' : out->data[i];
    return base_buf_put_text(out, suffix_of(frame->kind));
}

static base_err put_line(const struct prof_stacks *stacks, uint32_t node, struct base_buf *out)
{
    uint32_t path[PROF_DEPTH_MAX + 1];
    size_t depth = 0;
    const double value = round(stacks->nodes[node].self[0]);
    base_err err = BASE_OK;
    for (uint32_t at = node; at != 0 && depth < PROF_DEPTH_MAX; at = stacks->nodes[at].parent)
        path[depth++] = stacks->nodes[at].frame;
    if (depth == 0)
        err = base_buf_put_text(out, "[unknown]");
    while (depth-- > 0 && err == BASE_OK) {
        err = put_name(out, &stacks->frames[path[depth]]);
        if (err == BASE_OK && depth > 0)
            err = base_buf_put_text(out, ";");
    }
    return err == BASE_OK ? base_buf_printf(out, " %.0f\n", value) : err;
}

/* The node after this one when children come before siblings. */
static uint32_t next_of(const struct prof_stacks *stacks, uint32_t node)
{
    if (stacks->nodes[node].first_child != PROF_NONE)
        return stacks->nodes[node].first_child;
    while (node != PROF_NONE && stacks->nodes[node].next_sibling == PROF_NONE)
        node = stacks->nodes[node].parent;
    return node == PROF_NONE ? PROF_NONE : stacks->nodes[node].next_sibling;
}

base_err prof_folded_write(const struct prof_stacks *stacks, struct base_buf *out)
{
    base_err err = BASE_OK;
    for (uint32_t node = 0; node != PROF_NONE && err == BASE_OK; node = next_of(stacks, node))
        if (round(stacks->nodes[node].self[0]) > 0)
            err = put_line(stacks, node, out);
    return err;
}

static bool strip_suffix(char *name, const char *suffix)
{
    const size_t size = strlen(name), tail = strlen(suffix);
    if (size <= tail || strcmp(name + size - tail, suffix) != 0)
        return false;
    name[size - tail] = '\0';
    return true;
}

static struct prof_frame frame_of(char *name)
{
    struct prof_frame frame = { .name = name, .kind = PROF_FRAME_USER };
    if (strip_suffix(name, "_[k]"))
        frame.kind = PROF_FRAME_KERNEL;
    else if (strip_suffix(name, "_[j]"))
        frame.kind = PROF_FRAME_JIT;
    else if (strip_suffix(name, "_[i]"))
        frame.kind = PROF_FRAME_INLINED;
    else if (strcmp(name, "[unknown]") == 0 || (name[0] == '[' && strstr(name, "+0x") != NULL))
        frame.kind = PROF_FRAME_UNKNOWN;
    return frame;
}

/* The number after the last blank; the text before it is ended there. */
static base_err take_value(char *line, size_t number, double *value, struct base_why *why)
{
    char *blank = strrchr(line, ' ');
    char *end = NULL;
    *value = blank != NULL ? strtod(blank + 1, &end) : 0;
    if (blank == NULL || blank == line || end == blank + 1 || *end != '\0' || isnan(*value))
        return base_fail(why, BASE_EPARSE, number, "line %zu is not 'frame;frame NUMBER': '%.60s'",
                         number, line);
    if (*value < 0 || *value > VALUE_MAX)
        return base_fail(why, BASE_ERANGE, number, "line %zu: %s is not within 0 and 1e18", number,
                         blank + 1);
    *blank = '\0';
    return BASE_OK;
}

static base_err read_line(char *line, size_t number, struct prof_stacks *stacks,
                          struct base_why *why)
{
    uint32_t frames[PROF_DEPTH_MAX];
    size_t depth = 0;
    double values[2] = { 0, 1 };
    base_err err = take_value(line, number, &values[0], why);
    if (err != BASE_OK)
        return err;
    for (char *rest = line, *name; (name = strsep(&rest, ";")) != NULL;) {
        if (depth == PROF_DEPTH_MAX)
            return base_fail(why, BASE_EFULL, number, "line %zu has more than %d frames", number,
                             PROF_DEPTH_MAX);
        const struct prof_frame frame = frame_of(name);
        err = prof_stacks_frame(stacks, &frame, &frames[depth++]);
        if (err != BASE_OK)
            return base_fail(why, err, number, "line %zu: %s", number, base_err_text(err));
    }
    err = prof_stacks_add(stacks, frames, depth, values);
    return err == BASE_OK ? err
                          : base_fail(why, err, number, "line %zu: %s", number, base_err_text(err));
}

base_err prof_folded_read(struct base_span text, struct prof_stacks *stacks, struct base_why *why)
{
    struct base_buf line = { 0 };
    size_t number = 0, taken = 0;
    base_err err = BASE_OK;
    for (size_t at = 0; at < text.size && err == BASE_OK;) {
        const uint8_t *start = text.data + at;
        const uint8_t *stop = memchr(start, '\n', text.size - at);
        size_t size = stop != NULL ? (size_t)(stop - start) : text.size - at;
        at += size + 1;
        number++;
        while (size > 0 && (start[size - 1] == '\r' || start[size - 1] == ' '))
            size--;
        if (size == 0 || start[0] == '#')
            continue;
        base_buf_clear(&line);
        if (memchr(start, '\0', size) != NULL)
            err = base_fail(why, BASE_EPARSE, number, "line %zu holds a zero byte", number);
        else if (base_buf_put(&line, start, size) != BASE_OK || base_buf_text(&line) == NULL)
            err = base_fail(why, BASE_ENOMEM, number, "no memory for line %zu", number);
        else
            err = read_line((char *)line.data, number, stacks, why);
        taken++;
    }
    base_buf_done(&line);
    if (err == BASE_OK && taken == 0)
        err = base_fail(why, BASE_EPARSE, 0,
                        "there is no stack in it: a line is 'frame;frame NUMBER'");
    return err;
}
