/* canvas_svg.c - SVG in as few bytes as it takes: one path for all lines of a pen, one group for
 * its texts, relative coordinates in tenths of a pixel. A page of a hundred cases has some fifty
 * thousand points, so every byte of a point counts. */
#include "canvas.h"
#include "html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const role_classes[RESULT_ROLE_COUNT] = {
    "i", "m", "g", "a", "o", "b", "w", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8",
};
static const char *const role_variables[RESULT_ROLE_COUNT] = {
    "ink", "muted", "grid", "accent", "good", "bad", "warn", "s1",
    "s2",  "s3",    "s4",   "s5",     "s6",   "s7",  "s8",
};
static const struct {
    const char *class;
    const char *style;
    bool is_text, is_area;
} pens[RESULT_PEN_COUNT] = {
    [RESULT_PEN_HAIR] = { "h", "stroke-width:1", false, false },
    [RESULT_PEN_LINE] = { "l", "stroke-width:1.5;stroke-linejoin:round", false, false },
    [RESULT_PEN_BOLD] = { "n", "stroke-width:3", false, false },
    [RESULT_PEN_DASH] = { "d", "stroke-width:1;stroke-dasharray:4 3", false, false },
    [RESULT_PEN_DOT] = { "p", "stroke-width:3;stroke-linecap:round;stroke-opacity:.55", false,
                         false },
    [RESULT_PEN_SPOT] = { "q", "stroke-width:7;stroke-linecap:round", false, false },
    [RESULT_PEN_FILL] = { "f", "", false, true },
    [RESULT_PEN_SOFT] = { "k", "fill-opacity:.2", false, true },
    [RESULT_PEN_AREA] = { "u", "fill-opacity:.2;stroke-width:1.5;stroke-linejoin:round", false,
                          true },
    [RESULT_PEN_TEXT] = { "t", "", true, true },
    [RESULT_PEN_STRONG] = { "t e", "font-weight:600", true, true },
    [RESULT_PEN_TITLE] = { "t y", "font-weight:600;font-size:13px", true, true },
};

static struct result_svg *svg_of(struct result_canvas *canvas)
{
    return (struct result_svg *)(void *)canvas;
}

#define PUT(svg, ...)                                                                              \
    ((svg)->canvas.err = (svg)->canvas.err != BASE_OK ? (svg)->canvas.err                          \
                                                      : base_buf_printf((svg)->out, __VA_ARGS__))

static void put_safe(struct result_svg *svg, const char *text)
{
    if (svg->canvas.err == BASE_OK)
        svg->canvas.err = result_html_put(svg->out, text);
}

/* --- style --------------------------------------------------------------------------------- */

static base_err put_pens(struct base_buf *out)
{
    base_err err = base_buf_printf(
        out, "svg .t{font:11px system-ui,-apple-system,'DejaVu Sans',sans-serif;stroke:none}"
             "svg .c{text-anchor:middle}svg .r{text-anchor:end}");
    for (size_t i = 0; err == BASE_OK && i < RESULT_PEN_COUNT; i++) {
        const char *class = pens[i].is_text ? pens[i].class + 2 : pens[i].class;
        if (i != RESULT_PEN_TEXT)
            err = base_buf_printf(out, "svg .%s{%s%s%s}", class, pens[i].is_area ? "" : "fill:none",
                                  pens[i].is_area ? "" : ";", pens[i].style);
    }
    return err;
}

/* A role colours lines by stroke, areas and texts by fill: fill:none of a line pen is stronger, for
 * it has the same weight and comes later. */
static base_err put_roles(struct base_buf *out, bool is_dark, bool has_variables)
{
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < RESULT_ROLE_COUNT; i++) {
        char color[40];
        if (has_variables)
            snprintf(color, sizeof color, "var(--%s)", role_variables[i]);
        else
            snprintf(color, sizeof color, "#%06x",
                     (unsigned)result_role_color((enum result_role)i, is_dark));
        err = base_buf_printf(out, "svg .%s{fill:%s;stroke:%s}", role_classes[i], color, color);
    }
    return err;
}

base_err result_svg_style(struct base_buf *out)
{
    base_err err = put_roles(out, false, true);
    if (err == BASE_OK)
        err = base_buf_printf(out, "svg .f,svg .k{stroke:none}");
    return err == BASE_OK ? put_pens(out) : err;
}

/* The style that a file carries; no variables, which many drawing programs do not know. */
static void put_file_style(struct result_svg *svg)
{
    PUT(svg, "<style>svg .z{fill:#fff}");
    if (svg->canvas.err == BASE_OK)
        svg->canvas.err = put_roles(svg->out, false, false);
    PUT(svg, "svg .f,svg .k{stroke:none}");
    if (svg->canvas.err == BASE_OK)
        svg->canvas.err = put_pens(svg->out);
    PUT(svg, "</style>\n");
}

/* --- figure -------------------------------------------------------------------------------- */

static void begin(struct result_canvas *canvas, const struct result_figure_head *head)
{
    struct result_svg *svg = svg_of(canvas);
    if (svg->is_inline) {
        PUT(svg, "<figure><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\"><title>", head->width,
            head->height);
        put_safe(svg, head->name);
        PUT(svg, "</title>");
        return;
    }
    PUT(svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
        "height=\"%.0f\" role=\"img\">\n<title>",
        head->width, head->height, head->width, head->height);
    put_safe(svg, head->title);
    PUT(svg, "</title>\n<desc>");
    put_safe(svg, head->note);
    PUT(svg, "</desc>\n");
    put_file_style(svg);
    PUT(svg, "<path class=\"z\" d=\"M0 0h%.0fv%.0fh-%.0fz\"/>\n", head->width, head->height,
        head->width);
}

static void end_path(struct result_svg *svg)
{
    if (svg->has_path)
        PUT(svg, "\"/>%s", svg->is_inline ? "" : "\n");
    svg->has_path = false;
}

static void end_group(struct result_svg *svg)
{
    end_path(svg);
    if (svg->is_text)
        PUT(svg, "</g>%s", svg->is_inline ? "" : "\n");
    svg->is_text = false;
    svg->group[0] = '\0';
}

static void choose(struct result_canvas *canvas, enum result_role role, enum result_pen pen,
                   enum result_anchor anchor)
{
    struct result_svg *svg = svg_of(canvas);
    static const char *const anchors[] = { "", " c", " r" };
    char group[sizeof svg->group];
    snprintf(group, sizeof group, "%s %s%s", role_classes[role], pens[pen].class,
             pens[pen].is_text ? anchors[anchor] : "");
    if (strcmp(group, svg->group) == 0)
        return;
    end_group(svg);
    memcpy(svg->group, group, sizeof group);
    svg->is_text = pens[pen].is_text;
    if (svg->is_text)
        PUT(svg, "<g class=\"%s\">", group);
}

/* Tenths as a number of an SVG path: "12.5", "-.3", "7"; a blank only where the number before would
 * run into it. Returns the end. */
static char *print_tenths(char *out, int tenths, bool needs_blank)
{
    if (tenths >= 0 && needs_blank)
        *out++ = ' ';
    if (tenths < 0)
        *out++ = '-';
    const unsigned size = (unsigned)abs(tenths);
    if (size >= 10 || size == 0)
        out += sprintf(out, "%u", size / 10);
    if (size % 10 != 0) {
        *out++ = '.';
        *out++ = (char)('0' + size % 10);
    }
    return out;
}

enum { COORDINATE_MAX = 100000000 }; /* tenths */

static int tenths_of(double value)
{
    const double tenths = round(value * 10);
    return tenths > COORDINATE_MAX    ? COORDINATE_MAX
           : tenths < -COORDINATE_MAX ? -COORDINATE_MAX
           : isnan(tenths)            ? 0
                                      : (int)tenths;
}

/* One command with one or two numbers; the letter is left out where SVG repeats it by itself. */
static void put_command(struct result_svg *svg, char letter, int first, const int *second)
{
    char text[64], *at = text;
    const bool is_repeated = letter == svg->last;
    if (!is_repeated)
        *at++ = letter;
    at = print_tenths(at, first, is_repeated);
    if (second != NULL)
        at = print_tenths(at, *second, true);
    if (svg->canvas.err == BASE_OK)
        svg->canvas.err = base_buf_put(svg->out, text, (size_t)(at - text));
    svg->last = letter == 'm' ? 'l' : letter;
}

static void move(struct result_canvas *canvas, double x, double y)
{
    struct result_svg *svg = svg_of(canvas);
    const int to_x = tenths_of(x), to_y = tenths_of(y);
    if (!svg->has_path) {
        PUT(svg, "<path class=\"%s\" d=\"", svg->group);
        svg->at_x = svg->at_y = 0;
        svg->last = '\0';
    }
    svg->has_path = true;
    const int down = to_y - svg->at_y;
    put_command(svg, 'm', to_x - svg->at_x, &down);
    svg->at_x = svg->start_x = to_x;
    svg->at_y = svg->start_y = to_y;
}

static void line(struct result_canvas *canvas, double x, double y)
{
    struct result_svg *svg = svg_of(canvas);
    const int to_x = tenths_of(x), to_y = tenths_of(y);
    const int right = to_x - svg->at_x, down = to_y - svg->at_y;
    if (down == 0)
        put_command(svg, 'h', right, NULL);
    else if (right == 0)
        put_command(svg, 'v', down, NULL);
    else
        put_command(svg, 'l', right, &down);
    svg->at_x = to_x;
    svg->at_y = to_y;
}

static void close_path(struct result_canvas *canvas)
{
    struct result_svg *svg = svg_of(canvas);
    PUT(svg, "z");
    svg->last = 'z';
    svg->at_x = svg->start_x;
    svg->at_y = svg->start_y;
}

static void put_text(struct result_canvas *canvas, double x, double y, const char *text)
{
    struct result_svg *svg = svg_of(canvas);
    char place[40], *at = place;
    end_path(svg);
    at = print_tenths(at, tenths_of(canvas->detail > 0 ? round(x) : x), false);
    at += sprintf(at, "\" y=\"");
    at = print_tenths(at, tenths_of(canvas->detail > 0 ? round(y) : y), false);
    PUT(svg, "<text x=\"%.*s\">", (int)(at - place), place);
    put_safe(svg, text);
    PUT(svg, "</text>");
}

static void end(struct result_canvas *canvas)
{
    struct result_svg *svg = svg_of(canvas);
    end_group(svg);
    PUT(svg, "</svg>");
    if (!svg->is_inline || svg->is_bare) {
        PUT(svg, "%s", svg->is_bare ? "" : "\n");
        return;
    }
    PUT(svg, "<figcaption>");
    put_safe(svg, canvas->note);
    PUT(svg, "</figcaption></figure>\n");
}

static const struct result_canvas_class svg_class = {
    .begin = begin,
    .pen = choose,
    .move = move,
    .line = line,
    .close = close_path,
    .text = put_text,
    .end = end,
};

void result_svg_init(struct result_svg *svg, struct base_buf *out, bool is_inline)
{
    *svg = (struct result_svg){ .out = out, .is_inline = is_inline };
    svg->canvas = (struct result_canvas){ .class = &svg_class, .has_frame = !is_inline };
}
