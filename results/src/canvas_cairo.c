/* canvas_cairo.c - the same drawing as PDF pages or one PNG, on white paper. PDF counts in points
 * of 1/72 inch, the canvas in pixels of 1/96; PNG is made at twice the size for sharp screens. */
#include "canvas.h"

#include <result/text.h>

#include <cairo-pdf.h>
#include <cairo.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* fontconfig keeps offsets in place of pointers: to the leak checker what it holds looks lost. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_LEAK_CHECKER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define HAS_LEAK_CHECKER
#endif
#ifdef HAS_LEAK_CHECKER
#include <sanitizer/lsan_interface.h>
#define FONTS_BEGIN() __lsan_disable()
#define FONTS_END()   __lsan_enable()
#else
#define FONTS_BEGIN() ((void)0)
#define FONTS_END()   ((void)0)
#endif

#define POINTS_PER_PIXEL 0.75
#define PNG_SCALE        2.0

struct result_cairo {
    struct result_canvas canvas;
    cairo_surface_t *surface;
    cairo_t *cr;
    struct base_buf *out;
    bool is_pdf;
    enum result_role role;
    enum result_pen pen;
    enum result_anchor anchor;
    double place_x, place_y;
    int page;
    double width, height; /* of the last figure */
    char note[400];       /* its note */
    bool has_path;
};

static const struct {
    double width; /* of lines; 0: an area */
    double alpha;
    double text; /* pixels; 0: no text */
    bool is_round, is_dashed, is_bold;
} pens[RESULT_PEN_COUNT] = {
    [RESULT_PEN_HAIR] = { 1, 1, 0, false, false, false },
    [RESULT_PEN_LINE] = { 1.5, 1, 0, false, false, false },
    [RESULT_PEN_BOLD] = { 3, 1, 0, false, false, false },
    [RESULT_PEN_DASH] = { 1, 1, 0, false, true, false },
    [RESULT_PEN_DOT] = { 3, 0.55, 0, true, false, false },
    [RESULT_PEN_SPOT] = { 7, 1, 0, true, false, false },
    [RESULT_PEN_FILL] = { 0, 1, 0, false, false, false },
    [RESULT_PEN_SOFT] = { 0, 0.2, 0, false, false, false },
    [RESULT_PEN_AREA] = { 1.5, 0.2, 0, false, false, false },
    [RESULT_PEN_TEXT] = { 0, 1, 11, false, false, false },
    [RESULT_PEN_STRONG] = { 0, 1, 11, false, false, true },
    [RESULT_PEN_TITLE] = { 0, 1, 13, false, false, true },
};

static struct result_cairo *cairo_of(struct result_canvas *canvas)
{
    return (struct result_cairo *)(void *)canvas;
}

static cairo_status_t put_bytes(void *context, const unsigned char *data, unsigned size)
{
    struct result_cairo *cairo = context;
    if (cairo->canvas.err == BASE_OK)
        cairo->canvas.err = base_buf_put(cairo->out, data, size);
    return cairo->canvas.err == BASE_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void set_color(struct result_cairo *cairo, double alpha)
{
    const uint32_t color = result_role_color(cairo->role, false);
    cairo_set_source_rgba(cairo->cr, (double)(color >> 16) / 255, (double)(color >> 8 & 0xff) / 255,
                          (double)(color & 0xff) / 255, alpha);
}

static void flush_path(struct result_cairo *cairo)
{
    if (cairo->has_path && cairo->pen == RESULT_PEN_AREA) {
        cairo_fill_preserve(cairo->cr);
        set_color(cairo, 1);
    }
    if (cairo->has_path && pens[cairo->pen].width > 0)
        cairo_stroke(cairo->cr);
    else if (cairo->has_path)
        cairo_fill(cairo->cr);
    cairo->has_path = false;
}

static void begin(struct result_canvas *canvas, const struct result_figure_head *head)
{
    struct result_cairo *cairo = cairo_of(canvas);
    cairo->width = head->width;
    cairo->height = head->height;
    snprintf(cairo->note, sizeof cairo->note, "%s", head->note != NULL ? head->note : "");
    if (canvas->has_frame) /* one figure, one surface */
        return;
    canvas->x = cairo->place_x;
    canvas->y = cairo->place_y;
}

static void choose(struct result_canvas *canvas, enum result_role role, enum result_pen pen,
                   enum result_anchor anchor)
{
    struct result_cairo *cairo = cairo_of(canvas);
    static const double dashes[] = { 4, 3 };
    flush_path(cairo);
    cairo->role = role;
    cairo->pen = pen;
    cairo->anchor = anchor;
    set_color(cairo, pens[pen].alpha);
    cairo_set_line_width(cairo->cr, pens[pen].width);
    cairo_set_line_cap(cairo->cr, pens[pen].is_round ? CAIRO_LINE_CAP_ROUND : CAIRO_LINE_CAP_BUTT);
    cairo_set_line_join(cairo->cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(cairo->cr, dashes, pens[pen].is_dashed ? 2 : 0, 0);
    if (pens[pen].text == 0)
        return;
    FONTS_BEGIN();
    cairo_select_font_face(cairo->cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           pens[pen].is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo->cr, pens[pen].text * 0.9); /* DejaVu is wide */
    FONTS_END();
}

static void move(struct result_canvas *canvas, double x, double y)
{
    struct result_cairo *cairo = cairo_of(canvas);
    cairo_move_to(cairo->cr, x, y);
    cairo->has_path = true;
}

static void line(struct result_canvas *canvas, double x, double y)
{
    cairo_line_to(cairo_of(canvas)->cr, x, y);
}

static void close_path(struct result_canvas *canvas)
{
    cairo_close_path(cairo_of(canvas)->cr);
}

static void put_text(struct result_canvas *canvas, double x, double y, const char *text)
{
    struct result_cairo *cairo = cairo_of(canvas);
    struct base_buf clean = { 0 };
    cairo_text_extents_t size;
    const base_err err = result_text_put(&clean, text);
    const char *shown = base_buf_text(&clean);
    flush_path(cairo);
    if (err != BASE_OK || shown == NULL) {
        canvas->err = err != BASE_OK ? err : BASE_ENOMEM;
    } else {
        FONTS_BEGIN();
        cairo_text_extents(cairo->cr, shown, &size);
        const double share = cairo->anchor == RESULT_ANCHOR_START    ? 0
                             : cairo->anchor == RESULT_ANCHOR_MIDDLE ? 0.5
                                                                     : 1;
        cairo_move_to(cairo->cr, x - share * size.x_advance, y);
        cairo_show_text(cairo->cr, shown);
        FONTS_END();
        cairo_new_path(cairo->cr);
    }
    base_buf_done(&clean);
}

static void end(struct result_canvas *canvas)
{
    struct result_cairo *cairo = cairo_of(canvas);
    flush_path(cairo);
    canvas->x = cairo->place_x;
    canvas->y = cairo->place_y;
}

static const struct result_canvas_class cairo_class = {
    .begin = begin,
    .pen = choose,
    .move = move,
    .line = line,
    .close = close_path,
    .text = put_text,
    .end = end,
};

static void open_surface(struct result_cairo *cairo, double width, double height)
{
    if (cairo->is_pdf) {
        cairo->surface = cairo_pdf_surface_create_for_stream(
            put_bytes, cairo, width * POINTS_PER_PIXEL, height * POINTS_PER_PIXEL);
    } else {
        cairo->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(width * PNG_SCALE),
                                                    (int)(height * PNG_SCALE));
    }
    cairo->cr = cairo_create(cairo->surface);
    const double scale = cairo->is_pdf ? POINTS_PER_PIXEL : PNG_SCALE;
    cairo_scale(cairo->cr, scale, scale);
    if (!cairo->is_pdf) {
        cairo_set_source_rgb(cairo->cr, 1, 1, 1);
        cairo_paint(cairo->cr);
    }
}

base_err result_cairo_new(const char *format, double width, double height, struct base_buf *out,
                          struct result_cairo **cairo)
{
    struct result_cairo *made = calloc(1, sizeof *made);
    if (made == NULL)
        return BASE_ENOMEM;
    made->canvas.class = &cairo_class;
    made->out = out;
    made->is_pdf = strcmp(format, "pdf") == 0;
    open_surface(made, width, height);
    if (cairo_status(made->cr) != CAIRO_STATUS_SUCCESS) {
        result_cairo_free(made);
        return BASE_ENOMEM;
    }
    *cairo = made;
    return BASE_OK;
}

struct result_canvas *result_cairo_canvas(struct result_cairo *cairo)
{
    return &cairo->canvas;
}

void result_cairo_place(struct result_cairo *cairo, double x, double y)
{
    flush_path(cairo);
    cairo->place_x = cairo->canvas.x = x;
    cairo->place_y = cairo->canvas.y = y;
}

void result_cairo_size(const struct result_cairo *cairo, double *width, double *height)
{
    *width = cairo->width;
    *height = cairo->height;
}

const char *result_cairo_note(const struct result_cairo *cairo)
{
    return cairo->note;
}

void result_cairo_next_page(struct result_cairo *cairo)
{
    flush_path(cairo);
    FONTS_BEGIN();
    cairo_show_page(cairo->cr);
    FONTS_END();
    cairo->page++;
}

void result_cairo_outline(struct result_cairo *cairo, const char *title)
{
    struct base_buf clean = { 0 };
    char place[32];
    const base_err err = result_text_put(&clean, title);
    snprintf(place, sizeof place, "page=%d", cairo->page + 1);
    if (cairo->is_pdf && err == BASE_OK && base_buf_text(&clean) != NULL)
        cairo_pdf_surface_add_outline(cairo->surface, CAIRO_PDF_OUTLINE_ROOT, base_buf_text(&clean),
                                      place, 0);
    base_buf_done(&clean);
}

void result_cairo_meta(struct result_cairo *cairo, const char *title, const char *author)
{
    struct base_buf clean = { 0 };
    if (!cairo->is_pdf)
        return;
    const base_err err = result_text_put(&clean, title);
    if (err == BASE_OK && base_buf_text(&clean) != NULL)
        cairo_pdf_surface_set_metadata(cairo->surface, CAIRO_PDF_METADATA_TITLE,
                                       base_buf_text(&clean));
    cairo_pdf_surface_set_metadata(cairo->surface, CAIRO_PDF_METADATA_CREATOR, author);
    base_buf_done(&clean);
}

void result_cairo_free(struct result_cairo *cairo)
{
    if (cairo == NULL)
        return;
    FONTS_BEGIN();
    cairo_destroy(cairo->cr);
    cairo_surface_destroy(cairo->surface);
    FONTS_END();
    free(cairo);
}

base_err result_cairo_finish(struct result_cairo *cairo)
{
    flush_path(cairo);
    cairo_status_t status = cairo_status(cairo->cr);
    FONTS_BEGIN();
    if (cairo->is_pdf && cairo->canvas.err == BASE_OK)
        cairo_surface_finish(cairo->surface);
    else if (cairo->canvas.err == BASE_OK)
        status = cairo_surface_write_to_png_stream(cairo->surface, put_bytes, cairo);
    FONTS_END();
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_status(cairo->surface);
    const base_err err = cairo->canvas.err != BASE_OK     ? cairo->canvas.err
                         : status == CAIRO_STATUS_SUCCESS ? BASE_OK
                                                          : BASE_ENOMEM;
    result_cairo_free(cairo);
    return err;
}
