/* ifr_discover.h - which components have a socket in a folder, and which of these listen.
 *
 * A component's socket is called <component>.sock, by name or number (transport.sock, 42.sock);
 * other names, and the registry's own ifr.sock, are passed over. To listen is to take a
 * connection, which is closed at once without a byte.
 *
 * Threads   no shared state
 * Source    the seed's layer 1, which looks every 30 s
 */
#ifndef MFN_IFR_DISCOVER_H
#define MFN_IFR_DISCOVER_H

#include <mfn/ifr_components.h>

#define MFN_IFR_DISCOVER_EACH_NS UINT64_C(30000000000)

enum { MFN_IFR_DISCOVER_MAX = 4096 /* names of the folder that are looked at */ };

/* Those that listen are Running, those whose socket nobody listens on are Failed; one that has a
 * connection to the registry is left alone, as that tells more.
 *
 *   folder   1 .. 80 bytes
 *   count    out: components whose socket was found
 *
 * Cost     two system calls a name, three more a socket; does not wait
 * Errors   EINVALID (a name too long), ENOTFOUND (no such folder), EIO
 */
BASE_MUST_USE base_err mfn_ifr_discover(const char *folder, uint64_t now_ns,
                                        struct mfn_ifr_components *components, size_t *count,
                                        struct base_why *why);

#endif
