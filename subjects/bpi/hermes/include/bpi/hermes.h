/* hermes.h - HERMES-Lite: an authenticated peer-to-peer overlay in three traffic classes.
 *
 * A node is a step machine (base/step.h); bpi/udp.h runs it on a socket. It knows its peers by
 * their Ed25519 keys, agrees keys with each (Noise XX), and carries messages to one node or to all:
 * urgent ones before bulk, in fragments with forward error correction and repair, each delivered
 * once.
 *
 *   bpi_hermes_new -> driver polls -> bpi_hermes_send(world of the driver) -> events by `tell`
 *
 * Small groups (members <= direct_max) are served directly: one hop, no relay. Larger ones over a
 * tree with lazy repair among at most max_neighbors neighbours; relayed messages carry their
 * origin's signature. README.md names the parts.
 *
 * Ownership a node owns its memory, bounded by its configuration
 * Threads   one node, one thread
 */
#ifndef BPI_HERMES_H
#define BPI_HERMES_H

#include <base/buf.h>
#include <base/step.h>

enum {
    BPI_HERMES_ID_SIZE = 32,
    BPI_HERMES_ID_TEXT_SIZE = 65, /* 64 hexadecimal digits and a zero */
    BPI_HERMES_SEED_SIZE = 32,
    BPI_HERMES_MESSAGE_MAX = 1 << 20, /* bytes of one payload */
    BPI_HERMES_PORT = 9000,
};

struct bpi_hermes_id {
    uint8_t bytes[BPI_HERMES_ID_SIZE]; /* Ed25519 public key */
};

/* 64 hexadecimal digits. Errors: EPARSE (why says at which character). */
BASE_MUST_USE base_err bpi_hermes_id_parse(const char *text, struct bpi_hermes_id *id,
                                           struct base_why *why);
const char *bpi_hermes_id_print(const struct bpi_hermes_id *id, char out[BPI_HERMES_ID_TEXT_SIZE]);

/* Lower goes first. */
enum bpi_hermes_class {
    BPI_HERMES_CONSENSUS,
    BPI_HERMES_AUCTION,
    BPI_HERMES_SHADOW_DATA,
    BPI_HERMES_CLASSES
};

/* X(NAME, text, class) in the order of the wire */
#define BPI_HERMES_TYPE_MAP(X)                                                                     \
    X(IBFT_PREPARE, "IbftPrepare", CONSENSUS)                                                      \
    X(IBFT_COMMIT, "IbftCommit", CONSENSUS)                                                        \
    X(HOTSTUFF_VOTE, "HotStuffVote", CONSENSUS)                                                    \
    X(AUCTION_BID, "AuctionBid", AUCTION)                                                          \
    X(AUCTION_RESULT, "AuctionResult", AUCTION)                                                    \
    X(ROUNDTABLE_COORDINATION, "RoundtableCoordination", AUCTION)                                  \
    X(BLOCK_DATA, "BlockData", SHADOW_DATA)                                                        \
    X(TRANSACTION_POOL, "TransactionPool", SHADOW_DATA)                                            \
    X(SHADOW_SYNC, "ShadowSync", SHADOW_DATA)                                                      \
    X(HEARTBEAT, "Heartbeat", CONSENSUS)                                                           \
    X(NEIGHBOR_DISCOVERY, "NeighborDiscovery", AUCTION)

enum bpi_hermes_type {
#define BPI_HERMES_TYPE_ENUM(name, text, class) BPI_HERMES_##name,
    BPI_HERMES_TYPE_MAP(BPI_HERMES_TYPE_ENUM)
#undef BPI_HERMES_TYPE_ENUM
        BPI_HERMES_TYPES
};

const char *bpi_hermes_class_text(
    enum bpi_hermes_class class); /* "Consensus", "Auction", "ShadowData" */
const char *bpi_hermes_type_text(enum bpi_hermes_type type);
enum bpi_hermes_class bpi_hermes_type_class(enum bpi_hermes_type type);
BASE_MUST_USE base_err bpi_hermes_class_parse(const char *text, enum bpi_hermes_class *class,
                                              struct base_why *why);
BASE_MUST_USE base_err bpi_hermes_type_parse(const char *text, enum bpi_hermes_type *type,
                                             struct base_why *why);

/* A member known from the start: where, and who (a zeroed id: whoever answers there). A node may be
 * told of itself: one list can serve all. */
struct bpi_hermes_member {
    struct base_address address;
    struct bpi_hermes_id id;
};

/* bpi_hermes_defaults fills what is not the caller's own. */
struct bpi_hermes_config {
    uint8_t seed[BPI_HERMES_SEED_SIZE];        /* of the identity; secret */
    const struct bpi_hermes_member *bootstrap; /* [bootstrap_count] */
    size_t bootstrap_count;
    uint32_t max_neighbors; /* 8; 1 .. 64: of the overlay, whatever the number of sessions */
    uint32_t direct_max;    /* 64: up to so many members everybody is sent to directly; 0: never */
    uint32_t members_max;   /* 16384: members remembered */
    uint32_t mtu_bytes;     /* 1500: of the path, IP headers included; 576 .. 9000 */
    uint64_t
        deadline_ns[BPI_HERMES_CLASSES]; /* 1 s, 5 s, 30 s: given up after; the event says so */
    uint32_t
        auction_retries; /* 2, 100 ms apart, before a send to a node without a session is refused */
    uint64_t inactive_ns;     /* 300 s: a silent neighbour is dropped */
    uint64_t rekey_ns;        /* 120 s, or after 2^48 packets: new keys */
    size_t peer_memory_bytes; /* 4 MiB: queued, waiting for repair and half received, per peer and
                                 direction */
    /* Of the path to each peer: sent at after one round trip, and aimed at whenever the queue is
     * empty, until losses of a third of a round show that it is too high; 0: not known. */
    uint64_t rate_bits;
    uint64_t rate_max_bits; /* 0: no limit */
    bool is_auth_only;      /* ShadowData is authenticated but not encrypted */
    /* Grows with each start of one identity (the wall clock's nanoseconds, say), so that what an
     * earlier life of the node sent is not taken for new; 0: now_ns of `start`, which is enough
     * while the machine stays up. */
    uint64_t incarnation;
};
void bpi_hermes_defaults(struct bpi_hermes_config *config);

struct bpi_hermes_message_id {
    uint8_t bytes[16]; /* of origin and its counter; unique */
};

enum bpi_hermes_event_kind {
    BPI_HERMES_MESSAGE, /* a message for this node, once */
    BPI_HERMES_DONE,    /* a message of ours has reached (or, `missed` > 0, not reached in time) its
                           addressees */
    BPI_HERMES_PEER_UP,
    BPI_HERMES_PEER_DOWN,
    BPI_HERMES_WRITABLE, /* after EFULL: there is room again */
};

/* What `tell` hands over; payload is valid during the call. */
struct bpi_hermes_event {
    enum bpi_hermes_event_kind kind;
    struct bpi_hermes_id id; /* origin, or the peer */
    struct bpi_hermes_message_id message_id;
    enum bpi_hermes_class class;
    enum bpi_hermes_type type;
    struct base_span payload;
    uint32_t hops;               /* 1: from its origin directly */
    uint32_t addressees, missed; /* DONE */
};

/* Counts since the start. */
struct bpi_hermes_status {
    struct bpi_hermes_id id;
    uint32_t members, sessions, neighbors;
    bool is_ready; /* a session with every bootstrap member that answers, at least one */
    uint64_t sent[BPI_HERMES_CLASSES], delivered[BPI_HERMES_CLASSES];
    uint64_t duplicates; /* packets that the network copied, and messages that came whole again over
                            another edge of the tree */
    uint64_t fragments_sent, fragments_repeated, fragments_parity, fragments_received,
        fragments_redundant;
    uint64_t bytes_sent, bytes_received; /* of datagrams */
    uint64_t rejected_forged, rejected_replayed, rejected_malformed, rejected_unknown, cookies_sent;
    uint64_t rejected_limited; /* handshakes that came too often from one source */
    uint64_t expired, refused; /* messages given up, sends answered EFULL */
    size_t memory_bytes;       /* in use by queues and reassembly */
    uint64_t rtt_min_ns;       /* round trip to the nearest with a session; 0: not known */
};

struct bpi_hermes_neighbor {
    struct bpi_hermes_id id;
    struct base_address address;
    bool is_neighbor; /* else a session only */
    double score;     /* 0 .. 1, higher is better */
    uint64_t rtt_ns, rtt_deviation_ns;
    double loss_share;  /* measured, of what we send it */
    uint64_t rate_bits; /* what the congestion control allows now */
    size_t queued_bytes;
    uint64_t last_seen_ns;
};

struct bpi_hermes;
extern const struct base_step bpi_hermes_step;

/* Errors: ERANGE (why names the field), ENOMEM, EUNSUPPORTED (libsodium or ISA-L do not start). */
BASE_MUST_USE base_err bpi_hermes_new(const struct bpi_hermes_config *config,
                                      struct bpi_hermes **node, struct base_why *why);
void bpi_hermes_free(struct bpi_hermes *node);
/* Send to one node (`to`) or to all (NULL).
 *
 *   payload   1 .. BPI_HERMES_MESSAGE_MAX bytes, copied
 *   id        out, may be NULL
 *
 * To all: every member with a session, or, in the tree, whoever it reaches; a peer that lags far
 * behind all others is left out and counted as missed instead of holding them up. To one without a
 * session: a connection is begun; an auction message waits for it as auction_retries says.
 *
 * DONE    tells when addressees have it all, or the deadline passed, or their session ended (who
 *         began anew misses what was sent before its new session was known here); of the tree's
 *         messages the addressees are the neighbours it was handed to. It comes before this returns
 *         when there is nobody to wait for
 * Errors  ERANGE (size, type), EINVALID (`to` is this node), EFULL (no room at a peer: wait for
 *         WRITABLE), ENOTFOUND (nobody knows `to`, or there is no session yet), ENOMEM */
BASE_MUST_USE base_err bpi_hermes_send(struct bpi_hermes *node, const struct base_step_world *world,
                                       enum bpi_hermes_type type, const struct bpi_hermes_id *to,
                                       struct base_span payload, struct bpi_hermes_message_id *id,
                                       struct base_why *why);
struct bpi_hermes_status bpi_hermes_status(const struct bpi_hermes *node);
/* Up to `capacity` sessions into `out`; how many there are. */
size_t bpi_hermes_neighbors(const struct bpi_hermes *node, struct bpi_hermes_neighbor *out,
                            size_t capacity);

#endif
