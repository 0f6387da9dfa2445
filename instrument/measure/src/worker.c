/* worker.c - one request, one reply; a table from `op` to the function that answers it. */
#define _GNU_SOURCE
#include <bench/worker.h>

#include "channel_internal.h"
#include "worker_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    base_err (*answer)(struct worker *worker, const json_t *request, json_t *reply,
                       struct base_why *why);
} ops[] = {
    { "hello", worker_hello },
    { "list", worker_list },
    { "open", worker_open },
    { "run", worker_run },
    { "count", worker_count },
    { "instructions", worker_instructions },
    { "allocations", worker_allocations },
    { "check", worker_check },
    { "close", worker_close },
    { "quit", worker_quit },
};

static base_err dispatch(struct worker *worker, struct base_span line, json_t *reply,
                         struct base_why *why)
{
    json_error_t problem;
    json_t *request =
        json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, &problem);
    if (!json_is_object(request)) {
        json_decref(request);
        return base_fail(why, BASE_EPARSE, 0, "the request is not a JSON object: %s", problem.text);
    }
    const char *op = json_string_value(json_object_get(request, "op"));
    base_err err = base_fail(why, BASE_EUNSUPPORTED, 0, "unknown op '%s'", op != NULL ? op : "");
    for (size_t i = 0; op != NULL && i < sizeof ops / sizeof ops[0]; i++)
        if (strcmp(ops[i].name, op) == 0)
            err = ops[i].answer(worker, request, reply, why);
    json_decref(request);
    return err;
}

static base_err serve_one(struct worker *worker, struct channel *channel)
{
    struct base_span line;
    base_err err = channel_receive(channel, UINT64_MAX, NULL, &line);
    if (err != BASE_OK)
        return err;
    struct base_why why = { 0 };
    json_t *reply = json_object();
    const base_err answer = dispatch(worker, line, reply, &why);
    if (answer != BASE_OK) {
        json_object_clear(reply);
        json_object_set_new(reply, "code", json_string(base_err_name(answer)));
        /* A sentence can quote bytes that are not UTF-8; JSON cannot. */
        json_t *text = json_string(why.text);
        json_object_set_new(reply, "error",
                            text != NULL ? text : json_string(base_err_text(answer)));
    }
    json_object_set_new(reply, "ok", json_boolean(answer == BASE_OK));
    char *text = json_dumps(reply, JSON_COMPACT | JSON_REAL_PRECISION(17));
    json_decref(reply);
    if (text == NULL)
        return BASE_ENOMEM;
    err = channel_send(channel, text, strlen(text));
    free(text);
    return err;
}

/* Keep the socket away from the measured code: it may read standard input and print. */
static int take_input(void)
{
    const int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
    const int empty = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || empty < 0)
        return -1;
    dup2(empty, STDIN_FILENO);
    close(empty);
    return fd;
}

static int take_output(void)
{
    const int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 10);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    return fd;
}

int bench_worker_main(const char *name, const struct bench_case *const *cases, size_t case_count)
{
    struct channel channel = { .fd = take_input(), .out_fd = take_output(), .noise_fd = -1 };
    if (channel.fd < 0 || channel.out_fd < 0)
        return 3;
    struct worker worker = { .name = name, .cases = cases, .case_count = case_count };
    base_err err = BASE_OK;
    while (err == BASE_OK && !worker.is_done)
        err = serve_one(&worker, &channel);
    worker_done(&worker);
    channel_done(&channel);
    return err == BASE_OK || err == BASE_ECLOSED ? 0 : 3;
}

bool bench_worker_wanted(int argc, char **argv)
{
    return argc > 1 && strcmp(argv[argc - 1], "--worker") == 0;
}
