/* claim_bound.c - bounds: an operator or a range, a number, a unit. The units are those of
 * base/units.h: a unit's scale is asked for by parsing "1UNIT", so that there is one table. */
#include "claim_internal.h"

#include <base/units.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The scale of a unit and the base unit that it scales to. */
static void unit_scale(const char *unit, double *scale, const char **base)
{
    char text[RESULT_CLAIM_UNIT_SIZE + 2];
    uint64_t whole = 0;
    const size_t size = strlen(unit);
    snprintf(text, sizeof text, "1%s", unit);
    *scale = 1;
    *base = unit;
    if (size == 0 || strcmp(unit, "1") == 0) {
        *base = "1";
    } else if (strcmp(unit, "%") == 0) {
        *scale = 0.01;
        *base = "1";
    } else if (base_units_parse_time(text, &whole, NULL) == BASE_OK) {
        *scale = (double)whole;
        *base = "ns";
    } else if (base_units_parse_size(text, false, &whole, NULL) == BASE_OK) {
        *scale = (double)whole;
        *base = "B";
    } else if (base_units_parse_bitrate(text, &whole, NULL) == BASE_OK) {
        *scale = (double)whole / 8;
        *base = "B/s";
    } else if (base_units_parse_rate(text, scale, NULL) == BASE_OK) {
        *base = "/s";
    } else if (size > 2 && strcmp(unit + size - 2, "/s") == 0) {
        text[size - 1] = '\0'; /* "1GB/s" without its "/s" */
        if (base_units_parse_size(text, false, &whole, NULL) == BASE_OK) {
            *scale = (double)whole;
            *base = "B/s";
        }
    }
}

/* A decimal number at *at; moves *at past it and the blanks after. */
static bool take_number(const char **at, double *number)
{
    const char *first = *at + (**at == '-' || **at == '+');
    if (!isdigit((unsigned char)*first) || first[1] == 'x' || first[1] == 'X')
        return false;
    char *end = NULL;
    *number = strtod(*at, &end);
    while (*end == ' ')
        end++;
    *at = end;
    return isfinite(*number);
}

static base_err take_unit(const char *text, const char *at, struct result_bound *bound,
                          struct base_why *why)
{
    const bool is_number = isdigit((unsigned char)*at) || (*at != '\0' && strchr(".+-eE", *at));
    if (strlen(at) >= RESULT_CLAIM_UNIT_SIZE || strchr(at, ' ') != NULL || is_number)
        return base_fail(why, BASE_EPARSE, 0, "bound: '%s': '%s' is not a unit", text, at);
    double scale = 1;
    const char *base = NULL;
    unit_scale(at, &scale, &base);
    snprintf(bound->unit, sizeof bound->unit, "%s", base);
    bound->low *= scale;
    bound->high *= scale;
    return BASE_OK;
}

static base_err parse_range(const char *text, const char *at, struct result_bound *bound,
                            struct base_why *why)
{
    if (!take_number(&at, &bound->low) || strncmp(at, "..", 2) != 0)
        goto malformed;
    for (at += 2; *at == ' ';)
        at++;
    if (!take_number(&at, &bound->high))
        goto malformed;
    if (bound->low > bound->high)
        return base_fail(why, BASE_EINVALID, 0, "bound: '%s': %g is above %g", text, bound->low,
                         bound->high);
    return take_unit(text, at, bound, why);
malformed:
    return base_fail(why, BASE_EPARSE, 0,
                     "bound: '%s' is not a bound: write it as in \"< 1.25 ms\" or \"0.93 .. 0.97\"",
                     text);
}

base_err result_bound_parse(const char *text, struct result_bound *out, struct base_why *why)
{
    struct result_bound bound = { .low = -INFINITY, .high = INFINITY };
    const char *at = text;
    while (*at == ' ')
        at++;
    base_err err = BASE_OK;
    if (*at != '<' && *at != '>') {
        err = parse_range(text, at, &bound, why);
    } else {
        const bool is_above = *at == '>';
        const bool is_open = at[1] != '=';
        for (at += is_open ? 1 : 2; *at == ' ';)
            at++;
        double limit = 0;
        if (!take_number(&at, &limit))
            return base_fail(why, BASE_EPARSE, 0,
                             "bound: '%s' has no number: write it as in \"< 1.25 ms\"", text);
        *(is_above ? &bound.low : &bound.high) = limit;
        *(is_above ? &bound.is_low_open : &bound.is_high_open) = is_open;
        err = take_unit(text, at, &bound, why);
    }
    if (err == BASE_OK)
        *out = bound;
    return err;
}

static bool is_good(const struct result_bound *bound, double value)
{
    return (bound->is_low_open ? value > bound->low : value >= bound->low) &&
           (bound->is_high_open ? value < bound->high : value <= bound->high);
}

bool result_bound_is_kept(const struct result_bound *bound, double low, double high)
{
    return is_good(bound, low) && is_good(bound, high);
}

bool result_bound_is_missed(const struct result_bound *bound, double low, double high)
{
    return (bound->is_low_open ? high <= bound->low : high < bound->low) ||
           (bound->is_high_open ? low >= bound->high : low > bound->high);
}
