/* fixed_work.c - one kernel as a command that does a fixed amount of work and ends, for tools that
 * time whole commands.
 *
 * Usage: fixed_work l1|dram|scatter ITEMS EXTRA */
#include "kernel_work.h"

#include <base/units.h>

#include <stdio.h>

int main(int argc, char **argv)
{
    uint64_t items = 0, extra = 0;
    const struct kernel_kind *kind = argc == 4 ? kernel_kind_of(argv[1]) : NULL;
    struct kernel kernel;
    if (kind == NULL || base_units_parse_count(argv[2], 1, UINT32_MAX, &items, NULL) != BASE_OK ||
        base_units_parse_count(argv[3], 0, KERNEL_EXTRA_MAX, &extra, NULL) != BASE_OK) {
        fputs("usage: fixed_work l1|dram|scatter ITEMS EXTRA\n", stderr);
        return 2;
    }
    if (!kind->open(&kernel, (unsigned)extra))
        return 3;
    kind->run(&kernel, items);
    kernel_close(&kernel);
    return 0;
}
