/* hermes_message_internal.h - what nodes say to each other inside a session, as bytes.
 *
 * A message of a flow begins with version and kind (4 bits each). Numbers are little-endian.
 *
 *   TO_ONE, TO_ALL  kind 1, hops 1, body, payload
 *   RELAYED         kind 1, hops 1, signature 64, "HMs1", body, origin 32, payload
 *       body        class and type (4 bits each) 1, flags 1, incarnation 8, counter 6
 *       flags       RELAYED: 1 if it shapes the tree (hermes_tree.c), else 0
 *       signature   Ed25519 of everything after it; hops are the relays' own word
 *   HELLO           kind 1, address 18: where the other side is seen
 *   MEMBERS         kind 1, flags 1 (1: answer with yours), count 1, count * record 122
 *       record      signature 64, "HMr1"(signed, not sent), id 32, version 8, address 18
 *   NEIGHBOR        kind 1, verb 1
 *   IHAVE, GRAFT, WANT
 *                   kind 1, count 1, count * name 47 (class 1, incarnation 8, counter 6, origin 32)
 *   PRUNE           kind 1
 *
 * Decoders check every bound and refuse what does not use exactly all bytes.
 */
#ifndef BPI_HERMES_MESSAGE_INTERNAL_H
#define BPI_HERMES_MESSAGE_INTERNAL_H

#include <bpi/hermes.h>

enum {
    HERMES_MESSAGE_VERSION = 1,
    HERMES_HOPS_MAX = 64,
    HERMES_SIGNATURE_SIZE = 64,
    HERMES_PLAIN_HEAD_SIZE = 18,
    HERMES_RELAYED_HEAD_SIZE = 118,
    HERMES_NAME_SIZE = 47,
    HERMES_RECORD_SIZE = 122,
    HERMES_RECORD_SIGNED_SIZE = 62, /* with its tag, without the signature */
    HERMES_NAMES_MAX = 16,          /* of one IHAVE, GRAFT or WANT */
    HERMES_RECORDS_MAX = 32,        /* of one MEMBERS */
    HERMES_CONTROL_MAX = 3 + HERMES_RECORDS_MAX * HERMES_RECORD_SIZE,
};

enum hermes_kind {
    HERMES_TO_ONE = 1,
    HERMES_TO_ALL,
    HERMES_RELAYED,
    HERMES_HELLO,
    HERMES_MEMBERS,
    HERMES_NEIGHBOR,
    HERMES_IHAVE,
    HERMES_GRAFT,
    HERMES_PRUNE,
    HERMES_WANT,
    HERMES_KINDS
};

enum hermes_verb {
    HERMES_ASK,
    HERMES_ASK_URGENT,
    HERMES_ACCEPT,
    HERMES_REFUSE,
    HERMES_LEAVE,
    HERMES_VERBS
};

/* Which message: counters are of one class of one life of the origin. */
struct hermes_name {
    struct bpi_hermes_id origin;
    uint64_t incarnation;
    uint64_t counter; /* < 2^48 */
    enum bpi_hermes_class class;
};

/* A message for the application. */
struct hermes_envelope {
    enum hermes_kind kind; /* TO_ONE, TO_ALL, RELAYED */
    uint32_t hops;         /* 1 .. HERMES_HOPS_MAX */
    enum bpi_hermes_type type;
    bool is_shaping;              /* RELAYED */
    struct hermes_name name;      /* origin: only of RELAYED, else untouched */
    const uint8_t *signature;     /* RELAYED */
    struct base_span signed_part; /* RELAYED */
    struct base_span payload;
};

/* Where a member is, in its own word. */
struct hermes_record {
    struct bpi_hermes_id id;
    uint64_t version;
    struct base_address address;
    uint8_t signature[HERMES_SIGNATURE_SIZE];
};

/* A message between nodes; which fields count follows from the kind. */
struct hermes_control {
    enum hermes_kind kind;
    struct base_address address; /* HELLO */
    bool wants_answer;           /* MEMBERS */
    enum hermes_verb verb;       /* NEIGHBOR */
    size_t count;                /* of records or names */
    union {
        struct hermes_record records[HERMES_RECORDS_MAX];
        struct hermes_name names[HERMES_NAMES_MAX];
    };
};

/* The kind of a message. Errors: EPROTOCOL (empty, version or kind unknown). */
BASE_MUST_USE base_err hermes_message_kind(struct base_span message, enum hermes_kind *kind);
/* The head of a message for the application into out [HERMES_RELAYED_HEAD_SIZE]; the payload goes
 * behind it, and a relayed message is signed after that (hermes_envelope_sign_at). Its size. */
size_t hermes_envelope_head(const struct hermes_envelope *envelope, uint8_t *out);
/* Where the signature of a whole relayed message belongs, and what it signs. */
uint8_t *hermes_envelope_sign_at(uint8_t *message, size_t size, struct base_span *signed_part);
/* Errors: EPROTOCOL. Spans point into the message. */
BASE_MUST_USE base_err hermes_envelope_decode(struct base_span message,
                                              struct hermes_envelope *envelope);
/* out [HERMES_CONTROL_MAX]; the size. */
size_t hermes_control_encode(const struct hermes_control *control, uint8_t *out);
/* Errors: EPROTOCOL. */
BASE_MUST_USE base_err hermes_control_decode(struct base_span message,
                                             struct hermes_control *control);
/* What a record's signature signs, into out [HERMES_RECORD_SIGNED_SIZE]. */
void hermes_record_signed(const struct hermes_record *record, uint8_t *out);
/* The public id of a message. */
struct bpi_hermes_message_id hermes_name_id(const struct hermes_name *name);
static inline bool hermes_id_is(const struct bpi_hermes_id *a, const struct bpi_hermes_id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}
static inline bool hermes_name_is(const struct hermes_name *a, const struct hermes_name *b)
{
    return a->counter == b->counter && a->class == b->class && a->incarnation == b->incarnation &&
           hermes_id_is(&a->origin, &b->origin);
}

#endif
