/* ifr_listen.h - a listening Unix socket under a name, and who is at the other end of one. */
#ifndef MFN_IFR_LISTEN_H
#define MFN_IFR_LISTEN_H

#include <base/err.h>

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

struct mfn_ifr_listener {
    int fd; /* -1: closed */
    struct sockaddr_un address;
    dev_t device; /* of the name that was made, so that another's is not removed */
    ino_t inode;
};

/* The address of a path. Errors: EINVALID (empty, or over 107 bytes) */
BASE_MUST_USE base_err mfn_ifr_address_of(const char *path, struct sockaddr_un *address,
                                          struct base_why *why);

/* Listen, not blocking; as mfn_ifr_server_open says. gid (gid_t)-1: the group stays. */
BASE_MUST_USE base_err mfn_ifr_listener_open(struct mfn_ifr_listener *listener, const char *path,
                                             gid_t gid, struct base_why *why);
void mfn_ifr_listener_close(struct mfn_ifr_listener *listener);

/* Is the process that connected root's, ours, or (has_gid) of a member of gid? */
bool mfn_ifr_peer_may(int fd, bool has_gid, gid_t gid);

#endif
