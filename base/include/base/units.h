/* units.h - quantities as people write them, both ways.
 *
 * A number (decimal, optional exponent), optional blanks, a unit; the whole text must be used.
 * Nothing is rounded silently: a result that does not fit is ERANGE.
 * Threads   no shared state; the C locale's decimal point is expected
 */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <base/err.h>

#include <stdbool.h>

enum { BASE_UNITS_TEXT_SIZE = 40 };

/* Time: ns us (or µs) ms s m (or min) h d; "10s", "1.5ms", "2m". A bare number is EPARSE: units
 * must be said. Result in nanoseconds, 0 .. 2^63-1. */
BASE_MUST_USE base_err base_units_parse_time(const char *text, uint64_t *ns, struct base_why *why);

/* A share: "0.5%" is 0.005; a bare number is taken as per cent too ("5.0" is 0.05), as the
 * command lines of the specification write it. Range 0 .. 100 %. */
BASE_MUST_USE base_err base_units_parse_percent(const char *text, double *share,
                                                struct base_why *why);

/* Bytes: B kB (or KB) MB GB TB are powers of 1000 when written with "i" absent and of 1024 as KiB
 * MiB GiB TiB. "1024MB" as a memory target of the specification is MiB: is_memory selects that
 * reading for kB MB GB TB. A bare number is bytes. */
BASE_MUST_USE base_err base_units_parse_size(const char *text, bool is_memory, uint64_t *bytes,
                                             struct base_why *why);

/* Rates: "40Gbit/s", "100Mbit/s", "10kbit/s", "8bit/s"; decimal prefixes. Bits per second. */
BASE_MUST_USE base_err base_units_parse_bitrate(const char *text, uint64_t *bits_per_s,
                                                struct base_why *why);

/* Events per second: "1000/s", "2.5k/s", "1M/s", or a bare number. */
BASE_MUST_USE base_err base_units_parse_rate(const char *text, double *per_s, struct base_why *why);

/* A whole number in low .. high; underscores and digits only ("10_000"). */
BASE_MUST_USE base_err base_units_parse_count(const char *text, uint64_t low, uint64_t high,
                                              uint64_t *count, struct base_why *why);

/* A finite number in low .. high. */
BASE_MUST_USE base_err base_units_parse_number(const char *text, double low, double high,
                                               double *number, struct base_why *why);

/* Print with `digits` (1 .. 17) significant digits and the unit that keeps the number in 1 .. 999:
 * "1.503 ns", "12.4 us", "3.00 s"; "1.75 KiB"; "40.0 Gbit/s"; "0.500 %"; "1.25 M/s".
 * out       [BASE_UNITS_TEXT_SIZE]; returned for use in one expression
 * The exact forms (time_exact, size_exact) parse back to the same value: "1500ns" -> "1.5us". */
const char *base_units_print_time(double ns, int digits, char *out);
const char *base_units_print_size(double bytes, int digits, char *out);
const char *base_units_print_bitrate(double bits_per_s, int digits, char *out);
const char *base_units_print_percent(double share, int digits, char *out);
const char *base_units_print_rate(double per_s, int digits, char *out);
const char *base_units_print_time_exact(uint64_t ns, char *out);
const char *base_units_print_size_exact(uint64_t bytes, char *out);

#endif
