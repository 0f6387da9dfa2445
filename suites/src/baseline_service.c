/* baseline_service.c - blocking reads, one answer for one line, jansson reads the requests: plain,
 * and with one client nothing else would be faster. */
#include "baseline_service.h"

#include <jansson.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

void baseline_id_print(const uint8_t id[BASELINE_ID_SIZE], char out[2 * BASELINE_ID_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < BASELINE_ID_SIZE; i++) {
        out[2 * i] = digits[id[i] >> 4];
        out[2 * i + 1] = digits[id[i] & 15];
    }
    out[2 * BASELINE_ID_SIZE] = '\0';
}

static int digit_of(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

base_err baseline_id_parse(const char *text, size_t size, uint8_t id[BASELINE_ID_SIZE])
{
    uint8_t parsed[BASELINE_ID_SIZE];
    if (size != 2 * BASELINE_ID_SIZE)
        return BASE_EPARSE;
    for (size_t i = 0; i < BASELINE_ID_SIZE; i++) {
        const int high = digit_of(text[2 * i]), low = digit_of(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return BASE_EPARSE;
        parsed[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(id, parsed, sizeof parsed);
    return BASE_OK;
}

static size_t say_error(char *out, const char *sentence)
{
    return (size_t)snprintf(out, BASELINE_LINE_MAX, "{\"ok\":false,\"error\":\"%s\"}\n", sentence);
}

static size_t answer_register(struct baseline_map *map, const json_t *request,
                              const uint8_t id[BASELINE_ID_SIZE], char *out)
{
    const json_t *component = json_object_get(request, "component");
    const json_t *timestamp = json_object_get(request, "timestamp");
    if (!json_is_integer(component) || json_integer_value(component) < 0 ||
        json_integer_value(component) > UINT32_MAX)
        return say_error(out, "component is no whole number within 0 and 4294967295");
    if (!json_is_integer(timestamp) || json_integer_value(timestamp) < 0)
        return say_error(out, "timestamp is no whole number of at least 0");
    const struct baseline_record record = { (uint32_t)json_integer_value(component),
                                            (uint64_t)json_integer_value(timestamp) };
    if (baseline_map_put(map, id, record) != BASE_OK)
        return say_error(out, "out of memory");
    return (size_t)snprintf(out, BASELINE_LINE_MAX, "{\"ok\":true,\"flows\":%zu}\n", map->count);
}

static size_t answer_lookup(const struct baseline_map *map, const uint8_t id[BASELINE_ID_SIZE],
                            char *out)
{
    struct baseline_record record;
    if (baseline_map_find(map, id, &record) != BASE_OK)
        return say_error(out, "there is no such flow");
    return (size_t)snprintf(out, BASELINE_LINE_MAX,
                            "{\"ok\":true,\"component\":%u,\"timestamp\":%llu}\n", record.component,
                            (unsigned long long)record.timestamp_ns);
}

static size_t answer_request(struct baseline_map *map, const json_t *request, char *out)
{
    const char *op = json_string_value(json_object_get(request, "op"));
    const json_t *flow = json_object_get(request, "flow");
    uint8_t id[BASELINE_ID_SIZE];
    if (op == NULL)
        return say_error(out, "the request is no object with an op");
    if (!json_is_string(flow) ||
        baseline_id_parse(json_string_value(flow), json_string_length(flow), id) != BASE_OK)
        return say_error(out, "flow is no id of 64 hex digits");
    if (strcmp(op, "register") == 0)
        return answer_register(map, request, id, out);
    if (strcmp(op, "lookup") == 0)
        return answer_lookup(map, id, out);
    return say_error(out, "op is neither register nor lookup");
}

size_t baseline_service_answer(struct baseline_map *map, const char *line, size_t size,
                               char out[BASELINE_LINE_MAX])
{
    json_error_t problem;
    json_t *request = json_loadb(line, size, JSON_REJECT_DUPLICATES, &problem);
    const size_t used =
        request != NULL ? answer_request(map, request, out) : say_error(out, "the line is no JSON");
    json_decref(request);
    return used;
}

static bool send_all(int socket, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t put = send(socket, bytes, size, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes += put;
        size -= (size_t)put;
    }
    return true;
}

void baseline_service_serve(int socket, struct baseline_map *map)
{
    char in[BASELINE_LINE_MAX], out[BASELINE_LINE_MAX];
    size_t used = 0;
    for (;;) {
        char *const end = memchr(in, '\n', used);
        if (end != NULL) {
            const size_t size = (size_t)(end - in);
            if (!send_all(socket, out, baseline_service_answer(map, in, size, out)))
                return;
            used -= size + 1;
            memmove(in, end + 1, used);
            continue;
        }
        const ssize_t got = used < sizeof in ? recv(socket, in + used, sizeof in - used, 0) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return;
        used += (size_t)got;
    }
}
