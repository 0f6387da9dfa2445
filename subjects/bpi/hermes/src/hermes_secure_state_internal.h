/* hermes_secure_state_internal.h - what hermes_secure*.c share: the packets, and the tables of
 * sessions, of half-open handshakes and of keys.
 *
 * A handshake, and how every packet of it is repeated until the other side moved on:
 *
 *   INIT, no cookie        ->                          repeated by the caller
 *                          <- COOKIE                   nothing is remembered
 *   INIT, cookie           ->                          repeated by the caller
 *                          <- ANSWER                   half-open; the same for each INIT
 *   (up) FINISH            ->                          repeated by the caller
 *                          <- PING (up, confirmed)     repeated by the called
 *   (confirmed) PONG       ->
 *
 * Keys are *confirmed* when a packet under them has come: then both sides have them. Each session
 * has up to two: `cur` and the other ones, which are still accepted. It sends with keys that are
 * confirmed if there are any, and repeats what makes the current ones so. New keys later are
 * agreed inside the session: REKEY -> ANSWER -> PING -> PONG, the same way.
 *
 * Two handshakes that cross are both completed, and both sides make that of the lower id current.
 * But a call that seems to cross ours may be a later one, of a peer that forgot our handshake, or
 * an older one that it gave up. So whoever completes our handshake says in every packet under its
 * keys with which call of its own it crossed (the call's tag, 0: with none), and as long as nothing
 * has come under them the other call's keys are kept beside ours and serve, once confirmed.
 */
#ifndef BPI_HERMES_SECURE_STATE_INTERNAL_H
#define BPI_HERMES_SECURE_STATE_INTERNAL_H

#include "hermes_noise_internal.h"
#include "hermes_secure_internal.h"
#include "hermes_window_internal.h"

/* clang-format off */
/* Where the parts are, below. Integers on the wire are little endian.
 *
 *   INIT     type version 0 0 | cookie 16 | e 32 | caller's index 4 | zeros 148
 *   COOKIE   type version 0 0 | caller's index 4 | cookie 16 | check 8
 *   ANSWER   type version 0 0 | caller's index 4 | e 32, s 48 | index 4, id 32, signature 64, tag 16
 *   FINISH   type version 0 0 | called's index 4 | s 48 | id 32, signature 64, tag 16
 *   SEALED, PLAIN, CONTROL
 *            type | crossed 2 | counter, bits 0-7 | receiver's index 4 | counter, bits 8-31
 *            | bytes | tag 16
 *
 * Counters have 64 bits; the other side knows the upper ones, as in RFC 9147 and RFC 4303.
 */
/* clang-format on */
enum hermes_packet {
    HERMES_PACKET_INIT = 1,
    HERMES_PACKET_COOKIE,
    HERMES_PACKET_ANSWER,
    HERMES_PACKET_FINISH,
    HERMES_PACKET_SEALED,  /* encrypted */
    HERMES_PACKET_PLAIN,   /* authenticated: bytes and header are additional data of the AEAD */
    HERMES_PACKET_CONTROL, /* encrypted, between the two sessions themselves */
};

/* First byte of a CONTROL packet.
 *   REKEY    kind | starter's new index 4 | e 32
 *   ANSWER   kind | first 8 bytes of the starter's e | new index 4 | e 32 */
enum hermes_control {
    HERMES_CONTROL_PING = 1,
    HERMES_CONTROL_PONG,
    HERMES_CONTROL_CLOSE,
    HERMES_CONTROL_REKEY,
    HERMES_CONTROL_ANSWER,
};

enum {
    HERMES_INDEX_AT = 4, /* of COOKIE, ANSWER, FINISH and data packets */
    HERMES_NOISE_AT = 8, /* of ANSWER and FINISH */
    HERMES_INIT_COOKIE_AT = 4,
    HERMES_INIT_E_AT = 20,
    HERMES_INIT_INDEX_AT = 52,
    HERMES_INIT_PADDING_AT = 56,
    HERMES_COOKIE_AT = 8,
    HERMES_CHECK_AT = 24,
};

enum {
    HERMES_VERSION = 1,
    HERMES_HEADER_SIZE = 11, /* of a data packet */
    HERMES_COOKIE_SIZE = 16,
    HERMES_CHECK_SIZE = 8,
    HERMES_ECHO_SIZE = 8,
    HERMES_SIGNATURE_SIZE = 64,
    HERMES_PROOF_SIZE = BPI_HERMES_ID_SIZE + HERMES_SIGNATURE_SIZE,
    HERMES_ANSWER_PAYLOAD_SIZE = 4 + HERMES_PROOF_SIZE,
    HERMES_INIT_SIZE = 204,
    HERMES_COOKIE_PACKET_SIZE = 32,
    HERMES_ANSWER_SIZE = 204, /* not more than INIT: nothing is amplified */
    HERMES_FINISH_SIZE = 168,
    HERMES_REKEY_SIZE = 37,
    HERMES_REKEY_ANSWER_SIZE = 45,
    HERMES_CONTROL_MAX = 64,
    HERMES_CAPACITY_MAX = 1 << 20,
    HERMES_HALF_MIN = 16, /* half-open handshakes: as many as sessions, within these */
    HERMES_HALF_MAX = 4096,
    HERMES_LIMIT_MAX = 64, /* handshakes of one source at once, and in HERMES_LIMIT_NS */
    HERMES_LIMIT_ROWS = 2,
    HERMES_LIMIT_BUCKETS = 256, /* of each row */
};

#define HERMES_GIVE_UP_NS        UINT64_C(30000000000) /* a handshake, or keys never confirmed */
#define HERMES_REPEAT_NS         UINT64_C(250000000)   /* before a round trip was measured */
#define HERMES_REPEAT_MIN_NS     UINT64_C(20000000)
#define HERMES_REPEAT_MAX_NS     UINT64_C(4000000000)
#define HERMES_FINISH_MAX_NS     UINT64_C(1000000000) /* until it comes, the ends differ */
#define HERMES_GRACE_NS          UINT64_C(5000000000) /* old keys after their last packet */
#define HERMES_LIMIT_NS          UINT64_C(1000000000)
#define HERMES_COOKIE_NS         UINT64_C(120000000000) /* of the cookies' secret */
#define HERMES_REKEY_COUNT       (UINT64_C(1) << 48)
#define HERMES_REKEY_PERIODS_MAX 3 /* periods after which keys that could not be changed end */

#define HERMES_NONE UINT32_MAX

/* Chains of small numbers by hash; the caller compares. Zeroed heads: empty. */
struct hermes_map {
    uint32_t *heads, *next; /* entity + 1; 0: the end */
    uint32_t mask;
};

base_err hermes_map_init(struct hermes_map *map, uint32_t capacity);
void hermes_map_done(struct hermes_map *map);
void hermes_map_put(struct hermes_map *map, uint32_t hash, uint32_t entity);
void hermes_map_remove(struct hermes_map *map, uint32_t hash, uint32_t entity);

static inline uint32_t hermes_map_first(const struct hermes_map *map, uint32_t hash)
{
    return map->heads[hash & map->mask] - 1;
}

static inline uint32_t hermes_map_next(const struct hermes_map *map, uint32_t entity)
{
    return map->next[entity] - 1;
}

/* What one agreement gave. */
struct hermes_keys {
    uint32_t local, remote; /* session indices; local 0: none */
    bool is_live;           /* else `local` is only reserved for keys under way */
    bool is_confirmed, is_initiator;
    uint8_t phase;
    uint16_t crossed; /* what our packets say: with which call of ours their handshake crossed */
    uint64_t sent;    /* the next counter */
    uint64_t made_ns;
    uint8_t send_key[HERMES_KEY_SIZE], receive_key[HERMES_KEY_SIZE], chain[HERMES_HASH_SIZE];
    struct hermes_window window;
};

enum hermes_stage { HERMES_FREE, HERMES_CALLING, HERMES_RUNNING };

/* What is repeated until something comes. */
enum hermes_repeat {
    HERMES_REPEAT_NOTHING,
    HERMES_REPEAT_INIT,
    HERMES_REPEAT_FINISH,
    HERMES_REPEAT_PING,
    HERMES_REPEAT_REKEY,
    HERMES_REPEAT_ANSWER,
};

struct hermes_session {
    enum hermes_stage stage;
    enum hermes_repeat repeat;
    bool has_id;  /* known or expected */
    bool owes_up; /* UP is still to be told */
    bool has_cookie;
    uint32_t cur; /* of keys */
    struct hermes_keys keys[2];
    struct base_address address;
    struct bpi_hermes_id id;
    uint64_t up_sequence;        /* when our call came up; 0: it did not */
    uint64_t half_sequence;      /* of their half-open handshake that we have keys of; 0: none */
    uint16_t own_tag, their_tag; /* of our call and of theirs; 0: none */
    uint16_t crossed;            /* what they say, known when our call's keys are confirmed */
    uint64_t sent_ns, repeat_ns, interval_ns, deadline_ns; /* of what is repeated */
    uint32_t repeats;
    uint64_t old_until_ns; /* the other keys are dropped then */
    uint8_t cookie[HERMES_COOKIE_SIZE];
    struct hermes_noise noise; /* while calling */
    uint8_t finish[HERMES_FINISH_SIZE];
    struct hermes_pair exchange;             /* of a REKEY: ours */
    uint8_t exchange_other[HERMES_KEY_SIZE]; /* theirs, while we answer it */
};

/* A handshake we answered; nobody knows yet who it is. */
struct hermes_half {
    bool is_live;
    uint32_t local, remote;
    struct base_address address;
    uint64_t made_ns, sequence;
    uint64_t deaf_until_ns; /* a FINISH whose key opened was not right: no other before */
    struct hermes_noise noise;
    uint8_t answer[HERMES_ANSWER_SIZE];
};

struct hermes_secure {
    uint32_t capacity, half_capacity;
    uint64_t rekey_ns;
    struct bpi_hermes_id self;
    uint8_t sign_secret[64];
    struct hermes_pair own; /* static */

    bool is_started; /* the secrets below are drawn at the first call that has a world */
    uint8_t hash_key[16], cookie_key[HERMES_KEY_SIZE];
    uint64_t cookie_ns; /* the cookies' secret is new since */

    uint64_t sequence; /* orders half-open handshakes and our calls that came up */
    struct hermes_session *sessions;
    struct hermes_half *halves;
    uint32_t half_next; /* the oldest */
    uint32_t *free;
    uint32_t free_count;
    struct hermes_map by_index;   /* 2 * session + which of its keys; 2 * capacity + half */
    struct hermes_map by_address; /* session; capacity + half */
    struct hermes_map by_id;      /* session */
    uint64_t *wake;               /* a tree of minima over the sessions; its root is [1] */
    uint32_t leaves;
    uint64_t limits[HERMES_LIMIT_ROWS][HERMES_LIMIT_BUCKETS]; /* when each is full again */
    struct hermes_secure_counts counts;
};

static inline uint32_t hermes_peer_of(const struct hermes_secure *secure,
                                      const struct hermes_session *session)
{
    return (uint32_t)(session - secure->sessions);
}

/* A name for a call, short but never 0. */
static inline uint16_t hermes_tag_of(const uint8_t ephemeral[HERMES_KEY_SIZE])
{
    return (uint16_t)(ephemeral[0] | ephemeral[1] << 8 | 1);
}

static inline struct hermes_opened hermes_nothing(void)
{
    return (struct hermes_opened){ .kind = HERMES_NOTHING, .peer = HERMES_NO_PEER };
}

/* Table (hermes_secure_table.c). A number not in use, in by_index from now on. */
uint32_t hermes_index_new(struct hermes_secure *secure, const struct base_step_world *world,
                          uint32_t entity);
void hermes_index_give(struct hermes_secure *secure, uint32_t index, uint32_t from, uint32_t to);
uint32_t hermes_index_find(const struct hermes_secure *secure, uint32_t index);
void hermes_start(struct hermes_secure *secure, const struct base_step_world *world);

/* NULL: all are in use. */
struct hermes_session *hermes_session_new(struct hermes_secure *secure,
                                          const struct base_address *address);
void hermes_session_free(struct hermes_secure *secure, struct hermes_session *session);
/* Free, and what to tell of it: DOWN, unless UP was not told yet. */
struct hermes_opened hermes_session_down(struct hermes_secure *secure,
                                         struct hermes_session *session);
void hermes_session_move(struct hermes_secure *secure, struct hermes_session *session,
                         const struct base_address *address);
void hermes_session_name(struct hermes_secure *secure, struct hermes_session *session,
                         const struct bpi_hermes_id *id);
/* The session with an id, running before calling, other than `except`; NULL: none. */
struct hermes_session *hermes_session_of_id(struct hermes_secure *secure,
                                            const struct bpi_hermes_id *id,
                                            const struct hermes_session *except);
struct hermes_session *hermes_session_at(struct hermes_secure *secure,
                                         const struct base_address *address);
void hermes_session_reserve(struct hermes_secure *secure, const struct base_step_world *world,
                            struct hermes_session *session, uint32_t which);
void hermes_keys_drop(struct hermes_secure *secure, struct hermes_session *session, uint32_t which);
/* Set when the timer looks at a session next. */
void hermes_wake_at(struct hermes_secure *secure, const struct hermes_session *session,
                    uint64_t at_ns);
void hermes_schedule(struct hermes_secure *secure, struct hermes_session *session);
/* A session whose time has come; NULL: none. */
struct hermes_session *hermes_wake_due(struct hermes_secure *secure, uint64_t now_ns);

struct hermes_half *hermes_half_new(struct hermes_secure *secure,
                                    const struct base_step_world *world,
                                    const struct base_address *address);
/* with_index false: the index has been given to a session's keys. */
void hermes_half_free(struct hermes_secure *secure, struct hermes_half *half, bool with_index);
struct hermes_half *hermes_half_at(struct hermes_secure *secure, const struct base_address *address,
                                   const uint8_t other[HERMES_KEY_SIZE]);

/* Limit of handshakes (hermes_secure_limit.c). May one more begin for who calls from there? Then it
 * counts. Cost: one SipHash. */
bool hermes_limit_take(struct hermes_secure *secure, uint64_t now_ns,
                       const struct base_address *from);
/* How many at once, and in HERMES_LIMIT_NS. */
uint32_t hermes_limit_burst(const struct hermes_secure *secure);

/* Handshake (hermes_secure_call.c: the side that calls; hermes_secure_answer.c: the other). */
void hermes_call_send(const struct base_step_world *world, const struct hermes_session *session);
void hermes_call_begin(struct hermes_secure *secure, const struct base_step_world *world,
                       struct hermes_session *session);
struct hermes_opened hermes_on_cookie(struct hermes_secure *secure,
                                      const struct base_step_world *world,
                                      const struct base_address *from, const uint8_t *data);
struct hermes_opened hermes_on_answer(struct hermes_secure *secure,
                                      const struct base_step_world *world,
                                      const struct base_address *from, const uint8_t *data);
struct hermes_opened hermes_on_init(struct hermes_secure *secure,
                                    const struct base_step_world *world,
                                    const struct base_address *from, const uint8_t *data);
struct hermes_opened hermes_on_finish(struct hermes_secure *secure,
                                      const struct base_step_world *world,
                                      const struct base_address *from, const uint8_t *data);
struct base_span hermes_prologue(void);
void hermes_cookie_check(const uint8_t *packet, const uint8_t other[HERMES_KEY_SIZE],
                         uint8_t check[HERMES_CHECK_SIZE]);
/* id and signature, 96 bytes, of the side that speaks; and whether they are right. */
void hermes_proof_put(const struct hermes_secure *secure, const struct hermes_noise *noise,
                      uint8_t out[HERMES_PROOF_SIZE]);
bool hermes_proof_is_right(const uint8_t proof[HERMES_PROOF_SIZE],
                           const uint8_t hash[HERMES_HASH_SIZE], const struct hermes_noise *noise);
/* UP: the session runs on keys made from the handshake, and says so until it is confirmed. */
struct hermes_opened hermes_session_up(struct hermes_secure *secure,
                                       const struct base_step_world *world,
                                       struct hermes_session *session, enum hermes_repeat what);

/* Keys (hermes_secure_keys.c). The index must have been reserved. */
void hermes_keys_make(struct hermes_keys *keys, uint32_t remote, bool is_initiator, uint8_t phase,
                      const uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE], uint64_t now_ns);
struct hermes_keys *hermes_keys_to_send(struct hermes_session *session);
void hermes_control_send(const struct base_step_world *world, const struct base_address *to,
                         struct hermes_keys *keys, const uint8_t *body, size_t size);
void hermes_control_say(const struct base_step_world *world, const struct base_address *to,
                        struct hermes_keys *keys, enum hermes_control kind);
struct hermes_opened hermes_on_data(struct hermes_secure *secure,
                                    const struct base_step_world *world,
                                    const struct base_address *from, uint8_t *data, size_t size);
void hermes_seal(struct hermes_keys *keys, enum hermes_packet type, uint8_t *packet, size_t size);

/* New keys (hermes_secure_rekey.c). */
void hermes_rekey_begin(struct hermes_secure *secure, const struct base_step_world *world,
                        struct hermes_session *session);
void hermes_rekey_send(const struct base_step_world *world, struct hermes_session *session);
void hermes_rekey_answer(const struct base_step_world *world, struct hermes_session *session,
                         struct hermes_keys *under);
void hermes_on_rekey(struct hermes_secure *secure, const struct base_step_world *world,
                     struct hermes_session *session, uint32_t which, const uint8_t *body);
void hermes_on_rekey_answer(struct hermes_secure *secure, const struct base_step_world *world,
                            struct hermes_session *session, const uint8_t *body);

/* Repeating (hermes_secure_timer.c). */
void hermes_repeat_begin(struct hermes_secure *secure, const struct base_step_world *world,
                         struct hermes_session *session, enum hermes_repeat what,
                         uint64_t deadline_ns);
void hermes_repeat_end(struct hermes_secure *secure, struct hermes_session *session);
/* Data under keys that are not confirmed are sent: nobody can open them without FINISH. If that was
 * repeated already, and HERMES_REPEAT_NS ago, it goes before them once more. */
void hermes_repeat_hurry(const struct base_step_world *world, struct hermes_session *session);
/* The first sending of what is repeated was answered: how long that took. */
void hermes_repeat_measure(struct hermes_session *session, uint64_t now_ns);

/* Sums of times end at UINT64_MAX: never. */
static inline uint64_t hermes_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static inline uint32_t hermes_load32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline void hermes_store32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static inline void hermes_store64(uint8_t *at, uint64_t value)
{
    hermes_store32(at, (uint32_t)value);
    hermes_store32(at + 4, (uint32_t)(value >> 32));
}

#endif
