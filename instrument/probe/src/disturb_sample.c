/* disturb_sample.c - the looks at /proc, and the watch in between. */
#define _GNU_SOURCE
#include <probe/disturb.h>

#include "source_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_STEP_NS = 20000000 };

static const uint64_t interval_low_ns = 50000000;
static const uint64_t interval_high_ns = 60000000000;

/* "user nice system idle iowait irq softirq steal"; the rest is counted in user and nice already.
 */
static bool parse_ticks(const char *at, struct probe_ticks *ticks)
{
    uint64_t field[8] = { 0 };
    int count = 0;
    for (; count < 8; count++) {
        char *end = NULL;
        field[count] = strtoull(at, &end, 10);
        if (end == at)
            break;
        at = end;
    }
    if (count < 4)
        return false;
    ticks->all = 0;
    for (int i = 0; i < 8; i++)
        ticks->all += field[i];
    ticks->idle = field[3] + field[4];
    ticks->steal = field[7];
    return true;
}

static base_err look_at_cpus(const char *text, struct probe_look *look, struct base_why *why)
{
    const char *total = probe_source_value(text, "cpu");
    if (total == NULL || !parse_ticks(total, &look->total))
        return base_fail(why, BASE_ENOTFOUND, 0, "/proc/stat has no line of all processors");
    look->total.cpu = PROBE_UNKNOWN;
    size_t capacity = 0;
    for (const char *at = text; at != NULL; at = strchr(at, '\n'), at = at != NULL ? at + 1 : NULL)
        capacity += strncmp(at, "cpu", 3) == 0;
    look->cpus = base_arena_array(&look->arena, capacity, sizeof *look->cpus);
    if (look->cpus == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for %zu processors", capacity);
    for (const char *at = text; at != NULL;
         at = strchr(at, '\n'), at = at != NULL ? at + 1 : NULL) {
        if (strncmp(at, "cpu", 3) != 0 || at[3] < '0' || at[3] > '9')
            continue;
        char *end = NULL;
        struct probe_ticks *ticks = &look->cpus[look->cpu_count];
        ticks->cpu = (int)strtol(at + 3, &end, 10);
        look->cpu_count += parse_ticks(end, ticks);
    }
    return BASE_OK;
}

static uint64_t count_of(const char *text, const char *key)
{
    int64_t value = 0;
    return probe_source_value_number(text, key, &value) && value > 0 ? (uint64_t)value : 0;
}

static bool parse_task(const char *text, struct probe_task *task)
{
    const char *open = strchr(text, '(');
    const char *close = strrchr(text, ')');
    unsigned long long user = 0;
    unsigned long long system = 0;
    unsigned long long started = 0;
    if (open == NULL || close == NULL || close < open ||
        sscanf(
            close + 1,
            " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d %llu",
            &user, &system, &started) != 3)
        return false;
    task->pid = atoi(text);
    task->ticks = user + system;
    task->started = started;
    const size_t size = (size_t)(close - open) - 1;
    snprintf(task->name, sizeof task->name, "%.*s", (int)size, open + 1);
    return true;
}

static base_err look_at_tasks(const char *root, struct base_buf *buf, struct probe_look *look,
                              struct base_why *why)
{
    struct base_arena names_arena = { 0 };
    const char **names = NULL;
    size_t count = 0;
    base_err err = BASE_OK;
    if (!probe_source_names(root, "/proc", &names_arena, &names, &count))
        goto done; /* a tree without /proc/PID: nobody else is seen */
    if (count > PROBE_TASK_MAX)
        count = PROBE_TASK_MAX;
    look->tasks = base_arena_array(&look->arena, count, sizeof *look->tasks);
    if (look->tasks == NULL && count > 0)
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for %zu processes", count);
    for (size_t i = 0; err == BASE_OK && i < count; i++) {
        if (names[i][0] < '1' || names[i][0] > '9')
            continue;
        const char *text = probe_source_read(root, buf, "/proc/%s/stat", names[i]);
        if (text != NULL && parse_task(text, &look->tasks[look->task_count]))
            look->task_count++;
    }
done:
    base_arena_done(&names_arena);
    return err;
}

/* "some avg10=0.20 avg60=1.16 avg300=0.52 total=8227218" */
static uint64_t pressure_of(const char *root, struct base_buf *buf, const char *name, bool *has)
{
    const char *text = probe_source_read(root, buf, "/proc/pressure/%s", name);
    const char *some = text != NULL ? probe_source_value(text, "some") : NULL;
    const char *total = some != NULL ? strstr(some, "total=") : NULL;
    *has = *has || total != NULL;
    return total != NULL ? strtoull(total + 6, NULL, 10) : 0;
}

base_err probe_look_take(const char *root, struct probe_look *look, struct base_why *why)
{
    *look = (struct probe_look){ 0 };
    struct base_buf buf = { 0 };
    const char *stat = probe_source_read(root, &buf, "/proc/stat");
    base_err err = stat != NULL ? look_at_cpus(stat, look, why)
                                : base_fail(why, BASE_ENOTFOUND, 0, "/proc/stat cannot be read");
    if (err == BASE_OK) {
        look->interrupts = count_of(stat, "intr");
        look->switches = count_of(stat, "ctxt");
        err = look_at_tasks(root, &buf, look, why);
    }
    if (err == BASE_OK) {
        const char *vmstat = probe_source_read(root, &buf, "/proc/vmstat");
        if (vmstat != NULL) {
            look->swap_pages = count_of(vmstat, "pswpin") + count_of(vmstat, "pswpout");
            look->major_faults = count_of(vmstat, "pgmajfault");
        }
        look->pressure_cpu_us = pressure_of(root, &buf, "cpu", &look->has_pressure);
        look->pressure_memory_us = pressure_of(root, &buf, "memory", &look->has_pressure);
        look->pressure_io_us = pressure_of(root, &buf, "io", &look->has_pressure);
    } else {
        probe_look_done(look);
    }
    base_buf_done(&buf);
    return err;
}

void probe_look_done(struct probe_look *look)
{
    base_arena_done(&look->arena);
    *look = (struct probe_look){ 0 };
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

struct tally {
    double queue_sum;
    uint64_t steps;
};

static void see_frequency(const char *root, struct base_buf *buf, struct probe_watch *watch)
{
    for (int cpu = 0; cpu < 4; cpu++) { /* a few stand for all: reading one can cost 100 us */
        const char *text = probe_source_read(
            root, buf, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_cur_freq", cpu);
        const double mhz = text != NULL ? strtod(text, NULL) / 1000 : 0;
        if (!(mhz > 0))
            continue;
        if (!(watch->mhz_low <= mhz))
            watch->mhz_low = mhz;
        if (!(watch->mhz_high >= mhz))
            watch->mhz_high = mhz;
    }
}

static void watch_step(const char *root, struct base_buf *buf, struct probe_watch *watch,
                       struct tally *tally)
{
    const char *stat = probe_source_read(root, buf, "/proc/stat");
    int64_t running = 0;
    if (stat != NULL && probe_source_value_number(stat, "procs_running", &running)) {
        const double others = running > 1 ? (double)(running - 1) : 0;
        tally->queue_sum += others;
        tally->steps++;
        if (!(watch->run_queue_max >= others))
            watch->run_queue_max = others;
    }
    see_frequency(root, buf, watch);
}

/* The sleeps are the interval that is watched: the watcher must not be a disturbance itself. */
static void watch_for(const char *root, uint64_t interval_ns, struct probe_watch *watch)
{
    struct base_buf buf = { 0 };
    struct tally tally = { 0 };
    const uint64_t start_ns = now_ns();
    while (now_ns() - start_ns < interval_ns) {
        const struct timespec step = { .tv_nsec = WATCH_STEP_NS };
        /* sleep: the interval that is watched */
        clock_nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
        watch_step(root, &buf, watch, &tally);
    }
    if (tally.steps > 0)
        watch->run_queue_mean = tally.queue_sum / (double)tally.steps;
    base_buf_done(&buf);
}

base_err probe_disturb_sample(const char *root, uint64_t interval_ns, struct probe_disturb *disturb,
                              struct base_why *why)
{
    *disturb = (struct probe_disturb){ 0 };
    if (interval_ns < interval_low_ns || interval_ns > interval_high_ns)
        return base_fail(why, BASE_ERANGE, 0, "an interval of %.3f s is not between 0.05 and 60 s",
                         (double)interval_ns / 1e9);
    struct probe_look before = { 0 };
    struct probe_look after = { 0 };
    struct probe_watch watch = {
        .run_queue_mean = NAN, .run_queue_max = NAN, .mhz_low = NAN, .mhz_high = NAN
    };
    base_err err = probe_look_take(root, &before, why);
    const uint64_t start_ns = now_ns();
    if (err == BASE_OK) {
        watch_for(root, interval_ns, &watch);
        err = probe_look_take(root, &after, why);
        watch.elapsed_s = (double)(now_ns() - start_ns) / 1e9;
    }
    if (err == BASE_OK) {
        err = probe_disturb_judge(&before, &after, &watch, (int)getpid(),
                                  (double)sysconf(_SC_CLK_TCK), disturb);
        if (err != BASE_OK)
            base_fail(why, err, 0, "no memory to judge the looks");
    }
    probe_look_done(&before);
    probe_look_done(&after);
    return err;
}
