/* fuzz_perf_names.c - hostile /proc/PID/maps, perf-PID.map and kallsyms: any address can be asked
 * for, and what is found holds it. */
#include "maps_internal.h"
#include "names_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct names *names, uint64_t address)
{
    const struct names_entry *entry = names_find(names, address);
    if (entry != NULL && (address < entry->start || address >= entry->end))
        abort();
}

static void ask_all(const struct names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        ask(names, names->entries[i].start);
        ask(names, names->entries[i].end);
        ask(names, names->entries[i].start - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct base_span text = base_span_of(data, size);
    struct maps maps = { 0 };
    struct names jit = { 0 }, kernel = { 0 };
    if (maps_parse(&maps, text) != BASE_OK || names_parse_jit(&jit, text) != BASE_OK ||
        names_parse_kernel(&kernel, text) != BASE_OK)
        abort(); /* bad lines are passed over, and memory is there */
    for (size_t i = 0; i < maps.count; i++)
        if (maps_find(&maps, maps.entries[i].start) == NULL ||
            maps.entries[i].start >= maps.entries[i].end)
            abort();
    ask_all(&jit);
    ask_all(&kernel);
    maps_clear(&maps);
    names_done(&jit);
    names_done(&kernel);
    return 0;
}
