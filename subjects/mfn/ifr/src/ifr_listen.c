/* ifr_listen.c - whether a name is stale is asked by connecting to it. Between that question and
 * the first listen() nobody else may ask: the folder is locked meanwhile (flock of the folder
 * itself, so that no lock file remains). The socket gets its mode before it has a name, so that
 * there is no moment in which too many may connect. */
#define _GNU_SOURCE
#include "ifr_listen.h"

#include <mfn/ifr_server.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 100, LOCK_PAUSE_NS = 10000000, GROUPS_MAX = 1024 };

base_err mfn_ifr_address_of(const char *path, struct sockaddr_un *address, struct base_why *why)
{
    const size_t size = strlen(path), most = sizeof address->sun_path - 1;
    if (size == 0 || size > most)
        return base_fail(why, BASE_EINVALID, 0,
                         "the socket path \"%s\" has %zu bytes, and 1 to %zu are possible", path,
                         size, most);
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(address->sun_path, path, size);
    return BASE_OK;
}

static base_err failed(const char *path, const char *what, struct base_why *why)
{
    return base_fail(why, BASE_EIO, 0, "%s: cannot %s: %s", path, what, strerror(errno));
}

/* The folder of a path, locked; its descriptor is closed to unlock it. Negative: errno says why. */
static int folder_lock(const char *path)
{
    char folder[sizeof((struct sockaddr_un *)0)->sun_path + 2];
    const char *const last = strrchr(path, '/');
    const size_t size = last == NULL ? 0 : (size_t)(last - path);
    if (last == NULL) {
        strcpy(folder, ".");
    } else {
        memcpy(folder, path, size);
        strcpy(folder + size, "/");
    }
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0; i++) {
        if (errno != EWOULDBLOCK || i == LOCK_TRIES) {
            const int saved = errno;
            close(fd);
            errno = saved;
            return -1;
        }
        /* sleep: another server opens in this folder; a lock that waits could be held for ever. */
        nanosleep(&(struct timespec){ .tv_nsec = LOCK_PAUSE_NS }, NULL);
    }
    return fd;
}

/* Connects and answers the error number, 0 for success. */
static int try_connect(const struct sockaddr_un *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    const int found =
        connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(fd);
    return found;
}

static base_err stale_remove(const struct sockaddr_un *address, struct base_why *why)
{
    const char *const path = address->sun_path;
    struct stat found;
    if (lstat(path, &found) != 0)
        return errno == ENOENT ? BASE_OK : failed(path, "look at it", why);
    if (!S_ISSOCK(found.st_mode))
        return base_fail(why, BASE_EEXIST, 0, "%s exists and is no socket", path);
    errno = try_connect(address);
    if (errno == 0 || errno == EAGAIN || errno == EPROTOTYPE)
        return base_fail(why, BASE_EEXIST, 0, "%s: a server listens there already", path);
    if (errno != ECONNREFUSED)
        return failed(path, "find out whether a server listens there", why);
    return unlink(path) == 0 ? BASE_OK : failed(path, "remove the old socket", why);
}

static base_err name_prepare(const struct mfn_ifr_listener *listener, gid_t gid,
                             struct base_why *why)
{
    const char *const path = listener->address.sun_path;
    if (gid != (gid_t)-1 && lchown(path, (uid_t)-1, gid) != 0)
        return failed(path, "give the socket to its group", why);
    if (chmod(path, MFN_IFR_SERVER_MODE) != 0)
        return failed(path, "set the mode of the socket", why);
    if (listen(listener->fd, MFN_IFR_SERVER_BACKLOG) != 0)
        return failed(path, "listen", why);
    return BASE_OK;
}

static base_err name_take(struct mfn_ifr_listener *listener, gid_t gid, struct base_why *why)
{
    const char *const path = listener->address.sun_path;
    listener->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (listener->fd < 0)
        return failed(path, "make a socket", why);
    if (fchmod(listener->fd, MFN_IFR_SERVER_MODE) != 0)
        return failed(path, "set the mode of the socket", why);
    const struct sockaddr *const address = (const struct sockaddr *)&listener->address;
    if (bind(listener->fd, address, sizeof listener->address) != 0)
        return failed(path, "bind", why);
    struct stat made;
    const base_err err = name_prepare(listener, gid, why);
    if (err != BASE_OK || lstat(path, &made) != 0) {
        unlink(path);
        return err != BASE_OK ? err : failed(path, "look at it", why);
    }
    listener->device = made.st_dev;
    listener->inode = made.st_ino;
    return BASE_OK;
}

base_err mfn_ifr_listener_open(struct mfn_ifr_listener *listener, const char *path, gid_t gid,
                               struct base_why *why)
{
    listener->fd = -1;
    base_err err = mfn_ifr_address_of(path, &listener->address, why);
    if (err != BASE_OK)
        return err;
    const int folder = folder_lock(path);
    if (folder < 0)
        return failed(path, "lock its folder", why);
    err = stale_remove(&listener->address, why);
    if (err == BASE_OK)
        err = name_take(listener, gid, why);
    if (err != BASE_OK && listener->fd >= 0) {
        close(listener->fd);
        listener->fd = -1;
    }
    close(folder);
    return err;
}

void mfn_ifr_listener_close(struct mfn_ifr_listener *listener)
{
    if (listener->fd < 0)
        return;
    const char *const path = listener->address.sun_path;
    const int folder = folder_lock(path);
    struct stat found;
    if (lstat(path, &found) == 0 && found.st_dev == listener->device &&
        found.st_ino == listener->inode)
        unlink(path);
    close(listener->fd);
    listener->fd = -1;
    if (folder >= 0)
        close(folder);
}

static bool is_member(int fd, gid_t gid)
{
    gid_t groups[GROUPS_MAX];
    socklen_t size = sizeof groups;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
        return false;
    for (size_t i = 0; i < size / sizeof groups[0]; i++)
        if (groups[i] == gid)
            return true;
    return false;
}

bool mfn_ifr_peer_may(int fd, bool has_gid, gid_t gid)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return false;
    if (peer.uid == 0 || peer.uid == geteuid())
        return true;
    return has_gid && (peer.gid == gid || is_member(fd, gid));
}
