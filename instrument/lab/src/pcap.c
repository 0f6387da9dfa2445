/* pcap.c - records are gathered and written whole, so that a file never ends inside one unless the
 * disk is full. */
#include "pcap_internal.h"

#include <lab/fabric.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER_SIZE = 1 << 18, RECORD_HEADER = 16, LINKTYPE_RAW = 101 };

static const uint32_t magic_ns = 0xa1b23c4d;

struct lab_pcap {
    int fd;
    size_t size;
    uint8_t data[BUFFER_SIZE];
};

static_assert(BUFFER_SIZE >= RECORD_HEADER + LAB_PACKET_MAX, "a packet fits");

base_err lab_pcap_open(const char *folder, const char *host, struct lab_pcap **out,
                       struct base_why *why)
{
    char path[4096];
    const int head = snprintf(path, sizeof path, "%s/", folder);
    if (head < 0 || (size_t)head + strlen(host) + sizeof ".pcap" > sizeof path)
        return base_fail(why, BASE_EIO, 0, "%s: the path is too long", folder);
    snprintf(path + head, sizeof path - (size_t)head, "%s.pcap", host);
    for (char *at = path + head; *at; at++)
        if (*at == '/')
            *at = '_';
    struct lab_pcap *const pcap = malloc(sizeof *pcap);
    if (!pcap)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a capture");
    pcap->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (pcap->fd < 0) {
        free(pcap);
        return base_fail(why, BASE_EIO, 0, "%s: %s", path, strerror(errno));
    }
    const struct {
        uint32_t magic;
        uint16_t major, minor;
        uint32_t zone, precision, size_max, link;
    } header = { magic_ns, 2, 4, 0, 0, LAB_PACKET_MAX, LINKTYPE_RAW };
    static_assert(sizeof header == 24, "the format's");
    memcpy(pcap->data, &header, sizeof header);
    pcap->size = sizeof header;
    lab_pcap_flush(pcap);
    *out = pcap;
    return BASE_OK;
}

void lab_pcap_flush(struct lab_pcap *pcap)
{
    size_t at = 0;
    while (pcap->fd >= 0 && at < pcap->size) {
        const ssize_t n = write(pcap->fd, pcap->data + at, pcap->size - at);
        if (n > 0)
            at += (size_t)n;
        else if (n == 0 || errno != EINTR) {
            close(pcap->fd);
            pcap->fd = -1;
        }
    }
    pcap->size = 0;
}

void lab_pcap_put(struct lab_pcap *pcap, uint64_t unix_ns, const void *packet, size_t size)
{
    if (size > LAB_PACKET_MAX)
        return;
    if (pcap->size + RECORD_HEADER + size > sizeof pcap->data)
        lab_pcap_flush(pcap);
    const uint32_t header[4] = { (uint32_t)(unix_ns / 1000000000), (uint32_t)(unix_ns % 1000000000),
                                 (uint32_t)size, (uint32_t)size };
    memcpy(pcap->data + pcap->size, header, sizeof header);
    memcpy(pcap->data + pcap->size + sizeof header, packet, size);
    pcap->size += sizeof header + size;
}

void lab_pcap_close(struct lab_pcap *pcap)
{
    if (!pcap)
        return;
    lab_pcap_flush(pcap);
    if (pcap->fd >= 0)
        close(pcap->fd);
    free(pcap);
}
