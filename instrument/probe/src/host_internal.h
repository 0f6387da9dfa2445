/* host_internal.h - the parts of probe_host_read, each fills its own fields. */
#ifndef PROBE_HOST_INTERNAL_H
#define PROBE_HOST_INTERNAL_H

#include <probe/host.h>

BASE_MUST_USE base_err probe_host_read_cpu(const char *root, struct probe_host *host);
void probe_host_read_frequency(const char *root, struct probe_host *host);
void probe_host_read_hypervisor(const char *root, struct probe_host *host);
void probe_host_read_system(const char *root, struct probe_host *host);
void probe_host_read_limits(const char *root, struct probe_host *host);

#endif
