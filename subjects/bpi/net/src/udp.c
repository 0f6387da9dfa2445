/* udp.c - the socket and the loop. Time is read when the loop begins a turn and before each buffer
 * that came; ppoll's time-out has the thread's timer slack (50 us unless PR_SET_TIMERSLACK was
 * used), which a driver that may spin makes up for. */
#define _GNU_SOURCE
#include "udp_internal.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S UINT64_C(1000000000)

enum {
    SPIN_NS = 50000,
    SOCKET_BUFFER_BYTES = 4 << 20,
    GAP_WEIGHT = 8,   /* of what is smoothed */
    QUIET_PAUSES = 2, /* so long none come after the last pause */
    PAUSE_SHARE = 50, /* of a round trip */
    PAUSE_LEAST_NS = 50000,
    PAUSE_MOST_NS = 1000000,
};

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void bpi_udp_now(struct bpi_udp *udp)
{
    udp->world.now_ns = clock_ns();
}

static void secret(void *context, void *out, size_t size)
{
    (void)context;
    for (uint8_t *at = out; size > 0;) {
        const ssize_t got = getrandom(at, size, 0);
        at += got > 0 ? got : 0; /* only a signal comes between */
        size -= got > 0 ? (size_t)got : 0;
    }
}

static void tell(void *context, const void *event)
{
    struct bpi_udp *const udp = context;
    if (udp->config.tell != NULL)
        udp->config.tell(udp->config.context, udp->world.now_ns, event);
}

/* ---- the socket ---- */

static base_err refused(const struct base_address *address, struct base_why *why)
{
    char text[BASE_ADDRESS_TEXT_SIZE];
    base_address_print(address, text);
    switch (errno) {
    case EADDRINUSE:
        return base_fail(why, BASE_EIO, 0, "UDP %s: the port is in use", text);
    case EACCES:
        return base_fail(why, BASE_EIO, 0,
                         "UDP %s: this user may not use the port; those from 1024 on are free",
                         text);
    case EADDRNOTAVAIL:
        return base_fail(why, BASE_EIO, 0, "UDP %s: this machine does not have the address", text);
    default:
        return base_fail(why, BASE_EIO, 0, "UDP %s: %s", text, strerror(errno));
    }
}

static void set(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value); /* without it: slower, not wrong */
}

static base_err socket_open(struct bpi_udp *udp, struct base_why *why)
{
    const struct sockaddr_in6 name = bpi_udp_name_of(&udp->config.listen);
    const uint32_t asked = udp->config.socket_buffer_bytes;
    const int size = (int)(asked == 0          ? SOCKET_BUFFER_BYTES
                           : asked > INT32_MAX ? INT32_MAX
                                               : asked);
    const int both = 0;
    udp->fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (udp->fd < 0)
        return base_fail(why, BASE_EIO, 0, "no IPv6 socket: %s", strerror(errno));
    if (setsockopt(udp->fd, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both) != 0)
        return base_fail(why, BASE_EIO, 0, "no socket for IPv4 and IPv6: %s", strerror(errno));
    set(udp->fd, SOL_SOCKET, SO_RCVBUF, size);
    set(udp->fd, SOL_SOCKET, SO_RCVBUFFORCE, size);
    set(udp->fd, SOL_SOCKET, SO_SNDBUF, size);
    set(udp->fd, SOL_SOCKET, SO_SNDBUFFORCE, size);
    if (!udp->config.is_plain)
        set(udp->fd, SOL_UDP, UDP_GRO, 1);
    if (bind(udp->fd, (const struct sockaddr *)&name, sizeof name) != 0)
        return refused(&udp->config.listen, why);
    return BASE_OK;
}

base_err bpi_udp_open(const struct bpi_udp_config *config, struct bpi_udp **out,
                      struct base_why *why)
{
    uint64_t seed = config->seed;
    struct bpi_udp *const udp = calloc(1, sizeof *udp);
    if (udp == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory for a UDP socket");
    udp->fd = -1;
    udp->config = *config;
    bpi_udp_set_pause(udp, config->pause_ns);
    udp->segment_max = config->is_plain ? 0 : BASE_STEP_DATAGRAM_MAX;
    udp->pool = malloc(BPI_UDP_POOL_SIZE);
    udp->received = malloc((size_t)BPI_UDP_RECEIVE_MESSAGES * BPI_UDP_RECEIVE_SIZE);
    base_err err = udp->pool != NULL && udp->received != NULL
                       ? socket_open(udp, why)
                       : base_fail(why, BASE_ENOMEM, 0, "out of memory for a UDP socket");
    if (err != BASE_OK) {
        bpi_udp_close(udp);
        return err;
    }
    if (seed == 0)
        secret(NULL, &seed, sizeof seed);
    base_rng_init(&udp->rng, seed);
    udp->world = (struct base_step_world){
        .context = udp, .rng = &udp->rng, .secret = secret, .send = bpi_udp_put, .tell = tell
    };
    *out = udp;
    return BASE_OK;
}

void bpi_udp_close(struct bpi_udp *udp)
{
    if (udp == NULL)
        return;
    if (udp->fd >= 0)
        close(udp->fd);
    free(udp->pool);
    free(udp->received);
    free(udp);
}

uint64_t bpi_udp_pause_of(uint64_t round_trip_ns)
{
    const uint64_t pause_ns = round_trip_ns / PAUSE_SHARE;
    if (pause_ns < PAUSE_LEAST_NS)
        return 0;
    return pause_ns < PAUSE_MOST_NS ? pause_ns : PAUSE_MOST_NS;
}

void bpi_udp_set_pause(struct bpi_udp *udp, uint64_t pause_ns)
{
    udp->config.pause_ns = udp->config.busy_poll_ns > 0 ? 0 : pause_ns;
}

struct base_address bpi_udp_address(const struct bpi_udp *udp)
{
    struct sockaddr_in6 name = { 0 };
    socklen_t size = sizeof name;
    (void)getsockname(udp->fd, (struct sockaddr *)&name, &size); /* an open socket has one */
    return bpi_udp_address_of(&name);
}

/* ---- the loop ---- */

static void start_once(struct bpi_udp *udp)
{
    bpi_udp_now(udp);
    if (udp->is_started)
        return;
    udp->is_started = true;
    udp->config.step->start(udp->config.state, &udp->world);
}

struct base_step_world *bpi_udp_world(struct bpi_udp *udp)
{
    start_once(udp);
    return &udp->world;
}

static bool timer_run(struct bpi_udp *udp)
{
    bpi_udp_now(udp);
    if (udp->config.step->wake_ns(udp->config.state) > udp->world.now_ns)
        return false;
    udp->config.step->timer(udp->config.state, &udp->world);
    return true;
}

/* After a look at the socket: is it worth a wake-up to take the next datagram at once? Not if two
 * or more come in a pause; and more than one turn takes is taken without sleeping. */
static void crowd_see(struct bpi_udp *udp, bool has_come)
{
    const uint64_t now_ns = udp->world.now_ns, pause_ns = udp->config.pause_ns;
    const uint64_t gap_ns = now_ns - udp->came_ns;
    const bool was_crowded = udp->pause_until_ns > 0;
    bool is_crowded = was_crowded && (has_come || gap_ns <= QUIET_PAUSES * pause_ns);
    if (has_come && !was_crowded) {
        const uint64_t part_ns = (gap_ns < NS_PER_S ? gap_ns : NS_PER_S) / GAP_WEIGHT;
        udp->gap_ns = udp->gap_ns - udp->gap_ns / GAP_WEIGHT + part_ns;
        is_crowded = udp->gap_ns < pause_ns / 2;
    }
    if (has_come)
        udp->came_ns = now_ns;
    if (was_crowded && !is_crowded)
        udp->gap_ns = pause_ns;
    const bool pauses = is_crowded && udp->is_drained && pause_ns > 0;
    udp->pause_until_ns = pauses ? (now_ns / pause_ns + 1) * pause_ns : 0;
}

/* One turn: what has come, when it is looked at, then what is due; so nothing is given up that an
 * answer in the socket speaks of. */
static base_err turn(struct bpi_udp *udp, bool looks, bool *has_done)
{
    bool has_come = false;
    udp->is_drained = false;
    const base_err err = looks ? bpi_udp_receive(udp, &has_come) : BASE_OK;
    *has_done = timer_run(udp) || has_come;
    if (looks)
        crowd_see(udp, has_come);
    bpi_udp_flush(udp);
    return err;
}

/* Until then, or until there is something to do; what comes by the socket is not to be told in a
 * pause. Errors: EIO, EINTERRUPTED */
static base_err wait_for(struct bpi_udp *udp, uint64_t until_ns, int other, bool *is_other)
{
    const uint64_t now_ns = clock_ns();
    const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    const struct timespec left = { (time_t)(left_ns / NS_PER_S), (long)(left_ns % NS_PER_S) };
    const size_t queued = udp->run_count - udp->run_first;
    const short events =
        (short)((udp->pause_until_ns > 0 ? 0 : POLLIN) | (queued > 0 ? POLLOUT : 0));
    struct pollfd files[] = { { events != 0 ? udp->fd : -1, events, 0 }, { other, POLLIN, 0 } };
    if (ppoll(files, 2, &left, NULL) < 0)
        return errno == EINTR ? BASE_EINTERRUPTED : BASE_EIO;
    *is_other = files[1].revents != 0;
    return files[0].revents & POLLNVAL ? BASE_EIO : BASE_OK;
}

/* Sleep through the pause, if there is one. */
static base_err pause_sleep(struct bpi_udp *udp, uint64_t until_ns, int other, bool *is_other)
{
    const uint64_t end_ns = until_ns < udp->pause_until_ns ? until_ns : udp->pause_until_ns;
    if (udp->world.now_ns >= end_ns)
        return BASE_OK;
    udp->stats.pauses++;
    return wait_for(udp, end_ns, other, is_other);
}

/* Sleep until something is due or comes; who may spin sleeps late and wakes early. */
static base_err idle_sleep(struct bpi_udp *udp, uint64_t begin_ns, uint64_t until_ns, int other,
                           bool *is_other)
{
    const uint64_t now_ns = clock_ns(), busy_ns = udp->config.busy_poll_ns;
    const uint64_t wake_ns = udp->config.step->wake_ns(udp->config.state);
    uint64_t sleep_ns = wake_ns < until_ns ? wake_ns : until_ns;
    if (busy_ns > 0 && (now_ns - begin_ns < busy_ns || sleep_ns < now_ns + SPIN_NS))
        sleep_ns = 0;
    else if (busy_ns > 0 && sleep_ns != UINT64_MAX)
        sleep_ns -= SPIN_NS;
    return wait_for(udp, sleep_ns, other, is_other);
}

base_err bpi_udp_poll(struct bpi_udp *udp, uint64_t until_ns, int other, bool *is_other)
{
    start_once(udp);
    const uint64_t begin_ns = udp->world.now_ns;
    bool is_readable = false, has_done = false;
    bool looks = !udp->is_drained || udp->pause_until_ns > 0 ||
                 until_ns <= begin_ns; /* else ppoll tells what has come since */
    if (udp->run_first < udp->run_count)
        bpi_udp_flush(udp);
    base_err err = pause_sleep(udp, until_ns, other, &is_readable);
    while (err == BASE_OK && (err = turn(udp, looks, &has_done)) == BASE_OK && !has_done &&
           !is_readable && udp->world.now_ns < until_ns) {
        looks = true;
        err = udp->pause_until_ns > 0 ? pause_sleep(udp, until_ns, other, &is_readable)
                                      : idle_sleep(udp, begin_ns, until_ns, other, &is_readable);
    }
    if (err == BASE_OK && other >= 0 && !is_readable)
        err = wait_for(udp, 0, other, &is_readable);
    if (is_other != NULL)
        *is_other = is_readable;
    return err;
}

struct bpi_udp_stats bpi_udp_stats(const struct bpi_udp *udp)
{
    struct bpi_udp_stats stats = udp->stats;
    uint32_t memory[SK_MEMINFO_VARS] = { 0 };
    socklen_t size = sizeof memory;
    if (getsockopt(udp->fd, SOL_SOCKET, SO_MEMINFO, memory, &size) == 0)
        stats.overflowed = memory[SK_MEMINFO_DROPS];
    return stats;
}
