/* baseline_registry.c - the connection is made before the fork, so that nobody else can have it:
 * the child is given the accepted socket and nothing else. */
#define _GNU_SOURCE
#include "baseline_registry.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_WAIT_S = 10, STRANGERS_MAX = 100 };

struct pair { /* both ends of one connection */
    int listener, ours, theirs;
};

static base_err fail_errno(struct base_why *why, const char *what)
{
    return base_fail(why, BASE_EIO, 0, "the baseline's service: %s: %s", what, strerror(errno));
}

static void pair_close(const struct pair *pair)
{
    const int all[] = { pair->listener, pair->ours, pair->theirs };
    for (size_t i = 0; i < 3; i++)
        if (all[i] >= 0)
            close(all[i]);
}

/* Any program of this machine may connect to the port: only our own connection is taken. */
static base_err accept_own(struct pair *pair, struct base_why *why)
{
    struct sockaddr_in own = { 0 }, other = { 0 };
    socklen_t own_size = sizeof own;
    if (getsockname(pair->ours, (struct sockaddr *)&own, &own_size) != 0)
        return fail_errno(why, "getsockname");
    for (int i = 0; i < STRANGERS_MAX; i++) {
        socklen_t other_size = sizeof other;
        pair->theirs =
            accept4(pair->listener, (struct sockaddr *)&other, &other_size, SOCK_CLOEXEC);
        if (pair->theirs < 0)
            return fail_errno(why, "accept");
        if (other.sin_port == own.sin_port && other.sin_addr.s_addr == own.sin_addr.s_addr)
            return BASE_OK;
        close(pair->theirs);
        pair->theirs = -1;
    }
    return base_fail(why, BASE_EIO, 0, "the baseline's service: only strangers connect");
}

static base_err pair_open(struct pair *pair, struct base_why *why)
{
    struct sockaddr_in place = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof place;
    const int on = 1;
    const struct timeval wait = { .tv_sec = ANSWER_WAIT_S };
    *pair = (struct pair){ -1, -1, -1 };
    pair->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pair->ours = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (pair->listener < 0 || pair->ours < 0)
        return fail_errno(why, "socket");
    if (bind(pair->listener, (struct sockaddr *)&place, size) != 0 ||
        listen(pair->listener, STRANGERS_MAX) != 0 ||
        getsockname(pair->listener, (struct sockaddr *)&place, &size) != 0)
        return fail_errno(why, "127.0.0.1 cannot be listened on");
    if (connect(pair->ours, (struct sockaddr *)&place, size) != 0)
        return fail_errno(why, "connect");
    const base_err err = accept_own(pair, why);
    if (err != BASE_OK)
        return err;
    if (setsockopt(pair->ours, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        setsockopt(pair->theirs, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        setsockopt(pair->ours, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
        return fail_errno(why, "setsockopt");
    return BASE_OK;
}

/* The worker's descriptors must not live on in the service: who waits for their end would wait. */
static void serve(int socket, struct baseline_map *map, pid_t parent)
{
    const int nothing = open("/dev/null", O_RDWR);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(nothing, STDOUT_FILENO) < 0 || dup2(socket, STDERR_FILENO + 1) < 0)
        _exit(1);
    if (close_range(STDERR_FILENO + 2, ~0u, 0) != 0)
        _exit(1);
    baseline_service_serve(STDERR_FILENO + 1, map);
    _exit(0);
}

static base_err start_service(struct baseline_registry *registry, struct base_why *why)
{
    struct pair pair;
    const pid_t parent = getpid();
    const base_err err = pair_open(&pair, why);
    if (err != BASE_OK) {
        pair_close(&pair);
        return err;
    }
    const pid_t pid = fork();
    if (pid == 0)
        serve(pair.theirs, &registry->map, parent);
    if (pid < 0) {
        (void)fail_errno(why, "fork");
        pair_close(&pair);
        return BASE_EIO;
    }
    registry->pid = pid;
    registry->socket = pair.ours;
    pair.ours = -1;
    pair_close(&pair);
    baseline_map_done(&registry->map); /* the service has its own copy */
    return BASE_OK;
}

base_err baseline_registry_open(struct baseline_registry *registry, bool is_remote,
                                struct baseline_map *map, struct base_why *why)
{
    *registry = (struct baseline_registry){ .is_remote = is_remote, .socket = -1, .map = *map };
    *map = (struct baseline_map){ 0 };
    const base_err err = is_remote ? start_service(registry, why) : BASE_OK;
    if (err != BASE_OK)
        baseline_registry_close(registry);
    return err;
}

void baseline_registry_close(struct baseline_registry *registry)
{
    if (registry->pid > 0) {
        close(registry->socket);
        while (waitpid(registry->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    baseline_map_done(&registry->map);
    *registry = (struct baseline_registry){ .socket = -1 };
}

static base_err send_all(int socket, const char *bytes, size_t size, struct base_why *why)
{
    while (size > 0) {
        const ssize_t put = send(socket, bytes, size, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_errno(why, "send");
        bytes += put;
        size -= (size_t)put;
    }
    return BASE_OK;
}

static base_err receive_line(struct baseline_registry *registry, size_t *size, struct base_why *why)
{
    for (registry->used = 0;;) {
        const ssize_t got = recv(registry->socket, registry->in + registry->used,
                                 sizeof registry->in - registry->used, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return base_fail(why, BASE_ETIMEOUT, 0,
                             "the baseline's service did not answer within %d s", ANSWER_WAIT_S);
        if (got < 0)
            return fail_errno(why, "recv");
        if (got == 0)
            return base_fail(why, BASE_ECLOSED, 0, "the baseline's service is gone");
        registry->used += (size_t)got;
        if (registry->in[registry->used - 1] == '\n') {
            *size = registry->used - 1;
            return BASE_OK;
        }
        if (registry->used == sizeof registry->in)
            return base_fail(why, BASE_EPROTOCOL, 0,
                             "the baseline's service answered with more than %d bytes",
                             BASELINE_LINE_MAX);
    }
}

/* One request, one answer; the answer is the caller's to release. */
static base_err ask(struct baseline_registry *registry, const char *line, size_t size,
                    json_t **answer, struct base_why *why)
{
    json_error_t problem;
    size_t answer_size = 0;
    base_err err = send_all(registry->socket, line, size, why);
    if (err == BASE_OK)
        err = receive_line(registry, &answer_size, why);
    if (err != BASE_OK)
        return err;
    registry->request_count++;
    *answer = json_loadb(registry->in, answer_size, 0, &problem);
    if (*answer != NULL)
        return BASE_OK;
    return base_fail(why, BASE_EPROTOCOL, 0, "the baseline's service answered '%.40s'",
                     registry->in);
}

static base_err fail_answer(const json_t *answer, struct base_why *why)
{
    const char *text = json_string_value(json_object_get(answer, "error"));
    return base_fail(why, BASE_EPROTOCOL, 0, "the baseline's service: %s",
                     text != NULL ? text : "an answer without what was asked for");
}

static base_err put_remote(struct baseline_registry *registry, const uint8_t *id,
                           struct baseline_record record, struct base_why *why)
{
    char line[BASELINE_LINE_MAX], digits[2 * BASELINE_ID_SIZE + 1];
    json_t *answer = NULL;
    baseline_id_print(id, digits);
    const int size =
        snprintf(line, sizeof line,
                 "{\"op\":\"register\",\"flow\":\"%s\",\"component\":%u,\"timestamp\":%llu}\n",
                 digits, record.component, (unsigned long long)record.timestamp_ns);
    base_err err = ask(registry, line, (size_t)size, &answer, why);
    if (err != BASE_OK)
        return err;
    const json_t *flows = json_object_get(answer, "flows");
    if (json_is_true(json_object_get(answer, "ok")) && json_is_integer(flows))
        registry->flow_count = (uint64_t)json_integer_value(flows);
    else
        err = fail_answer(answer, why);
    json_decref(answer);
    return err;
}

base_err baseline_registry_put(struct baseline_registry *registry,
                               const uint8_t id[BASELINE_ID_SIZE], struct baseline_record record,
                               struct base_why *why)
{
    if (registry->is_remote)
        return put_remote(registry, id, record, why);
    if (baseline_map_put(&registry->map, id, record) != BASE_OK)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for another flow");
    registry->flow_count = registry->map.count;
    return BASE_OK;
}

static base_err find_remote(struct baseline_registry *registry, const uint8_t *id,
                            struct baseline_record *out, struct base_why *why)
{
    char line[BASELINE_LINE_MAX], digits[2 * BASELINE_ID_SIZE + 1];
    json_t *answer = NULL;
    baseline_id_print(id, digits);
    const int size = snprintf(line, sizeof line, "{\"op\":\"lookup\",\"flow\":\"%s\"}\n", digits);
    base_err err = ask(registry, line, (size_t)size, &answer, why);
    if (err != BASE_OK)
        return err;
    const json_t *component = json_object_get(answer, "component");
    const json_t *timestamp = json_object_get(answer, "timestamp");
    const char *text = json_string_value(json_object_get(answer, "error"));
    if (json_is_integer(component) && json_is_integer(timestamp))
        *out = (struct baseline_record){ (uint32_t)json_integer_value(component),
                                         (uint64_t)json_integer_value(timestamp) };
    else if (text != NULL && strcmp(text, "there is no such flow") == 0)
        err = base_fail(why, BASE_ENOTFOUND, 0, "the baseline's service: %s", text);
    else
        err = fail_answer(answer, why);
    json_decref(answer);
    return err;
}

base_err baseline_registry_find(struct baseline_registry *registry,
                                const uint8_t id[BASELINE_ID_SIZE], struct baseline_record *out,
                                struct base_why *why)
{
    if (registry->is_remote)
        return find_remote(registry, id, out, why);
    if (baseline_map_find(&registry->map, id, out) != BASE_OK)
        return base_fail(why, BASE_ENOTFOUND, 0, "there is no such flow");
    return BASE_OK;
}
