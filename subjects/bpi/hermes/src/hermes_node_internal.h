/* hermes_node_internal.h - the parts of a node and what they ask of each other.
 *
 *   hermes_node_new.c      its life, its status
 *   hermes_node.c          the step machine: datagrams, timers, the pump that empties the flows
 *   hermes_node_send.c     messages of the application: to one, to all, and when they are done
 *   hermes_node_receive.c  what comes out of a flow: deliver, or do what a control message asks
 *   hermes_node_peers.c    sessions: up, down, heartbeats, scores, penalties
 *   hermes_node_self.c     where this node is, by what the others see
 *   hermes_node_links.c    whom to connect to: bootstrap, members, the overlay's neighbours
 *   hermes_tree.c          broadcast over the neighbours
 *
 * A call of the machine sets the world, does its work and ends with the pump. What a flow hands
 * over may be answered through any flow, its own included, but sessions begin and end only outside.
 */
#ifndef BPI_HERMES_NODE_INTERNAL_H
#define BPI_HERMES_NODE_INTERNAL_H

#include "hermes_flow_internal.h"
#include "hermes_members_internal.h"
#include "hermes_message_internal.h"
#include "hermes_message_seen_internal.h"
#include "hermes_rate_internal.h"
#include "hermes_secure_internal.h"

#define HERMES_NEVER  UINT64_MAX
#define HERMES_MS     UINT64_C(1000000)
#define HERMES_SECOND UINT64_C(1000000000)

enum {
    HERMES_IP_UDP_SIZE = 48,    /* IPv6 and UDP headers */
    HERMES_TICKETS_MAX = 65536, /* messages of ours under way */
    HERMES_RELAYED_MAX = 4096,  /* the same of one class in the tree; < HERMES_WINDOW_MAX */
    HERMES_BANS = 64,
    HERMES_HELD_MAX = 64,
};

/* First byte of what a sealed packet carries. */
enum hermes_packet { HERMES_PACKET_FLOW, HERMES_PACKET_PING, HERMES_PACKET_PONG };

/* SHUNNED: banned; the session is kept, so that it is not asked for again, and nothing that comes
 * over it is looked at. */
enum hermes_peer_state {
    HERMES_PEER_FREE,
    HERMES_PEER_CONNECTING,
    HERMES_PEER_UP,
    HERMES_PEER_SHUNNED
};

/* One session; its index is the handle of hermes_secure. */
struct hermes_peer {
    enum hermes_peer_state state;
    struct bpi_hermes_id id; /* known from UP on */
    struct base_address address;
    struct hermes_flow *flow;
    bool is_neighbor, is_eager;  /* of the tree */
    bool is_chosen;              /* a neighbour for its score, not by chance */
    bool is_asked;               /* we asked it to be a neighbour and have no answer */
    bool is_dirty;               /* in the pump's list */
    struct base_address seen_at; /* where it says it sees us; port 0: it did not say */
    uint64_t up_ns, seen_ns, used_ns, refused_ns;
    uint64_t urgent_ns;    /* its urgent asking was given way to */
    uint64_t ping_ns;      /* when the unanswered one was sent; 0: none */
    uint64_t next_ping_ns; /* or when to give the session up */
    uint32_t missed_pings, bad;
    uint64_t rtt_ns, rtt_deviation_ns; /* of pings */
    double loss_share;                 /* of pings */
    uint64_t full_since_ns;            /* 0: there was room */
    uint64_t wake_ns;
    uint32_t heap_at;
};

/* A node of the start that is not met yet. */
struct hermes_boot {
    struct base_address address;
    struct bpi_hermes_id id; /* zeroed: whoever answers */
    uint32_t session;
    uint64_t first_ns, retry_ns;
    uint32_t failures;
    bool is_met, is_self;
};

bool hermes_boot_has_id(const struct hermes_boot *boot);

/* A message of ours under way. */
struct hermes_ticket {
    struct bpi_hermes_message_id id;
    enum bpi_hermes_type type;
    uint32_t addressees, pending, missed;
    uint32_t next_free;
    bool is_used, is_relayed;
};

/* An auction message that waits for a session. */
struct hermes_held {
    struct bpi_hermes_id to;
    uint8_t *message;
    size_t size;
    uint32_t ticket;
    enum bpi_hermes_class class;
    uint64_t due_ns;
    uint32_t tries_left;
};

struct hermes_tree;

struct bpi_hermes {
    struct bpi_hermes_config config; /* bootstrap and seed are not kept */
    struct bpi_hermes_id self;
    struct hermes_secure *secure;
    struct hermes_seen *seen;
    struct hermes_tree *tree;
    struct hermes_members members;
    struct hermes_boot *boots; /* [boot_count] */
    uint32_t boot_count;
    struct hermes_peer *peers; /* [capacity] */
    uint32_t capacity, up_count, neighbor_count, shunned_count;
    uint32_t *dirty, dirty_count; /* handles whose flows may have packets */
    uint32_t *heap, heap_count;   /* handles that are up, by wake_ns */

    const struct base_step_world *outer; /* the driver's, during a call */
    struct base_step_world world;        /* the same, but what is sent is counted */
    uint32_t depth;                      /* of calls: the outermost one pumps */
    struct base_buf scratch;             /* a message being put together */

    struct hermes_ticket *tickets;
    uint64_t *ticket_peers; /* [ticket_capacity * words] who has it pending */
    uint32_t ticket_capacity, ticket_free, ticket_words;
    uint32_t ticket_count;                      /* used */
    uint32_t relayed_count[BPI_HERMES_CLASSES]; /* of the tree */
    struct hermes_held held[HERMES_HELD_MAX];
    uint32_t held_count;
    size_t held_bytes;
    uint64_t incarnation;
    /* Of the tree, without gaps, so that windows stay small; and of what goes directly, which a
     * flow delivers once by itself. */
    uint64_t relayed_counters[BPI_HERMES_CLASSES], direct_counters[BPI_HERMES_CLASSES];
    size_t blocked_size;     /* of a send that was refused; 0: none */
    uint32_t blocked_handle; /* where; HERMES_NO_SESSION: it was for all */
    enum bpi_hermes_class blocked_class;

    struct hermes_record self_record; /* port 0: our address is not known yet */
    struct {
        struct bpi_hermes_id id;
        uint64_t until_ns;
    } bans[HERMES_BANS];
    uint32_t ban_next;

    uint64_t links_ns, exchange_ns, exchange_every_ns, overlay_ns, improve_ns;
    struct hermes_losses losses;          /* of all flows */
    struct bpi_hermes_status status;      /* counts; the rest is filled when asked for */
    struct hermes_flow_stats flow_totals; /* of flows that are gone */
    uint8_t *packet;                      /* [mtu_bytes] one sealed packet */
};

/* hermes_node_new.c */
void hermes_node_add_stats(struct hermes_flow_stats *total, const struct hermes_flow_stats *more);

/* hermes_node.c */
/* Around every call from outside; they may nest. */
void hermes_node_enter(struct bpi_hermes *node, const struct base_step_world *world);
void hermes_node_leave(struct bpi_hermes *node);
/* Do what a datagram, or time, has brought. */
void hermes_node_opened(struct bpi_hermes *node, const struct hermes_opened *opened);
/* Give a message to the flow of a session that is up; ticket 0: nobody waits for its end. */
BASE_MUST_USE base_err hermes_node_submit(struct bpi_hermes *node, uint32_t handle,
                                          enum bpi_hermes_class class, struct base_span message,
                                          uint64_t ticket);
/* A control message; when there is no room it is not said. */
void hermes_node_say(struct bpi_hermes *node, uint32_t handle,
                     const struct hermes_control *control);
void hermes_node_mark(struct bpi_hermes *node, uint32_t handle);     /* the pump shall look at it */
void hermes_node_schedule(struct bpi_hermes *node, uint32_t handle); /* its next wake, anew */
void hermes_node_unschedule(struct bpi_hermes *node, uint32_t handle);
/* One small packet of its own, past the flow. */
void hermes_node_packet(struct bpi_hermes *node, uint32_t handle, enum hermes_packet kind,
                        uint64_t stamp);
bool hermes_node_is_tree(const struct bpi_hermes *node);

/* hermes_node_send.c */
/* Submit a message of a ticket to one more addressee; false: it counts as missed. */
bool hermes_send_to(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                    struct base_span message, uint64_t ticket);
void hermes_send_done(struct bpi_hermes *node, uint32_t handle, uint64_t ticket, bool is_delivered);
/* Nothing more comes from this session: its share of every message under way is missed. */
void hermes_send_lost(struct bpi_hermes *node, uint32_t handle);
void hermes_send_held(struct bpi_hermes *node); /* messages whose waiting is over */
uint64_t hermes_send_wake_ns(const struct bpi_hermes *node);
void hermes_send_writable(struct bpi_hermes *node); /* tell, if there is room again */
void hermes_send_free(struct bpi_hermes *node);
/* May a message go to this peer now? */
bool hermes_send_has_room(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                          size_t size);

/* hermes_node_receive.c */
void hermes_receive_message(struct bpi_hermes *node, uint32_t handle, enum bpi_hermes_class class,
                            struct base_span message);
void hermes_receive_deliver(struct bpi_hermes *node, const struct hermes_envelope *envelope);

/* hermes_node_peers.c */
void hermes_peer_up(struct bpi_hermes *node, uint32_t handle);
void hermes_peer_down(struct bpi_hermes *node, uint32_t handle);  /* secure has forgotten it */
void hermes_peer_close(struct bpi_hermes *node, uint32_t handle); /* we end it */
/* Begin a session; HERMES_NO_SESSION: no handle left. */
uint32_t hermes_peer_connect(struct bpi_hermes *node, const struct base_address *to,
                             const struct bpi_hermes_id *expect);
void hermes_peer_timer(struct bpi_hermes *node, uint32_t handle);
void hermes_peer_pong(struct bpi_hermes *node, uint32_t handle, uint64_t stamp);
uint64_t hermes_peer_rtt(const struct hermes_peer *peer);
double hermes_peer_score(const struct bpi_hermes *node, const struct hermes_peer *peer);
/* It broke the protocol, or passed on what is forged: after a few times it is banned for a while.
 * The session stays until the next timer, so that this may be called inside a flow. */
void hermes_peer_blame(struct bpi_hermes *node, uint32_t handle, uint32_t weight);
bool hermes_peer_is_banned(const struct bpi_hermes *node, const struct bpi_hermes_id *id);

/* hermes_node_links.c */
void hermes_links_start(struct bpi_hermes *node);
void hermes_links_timer(struct bpi_hermes *node);
uint64_t hermes_links_wake_ns(const struct bpi_hermes *node);
void hermes_links_up(struct bpi_hermes *node, uint32_t handle);
void hermes_links_down(struct bpi_hermes *node, uint32_t handle);
void hermes_links_members(struct bpi_hermes *node, uint32_t handle,
                          const struct hermes_control *control);
void hermes_links_neighbor(struct bpi_hermes *node, uint32_t handle, enum hermes_verb verb);
/* No longer a neighbour, and it is told so. */
void hermes_links_leave(struct bpi_hermes *node, uint32_t handle);
bool hermes_links_is_ready(const struct bpi_hermes *node);
/* Tell our own record, if there is one, and up to `sample` others. */
void hermes_links_say(struct bpi_hermes *node, uint32_t handle, size_t sample, bool wants_answer);

/* hermes_node_self.c: an address that the most *places* name, of all sessions that are up, is ours
 * and is signed. A place is a session; sessions whose own addresses are in one public subnet (an
 * IPv4 /24, an IPv6 /64) are one place. Of equals the address that the start gave under our id
 * comes first, then the one we have.
 *
 * Bound     each session names one address and keeps it until it ends, so what others say cannot
 *           keep a word from being counted: an address that h places name is ours unless h or more
 *           places name one and the same other address. Who says many different things has one
 *           place for each.
 * Cost      O(1) for a word that agrees with ours; else O(n) to O(n^2) looks, n sessions
 */
void hermes_self_start(struct bpi_hermes *node);
/* A session says where it sees us: its first word counts. */
void hermes_self_named(struct bpi_hermes *node, uint32_t handle,
                       const struct base_address *seen_at);
void hermes_self_unnamed(struct bpi_hermes *node, uint32_t handle); /* it ends */

/* hermes_tree.c */
BASE_MUST_USE base_err hermes_tree_new(const struct bpi_hermes_config *config,
                                       struct hermes_tree **tree);
void hermes_tree_free(struct hermes_tree *tree);
/* Shall the next message of ours shape the tree? It must then be published. */
bool hermes_tree_shapes(struct bpi_hermes *node);
/* A message of ours, signed: hand it to the neighbours; how many it was submitted to with `ticket`.
 */
uint32_t hermes_tree_publish(struct bpi_hermes *node, const struct hermes_envelope *envelope,
                             struct base_span message, uint64_t ticket);
/* Tell a new neighbour of the newest messages that are not past their deadline. */
void hermes_tree_introduce(struct bpi_hermes *node, uint32_t handle);
void hermes_tree_relayed(struct bpi_hermes *node, uint32_t handle,
                         const struct hermes_envelope *envelope, struct base_span message);
void hermes_tree_control(struct bpi_hermes *node, uint32_t handle,
                         const struct hermes_control *control);
void hermes_tree_peer_gone(struct bpi_hermes *node, uint32_t handle);
void hermes_tree_timer(struct bpi_hermes *node);
uint64_t hermes_tree_wake_ns(const struct bpi_hermes *node);
size_t hermes_tree_memory(const struct hermes_tree *tree);

#endif
