/* hist_hgrm.c - the percentile table. Rows get denser towards 100 %: `ticks` rows for each halving
 * of what is left, and one last row at 100 %. */
#include <bench/hist_log.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TICKS_MAX = 100, LINE_SIZE = 256 };

static base_err put_row(struct base_buf *out, const struct bench_hist *hist, double value,
                        double share, uint64_t cumulative)
{
    if (share >= 1)
        return base_buf_printf(out, "%12.*f %2.12f %10llu\n", (int)hist->digits, value, 1.0,
                               (unsigned long long)cumulative);
    return base_buf_printf(out, "%12.*f %2.12f %10llu %14.2f\n", (int)hist->digits, value, share,
                           (unsigned long long)cumulative, 1 / (1 - share));
}

/* Row `tick` of the halving `halvings`: exact where it is a power of two, unlike a running sum. */
static double share_of(uint32_t halvings, uint32_t tick, uint32_t ticks)
{
    return 1 - exp2(-(double)halvings) * (1 - tick / (2.0 * ticks));
}

static base_err put_rows(const struct bench_hist *hist, uint32_t ticks, double scale,
                         struct base_buf *out)
{
    base_err err = BASE_OK;
    uint64_t row = 0;
    double share = 0;
    struct bench_hist_iter iter = { .hist = hist };
    while (err == BASE_OK && bench_hist_next(&iter)) {
        const double reached = (double)iter.cumulative / (double)hist->total;
        while (err == BASE_OK && share <= reached && share < 1) {
            err = put_row(out, hist, (double)iter.high / scale, share, iter.cumulative);
            row++;
            share = iter.cumulative == hist->total
                        ? 1
                        : share_of((uint32_t)(row / ticks), (uint32_t)(row % ticks), ticks);
        }
    }
    if (err == BASE_OK && hist->total > 0)
        err = put_row(out, hist, (double)bench_hist_max(hist) / scale, 1, hist->total);
    return err;
}

/* The footer's "Buckets" are doublings, "SubBuckets" the linear steps of one. */
base_err bench_hist_hgrm_write(const struct bench_hist *hist, uint32_t ticks, double scale,
                               struct base_buf *out)
{
    if (ticks < 1 || ticks > TICKS_MAX || !(scale > 0) || !isfinite(scale))
        return BASE_EINVALID;
    base_err err = base_buf_printf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile",
                                   "TotalCount", "1/(1-Percentile)");
    if (err == BASE_OK)
        err = put_rows(hist, ticks, scale, out);
    if (err != BASE_OK)
        return err;
    const bool is_empty = hist->total == 0;
    return base_buf_printf(out,
                           "#[Mean    = %12.*f, StdDeviation   = %12.*f]\n"
                           "#[Max     = %12.*f, Total count    = %12llu]\n"
                           "#[Buckets = %12zu, SubBuckets     = %12zu]\n",
                           (int)hist->digits, is_empty ? 0 : bench_hist_mean(hist) / scale,
                           (int)hist->digits, is_empty ? 0 : bench_hist_stddev(hist) / scale,
                           (int)hist->digits, (double)bench_hist_max(hist) / scale,
                           (unsigned long long)hist->total, (hist->capacity >> hist->half_log) - 1,
                           (size_t)2 << hist->half_log);
}

struct row {
    double value;
    uint64_t cumulative;
};

/* "Value Percentile TotalCount [1/(1-Percentile)]"; false when the line is something else. */
static bool parse_row(const char *line, struct row *row)
{
    char *end = NULL;
    row->value = strtod(line, &end);
    if (end == line || !isfinite(row->value) || row->value < 0)
        return false;
    const char *at = end;
    const double share = strtod(at, &end);
    if (end == at || !(share >= 0 && share <= 1))
        return false;
    at = end + strspn(end, " \t");
    if (*at < '0' || *at > '9')
        return false;
    row->cumulative = strtoull(at, &end, 10);
    return row->cumulative <= INT64_MAX && (*end == ' ' || *end == '\0' || *end == '\r');
}

static base_err take_row(const char *line, uint64_t number, double scale, struct row *last,
                         struct bench_hist *hist, struct base_why *why)
{
    struct row row;
    if (!parse_row(line, &row))
        return base_fail(why, BASE_EPARSE, number,
                         "line %llu: '%.40s' is not a value, a share of 0 to 1 and a count",
                         (unsigned long long)number, line);
    if (row.cumulative < last->cumulative || row.value < last->value)
        return base_fail(why, BASE_EPARSE, number,
                         "line %llu: values and counts of a percentile table do not go down",
                         (unsigned long long)number);
    const double value = nearbyint(row.value * scale);
    const base_err err = value < 0x1p63 ? bench_hist_record_n(hist, (uint64_t)value,
                                                              row.cumulative - last->cumulative)
                                        : BASE_ERANGE;
    if (err != BASE_OK)
        return base_fail(why, err, number, "line %llu: %g does not fit into a histogram up to %llu",
                         (unsigned long long)number, value, (unsigned long long)hist->highest);
    *last = row;
    return BASE_OK;
}

static base_err read_rows(struct base_span text, double scale, struct bench_hist *hist,
                          struct base_why *why)
{
    struct row last = { 0 };
    uint64_t number = 0;
    for (size_t at = 0; at < text.size;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
        const size_t size = (end != NULL ? (size_t)(end - text.data) : text.size) - at;
        number++;
        char line[LINE_SIZE];
        if (size >= sizeof line)
            return base_fail(why, BASE_EPARSE, number, "line %llu: longer than %d bytes",
                             (unsigned long long)number, LINE_SIZE - 1);
        memcpy(line, text.data + at, size);
        line[size] = '\0';
        at += size + 1;
        const char *first = line + strspn(line, " \t\r");
        if (*first == '\0' || *first == '#' || strncmp(first, "Value", 5) == 0)
            continue;
        const base_err err = take_row(first, number, scale, &last, hist, why);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}

/* Read into a histogram of the same shape first, so that a bad table adds nothing. */
base_err bench_hist_hgrm_read(struct base_span text, double scale, struct bench_hist *hist,
                              struct base_why *why)
{
    if (!(scale > 0) || !isfinite(scale))
        return base_fail(why, BASE_EINVALID, 0, "scale %g is not above 0", scale);
    struct bench_hist fresh = { 0 };
    base_err err = bench_hist_init(&fresh, hist->lowest, hist->highest, hist->digits, NULL);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no memory for a histogram");
    err = read_rows(text, scale, &fresh, why);
    if (err == BASE_OK) {
        err = bench_hist_add(hist, &fresh);
        if (err != BASE_OK)
            base_fail(why, err, 0, "the table holds more values than the histogram has room for");
    }
    bench_hist_done(&fresh);
    return err;
}
