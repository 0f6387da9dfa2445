/* fixed_work.c - one kernel as a command that does a fixed amount of work and ends, for tools that
 * time whole commands.
 *
 * Usage: fixed_work l1|dram ITEMS EXTRA */
#include "kernel_work.h"

#include <base/units.h>

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    uint64_t items = 0, extra = 0;
    if (argc != 4 || (strcmp(argv[1], "l1") != 0 && strcmp(argv[1], "dram") != 0) ||
        base_units_parse_count(argv[2], 1, UINT32_MAX, &items, NULL) != BASE_OK ||
        base_units_parse_count(argv[3], 0, KERNEL_EXTRA_MAX, &extra, NULL) != BASE_OK) {
        fputs("usage: fixed_work l1|dram ITEMS EXTRA\n", stderr);
        return 2;
    }
    struct kernel kernel;
    const bool is_l1 = argv[1][0] == 'l';
    if (!(is_l1 ? kernel_l1_open : kernel_dram_open)(&kernel, (unsigned)extra))
        return 3;
    (is_l1 ? kernel_l1_run : kernel_dram_run)(&kernel, items);
    (is_l1 ? kernel_l1_close : kernel_dram_close)(&kernel);
    return 0;
}
