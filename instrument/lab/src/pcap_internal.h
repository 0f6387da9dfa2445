/* pcap_internal.h - a capture of raw IP packets that can be read at any time.
 *
 * Ownership the file is the writer's; lab_pcap_close writes what is left
 * Threads   one capture, one thread
 * Source    the classic format with nanoseconds: draft-ietf-opsawg-pcap; LINKTYPE_RAW: tcpdump.org
 */
#ifndef LAB_PCAP_INTERNAL_H
#define LAB_PCAP_INTERNAL_H

#include <base/err.h>

struct lab_pcap;

/* Make FOLDER/HOST.pcap (what stands there is replaced; a '/' in the name becomes '_'). Errors:
 * EIO, ENOMEM; why names the file. */
BASE_MUST_USE base_err lab_pcap_open(const char *folder, const char *host, struct lab_pcap **pcap,
                                     struct base_why *why);
/* One packet at a time of the wall clock. Written when the buffer is full, or by a flush; a packet
 * is never written in part, and when the disk refuses, the capture ends there. */
void lab_pcap_put(struct lab_pcap *pcap, uint64_t unix_ns, const void *packet, size_t size);
void lab_pcap_flush(struct lab_pcap *pcap);
void lab_pcap_close(struct lab_pcap *pcap);

#endif
