/* test_hermes_tool_memory.c - memory that is not there, at a node's control socket: a client may
 * lose its answer or its connection, and the next one finds everything as before. */
#define _GNU_SOURCE
#include "unit.h"

#include "fault.h"
#include "hermes_tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char ask[] =
    "{\"do\": \"send\", \"to\": \"all\", \"type\": \"BlockData\", \"payload\": "
    "\"AAECAwQFBgcICQ==\"}\n";
static const char answer[] = "10 bytes\n";

/* Says how many bytes the payload has. */
static void on_line(void *context, struct hermes_tool_client *client, struct base_span line)
{
    struct hermes_tool_clients *const clients = context;
    struct hermes_tool_request request = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    base_err err = hermes_tool_request_parse(line, &request, &why);
    err = err == BASE_OK ? base_buf_printf(&out, "%zu bytes\n", request.payload.size)
                         : hermes_tool_put_error(err, &why, &out);
    if (err == BASE_OK)
        hermes_tool_client_put(clients, client, base_buf_span(&out));
    else
        hermes_tool_client_drop(client);
    base_buf_done(&request.payload);
    base_buf_done(&out);
}

/* Was it answered? */
static bool talk(struct hermes_tool_clients *clients, const char *path, size_t allowed)
{
    char got[200] = { 0 };
    int fd = -1;
    assert_int_equal(base_listen_connect(path, "node", &fd, NULL), BASE_OK);
    assert_int_equal(send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL), sizeof ask - 1);
    fault_left = allowed;
    for (size_t i = 0; i < 8; i++)
        hermes_tool_clients_step(clients);
    fault_left = SIZE_MAX;
    (void)!recv(fd, got, sizeof got - 1, MSG_DONTWAIT);
    close(fd);
    for (size_t i = 0; i < 8; i++)
        hermes_tool_clients_step(clients);
    assert_int_equal(hermes_tool_clients_count(clients), 0);
    return strcmp(got, answer) == 0;
}

static void clients_go_on(void **state)
{
    (void)state;
    char folder[] = "/tmp/hermes_memory.XXXXXX", path[64];
    struct hermes_tool_clients clients;
    size_t k = 0;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.sock", folder);
    assert_int_equal(hermes_tool_clients_open(path, on_line, &clients, &clients, NULL), BASE_OK);
    for (;; k++) {
        const size_t refused = fault_refused;
        const bool is_answered = talk(&clients, path, k);
        assert_true(talk(&clients, path, SIZE_MAX)); /* all is as before */
        if (fault_refused == refused) {
            assert_true(is_answered);
            break;
        }
    }
    assert_true(k >= 3);
    hermes_tool_clients_close(&clients);
    assert_int_equal(rmdir(folder), 0);
}

static base_err key_take(const char *path)
{
    uint8_t seed[BPI_HERMES_SEED_SIZE];
    struct base_why why = { 0 };
    return hermes_tool_key_read(path, true, seed, NULL, &why);
}

static void a_key_is_whole_or_missing(void **state)
{
    (void)state;
    char folder[] = "/tmp/hermes_memory.XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/key", folder);
    for (size_t k = 0;; k++) {
        fault_left = k;
        const base_err err = key_take(path);
        fault_left = SIZE_MAX;
        if (err == BASE_OK)
            break;
        assert_int_equal(err, BASE_ENOMEM);
        assert_int_equal(access(path, F_OK), -1);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else was left there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clients_go_on),
        cmocka_unit_test(a_key_is_whole_or_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
