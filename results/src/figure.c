/* figure.c - the table of figures, and one figure as a file. */
#include "figure_draw.h"

#include <stdio.h>
#include <string.h>

const char *result_figure_text(enum result_figure figure)
{
    static const char *const texts[] = {
#define RESULT_FIGURE_TEXT(name, text, doc) [RESULT_FIGURE_##name] = text,
        RESULT_FIGURE_MAP(RESULT_FIGURE_TEXT)
#undef RESULT_FIGURE_TEXT
    };
    return figure < RESULT_FIGURE_COUNT ? texts[figure] : "";
}

enum result_figure result_figure_of(const char *name)
{
    size_t i = 0;
    while (i < RESULT_FIGURE_COUNT && strcmp(name, result_figure_text((enum result_figure)i)) != 0)
        i++;
    return (enum result_figure)i;
}

/* What a figure needs, in the words of someone who lacks it. */
static const char *lack_of(enum result_figure figure, const struct result_figure_source *source)
{
    switch (figure) {
    case RESULT_FIGURE_OVERVIEW:
        return source->run == NULL ? "a run" : NULL;
    case RESULT_FIGURE_HISTORY:
        return source->trend == NULL ? "the case's history" : NULL;
    case RESULT_FIGURE_FOREST:
        return source->comparison == NULL ? "a comparison" : NULL;
    default:
        return source->one == NULL ? "a case" : NULL;
    }
}

static base_err draw(enum result_figure figure, const struct result_figure_source *source,
                     struct result_canvas *canvas)
{
    switch (figure) {
    case RESULT_FIGURE_OVERVIEW:
        return result_figure_overview(canvas, source->run, RESULT_FIGURE_WIDE);
    case RESULT_FIGURE_DENSITY:
        return result_figure_density(canvas, source->one);
    case RESULT_FIGURE_SLOPE:
        return result_figure_slope(canvas, source->one);
    case RESULT_FIGURE_PERCENTILES:
        return result_figure_percentiles(canvas, source->one);
    case RESULT_FIGURE_HISTORY:
        return result_figure_history(canvas, source->trend, RESULT_FIGURE_HISTORY_WIDTH);
    case RESULT_FIGURE_FOREST:
        return result_figure_forest(canvas, source->comparison, RESULT_FIGURE_WIDE);
    case RESULT_FIGURE_COUNT:
        break;
    }
    return BASE_EINVALID;
}

static base_err explain(base_err err, enum result_figure figure, struct base_why *why)
{
    static const char *const needs[RESULT_FIGURE_COUNT] = {
        [RESULT_FIGURE_OVERVIEW] = "no case of the run has a time above the floor",
        [RESULT_FIGURE_DENSITY] = "it takes two different samples",
        [RESULT_FIGURE_SLOPE] = "it takes batches of different sizes and a fitted slope",
        [RESULT_FIGURE_PERCENTILES] = "it takes ten samples that are not all the same",
        [RESULT_FIGURE_HISTORY] = "it takes two runs that measured the case",
        [RESULT_FIGURE_FOREST] = "the comparison has no case",
    };
    if (err != BASE_ENOTFOUND)
        return base_fail(why, err, 0, "figure %s: %s", result_figure_text(figure),
                         base_err_text(err));
    return base_fail(why, err, 0, "figure %s cannot be drawn: %s", result_figure_text(figure),
                     needs[figure]);
}

static base_err write_svg(enum result_figure figure, const struct result_figure_source *source,
                          struct base_buf *out)
{
    struct result_svg svg;
    result_svg_init(&svg, out, false);
    return draw(figure, source, &svg.canvas);
}

/* The size is known when the figure has been drawn once, for the eyes of nobody. */
static base_err write_cairo(enum result_figure figure, const struct result_figure_source *source,
                            const char *format, struct base_buf *out)
{
    struct result_cairo *cairo = NULL;
    struct base_buf unused = { 0 };
    double width = 1, height = 1;
    base_err err = BASE_OK;
    for (int pass = 0; err == BASE_OK && pass < 2; pass++) {
        err = result_cairo_new(format, width, height, pass == 0 ? &unused : out, &cairo);
        if (err != BASE_OK)
            break;
        struct result_canvas *canvas = result_cairo_canvas(cairo);
        canvas->has_frame = true;
        result_cairo_meta(cairo, result_figure_text(figure), "bpi-perf");
        err = draw(figure, source, canvas);
        result_cairo_size(cairo, &width, &height);
        if (err != BASE_OK)
            result_cairo_free(cairo);
        else
            err = result_cairo_finish(cairo);
    }
    base_buf_done(&unused);
    return err;
}

base_err result_figure_write(enum result_figure figure, const struct result_figure_source *source,
                             const char *format, struct base_buf *out, struct base_why *why)
{
    const bool is_svg = strcmp(format, "svg") == 0;
    const size_t before = out->size;
    if (!is_svg && strcmp(format, "pdf") != 0 && strcmp(format, "png") != 0)
        return base_fail(why, BASE_EINVALID, 0, "figures are svg, pdf or png, not '%.40s'", format);
    if (figure >= RESULT_FIGURE_COUNT || lack_of(figure, source) != NULL)
        return base_fail(why, BASE_EINVALID, 0, "figure %s needs %s", result_figure_text(figure),
                         figure < RESULT_FIGURE_COUNT ? lack_of(figure, source) : "a name");
    const base_err err =
        is_svg ? write_svg(figure, source, out) : write_cairo(figure, source, format, out);
    if (err == BASE_OK)
        return BASE_OK;
    out->size = before;
    return explain(err, figure, why);
}
