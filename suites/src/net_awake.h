/* net_awake.h - cores that stay awake while a round runs.
 *
 * A core without work goes to sleep, and waking it takes from microseconds to, in a virtual
 * machine, some 100 us: an unloaded node would be told slower than its overlay is, by twice or more
 * of that in a delivery. So cores are asked to wait instead, by the kernel's limit on their waking
 * time. The limit is one of the whole machine, and ends with the process that asked for it, however
 * that ends.
 *
 * Threads   any; a forked child has a copy, and the limit ends with the last
 * Source    Documentation/power/pm_qos_interface.rst of Linux, /dev/cpu_dma_latency
 */
#ifndef SUITE_NET_AWAKE_H
#define SUITE_NET_AWAKE_H

/* A descriptor to close; -1: not allowed (root alone is, as a rule), or nothing on this machine
 * chooses how cores sleep. */
int net_awake_open(void);
void net_awake_close(int awake); /* -1 is allowed */

#endif
