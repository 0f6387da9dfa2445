/* changes_recorded.c - a CSV file with a row a run; times at reference speed are used when four
 * runs in five have one, as 'history trend' does. */
#define _GNU_SOURCE
#include "changes_recorded.h"

#include <base/buf.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_SIZE_MAX = 1 << 24, FIELDS = 9, NORMALISED = 3, MEDIAN = 6 };

struct row {
    double work[TWIN_COUNT_MAX];
    double times[TWIN_COUNT_MAX][FIELDS];
};

static double number_of(const char *text)
{
    char *end = NULL;
    const double value = strtod(text, &end);
    return end == text ? NAN : value;
}

static base_err take_row(char *line, size_t number, struct recorded *cases, struct row *rows,
                         size_t *count, struct base_why *why)
{
    char *fields[FIELDS] = { NULL };
    size_t used = 0, i = 0;
    for (char *field = strsep(&line, ","); field != NULL; field = strsep(&line, ","))
        if (used < FIELDS)
            fields[used++] = field;
    if (used != FIELDS)
        return base_fail(why, BASE_EPARSE, number, "line %zu: %zu fields and not %d", number, used,
                         FIELDS);
    while (i < *count && strcmp(cases[i].name, fields[0]) != 0)
        i++;
    if (i == RECORDED_CASES_MAX || cases[i].count == TWIN_COUNT_MAX ||
        strlen(fields[0]) >= RECORDED_NAME_SIZE)
        return base_fail(why, BASE_EFULL, number, "line %zu: too many cases or runs", number);
    if (i == *count)
        strcpy(cases[(*count)++].name, fields[0]);
    rows[i].work[cases[i].count] = number_of(fields[2]);
    for (size_t k = NORMALISED; k < FIELDS; k++)
        rows[i].times[cases[i].count][k] = number_of(fields[k]);
    cases[i].count++;
    return BASE_OK;
}

static void finish(struct recorded *one, const struct row *row)
{
    size_t normalised = 0;
    for (size_t i = 0; i < one->count; i++)
        normalised += row->times[i][NORMALISED] > 0;
    one->is_normalised = 5 * normalised >= 4 * one->count;
    const size_t from = one->is_normalised ? NORMALISED : MEDIAN;
    for (size_t i = 0; i < one->count; i++) {
        one->values[i] = row->times[i][from];
        one->errors[i] = log(row->times[i][from + 2] / row->times[i][from + 1]) / 4;
        if (i > 0 && row->work[i] != row->work[i - 1] && one->true_count < RECORDED_TRUE_MAX) {
            one->ratios[one->true_count] = row->work[i] / row->work[i - 1];
            one->truth[one->true_count++] = i;
        }
    }
}

base_err recorded_read(const char *path, struct recorded *cases, size_t *count,
                       struct base_why *why)
{
    struct base_buf text = { 0 };
    struct row *rows = calloc(RECORDED_CASES_MAX + 1, sizeof *rows);
    base_err err = rows == NULL ? BASE_ENOMEM : base_buf_read_file(&text, path, FILE_SIZE_MAX, why);
    char *copy = err == BASE_OK ? strdup(base_buf_text(&text)) : NULL;
    char *rest = copy;
    size_t number = 0;
    *count = 0;
    for (char *line = strsep(&rest, "\n"); err == BASE_OK && line != NULL;
         line = strsep(&rest, "\n"))
        if (++number > 1 && line[0] != '\0')
            err = take_row(line, number, cases, rows, count, why);
    for (size_t i = 0; err == BASE_OK && i < *count; i++)
        finish(&cases[i], &rows[i]);
    free(copy);
    free(rows);
    base_buf_done(&text);
    return err;
}
