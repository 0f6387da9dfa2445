/* test_listen.c - the name of a listening socket: who gets it, what is left of it, who may connect.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <base/listen.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 160 };

static char folder[] = "/tmp/base-listen-XXXXXX";

static const char *path_of(const char *name, char out[PATH_SIZE])
{
    snprintf(out, PATH_SIZE, "%s/%s", folder, name);
    return out;
}

static base_err open_at(const char *path, struct base_listener *listener, struct base_why *why)
{
    const struct base_listen_options options = {
        .path = path, .who = "cook", .mode = 0600, .gid = (gid_t)-1, .backlog = 2
    };
    return base_listener_open(&options, listener, why);
}

static void must_open(const char *path, struct base_listener *listener)
{
    struct base_why why = { 0 };
    if (open_at(path, listener, &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static bool is_there(const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0;
}

static base_err connect_at(const char *path, struct base_why *why)
{
    int fd;
    const base_err err = base_listen_connect(path, "cook", &fd, why);
    if (err == BASE_OK)
        close(fd);
    return err;
}

static void a_name_is_taken_and_given_back(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct base_listener listener;
    struct base_why why = { 0 };
    must_open(path_of("name", path), &listener);
    assert_string_equal(listener.path, path);
    assert_int_equal(connect_at(path, &why), BASE_OK);
    const int guest = accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(guest >= 0);
    close(guest);
    assert_int_equal(accept4(listener.fd, NULL, NULL, SOCK_CLOEXEC), -1); /* and does not block */
    assert_int_equal(errno, EAGAIN);
    assert_true(fcntl(listener.fd, F_GETFD) & FD_CLOEXEC);
    base_listener_close(&listener);
    assert_int_equal(listener.fd, -1);
    assert_false(is_there(path));
    base_listener_close(&listener); /* once more: nothing */
    assert_int_equal(connect_at(path, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "no cook runs there"));
}

static void a_name_without_a_folder_is_of_this_one(void **state)
{
    (void)state;
    char before[4096], path[PATH_SIZE];
    struct base_listener listener;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    must_open("here", &listener);
    assert_true(is_there(path_of("here", path)));
    base_listener_close(&listener);
    assert_false(is_there(path));
    assert_int_equal(chdir(before), 0);
}

static void who_listens_keeps_its_name(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct base_listener first, second = { .fd = 4711 };
    struct base_why why = { 0 };
    must_open(path_of("live", path), &first);
    for (int i = 0; i < 10; i++) { /* also when more ask than may wait to be accepted */
        assert_int_equal(open_at(path, &second, &why), BASE_EEXIST);
        assert_non_null(strstr(why.text, path));
        assert_non_null(strstr(why.text, "a cook listens there already"));
        assert_int_equal(second.fd, 4711);
    }
    int fds[8], count = 0;
    base_err err = BASE_OK;
    while (count < 8 && (err = base_listen_connect(path, "cook", &fds[count], &why)) == BASE_OK)
        count++;
    assert_int_equal(err, BASE_EFULL);
    assert_non_null(strstr(why.text, "as many callers as may wait"));
    while (count > 0)
        close(fds[--count]);
    base_listener_close(&first);
}

/* A process listens, and is killed while it does. */
static void leave_behind(const char *path)
{
    struct base_listener listener;
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        const bool is_told =
            open_at(path, &listener, NULL) == BASE_OK && write(ready[1], "", 1) == 1;
        while (is_told)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(connect_at(path, NULL), BASE_OK);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void what_a_killed_one_left_is_taken_over(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct base_listener listener;
    struct base_why why = { 0 };
    leave_behind(path_of("stale", path));
    assert_true(is_there(path));
    assert_int_equal(connect_at(path, &why), BASE_ENOTFOUND);
    must_open(path, &listener);
    assert_int_equal(connect_at(path, &why), BASE_OK);
    base_listener_close(&listener);
    assert_false(is_there(path));
}

/* One that is killed while it holds the lock of the folder does not keep others out. */
static void a_lock_ends_with_its_process(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct base_listener listener;
    struct base_why why = { 0 };
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        const int fd = open(folder, O_RDONLY | O_DIRECTORY);
        const bool is_told = flock(fd, LOCK_EX) == 0 && write(ready[1], "", 1) == 1;
        while (is_told)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    assert_int_equal(open_at(path_of("locked", path), &listener, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "cannot lock its folder"));
    assert_false(is_there(path));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    must_open(path, &listener);
    base_listener_close(&listener);
}

static void what_is_no_socket_is_not_touched(void **state)
{
    (void)state;
    char file[PATH_SIZE], inner[PATH_SIZE], alias[PATH_SIZE], live[PATH_SIZE], text[8] = { 0 };
    struct base_listener listener, other;
    struct base_why why = { 0 };
    const int fd = open(path_of("file", file), O_CREAT | O_WRONLY, 0640);
    assert_int_equal(write(fd, "kept", 4), 4);
    close(fd);
    assert_int_equal(mkdir(path_of("inner", inner), 0750), 0);
    must_open(path_of("behind", live), &other);
    assert_int_equal(symlink(live, path_of("alias", alias)), 0);
    const char *const names[] = { file, inner, alias };
    for (size_t i = 0; i < 3; i++) {
        struct stat before, after;
        assert_int_equal(lstat(names[i], &before), 0);
        assert_int_equal(open_at(names[i], &listener, &why), BASE_EEXIST);
        assert_non_null(strstr(why.text, "exists and is no socket"));
        assert_int_equal(lstat(names[i], &after), 0);
        assert_int_equal(before.st_ino, after.st_ino);
        assert_int_equal(before.st_mode, after.st_mode);
    }
    const int again = open(file, O_RDONLY);
    assert_int_equal(read(again, text, sizeof text), 4);
    assert_string_equal(text, "kept");
    close(again);
    base_listener_close(&other);
    assert_int_equal(unlink(file) + rmdir(inner) + unlink(alias), 0);
}

/* A datagram socket has no listen(), but somebody reads it. */
static void another_kind_of_socket_is_not_taken(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct base_listener listener;
    struct base_why why = { 0 };
    struct sockaddr_un address;
    assert_int_equal(base_listen_address(path_of("datagrams", path), &address, &why), BASE_OK);
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(open_at(path, &listener, &why), BASE_EEXIST);
    assert_true(is_there(path));
    close(fd);
    must_open(path, &listener); /* nobody does any more */
    base_listener_close(&listener);
}

static void names_that_cannot_be(void **state)
{
    (void)state;
    char missing[PATH_SIZE], in_file[PATH_SIZE], file[PATH_SIZE], path[PATH_SIZE];
    struct base_listener listener = { .fd = 4711 };
    struct base_why why = { 0 };
    int fd = 4711;
    assert_int_equal(open_at(path_of("no/name", missing), &listener, &why), BASE_EIO);
    assert_non_null(strstr(why.text, missing));
    assert_non_null(strstr(why.text, "cannot open its folder: No such file or directory"));
    assert_int_equal(base_listen_connect(missing, "cook", &fd, &why), BASE_ENOTFOUND);
    close(open(path_of("file", file), O_CREAT | O_WRONLY, 0600));
    assert_int_equal(open_at(path_of("file/name", in_file), &listener, &why), BASE_EIO);
    assert_int_equal(base_listen_connect(in_file, "cook", &fd, &why), BASE_ENOTFOUND);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(open_at("", &listener, &why), BASE_ERANGE);
    assert_int_equal(base_listen_connect("", "cook", &fd, NULL), BASE_ERANGE);
    const size_t own = (size_t)snprintf(path, sizeof path, "%s/", folder);
    memset(path + own, 'x', sizeof path - own);
    path[BASE_LISTEN_PATH_MAX + 1] = '\0';
    assert_int_equal(open_at(path, &listener, &why), BASE_ERANGE);
    assert_non_null(strstr(why.text, "has 108 bytes, and 1 to 107 are possible"));
    assert_int_equal(base_listen_connect(path, "cook", &fd, &why), BASE_ERANGE);
    assert_int_equal(listener.fd, 4711);
    assert_int_equal(fd, 4711);
    path[BASE_LISTEN_PATH_MAX] = '\0'; /* the longest */
    must_open(path, &listener);
    assert_string_equal(listener.path, path);
    assert_int_equal(connect_at(path, &why), BASE_OK);
    base_listener_close(&listener);
    assert_false(is_there(path));
}

static void the_mode_does_not_depend_on_the_mask(void **state)
{
    (void)state;
    static const mode_t masks[] = { 0, 022, 077, 0777 }, modes[] = { 0600, 0660, 0666 };
    for (size_t i = 0; i < 4 * 3; i++) {
        char path[PATH_SIZE];
        struct base_listener listener;
        struct stat found;
        const struct base_listen_options options = { .path = path_of("mode", path),
                                                     .who = "cook",
                                                     .mode = modes[i / 4],
                                                     .gid = getegid(),
                                                     .backlog = 1 };
        const mode_t old = umask(masks[i % 4]);
        const base_err err = base_listener_open(&options, &listener, NULL);
        umask(old);
        assert_int_equal(err, BASE_OK);
        assert_int_equal(stat(path, &found), 0);
        assert_int_equal(found.st_mode & 0777, modes[i / 4]);
        assert_int_equal(found.st_gid, getegid());
        base_listener_close(&listener);
    }
}

static void only_ones_own_name_is_removed(void **state)
{
    (void)state;
    char path[PATH_SIZE];
    struct base_listener first, second;
    must_open(path_of("own", path), &first);
    assert_int_equal(unlink(path), 0);
    must_open(path, &second);
    base_listener_close(&first);
    assert_int_equal(connect_at(path, NULL), BASE_OK);
    base_listener_close(&second);
    assert_false(is_there(path));
}

/* Several processes find the same stale socket at once: exactly one of them gets the name. */
static void a_race_of_processes(void **state)
{
    (void)state;
    enum { RACERS = 5, ROUNDS = 20 };
    char path[PATH_SIZE];
    path_of("race", path);
    for (int round = 0; round < ROUNDS; round++) {
        int go[2], done[2], winners = 0;
        pid_t pids[RACERS];
        assert_int_equal(pipe(go), 0);
        assert_int_equal(pipe(done), 0);
        for (int i = 0; i < RACERS; i++) {
            pids[i] = fork();
            if (pids[i] != 0)
                continue;
            struct base_listener listener;
            char byte;
            close(go[1]);
            const bool is_ready = read(go[0], &byte, 1) == 0;
            const char won = open_at(path, &listener, NULL) == BASE_OK;
            const bool is_told = write(done[1], &won, 1) == 1;
            while (is_ready && is_told)
                pause(); /* a winner listens until all have tried */
            _exit(1);
        }
        close(go[0]);
        close(go[1]);
        for (int i = 0; i < RACERS; i++) {
            char won = 0;
            assert_int_equal(read(done[0], &won, 1), 1);
            winners += won;
        }
        for (int i = 0; i < RACERS; i++) {
            kill(pids[i], SIGKILL);
            assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
        }
        assert_int_equal(winners, 1);
        assert_true(is_there(path)); /* stale, for the next round */
        close(done[0]);
        close(done[1]);
    }
    assert_int_equal(unlink(path), 0);
}

struct racer {
    char path[PATH_SIZE];
    struct base_listener listener;
    base_err err;
};

static void *race(void *argument)
{
    struct racer *const racer = argument;
    racer->err = open_at(racer->path, &racer->listener, NULL);
    return NULL;
}

/* Threads of one process have a lock each: it belongs to the opened folder. */
static void a_race_of_threads(void **state)
{
    (void)state;
    enum { RACERS = 4, ROUNDS = 50 };
    for (int round = 0; round < ROUNDS; round++) {
        struct racer racers[RACERS];
        pthread_t threads[RACERS];
        int winners = 0;
        for (int i = 0; i < RACERS; i++) {
            path_of("threads", racers[i].path);
            assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]), 0);
        }
        for (int i = 0; i < RACERS; i++)
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        for (int i = 0; i < RACERS; i++)
            winners += racers[i].err == BASE_OK;
        assert_int_equal(winners, 1);
        for (int i = 0; i < RACERS; i++)
            if (racers[i].err == BASE_OK)
                base_listener_close(&racers[i].listener);
    }
}

static int folder_make(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int folder_remove(void **state)
{
    (void)state;
    return rmdir(folder); /* it is empty: nothing was left behind */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_taken_and_given_back),
        cmocka_unit_test(a_name_without_a_folder_is_of_this_one),
        cmocka_unit_test(who_listens_keeps_its_name),
        cmocka_unit_test(what_a_killed_one_left_is_taken_over),
        cmocka_unit_test(a_lock_ends_with_its_process),
        cmocka_unit_test(what_is_no_socket_is_not_touched),
        cmocka_unit_test(another_kind_of_socket_is_not_taken),
        cmocka_unit_test(names_that_cannot_be),
        cmocka_unit_test(the_mode_does_not_depend_on_the_mask),
        cmocka_unit_test(only_ones_own_name_is_removed),
        cmocka_unit_test(a_race_of_processes),
        cmocka_unit_test(a_race_of_threads),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
