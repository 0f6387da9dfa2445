/* link_queue.c - a wire with a queue in front of it, decided when a packet comes.
 *
 * The wire serves in the order of arrival, so one number says all about the queue: when the wire
 * will be free. It is kept exactly, in nanoseconds and a rest, so that small packets on fast links
 * do not round the rate away. A packet that comes now is dequeued when the wire gets free, and
 * CoDel looks at it then: its state depends on the packets before and on this moment alone. Only
 * "the queue was empty" after a drop needs care: the next packet is asked for at the moment of the
 * drop, and `asked` remembers that until one comes, in time or not. */
#include "link_internal.h"

#include <math.h>

enum { QUEUE_LEAST = 3000, FULL_PACKET = 1500 };
enum { ASKED_NOT, ASKED_AGAIN, ASKED_FIRST }; /* codel.asked: in the drop state, on entering it */
#define CODEL_TARGET_NS   UINT64_C(5000000)
#define CODEL_INTERVAL_NS UINT64_C(100000000)

static uint64_t queue_limit(const struct lab_link_config *c)
{
    const uint64_t tenth = c->rate_bits / 80;
    if (c->queue_bytes > 0)
        return c->queue_bytes;
    return tenth > QUEUE_LEAST ? tenth : QUEUE_LEAST;
}

static bool is_full(const struct lab_link *link, uint64_t now_ns, size_t size)
{
    typedef unsigned __int128 wide;
    if (link->free_ns <= now_ns)
        return false;
    const wide unsent = (wide)(link->free_ns - now_ns) * link->config.rate_bits + link->free_rest;
    return unsent + (wide)size * LAB_BYTE_NS > (wide)queue_limit(&link->config) * LAB_BYTE_NS;
}

static uint64_t codel_interval(const struct lab_link_config *c)
{
    return c->codel_interval_ns > 0 ? c->codel_interval_ns : CODEL_INTERVAL_NS;
}

static uint64_t codel_target(const struct lab_link_config *c)
{
    const uint64_t full =
        (c->mtu_bytes > 0 ? c->mtu_bytes : FULL_PACKET) * LAB_BYTE_NS / c->rate_bits;
    const uint64_t target = c->codel_target_ns > 0 ? c->codel_target_ns : CODEL_TARGET_NS;
    return target > full ? target : full;
}

/* Time of the drop after the one at at_ns: RFC 8289, 5.4 "control law". */
static uint64_t codel_next(const struct lab_link *link, uint64_t at_ns)
{
    return at_ns + (uint64_t)((double)codel_interval(&link->config) / sqrt(link->codel.count));
}

/* RFC 8289, 5.5 dodequeue: has the sojourn time been above the target for an interval? */
static bool codel_may_drop(struct lab_link *link, uint64_t start_ns, uint64_t sojourn_ns)
{
    if (sojourn_ns < codel_target(&link->config)) {
        link->codel.first_above_ns = 0;
        return false;
    }
    if (link->codel.first_above_ns == 0) {
        link->codel.first_above_ns = start_ns + codel_interval(&link->config);
        return false;
    }
    return start_ns >= link->codel.first_above_ns;
}

static void codel_enter(struct lab_link *link, uint64_t start_ns)
{
    const uint32_t delta = link->codel.count - link->codel.last_count;
    const bool is_recent = start_ns < link->codel.next_drop_ns ||
                           start_ns - link->codel.next_drop_ns < 16 * codel_interval(&link->config);
    link->codel.is_dropping = true;
    link->codel.count = delta > 1 && is_recent ? delta : 1;
    link->codel.next_drop_ns = codel_next(link, start_ns);
    link->codel.last_count = link->codel.count;
}

/* The packet asked for at the last drop did not come in time: the queue was empty. */
static void codel_missed(struct lab_link *link)
{
    link->codel.first_above_ns = 0;
    if (link->codel.asked == ASKED_AGAIN)
        link->codel.is_dropping = false;
    link->codel.asked = ASKED_NOT;
}

/* RFC 8289, 5.6 deque, one packet at a time. */
static bool codel_drops(struct lab_link *link, uint64_t now_ns, uint64_t start_ns)
{
    if (link->codel.asked != ASKED_NOT && now_ns > link->free_ns)
        codel_missed(link);
    const bool may_drop = codel_may_drop(link, start_ns, start_ns - now_ns);
    const int asked = link->codel.asked;
    link->codel.asked = ASKED_NOT;
    if (asked == ASKED_FIRST)
        return false;
    if (!link->codel.is_dropping) {
        if (!may_drop)
            return false;
        codel_enter(link, start_ns);
        link->codel.asked = ASKED_FIRST;
        return true;
    }
    if (!may_drop)
        link->codel.is_dropping = false;
    else if (asked == ASKED_AGAIN)
        link->codel.next_drop_ns = codel_next(link, link->codel.next_drop_ns);
    if (!link->codel.is_dropping || start_ns < link->codel.next_drop_ns)
        return false;
    link->codel.count++;
    link->codel.asked = ASKED_AGAIN;
    return true;
}

bool lab_link_transmit(struct lab_link *link, uint64_t now_ns, size_t size, uint64_t *out_ns)
{
    const struct lab_link_config *const c = &link->config;
    if (is_full(link, now_ns, size))
        return false;
    const uint64_t start_ns = link->free_ns > now_ns ? link->free_ns : now_ns;
    if (c->queue == LAB_QUEUE_CODEL && codel_drops(link, now_ns, start_ns))
        return false;
    if (start_ns > link->free_ns)
        link->free_rest = 0;
    const uint64_t work = size * LAB_BYTE_NS + link->free_rest;
    const uint64_t took_ns = work / c->rate_bits;
    link->free_ns = start_ns + took_ns;
    link->free_rest = work % c->rate_bits;
    link->counts.busy_ns += took_ns;
    *out_ns = link->free_ns;
    return true;
}
