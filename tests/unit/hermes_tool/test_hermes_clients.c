/* test_hermes_clients.c - connections to a control socket: lines in pieces, many clients, those
 * that do not read, do not end a line, or go away in the middle; and the socket's name. */
#define _GNU_SOURCE
#include "unit.h"

#include "hermes_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct world {
    char folder[32], path[64];
    struct hermes_tool_clients clients;
    uint64_t lines;
    bool drops; /* each client that says something */
};

/* Says each line again, in brackets; "big" asks for a megabyte. */
static void on_line(void *context, struct hermes_tool_client *client, struct base_span line)
{
    struct world *const world = context;
    struct base_buf out = { 0 };
    world->lines++;
    if (world->drops) {
        hermes_tool_client_drop(client);
        return;
    }
    if (line.size == 3 && memcmp(line.data, "big", 3) == 0) {
        assert_int_equal(base_buf_reserve(&out, 1 << 20), BASE_OK);
        memset(out.data, 'x', 1 << 20);
        out.size = 1 << 20;
        assert_int_equal(base_buf_put_text(&out, "\n"), BASE_OK);
    } else {
        assert_int_equal(base_buf_put_text(&out, "["), BASE_OK);
        if (line.size > 0)
            assert_int_equal(base_buf_put(&out, line.data, line.size), BASE_OK);
        assert_int_equal(base_buf_put_text(&out, "]\n"), BASE_OK);
    }
    hermes_tool_client_put(&world->clients, client, base_buf_span(&out));
    base_buf_done(&out);
}

static void world_open(struct world *world)
{
    struct base_why why = { 0 };
    *world = (struct world){ .folder = "/tmp/hermes_clients.XXXXXX" };
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof world->path, "%s/sub/a.sock", world->folder);
    if (hermes_tool_clients_open(world->path, on_line, world, &world->clients, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void world_close(struct world *world)
{
    char sub[64];
    hermes_tool_clients_close(&world->clients);
    assert_int_equal(access(world->path, F_OK), -1);
    snprintf(sub, sizeof sub, "%s/sub", world->folder);
    assert_int_equal(rmdir(sub), 0);
    assert_int_equal(rmdir(world->folder), 0);
}

static int world_connect(struct world *world)
{
    int fd = -1;
    struct base_why why = { 0 };
    if (base_listen_connect(world->path, "node", &fd, &why) != BASE_OK)
        fail_msg("%s", why.text);
    hermes_tool_clients_step(&world->clients);
    return fd;
}

static void steps(struct world *world)
{
    for (size_t i = 0; i < 200; i++)
        hermes_tool_clients_step(&world->clients);
}

static bool is_ready(int fd)
{
    struct pollfd file = { fd, POLLIN, 0 };
    return poll(&file, 1, 0) == 1;
}

static void put(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void get(int fd, const char *text)
{
    char got[256] = { 0 };
    assert_true(strlen(text) < sizeof got);
    assert_int_equal(recv(fd, got, strlen(text), 0), strlen(text));
    assert_string_equal(got, text);
}

/* 0: closed; the connection is read empty. */
static size_t read_all(struct world *world, int fd, bool *is_closed)
{
    static char buffer[1 << 16];
    size_t total = 0;
    *is_closed = false;
    for (unsigned idle = 0; idle < 3;) {
        steps(world);
        const ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno == ECONNRESET)) {
            *is_closed = true;
            return total;
        }
        total += got > 0 ? (size_t)got : 0;
        idle = got > 0 ? 0 : idle + 1;
    }
    return total;
}

static void lines_in_pieces(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    const int fd = world_connect(&world);
    put(fd, "a");
    steps(&world);
    assert_false(is_ready(fd));
    put(fd, "b\n\ncd\ne");
    steps(&world);
    get(fd, "[ab]\n[]\n[cd]\n");
    put(fd, "f\n");
    steps(&world);
    get(fd, "[ef]\n");
    assert_int_equal(world.lines, 4);
    assert_int_equal(hermes_tool_clients_count(&world.clients), 1);
    put(fd, "last\nwithout an end");
    shutdown(fd, SHUT_WR);
    steps(&world);
    get(fd, "[last]\n");
    assert_int_equal(hermes_tool_clients_count(&world.clients), 0);
    close(fd);
    world_close(&world);
}

static void many_clients(void **state)
{
    (void)state;
    struct world world;
    int fds[HERMES_TOOL_CLIENTS_MAX];
    world_open(&world);
    for (size_t i = 0; i < HERMES_TOOL_CLIENTS_MAX; i++)
        fds[i] = world_connect(&world);
    const int one_more = world_connect(&world);
    steps(&world);
    get(one_more, "{\"error\": \"EFULL\"");
    close(one_more);
    for (size_t i = 0; i < HERMES_TOOL_CLIENTS_MAX; i += 2)
        close(fds[i]);
    steps(&world);
    assert_int_equal(hermes_tool_clients_count(&world.clients), HERMES_TOOL_CLIENTS_MAX / 2);
    const int again = world_connect(&world);
    put(again, "here\n");
    put(fds[1], "there\n");
    steps(&world);
    get(again, "[here]\n");
    get(fds[1], "[there]\n");
    close(again);
    for (size_t i = 1; i < HERMES_TOOL_CLIENTS_MAX; i += 2)
        close(fds[i]);
    world_close(&world);
}

static void who_does_not_read_is_cut_off(void **state)
{
    (void)state;
    struct world world;
    bool is_closed = false;
    world_open(&world);
    const int slow = world_connect(&world), quick = world_connect(&world);
    for (size_t i = 0; i < 8; i++) { /* what the kernel keeps, and 4 MiB, are less */
        (void)!send(slow, "big\n", 4, MSG_NOSIGNAL); /* it may be cut off already */
        steps(&world);
    }
    assert_int_equal(hermes_tool_clients_count(&world.clients), 1);
    put(quick, "still here\n");
    steps(&world);
    get(quick, "[still here]\n");
    assert_true(read_all(&world, slow, &is_closed) < 8u << 20);
    assert_true(is_closed);
    /* Who reads late, but before that, gets everything. */
    for (size_t i = 0; i < 3; i++)
        put(quick, "big\n");
    shutdown(quick, SHUT_WR);
    assert_int_equal(read_all(&world, quick, &is_closed), 3 * ((1u << 20) + 1));
    assert_true(is_closed);
    assert_int_equal(hermes_tool_clients_count(&world.clients), 0);
    close(slow);
    close(quick);
    world_close(&world);
}

static void a_line_without_end(void **state)
{
    (void)state;
    struct world world;
    static char bytes[1 << 16];
    bool is_closed = false;
    char got[200] = { 0 };
    memset(bytes, 'y', sizeof bytes);
    world_open(&world);
    const int fd = world_connect(&world);
    for (size_t sent = 0; sent < 3u << 20; sent += sizeof bytes) {
        (void)!send(fd, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        steps(&world);
    }
    assert_true(recv(fd, got, sizeof got - 1, 0) > 0);
    assert_non_null(strstr(got, "ERANGE"));
    (void)read_all(&world, fd, &is_closed);
    assert_true(is_closed);
    assert_int_equal(world.lines, 0);
    assert_int_equal(hermes_tool_clients_count(&world.clients), 0);
    close(fd);
    world_close(&world);
}

static void dropped_in_the_middle(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    world.drops = true;
    const int fd = world_connect(&world);
    put(fd, "a\nb\nc\n");
    steps(&world);
    assert_int_equal(world.lines, 1);
    assert_int_equal(hermes_tool_clients_count(&world.clients), 0);
    close(fd);
    const int gone = world_connect(&world); /* goes before it is answered */
    world.drops = false;
    put(gone, "big\nbig\n");
    close(gone);
    steps(&world);
    assert_int_equal(hermes_tool_clients_count(&world.clients), 0);
    world_close(&world);
}

/* ---- the name ---- */

static void the_name(void **state)
{
    (void)state;
    struct world world;
    struct hermes_tool_clients second = { 0 };
    struct base_why why = { 0 };
    struct stat found;
    char path[200] = { 0 };
    int fd = -1;
    world_open(&world);
    assert_int_equal(stat(world.path, &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    assert_int_equal(hermes_tool_clients_open(world.path, on_line, &world, &second, &why),
                     BASE_EEXIST);
    assert_non_null(strstr(why.text, "a node listens there already"));
    hermes_tool_clients_close(&second);
    assert_int_equal(access(world.path, F_OK), 0);
    /* What one that was killed left behind is replaced. */
    snprintf(path, sizeof path, "%s/sub/b.sock", world.folder);
    assert_int_equal(hermes_tool_clients_open(path, on_line, &world, &second, &why), BASE_OK);
    close(second.listener.fd);
    second.listener.fd = -1;
    hermes_tool_clients_close(&second);
    assert_int_equal(base_listen_connect(path, "node", &fd, &why), BASE_ENOTFOUND);
    assert_int_equal(hermes_tool_clients_open(path, on_line, &world, &second, &why), BASE_OK);
    hermes_tool_clients_close(&second);
    assert_int_equal(access(path, F_OK), -1);
    /* Too long: nor is a folder made for it. */
    memset(path, 'p', 108);
    path[50] = '/';
    assert_int_equal(hermes_tool_clients_open(path, on_line, &world, &second, &why), BASE_ERANGE);
    path[50] = '\0';
    assert_int_equal(access(path, F_OK), -1);
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_pieces),
        cmocka_unit_test(many_clients),
        cmocka_unit_test(who_does_not_read_is_cut_off),
        cmocka_unit_test(a_line_without_end),
        cmocka_unit_test(dropped_in_the_middle),
        cmocka_unit_test(the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
