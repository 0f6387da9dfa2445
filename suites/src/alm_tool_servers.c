/* alm_tool_servers.c - a short file: names are compared one by one. */
#include "alm_tool_servers.h"

#include <suite/alm.h>

#include <mfn/alm_balance.h>

#include <base/units.h>

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { FIELDS_MIN = 2, FIELDS_MAX = 3, FIELD_MAX_BYTES = 255, LATENCY_MAX_MS = 10000 };

#define LATENCY_MIN_MS 1e-6 /* a nanosecond */

struct line {
    unsigned long long number;
    char fields[FIELDS_MAX][FIELD_MAX_BYTES + 1];
    unsigned count;
};

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static base_err line_fail(const struct line *line, base_err err, struct base_why *why)
{
    if (why != NULL)
        why->at = line->number;
    return base_fail_prefix(why, err, "line %llu", line->number);
}

/* Cut a line without its line feed into fields, up to a comment. */
static base_err line_cut(struct line *line, struct base_span text, struct base_why *why)
{
    line->count = 0;
    for (size_t i = 0; i < text.size;) {
        const size_t begin = i;
        if (is_blank(text.data[i])) {
            i++;
            continue;
        }
        if (text.data[i] == '#')
            break;
        for (; i < text.size && !is_blank(text.data[i]); i++)
            if (text.data[i] < ' ' || text.data[i] == 0x7f)
                return base_fail(why, BASE_EPARSE, 0, "a control character (0x%02x) at byte %zu",
                                 text.data[i], i + 1);
        if (line->count == FIELDS_MAX)
            return base_fail(why, BASE_EPARSE, 0,
                             "more than %d fields; name, weight and latency are all", FIELDS_MAX);
        if (i - begin > FIELD_MAX_BYTES)
            return base_fail(why, BASE_EPARSE, 0, "field %u is longer than %d bytes",
                             line->count + 1, FIELD_MAX_BYTES);
        char *const field = line->fields[line->count++];
        memcpy(field, text.data + begin, i - begin);
        field[i - begin] = '\0';
    }
    return BASE_OK;
}

/* FNV-1a. */
static uint64_t id_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 0x100000001b3U;
    return hash;
}

static base_err server_add(struct alm_tool_servers *servers, const char *name, uint32_t weight,
                           double latency_ms, struct base_why *why)
{
    if (servers->count == SUITE_ALM_SERVERS_MAX)
        return base_fail(why, BASE_EFULL, 0, "more than %d servers", SUITE_ALM_SERVERS_MAX);
    for (uint32_t i = 0; i < servers->count; i++)
        if (strcmp(servers->items[i].name, name) == 0)
            return base_fail(why, BASE_EEXIST, 0, "server '%s' stands twice", name);
    if (servers->items == NULL)
        servers->items =
            base_arena_array(&servers->arena, SUITE_ALM_SERVERS_MAX, sizeof *servers->items);
    const char *const copy = base_arena_text(&servers->arena, name);
    if (servers->items == NULL || copy == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    servers->items[servers->count++] =
        (struct alm_tool_server){ copy, id_of(copy), weight, latency_ms };
    servers->weight_sum += weight;
    return BASE_OK;
}

static base_err line_take(struct alm_tool_servers *servers, const struct line *line,
                          struct base_why *why)
{
    uint64_t weight = 0;
    double latency_ms = 1;
    if (line->count == 0)
        return BASE_OK;
    if (line->count < FIELDS_MIN)
        return base_fail(why, BASE_EPARSE, 0, "1 field; name and weight are needed");
    base_err err = base_units_parse_count(line->fields[1], 1, MFN_ALM_WEIGHT_MAX, &weight, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "weight");
    if (line->count > 2)
        err = base_units_parse_number(line->fields[2], LATENCY_MIN_MS, LATENCY_MAX_MS, &latency_ms,
                                      why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "latency");
    return server_add(servers, line->fields[0], (uint32_t)weight, latency_ms, why);
}

base_err alm_tool_servers_read(struct alm_tool_servers *servers, struct base_span text,
                               struct base_why *why)
{
    assert(servers->count == 0);
    struct line line = { .number = 0 };
    base_err err = BASE_OK;
    for (size_t at = 0; at < text.size && err == BASE_OK;) {
        const uint8_t *const begin = text.data + at;
        const uint8_t *const end = memchr(begin, '\n', text.size - at);
        const size_t size = end != NULL ? (size_t)(end - begin) : text.size - at;
        line.number++;
        err = line_cut(&line, base_span_of(begin, size), why);
        if (err == BASE_OK)
            err = line_take(servers, &line, why);
        if (err != BASE_OK)
            err = line_fail(&line, err, why);
        at += size + 1;
    }
    if (err == BASE_OK && servers->count == 0)
        err = base_fail(why, BASE_EPARSE, line.number,
                        "there is no server in it; a line is: name weight [latency_ms]");
    if (err != BASE_OK)
        alm_tool_servers_done(servers);
    return err;
}

base_err alm_tool_servers_make(struct alm_tool_servers *servers, uint32_t count,
                               struct base_why *why)
{
    assert(servers->count == 0);
    if (count < 1 || count > SUITE_ALM_SERVERS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%u servers are not 1 to %d", count,
                         SUITE_ALM_SERVERS_MAX);
    base_err err = BASE_OK;
    for (uint32_t i = 0; i < count && err == BASE_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "server-%u", i + 1);
        err = server_add(servers, name, 1, 1, why);
    }
    if (err != BASE_OK)
        alm_tool_servers_done(servers);
    return err;
}

void alm_tool_servers_done(struct alm_tool_servers *servers)
{
    base_arena_done(&servers->arena);
    *servers = (struct alm_tool_servers){ 0 };
}
