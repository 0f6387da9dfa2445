/* parts_alone.c - what the parts under test call of the rest of the program. */
#include "cli.h"

bool cli_has(const struct cli_args *args, const char *name)
{
    (void)args;
    (void)name;
    return false;
}
