/* network_front.c - a column for each overlay, a group of columns for what was measured under the
 * same conditions; tables are split where paper ends. */
#include "network_front.h"

#include "network_numbers.h"

#include <base/units.h>
#include <suite/network.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS_MAX = 128,
    PART_COLUMNS = 6,                /* of a table, beside the names */
    ROWS_MAX = 3 * COLUMNS_MAX + 64, /* phases of each, or fields */
    TABLES_MAX = 3 * COLUMNS_MAX,    /* each column is in one of results and in one of conditions */
    FIGURES_MAX = 3 * COLUMNS_MAX,   /* of each column at most */
    TEXT_SIZE = 200,
};

/* What was measured of one overlay. */
struct column {
    const struct result_case *one;      /* its rounds */
    const struct result_case *delivery; /* its deliveries; NULL: not kept */
    struct suite_net_plan plan;
    const char *label; /* "hermes", "hermes, garbage" */
    size_t group;
};

struct maker {
    const struct result_run *run;
    struct base_arena *arena;
    struct column *columns; /* [column_count] */
    size_t column_count, group_count;
    struct result_front_table *tables;
    struct result_front_figure *figures;
    size_t table_count, figure_count;
    bool is_short; /* of memory */
};

/* ---- cells ---- */

static const char *keep(struct maker *maker, const char *text)
{
    const char *copy = base_arena_text(maker->arena, text);
    maker->is_short = maker->is_short || copy == NULL;
    return copy;
}

static struct result_front_cell text_cell(struct maker *maker, const char *text)
{
    return (struct result_front_cell){ .text = keep(maker, text) };
}

static struct result_front_cell count_cell(struct maker *maker, double count)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%.10g", count);
    return text_cell(maker, isnan(count) ? "-" : text);
}

static bool has_interval(const struct result_estimate *estimate)
{
    return isfinite(estimate->low) && isfinite(estimate->high) && estimate->low < estimate->high;
}

/* To two digits, which is what is known of a width. */
static double rounded(double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.1e", value);
    return strtod(text, NULL);
}

/* The mean, and half of its interval: that of a mean lies evenly around it. */
static struct result_front_cell number_cell(struct maker *maker, struct result_estimate estimate,
                                            const char *unit)
{
    char text[TEXT_SIZE], half[TEXT_SIZE - 8], note[TEXT_SIZE];
    struct result_front_cell cell =
        text_cell(maker, cli_network_print(estimate.value, unit, text, sizeof text));
    if (!has_interval(&estimate))
        return cell;
    cli_network_print(rounded((estimate.high - estimate.low) / 2), unit, half, sizeof half);
    snprintf(note, sizeof note, "\u00b1 %s", half);
    cell.note = keep(maker, note);
    return cell;
}

/* In the unit that the name says, so without one. */
static struct result_front_cell real_cell(struct maker *maker, const struct result_case *one,
                                          const struct cli_network_real *real)
{
    const struct result_estimate estimate = cli_network_number(one, real->series);
    const double value = estimate.value * real->scale;
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, fabs(value) >= 1e5 ? "%.0f" : "%.5g", value);
    struct result_front_cell cell = text_cell(maker, isnan(value) ? "-" : text);
    if (has_interval(&estimate)) {
        snprintf(text, sizeof text, "\u00b1 %.10g",
                 rounded((estimate.high - estimate.low) / 2 * real->scale));
        cell.note = keep(maker, text);
    }
    return cell;
}

static struct result_front_cell ratio_cell(struct maker *maker, struct result_estimate ratio)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%.3g", ratio.value);
    struct result_front_cell cell = text_cell(maker, isnan(ratio.value) ? "-" : text);
    if (has_interval(&ratio)) {
        snprintf(text, sizeof text, "%.3g\u2013%.3g", ratio.low, ratio.high);
        cell.note = keep(maker, text);
    }
    return cell;
}

/* ---- tables ---- */

struct grid {
    const char *title, *caption;
    const char *heads[COLUMNS_MAX];
    size_t head_count;
    struct result_front_cell *cells; /* [ROWS_MAX][head_count + 1] the first is the row's name */
    size_t row_count;
};

static bool begin_grid(struct maker *maker, struct grid *grid)
{
    grid->row_count = 0;
    grid->cells =
        base_arena_array(maker->arena, ROWS_MAX * (grid->head_count + 1), sizeof *grid->cells);
    maker->is_short = maker->is_short || grid->cells == NULL;
    return grid->cells != NULL;
}

/* The cells of a new row; NULL when there is no room. */
static struct result_front_cell *add_row(struct maker *maker, struct grid *grid, const char *name)
{
    if (grid->row_count == ROWS_MAX)
        return NULL;
    struct result_front_cell *row = grid->cells + grid->row_count++ * (grid->head_count + 1);
    row[0] = text_cell(maker, name);
    return row + 1;
}

/* Columns first .. first+count-1 of a grid as a table of their own. */
static void put_part(struct maker *maker, const struct grid *grid, size_t first, size_t count,
                     bool is_last)
{
    const size_t width = count + 1;
    const char **heads = base_arena_array(maker->arena, width, sizeof *heads);
    struct result_front_cell *cells =
        base_arena_array(maker->arena, width * grid->row_count + 1, sizeof *cells);
    if (heads == NULL || cells == NULL || maker->table_count == TABLES_MAX) {
        maker->is_short = maker->is_short || heads == NULL || cells == NULL;
        return;
    }
    heads[0] = "";
    memcpy(heads + 1, grid->heads + first, count * sizeof *heads);
    for (size_t r = 0; r < grid->row_count; r++) {
        const struct result_front_cell *row = grid->cells + r * (grid->head_count + 1);
        cells[r * width] = row[0];
        memcpy(&cells[r * width + 1], row + 1 + first, count * sizeof *cells);
    }
    maker->tables[maker->table_count++] =
        (struct result_front_table){ .title = first == 0 ? grid->title : NULL,
                                     .caption = is_last ? grid->caption : NULL,
                                     .columns = heads,
                                     .column_count = width,
                                     .cells = cells,
                                     .row_count = grid->row_count };
}

static void put_grid(struct maker *maker, const struct grid *grid)
{
    const size_t parts = (grid->head_count + PART_COLUMNS - 1) / PART_COLUMNS;
    for (size_t i = 0; grid->row_count > 0 && i < parts; i++) {
        const size_t first = grid->head_count * i / parts;
        put_part(maker, grid, first, grid->head_count * (i + 1) / parts - first, i + 1 == parts);
    }
}

/* ---- columns and groups ---- */

static const char *group_arg(const struct suite_net_plan *plan, const char *name, char *out)
{
    for (size_t i = 0; suite_net_arg_name(i) != NULL; i++)
        if (strcmp(suite_net_arg_name(i), name) == 0)
            return suite_net_arg_value(plan, i, out);
    return "";
}

static bool is_alike(const struct suite_net_plan *a, const struct suite_net_plan *b)
{
    static const char *const names[] = { "condition", "bandwidth", "load", "class", "time" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char one[SUITE_NET_NAME_SIZE], other[SUITE_NET_NAME_SIZE];
        if (strcmp(group_arg(a, names[i], one), group_arg(b, names[i], other)) != 0)
            return false;
    }
    return true;
}

static const struct column *first_of(const struct maker *maker, size_t group)
{
    size_t i = 0;
    while (maker->columns[i].group != group)
        i++;
    return &maker->columns[i];
}

/* The condition's name; with the rest where another group has the same. */
static const char *group_name(struct maker *maker, size_t group)
{
    const struct suite_net_plan *plan = &first_of(maker, group)->plan;
    char value[3][SUITE_NET_NAME_SIZE];
    bool is_twice = false;
    for (size_t g = 0; g < maker->group_count; g++)
        is_twice = is_twice || (g != group && strcmp(first_of(maker, g)->plan.conditions.name,
                                                     plan->conditions.name) == 0);
    if (!is_twice)
        return keep(maker, plan->conditions.name);
    const char *name =
        base_arena_printf(maker->arena, "%s, %s, %s, %s", plan->conditions.name,
                          group_arg(plan, "bandwidth", value[0]), group_arg(plan, "load", value[1]),
                          group_arg(plan, "class", value[2]));
    maker->is_short = maker->is_short || name == NULL;
    return name;
}

/* "Results", or "Results, poor" where there are others. */
static const char *title_of(struct maker *maker, const char *what, size_t group)
{
    const char *name = group_name(maker, group);
    if (maker->group_count == 1 || name == NULL)
        return what;
    const char *title = base_arena_printf(maker->arena, "%s, %s", what, name);
    maker->is_short = maker->is_short || title == NULL;
    return title;
}

static bool read_plan(const struct result_case *one, struct suite_net_plan *plan)
{
    struct base_why why;
    *plan = (struct suite_net_plan){ .protocol = one->name + strlen("net/") };
    for (size_t i = 0; i < one->args.count; i++)
        if (suite_net_take(plan, one->args.items[i].name, one->args.items[i].value, &why) !=
            BASE_OK)
            return false;
    return plan->conditions.node_count > 0 && plan->rate_per_s > 0;
}

static bool has_attack(const struct column *column)
{
    return column->plan.attack != NULL && strcmp(column->plan.attack, "none") != 0;
}

static const struct result_case *delivery_of(const struct result_run *run,
                                             const struct result_case *one)
{
    char id[512];
    snprintf(id, sizeof id, "net/delivery.%s", one->id + strlen("net/"));
    return result_run_find(run, id);
}

/* A suite's name alone says little: documents of others have their own. */
static bool is_of_net(const struct result_case *one)
{
    return strcmp(one->suite, "net") == 0 && strncmp(one->name, "net/", strlen("net/")) == 0 &&
           strncmp(one->id, "net/", strlen("net/")) == 0;
}

/* False: this is no run of network rounds. */
static bool read_columns(struct maker *maker)
{
    for (size_t i = 0; i < maker->run->case_count; i++) {
        const struct result_case *one = &maker->run->cases[i];
        struct column *column = &maker->columns[maker->column_count];
        if (!is_of_net(one))
            return false;
        if (strncmp(one->name, "net/delivery.", strlen("net/delivery.")) == 0)
            continue;
        if (maker->column_count == COLUMNS_MAX)
            return false;
        *column = (struct column){ .one = one, .delivery = delivery_of(maker->run, one) };
        if (!read_plan(one, &column->plan))
            return false;
        column->label = base_arena_printf(maker->arena, "%s%s%s%s", column->plan.protocol,
                                          has_attack(column) ? ", " : "",
                                          has_attack(column) ? column->plan.attack : "",
                                          column->plan.is_unauthenticated ? ", no tag" : "");
        maker->is_short = maker->is_short || column->label == NULL;
        column->group = maker->group_count;
        for (size_t k = 0; k < maker->column_count; k++)
            if (is_alike(&maker->columns[k].plan, &column->plan))
                column->group = maker->columns[k].group;
        maker->group_count += column->group == maker->group_count;
        maker->column_count++;
    }
    return maker->column_count > 0;
}

/* ---- what the tables hold ---- */

static double messages_of(const struct column *column)
{
    return suite_net_messages(&column->plan);
}

static double rounds_of(const struct column *column)
{
    return (double)column->one->process_count;
}

/* "100", or "100\u2013300" where it is not the same of all columns of a group. */
static struct result_front_cell range_cell(struct maker *maker, size_t group,
                                           double (*of)(const struct column *column))
{
    double low = INFINITY, high = 0;
    char text[TEXT_SIZE];
    for (size_t i = 0; i < maker->column_count; i++)
        if (maker->columns[i].group == group) {
            low = fmin(low, of(&maker->columns[i]));
            high = fmax(high, of(&maker->columns[i]));
        }
    snprintf(text, sizeof text, "%.10g\u2013%.10g", low, high);
    return low < high ? text_cell(maker, text) : count_cell(maker, high);
}

static void put_condition(struct maker *maker, struct grid *grid, size_t group)
{
    const struct column *first = first_of(maker, group);
    const struct suite_net_conditions *conditions = &first->plan.conditions;
    char rate[BASE_UNITS_TEXT_SIZE];
    const struct result_front_cell cells[] = {
        text_cell(maker, conditions->name),
        count_cell(maker, conditions->node_count),
        count_cell(maker, conditions->message_size),
        range_cell(maker, group, messages_of),
        count_cell(maker, (double)conditions->latency_ns / 1e6),
        count_cell(maker, 100 * conditions->loss_share),
        text_cell(maker, conditions->is_loopback ? "no network"
                         : conditions->bandwidth_bits > 0
                             ? base_units_print_bitrate((double)conditions->bandwidth_bits, 4, rate)
                             : "no limit"),
        number_cell(maker, (struct result_estimate){ first->plan.rate_per_s, NAN, NAN }, "1"),
        text_cell(maker, first->plan.class != NULL ? first->plan.class : "consensus"),
        text_cell(maker, first->plan.is_virtual ? "virtual" : "real"),
        range_cell(maker, group, rounds_of),
    };
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        grid->cells[i * (grid->head_count + 1) + 1 + group] = cells[i];
}

static void put_conditions(struct maker *maker)
{
    static const char *const names[] = {
        "name",
        "node_count",
        "message_size",
        "messages_per_node",
        "artificial_latency_ms",
        "packet_loss_percent",
        "a host can send",
        "messages/s offered",
        "class",
        "time",
        "rounds",
    };
    struct grid grid = { .title = "Conditions", .head_count = maker->group_count };
    for (size_t g = 0; g < maker->group_count; g++)
        grid.heads[g] = "";
    if (!begin_grid(maker, &grid))
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        (void)add_row(maker, &grid, names[i]);
    for (size_t g = 0; g < maker->group_count; g++)
        put_condition(maker, &grid, g);
    put_grid(maker, &grid);
}

static void put_facts(struct maker *maker, struct grid *grid, const struct column **shown)
{
    struct result_front_cell *rows[] = { add_row(maker, grid, "test_name"),
                                         add_row(maker, grid, "node_count"),
                                         add_row(maker, grid, "message_count"),
                                         add_row(maker, grid, "message_size_bytes"),
                                         add_row(maker, grid, "rounds") };
    for (size_t i = 0; i < grid->head_count; i++) {
        const struct suite_net_conditions *conditions = &shown[i]->plan.conditions;
        char name[TEXT_SIZE];
        snprintf(name, sizeof name, "%s,", shown[i]->plan.protocol);
        rows[0][i] = text_cell(maker, name);
        rows[0][i].note = keep(maker, conditions->name);
        rows[1][i] = count_cell(maker, conditions->node_count);
        rows[2][i] =
            count_cell(maker, (double)conditions->node_count * suite_net_messages(&shown[i]->plan));
        rows[3][i] = count_cell(maker, conditions->message_size);
        rows[4][i] = count_cell(maker, rounds_of(shown[i]));
    }
}

static bool is_real(const char *series)
{
    for (size_t i = 0; cli_network_real_at(i) != NULL; i++)
        if (strcmp(cli_network_real_at(i)->series, series) == 0)
            return true;
    return false;
}

/* What the specification does not have; rows of which there is something. */
static void put_others(struct maker *maker, struct grid *grid, const struct column **shown)
{
    for (size_t f = 0; suite_net_field_at(f) != NULL; f++) {
        const struct suite_net_field *field = suite_net_field_at(f);
        bool has_any = false;
        for (size_t i = 0; i < grid->head_count; i++)
            has_any = has_any || !isnan(cli_network_number(shown[i]->one, field->name).value);
        if (is_real(field->name) || cli_network_is_of_attack(field->name) || !has_any)
            continue;
        struct result_front_cell *row = add_row(maker, grid, field->name);
        for (size_t i = 0; i < grid->head_count; i++)
            row[i] =
                number_cell(maker, cli_network_number(shown[i]->one, field->name), field->unit);
    }
}

static void put_results(struct maker *maker, size_t group)
{
    const struct column *shown[COLUMNS_MAX];
    struct grid grid = {
        .title = title_of(maker, "Results", group),
        .caption =
            "Names and units down to redundant_messages are the specification's; a mean over "
            "rounds \u00b1 half of its interval. success_rate: deliveries in time over those "
            "due; messages_per_second: those that reached all in time; redundant_messages: "
            "bytes that came and were not needed, in messages; cpu_us_per_message: processor "
            "time of all nodes until the last delivery over messages that reached all in time"
    };
    for (size_t i = 0; i < maker->column_count; i++)
        if (maker->columns[i].group == group) {
            shown[grid.head_count] = &maker->columns[i];
            grid.heads[grid.head_count++] = maker->columns[i].label;
        }
    if (!begin_grid(maker, &grid))
        return;
    put_facts(maker, &grid, shown);
    for (size_t r = 0; cli_network_real_at(r) != NULL; r++) {
        struct result_front_cell *row = add_row(maker, &grid, cli_network_real_at(r)->name);
        for (size_t i = 0; i < grid.head_count; i++)
            row[i] = real_cell(maker, shown[i]->one, cli_network_real_at(r));
    }
    put_others(maker, &grid, shown);
    put_grid(maker, &grid);
}

/* Flooding under the same conditions and the same attack; NULL: it was not measured. */
static const struct column *flood_of(const struct maker *maker, const struct column *column)
{
    for (size_t i = 0; i < maker->column_count; i++) {
        const struct column *other = &maker->columns[i];
        if (other->group == column->group && other != column &&
            has_attack(other) == has_attack(column) &&
            (!has_attack(column) || strcmp(other->plan.attack, column->plan.attack) == 0) &&
            strcmp(other->plan.protocol, "flood") == 0)
            return other;
    }
    return NULL;
}

/* The fact, of rounds in turns; else the ratio of what two tests found. */
static struct result_estimate over(const struct result_case *one, const char *fact,
                                   const struct result_case *above, const struct result_case *below,
                                   const char *series)
{
    const struct result_estimate paired = cli_network_fact(one, fact);
    return isnan(paired.value) ? cli_network_over(cli_network_number(above, series),
                                                  cli_network_number(below, series))
                               : paired;
}

static void put_ratios(struct maker *maker)
{
    static const char bytes[] = "link_bytes_ratio";
    struct grid grid = {
        .title = "Against UDP flooding",
        .caption =
            "How many times as many messages a second reached all in time; how many times as many "
            "the same processor time of nodes carries (processor-bound); the same of the loads "
            "that are kept up with, where they were searched for; and the share of flooding's "
            "bytes on the "
            "links. Of rounds in turns the geometric mean with its interval; of different tests "
            "the ratio of their means",
        .heads = { "messages/s", "processor-bound", "load kept up with", "bytes" },
        .head_count = 4
    };
    if (!begin_grid(maker, &grid))
        return;
    for (size_t i = 0; i < maker->column_count; i++) {
        const struct column *column = &maker->columns[i], *flood = flood_of(maker, column);
        char name[TEXT_SIZE];
        if (flood == NULL || strcmp(column->plan.protocol, "flood") == 0)
            continue;
        snprintf(name, sizeof name, "%s%s%s",
                 maker->group_count > 1 ? group_name(maker, column->group) : "",
                 maker->group_count > 1 ? ": " : "", column->label);
        struct result_front_cell *row = add_row(maker, &grid, name);
        if (row == NULL)
            break;
        row[0] = ratio_cell(maker, over(column->one, "improvement", column->one, flood->one,
                                        "messages_per_second"));
        row[1] = ratio_cell(maker, over(column->one, "cpu_improvement", flood->one, column->one,
                                        "cpu_us_per_message"));
        row[2] = ratio_cell(maker, cli_network_fact(column->one, "improvement_at_knees"));
        row[3] = ratio_cell(maker, cli_network_over(cli_network_number(column->one, bytes),
                                                    cli_network_number(flood->one, bytes)));
    }
    put_grid(maker, &grid);
}

/* ---- attacks ---- */

static void attack_name(struct maker *maker, const struct column *column, const char *phase,
                        char out[TEXT_SIZE])
{
    snprintf(out, TEXT_SIZE, "%s%s%s%s%s",
             maker->group_count > 1 ? group_name(maker, column->group) : "",
             maker->group_count > 1 ? ": " : "", column->label, *phase != '\0' ? ": " : "", phase);
}

static void put_phases(struct maker *maker)
{
    static const char *const phases[] = { "before", "during", "after" };
    static const struct {
        const char *series, *unit;
    } fields[] = { { "messages_per_second", "/s" },
                   { "success_rate", "share" },
                   { "avg_latency_ns", "ns" },
                   { "p99_latency_ns", "ns" },
                   { "memory_bytes", "B" } };
    struct grid grid = {
        .title = CLI_NETWORK_ATTACKS_TITLE,
        .caption =
            "Of the messages intended before, during and after the attack: those that reached "
            "all in time a second, deliveries in time, latency, and memory of all nodes together",
        .heads = { "messages/s", "in time", "latency", "p99", "memory" },
        .head_count = 5
    };
    if (!begin_grid(maker, &grid))
        return;
    for (size_t i = 0; i < maker->column_count; i++)
        for (size_t p = 0; has_attack(&maker->columns[i]) && p < SUITE_NET_PHASES; p++) {
            char name[TEXT_SIZE];
            attack_name(maker, &maker->columns[i], phases[p], name);
            struct result_front_cell *row = add_row(maker, &grid, name);
            for (size_t k = 0; row != NULL && k < grid.head_count; k++) {
                char series[80];
                snprintf(series, sizeof series, "%s_%s", phases[p], fields[k].series);
                row[k] = number_cell(maker, cli_network_number(maker->columns[i].one, series),
                                     fields[k].unit);
            }
        }
    put_grid(maker, &grid);
}

static void put_accepted(struct maker *maker)
{
    static const struct {
        const char *series, *unit;
    } fields[] = { { "goodput_under_attack", "share" }, { "attack_datagrams", "1" },
                   { "rejected_datagrams", "1" },       { "forged_accepted", "1" },
                   { "replayed_accepted", "1" },        { "attack_amplification", "1" } };
    struct grid grid = {
        .title = CLI_NETWORK_ATTACKS_TITLE ": what got through",
        .caption =
            "Held: messages a second during the attack over before. Forged: deliveries whose "
            "content nobody sent; replayed: deliveries of what had been delivered; both are "
            "counted by the receivers. Amplified: bytes at a victim over bytes sent for them",
        .heads = { "held", "sent", "rejected", "forged", "replayed", "amplified" },
        .head_count = 6
    };
    if (!begin_grid(maker, &grid))
        return;
    for (size_t i = 0; i < maker->column_count; i++) {
        char name[TEXT_SIZE];
        if (!has_attack(&maker->columns[i]))
            continue;
        attack_name(maker, &maker->columns[i], "", name);
        struct result_front_cell *row = add_row(maker, &grid, name);
        for (size_t k = 0; row != NULL && k < grid.head_count; k++)
            row[k] = number_cell(maker, cli_network_number(maker->columns[i].one, fields[k].series),
                                 fields[k].unit);
    }
    put_grid(maker, &grid);
}

/* ---- figures ---- */

static const char *attack_of(const struct column *column)
{
    return has_attack(column) ? column->plan.attack : "none";
}

/* Is a column of a group, and of an attack? NULL: of any. */
static bool is_among(const struct column *column, size_t group, const char *attack)
{
    return column->group == group && (attack == NULL || strcmp(attack_of(column), attack) == 0);
}

/* What a figure has no room for is said beneath it. */
static void note_left_out(struct maker *maker, struct result_front_figure *figure, size_t left_out)
{
    if (left_out == 0)
        return;
    figure->note = base_arena_printf(maker->arena, "%s; %zu not shown", figure->note, left_out);
    maker->is_short = maker->is_short || figure->note == NULL;
}

static void add_figure(struct maker *maker, size_t group, const char *attack,
                       const struct result_front_figure *what, const char *series, const char *unit)
{
    if (maker->figure_count == FIGURES_MAX)
        return;
    struct result_front_figure *figure = &maker->figures[maker->figure_count++];
    char name[TEXT_SIZE];
    size_t left_out = 0;
    *figure = *what;
    snprintf(name, sizeof name, "%s%s%s", what->name, attack != NULL ? ", attack: " : "",
             attack != NULL ? attack : "");
    figure->name = title_of(maker, keep(maker, name), group);
    for (size_t i = 0; i < maker->column_count; i++) {
        const struct column *column = &maker->columns[i];
        if (!is_among(column, group, attack))
            continue;
        if (figure->mark_count == RESULT_FRONT_MARK_MAX) {
            left_out++;
            continue;
        }
        struct result_front_mark *mark = &figure->marks[figure->mark_count++];
        char text[TEXT_SIZE];
        *mark = (struct result_front_mark){ .label = column->label, .one = column->delivery };
        if (series == NULL)
            continue;
        mark->value = cli_network_number(column->one, series);
        mark->text = keep(maker, cli_network_print(mark->value.value, unit, text, sizeof text));
    }
    note_left_out(maker, figure, left_out);
}

static void put_figures_of(struct maker *maker, size_t group, const char *attack)
{
    static const struct result_front_figure latency = {
        .kind = RESULT_FRONT_CURVES,
        .name = "Latency of deliveries",
        .axis = "share of deliveries that were faster",
        .note = "from the intended moment to the delivery at each addressee, all rounds together; "
                "logarithmic axis; dot: the slowest",
    };
    static const struct result_front_figure goodput = {
        .kind = RESULT_FRONT_BARS,
        .name = "Messages a second that reached all in time",
        .note = "mean over rounds, thick line: its interval",
    };
    static const struct result_front_figure bytes = {
        .kind = RESULT_FRONT_BARS,
        .name = "Bytes on the links over bytes due",
        .note = "1: each message once to each addressee, without headers; thick line: interval",
    };
    add_figure(maker, group, attack, &latency, NULL, "");
    add_figure(maker, group, attack, &goodput, "messages_per_second", "/s");
    add_figure(maker, group, attack, &bytes, "link_bytes_ratio", "1");
}

/* Of a group together as far as a figure has room, else attack by attack. */
static void put_figures(struct maker *maker, size_t group)
{
    size_t count = 0;
    for (size_t i = 0; i < maker->column_count; i++)
        count += is_among(&maker->columns[i], group, NULL);
    if (count <= RESULT_FRONT_MARK_MAX) {
        put_figures_of(maker, group, NULL);
        return;
    }
    for (size_t i = 0; i < maker->column_count; i++) {
        bool is_first = maker->columns[i].group == group;
        const char *attack = attack_of(&maker->columns[i]);
        for (size_t k = 0; k < i; k++)
            is_first = is_first && !is_among(&maker->columns[k], group, attack);
        if (is_first)
            put_figures_of(maker, group, attack);
    }
}

static const char *title_of_run(struct maker *maker)
{
    const char *title =
        maker->group_count == 1
            ? base_arena_printf(maker->arena, "Network test: %s",
                                first_of(maker, 0)->plan.conditions.name)
            : base_arena_printf(maker->arena, "Network test: %zu conditions", maker->group_count);
    maker->is_short = maker->is_short || title == NULL;
    return title;
}

base_err cli_network_front(const struct result_run *run, struct base_arena *arena,
                           const struct result_front **out)
{
    struct maker maker = { .run = run, .arena = arena };
    struct result_front *front = base_arena_alloc(arena, sizeof *front);
    *out = NULL;
    maker.columns = base_arena_array(arena, COLUMNS_MAX + 1, sizeof *maker.columns);
    maker.tables = base_arena_array(arena, TABLES_MAX, sizeof *maker.tables);
    maker.figures = base_arena_array(arena, FIGURES_MAX, sizeof *maker.figures);
    if (front == NULL || maker.columns == NULL || maker.tables == NULL || maker.figures == NULL)
        return BASE_ENOMEM;
    if (!read_columns(&maker))
        return maker.is_short ? BASE_ENOMEM : BASE_OK;
    put_conditions(&maker);
    for (size_t g = 0; g < maker.group_count; g++)
        put_results(&maker, g);
    put_ratios(&maker);
    put_phases(&maker);
    put_accepted(&maker);
    for (size_t g = 0; g < maker.group_count; g++)
        put_figures(&maker, g);
    const char *title = title_of_run(&maker);
    if (maker.is_short)
        return BASE_ENOMEM;
    *front = (struct result_front){ .title = title,
                                    .cases = "Rounds",
                                    .tables = maker.tables,
                                    .table_count = maker.table_count,
                                    .figures = maker.figures,
                                    .figure_count = maker.figure_count };
    *out = front;
    return BASE_OK;
}
