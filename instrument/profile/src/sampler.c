/* sampler.c - one event for each thread and processor: only so can children inherit it and a buffer
 * be mapped. The helper thread sleeps until a buffer is half full. */
#define _GNU_SOURCE
#include <prof/sampler.h>

#include "ring_internal.h"

#include <linux/perf_event.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RING_PAGES = 1024, RING_MAX = 4096, RATE = 997, RATE_MAX = 20000, STACK_SIZE = 16384 };
enum { PARANOIA_MAX = 2 }; /* kernel.perf_event_paranoid: 2 lets users sample their own code */

struct prof_sampler {
    struct prof_sampler_options options;
    struct resolver resolver;
    struct records records;
    bool is_user_only;
    struct ring *rings; /* one for each processor */
    size_t ring_count;
    int *events; /* those of further threads: they write into the rings */
    size_t event_count, event_capacity;
    int wake; /* eventfd: ends the helper */
    pthread_t helper;
    bool has_helper;
    pthread_mutex_t lock; /* of records and rings */
};

static struct perf_event_attr attributes(const struct prof_sampler *sampler)
{
    return (struct perf_event_attr){
        .size = sizeof(struct perf_event_attr),
        .type = PERF_TYPE_SOFTWARE,
        .config = PERF_COUNT_SW_CPU_CLOCK,
        .sample_period = 1000000000u / sampler->options.rate_per_s,
        .sample_type = records_sample_type(),
        .sample_regs_user = unwind_register_mask(),
        .sample_stack_user = unwind_register_mask() != 0 ? sampler->options.stack_size : 0,
        .disabled = 1,
        .inherit = 1,
        .exclude_kernel = sampler->is_user_only,
        .exclude_callchain_kernel = sampler->is_user_only,
        .exclude_hv = 1,
        .mmap = 1,
        .mmap2 = 1,
        .comm = 1,
        .comm_exec = 1,
        .task = 1,
        .sample_id_all = 1,
        .watermark = 1,
        .wakeup_watermark = 64 * 1024,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
    };
}

static int open_event(const struct prof_sampler *sampler, int tid, int cpu)
{
    struct perf_event_attr what = attributes(sampler);
    return (int)syscall(SYS_perf_event_open, &what, tid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static long paranoia(void)
{
    long level = -1;
    FILE *file = fopen("/proc/sys/kernel/perf_event_paranoid", "re");
    if (file == NULL)
        return -1;
    if (fscanf(file, "%ld", &level) != 1)
        level = -1;
    fclose(file);
    return level;
}

static base_err refuse(int problem, int pid, struct base_why *why)
{
    if (problem == ESRCH)
        return base_fail(why, BASE_ENOTFOUND, 0, "there is no process %d to sample", pid);
    if ((problem == EACCES || problem == EPERM) && paranoia() > PARANOIA_MAX)
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "the kernel does not let this user sample stacks: "
                         "kernel.perf_event_paranoid is %ld; it has to be %d or less, or the user "
                         "have the capability CAP_PERFMON",
                         paranoia(), PARANOIA_MAX);
    if (problem == EACCES || problem == EPERM)
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "the kernel does not let this user sample stacks: perf_event_open is "
                         "forbidden (%s), by a container's filter or because process %d is another "
                         "user's",
                         strerror(problem), pid);
    if (problem == EMFILE)
        return base_fail(why, BASE_EFULL, 0, "too many open files to sample every thread");
    return base_fail(why, BASE_EUNSUPPORTED, 0, "this kernel cannot sample stacks: %s",
                     strerror(problem));
}

static base_err keep_event(struct prof_sampler *sampler, int fd)
{
    if (sampler->event_count == sampler->event_capacity) {
        const size_t more = sampler->event_capacity == 0 ? 64 : 2 * sampler->event_capacity;
        void *memory = realloc(sampler->events, more * sizeof *sampler->events);
        if (memory == NULL)
            return BASE_ENOMEM;
        sampler->events = memory;
        sampler->event_capacity = more;
    }
    sampler->events[sampler->event_count++] = fd;
    return BASE_OK;
}

/* The first thread makes a ring for each processor; where the kernel may not be seen, the time in
 * it is hidden. Processors that are switched off answer ENODEV. */
static base_err open_rings(struct prof_sampler *sampler, int pid, struct base_why *why)
{
    const long cpus = sysconf(_SC_NPROCESSORS_CONF);
    sampler->rings = calloc((size_t)cpus, sizeof *sampler->rings);
    if (sampler->rings == NULL || cpus > RING_MAX)
        return base_fail(why, BASE_ENOMEM, 0, "no memory to sample %ld processors", cpus);
    for (int cpu = 0; cpu < cpus; cpu++) {
        int fd = open_event(sampler, pid, cpu);
        if (fd < 0 && (errno == EACCES || errno == EPERM) && !sampler->is_user_only && cpu == 0) {
            sampler->is_user_only = true;
            fd = open_event(sampler, pid, cpu);
        }
        if (fd < 0 && errno == ENODEV)
            continue;
        if (fd < 0)
            return refuse(errno, pid, why);
        struct ring *ring = &sampler->rings[sampler->ring_count];
        if (ring_open(ring, fd, RING_PAGES) != BASE_OK) {
            close(fd);
            return base_fail(why, BASE_EUNSUPPORTED, 0,
                             "the kernel gives no buffer for samples: %s "
                             "(kernel.perf_event_mlock_kb, or the limit of locked memory)",
                             strerror(errno));
        }
        sampler->ring_count++;
    }
    return BASE_OK;
}

/* Another thread: its events write into the rings of the same processors. */
static base_err open_thread(struct prof_sampler *sampler, int tid)
{
    const long cpus = sysconf(_SC_NPROCESSORS_CONF);
    size_t at = 0;
    for (int cpu = 0; cpu < cpus && at < sampler->ring_count; cpu++) {
        const int fd = open_event(sampler, tid, cpu);
        if (fd < 0 && errno == ENODEV)
            continue;
        if (fd < 0)
            return BASE_OK; /* it has ended meanwhile */
        const base_err err = keep_event(sampler, fd);
        if (err != BASE_OK) {
            close(fd);
            return err;
        }
        ioctl(fd, PERF_EVENT_IOC_SET_OUTPUT, sampler->rings[at++].fd);
    }
    return BASE_OK;
}

static base_err open_threads(struct prof_sampler *sampler, int pid)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    base_err err = BASE_OK;
    for (const struct dirent *entry = dir != NULL ? readdir(dir) : NULL;
         entry != NULL && err == BASE_OK; entry = readdir(dir)) {
        const int tid = atoi(entry->d_name);
        if (tid > 0 && tid != pid)
            err = open_thread(sampler, tid);
    }
    if (dir != NULL)
        closedir(dir);
    return err;
}

static void read_name(struct process *process)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/comm", process->pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    if (fgets(process->name, sizeof process->name, file) != NULL)
        process->name[strcspn(process->name, "\n")] = '\0';
    fclose(file);
}

static base_err add_process(struct prof_sampler *sampler, int pid, bool is_root,
                            struct base_why *why)
{
    struct process *process = resolver_process(&sampler->resolver, pid);
    if (process == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for process %d", pid);
    process->is_root = is_root;
    read_name(process);
    return maps_read(&process->maps, pid, why);
}

/* Children that run already, and theirs: a process that starts commands may have helpers. */
static base_err open_children(struct prof_sampler *sampler, int pid, unsigned depth)
{
    char path[96];
    int child = 0;
    struct base_why unused;
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
    FILE *file = depth < 8 ? fopen(path, "re") : NULL;
    base_err err = BASE_OK;
    while (file != NULL && err == BASE_OK && fscanf(file, "%d", &child) == 1) {
        if (add_process(sampler, child, false, &unused) != BASE_OK)
            continue; /* it has ended meanwhile */
        err = open_thread(sampler, child);
        if (err == BASE_OK)
            err = open_threads(sampler, child);
        if (err == BASE_OK)
            err = open_children(sampler, child, depth + 1);
    }
    if (file != NULL)
        fclose(file);
    return err;
}

static void drain_all(struct prof_sampler *sampler)
{
    pthread_mutex_lock(&sampler->lock);
    for (size_t i = 0; i < sampler->ring_count; i++)
        ring_drain(&sampler->rings[i], &sampler->records);
    pthread_mutex_unlock(&sampler->lock);
}

static void *helper_main(void *argument)
{
    struct prof_sampler *sampler = argument;
    struct pollfd *polled = calloc(sampler->ring_count + 1, sizeof *polled);
    if (polled == NULL)
        return NULL; /* what does not fit is lost and counted */
    for (size_t i = 0; i < sampler->ring_count; i++)
        polled[i] = (struct pollfd){ .fd = sampler->rings[i].fd, .events = POLLIN };
    struct pollfd *wake = &polled[sampler->ring_count];
    *wake = (struct pollfd){ .fd = sampler->wake, .events = POLLIN };
    while (poll(polled, sampler->ring_count + 1, -1) >= 0 || errno == EINTR) {
        drain_all(sampler);
        if (wake->revents != 0)
            break;
        for (size_t i = 0; i < sampler->ring_count; i++)
            if ((polled[i].revents & (POLLHUP | POLLERR)) != 0)
                polled[i].fd = -1; /* the process has ended */
    }
    free(polled);
    return NULL;
}

static base_err start_helper(struct prof_sampler *sampler, struct base_why *why)
{
    sampler->wake = eventfd(0, EFD_CLOEXEC);
    sampler->has_helper =
        sampler->wake >= 0 && pthread_create(&sampler->helper, NULL, helper_main, sampler) == 0;
    return sampler->has_helper ? BASE_OK
                               : base_fail(why, BASE_ENOMEM, 0, "cannot start a helper thread");
}

static base_err watch(struct prof_sampler *sampler, int pid, struct base_why *why)
{
    base_err err = open_rings(sampler, pid, why);
    if (err == BASE_OK)
        err = add_process(sampler, pid, true, why);
    if (err == BASE_OK) {
        err = open_threads(sampler, pid);
        if (err == BASE_OK)
            err = open_children(sampler, pid, 0);
        if (err != BASE_OK)
            (void)base_fail(why, err, 0, "no memory to sample process %d", pid);
    }
    return err == BASE_OK ? start_helper(sampler, why) : err;
}

static base_err check_options(struct prof_sampler_options *options, struct base_why *why)
{
    options->rate_per_s = options->rate_per_s != 0 ? options->rate_per_s : RATE;
    options->stack_size = options->stack_size != 0 ? options->stack_size : STACK_SIZE;
    if (options->rate_per_s > RATE_MAX)
        return base_fail(why, BASE_EINVALID, 0, "%u samples a second; 1 to %d are possible",
                         options->rate_per_s, RATE_MAX);
    if (options->stack_size % 8 != 0 || options->stack_size > 65528)
        return base_fail(why, BASE_EINVALID, 0,
                         "%u bytes of stack; a multiple of 8 below 65536 is possible",
                         options->stack_size);
    return BASE_OK;
}

base_err prof_sampler_open(int pid, const struct prof_sampler_options *options,
                           struct prof_stacks *stacks, struct prof_sampler **sampler,
                           struct base_why *why)
{
    struct prof_sampler *made = calloc(1, sizeof *made);
    if (made == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a sampler");
    pthread_mutex_init(&made->lock, NULL);
    made->wake = -1;
    made->options = *options;
    made->is_user_only = options->is_user_only;
    resolver_init(&made->resolver, stacks);
    base_err err = check_options(&made->options, why);
    if (err == BASE_OK)
        err = watch(made, pid, why);
    if (err != BASE_OK) {
        prof_sampler_close(made);
        return err;
    }
    stacks->about.what = PROF_TIME;
    stacks->about.period = (double)(1000000000u / made->options.rate_per_s);
    stacks->about.is_kernel_hidden = made->is_user_only;
    *sampler = made;
    return BASE_OK;
}

void prof_sampler_run(struct prof_sampler *sampler, bool is_on)
{
    const unsigned long request = is_on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE;
    for (size_t i = 0; i < sampler->event_count; i++)
        ioctl(sampler->events[i], request, 0);
    for (size_t i = 0; i < sampler->ring_count; i++)
        ioctl(sampler->rings[i].fd, request, 0);
}

static double period_ns(const struct prof_sampler *sampler)
{
    return (double)(1000000000u / sampler->options.rate_per_s);
}

double prof_sampler_seen_ns(struct prof_sampler *sampler, size_t *waiting_size)
{
    drain_all(sampler);
    pthread_mutex_lock(&sampler->lock);
    const double seen_ns = (double)sampler->records.samples * period_ns(sampler);
    *waiting_size = sampler->records.bytes.size;
    pthread_mutex_unlock(&sampler->lock);
    return seen_ns;
}

base_err prof_sampler_collect(struct prof_sampler *sampler, struct base_why *why)
{
    drain_all(sampler);
    pthread_mutex_lock(&sampler->lock);
    const base_err err = records_play(&sampler->records, &sampler->resolver, period_ns(sampler));
    pthread_mutex_unlock(&sampler->lock);
    return err == BASE_OK
               ? err
               : base_fail(why, err, 0, "the samples cannot be kept: %s", base_err_text(err));
}

static void stop_helper(struct prof_sampler *sampler)
{
    const uint64_t one = 1;
    if (!sampler->has_helper)
        return;
    while (write(sampler->wake, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    pthread_join(sampler->helper, NULL);
}

void prof_sampler_close(struct prof_sampler *sampler)
{
    if (sampler == NULL)
        return;
    stop_helper(sampler);
    for (size_t i = 0; i < sampler->event_count; i++)
        close(sampler->events[i]);
    for (size_t i = 0; i < sampler->ring_count; i++)
        ring_close(&sampler->rings[i]);
    if (sampler->wake >= 0)
        close(sampler->wake);
    free(sampler->rings);
    free(sampler->events);
    records_done(&sampler->records);
    resolver_done(&sampler->resolver);
    pthread_mutex_destroy(&sampler->lock);
    free(sampler);
}
