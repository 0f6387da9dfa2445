/* test_ifr_listen.c - the name of the socket: who may take it, who may connect, what is left. */
#define _GNU_SOURCE
#include "wire_world.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static base_err open_at(struct wire_world *world, const char *path, struct mfn_ifr_server **server,
                        struct base_why *why)
{
    const struct mfn_ifr_server_options options = { .path = path,
                                                    .service = wire_map_service(&world->map) };
    return mfn_ifr_server_open(&options, server, why);
}

static void two_servers_on_one_path(void **state)
{
    (void)state;
    struct wire_world world;
    struct mfn_ifr_server *second = NULL;
    struct base_why why = { 0 };
    wire_open(&world, 0);
    assert_int_equal(open_at(&world, world.path, &second, &why), BASE_EEXIST);
    assert_non_null(strstr(why.text, "a server listens there already"));
    assert_null(second);
    wire_settle(&world); /* the question it was asked did it no harm */
    assert_int_equal(wire_counters(&world).client_count, 0);
    struct wire_raw raw;
    wire_raw_open(&raw, world.path);
    wire_settle(&world);
    assert_int_equal(wire_counters(&world).client_count, 1);
    wire_raw_close(&raw);
    wire_close(&world);
}

static void a_stale_socket_is_replaced(void **state)
{
    (void)state;
    struct wire_world world;
    struct mfn_ifr_server *second = NULL;
    struct base_why why = { 0 };
    char path[120];
    wire_open(&world, 0);
    snprintf(path, sizeof path, "%s/stale", world.folder);
    const pid_t pid = fork();
    if (pid == 0)
        _exit(open_at(&world, path, &second, NULL) == BASE_OK ? 0 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(access(path, F_OK), 0);
    if (open_at(&world, path, &second, &why) != BASE_OK)
        fail_msg("%s", why.text);
    mfn_ifr_server_close(second);
    assert_int_equal(access(path, F_OK), -1);
    wire_close(&world);
}

static void names_that_cannot_be_taken(void **state)
{
    (void)state;
    struct wire_world world;
    struct mfn_ifr_server *second = NULL;
    struct base_why why = { 0 };
    char file[120], missing[120], longest[120];
    wire_open(&world, 0);
    snprintf(file, sizeof file, "%s/file", world.folder);
    snprintf(missing, sizeof missing, "%s/no/ifr.sock", world.folder);
    memset(longest, 'x', sizeof longest);
    longest[108] = '\0';
    close(open(file, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(open_at(&world, file, &second, &why), BASE_EEXIST);
    assert_non_null(strstr(why.text, "exists and is no socket"));
    assert_int_equal(open_at(&world, world.folder, &second, &why), BASE_EEXIST);
    assert_int_equal(open_at(&world, missing, &second, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "No such file"));
    assert_int_equal(open_at(&world, longest, &second, &why), BASE_ERANGE);
    assert_non_null(strstr(why.text, "has 108 bytes, and 1 to 107 are possible"));
    assert_int_equal(open_at(&world, "", &second, &why), BASE_ERANGE);
    const struct mfn_ifr_server_options crowd = { .path = missing, .client_max = 8001 };
    assert_int_equal(mfn_ifr_server_open(&crowd, &second, &why), BASE_EINVALID);
    assert_string_equal(why.text, "8001 clients are more than the most possible, 8000");
    assert_int_equal(unlink(file), 0);
    wire_close(&world);
}

static void the_mode_does_not_depend_on_the_mask(void **state)
{
    (void)state;
    static const mode_t masks[] = { 0, 022, 077, 0777 };
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        struct wire_world world;
        struct stat found;
        wire_open(&world, 0);
        mfn_ifr_server_close(world.server);
        struct base_why why = { 0 };
        const mode_t old = umask(masks[i]);
        const base_err err = open_at(&world, world.path, &world.server, &why);
        umask(old);
        assert_int_equal(err, BASE_OK);
        assert_int_equal(stat(world.path, &found), 0);
        assert_int_equal(found.st_mode & 0777, 0660);
        wire_close(&world);
    }
}

/* ---- who may connect ---- */

enum { NOBODY = 65534, GROUP = 54321 };

/* A process of another user and group connects; answers the result it was told, 0 when it was
 * answered, 99 when it could not connect. */
static int stranger(const char *path, gid_t gid, bool is_supplementary)
{
    const gid_t other = NOBODY;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct wire_raw raw = { .fd = socket(AF_UNIX, SOCK_STREAM, 0) };
    struct mfn_ifr_answer answer;
    struct mfn_ifr_frame frame;
    struct base_buf heartbeat = { 0 };
    uint8_t byte;
    if (setgroups(1, is_supplementary ? &gid : &other) != 0 ||
        setgid(is_supplementary ? other : gid) != 0 || setuid(NOBODY) != 0)
        return 98;
    strcpy(address.sun_path, path);
    if (connect(raw.fd, (struct sockaddr *)&address, sizeof address) != 0)
        return 99;
    wire_raw_frame(&raw, MFN_IFR_FRAME_HEARTBEAT, NULL, 0, &heartbeat);
    (void)!send(raw.fd, heartbeat.data, heartbeat.size, MSG_NOSIGNAL);
    base_buf_done(&heartbeat);
    if (recv(raw.fd, &byte, 1, MSG_PEEK) != 1 || !wire_raw_has(&raw, &frame))
        return 97;
    if (frame.type == MFN_IFR_FRAME_HEARTBEAT)
        return 0;
    return mfn_ifr_answer_decode(frame.payload, &answer, NULL) == BASE_OK ? (int)answer.result : 96;
}

static int stranger_result(struct wire_world *world, gid_t gid, bool is_supplementary)
{
    int status = 0;
    const pid_t pid = fork();
    if (pid == 0)
        _exit(stranger(world->path, gid, is_supplementary));
    while (waitpid(pid, &status, WNOHANG) == 0)
        assert_int_equal(mfn_ifr_server_step(world->server, 1), BASE_OK);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void other_users_are_refused(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct wire_world world;
    wire_open(&world, 0);
    assert_int_equal(chmod(world.folder, 0755), 0);
    assert_int_equal(stranger_result(&world, NOBODY, false), 99); /* by the mode */
    assert_int_equal(chmod(world.path, 0666), 0);
    assert_int_equal(stranger_result(&world, NOBODY, false), MFN_IFR_RESULT_DENIED);
    assert_int_equal(stranger_result(&world, GROUP, true), MFN_IFR_RESULT_DENIED);
    assert_int_equal(wire_counters(&world).clients_refused, 2);
    assert_int_equal(wire_counters(&world).clients_accepted, 0);
    wire_close(&world);
}

static void members_of_the_group_are_let_in(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    struct wire_world world;
    struct stat found;
    wire_open(&world, 0);
    mfn_ifr_server_close(world.server);
    const struct mfn_ifr_server_options options = {
        .path = world.path, .has_gid = true, .gid = GROUP, .service = wire_map_service(&world.map)
    };
    assert_int_equal(mfn_ifr_server_open(&options, &world.server, NULL), BASE_OK);
    assert_int_equal(stat(world.path, &found), 0);
    assert_int_equal(found.st_gid, GROUP);
    assert_int_equal(chmod(world.folder, 0755), 0);
    assert_int_equal(stranger_result(&world, GROUP, false), 0);
    assert_int_equal(stranger_result(&world, GROUP, true), 0);
    assert_int_equal(stranger_result(&world, NOBODY, false), 99);
    assert_int_equal(chmod(world.path, 0666), 0);
    assert_int_equal(stranger_result(&world, NOBODY, false), MFN_IFR_RESULT_DENIED);
    wire_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_servers_on_one_path),
        cmocka_unit_test(a_stale_socket_is_replaced),
        cmocka_unit_test(names_that_cannot_be_taken),
        cmocka_unit_test(the_mode_does_not_depend_on_the_mask),
        cmocka_unit_test(other_users_are_refused),
        cmocka_unit_test(members_of_the_group_are_let_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
