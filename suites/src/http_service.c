/* http_service.c - a listening socket is made first, so that the client may connect before the
 * service listens to it; then the fork; then one byte over a socket pair says that it serves.
 *
 * The service turns libmicrohttpd's wheel itself, in its only thread. It ends by a signal: the
 * opener's, or the kernel's when the opener is gone. Should that signal be lost, the end of the
 * socket pair is seen within a second. */
#define _GNU_SOURCE
#include "http_service.h"

#include "http_client.h"
#include "suite_child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 16, LOOK_MS = 1000 };

struct suite_http {
    pid_t pid; /* 0: there is no service */
    int keep;  /* our end of the socket pair; -1: none */
    struct http_client client;
};

/* ---- the service's process ---- */

struct service {
    suite_http_answer answer;
    void *context;
    char body[SUITE_HTTP_BODY_MAX];
};

/* libmicrohttpd calls for the headers and again for the end of the request; a response to the first
 * call would close the connection. */
struct request {
    bool is_whole;
    char path[];
};

/* The path as it was sent, before anything is decoded or cut off; NULL when out of memory. */
static void *keep_path(void *context, const char *path, struct MHD_Connection *connection)
{
    (void)context;
    (void)connection;
    const size_t size = strlen(path) + 1;
    struct request *const request = malloc(sizeof *request + size);
    if (request == NULL)
        return NULL;
    request->is_whole = false;
    memcpy(request->path, path, size);
    return request;
}

static void drop_path(void *context, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode code)
{
    (void)context;
    (void)connection;
    (void)code;
    free(*request);
    *request = NULL;
}

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status, char *body,
                             size_t size)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(size, body, MHD_RESPMEM_MUST_COPY);
    if (response == NULL)
        return MHD_NO;
    enum MHD_Result result =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    if (result == MHD_YES)
        result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context_of_request)
{
    static char nothing[] = "{\"error\":\"not found\"}", only_get[] = "{\"error\":\"only GET\"}";
    struct service *const service = context;
    (void)url;
    (void)version;
    (void)upload;
    struct request *const request = *context_of_request;
    if (request == NULL)
        return MHD_NO;
    if (!request->is_whole || *upload_size > 0) {
        request->is_whole = true;
        *upload_size = 0; /* a body is not looked at */
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
        return reply(connection, MHD_HTTP_METHOD_NOT_ALLOWED, only_get, sizeof only_get - 1);
    const size_t size =
        service->answer(service->context, request->path, service->body, sizeof service->body);
    if (size == 0 || size > sizeof service->body)
        return reply(connection, MHD_HTTP_NOT_FOUND, nothing, sizeof nothing - 1);
    return reply(connection, MHD_HTTP_OK, service->body, size);
}

static bool is_over(int keep)
{
    char byte;
    return recv(keep, &byte, 1, MSG_DONTWAIT) == 0;
}

static uint64_t coarse_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void serve(struct MHD_Daemon *daemon, int keep)
{
    uint64_t looked = coarse_ms();
    for (;;) {
        if (MHD_run_wait(daemon, LOOK_MS) != MHD_YES)
            return;
        const uint64_t now = coarse_ms();
        if (now - looked >= LOOK_MS && is_over(keep))
            return;
        looked = now - looked >= LOOK_MS ? now : looked;
    }
}

/* Standard error and the two sockets stay; the opener's other descriptors must not live on here. */
static bool keep_descriptors(int a, int b)
{
    const unsigned low = (unsigned)(a < b ? a : b), high = (unsigned)(a < b ? b : a);
    const int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        return false;
    if (low > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, low - 1, 0);
    if (high > low + 1)
        close_range(low + 1, high - 1, 0);
    close_range(high + 1, ~0U, 0);
    return true;
}

static void service_main(suite_http_answer answer, void *context, int listener, int keep)
{
    static struct service service;
    service.answer = answer;
    service.context = context;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_SUPPRESS_DATE_NO_CLOCK, 0, NULL, NULL, on_request, &service,
        MHD_OPTION_LISTEN_SOCKET, listener, MHD_OPTION_URI_LOG_CALLBACK, keep_path, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, drop_path, NULL, MHD_OPTION_END);
    const char is_serving = daemon != NULL;
    if (send(keep, &is_serving, 1, MSG_NOSIGNAL) == 1 && is_serving)
        serve(daemon, keep);
    _exit(is_serving ? 0 : 1);
}

/* ---- the opener's process ---- */

static base_err fail_errno(struct base_why *why, const char *what)
{
    return base_fail(why, BASE_EIO, 0, "the HTTP service: %s: %s", what, strerror(errno));
}

static base_err listen_somewhere(int *listener, uint16_t *port, struct base_why *why)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    *listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*listener < 0)
        return fail_errno(why, "no socket");
    if (bind(*listener, (const void *)&address, size) != 0 || listen(*listener, BACKLOG) != 0 ||
        getsockname(*listener, (void *)&address, &size) != 0) {
        const base_err err = fail_errno(why, "it cannot listen on 127.0.0.1");
        close(*listener);
        return err;
    }
    *port = ntohs(address.sin_port);
    return BASE_OK;
}

/* Fork; `http` has the process and our end of the socket pair then. */
static base_err start(struct suite_http *http, suite_http_answer answer, void *context,
                      int listener, struct base_why *why)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return fail_errno(why, "no socket pair");
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        if (!keep_descriptors(listener, ends[1]))
            _exit(1);
        suite_child_begin(parent);
        service_main(answer, context, listener, ends[1]);
    }
    const int problem = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        errno = problem;
        return fail_errno(why, "no process");
    }
    http->pid = pid;
    http->keep = ends[0];
    return BASE_OK;
}

static base_err wait_until_serving(const struct suite_http *http, struct base_why *why)
{
    char is_serving = 0;
    ssize_t got;
    do
        got = recv(http->keep, &is_serving, 1, 0);
    while (got < 0 && errno == EINTR);
    if (got == 1 && is_serving)
        return BASE_OK;
    return base_fail(why, BASE_EIO, 0, "the HTTP service ended before it could serve");
}

base_err suite_http_open(suite_http_answer answer, void *context, struct suite_http **out,
                         struct base_why *why)
{
    struct suite_http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for an HTTP client");
    http->keep = http->client.socket = -1;
    int listener;
    uint16_t port = 0;
    base_err err = listen_somewhere(&listener, &port, why);
    if (err == BASE_OK) {
        err = start(http, answer, context, listener, why);
        close(listener);
    }
    if (err == BASE_OK)
        err = wait_until_serving(http, why);
    if (err == BASE_OK)
        err = http_client_open(&http->client, port, why);
    if (err != BASE_OK) {
        suite_http_close(http);
        return err;
    }
    *out = http;
    return BASE_OK;
}

base_err suite_http_get(struct suite_http *http, const char *path, char *out, size_t out_size,
                        size_t *size)
{
    return http_client_get(&http->client, path, out, out_size, size);
}

const char *suite_http_why(const struct suite_http *http)
{
    return http->client.why.text;
}

long suite_http_process(const struct suite_http *http)
{
    return http->pid;
}

void suite_http_close(struct suite_http *http)
{
    if (http == NULL)
        return;
    http_client_close(&http->client);
    if (http->keep >= 0)
        close(http->keep);
    if (http->pid > 0) {
        kill(http->pid, SIGKILL); /* not waited for yet, so the number is still this process's */
        while (waitpid(http->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    free(http);
}
