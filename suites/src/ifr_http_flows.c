#include "ifr_http_flows.h"

#include <mfn/ifr_registry.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "/flows/";

enum { PREFIX_SIZE = sizeof prefix - 1, BODY_SIZE = 512 };

static int digit_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The bytes of hexadecimal digits; 0: it is no key. */
static size_t read_key(const char *text, uint8_t *key)
{
    const size_t length = strlen(text);
    if (length % 2 != 0 || !mfn_ifr_key_size_is_valid(length / 2))
        return 0;
    for (size_t i = 0; i < length / 2; i++) {
        const int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return 0;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return length / 2;
}

size_t ifr_http_answer(void *registry, const char *path, char *out, size_t out_size)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    struct mfn_ifr_value value;
    if (strncmp(path, prefix, PREFIX_SIZE) != 0)
        return 0;
    const size_t key_size = read_key(path + PREFIX_SIZE, key);
    if (key_size == 0 || mfn_ifr_registry_find(registry, key, key_size, 0, &value) != BASE_OK)
        return 0;
    const int size =
        snprintf(out, out_size,
                 "{\"component_id\":%" PRIu32 ",\"flow_type\":%u,\"priority\":%u,\"flags\":%u,"
                 "\"timestamp_ns\":%" PRIu64 ",\"size\":%" PRIu32 "}",
                 value.component_id, value.flow_type, value.priority, value.flags,
                 value.timestamp_ns, value.size);
    return size > 0 && (size_t)size < out_size ? (size_t)size : 0;
}

/* The number behind `name` in the text from *at on, which moves past it. */
static bool take(const char **at, const char *name, uint64_t *number)
{
    const char *const found = strstr(*at, name);
    if (found == NULL)
        return false;
    char *end;
    const char *const first = found + strlen(name);
    *number = strtoull(first, &end, 10);
    *at = end;
    return end > first;
}

static base_err read_value(const char *text, struct mfn_ifr_value *out)
{
    static const char *const names[] = { "\"component_id\":", "\"flow_type\":",    "\"priority\":",
                                         "\"flags\":",        "\"timestamp_ns\":", "\"size\":" };
    enum { COUNT = sizeof names / sizeof names[0] };
    uint64_t numbers[COUNT];
    for (int i = 0; i < COUNT; i++)
        if (!take(&text, names[i], &numbers[i]))
            return BASE_EPROTOCOL;
    *out = (struct mfn_ifr_value){ .component_id = (uint32_t)numbers[0],
                                   .flow_type = (uint8_t)numbers[1],
                                   .priority = (uint8_t)numbers[2],
                                   .flags = (uint16_t)numbers[3],
                                   .timestamp_ns = numbers[4],
                                   .size = (uint32_t)numbers[5] };
    return BASE_OK;
}

base_err ifr_http_find(struct suite_http *http, const void *key, size_t key_size,
                       struct mfn_ifr_value *out)
{
    static const char digits[] = "0123456789abcdef";
    char path[PREFIX_SIZE + 2 * MFN_IFR_KEY_SIZE_MAX + 1], body[BODY_SIZE];
    memcpy(path, prefix, PREFIX_SIZE);
    char *at = path + PREFIX_SIZE;
    for (size_t i = 0; i < key_size; i++) {
        *at++ = digits[((const uint8_t *)key)[i] >> 4];
        *at++ = digits[((const uint8_t *)key)[i] & 15];
    }
    *at = '\0';
    size_t size;
    const base_err err = suite_http_get(http, path, body, sizeof body - 1, &size);
    if (err != BASE_OK)
        return err;
    body[size] = '\0';
    return read_value(body, out);
}
