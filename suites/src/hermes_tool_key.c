/* hermes_tool_key.c - a node's secret in a file. It is written beside its place and linked there,
 * so that of two who make it at once one wins and no file is half a key. */
#define _GNU_SOURCE
#include "hermes_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_TEXT_SIZE = 2 * BPI_HERMES_SEED_SIZE + 1 /* and a line feed */ };

base_err hermes_tool_place(const char *given, const char *name, struct base_buf *out,
                           struct base_why *why)
{
    const char *const own = getenv("BPI_PERF_STATE_DIR"), *const xdg = getenv("XDG_STATE_HOME");
    const char *const home = getenv("HOME");
    base_err err;
    if (given != NULL)
        err = base_buf_printf(out, "%s", given);
    else if (own != NULL && own[0] != '\0')
        err = base_buf_printf(out, "%s/%s", own, name);
    else if (xdg != NULL && xdg[0] == '/')
        err = base_buf_printf(out, "%s/bpi-perf/%s", xdg, name);
    else if (home != NULL && home[0] != '\0')
        err = base_buf_printf(out, "%s/.local/state/bpi-perf/%s", home, name);
    else
        return base_fail(why, BASE_EIO, 0, "no place for %s: HOME is not set", name);
    return err == BASE_OK ? err : base_fail(why, err, 0, "out of memory for a path");
}

base_err hermes_tool_folder_make(const char *path, struct base_why *why)
{
    const char *const slash = strrchr(path, '/');
    if (slash == NULL || slash == path)
        return BASE_OK;
    char *const folder = strndup(path, (size_t)(slash - path));
    if (folder == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a path");
    const base_err err = base_folder_make(folder, why);
    free(folder);
    return err;
}

static base_err failed(const char *path, const char *what, struct base_why *why)
{
    return base_fail(why, BASE_EIO, 0, "%s: cannot %s the key: %s", path, what, strerror(errno));
}

static base_err key_write(const char *path, const char *beside, struct base_why *why)
{
    uint8_t seed[BPI_HERMES_SEED_SIZE];
    char text[KEY_TEXT_SIZE + 1];
    if (getrandom(seed, sizeof seed, 0) != BPI_HERMES_SEED_SIZE)
        return failed(path, "make", why);
    sodium_bin2hex(text, KEY_TEXT_SIZE, seed, sizeof seed);
    text[KEY_TEXT_SIZE - 1] = '\n';
    sodium_memzero(seed, sizeof seed);
    const int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool is_written = fd >= 0 && fchmod(fd, 0600) == 0 &&
                      write(fd, text, KEY_TEXT_SIZE) == KEY_TEXT_SIZE && fsync(fd) == 0 &&
                      (link(beside, path) == 0 || errno == EEXIST);
    sodium_memzero(text, sizeof text);
    const base_err err = is_written ? BASE_OK : failed(path, "write", why);
    if (fd >= 0) {
        close(fd);
        unlink(beside);
    }
    return err;
}

static base_err key_make(const char *path, struct base_why *why)
{
    char *beside = NULL;
    base_err err = hermes_tool_folder_make(path, why);
    if (err != BASE_OK)
        return err;
    if (asprintf(&beside, "%s.%ld", path, (long)getpid()) < 0)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a path");
    err = key_write(path, beside, why);
    free(beside);
    return err;
}

static base_err key_judge(const char *path, const struct stat *found, struct base_why *why)
{
    if (!S_ISREG(found->st_mode))
        return base_fail(why, BASE_EIO, 0, "%s: the key is no regular file", path);
    if (found->st_uid != geteuid())
        return base_fail(why, BASE_EIO, 0, "%s: the key belongs to user %u, not to this one", path,
                         found->st_uid);
    if ((found->st_mode & 077) != 0)
        return base_fail(why, BASE_EIO, 0,
                         "%s: others may read the key or write it (mode %04o): chmod 600, or make "
                         "a new one",
                         path, found->st_mode & 07777u);
    return BASE_OK;
}

static base_err key_take(int fd, const char *path, uint8_t *seed, struct base_why *why)
{
    char text[KEY_TEXT_SIZE + 1] = { 0 };
    size_t size = 0;
    const ssize_t got = read(fd, text, sizeof text);
    if (got < 0)
        return failed(path, "read", why);
    const bool is_key =
        (got == KEY_TEXT_SIZE - 1 || (got == KEY_TEXT_SIZE && text[got - 1] == '\n')) &&
        sodium_hex2bin(seed, BPI_HERMES_SEED_SIZE, text, KEY_TEXT_SIZE - 1, NULL, &size, NULL) ==
            0 &&
        size == BPI_HERMES_SEED_SIZE;
    sodium_memzero(text, sizeof text);
    return is_key ? BASE_OK
                  : base_fail(why, BASE_ECORRUPT, 0,
                              "%s: this is no key: 64 hexadecimal digits are expected", path);
}

static base_err key_open(const char *path, bool may_make, int *fd, struct base_why *why)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0 && errno == ENOENT && may_make) {
        const base_err err = key_make(path, why);
        if (err != BASE_OK)
            return err;
        *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (*fd >= 0)
        return BASE_OK;
    if (errno == ENOENT)
        return base_fail(why, BASE_ENOTFOUND, 0,
                         "%s: there is no key; a node makes one when it first starts", path);
    return failed(path, "open", why);
}

base_err hermes_tool_key_read(const char *path, bool may_make, uint8_t seed[BPI_HERMES_SEED_SIZE],
                              int *lock, struct base_why *why)
{
    struct stat found;
    int fd = -1;
    base_err err = key_open(path, may_make, &fd, why);
    if (err != BASE_OK)
        return err;
    err = fstat(fd, &found) == 0 ? key_judge(path, &found, why) : failed(path, "look at", why);
    if (err == BASE_OK && lock != NULL && flock(fd, LOCK_EX | LOCK_NB) != 0)
        err = base_fail(why, BASE_EEXIST, 0, "%s: a node runs with this key already", path);
    if (err == BASE_OK)
        err = key_take(fd, path, seed, why);
    if (err == BASE_OK && lock != NULL)
        *lock = fd;
    else
        close(fd);
    return err;
}
