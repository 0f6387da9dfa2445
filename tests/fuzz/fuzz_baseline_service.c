/* fuzz_baseline_service.c - the baseline's service answers every line, whatever it is, with one
 * line that fits; and what it then holds is what a lookup gives. The input is lines. */
#include "../../suites/src/baseline_service.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_line(struct baseline_map *map, const char *line, size_t size)
{
    char out[BASELINE_LINE_MAX];
    const size_t before = map->count;
    const size_t used = baseline_service_answer(map, line, size, out);
    need(used > 1 && used <= sizeof out && out[used - 1] == '\n');
    need(memchr(out, '\n', used) == out + used - 1);
    need(map->count == before || map->count == before + 1);
    const bool is_ok = used > 10 && memcmp(out, "{\"ok\":true", 10) == 0;
    need(is_ok || map->count == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct baseline_map map = { 0 };
    const char *at = (const char *)data, *const end = at + size;
    while (at < end) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        const size_t length = (size_t)((next != NULL ? next : end) - at);
        check_line(&map, at, length);
        at += length + 1;
    }
    baseline_map_done(&map);
    return 0;
}
