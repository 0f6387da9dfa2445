/* ifr_peer.h - who is at the other end of a connection over a Unix socket. */
#ifndef MFN_IFR_PEER_H
#define MFN_IFR_PEER_H

#include <stdbool.h>
#include <sys/types.h>

/* Is the process that connected root's, ours, or (has_gid) of a member of gid? */
bool mfn_ifr_peer_may(int fd, bool has_gid, gid_t gid);

#endif
