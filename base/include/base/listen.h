/* listen.h - a Unix stream socket that listens under a name in the file system.
 *
 * Taking the name. What has the name already decides: nothing, and the name is made; a socket on
 * which nobody listens any more (its process was killed), and it is replaced; a socket on which
 * somebody listens, or anything else (a file, a folder, a symbolic link), and it is left untouched.
 * Whether somebody listens is asked by connecting: a server sees one connection that ends at once.
 * From that question to the first listen() the folder is locked (flock of the folder itself, so no
 * lock file remains, and a lock ends with its process): of several that come at once exactly one
 * gets the name. Whoever makes sockets in the folder without this lock is not kept out,
 * and whoever can open the folder can hold its lock, so that nobody gets a name in it meanwhile. A
 * relative path is that of the folder the process was in: closed after a chdir, its socket stays.
 *
 * Who may connect. The socket has its mode before it has a name, and the mode does not depend on
 * the umask. It belongs to the effective user and group of the process, or to the group asked for.
 *
 * Threads   one object, one thread at a time; processes and threads may open the same name at once
 * Source    unix(7), flock(2)
 */
#ifndef BASE_LISTEN_H
#define BASE_LISTEN_H

#include <base/err.h>

#include <sys/types.h>

struct sockaddr_un;

enum { BASE_LISTEN_PATH_MAX = 107 }; /* bytes: sun_path without its terminating zero */

struct base_listener {
    int fd;                              /* not blocking, close on exec; -1: closed */
    char path[BASE_LISTEN_PATH_MAX + 1]; /* the name, as it was given */
    dev_t device;
    ino_t inode; /* of the name that was made, so that another's is not removed */
};

struct base_listen_options {
    const char *path; /* 1 .. BASE_LISTEN_PATH_MAX bytes; its folder is there and can be read */
    const char *who;  /* what listens there, in sentences: "server" */
    mode_t mode;      /* of the socket, 0600 for one user */
    gid_t gid;        /* its group; (gid_t)-1: stays */
    int backlog;      /* connections that wait to be accepted, 1 or more */
};

/* Listen under a name. It waits for another's lock on the folder for at most a second.
 *
 *   out       [1] written only on BASE_OK, to be closed; on a failure nothing is left behind
 *
 * Errors    ERANGE   the path is empty or too long
 *           EEXIST   somebody listens there, or what has the name is no socket
 *           EIO      no such folder, no permission, the folder is locked for too long
 */
BASE_MUST_USE base_err base_listener_open(const struct base_listen_options *options,
                                          struct base_listener *out, struct base_why *why);

/* Remove the name, unless it is another's by now, and close. With fd -1: nothing. */
void base_listener_close(struct base_listener *listener);

/* Connect to a name, without waiting.
 *
 *   who       as in base_listen_options
 *   fd        [1] written only on BASE_OK: not blocking, close on exec; the caller's to close
 *
 * Errors    ERANGE    as above
 *           ENOTFOUND nobody listens there, or there is no such name
 *           EFULL     as many wait to be accepted as may
 *           EIO
 */
BASE_MUST_USE base_err base_listen_connect(const char *path, const char *who, int *fd,
                                           struct base_why *why);

/* The address of a name, for sockets made otherwise. Errors: ERANGE */
BASE_MUST_USE base_err base_listen_address(const char *path, struct sockaddr_un *address,
                                           struct base_why *why);

#endif
