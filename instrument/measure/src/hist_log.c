/* hist_log.c - the interval log: '#' lines of context, one quoted line of column names, then one
 * line an interval. Lines are cut in place and never copied whole; numbers are copied out to be
 * ended. */
#include <bench/hist_log.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NUMBER_SIZE = 64 };

static const double epoch_end_s = 253402300800; /* year 10000 */
static const double year_s = 365 * 86400.0;

base_err bench_hist_log_head(struct base_buf *out, const char *comment, double start_s)
{
    if (!(start_s >= 0 && start_s < epoch_end_s))
        return BASE_ERANGE;
    const time_t seconds = (time_t)start_s;
    struct tm utc;
    char date[64];
    if (gmtime_r(&seconds, &utc) == NULL ||
        strftime(date, sizeof date, "%a %b %d %H:%M:%S UTC %Y", &utc) == 0)
        return BASE_ERANGE;
    base_err err = BASE_OK;
    if (comment != NULL)
        err = base_buf_printf(out, "#[%s]\n", comment);
    if (err != BASE_OK)
        return err;
    return base_buf_printf(out,
                           "#[Histogram log format version 1.3]\n"
                           "#[StartTime: %.3f (seconds since epoch), %s]\n"
                           "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
                           "\"Interval_Compressed_Histogram\"\n",
                           start_s, date);
}

base_err bench_hist_log_put(struct base_buf *out, const struct bench_hist_interval *interval,
                            double base_s, double scale)
{
    const char *tag = interval->tag != NULL ? interval->tag : "";
    if (strlen(tag) >= BENCH_HIST_TAG_SIZE || strpbrk(tag, ", \t\r\n") != NULL)
        return BASE_EINVALID;
    if (!isfinite(interval->start_s) || !(interval->length_s >= 0) || !isfinite(interval->length_s))
        return BASE_EINVALID;
    if (!isfinite(base_s) || !(scale > 0))
        return BASE_EINVALID;
    base_err err = BASE_OK;
    if (*tag != '\0')
        err = base_buf_printf(out, "Tag=%s,", tag);
    if (err == BASE_OK)
        err = base_buf_printf(out, "%.3f,%.3f,%.3f,", interval->start_s - base_s,
                              interval->length_s, (double)bench_hist_max(interval->hist) / scale);
    if (err == BASE_OK)
        err = bench_hist_encode_text(interval->hist, out);
    return err == BASE_OK ? base_buf_put(out, "\n", 1) : err;
}

struct reader {
    uint64_t line;
    double start_s; /* of "#[StartTime:", or NaN */
    double base_s;  /* added to times; NaN until known */
    bench_hist_log_fn *fn;
    void *context;
    struct base_why *why;
};

static bool starts_with(struct base_span text, const char *prefix)
{
    const size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

static struct base_span skip(struct base_span text, size_t size)
{
    return base_span_of(text.data + size, text.size - size);
}

/* A finite decimal number at the start of the text; *used is its length. */
static bool take_number(struct base_span text, double *number, size_t *used)
{
    char copy[NUMBER_SIZE];
    const size_t size = text.size < sizeof copy - 1 ? text.size : sizeof copy - 1;
    memcpy(copy, text.data, size);
    copy[size] = '\0';
    const size_t span = strspn(copy, "0123456789+-.eE");
    copy[span] = '\0';
    char *end = NULL;
    *number = strtod(copy, &end);
    *used = (size_t)(end - copy);
    return *used > 0 && isfinite(*number);
}

static base_err read_comment(struct reader *reader, struct base_span line)
{
    static const char version[] = "#[Histogram log format version ";
    static const char start[] = "#[StartTime: ";
    static const char base[] = "#[BaseTime: ";
    double number = 0;
    size_t used = 0;
    if (starts_with(line, version)) {
        const struct base_span rest = skip(line, sizeof version - 1);
        if (rest.size < 4 || memcmp(rest.data, "1.", 2) != 0 || rest.data[2] < '0' ||
            rest.data[2] > '3' || rest.data[3] != ']')
            return base_fail(reader->why, BASE_EUNSUPPORTED, reader->line,
                             "line %llu: log format version '%.*s' is not 1.0 to 1.3",
                             (unsigned long long)reader->line,
                             (int)(rest.size < 20 ? rest.size : 20), (const char *)rest.data);
        return BASE_OK;
    }
    const bool is_start = starts_with(line, start);
    if (!is_start && !starts_with(line, base))
        return BASE_OK;
    if (!take_number(skip(line, is_start ? sizeof start - 1 : sizeof base - 1), &number, &used))
        return base_fail(reader->why, BASE_EPARSE, reader->line,
                         "line %llu: the %s time is not a number of seconds",
                         (unsigned long long)reader->line, is_start ? "start" : "base");
    *(is_start ? &reader->start_s : &reader->base_s) = number;
    return BASE_OK;
}

/* Cut "Tag=name," off the line. */
static base_err take_tag(struct reader *reader, struct base_span *line, char *tag)
{
    *tag = '\0';
    if (!starts_with(*line, "Tag="))
        return BASE_OK;
    const uint8_t *comma = memchr(line->data, ',', line->size);
    const size_t size = comma != NULL ? (size_t)(comma - line->data) - 4 : 0;
    if (comma == NULL || size >= BENCH_HIST_TAG_SIZE)
        return base_fail(reader->why, BASE_EPARSE, reader->line,
                         "line %llu: a tag ends with a comma and has fewer than %d bytes",
                         (unsigned long long)reader->line, BENCH_HIST_TAG_SIZE);
    memcpy(tag, line->data + 4, size);
    tag[size] = '\0';
    *line = skip(*line, size + 5);
    return BASE_OK;
}

static base_err take_field(struct reader *reader, struct base_span *line, const char *name,
                           double *number)
{
    size_t used = 0;
    if (!take_number(*line, number, &used) || used >= line->size || line->data[used] != ',')
        return base_fail(reader->why, BASE_EPARSE, reader->line,
                         "line %llu: the %s '%.*s' is not a number and a comma",
                         (unsigned long long)reader->line, name,
                         (int)(line->size < 24 ? line->size : 24), (const char *)line->data);
    *line = skip(*line, used + 1);
    return BASE_OK;
}

/* Times of the first interval decide what all times are relative to. */
static double base_of(struct reader *reader, double first_s)
{
    if (isnan(reader->base_s)) {
        const bool is_offset = !isnan(reader->start_s) && first_s < reader->start_s - year_s;
        reader->base_s = is_offset ? reader->start_s : 0;
    }
    return reader->base_s;
}

static base_err read_interval(struct reader *reader, struct base_span line)
{
    char tag[BENCH_HIST_TAG_SIZE];
    struct bench_hist_interval interval = { .tag = tag };
    double unused_max = 0;
    base_err err = take_tag(reader, &line, tag);
    if (err == BASE_OK)
        err = take_field(reader, &line, "start", &interval.start_s);
    if (err == BASE_OK)
        err = take_field(reader, &line, "length", &interval.length_s);
    if (err == BASE_OK)
        err = take_field(reader, &line, "maximum", &unused_max);
    if (err != BASE_OK)
        return err;
    interval.start_s += base_of(reader, interval.start_s);
    struct bench_hist hist = { 0 };
    err = bench_hist_decode_text(line, &hist, reader->why);
    if (err != BASE_OK) {
        err = base_fail_prefix(reader->why, err, "line %llu", (unsigned long long)reader->line);
        if (reader->why != NULL)
            reader->why->at = reader->line;
        return err;
    }
    if (*tag == '\0')
        interval.tag = NULL;
    interval.hist = &hist;
    err = reader->fn(reader->context, &interval);
    if (err != BASE_OK)
        base_fail(reader->why, err, reader->line, "line %llu: the receiver said: %s",
                  (unsigned long long)reader->line, base_err_text(err));
    bench_hist_done(&hist);
    return err;
}

base_err bench_hist_log_read(struct base_span text, bench_hist_log_fn *fn, void *context,
                             struct base_why *why)
{
    struct reader reader = {
        .start_s = NAN, .base_s = NAN, .fn = fn, .context = context, .why = why
    };
    while (text.size > 0) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        struct base_span line =
            base_span_of(text.data, end != NULL ? (size_t)(end - text.data) : text.size);
        text = skip(text, end != NULL ? line.size + 1 : line.size);
        reader.line++;
        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        if (line.size == 0 || line.data[0] == '"')
            continue;
        const base_err err =
            line.data[0] == '#' ? read_comment(&reader, line) : read_interval(&reader, line);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}
