/* symbols.c - one process, its mappings of now. */
#include <prof/symbols.h>

#include "resolve_internal.h"

#include <stdlib.h>

struct prof_symbols {
    struct resolver resolver;
    struct process *process;
};

base_err prof_symbols_open(int pid, struct prof_stacks *stacks, struct prof_symbols **symbols,
                           struct base_why *why)
{
    struct prof_symbols *made = calloc(1, sizeof *made);
    if (made == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for symbols");
    resolver_init(&made->resolver, stacks);
    made->process = resolver_process(&made->resolver, pid);
    base_err err = made->process != NULL ? maps_read(&made->process->maps, pid, why)
                                         : base_fail(why, BASE_ENOMEM, 0, "no memory for symbols");
    if (err != BASE_OK) {
        prof_symbols_close(made);
        return err;
    }
    made->process->is_root = true;
    *symbols = made;
    return BASE_OK;
}

base_err prof_symbols_add(struct prof_symbols *symbols, const uint64_t *addresses, size_t count,
                          const double values[2])
{
    struct pile pile = { .count = 0 };
    base_err err = BASE_OK;
    for (size_t i = 0; i < count && err == BASE_OK; i++)
        err = resolver_user(&symbols->resolver, symbols->process, addresses[i], true, &pile);
    return err == BASE_OK ? resolver_add(&symbols->resolver, symbols->process, &pile, values) : err;
}

void prof_symbols_close(struct prof_symbols *symbols)
{
    if (symbols == NULL)
        return;
    resolver_done(&symbols->resolver);
    free(symbols);
}
