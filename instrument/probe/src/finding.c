/* finding.c - names and order of findings. */
#include "finding_internal.h"

#include <stdarg.h>
#include <stdio.h>

const char *probe_severity_name(enum probe_severity severity)
{
    static const char *const names[] = { "ok", "note", "warning", "bad" };
    return (unsigned)severity < 4 ? names[severity] : "?";
}

void probe_findings_add(struct probe_findings *list, enum probe_severity severity, const char *id,
                        const char *what, const char *advice, const char *evidence, ...)
{
    char text[512];
    va_list args;
    va_start(args, evidence);
    vsnprintf(text, sizeof text, evidence, args);
    va_end(args);
    const char *copy = base_arena_text(list->arena, text);
    if (copy == NULL)
        list->is_out_of_memory = true;
    else if (list->count < PROBE_FINDING_MAX)
        list->items[list->count++] = (struct probe_finding){ severity, id, what, copy, advice };
}

void probe_findings_sort(struct probe_findings *list)
{
    for (size_t i = 1; i < list->count; i++) { /* insertion: short, and stable */
        const struct probe_finding moved = list->items[i];
        size_t at = i;
        for (; at > 0 && list->items[at - 1].severity < moved.severity; at--)
            list->items[at] = list->items[at - 1];
        list->items[at] = moved;
    }
}

enum probe_severity probe_severity_of(double value, double note, double warning, double bad)
{
    return value >= bad       ? PROBE_BAD
           : value >= warning ? PROBE_WARNING
           : value >= note    ? PROBE_NOTE
                              : PROBE_OK;
}
