/* ifr_peer.c - what the kernel knows of the process that connected (SO_PEERCRED, SO_PEERGROUPS). */
#define _GNU_SOURCE
#include "ifr_peer.h"

#include <sys/socket.h>
#include <unistd.h>

enum { GROUPS_MAX = 1024 };

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
