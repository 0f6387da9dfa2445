/* hist_log.h - histograms as others write them: HdrHistogram's V2 encoding, its interval log, and
 * the percentile table that its plotter reads.
 *
 * Bytes from outside are not trusted: no length or count in them decides how much is allocated
 * beyond BENCH_HIST_CAPACITY_MAX, and a decoder fails without leaving anything behind.
 * Threads   no shared state
 * Source    HdrHistogram 2.1: AbstractHistogram.encodeIntoByteBuffer (V2), HistogramLogWriter (log
 *           format version 1.3), AbstractHistogram.outputPercentileDistribution (.hgrm)
 */
#ifndef BENCH_HIST_LOG_H
#define BENCH_HIST_LOG_H

#include <base/buf.h>
#include <bench/hist.h>

enum { BENCH_HIST_TAG_SIZE = 128 }; /* of a log line's tag, with its terminating zero */

/* Append the compressed V2 encoding: 4 bytes cookie 0x1c849314, 4 bytes size, then zlib over
 * { cookie 0x1c849313, payload size, 0, digits, lowest, highest, ratio, counts }, big-endian, with
 * the counts as zig-zag LEB128 and runs of empty buckets as one negative number.
 * Errors: ENOMEM, EFULL (a fixed buffer) */
BASE_MUST_USE base_err bench_hist_encode(const struct bench_hist *hist, struct base_buf *out);

/* Read such bytes into a new histogram on the heap.
 *
 *   bytes    exactly one encoding
 *   hist     out: zeroed before; to be released with bench_hist_done
 *   why      at: byte offset in `bytes`, or in the inflated ones (the sentence says which)
 *
 * Errors   EUNSUPPORTED (version 0 or 1, shifted buckets), ECORRUPT (everything else), ENOMEM
 */
BASE_MUST_USE base_err bench_hist_decode(struct base_span bytes, struct bench_hist *hist,
                                         struct base_why *why);

/* The same in base64 (RFC 4648 section 4), as logs hold it. why->at: character offset. */
BASE_MUST_USE base_err bench_hist_encode_text(const struct bench_hist *hist, struct base_buf *out);
BASE_MUST_USE base_err bench_hist_decode_text(struct base_span text, struct bench_hist *hist,
                                              struct base_why *why);

/* One line of an interval log. */
struct bench_hist_interval {
    const char *tag; /* NULL or "": none; no comma, blank or line break in it */
    double start_s;  /* seconds since the epoch */
    double length_s;
    const struct bench_hist *hist;
};

/* Append the head of a log: comment line (NULL: none), version 1.3, start time, column names.
 * Errors: ERANGE (start_s not within years 1970 .. 9999), ENOMEM, EFULL */
BASE_MUST_USE base_err bench_hist_log_head(struct base_buf *out, const char *comment,
                                           double start_s);

/* Append one line. `base_s` is the start time given to the head, which times are relative to;
 * `scale` divides the maximum, which is for the human eye (1e6: ns shown as ms).
 * Errors: EINVALID (tag, times), ENOMEM, EFULL */
BASE_MUST_USE base_err bench_hist_log_put(struct base_buf *out,
                                          const struct bench_hist_interval *interval, double base_s,
                                          double scale);

/* What a reader hands over; the histogram and the tag live until the call returns. An error
 * returned ends the reading and is passed on. */
typedef base_err bench_hist_log_fn(void *context, const struct bench_hist_interval *interval);

/* Read a log of version 1.0 to 1.3 whose histograms are V2. Times become seconds since the epoch:
 * with "#[BaseTime:" that is added; else small times (a year before "#[StartTime:") count from it.
 *
 *   why      at: line; the sentence names it
 *
 * Errors   EPARSE (a line), EUNSUPPORTED (version), those of decoding and of `fn`
 */
BASE_MUST_USE base_err bench_hist_log_read(struct base_span text, bench_hist_log_fn *fn,
                                           void *context, struct base_why *why);

/* Append the percentile table.
 *
 *   ticks    1 .. 100 rows per halving of the distance to 100 % (5 is usual)
 *   scale    values are divided by it (1e6: ns shown as ms), > 0
 *
 * Errors   EINVALID, ENOMEM, EFULL
 */
BASE_MUST_USE base_err bench_hist_hgrm_write(const struct bench_hist *hist, uint32_t ticks,
                                             double scale, struct base_buf *out);

/* Add a table's values to a histogram: each row's own count at the row's value, so that the
 * quantiles at rows survive and what lay between two rows counts as the upper one.
 *
 *   scale    what the writer divided by
 *   why      at: line
 *
 * Errors   EPARSE, ERANGE (a value does not fit into the histogram), EFULL; nothing is added then
 */
BASE_MUST_USE base_err bench_hist_hgrm_read(struct base_span text, double scale,
                                            struct bench_hist *hist, struct base_why *why);

#endif
