/* lab_kernel.h - what a host's own kernel sees of its device: Wireshark's dumpcap on lab0, a
 * capture by packet sockets that the laboratory has no part in. A packet that a program sends is
 * stamped before the device has it, one that comes when the emulator has written it.
 */
#ifndef TOOLS_LAB_KERNEL_H
#define TOOLS_LAB_KERNEL_H

#include <lab/net.h>

struct lab_kernel {
    pid_t pid;
    int said; /* its standard error */
};

/* Capture what host `host` sends to and gets at a UDP port, into FOLDER/HOST.kernel.pcapng with
 * nanoseconds; it captures on return. Errors: ENOTFOUND (there is no dumpcap), ETIMEOUT, EIO. */
BASE_MUST_USE base_err lab_kernel_start(struct lab_net *net, uint32_t host, const char *folder,
                                        const char *host_name, uint16_t port,
                                        struct lab_kernel *kernel, struct base_why *why);
/* The file is complete on return. Cost: half a second, for what the kernel still holds. Errors: EIO
 * (dumpcap failed, or missed packets: why says how many). */
BASE_MUST_USE base_err lab_kernel_stop(struct lab_kernel *kernel, struct base_why *why);

#endif
