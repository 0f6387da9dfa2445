/* test_http_service.c - the HTTP service answers, outlives nobody, and its client sees through
 * servers that are cut short, slow or wrong. */
#define _GNU_SOURCE
#include "unit.h"

#include "../../../suites/src/http_client.h"
#include "../../../suites/src/http_service.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* "/size/N": N bytes; "/none": nothing; else the path itself after the context's word. */
static size_t answer(void *context, const char *path, char *out, size_t out_size)
{
    unsigned size;
    assert_int_equal(out_size, SUITE_HTTP_BODY_MAX);
    if (strcmp(path, "/none") == 0)
        return 0;
    if (sscanf(path, "/size/%u", &size) == 1) {
        for (unsigned i = 0; i < size && i < out_size; i++)
            out[i] = (char)('a' + i % 26);
        return size;
    }
    return (size_t)snprintf(out, out_size, "%s %s", (const char *)context, path);
}

static struct suite_http *opened(void)
{
    static char word[] = "got";
    struct suite_http *http = NULL;
    struct base_why why = { 0 };
    if (suite_http_open(answer, word, &http, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return http;
}

static void check_answer(struct suite_http *http, const char *path)
{
    char body[2000], expected[2000];
    size_t size = 0;
    snprintf(expected, sizeof expected, "got %s", path);
    if (suite_http_get(http, path, body, sizeof body, &size) != BASE_OK)
        fail_msg("%s: %s", path, suite_http_why(http));
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(body, expected, size);
}

static void answers_as_sent(void **state)
{
    (void)state;
    struct suite_http *http = opened();
    char longest[SUITE_HTTP_PATH_MAX + 1];
    memset(longest, 'x', sizeof longest);
    longest[0] = '/';
    longest[SUITE_HTTP_PATH_MAX] = '\0';
    const char *const paths[] = {
        "/", "/flows/3f", "/a?b=c&d=e", "/%20%2f//", "/~!*'();", longest
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        check_answer(http, paths[i]);
    assert_string_equal(suite_http_why(http), "");
    suite_http_close(http);
    suite_http_close(NULL);
}

static void sizes_of_bodies(void **state)
{
    (void)state;
    static const unsigned sizes[] = { 1, 2, 1000, 8192, 8193, 20000, SUITE_HTTP_BODY_MAX };
    static char body[SUITE_HTTP_BODY_MAX];
    struct suite_http *http = opened();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char path[40];
        size_t size = 0;
        snprintf(path, sizeof path, "/size/%u", sizes[i]);
        assert_int_equal(suite_http_get(http, path, body, sizes[i], &size), BASE_OK);
        assert_int_equal(size, sizes[i]);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(body[k], 'a' + (int)(k % 26));
    }
    size_t size = 77;
    assert_int_equal(suite_http_get(http, "/size/101", body, 100, &size), BASE_EFULL);
    assert_int_equal(size, 77);
    assert_non_null(strstr(suite_http_why(http), "larger"));
    assert_int_equal(suite_http_get(http, "/", body, sizeof body, &size), BASE_EFULL);
    suite_http_close(http);
}

static void what_is_not_there(void **state)
{
    (void)state;
    struct suite_http *http = opened();
    char body[100];
    size_t size = 77;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(suite_http_get(http, "/none", body, sizeof body, &size), BASE_ENOTFOUND);
        assert_non_null(strstr(suite_http_why(http), "/none"));
        assert_int_equal(size, 77);
        check_answer(http, "/some");
    }
    /* an answer that is too large for the service is none */
    assert_int_equal(suite_http_get(http, "/size/65537", body, sizeof body, &size), BASE_ENOTFOUND);
    suite_http_close(http);
}

static void paths_that_cannot_be(void **state)
{
    (void)state;
    struct suite_http *http = opened();
    char body[100], longer[SUITE_HTTP_PATH_MAX + 2];
    size_t size;
    memset(longer, 'x', sizeof longer);
    longer[0] = '/';
    longer[SUITE_HTTP_PATH_MAX + 1] = '\0';
    const char *const paths[] = {
        "", "flows", "/a b", "/a\r\nHost: x", "/\x7f", "/\xc3\xa9", longer
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_int_equal(suite_http_get(http, paths[i], body, sizeof body, &size), BASE_EINVALID);
        assert_non_null(strstr(suite_http_why(http), "1000 bytes"));
    }
    check_answer(http, "/still/there");
    suite_http_close(http);
}

static unsigned descriptor_count(void)
{
    DIR *const folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    unsigned count = 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* The port of this process's only TCP connection. */
static unsigned port_here(void)
{
    unsigned port = 0;
    for (int fd = 3; fd < 100; fd++) {
        struct sockaddr_in address;
        socklen_t size = sizeof address;
        if (getsockname(fd, (void *)&address, &size) == 0 && address.sin_family == AF_INET)
            port = ntohs(address.sin_port);
    }
    assert_true(port > 0);
    return port;
}

static void many_on_one_connection(void **state)
{
    (void)state;
    struct suite_http *http = opened();
    check_answer(http, "/");
    const unsigned before = descriptor_count(), port = port_here();
    for (unsigned i = 0; i < 10000; i++) {
        char path[40];
        snprintf(path, sizeof path, "/flows/%08x", i);
        check_answer(http, path);
    }
    assert_int_equal(descriptor_count(), before);
    assert_int_equal(port_here(), port);
    suite_http_close(http);
}

static void a_killed_service(void **state)
{
    (void)state;
    struct suite_http *http = opened();
    char body[100];
    size_t size;
    check_answer(http, "/");
    kill((pid_t)suite_http_process(http), SIGKILL);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)suite_http_process(http), &info, WEXITED | WNOWAIT), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(suite_http_get(http, "/", body, sizeof body, &size), BASE_EIO);
        assert_non_null(strstr(suite_http_why(http), "HTTP service"));
    }
    print_message("%s\n", suite_http_why(http));
    suite_http_close(http);
}

static void closing_leaves_nothing(void **state)
{
    (void)state;
    const unsigned before = descriptor_count();
    for (int i = 0; i < 20; i++) {
        struct suite_http *http = opened();
        const pid_t pid = (pid_t)suite_http_process(http);
        check_answer(http, "/");
        suite_http_close(http);
        assert_int_equal(kill(pid, 0), -1);
        assert_int_equal(errno, ESRCH);
    }
    assert_int_equal(descriptor_count(), before);
}

/* The service does not hold what the opener had open: the pipe ends when the opener closes it. */
static void descriptors_do_not_leak(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0); /* without FD_CLOEXEC */
    struct suite_http *http = opened();
    close(ends[1]);
    struct pollfd poller = { .fd = ends[0], .events = POLLIN };
    char byte;
    assert_int_equal(poll(&poller, 1, 5000), 1);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    check_answer(http, "/");
    suite_http_close(http);
}

/* The opener is killed; this process inherits the service and sees it end. */
static void the_service_dies_with_its_opener(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(pipe(ends), 0);
    const pid_t opener = fork();
    if (opener == 0) {
        struct suite_http *http = opened();
        const pid_t service = (pid_t)suite_http_process(http);
        if (write(ends[1], &service, sizeof service) == (ssize_t)sizeof service)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    pid_t service = 0;
    int status;
    assert_int_equal(read(ends[0], &service, sizeof service), sizeof service);
    assert_int_equal(waitpid(opener, &status, 0), opener);
    assert_int_equal(waitpid(service, &status, 0), service); /* or the test's time limit */
    close(ends[0]);
    close(ends[1]);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* ---- a server that sends what it is told, byte by byte if wanted ---- */

struct script {
    const char *first, *second; /* to the first and the second connection; NULL: none comes */
    bool is_slow;               /* one byte a time */
    int listener;
    pthread_t thread;
};

static void send_text(int fd, const char *text, bool is_slow)
{
    const size_t size = strlen(text), step = is_slow ? 1 : size + 1;
    for (size_t at = 0; at < size; at += step)
        if (send(fd, text + at, step < size - at ? step : size - at, MSG_NOSIGNAL) < 0)
            return;
}

static void *script_run(void *argument)
{
    const struct script *const script = argument;
    const char *const texts[] = { script->first, script->second };
    for (int i = 0; i < 2 && texts[i] != NULL; i++) {
        char request[2000];
        const int fd = accept(script->listener, NULL, NULL);
        if (fd < 0 || recv(fd, request, sizeof request, 0) < 0)
            return NULL;
        send_text(fd, texts[i], script->is_slow);
        shutdown(fd, SHUT_WR);
        while (recv(fd, request, sizeof request, 0) > 0)
            continue;
        close(fd);
    }
    return NULL;
}

static uint16_t script_open(struct script *script)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    script->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(script->listener, (const void *)&address, size), 0);
    assert_int_equal(listen(script->listener, 4), 0);
    assert_int_equal(getsockname(script->listener, (void *)&address, &size), 0);
    assert_int_equal(pthread_create(&script->thread, NULL, script_run, script), 0);
    return ntohs(address.sin_port);
}

static void script_close(struct script *script)
{
    assert_int_equal(pthread_join(script->thread, NULL), 0);
    close(script->listener);
}

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static void other_servers(void **state)
{
    (void)state;
    static char endless[HTTP_HEAD_MAX + 100];
    memset(endless, 'x', sizeof endless - 1);
    memcpy(endless, OK_HEAD, sizeof OK_HEAD - 1);
    const struct {
        const char *text;
        base_err err;
        const char *expected; /* the body, or words of the sentence */
    } rows[] = {
        { OK_HEAD "Content-Length: 5\r\n\r\nhello", BASE_OK, "hello" },
        { OK_HEAD "content-length:5\r\nX: Content-Length: 9\r\n\r\nhello", BASE_OK, "hello" },
        { "HTTP/1.0 200 Fine\r\nServer: a\r\nCONTENT-LENGTH:  0 \r\n\r\n", BASE_OK, "" },
        { OK_HEAD "Content-Length: 5\r\n\r\nhell", BASE_EIO, "closed" },
        { OK_HEAD "Content-Length: 5\r\n", BASE_EIO, "closed" },
        { "", BASE_EIO, "closed" },
        { OK_HEAD "Content-Length: 5\r\n\r\nhello, world", BASE_EPROTOCOL, "more than one" },
        { OK_HEAD "Server: a\r\n\r\nhello", BASE_EPROTOCOL, "no Content-Length" },
        { OK_HEAD "Content-Length: five\r\n\r\n", BASE_EPROTOCOL, "no Content-Length" },
        { OK_HEAD "Content-Length: -5\r\n\r\n", BASE_EPROTOCOL, "no Content-Length" },
        { OK_HEAD "Content-Length: 99999999999999999999\r\n\r\n", BASE_EPROTOCOL,
          "Content-Length" },
        { OK_HEAD "Content-Length: 101\r\n\r\n", BASE_EFULL, "larger" },
        { "HTTP/2 200\r\nContent-Length: 1\r\n\r\na", BASE_EPROTOCOL, "not HTTP/1.1" },
        { "SSH-2.0-a\r\n\r\n\r\n", BASE_EPROTOCOL, "not HTTP/1.1" },
        { "\r\n\r\n", BASE_EPROTOCOL, "not HTTP/1.1" },
        { "HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\nno", BASE_EPROTOCOL, "500" },
        { "HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nno", BASE_ENOTFOUND, "/x" },
        { endless, BASE_EPROTOCOL, "do not end" },
    };
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        const size_t row = i / 2;
        struct script script = { .first = rows[row].text, .is_slow = i % 2 == 1 };
        struct http_client client;
        char body[100];
        size_t size = 0;
        /* What is too much can only be seen when it is there as soon as the answer is. */
        if (script.is_slow && strcmp(rows[row].expected, "more than one") == 0)
            continue;
        assert_int_equal(http_client_open(&client, script_open(&script), NULL), BASE_OK);
        const base_err err = http_client_get(&client, "/x", body, sizeof body, &size);
        const char *const expected = rows[row].expected;
        if (err != rows[row].err)
            fail_msg("row %zu: %s: %s", row, base_err_name(err), client.why.text);
        if (err == BASE_OK)
            assert_true(size == strlen(expected) && memcmp(body, expected, size) == 0);
        else if (strstr(client.why.text, expected) == NULL)
            fail_msg("row %zu: %s", row, client.why.text);
        http_client_close(&client);
        script_close(&script);
    }
}

/* "Connection: close" is no failure: the next question goes over a new connection. */
static void a_server_that_closes(void **state)
{
    (void)state;
    struct script script = {
        .first = OK_HEAD "Connection: close\r\nContent-Length: 3\r\n\r\none",
        .second = OK_HEAD "Content-Length: 3\r\nConnection: keep-alive\r\n\r\ntwo",
    };
    struct http_client client;
    char body[100];
    size_t size = 0;
    assert_int_equal(http_client_open(&client, script_open(&script), NULL), BASE_OK);
    assert_int_equal(http_client_get(&client, "/x", body, sizeof body, &size), BASE_OK);
    assert_memory_equal(body, "one", 3);
    assert_int_equal(http_client_get(&client, "/x", body, sizeof body, &size), BASE_OK);
    assert_memory_equal(body, "two", 3);
    assert_int_equal(http_client_get(&client, "/x", body, sizeof body, &size), BASE_EIO);
    http_client_close(&client);
    script_close(&script);
}

static void nobody_listens(void **state)
{
    (void)state;
    struct http_client client;
    struct base_why why = { 0 };
    assert_int_equal(http_client_open(&client, 1, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "accept"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_sent),
        cmocka_unit_test(sizes_of_bodies),
        cmocka_unit_test(what_is_not_there),
        cmocka_unit_test(paths_that_cannot_be),
        cmocka_unit_test(many_on_one_connection),
        cmocka_unit_test(a_killed_service),
        cmocka_unit_test(closing_leaves_nothing),
        cmocka_unit_test(descriptors_do_not_leak),
        cmocka_unit_test(the_service_dies_with_its_opener),
        cmocka_unit_test(other_servers),
        cmocka_unit_test(a_server_that_closes),
        cmocka_unit_test(nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
