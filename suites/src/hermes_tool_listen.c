/* hermes_tool_listen.c - the name of a control socket. Whether one that is there is stale is asked
 * by connecting to it; between that question and the first listen() nobody else may ask, so the
 * folder is locked meanwhile (flock of the folder itself: no lock file remains). */
#define _GNU_SOURCE
#include "hermes_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 100, LOCK_PAUSE_NS = 10000000, BACKLOG = 16 };

static base_err failed(const char *path, const char *what, struct base_why *why)
{
    return base_fail(why, BASE_EIO, 0, "%s: cannot %s: %s", path, what, strerror(errno));
}

static base_err address_of(const char *path, struct sockaddr_un *address, struct base_why *why)
{
    const size_t size = strlen(path), most = sizeof address->sun_path - 1;
    if (size == 0 || size > most)
        return base_fail(why, BASE_ERANGE, 0,
                         "the control socket \"%s\" has %zu bytes, and 1 to %zu are possible", path,
                         size, most);
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(address->sun_path, path, size);
    return BASE_OK;
}

/* Negative: errno says why. */
static int folder_lock(const char *path)
{
    char folder[sizeof((struct sockaddr_un *)0)->sun_path + 2] = ".";
    const char *const slash = strrchr(path, '/');
    if (slash != NULL) {
        memcpy(folder, path, (size_t)(slash - path) + 1);
        folder[slash - path + 1] = '\0';
    }
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK || i == LOCK_TRIES) {
            const int saved = errno;
            close(fd);
            errno = saved;
            return -1;
        }
        /* sleep: another node opens in this folder; a lock that waits could be held for ever. */
        nanosleep(&(struct timespec){ .tv_nsec = LOCK_PAUSE_NS }, NULL);
    }
    return fd;
}

/* 0, or the error number. */
static int try_connect(const struct sockaddr_un *address, int *out)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    const int status =
        connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    if (status == 0 && out != NULL)
        *out = fd;
    else
        close(fd);
    return status;
}

static base_err stale_remove(const struct sockaddr_un *address, struct base_why *why)
{
    const char *const path = address->sun_path;
    struct stat found;
    if (lstat(path, &found) != 0)
        return errno == ENOENT ? BASE_OK : failed(path, "look at it", why);
    if (!S_ISSOCK(found.st_mode))
        return base_fail(why, BASE_EEXIST, 0, "%s exists and is no socket", path);
    errno = try_connect(address, NULL);
    if (errno == 0 || errno == EAGAIN || errno == EPROTOTYPE)
        return base_fail(why, BASE_EEXIST, 0, "%s: a node listens there already", path);
    if (errno != ECONNREFUSED)
        return failed(path, "find out whether a node listens there", why);
    return unlink(path) == 0 ? BASE_OK : failed(path, "remove the old socket", why);
}

static base_err name_take(struct hermes_tool_listener *listener, const struct sockaddr_un *address,
                          struct base_why *why)
{
    const char *const path = address->sun_path;
    struct stat made;
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0 || fchmod(listener->fd, 0600) != 0) /* the name gets the socket's mode */
        return failed(path, "make a socket", why);
    if (bind(listener->fd, (const struct sockaddr *)address, sizeof *address) != 0)
        return failed(path, "bind", why);
    if (chmod(path, 0600) != 0 || lstat(path, &made) != 0 || listen(listener->fd, BACKLOG) != 0) {
        const base_err err = failed(path, "listen", why);
        unlink(path);
        return err;
    }
    memcpy(listener->path, path, strlen(path) + 1);
    listener->device = made.st_dev;
    listener->inode = made.st_ino;
    return BASE_OK;
}

base_err hermes_tool_listen(const char *path, struct hermes_tool_listener *out,
                            struct base_why *why)
{
    struct hermes_tool_listener listener = { .fd = -1 };
    struct sockaddr_un address;
    base_err err = address_of(path, &address, why);
    if (err == BASE_OK)
        err = hermes_tool_folder_make(path, why);
    if (err != BASE_OK)
        return err;
    const int folder = folder_lock(path);
    if (folder < 0)
        return failed(path, "lock its folder", why);
    err = stale_remove(&address, why);
    if (err == BASE_OK)
        err = name_take(&listener, &address, why);
    if (err == BASE_OK)
        *out = listener;
    else if (listener.fd >= 0)
        close(listener.fd);
    close(folder);
    return err;
}

void hermes_tool_listener_close(struct hermes_tool_listener *listener)
{
    if (listener->fd < 0)
        return;
    const int folder = folder_lock(listener->path);
    struct stat found;
    if (lstat(listener->path, &found) == 0 && found.st_dev == listener->device &&
        found.st_ino == listener->inode)
        unlink(listener->path);
    close(listener->fd);
    listener->fd = -1;
    if (folder >= 0)
        close(folder);
}

base_err hermes_tool_connect(const char *path, int *fd, struct base_why *why)
{
    struct sockaddr_un address;
    const base_err err = address_of(path, &address, why);
    if (err != BASE_OK)
        return err;
    errno = try_connect(&address, fd);
    if (errno == 0)
        return BASE_OK;
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s: no node runs there", path);
    return failed(path, "connect", why);
}
