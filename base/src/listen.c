/* listen.c - the name is probed and taken under a lock of its folder. A lock that is not had is
 * tried again, and not waited for: one that is never given up would hold a program for ever. */
#define _GNU_SOURCE
#include <base/listen.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 100, LOCK_PAUSE_NS = 10000000 };

_Static_assert(sizeof((struct sockaddr_un *)0)->sun_path == BASE_LISTEN_PATH_MAX + 1,
               "the longest name is the system's");

base_err base_listen_address(const char *path, struct sockaddr_un *address, struct base_why *why)
{
    const size_t size = strlen(path);
    if (size == 0 || size > BASE_LISTEN_PATH_MAX)
        return base_fail(why, BASE_ERANGE, 0,
                         "the socket's name \"%s\" has %zu bytes, and 1 to %d are possible", path,
                         size, BASE_LISTEN_PATH_MAX);
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(address->sun_path, path, size);
    return BASE_OK;
}

static base_err failed(const char *path, const char *what, struct base_why *why)
{
    return base_fail(why, BASE_EIO, 0, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* The folder of a name, locked; closed to unlock it. */
static base_err folder_lock(const char *path, int *folder, struct base_why *why)
{
    char name[BASE_LISTEN_PATH_MAX + 1] = ".";
    const char *const slash = strrchr(path, '/');
    if (slash != NULL) {
        memcpy(name, path, (size_t)(slash - path) + 1);
        name[slash - path + 1] = '\0';
    }
    const int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(path, "open its folder", why);
    for (int i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK || i == LOCK_TRIES) {
            const base_err err = failed(path, "lock its folder", why);
            close(fd);
            return err;
        }
        /* sleep: another one opens in this folder; a lock that waits could be held for ever. */
        nanosleep(&(struct timespec){ .tv_nsec = LOCK_PAUSE_NS }, NULL);
    }
    *folder = fd;
    return BASE_OK;
}

/* 0 and a connected socket, or the error number. */
static int try_connect(const struct sockaddr_un *address, int *out)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) != 0) {
        const int number = errno;
        close(fd);
        return number;
    }
    *out = fd;
    return 0;
}

/* Nothing has the name after this. */
static base_err stale_remove(const struct sockaddr_un *address, const char *who,
                             struct base_why *why)
{
    const char *const path = address->sun_path;
    struct stat found;
    int fd;
    if (lstat(path, &found) != 0)
        return errno == ENOENT ? BASE_OK : failed(path, "look at it", why);
    if (!S_ISSOCK(found.st_mode))
        return base_fail(why, BASE_EEXIST, 0, "%s exists and is no socket", path);
    errno = try_connect(address, &fd);
    if (errno == 0)
        close(fd);
    if (errno == 0 || errno == EAGAIN || errno == EPROTOTYPE)
        return base_fail(why, BASE_EEXIST, 0, "%s: a %s listens there already", path, who);
    if (errno != ECONNREFUSED)
        return failed(path, "find out whether anybody listens there", why);
    return unlink(path) == 0 ? BASE_OK : failed(path, "remove the old socket", why);
}

/* What is left to do once the name is there; listening comes last, with everything right. */
static base_err name_prepare(const struct base_listen_options *options,
                             struct base_listener *listener, struct base_why *why)
{
    const char *const path = listener->path;
    struct stat made;
    if (options->gid != (gid_t)-1 && lchown(path, (uid_t)-1, options->gid) != 0)
        return failed(path, "give the socket to its group", why);
    if (chmod(path, options->mode) != 0) /* the umask took from it */
        return failed(path, "set the mode of the socket", why);
    if (lstat(path, &made) != 0)
        return failed(path, "look at it", why);
    if (listen(listener->fd, options->backlog) != 0)
        return failed(path, "listen", why);
    listener->device = made.st_dev;
    listener->inode = made.st_ino;
    return BASE_OK;
}

static base_err name_take(const struct base_listen_options *options,
                          const struct sockaddr_un *address, struct base_listener *listener,
                          struct base_why *why)
{
    const char *const path = listener->path;
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        return failed(path, "make a socket", why);
    if (fchmod(listener->fd, options->mode) != 0) /* the name gets the socket's mode */
        return failed(path, "set the mode of the socket", why);
    if (bind(listener->fd, (const struct sockaddr *)address, sizeof *address) != 0)
        return failed(path, "bind", why);
    const base_err err = name_prepare(options, listener, why);
    if (err != BASE_OK)
        unlink(path);
    return err;
}

base_err base_listener_open(const struct base_listen_options *options, struct base_listener *out,
                            struct base_why *why)
{
    struct base_listener listener = { .fd = -1 };
    struct sockaddr_un address;
    int folder = -1;
    base_err err = base_listen_address(options->path, &address, why);
    if (err == BASE_OK)
        err = folder_lock(options->path, &folder, why);
    if (err != BASE_OK)
        return err;
    memcpy(listener.path, address.sun_path, sizeof listener.path);
    err = stale_remove(&address, options->who, why);
    if (err == BASE_OK)
        err = name_take(options, &address, &listener, why);
    if (err == BASE_OK)
        *out = listener;
    else if (listener.fd >= 0)
        close(listener.fd);
    close(folder);
    return err;
}

void base_listener_close(struct base_listener *listener)
{
    if (listener->fd < 0)
        return;
    int folder = -1;
    struct stat found;
    (void)!folder_lock(listener->path, &folder, NULL); /* without it there is a race, no more */
    if (lstat(listener->path, &found) == 0 && found.st_dev == listener->device &&
        found.st_ino == listener->inode)
        unlink(listener->path);
    close(listener->fd);
    listener->fd = -1;
    if (folder >= 0)
        close(folder);
}

base_err base_listen_connect(const char *path, const char *who, int *fd, struct base_why *why)
{
    struct sockaddr_un address;
    const base_err err = base_listen_address(path, &address, why);
    if (err != BASE_OK)
        return err;
    errno = try_connect(&address, fd);
    if (errno == 0)
        return BASE_OK;
    if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
        return base_fail(why, BASE_ENOTFOUND, 0, "%s: no %s runs there", path, who);
    if (errno == EAGAIN)
        return base_fail(why, BASE_EFULL, 0, "%s: the %s has as many callers as may wait", path,
                         who);
    return failed(path, "connect", why);
}
