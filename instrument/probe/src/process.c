/* process.c - stat gives times and faults, status memory, smaps_rollup the fair share of it;
 * switches are summed over threads, since a process's own status counts its first thread only.
 * Source: proc(5), Linux man-pages 6.03 */
#include <probe/process.h>

#include "source_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t kib(const char *text, const char *key)
{
    int64_t value = 0;
    return probe_source_value_number(text, key, &value) ? value * 1024 : -1;
}

static void read_memory(const char *root, const char *folder, struct probe_process *process)
{
    struct base_buf buf = { 0 };
    const char *status = probe_source_read(root, &buf, "%s/status", folder);
    if (status != NULL) {
        process->rss_bytes = kib(status, "VmRSS");
        process->peak_rss_bytes = kib(status, "VmHWM");
        process->swap_bytes = kib(status, "VmSwap");
        int64_t threads = 0;
        if (probe_source_value_number(status, "Threads", &threads))
            process->threads = threads;
    }
    const char *rollup = probe_source_read(root, &buf, "%s/smaps_rollup", folder);
    if (rollup != NULL) {
        process->pss_bytes = kib(rollup, "Pss");
        process->large_pages_bytes = kib(rollup, "AnonHugePages");
        const int64_t clean = kib(rollup, "Private_Clean");
        const int64_t dirty = kib(rollup, "Private_Dirty");
        const int64_t huge = kib(rollup, "Private_Hugetlb");
        if (clean >= 0 && dirty >= 0)
            process->uss_bytes = clean + dirty + (huge > 0 ? huge : 0);
    }
    base_buf_done(&buf);
}

/* Fields after the name, which may itself hold blanks and brackets: 3 is the state. */
static bool read_stat(const char *text, struct probe_process *process)
{
    const char *at = text != NULL ? strrchr(text, ')') : NULL;
    unsigned long long minor = 0;
    unsigned long long major = 0;
    unsigned long long user = 0;
    unsigned long long system = 0;
    if (at == NULL || sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %llu %*u %llu %*u %llu %llu",
                             &minor, &major, &user, &system) != 4)
        return false;
    const int64_t tick_ns = 1000000000 / sysconf(_SC_CLK_TCK);
    process->minor_faults = (int64_t)minor;
    process->major_faults = (int64_t)major;
    process->user_ns = (int64_t)user * tick_ns;
    process->system_ns = (int64_t)system * tick_ns;
    return true;
}

static void read_switches(const char *root, const char *folder, struct base_arena *arena,
                          struct probe_process *process)
{
    const char **names = NULL;
    size_t count = 0;
    const char *tasks = base_arena_printf(arena, "%s/task", folder);
    if (tasks == NULL || !probe_source_names(root, tasks, arena, &names, &count))
        return;
    struct base_buf buf = { 0 };
    int64_t voluntary = 0;
    int64_t involuntary = 0;
    bool is_any = false;
    for (size_t i = 0; i < count; i++) {
        const char *status = probe_source_read(root, &buf, "%s/%s/status", tasks, names[i]);
        int64_t a = 0;
        int64_t b = 0;
        if (status == NULL || !probe_source_value_number(status, "voluntary_ctxt_switches", &a) ||
            !probe_source_value_number(status, "nonvoluntary_ctxt_switches", &b))
            continue; /* the thread has ended */
        voluntary += a;
        involuntary += b;
        is_any = true;
    }
    base_buf_done(&buf);
    if (is_any) {
        process->voluntary_switches = voluntary;
        process->involuntary_switches = involuntary;
    }
}

base_err probe_process_read(const char *root, int pid, struct probe_process *process,
                            struct base_why *why)
{
    char folder[64];
    snprintf(folder, sizeof folder, "/proc/%d", pid != 0 ? pid : (int)getpid());
    struct probe_process made;
    memset(&made, 0xff, sizeof made); /* every field -1 */
    struct base_buf buf = { 0 };
    const char *stat = probe_source_read(root, &buf, "%s/stat", folder);
    const bool is_there = stat != NULL;
    const bool is_read = read_stat(stat, &made);
    base_buf_done(&buf);
    if (!is_there)
        return base_fail(why, BASE_ENOTFOUND, 0, "process %d is not there (no %s/stat)", pid,
                         folder);
    if (!is_read)
        return base_fail(why, BASE_EINVALID, 0, "%s/stat is not a process's line", folder);
    read_memory(root, folder, &made);
    struct base_arena arena = { 0 };
    read_switches(root, folder, &arena, &made);
    const char **names = NULL;
    size_t count = 0;
    const char *fds = base_arena_printf(&arena, "%s/fd", folder);
    if (fds != NULL && probe_source_names(root, fds, &arena, &names, &count))
        made.descriptors = (int64_t)count;
    base_arena_done(&arena);
    *process = made;
    return BASE_OK;
}
