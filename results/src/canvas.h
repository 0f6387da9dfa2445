/* canvas.h - what figures draw on: paths and texts in roles instead of colours.
 *
 * A figure is drawn once, by one function, on a canvas; the canvas is SVG (for files and for HTML
 * pages, which choose the colours) or cairo (PDF, PNG). Units are CSS pixels of 1/96 inch, y grows
 * downwards. A pen is chosen, then used for a path or for texts until another one is chosen.
 *
 *   begin, (pen, (move, line..., close)..., text...)..., end
 *
 * Errors are kept: after the first one drawing does nothing, and `end` returns it.
 * Threads   objects are not shared
 */
#ifndef RESULT_CANVAS_H
#define RESULT_CANVAS_H

#include <base/buf.h>
#include <base/err.h>

#include <stdbool.h>

enum result_role {
    RESULT_ROLE_INK,
    RESULT_ROLE_MUTED,
    RESULT_ROLE_GRID,
    RESULT_ROLE_ACCENT,
    RESULT_ROLE_GOOD,
    RESULT_ROLE_BAD,
    RESULT_ROLE_WARN,
    RESULT_ROLE_SERIES, /* the first of RESULT_SERIES_COUNT */
    RESULT_SERIES_COUNT = 8,
    RESULT_ROLE_COUNT = RESULT_ROLE_SERIES + RESULT_SERIES_COUNT
};

enum result_pen {
    RESULT_PEN_HAIR,   /* 1 px: grids, whiskers */
    RESULT_PEN_LINE,   /* 1.5 px: curves */
    RESULT_PEN_BOLD,   /* 3 px: intervals */
    RESULT_PEN_DASH,   /* 1 px, dashed */
    RESULT_PEN_DOT,    /* round, 3 px, of a path without length */
    RESULT_PEN_SPOT,   /* round, 7 px */
    RESULT_PEN_FILL,   /* areas */
    RESULT_PEN_SOFT,   /* areas at a fifth of the colour */
    RESULT_PEN_AREA,   /* the same with an outline of 1.5 px */
    RESULT_PEN_TEXT,   /* 11 px */
    RESULT_PEN_STRONG, /* 11 px, bold */
    RESULT_PEN_TITLE,  /* 13 px, bold */
    RESULT_PEN_COUNT
};

enum result_anchor { RESULT_ANCHOR_START, RESULT_ANCHOR_MIDDLE, RESULT_ANCHOR_END };

/* What a figure says of itself. Texts may hold anything; they are made safe by the canvas. */
struct result_figure_head {
    double width, height;
    const char *title; /* "enc/encode:entries=100: times" */
    const char *name;  /* what of it: "times of batches" */
    const char *note;  /* how to read it, and what is not in it: one or two sentences */
};

struct result_canvas;

struct result_canvas_class {
    void (*begin)(struct result_canvas *canvas, const struct result_figure_head *head);
    void (*pen)(struct result_canvas *canvas, enum result_role role, enum result_pen pen,
                enum result_anchor anchor);
    void (*move)(struct result_canvas *canvas, double x, double y);
    void (*line)(struct result_canvas *canvas, double x, double y);
    void (*close)(struct result_canvas *canvas);
    void (*text)(struct result_canvas *canvas, double x, double y, const char *text);
    void (*end)(struct result_canvas *canvas);
};

struct result_canvas {
    const struct result_canvas_class *class;
    base_err err;
    double x, y;   /* where the figure's origin is, after the frame */
    double note_y; /* where the frame's note stands */
    const char *note;
    double note_width;
    bool has_frame;  /* title and note are drawn with the figure */
    unsigned detail; /* points that one curve or cloud may have; 0: as many as the data has */
};

/* The frame (when the canvas has one) and the figure's own coordinates. */
void result_canvas_begin(struct result_canvas *canvas, const struct result_figure_head *head);
BASE_MUST_USE base_err result_canvas_end(struct result_canvas *canvas);

void result_canvas_pen(struct result_canvas *canvas, enum result_role role, enum result_pen pen);
void result_canvas_pen_text(struct result_canvas *canvas, enum result_role role,
                            enum result_pen pen, enum result_anchor anchor);
void result_canvas_move(struct result_canvas *canvas, double x, double y);
void result_canvas_line(struct result_canvas *canvas, double x, double y);
void result_canvas_close(struct result_canvas *canvas);
void result_canvas_segment(struct result_canvas *canvas, double x1, double y1, double x2,
                           double y2);
void result_canvas_rect(struct result_canvas *canvas, double x, double y, double width,
                        double height);
/* With a stated detail, dots stand on whole pixels. */
void result_canvas_dot(struct result_canvas *canvas, double x, double y);
/* Points whose removal moves the curve by less than a third of a pixel (two thirds with a stated
 * detail) are left out.
 *   xy   [2 * count] x, y, x, y, ... */
void result_canvas_curve(struct result_canvas *canvas, const double *xy, size_t count);
void result_canvas_text(struct result_canvas *canvas, double x, double y, const char *text);
/* Cut with an ellipsis to what fits into `width` by the average width of a letter. */
void result_canvas_text_cut(struct result_canvas *canvas, double x, double y, double width,
                            const char *text);

/* --- backends ------------------------------------------------------------------------------ */

struct result_svg {
    struct result_canvas canvas;
    struct base_buf *out;
    bool is_inline; /* inside an HTML page: no style, no frame, title and note in a caption */
    bool is_bare;   /* inline, and the <svg> tag is the caller's: no caption */
    char group[24]; /* classes of the pen; "" none */
    bool is_text;   /* it writes, and its <g> is open */
    bool has_path;  /* a <path d=" is open */
    int at_x, at_y; /* of the path, tenths of a pixel */
    int start_x, start_y;
    char last; /* command letter that the next pair of numbers would repeat */
};

/* `out` is appended to: a whole SVG document, or a <figure> for a page. */
void result_svg_init(struct result_svg *svg, struct base_buf *out, bool is_inline);

/* The style of the classes that inline figures use; colours are variables of the page:
 * --ink --muted --grid --accent --good --bad --warn --s1 .. --s8. */
BASE_MUST_USE base_err result_svg_style(struct base_buf *out);

/* cairo; the format is "pdf" or "png". */
struct result_cairo;
BASE_MUST_USE base_err result_cairo_new(const char *format, double width, double height,
                                        struct base_buf *out, struct result_cairo **cairo);
struct result_canvas *result_cairo_canvas(struct result_cairo *cairo);
/* Figures and texts that follow have their origin here, in pixels of the page. */
void result_cairo_place(struct result_cairo *cairo, double x, double y);
void result_cairo_next_page(struct result_cairo *cairo);
/* Width and height that the last figure asked for, with its frame. */
void result_cairo_size(const struct result_cairo *cairo, double *width, double *height);
const char *result_cairo_note(const struct result_cairo *cairo);
void result_cairo_meta(struct result_cairo *cairo, const char *title, const char *author);
/* A bookmark to this page. */
void result_cairo_outline(struct result_cairo *cairo, const char *title);
/* Write what is left; a failed canvas gives its error. Releases. */
BASE_MUST_USE base_err result_cairo_finish(struct result_cairo *cairo);
void result_cairo_free(struct result_cairo *cairo); /* accepts NULL; after finish: nothing */

/* The colour of a role on white paper, and on a dark page: 0xrrggbb. */
uint32_t result_role_color(enum result_role role, bool is_dark);

#endif
