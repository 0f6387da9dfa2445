/* canvas.c - what all canvases do alike: the frame around a figure, shapes out of lines, and curves
 * thinned to what the eye can see (Douglas & Peucker, Cartographica 10 (1973) 112). */
#include "canvas.h"

#include <result/text.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TITLE_HEIGHT = 22,
    NOTE_LINE = 14,
    MARGIN = 6,
    CURVE_MAX = 4096,
    LETTER_TENTHS = 62, /* average width of a letter of 11 px, in tenths of a pixel */
};
#define TOLERANCE        0.3
#define TOLERANCE_COARSE 0.6

uint32_t result_role_color(enum result_role role, bool is_dark)
{
    static const uint32_t light[RESULT_ROLE_COUNT] = {
        0x1a1f2b, 0x566070, 0xdfe4ec, 0x1f5fbf, 0x177245, 0xbf2626, 0x8a5800, 0x1f5fbf,
        0xc2570c, 0x177245, 0x8a3ab9, 0xb8336a, 0x0e7f93, 0x7a5c00, 0x4d5a6b,
    };
    static const uint32_t dark[RESULT_ROLE_COUNT] = {
        0xe8ebf0, 0xa3acb9, 0x2e3642, 0x6ea8fe, 0x4cc38a, 0xff7b72, 0xe0a83a, 0x6ea8fe,
        0xff9e5e, 0x4cc38a, 0xc79bff, 0xff8ab5, 0x4fc8dc, 0xd8b74a, 0xa7b3c2,
    };
    return is_dark ? dark[role] : light[role];
}

/* Text in lines of at most `width` pixels, drawn or only counted; returns the lines. */
static size_t put_note(struct result_canvas *canvas, double y, double width, bool is_drawn)
{
    struct base_buf lines = { 0 };
    const size_t cells = width * 10 > LETTER_TENTHS ? (size_t)(width * 10 / LETTER_TENTHS) : 1;
    size_t count = 0;
    if (canvas->note == NULL || *canvas->note == '\0')
        return 0;
    const base_err err = result_text_put_wrapped(&lines, canvas->note, cells, 0, 0);
    char *text = err == BASE_OK ? strdup(base_buf_text(&lines)) : NULL;
    base_buf_done(&lines);
    if (text == NULL) {
        canvas->err = BASE_ENOMEM;
        return 0;
    }
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line != NULL; line = strsep(&rest, "\n"), count++)
        if (is_drawn)
            canvas->class->text(canvas, canvas->x, y + (double)count * NOTE_LINE, line);
    free(text);
    return count;
}

void result_canvas_begin(struct result_canvas *canvas, const struct result_figure_head *head)
{
    struct result_figure_head framed = *head;
    const double left = canvas->x, top = canvas->y;
    if (canvas->err != BASE_OK)
        return;
    canvas->note = head->note;
    canvas->note_width = head->width;
    if (!canvas->has_frame) {
        canvas->class->begin(canvas, head);
        return;
    }
    const size_t lines = put_note(canvas, 0, head->width, false);
    framed.width += 2 * MARGIN;
    framed.height += TITLE_HEIGHT + (double)lines * NOTE_LINE + 2 * MARGIN;
    canvas->class->begin(canvas, &framed);
    canvas->x = left + MARGIN;
    canvas->y = top + MARGIN + TITLE_HEIGHT;
    canvas->note_y = canvas->y + head->height + NOTE_LINE - 2;
    result_canvas_pen_text(canvas, RESULT_ROLE_INK, RESULT_PEN_TITLE, RESULT_ANCHOR_START);
    result_canvas_text_cut(canvas, 0, -8, head->width * 0.82, head->title);
}

base_err result_canvas_end(struct result_canvas *canvas)
{
    if (canvas->err != BASE_OK)
        return canvas->err;
    if (canvas->has_frame && canvas->note != NULL && *canvas->note != '\0') {
        result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_START);
        (void)put_note(canvas, canvas->note_y, canvas->note_width, true);
    }
    canvas->class->end(canvas);
    return canvas->err;
}

void result_canvas_pen(struct result_canvas *canvas, enum result_role role, enum result_pen pen)
{
    if (canvas->err == BASE_OK)
        canvas->class->pen(canvas, role, pen, RESULT_ANCHOR_START);
}

void result_canvas_pen_text(struct result_canvas *canvas, enum result_role role,
                            enum result_pen pen, enum result_anchor anchor)
{
    if (canvas->err == BASE_OK)
        canvas->class->pen(canvas, role, pen, anchor);
}

void result_canvas_move(struct result_canvas *canvas, double x, double y)
{
    if (canvas->err == BASE_OK)
        canvas->class->move(canvas, canvas->x + x, canvas->y + y);
}

void result_canvas_line(struct result_canvas *canvas, double x, double y)
{
    if (canvas->err == BASE_OK)
        canvas->class->line(canvas, canvas->x + x, canvas->y + y);
}

void result_canvas_close(struct result_canvas *canvas)
{
    if (canvas->err == BASE_OK)
        canvas->class->close(canvas);
}

void result_canvas_segment(struct result_canvas *canvas, double x1, double y1, double x2, double y2)
{
    result_canvas_move(canvas, x1, y1);
    result_canvas_line(canvas, x2, y2);
}

void result_canvas_rect(struct result_canvas *canvas, double x, double y, double width,
                        double height)
{
    result_canvas_move(canvas, x, y);
    result_canvas_line(canvas, x + width, y);
    result_canvas_line(canvas, x + width, y + height);
    result_canvas_line(canvas, x, y + height);
    result_canvas_close(canvas);
}

void result_canvas_dot(struct result_canvas *canvas, double x, double y)
{
    if (canvas->detail > 0) {
        x = round(canvas->x + x) - canvas->x;
        y = round(canvas->y + y) - canvas->y;
    }
    result_canvas_segment(canvas, x, y, x, y);
}

/* How far the point lies from the line between two others. */
static double distance(const double *p, const double *a, const double *b)
{
    const double dx = b[0] - a[0], dy = b[1] - a[1];
    const double length = hypot(dx, dy);
    if (length == 0)
        return hypot(p[0] - a[0], p[1] - a[1]);
    return fabs(dx * (p[1] - a[1]) - dy * (p[0] - a[0])) / length;
}

/* Mark the points between first and last that are needed; the depth is at most their number. */
static void keep(const double *xy, size_t first, size_t last, double tolerance, bool *is_kept)
{
    double most = tolerance;
    size_t at = 0;
    for (size_t i = first + 1; i < last; i++) {
        const double far = distance(xy + 2 * i, xy + 2 * first, xy + 2 * last);
        if (far > most) {
            most = far;
            at = i;
        }
    }
    if (at == 0)
        return;
    is_kept[at] = true;
    keep(xy, first, at, tolerance, is_kept);
    keep(xy, at, last, tolerance, is_kept);
}

void result_canvas_curve(struct result_canvas *canvas, const double *xy, size_t count)
{
    bool is_kept[CURVE_MAX] = { false };
    for (size_t start = 0; start < count; start += CURVE_MAX - 1) {
        const size_t part = count - start < CURVE_MAX ? count - start : CURVE_MAX;
        memset(is_kept, 0, sizeof is_kept);
        keep(xy + 2 * start, 0, part - 1, canvas->detail > 0 ? TOLERANCE_COARSE : TOLERANCE,
             is_kept);
        is_kept[0] = start == 0;
        is_kept[part - 1] = true;
        for (size_t i = 0; i < part; i++) {
            const double *at = xy + 2 * (start + i);
            if (is_kept[i] && start + i == 0)
                result_canvas_move(canvas, at[0], at[1]);
            else if (is_kept[i])
                result_canvas_line(canvas, at[0], at[1]);
        }
        if (part < CURVE_MAX)
            break;
    }
}

void result_canvas_text(struct result_canvas *canvas, double x, double y, const char *text)
{
    if (canvas->err == BASE_OK)
        canvas->class->text(canvas, canvas->x + x, canvas->y + y, text);
}

void result_canvas_text_cut(struct result_canvas *canvas, double x, double y, double width,
                            const char *text)
{
    struct base_buf cut = { 0 };
    const size_t cells = width * 10 > LETTER_TENTHS ? (size_t)(width * 10 / LETTER_TENTHS) : 1;
    const base_err err = result_text_put_cut(&cut, text != NULL ? text : "", cells);
    const char *shown = base_buf_text(&cut);
    if (err != BASE_OK || shown == NULL)
        canvas->err = err != BASE_OK ? err : BASE_ENOMEM;
    else
        result_canvas_text(canvas, x, y, shown);
    base_buf_done(&cut);
}
