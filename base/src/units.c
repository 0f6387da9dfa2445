/* units.c - one scanner for "number unit" over small tables of units; printing picks from the same
 * tables the largest unit that leaves at least one digit before the point. */
#include <base/units.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct unit {
    const char *name;
    double scale;
};

static const struct unit time_units[] = {
    { "ns", 1 },   { "us", 1e3 },   { "\xc2\xb5s", 1e3 }, { "ms", 1e6 },    { "s", 1e9 },
    { "m", 60e9 }, { "min", 60e9 }, { "h", 3600e9 },      { "d", 86400e9 }, { NULL, 0 },
};
static const struct unit size_units[] = {
    { "", 1 },          { "B", 1 },        { "kB", 1e3 },     { "KB", 1e3 },
    { "MB", 1e6 },      { "GB", 1e9 },     { "TB", 1e12 },    { "KiB", 1024 },
    { "MiB", 1048576 }, { "GiB", 0x1p30 }, { "TiB", 0x1p40 }, { NULL, 0 },
};
static const struct unit memory_units[] = {
    { "", 1 },          { "B", 1 },        { "kB", 1024 },    { "KB", 1024 },
    { "MB", 1048576 },  { "GB", 0x1p30 },  { "TB", 0x1p40 },  { "KiB", 1024 },
    { "MiB", 1048576 }, { "GiB", 0x1p30 }, { "TiB", 0x1p40 }, { NULL, 0 },
};
static const struct unit bitrate_units[] = {
    { "bit/s", 1 },    { "kbit/s", 1e3 },  { "Kbit/s", 1e3 }, { "Mbit/s", 1e6 },
    { "Gbit/s", 1e9 }, { "Tbit/s", 1e12 }, { NULL, 0 },
};
static const struct unit rate_units[] = {
    { "", 1 },      { "/s", 1 },    { "k/s", 1e3 }, { "K/s", 1e3 },
    { "M/s", 1e6 }, { "G/s", 1e9 }, { NULL, 0 },
};

/* What the printers choose from, ascending. */
static const struct unit time_out[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
static const struct unit size_out[] = {
    { "B", 1 }, { "KiB", 1024 }, { "MiB", 1048576 }, { "GiB", 0x1p30 }, { "TiB", 0x1p40 }
};
static const struct unit bitrate_out[] = {
    { "bit/s", 1 }, { "kbit/s", 1e3 }, { "Mbit/s", 1e6 }, { "Gbit/s", 1e9 }, { "Tbit/s", 1e12 }
};
static const struct unit rate_out[] = {
    { "/s", 1 }, { "k/s", 1e3 }, { "M/s", 1e6 }, { "G/s", 1e9 }
};

static base_err parse_decimal(const char *text, double *number, const char **end,
                              struct base_why *why)
{
    const char *at = text;
    if (*at == '+' || *at == '-')
        at++;
    if (!isdigit((unsigned char)*at) && *at != '.') /* no "inf", "nan", hexadecimal, blanks */
        return base_fail(why, BASE_EPARSE, (uint64_t)(at - text),
                         "'%s' does not begin with a number", text);
    if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X'))
        return base_fail(why, BASE_EPARSE, (uint64_t)(at - text),
                         "'%s': hexadecimal is not understood here", text);
    char *stop = NULL;
    *number = strtod(text, &stop);
    if (stop == text)
        return base_fail(why, BASE_EPARSE, 0, "'%s' does not begin with a number", text);
    if (!isfinite(*number))
        return base_fail(why, BASE_ERANGE, 0, "'%s' is too large", text);
    *end = stop;
    return BASE_OK;
}

static base_err parse_unit(const char *text, const struct unit *units, const char *what,
                           const char *example, double *value, struct base_why *why)
{
    double number = 0;
    const char *end = NULL;
    const base_err err = parse_decimal(text, &number, &end, why);
    if (err != BASE_OK)
        return base_fail(why, err, why != NULL ? why->at : 0,
                         "'%s' is not %s: write a number and a unit, such as %s", text, what,
                         example);
    while (*end == ' ')
        end++;
    for (const struct unit *unit = units; unit->name != NULL; unit++) {
        if (strcmp(end, unit->name) != 0)
            continue;
        if (number < 0)
            return base_fail(why, BASE_ERANGE, 0, "'%s' is negative", text);
        *value = number * unit->scale;
        return BASE_OK;
    }
    return base_fail(why, BASE_EPARSE, (uint64_t)(end - text),
                     *end == '\0' ? "'%s' lacks a unit: write %s as in %s"
                                  : "'%s' has no unit of %s: write it as in %s",
                     text, what, example);
}

static base_err to_u64(const char *text, double value, uint64_t *out, struct base_why *why)
{
    if (value >= 0x1p63)
        return base_fail(why, BASE_ERANGE, 0, "'%s' is too large", text);
    const double rounded = nearbyint(value);
    if (fabs(value - rounded) > 1e-6 * (value > 1 ? value : 1))
        return base_fail(why, BASE_ERANGE, 0, "'%s' is finer than the smallest unit", text);
    *out = (uint64_t)rounded;
    return BASE_OK;
}

base_err base_units_parse_time(const char *text, uint64_t *ns, struct base_why *why)
{
    double value = 0;
    const base_err err = parse_unit(text, time_units, "a time", "25ms or 10s", &value, why);
    return err != BASE_OK ? err : to_u64(text, value, ns, why);
}

base_err base_units_parse_size(const char *text, bool is_memory, uint64_t *bytes,
                               struct base_why *why)
{
    double value = 0;
    const base_err err = parse_unit(text, is_memory ? memory_units : size_units, "a size",
                                    "64KiB or 1024MB", &value, why);
    return err != BASE_OK ? err : to_u64(text, value, bytes, why);
}

base_err base_units_parse_bitrate(const char *text, uint64_t *bits_per_s, struct base_why *why)
{
    double value = 0;
    const base_err err =
        parse_unit(text, bitrate_units, "a bit rate", "100Mbit/s or 40Gbit/s", &value, why);
    return err != BASE_OK ? err : to_u64(text, value, bits_per_s, why);
}

base_err base_units_parse_rate(const char *text, double *per_s, struct base_why *why)
{
    double value = 0;
    const base_err err = parse_unit(text, rate_units, "a rate", "1000/s or 2.5k/s", &value, why);
    if (err == BASE_OK)
        *per_s = value;
    return err;
}

base_err base_units_parse_percent(const char *text, double *share, struct base_why *why)
{
    double number = 0;
    const char *end = NULL;
    const base_err err = parse_decimal(text, &number, &end, why);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "'%s' is not a percentage: write it as in 0.5%%", text);
    while (*end == ' ')
        end++;
    if (*end == '%')
        end++;
    if (*end != '\0')
        return base_fail(why, BASE_EPARSE, (uint64_t)(end - text),
                         "'%s' is not a percentage: write it as in 0.5%%", text);
    if (number < 0 || number > 100)
        return base_fail(why, BASE_ERANGE, 0, "%g%% is not between 0%% and 100%%", number);
    *share = number / 100;
    return BASE_OK;
}

base_err base_units_parse_count(const char *text, uint64_t low, uint64_t high, uint64_t *count,
                                struct base_why *why)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at != '\0'; at++) {
        if (*at == '_' && at != text && at[1] != '\0')
            continue;
        if (!isdigit((unsigned char)*at))
            return base_fail(why, BASE_EPARSE, (uint64_t)(at - text), "'%s' is not a whole number",
                             text);
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return base_fail(why, BASE_ERANGE, 0, "'%s' is too large", text);
    }
    if (at == text)
        return base_fail(why, BASE_EPARSE, 0, "a whole number is missing");
    if (value < low || value > high)
        return base_fail(why, BASE_ERANGE, 0, "%llu is not between %llu and %llu",
                         (unsigned long long)value, (unsigned long long)low,
                         (unsigned long long)high);
    *count = value;
    return BASE_OK;
}

base_err base_units_parse_number(const char *text, double low, double high, double *number,
                                 struct base_why *why)
{
    double value = 0;
    const char *end = NULL;
    const base_err err = parse_decimal(text, &value, &end, why);
    if (err != BASE_OK)
        return err;
    if (*end != '\0')
        return base_fail(why, BASE_EPARSE, (uint64_t)(end - text), "'%s' is not a number", text);
    if (value < low || value > high)
        return base_fail(why, BASE_ERANGE, 0, "%g is not between %g and %g", value, low, high);
    *number = value;
    return BASE_OK;
}

/* `digits` significant digits without an exponent where the magnitude allows it. */
static void print_scaled(double value, int digits, const char *unit, char *out)
{
    const double size = fabs(value) * (1 + 0.5 * pow(10, -digits)); /* 9.996 prints as 10.00 */
    int after = digits - 1 - (size > 0 ? (int)floor(log10(size)) : 0);
    if (after < 0)
        after = 0;
    if (after > 9)
        after = 9;
    snprintf(out, BASE_UNITS_TEXT_SIZE, "%.*f%s%s", after, value, *unit == '/' ? "" : " ", unit);
}

static const char *print_unit(double value, int digits, const struct unit *units, size_t count,
                              char *out)
{
    if (!isfinite(value)) {
        snprintf(out, BASE_UNITS_TEXT_SIZE, "%s", isnan(value) ? "-" : value > 0 ? "inf" : "-inf");
        return out;
    }
    size_t best = 0;
    const double edge = 1 - 0.5 * pow(10, -digits); /* 999.96 at 4 digits is 1.000 of the next */
    while (best + 1 < count && fabs(value) >= units[best + 1].scale * edge)
        best++;
    print_scaled(value / units[best].scale, digits, units[best].name, out);
    return out;
}

#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

const char *base_units_print_time(double ns, int digits, char *out)
{
    return print_unit(ns, digits, time_out, COUNT_OF(time_out), out);
}

const char *base_units_print_size(double bytes, int digits, char *out)
{
    return print_unit(bytes, digits, size_out, COUNT_OF(size_out), out);
}

const char *base_units_print_bitrate(double bits_per_s, int digits, char *out)
{
    return print_unit(bits_per_s, digits, bitrate_out, COUNT_OF(bitrate_out), out);
}

const char *base_units_print_rate(double per_s, int digits, char *out)
{
    return print_unit(per_s, digits, rate_out, COUNT_OF(rate_out), out);
}

const char *base_units_print_percent(double share, int digits, char *out)
{
    if (isfinite(share))
        print_scaled(share * 100, digits, "%", out);
    else
        snprintf(out, BASE_UNITS_TEXT_SIZE, "-");
    return out;
}

/* The largest unit that divides the value into at most three decimals, so that it parses back. */
static const char *print_exact(uint64_t value, const struct unit *units, size_t count, char *out)
{
    for (size_t i = count; i-- > 1;) {
        const uint64_t scale = (uint64_t)units[i].scale;
        if (value < scale || (value % scale) * 1000 % scale != 0 ||
            value % scale > UINT64_MAX / 1000)
            continue;
        const uint64_t thousandths = (value % scale) * 1000 / scale;
        int size = snprintf(out, BASE_UNITS_TEXT_SIZE, "%llu.%03llu",
                            (unsigned long long)(value / scale), (unsigned long long)thousandths);
        while (out[size - 1] == '0')
            size--;
        if (out[size - 1] == '.')
            size--;
        snprintf(out + size, BASE_UNITS_TEXT_SIZE - (size_t)size, "%s", units[i].name);
        return out;
    }
    snprintf(out, BASE_UNITS_TEXT_SIZE, "%llu%s", (unsigned long long)value, units[0].name);
    return out;
}

const char *base_units_print_time_exact(uint64_t ns, char *out)
{
    return print_exact(ns, time_out, COUNT_OF(time_out), out);
}

const char *base_units_print_size_exact(uint64_t bytes, char *out)
{
    return print_exact(bytes, size_out, COUNT_OF(size_out), out);
}
