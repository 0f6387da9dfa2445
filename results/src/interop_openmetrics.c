/* interop_openmetrics.c - OpenMetrics text. Our own families carry a case with its interval; of
 * those of others, gauges in seconds, summaries and histograms become values without samples.
 * Source   OpenMetrics 1.0.0, the text format */
#define _GNU_SOURCE
#include "interop_internal.h"
#include "run_table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TITLE  "OpenMetrics text"
#define FAMILY "bpi_perf_case"
#define NS     1e9

enum { LABELS_MAX = 32, SAMPLES_MAX = 1000000 };

static bool begins(struct base_span line, const char *with)
{
    return line.size >= strlen(with) && memcmp(line.data, with, strlen(with)) == 0;
}

static bool is_like(struct base_span text)
{
    struct base_span line;
    size_t at = 0;
    if (!result_import_line(text, &at, &line))
        return false;
    return begins(line, "# TYPE ") || begins(line, "# HELP ") || begins(line, "# UNIT ") ||
           begins(line, "# EOF");
}

/* --- import: one line ------------------------------------------------------------------------- */

struct sample {
    char *name;
    struct {
        char *name, *value;
    } labels[LABELS_MAX];
    size_t label_count;
    double value;
};

struct reader {
    struct result_import *import;
    size_t line, left_out;
    bool has_end;
};

/* The text of a quoted value, unescaped in place; NULL: it does not end. */
static char *cut_value(char **at)
{
    char *out = *at, *begin = out;
    for (char *in = begin; *in != '\0'; in++) {
        if (*in == '"') {
            *out = '\0';
            *at = in + 1;
            return begin;
        }
        if (*in == '\\' && in[1] != '\0') {
            in++;
            *out++ = *in == 'n' ? '\n' : *in;
        } else {
            *out++ = *in;
        }
    }
    return NULL;
}

/* "{a="x",b="y"}" */
static bool cut_labels(char **at, struct sample *sample)
{
    ++*at;
    while (**at != '}') {
        char *name = *at;
        char *equals = strchr(name, '=');
        if (equals == NULL || equals[1] != '"' || sample->label_count == LABELS_MAX)
            return false;
        *equals = '\0';
        *at = equals + 2;
        char *value = cut_value(at);
        if (value == NULL)
            return false;
        sample->labels[sample->label_count].name = name;
        sample->labels[sample->label_count++].value = value;
        *at += **at == ',';
    }
    ++*at;
    return true;
}

/* "name{labels} value [timestamp]" */
static bool cut_sample(char *line, struct sample *sample)
{
    *sample = (struct sample){ .name = line };
    char *at =
        line + strspn(line, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
    const bool has_labels = *at == '{';
    char *end = at;
    if (at == line || (!has_labels && *at != ' '))
        return false;
    if (has_labels && !cut_labels(&at, sample))
        return false;
    *end = '\0'; /* of the name; a "{" that was read, or the blank */
    at += !has_labels;
    at += strspn(at, " ");
    char *blank = strchr(at, ' ');
    if (blank != NULL)
        *blank = '\0';
    return result_import_double(at, &sample->value);
}

static const char *label_of(const struct sample *sample, const char *name)
{
    for (size_t i = 0; i < sample->label_count; i++)
        if (strcmp(sample->labels[i].name, name) == 0)
            return sample->labels[i].value;
    return NULL;
}

static bool ends(const char *text, const char *with)
{
    const size_t size = strlen(text), tail = strlen(with);
    return size >= tail && strcmp(text + size - tail, with) == 0;
}

/* --- import: our own families ----------------------------------------------------------------- */

static base_err case_of(struct reader *reader, const char *id, struct result_case **out)
{
    const char *clean = result_import_clean(result_import_arena(reader->import), id);
    const size_t index = clean != NULL ? result_import_index(reader->import, clean) : SIZE_MAX;
    if (index == SIZE_MAX)
        return result_import_case(reader->import, id, out);
    *out = result_import_at(reader->import, index);
    return BASE_OK;
}

static double *number_of(struct result_case *one, const char *statistic, size_t bound)
{
    struct result_estimate *estimate = strcmp(statistic, "median") == 0       ? &one->median_ns
                                       : strcmp(statistic, "mean") == 0       ? &one->mean_ns
                                       : strcmp(statistic, "normalised") == 0 ? &one->normalised_ns
                                       : strcmp(statistic, "slope") == 0      ? &one->slope_ns
                                                                              : NULL;
    if (estimate != NULL)
        return bound == 0 ? &estimate->value : bound == 1 ? &estimate->low : &estimate->high;
    if (bound != 0)
        return NULL;
    return strcmp(statistic, "min") == 0      ? &one->min_ns
           : strcmp(statistic, "max") == 0    ? &one->max_ns
           : strcmp(statistic, "stddev") == 0 ? &one->stddev_ns
           : strcmp(statistic, "p05") == 0    ? &one->p05_ns
           : strcmp(statistic, "p25") == 0    ? &one->p25_ns
           : strcmp(statistic, "p75") == 0    ? &one->p75_ns
           : strcmp(statistic, "p95") == 0    ? &one->p95_ns
           : strcmp(statistic, "p99") == 0    ? &one->p99_ns
                                              : NULL;
}

static base_err read_own(struct reader *reader, const struct sample *sample)
{
    static const char *const names[] = { FAMILY "_seconds", FAMILY "_low_seconds",
                                         FAMILY "_high_seconds" };
    const char *id = label_of(sample, "case"), *statistic = label_of(sample, "statistic");
    struct result_case *one;
    for (size_t bound = 0; bound < 3; bound++) {
        if (strcmp(sample->name, names[bound]) != 0 || id == NULL || statistic == NULL)
            continue;
        RESULT_TRY(case_of(reader, id, &one));
        double *const number = number_of(one, statistic, bound);
        const double ns = sample->value * NS;
        if (number == NULL)
            break;
        /* The end of an interval may lie below zero: few and unlike processes give wide ones. */
        if (bound == 0 && !(ns > 0) && !(ns == 0 && strcmp(statistic, "stddev") == 0)) {
            one->status = "error";
            one->why = "one of its times is not positive";
            return BASE_OK;
        }
        if (isfinite(ns))
            *number = ns;
        return BASE_OK;
    }
    reader->left_out++;
    return BASE_OK;
}

/* --- import: families of others --------------------------------------------------------------- */

/* "name{a=x,b=y}" without the labels that tell the parts of one thing apart. */
static base_err id_of(struct reader *reader, const struct sample *sample, size_t name_size,
                      const char **id)
{
    struct base_buf text = { 0 };
    size_t kept = 0;
    base_err err = base_buf_put(&text, sample->name, name_size);
    for (size_t i = 0; err == BASE_OK && i < sample->label_count; i++) {
        if (strcmp(sample->labels[i].name, "quantile") == 0 ||
            strcmp(sample->labels[i].name, "le") == 0)
            continue;
        err = base_buf_printf(&text, "%s%s=%s", kept++ > 0 ? "," : "{", sample->labels[i].name,
                              sample->labels[i].value);
    }
    if (err == BASE_OK && kept > 0)
        err = base_buf_put_text(&text, "}");
    const char *whole = err == BASE_OK ? base_buf_text(&text) : NULL;
    *id = whole != NULL ? base_arena_text(result_import_arena(reader->import), whole) : NULL;
    base_buf_done(&text);
    return *id != NULL
               ? BASE_OK
               : result_import_fail(reader->import, BASE_ENOMEM, 0, "no memory for its contents");
}

static base_err put_quantile(struct result_case *one, const char *quantile, double ns)
{
    double *const place = strcmp(quantile, "0.5") == 0    ? &one->median_ns.value
                          : strcmp(quantile, "0.05") == 0 ? &one->p05_ns
                          : strcmp(quantile, "0.25") == 0 ? &one->p25_ns
                          : strcmp(quantile, "0.75") == 0 ? &one->p75_ns
                          : strcmp(quantile, "0.95") == 0 ? &one->p95_ns
                          : strcmp(quantile, "0.99") == 0 ? &one->p99_ns
                                                          : NULL;
    if (place != NULL && ns > 0 && isfinite(ns))
        *place = ns;
    return BASE_OK;
}

static base_err read_foreign(struct reader *reader, const struct sample *sample)
{
    const char *id, *quantile = label_of(sample, "quantile");
    const size_t size = strlen(sample->name);
    struct result_case *one;
    const bool is_sum = ends(sample->name, "_seconds_sum"),
               is_count = ends(sample->name, "_seconds_count");
    const double ns = sample->value * NS;
    if (!ends(sample->name, "_seconds") && !is_sum && !is_count) {
        reader->left_out++;
        return BASE_OK;
    }
    if (ends(sample->name, "timestamp_seconds") || ends(sample->name, "time_seconds")) {
        reader->left_out++; /* moments, not durations */
        return BASE_OK;
    }
    RESULT_TRY(id_of(reader, sample, is_sum ? size - 4 : is_count ? size - 6 : size, &id));
    RESULT_TRY(case_of(reader, id, &one));
    if (quantile != NULL)
        return put_quantile(one, quantile, ns);
    if (is_sum) /* becomes the mean at the end */
        return result_import_counter(reader->import, one, "sum_seconds", sample->value, "s");
    if (is_count)
        return result_import_counter(reader->import, one, "count", sample->value, "1");
    RESULT_TRY(result_import_note(reader->import, "gauges are single values: nothing tells their "
                                                  "spread"));
    return result_import_value(reader->import, one, (struct result_estimate){ ns, NAN, NAN });
}

static base_err finish_case(struct reader *reader, struct result_case *one)
{
    const double sum = result_counter_of(one, "sum_seconds"),
                 count = result_counter_of(one, "count");
    const double mean = sum * NS / count;
    struct result_estimate *const all[] = { &one->median_ns, &one->mean_ns, &one->normalised_ns,
                                            &one->slope_ns };
    if (strcmp(one->status, "ok") != 0)
        return BASE_OK;
    if (mean > 0 && isfinite(mean)) {
        one->mean_ns.value = mean;
        RESULT_TRY(result_import_note(reader->import,
                                      "of summaries and histograms the mean and the "
                                      "quantiles are kept, buckets are left out"));
    }
    for (size_t i = 0; i < 4; i++)
        if (!(all[i]->low <= all[i]->value && all[i]->value <= all[i]->high))
            all[i]->low = all[i]->high = NAN;
    if (isnan(one->median_ns.value))
        one->median_ns = (struct result_estimate){ one->mean_ns.value, NAN, NAN };
    if (one->median_ns.value > 0)
        return result_import_value(reader->import, one, one->median_ns);
    one->status = "error";
    one->why = "no time of it could be read";
    return BASE_OK;
}

/* --- import: the file ------------------------------------------------------------------------- */

/* A value that is no number: what a summary without observations has. */
static bool is_none(struct base_span line)
{
    static const char *const words[] = { " NaN", " +Inf", " -Inf" };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (memmem(line.data, line.size, words[i], strlen(words[i])) != NULL)
            return true;
    return false;
}

static base_err read_line(struct reader *reader, struct base_span line)
{
    struct sample sample;
    char *text =
        base_arena_text_of(result_import_arena(reader->import), (const char *)line.data, line.size);
    if (text == NULL)
        return result_import_fail(reader->import, BASE_ENOMEM, 0, "no memory for its contents");
    if (strlen(text) != line.size)
        return result_import_fail(reader->import, BASE_EPARSE, reader->line,
                                  "it holds a zero byte");
    if (is_none(line)) {
        reader->left_out++;
        return BASE_OK;
    }
    if (!cut_sample(text, &sample))
        return result_import_fail(reader->import, BASE_EPARSE, reader->line,
                                  "not 'name{label=\"value\"} number': '%.*s'",
                                  line.size < 60 ? (int)line.size : 60, (const char *)line.data);
    if (strncmp(sample.name, FAMILY "_", strlen(FAMILY) + 1) == 0)
        return read_own(reader, &sample);
    return read_foreign(reader, &sample);
}

static base_err read_all(struct reader *reader, struct base_span text)
{
    struct base_span line;
    size_t at = 0;
    while (!reader->has_end && result_import_line(text, &at, &line)) {
        if (++reader->line > SAMPLES_MAX)
            return result_import_fail(reader->import, BASE_ERANGE, reader->line,
                                      "more than %d lines", SAMPLES_MAX);
        reader->has_end = begins(line, "# EOF");
        if (line.size > 0 && line.data[0] != '#')
            RESULT_TRY(read_line(reader, line));
    }
    if (!reader->has_end)
        RESULT_TRY(result_import_note(reader->import, "there is no # EOF at its end: it may be "
                                                      "truncated"));
    if (reader->left_out > 0)
        RESULT_TRY(result_import_note(reader->import,
                                      "%zu values that are no durations in seconds "
                                      "are left out",
                                      reader->left_out));
    for (size_t i = 0; i < result_import_count(reader->import); i++)
        RESULT_TRY(finish_case(reader, result_import_at(reader->import, i)));
    return BASE_OK;
}

static base_err import_text(const struct result_import_source *source, struct result_run *run,
                            struct result_import_notes *notes, struct base_why *why)
{
    struct reader reader = { 0 };
    RESULT_TRY(result_import_open(source, TITLE, why, &reader.import));
    const base_err err = read_all(&reader, source->text);
    if (err == BASE_OK)
        return result_import_finish(reader.import, run, notes);
    result_import_close(reader.import);
    return err;
}

/* --- export ----------------------------------------------------------------------------------- */

static void put_label(struct result_sink *sink, const char *text)
{
    struct base_buf clean = { 0 };
    if (sink->err == BASE_OK)
        sink->err = result_text_put(&clean, text);
    const char *shown = base_buf_text(&clean);
    if (sink->err == BASE_OK && shown == NULL)
        sink->err = BASE_ENOMEM;
    for (const char *at = shown; sink->err == BASE_OK && *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            sink->err = base_buf_put(sink->out, "\\", 1);
        if (sink->err == BASE_OK)
            sink->err = base_buf_put(sink->out, at, 1);
    }
    base_buf_done(&clean);
}

static void put_sample(struct result_sink *sink, const char *family, const struct result_case *one,
                       const char *statistic, double ns)
{
    char text[RESULT_NUMBER_SIZE];
    if (!isfinite(ns))
        return;
    result_sink_printf(sink, "%s{case=\"", family);
    put_label(sink, one->id);
    result_sink_printf(sink, "\",statistic=\"%s\"} ", statistic);
    result_sink_printf(sink, "%.*s\n", (int)result_number_print(ns / NS, text), text);
}

static void put_family(struct result_sink *sink, const struct result_run *run, const char *family,
                       const char *help, size_t bound)
{
    static const char *const statistics[] = {
        "median", "mean", "normalised", "slope", "min", "max",
        "stddev", "p05",  "p25",        "p75",   "p95", "p99"
    };
    result_sink_printf(sink, "# TYPE %s gauge\n# UNIT %s seconds\n# HELP %s %s\n", family, family,
                       family, help);
    for (size_t i = 0; i < run->case_count; i++) {
        struct result_case one = run->cases[i];
        if (!result_is_exportable(&one))
            continue;
        for (size_t k = 0; k < sizeof statistics / sizeof statistics[0]; k++) {
            const double *number = number_of(&one, statistics[k], bound);
            if (number != NULL)
                put_sample(sink, family, &one, statistics[k], *number);
        }
    }
}

static base_err export_text(const struct result_run *run, struct base_buf *out, size_t *left_out,
                            struct base_why *why)
{
    struct result_sink sink = { .out = out };
    *left_out = 0;
    for (size_t i = 0; i < run->case_count; i++)
        *left_out += !result_is_exportable(&run->cases[i]);
    put_family(&sink, run, FAMILY "_seconds", "Time of one item of a case.", 0);
    put_family(&sink, run, FAMILY "_low_seconds", "Lower end of its confidence interval.", 1);
    put_family(&sink, run, FAMILY "_high_seconds", "Upper end of its confidence interval.", 2);
    result_sink_printf(&sink, "# EOF\n");
    return sink.err == BASE_OK ? BASE_OK : base_fail(why, sink.err, 0, "no memory for the export");
}

const struct result_interop result_interop_openmetrics = {
    .name = "openmetrics",
    .title = TITLE,
    .extension = ".prom",
    .doc = "OpenMetrics text, as Prometheus reads it",
    .is_like = is_like,
    .import = import_text,
    .export = export_text,
};
