/* netlab_programs.c - a program that has ended is looked at but not waited for until the very end,
 * so that its number stays its own and its group can be ended without hitting a stranger. */
#define _GNU_SOURCE
#include "netlab_programs.h"

#include "output.h"

#include <base/log.h>
#include <bench/clock.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 65536, CHUNK_BYTES = 65536, TICK_MS = 20, DRAIN_MAX = 32 };

/* ---- output ---- */

static base_err put_prefix(struct cli_netlab_programs *programs,
                           const struct cli_netlab_program *program, unsigned stream,
                           struct base_buf *out)
{
    const char *const name = programs->lab->topology.hosts[program->host].name;
    if (!programs->has_color[stream])
        return base_buf_printf(out, "%-*s| ", (int)programs->name_width, name);
    return base_buf_printf(out, "\033[3%um%-*s|\033[0m ", 1 + program->host % 6,
                           (int)programs->name_width, name);
}

/* Whole lines of a stream, and with is_end what follows the last of them. */
static base_err take_lines(struct cli_netlab_programs *programs,
                           const struct cli_netlab_program *program, unsigned stream, bool is_end,
                           struct base_buf *out)
{
    struct base_buf *const text = (struct base_buf *)&program->streams[stream].text;
    size_t at = 0;
    while (at < text->size) {
        const uint8_t *const line = text->data + at;
        const uint8_t *const end = memchr(line, '\n', text->size - at);
        const size_t size = end != NULL ? (size_t)(end - line) : text->size - at;
        if (end == NULL && !is_end && size < LINE_MAX_BYTES)
            break;
        CLI_TRY(put_prefix(programs, program, stream, out));
        CLI_TRY(base_buf_put(out, line, size));
        CLI_TRY(base_buf_put(out, "\n", 1));
        at += size + (end != NULL);
    }
    if (at > 0) /* else there may be no memory yet */
        memmove(text->data, text->data + at, text->size - at);
    text->size -= at;
    return BASE_OK;
}

/* To standard error; when that fails nowhere is left to say it. */
static void pass_error(struct base_span text)
{
    while (text.size > 0) {
        const ssize_t done = write(STDERR_FILENO, text.data, text.size);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return;
        text.data += done;
        text.size -= (size_t)done;
    }
}

static void pass_on(struct cli_netlab_programs *programs, unsigned stream, struct base_buf *out)
{
    struct base_why why = { 0 };
    if (stream != 0) {
        pass_error(base_buf_span(out));
        return;
    }
    if (out->size == 0 || programs->is_output_gone)
        return;
    const base_err err = cli_output_write(base_buf_span(out), NULL, &why);
    if (err == BASE_OK)
        return;
    programs->is_output_gone = true;
    programs->is_pipe_closed = err == BASE_ECLOSED;
    if (err != BASE_ECLOSED)
        (void)cli_complain(err, &why);
}

static void close_stream(struct cli_netlab_stream *stream)
{
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

/* One read; what makes whole lines is written. A program is not read faster than we can write. */
static void read_stream(struct cli_netlab_programs *programs, struct cli_netlab_program *program,
                        unsigned which)
{
    struct cli_netlab_stream *const stream = &program->streams[which];
    struct base_buf out = { 0 };
    base_err err = base_buf_reserve(&stream->text, CHUNK_BYTES);
    const ssize_t size =
        err == BASE_OK ? read(stream->fd, stream->text.data + stream->text.size, CHUNK_BYTES) : -1;
    if (size < 0 && err == BASE_OK && (errno == EAGAIN || errno == EINTR))
        return;
    if (size > 0)
        stream->text.size += (size_t)size;
    if (size <= 0)
        close_stream(stream);
    if (err == BASE_OK)
        err = take_lines(programs, program, which, size <= 0, &out);
    pass_on(programs, which, &out);
    if (err != BASE_OK)
        base_log(BASE_LOG_ERROR, "output of %s is lost: out of memory",
                 programs->lab->topology.hosts[program->host].name);
    base_buf_done(&out);
}

/* ---- the beginning ---- */

static base_err open_pipe(int ends[2], struct base_why *why)
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return base_fail(why, BASE_EIO, 0, "no pipe: %s", strerror(errno));
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return BASE_OK;
}

static base_err start(struct cli_netlab_programs *programs, struct cli_netlab_program *program,
                      struct base_why *why)
{
    int out[2] = { -1, -1 }, error[2] = { -1, -1 };
    base_err err = open_pipe(out, why);
    if (err == BASE_OK)
        err = open_pipe(error, why);
    if (err == BASE_OK) {
        const int fds[3] = { -1, out[1], error[1] };
        err = lab_net_spawn(programs->lab->net, program->host, program->argv, fds, &program->pid,
                            why);
    }
    if (out[1] >= 0)
        close(out[1]);
    if (error[1] >= 0)
        close(error[1]);
    program->streams[0].fd = out[0];
    program->streams[1].fd = error[0];
    program->is_running = err == BASE_OK;
    if (err == BASE_OK)
        return err;
    program->pid = 0;
    return base_fail_prefix(why, err, "%s", programs->lab->topology.hosts[program->host].name);
}

base_err cli_netlab_programs_start(struct cli_netlab_programs *programs, struct base_why *why)
{
    for (size_t i = 0; i < programs->count; i++) {
        struct cli_netlab_program *const program = &programs->items[i];
        const size_t width = strlen(programs->lab->topology.hosts[program->host].name);
        program->streams[0].fd = program->streams[1].fd = -1;
        if (width > programs->name_width)
            programs->name_width = width;
    }
    for (size_t i = 0; i < programs->count; i++)
        CLI_TRY(start(programs, &programs->items[i], why));
    return BASE_OK;
}

/* ---- meanwhile ---- */

static void look(struct cli_netlab_program *program)
{
    siginfo_t info = { 0 };
    if (!program->is_running ||
        waitid(P_PID, (id_t)program->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
        info.si_pid == 0)
        return;
    program->is_running = false;
    if (info.si_code == CLD_EXITED)
        program->exit_code = info.si_status;
    else
        program->exit_signal = info.si_status;
}

void cli_netlab_programs_step(struct cli_netlab_programs *programs, int timeout_ms)
{
    struct pollfd files[2 * CLI_NETLAB_NODES_MAX];
    struct cli_netlab_program *owners[2 * CLI_NETLAB_NODES_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < programs->count; i++)
        for (unsigned k = 0; k < 2; k++)
            if (programs->items[i].streams[k].fd >= 0) {
                owners[count] = &programs->items[i];
                files[count++] =
                    (struct pollfd){ .fd = programs->items[i].streams[k].fd, .events = POLLIN };
            }
    if (poll(files, count, timeout_ms < TICK_MS ? timeout_ms : TICK_MS) > 0)
        for (nfds_t i = 0; i < count; i++)
            if (files[i].revents != 0)
                read_stream(programs, owners[i], files[i].fd != owners[i]->streams[0].fd);
    for (size_t i = 0; i < programs->count; i++)
        look(&programs->items[i]);
}

bool cli_netlab_programs_run(const struct cli_netlab_programs *programs)
{
    for (size_t i = 0; i < programs->count; i++)
        if (programs->items[i].is_awaited && programs->items[i].is_running)
            return true;
    return false;
}

/* ---- the end ---- */

static void signal_all(struct cli_netlab_programs *programs, int number)
{
    for (size_t i = 0; i < programs->count; i++) {
        struct cli_netlab_program *const program = &programs->items[i];
        if (!program->is_running)
            continue;
        program->is_told = true;
        program->is_killed |= number == SIGKILL;
        (void)kill(-program->pid, number);
        (void)kill(program->pid, number); /* should it have left its group */
    }
}

static bool is_any_running(const struct cli_netlab_programs *programs)
{
    for (size_t i = 0; i < programs->count; i++)
        if (programs->items[i].is_running)
            return true;
    return false;
}

/* What is in the pipes now; who else holds an end is not waited for. */
static void drain(struct cli_netlab_programs *programs, struct cli_netlab_program *program)
{
    for (unsigned k = 0; k < 2; k++) {
        struct cli_netlab_stream *const stream = &program->streams[k];
        struct pollfd file = { .fd = stream->fd, .events = POLLIN };
        for (int i = 0; stream->fd >= 0 && i < DRAIN_MAX && poll(&file, 1, 0) > 0; i++)
            read_stream(programs, program, k);
        struct base_buf out = { 0 };
        if (take_lines(programs, program, k, true, &out) == BASE_OK)
            pass_on(programs, k, &out);
        base_buf_done(&out);
        close_stream(stream);
        base_buf_done(&stream->text);
    }
}

void cli_netlab_programs_end(struct cli_netlab_programs *programs, uint64_t grace_ns)
{
    const uint64_t end_ns = bench_clock_now_ns() + grace_ns;
    signal_all(programs, SIGTERM);
    while (is_any_running(programs) && bench_clock_now_ns() < end_ns)
        cli_netlab_programs_step(programs, TICK_MS);
    signal_all(programs, SIGKILL);
    for (size_t i = 0; i < programs->count; i++) {
        struct cli_netlab_program *const program = &programs->items[i];
        if (program->pid > 0) {
            (void)kill(-program->pid, SIGKILL); /* what it left in its group; not reaped yet */
            while (program->is_running)
                cli_netlab_programs_step(programs, TICK_MS);
            (void)waitpid(program->pid, NULL, 0);
        }
        drain(programs, program);
    }
}
