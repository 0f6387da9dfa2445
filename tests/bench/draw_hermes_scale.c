/* draw_hermes_scale.c - the CSV of bench_hermes_scale as a picture: delivery, hops, latency and
 * bytes against the number of nodes.
 *
 *   bench_hermes_scale 1 50 5 10 100 1000 10000 > scale.csv
 *   draw_hermes_scale < scale.csv > scale.svg
 *
 * The CSV of several runs may stand one behind the other. Lines of one number of nodes (several
 * seeds) are drawn as points, and a line goes through their means. */
#include "figure_draw.h"

#include <base/buf.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 256, COLUMNS_MAX = 32, LINE_MAX = 2048 };
enum { PANEL_WIDTH = 430, PANEL_HEIGHT = 200, LEFT = 52, RIGHT = 408, TOP = 26, FOOT = 156 };
enum { WANTED = 7 };

static const char *const wanted[WANTED] = {
    "nodes",          "delivered_share",       "hops_mean", "hops_p99", "latency_p50_ms",
    "latency_p99_ms", "bytes_per_node_message"
};
enum column { NODES, DELIVERED, HOPS_MEAN, HOPS_P99, LATENCY_P50, LATENCY_P99, BYTES, NONE };

struct table {
    double rows[ROWS_MAX][WANTED]; /* by the number of nodes */
    size_t count;
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "draw_hermes_scale: %s\n", what);
    exit(2);
}

/* The columns' places by their names in the first line. */
static void read_head(char *line, size_t places[WANTED])
{
    for (int k = 0; k < WANTED; k++)
        places[k] = COLUMNS_MAX;
    size_t at = 0;
    for (char *name; (name = strsep(&line, ",\n")) != NULL; at++)
        for (int k = 0; k < WANTED; k++)
            if (strcmp(name, wanted[k]) == 0)
                places[k] = at;
    for (int k = 0; k < WANTED; k++)
        if (places[k] == COLUMNS_MAX)
            fail("this is not the CSV of bench_hermes_scale: a column is missing");
}

static void read_row(char *line, const size_t places[WANTED], double row[WANTED])
{
    for (int k = 0; k < WANTED; k++)
        row[k] = NAN;
    size_t at = 0;
    for (char *field; (field = strsep(&line, ",\n")) != NULL; at++)
        for (int k = 0; k < WANTED; k++)
            if (places[k] == at)
                row[k] = strtod(field, NULL);
    for (int k = 0; k < WANTED; k++)
        if (!isfinite(row[k]) || row[NODES] < 1)
            fail("a line lacks a number");
}

static int by_nodes(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void read_table(FILE *in, struct table *table)
{
    char line[LINE_MAX];
    size_t places[WANTED];
    if (fgets(line, sizeof line, in) == NULL)
        fail("there is nothing on stdin");
    read_head(line, places);
    while (fgets(line, sizeof line, in) != NULL) {
        if (strncmp(line, wanted[NODES], strlen(wanted[NODES])) == 0)
            continue; /* the head of another run */
        if (table->count == ROWS_MAX)
            fail("too many lines");
        read_row(line, places, table->rows[table->count++]);
    }
    if (table->count == 0)
        fail("there are no lines under the head");
    qsort(table->rows, table->count, sizeof table->rows[0], by_nodes);
    if (!(table->rows[table->count - 1][NODES] > table->rows[0][NODES]))
        fail("one number of nodes makes no line");
}

/* One picture of the four: up to two columns on one axis. */
struct panel {
    const char *title;
    double x, y;
    enum column columns[2];
    const char *names[2];
    double factor; /* from the CSV to the axis */
    bool is_share; /* of 100: the axis ends there; others begin at 0 */
};

static struct result_scale scale_x(const struct table *table, const struct panel *panel)
{
    return (struct result_scale){ table->rows[0][NODES] / 1.25,
                                  table->rows[table->count - 1][NODES] * 1.25, panel->x + LEFT,
                                  panel->x + RIGHT, true };
}

static struct result_scale scale_y(const struct table *table, const struct panel *panel)
{
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < table->count; i++)
        for (int k = 0; k < 2 && panel->columns[k] != NONE; k++) {
            const double value = table->rows[i][panel->columns[k]] * panel->factor;
            least = fmin(least, value);
            most = fmax(most, value);
        }
    const double low = panel->is_share ? fmin(99.9, least - 0.05) : 0;
    const double high = panel->is_share ? 100 : most > 0 ? most * 1.1 : 1;
    return (struct result_scale){ low, high, panel->y + FOOT, panel->y + TOP, false };
}

static void put_axes(struct result_canvas *canvas, const struct panel *panel,
                     const struct result_scale *x, const struct result_scale *y)
{
    double across[RESULT_TICKS_MAX], up[RESULT_TICKS_MAX];
    char text[32];
    const size_t x_count = result_scale_ticks(x, 50, across);
    const size_t y_count = result_scale_ticks(y, 30, up);
    const double step = y_count > 1 ? up[1] - up[0] : 1;
    result_canvas_pen(canvas, RESULT_ROLE_GRID, RESULT_PEN_HAIR);
    for (size_t i = 0; i < x_count; i++)
        result_canvas_segment(canvas, result_scale_at(x, across[i]), y->to,
                              result_scale_at(x, across[i]), y->from);
    for (size_t i = 0; i < y_count; i++)
        result_canvas_segment(canvas, x->from, result_scale_at(y, up[i]), x->to,
                              result_scale_at(y, up[i]));
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_MIDDLE);
    for (size_t i = 0; i < x_count; i++) {
        snprintf(text, sizeof text, "%.0f", across[i]);
        result_canvas_text(canvas, result_scale_at(x, across[i]), y->from + 13, text);
    }
    result_canvas_text(canvas, (x->from + x->to) / 2, y->from + 27, "nodes");
    result_canvas_pen_text(canvas, RESULT_ROLE_MUTED, RESULT_PEN_TEXT, RESULT_ANCHOR_END);
    for (size_t i = 0; i < y_count; i++)
        result_canvas_text(canvas, x->from - 4, result_scale_at(y, up[i]) + 4,
                           result_scale_print(up[i], step, text));
    result_canvas_pen_text(canvas, RESULT_ROLE_INK, RESULT_PEN_STRONG, RESULT_ANCHOR_START);
    result_canvas_text(canvas, x->from, panel->y + 12, panel->title);
}

/* Means over the lines of one number of nodes. xy [2 * rows]; returns how many points. */
static size_t means_of(const struct table *table, enum column column, double factor,
                       const struct result_scale *x, const struct result_scale *y, double *xy)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count;) {
        const double nodes = table->rows[i][NODES];
        double sum = 0, lines = 0;
        for (; i < table->count && table->rows[i][NODES] <= nodes; i++, lines++)
            sum += table->rows[i][column] * factor;
        xy[2 * count] = result_scale_at(x, nodes);
        xy[2 * count++ + 1] = result_scale_at(y, sum / lines);
    }
    return count;
}

static void put_panel(struct result_canvas *canvas, const struct table *table,
                      const struct panel *panel)
{
    const struct result_scale x = scale_x(table, panel), y = scale_y(table, panel);
    put_axes(canvas, panel, &x, &y);
    for (int k = 0; k < 2 && panel->columns[k] != NONE; k++) {
        double xy[2 * ROWS_MAX];
        const size_t count = means_of(table, panel->columns[k], panel->factor, &x, &y, xy);
        const enum result_role role = (enum result_role)(RESULT_ROLE_SERIES + k);
        result_canvas_pen(canvas, role, RESULT_PEN_LINE);
        result_canvas_curve(canvas, xy, count);
        result_canvas_pen(canvas, role, RESULT_PEN_SPOT);
        for (size_t i = 0; i < table->count; i++)
            result_canvas_dot(
                canvas, result_scale_at(&x, table->rows[i][NODES]),
                result_scale_at(&y, table->rows[i][panel->columns[k]] * panel->factor));
        if (panel->names[k] == NULL)
            continue;
        result_canvas_pen_text(canvas, role, RESULT_PEN_STRONG, RESULT_ANCHOR_END);
        result_canvas_text(canvas, xy[2 * count - 2], xy[2 * count - 1] - 8, panel->names[k]);
    }
}

static const struct panel panels[] = {
    { "owed deliveries made, %", 0, 0, { DELIVERED, NONE }, { NULL, NULL }, 100, true },
    { "hops", PANEL_WIDTH, 0, { HOPS_MEAN, HOPS_P99 }, { "mean", "99 %" }, 1, false },
    { "latency, ms", 0, PANEL_HEIGHT, { LATENCY_P50, LATENCY_P99 }, { "50 %", "99 %" }, 1, false },
    { "bytes of a node for a message, kB",
      PANEL_WIDTH,
      PANEL_HEIGHT,
      { BYTES, NONE },
      { NULL, NULL },
      1e-3,
      false },
};

int main(void)
{
    static struct table table;
    struct base_buf out = { 0 };
    struct result_svg svg;
    read_table(stdin, &table);
    result_svg_init(&svg, &out, false);
    result_canvas_begin(
        &svg.canvas,
        &(struct result_figure_head){
            2 * PANEL_WIDTH, 2 * PANEL_HEIGHT, "HERMES-Lite: broadcasts over the tree",
            "against the number of nodes",
            "virtual time; links of 25 ms with 5 ms of jitter and 0.5 % loss, churn as in the "
            "CSV's run; bytes with all headers, heartbeats included" });
    for (size_t i = 0; i < sizeof panels / sizeof panels[0]; i++)
        put_panel(&svg.canvas, &table, &panels[i]);
    const base_err err = result_canvas_end(&svg.canvas);
    if (err != BASE_OK || fwrite(out.data, 1, out.size, stdout) != out.size ||
        fflush(stdout) != 0) {
        fprintf(stderr, "draw_hermes_scale: %s\n", base_err_name(err != BASE_OK ? err : BASE_EIO));
        return 3;
    }
    base_buf_done(&out);
    return 0;
}
