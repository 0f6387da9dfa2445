/* ifr_tool_text.c - what is typed and shown. */
#include "ifr_tool_text.h"

#include <base/units.h>
#include <mfn/flow_packet.h>
#include <mfn/ifr_components.h>

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- reading ---- */

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char low = (char)(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static bool hex_parse(const char *text, struct ifr_tool_key *out)
{
    if (strlen(text) != (size_t)2 * MFN_IFR_KEY_HASHED)
        return false;
    for (size_t i = 0; i < MFN_IFR_KEY_HASHED; i++) {
        const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    out->size = MFN_IFR_KEY_HASHED;
    return true;
}

base_err ifr_tool_key_parse(const char *text, struct ifr_tool_key *out, struct base_why *why)
{
    struct mfn_flow_key key;
    if (hex_parse(text, out))
        return BASE_OK;
    if (text[0] != '\0' && strspn(text, "0123456789abcdefABCDEF") == strlen(text))
        return base_fail(why, BASE_EPARSE, 0,
                         "the key has %zu hexadecimal digits, and a hashed name has 64",
                         strlen(text));
    const base_err err = mfn_flow_key_parse(text, &key, why);
    if (err != BASE_OK)
        return err;
    memcpy(out->bytes, key.bytes, key.size);
    out->size = key.size;
    return BASE_OK;
}

static const char *const types[] = { "command", "data", "event", "metrics", "security", "health" };

enum { TYPE_COUNT = sizeof types / sizeof types[0] };

static base_err type_parse(const char *text, uint8_t *out, struct base_why *why)
{
    for (uint8_t i = 0; i < TYPE_COUNT; i++)
        if (strcasecmp(text, types[i]) == 0) {
            *out = i;
            return BASE_OK;
        }
    const bool is_number =
        text[0] != '\0' && strlen(text) <= 3 && strspn(text, "0123456789") == strlen(text);
    const long number = is_number ? strtol(text, NULL, 10) : -1;
    if (number < 0 || number > UINT8_MAX)
        return base_fail(why, BASE_EPARSE, 0,
                         "type \"%.40s\" is neither a number 0 .. 255 nor one of command, data, "
                         "event, metrics, security, health",
                         text);
    *out = (uint8_t)number;
    return BASE_OK;
}

base_err ifr_tool_value_parse(const struct suite_ifr_flow *flow, struct mfn_ifr_value *out,
                              struct base_why *why)
{
    struct mfn_ifr_value value = { .size = flow->size };
    base_err err = mfn_ifr_component_parse(flow->component, &value.component_id, why);
    if (err == BASE_OK)
        err = type_parse(flow->type, &value.flow_type, why);
    if (err == BASE_OK && flow->priority > UINT8_MAX)
        err = base_fail(why, BASE_ERANGE, 0, "priority %u is not in 0 .. 255", flow->priority);
    value.priority = (uint8_t)flow->priority;
    if (err == BASE_OK)
        *out = value;
    return err;
}

/* ---- writing ---- */

enum { KEY_TEXT_SIZE = MFN_FLOW_TEXT_SIZE };

static const char *key_text(const struct ifr_tool_key *key, char *out)
{
    if (key->size != MFN_IFR_KEY_HASHED)
        return mfn_flow_key_text(key->bytes, key->size, out);
    for (size_t i = 0; i < MFN_IFR_KEY_HASHED; i++)
        snprintf(out + 2 * i, 3, "%02x", key->bytes[i]);
    return out;
}

static base_err json_write(json_t *object, struct base_buf *out)
{
    char *const text =
        object != NULL ? json_dumps(object, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;
    json_decref(object);
    if (text == NULL)
        return BASE_ENOMEM;
    const base_err err = base_buf_printf(out, "%s\n", text);
    free(text);
    return err;
}

static base_err value_json(const char *key, const struct mfn_ifr_value *value, struct base_buf *out)
{
    const char *const type = value->flow_type < TYPE_COUNT ? types[value->flow_type] : NULL;
    return json_write(json_pack("{s:s, s:I, s:s?, s:i, s:s?, s:i, s:i, s:I, s:I}", "key", key,
                                "component_id", (json_int_t)value->component_id, "component",
                                mfn_ifr_component_name(value->component_id), "flow_type",
                                value->flow_type, "type", type, "priority", value->priority,
                                "flags", value->flags, "size", (json_int_t)value->size,
                                "timestamp_ns", (json_int_t)value->timestamp_ns),
                      out);
}

/* "networking (5)", or "1234". */
static void component_text(uint32_t component_id, char *out, size_t size)
{
    const char *const name = mfn_ifr_component_name(component_id);
    if (name != NULL)
        snprintf(out, size, "%s (%u)", name, component_id);
    else
        snprintf(out, size, "%u", component_id);
}

base_err ifr_tool_value_write(const struct ifr_tool_key *key, const struct mfn_ifr_value *value,
                              enum suite_ifr_format format, struct base_buf *out)
{
    char text[KEY_TEXT_SIZE], component[40];
    if (format == SUITE_IFR_JSON)
        return value_json(key_text(key, text), value, out);
    component_text(value->component_id, component, sizeof component);
    return base_buf_printf(out,
                           "%s\n"
                           "  component     %s\n"
                           "  type          %s (%u)\n"
                           "  priority      %u\n"
                           "  flags         0x%04x\n"
                           "  size          %u bytes\n"
                           "  timestamp_ns  %" PRIu64 "\n",
                           key_text(key, text), component,
                           value->flow_type < TYPE_COUNT ? types[value->flow_type] : "other",
                           value->flow_type, value->priority, value->flags, value->size,
                           value->timestamp_ns);
}

static base_err counters_json(const struct mfn_ifr_counters *counters,
                              const struct mfn_ifr_component *components, size_t component_count,
                              struct base_buf *out)
{
    json_t *const object = json_object(), *const list = json_array();
    int failed = object == NULL || list == NULL;
#define SET(name)                                                                                  \
    failed |= json_object_set_new(object, #name, json_integer((json_int_t)counters->name));
    MFN_IFR_COUNTER_MAP(SET)
#undef SET
    for (size_t i = 0; i < component_count; i++)
        failed |= json_array_append_new(
            list,
            json_pack("{s:I, s:s?, s:I}", "component_id", (json_int_t)components[i].component_id,
                      "component", mfn_ifr_component_name(components[i].component_id), "silent_ms",
                      (json_int_t)components[i].silent_ms));
    failed |= json_object_set_new(object, "connected_components", list);
    if (failed) {
        json_decref(object);
        return BASE_ENOMEM;
    }
    return json_write(object, out);
}

/* "filter_rejects" -> "filter rejects" */
static const char *words_of(const char *name, char *out)
{
    size_t i = 0;
    for (; name[i] != '\0'; i++)
        out[i] = name[i] == '_' ? ' ' : name[i];
    out[i] = '\0';
    return out;
}

static base_err row(struct base_buf *out, const char *name, uint64_t value)
{
    char words[40];
    if (strcmp(name, "uptime_ns") == 0)
        return base_buf_printf(out, "  %-18s%.1f s\n", "uptime", (double)value / 1e9);
    return base_buf_printf(out, "  %-18s%" PRIu64 "\n", words_of(name, words), value);
}

base_err ifr_tool_counters_write(const struct mfn_ifr_counters *counters,
                                 const struct mfn_ifr_component *components, size_t component_count,
                                 enum suite_ifr_format format, struct base_buf *out)
{
    base_err err = BASE_OK;
    if (format == SUITE_IFR_JSON)
        return counters_json(counters, components, component_count, out);
#define ROW(name)                                                                                  \
    if (err == BASE_OK)                                                                            \
        err = row(out, #name, counters->name);
    MFN_IFR_COUNTER_MAP(ROW)
#undef ROW
    for (size_t i = 0; i < component_count && err == BASE_OK; i++) {
        char component[40];
        component_text(components[i].component_id, component, sizeof component);
        err = base_buf_printf(out, "  component %s was heard %.1f s ago\n", component,
                              components[i].silent_ms / 1e3);
    }
    return err;
}
