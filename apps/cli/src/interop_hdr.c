/* interop_hdr.c - latency histograms. An interval of a log is a batch of one process whose time is
 * the interval's median; quantiles, mean and extremes are those of all values together. */
#define _GNU_SOURCE
#include "interop_hdr.h"

#include "cli.h"

#include <bench/hist_log.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TITLE           "HdrHistogram log or .hgrm"
#define NO_TAG          "histogram"
#define HGRM_SCALE      1e6 /* jHiccup's and wrk2's tables are in milliseconds */
#define EXPORT_LEAST_NS 100 /* whole nanoseconds: below this rounding shows */

enum { DIGITS = 3, TAGS_MAX = 256, HIST_HIGHEST_LOG = 60 };

static bool begins(struct base_span text, const char *with)
{
    return text.size >= strlen(with) && memcmp(text.data, with, strlen(with)) == 0;
}

static bool is_table(struct base_span text)
{
    size_t blanks = 0;
    while (blanks < text.size && (text.data[blanks] == ' ' || text.data[blanks] == '\n'))
        blanks++;
    const struct base_span rest = { text.data + blanks, text.size - blanks };
    const size_t look = rest.size < 200 ? rest.size : 200;
    return begins(rest, "Value") && memmem(rest.data, look, "Percentile", 10) != NULL;
}

static bool is_like(struct base_span text)
{
    const size_t look = text.size < 4096 ? text.size : 4096;
    return (begins(text, "#[") && memmem(text.data, look, "Histogram log format", 20) != NULL) ||
           begins(text, "\"StartTimestamp\"") || is_table(text);
}

/* --- import ----------------------------------------------------------------------------------- */

struct reader {
    struct result_import *import;
    struct bench_hist all[TAGS_MAX]; /* of each case, by index */
    size_t count;
    double first_s; /* start of the first interval; NaN: none */
};

static base_err no_memory(const struct reader *reader)
{
    return result_import_fail(reader->import, BASE_ENOMEM, 0, "no memory for its contents");
}

static base_err add_case(struct reader *reader, const char *id, size_t *index)
{
    struct result_case *one;
    if (reader->count == TAGS_MAX)
        return result_import_fail(reader->import, BASE_ERANGE, 0, "it has more than %d tags",
                                  TAGS_MAX);
    CLI_TRY(result_import_case(reader->import, id, &one));
    one->item = "value";
    *index = reader->count;
    if (bench_hist_init(&reader->all[*index], 1, UINT64_C(1) << HIST_HIGHEST_LOG, DIGITS, NULL) !=
        BASE_OK)
        return no_memory(reader);
    reader->count++;
    return BASE_OK;
}

static base_err add_interval(void *context, const struct bench_hist_interval *interval)
{
    struct reader *reader = context;
    const char *tag = interval->tag != NULL && *interval->tag != '\0' ? interval->tag : NO_TAG;
    size_t index = result_import_index(reader->import, tag);
    if (interval->hist->total == 0)
        return BASE_OK;
    if (index == SIZE_MAX)
        CLI_TRY(add_case(reader, tag, &index));
    if (isnan(reader->first_s))
        reader->first_s = interval->start_s;
    if (bench_hist_add(&reader->all[index], interval->hist) != BASE_OK)
        return result_import_fail(reader->import, BASE_ERANGE, 0,
                                  "'%.100s': a value is above 2^60 ns, or there are too many", tag);
    const double median = (double)bench_hist_quantile(interval->hist, 0.5);
    const uint64_t items = interval->hist->total;
    return result_import_batch(reader->import, index, items, median * (double)items);
}

static base_err read_log(struct reader *reader, const struct result_import_source *source)
{
    struct base_why inner = { 0 };
    const base_err err = bench_hist_log_read(source->text, add_interval, reader, &inner);
    if (err != BASE_OK) /* a sentence of add_interval stands already */
        return inner.text[0] != '\0' ? result_import_fail(reader->import, err, 0, "%s", inner.text)
                                     : err;
    if (reader->first_s > 0 && reader->first_s < 253402300800.0)
        result_import_date(reader->import, (uint64_t)(reader->first_s * 1000));
    return result_import_note(reader->import,
                              "a log does not say its unit: values are taken as nanoseconds");
}

static base_err read_table(struct reader *reader, const struct result_import_source *source)
{
    size_t index;
    struct base_why inner = { 0 };
    CLI_TRY(add_case(reader, NO_TAG, &index));
    const base_err err =
        bench_hist_hgrm_read(source->text, HGRM_SCALE, &reader->all[index], &inner);
    if (err != BASE_OK)
        return result_import_fail(reader->import, err, 0, "%s", inner.text);
    CLI_TRY(result_import_note(reader->import, "a table does not say its unit: values are taken as "
                                               "milliseconds"));
    return result_import_note(reader->import,
                              "between two rows of a table every value counts as the upper one");
}

/* The numbers of all values, in place of those of the intervals' medians. */
static base_err put_distribution(struct reader *reader, size_t index)
{
    const struct bench_hist *hist = &reader->all[index];
    struct result_case *one = result_import_at(reader->import, index);
    if (hist->total == 0)
        return result_import_fail(reader->import, BASE_EINVALID, 0, "it holds no values");
    if (strcmp(one->status, "ok") != 0)
        return BASE_OK;
    if (one->process_count == 0)
        CLI_TRY(result_import_value(
            reader->import, one,
            (struct result_estimate){ (double)bench_hist_quantile(hist, 0.5), NAN, NAN }));
    one->mean_ns = (struct result_estimate){ bench_hist_mean(hist), NAN, NAN };
    one->stddev_ns = bench_hist_stddev(hist);
    one->trimmed_mean_ns = one->mad_ns = NAN;
    one->min_ns = (double)bench_hist_min(hist);
    one->max_ns = (double)bench_hist_max(hist);
    one->p05_ns = (double)bench_hist_quantile(hist, 0.05);
    one->p25_ns = (double)bench_hist_quantile(hist, 0.25);
    one->p75_ns = (double)bench_hist_quantile(hist, 0.75);
    one->p95_ns = (double)bench_hist_quantile(hist, 0.95);
    one->p99_ns = (double)bench_hist_quantile(hist, 0.99);
    CLI_TRY(result_import_counter(reader->import, one, "values", (double)hist->total, "1"));
    CLI_TRY(result_import_counter(reader->import, one, "p999_ns",
                                  (double)bench_hist_quantile(hist, 0.999), "ns"));
    return result_import_counter(reader->import, one, "p9999_ns",
                                 (double)bench_hist_quantile(hist, 0.9999), "ns");
}

static base_err read_all(struct reader *reader, const struct result_import_source *source)
{
    CLI_TRY(is_table(source->text) ? read_table(reader, source) : read_log(reader, source));
    CLI_TRY(result_import_settle(reader->import));
    for (size_t i = 0; i < reader->count; i++)
        CLI_TRY(put_distribution(reader, i));
    return result_import_note(reader->import,
                              "the buckets are left out: quantiles up to 99.99 %% are "
                              "kept");
}

static base_err import_text(const struct result_import_source *source, struct result_run *run,
                            struct result_import_notes *notes, struct base_why *why)
{
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory for its contents", source->path);
    reader->first_s = NAN;
    base_err err = result_import_open(source, TITLE, why, &reader->import);
    if (err == BASE_OK)
        err = read_all(reader, source);
    struct result_import *import = reader->import;
    for (size_t i = 0; i < reader->count; i++)
        bench_hist_done(&reader->all[i]);
    free(reader);
    if (err == BASE_OK)
        return result_import_finish(import, run, notes);
    result_import_close(import);
    return err;
}

/* --- export ----------------------------------------------------------------------------------- */

static void make_tag(const char *id, char tag[BENCH_HIST_TAG_SIZE])
{
    size_t used = 0;
    for (const char *at = id; *at != '\0' && used + 1 < BENCH_HIST_TAG_SIZE; at++)
        tag[used++] = strchr(", \t\r\n", *at) != NULL ? '_' : *at;
    tag[used] = '\0';
}

/* One line a process: the times of its batches. */
static base_err put_process(const struct result_case *one, const struct result_process *process,
                            double start_s, struct base_buf *out)
{
    struct bench_hist hist = { 0 };
    char tag[BENCH_HIST_TAG_SIZE];
    double length_ns = 0;
    make_tag(one->id, tag);
    CLI_TRY(bench_hist_init(&hist, 1, UINT64_C(1) << HIST_HIGHEST_LOG, DIGITS, NULL));
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < process->sample_count; i++) {
        err = bench_hist_record(&hist, (uint64_t)llround(process->ns[i]));
        length_ns += process->ns[i] * (double)process->counts[i];
    }
    const struct bench_hist_interval interval = { tag, start_s, length_ns / 1e9, &hist };
    if (err == BASE_OK)
        err = bench_hist_log_put(out, &interval, start_s, HGRM_SCALE);
    bench_hist_done(&hist);
    return err;
}

static base_err export_text(const struct result_run *run, struct base_buf *out, size_t *left_out,
                            struct base_why *why)
{
    /* The time of a ULID: the first ten characters. */
    static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    uint64_t ms = 0;
    for (int i = 0; i < 10; i++)
        ms = ms * 32 + (uint64_t)(strchr(letters, run->id[i]) - letters);
    const double start_s = (double)ms / 1000;
    size_t kept = 0;
    *left_out = 0;
    base_err err =
        bench_hist_log_head(out, "times per item of batches, in ns; tags are cases", start_s);
    for (size_t i = 0; err == BASE_OK && i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        const bool is_kept = result_is_exportable(one) && one->process_count > 0 &&
                             one->min_ns >= EXPORT_LEAST_NS && one->max_ns < 1e18;
        kept += is_kept;
        *left_out += !is_kept;
        for (size_t p = 0; err == BASE_OK && is_kept && p < one->process_count; p++)
            err = put_process(one, &one->processes[p], start_s, out);
    }
    if (err == BASE_OK && kept == 0)
        return base_fail(why, BASE_EINVALID, 0,
                         "no case of the run has samples of %d ns or more, "
                         "which a histogram of whole nanoseconds needs",
                         EXPORT_LEAST_NS);
    return err == BASE_OK ? err : base_fail(why, err, 0, "the log: %s", base_err_text(err));
}

const struct result_interop cli_interop_hdr = {
    .name = "hdr",
    .title = TITLE,
    .extension = ".hlog",
    .doc = "HdrHistogram's interval log, read also as a .hgrm table",
    .is_like = is_like,
    .import = import_text,
    .export = export_text,
};
