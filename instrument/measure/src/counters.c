/* counters.c - one descriptor an event; not a group, so that one missing event does not take the
 * others with it. */
#define _GNU_SOURCE
#include <bench/counters.h>

#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    uint32_t type;
    uint64_t config;
} events[] = {
    { "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
    { "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
    { "branch_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES },
    { "cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
    { "migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
};
enum { EVENT_COUNT = sizeof events / sizeof events[0], HARDWARE_COUNT = 4 };

static int event_open(uint32_t type, uint64_t config)
{
    struct perf_event_attr attr = { .size = sizeof attr, .type = type, .config = config };
    attr.disabled = 1;
    attr.inherit = 1;
    attr.exclude_kernel = type == PERF_TYPE_HARDWARE;
    attr.exclude_hv = 1;
    attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
    return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

void bench_counters_open(struct bench_counters *counters)
{
    memset(counters, 0, sizeof *counters);
    for (size_t i = 0; i < BENCH_COUNTERS_MAX; i++)
        counters->fds[i] = i < EVENT_COUNT ? event_open(events[i].type, events[i].config) : -1;
}

void bench_counters_close(struct bench_counters *counters)
{
    for (size_t i = 0; i < EVENT_COUNT; i++)
        if (counters->fds[i] > 0)
            close(counters->fds[i]);
    memset(counters, 0, sizeof *counters);
}

bool bench_counters_have_hardware(const struct bench_counters *counters)
{
    for (size_t i = 0; i < HARDWARE_COUNT; i++)
        if (counters->fds[i] > 0)
            return true;
    return false;
}

static void usage_now(uint64_t *switches, uint64_t *faults)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    *switches = (uint64_t)usage.ru_nvcsw + (uint64_t)usage.ru_nivcsw;
    *faults = (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt;
}

void bench_counters_start(struct bench_counters *counters)
{
    usage_now(&counters->switches, &counters->faults);
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        if (counters->fds[i] <= 0)
            continue;
        ioctl(counters->fds[i], PERF_EVENT_IOC_RESET, 0);
        ioctl(counters->fds[i], PERF_EVENT_IOC_ENABLE, 0);
    }
}

size_t bench_counters_stop(struct bench_counters *counters, struct bench_counted *out)
{
    for (size_t i = 0; i < EVENT_COUNT; i++)
        if (counters->fds[i] > 0)
            ioctl(counters->fds[i], PERF_EVENT_IOC_DISABLE, 0);
    uint64_t switches = 0;
    uint64_t faults = 0;
    usage_now(&switches, &faults);
    size_t count = 0;
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        uint64_t values[3]; /* count, time enabled, time running */
        if (counters->fds[i] <= 0 || read(counters->fds[i], values, sizeof values) != sizeof values)
            continue;
        if (events[i].type == PERF_TYPE_HARDWARE && values[2] == 0)
            continue; /* it never got a register */
        const double scale = values[2] > 0 ? (double)values[1] / (double)values[2] : 1;
        out[count++] = (struct bench_counted){ events[i].name, (double)values[0] * scale };
    }
    out[count++] =
        (struct bench_counted){ "context_switches", (double)(switches - counters->switches) };
    out[count++] = (struct bench_counted){ "page_faults", (double)(faults - counters->faults) };
    return count;
}
