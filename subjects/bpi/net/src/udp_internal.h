/* udp_internal.h - the driver's state, and its two halves.
 *
 * Datagrams that leave are copied to the end of one array of bytes; a run is a piece of it that the
 * kernel is given at once. Runs and bytes begin again at 0 when all have left.
 */
#ifndef BPI_UDP_INTERNAL_H
#define BPI_UDP_INTERNAL_H

#include <bpi/udp.h>

#include <netinet/in.h>
#include <sys/socket.h>

enum {
    BPI_UDP_POOL_SIZE = 1 << 20,   /* bytes that wait to leave */
    BPI_UDP_RUNS_MAX = 1024,       /* runs that wait to leave */
    BPI_UDP_FLUSH_SIZE = 1 << 18,  /* so many bytes leave at once: they are in the cache still */
    BPI_UDP_FLUSH_RUNS = 64,       /* of one sendmmsg */
    BPI_UDP_SEGMENTS_MAX = 64,     /* of one run: UDP_MAX_SEGMENTS of Linux before 6.10 */
    BPI_UDP_RECEIVE_MESSAGES = 16, /* of one recvmmsg, each of up to 64 segments */
    BPI_UDP_RECEIVE_SIZE = 1 << 16 /* bytes of each */
};

struct bpi_udp_run {
    struct base_address to;
    uint32_t offset, size;   /* in the pool */
    uint32_t segment, count; /* bytes of each datagram but the last; datagrams */
};

struct bpi_udp {
    struct bpi_udp_config config;
    struct base_step_world world;
    struct base_rng rng;
    struct bpi_udp_stats stats;
    int fd;
    bool is_started;
    bool is_blocked; /* the kernel takes no more just now */
    bool is_drained; /* the last look at the socket has taken all there was */

    uint64_t came_ns;        /* the last turn that found datagrams */
    uint64_t gap_ns;         /* smoothed: between turns that found some, pauses apart */
    uint64_t pause_until_ns; /* 0: there are too few to pause */

    uint8_t *pool; /* [BPI_UDP_POOL_SIZE] */
    size_t pool_used;
    struct bpi_udp_run runs[BPI_UDP_RUNS_MAX];
    size_t run_first, run_count; /* those before run_first have left */
    size_t segment_max;          /* larger ones are not joined: the kernel refused; 0: none is */
    struct sockaddr_in6 send_names[BPI_UDP_FLUSH_RUNS];
    struct iovec send_spans[BPI_UDP_FLUSH_RUNS];
    struct mmsghdr send_heads[BPI_UDP_FLUSH_RUNS];
    _Alignas(struct cmsghdr) char send_controls[BPI_UDP_FLUSH_RUNS][CMSG_SPACE(sizeof(uint16_t))];

    uint8_t *received; /* [BPI_UDP_RECEIVE_MESSAGES][BPI_UDP_RECEIVE_SIZE] */
    struct sockaddr_in6 receive_names[BPI_UDP_RECEIVE_MESSAGES];
    struct iovec receive_spans[BPI_UDP_RECEIVE_MESSAGES];
    struct mmsghdr receive_heads[BPI_UDP_RECEIVE_MESSAGES];
    _Alignas(
        struct cmsghdr) char receive_controls[BPI_UDP_RECEIVE_MESSAGES][CMSG_SPACE(sizeof(int))];
};

static inline struct sockaddr_in6 bpi_udp_name_of(const struct base_address *address)
{
    struct sockaddr_in6 name = { .sin6_family = AF_INET6, .sin6_port = htons(address->port) };
    memcpy(&name.sin6_addr, address->ip, sizeof name.sin6_addr);
    return name;
}

static inline struct base_address bpi_udp_address_of(const struct sockaddr_in6 *name)
{
    struct base_address address = { .port = ntohs(name->sin6_port) };
    memcpy(address.ip, &name->sin6_addr, sizeof address.ip);
    return address;
}

/* Read the clock into the world. */
void bpi_udp_now(struct bpi_udp *udp);
/* world->send: queued, and sent when there is much. */
void bpi_udp_put(void *context, const struct base_address *to, const void *data, size_t size);
/* Step the machine with what has come, one recvmmsg's worth.
 * Errors: EIO (the socket is broken) */
BASE_MUST_USE base_err bpi_udp_receive(struct bpi_udp *udp, bool *has_come);

#endif
