/* domain.h - domain-separated hashing: the same bytes hash differently for different purposes.
 *
 * Two tables of domains come from the earlier systems: one-byte domains and text domains. Every
 * digest is 32 bytes. Two forms keep domains apart:
 *
 *   prefix   compatible with the earlier systems: H(byte || data), H(text || 00 || data).
 *            A prefix shifts the data against the hash's blocks: a message that fills its last
 *            block or chunk needs one more. BLAKE3 of 64 bytes takes 1.7 times as long as without
 *            a prefix, of 1024 bytes 1.1 times, of a batch of those 1.3 times.
 *   derive   not compatible, faster, never shifts: BLAKE3 in its derive-key mode with the domain's
 *            context as context string; SHA-256 as the tagged hash
 *            H(H(context) || H(context) || data), whose first block is computed once for ever.
 *
 * Threads   all functions may be used in parallel; a stream belongs to one thread
 * Cost      the first call prepares all domains (about 50 us); nothing allocates
 * Source    spec: A.1.2, A.1.3; BLAKE3 paper (2020) section 2.3; BIP-340 "tagged hashes"
 */
#ifndef BPI_DOMAIN_H
#define BPI_DOMAIN_H

#include <base/buf.h>

#include <stdalign.h>

enum { BPI_DIGEST_SIZE = 32 };

/* X(name, byte). RECEIPT_HASH and SHADOW_RECEIPT_HASH share a byte and so share their digests. */
#define BPI_DOMAIN_BYTE_MAP(X)                                                                     \
    X(MERKLE_LEAF, 0x00)                                                                           \
    X(MERKLE_INTERNAL, 0x01)                                                                       \
    X(HEADER_HASH, 0x10)                                                                           \
    X(BPCI_HEADER_HASH, 0x11)                                                                      \
    X(POH_TICK_HASH, 0x12)                                                                         \
    X(DOCKLOCK_RECORD_HASH, 0x13)                                                                  \
    X(DA_SHARD_HEADER_HASH, 0x14)                                                                  \
    X(TRANSPORT_MESSAGE_HASH, 0x15)                                                                \
    X(RECEIPT_HASH, 0x16)                                                                          \
    X(SHADOW_RECEIPT_HASH, 0x16)                                                                   \
    X(TRAFFIC_LIGHT_HASH, 0x17)                                                                    \
    X(PACKET_ENVELOPE_HASH, 0x18)                                                                  \
    X(SHARD_HEADER_HASH, 0x19)                                                                     \
    X(DA_ROOT_HASH, 0x1a)                                                                          \
    X(BISO_POLICY_HASH, 0x1b)                                                                      \
    X(BISO_EVALUATION_HASH, 0x1c)                                                                  \
    X(WITNESS_ENTRY_HASH, 0x1d)                                                                    \
    X(BUS_BIOS_ROUTING_HASH, 0x1e)                                                                 \
    X(BLOCKBOOK_ENTRY_HASH, 0x1f)                                                                  \
    X(BLOCKBOOK_LEDGER_HASH, 0x20)                                                                 \
    X(AUDIT_BOOK_ENTRY_HASH, 0x21)                                                                 \
    X(AUDIT_BOOK_EXPORT_HASH, 0x22)                                                                \
    X(CAR_PACKAGE_HASH, 0x23)                                                                      \
    X(DAG_NODE_HASH, 0x24)                                                                         \
    X(DAG_LINK_HASH, 0x25)                                                                         \
    X(BLS_MESSAGE, 0x30)                                                                           \
    X(BLS_SIGNATURE, 0x31)                                                                         \
    X(BLS_PUBKEY, 0x32)                                                                            \
    X(BLS_KEYGEN, 0x33)                                                                            \
    X(VRF_INPUT, 0x40)                                                                             \
    X(VRF_OUTPUT, 0x41)                                                                            \
    X(VRF_PROOF, 0x42)                                                                             \
    X(VRF_VERIFY, 0x43)                                                                            \
    X(VRF_PUBKEY, 0x44)                                                                            \
    X(VRF_KEYGEN, 0x45)                                                                            \
    X(LEADER_SELECTION, 0x50)                                                                      \
    X(CONSENSUS_COMMIT, 0x60)                                                                      \
    X(SLASHING_PROOF_HASH, 0x61)

/* X(name): the name is the domain's text. The last two were used without being in the table. */
#define BPI_DOMAIN_TEXT_MAP(X)                                                                     \
    X(BPI_VALIDATOR_SET)                                                                           \
    X(BPI_CONSENSUS_MESSAGE)                                                                       \
    X(BPI_CONSENSUS_COMMIT)                                                                        \
    X(BPI_BLOCK_HEADER)                                                                            \
    X(BPI_HEADER_HASH)                                                                             \
    X(BPI_MERKLE_NODE)                                                                             \
    X(BPI_BLS_SIGNATURE)                                                                           \
    X(BPI_VRF_PUBKEY)                                                                              \
    X(BPI_VRF_INPUT)                                                                               \
    X(BPI_VRF_OUTPUT)                                                                              \
    X(BPI_VRF_PROOF)                                                                               \
    X(BPI_VRF_VERIFY)                                                                              \
    X(BPI_VRF_KEYGEN)                                                                              \
    X(BPI_MERKLE_LEAF)                                                                             \
    X(BPI_MERKLE_INTERNAL)                                                                         \
    X(BPI_BLS_MESSAGE)                                                                             \
    X(BPI_BLS_PUBKEY)                                                                              \
    X(BPI_BLS_KEYGEN)                                                                              \
    X(BPI_POH_TICK_HASH)                                                                           \
    X(BPI_RECEIPT_HASH)                                                                            \
    X(CHECKPOINT_CERTIFICATE)                                                                      \
    X(PROOF_CHAIN_HASH)

/* BPI_DOMAIN_HEADER_HASH is the byte 0x10, BPI_DOMAIN_BPI_HEADER_HASH the text. */
enum bpi_domain {
#define BPI_DOMAIN_ENUM_BYTE(name, byte) BPI_DOMAIN_##name,
#define BPI_DOMAIN_ENUM_TEXT(name)       BPI_DOMAIN_##name,
    BPI_DOMAIN_BYTE_MAP(BPI_DOMAIN_ENUM_BYTE) BPI_DOMAIN_TEXT_MAP(BPI_DOMAIN_ENUM_TEXT)
#undef BPI_DOMAIN_ENUM_BYTE
#undef BPI_DOMAIN_ENUM_TEXT
        BPI_DOMAIN_COUNT
};

enum { BPI_DOMAIN_PREFIX_MAX = 32, BPI_DOMAIN_CONTEXT_MAX = 64 };

/* What a domain is made of. */
struct bpi_domain_info {
    const char *name;
    uint8_t prefix[BPI_DOMAIN_PREFIX_MAX]; /* the byte, or the text and a zero byte */
    size_t prefix_size;
    char context[BPI_DOMAIN_CONTEXT_MAX]; /* "bpi 2026-11-21 byte domain 0x10", of the derive form;
                                             made of the value, not of the name */
    bool is_text;
};

/* Never NULL for a member of the enum. */
const struct bpi_domain_info *bpi_domain_info(enum bpi_domain domain);

/* Find a domain of either table by its exact name. Errors: ENOTFOUND; why quotes the name. */
BASE_MUST_USE base_err bpi_domain_find(const char *name, enum bpi_domain *domain,
                                       struct base_why *why);

/* Find a one-byte domain by its value; 0x16 is RECEIPT_HASH. Errors: ENOTFOUND */
BASE_MUST_USE base_err bpi_domain_of_byte(uint8_t byte, enum bpi_domain *domain);

enum bpi_hash { BPI_HASH_BLAKE3, BPI_HASH_SHA256, BPI_HASH_COUNT };
enum bpi_form { BPI_FORM_PREFIX, BPI_FORM_DERIVE, BPI_FORM_COUNT };

/* "blake3" and "sha256"; "prefix" and "derive". Errors: ENOTFOUND; why lists what there is. */
const char *bpi_hash_name(enum bpi_hash hash);
const char *bpi_form_name(enum bpi_form form);
BASE_MUST_USE base_err bpi_hash_find(const char *name, enum bpi_hash *hash, struct base_why *why);
BASE_MUST_USE base_err bpi_form_find(const char *name, enum bpi_form *form, struct base_why *why);

/* One message. `data` may be empty; out may not overlap it. */
void bpi_domain_hash(enum bpi_domain domain, enum bpi_hash hash, enum bpi_form form,
                     struct base_span data, uint8_t out[BPI_DIGEST_SIZE]);

/* The compatible form of one message, as the earlier systems hash an encoded document. */
void bpi_domain_hash_of(struct base_span data, enum bpi_domain domain, enum bpi_hash hash,
                        uint8_t out[BPI_DIGEST_SIZE]);

/* Many messages of one domain, each with the digest that bpi_domain_hash gives.
 *
 *   messages   [count] of any sizes; neighbours of equal size up to 2 KB go through BLAKE3's
 *              vector lanes together
 *   out        [count]
 */
void bpi_domain_hash_many(enum bpi_domain domain, enum bpi_hash hash, enum bpi_form form,
                          const struct base_span *messages, size_t count,
                          uint8_t (*out)[BPI_DIGEST_SIZE]);

/* The plain hash of one message, without a domain. */
void bpi_hash_plain(enum bpi_hash hash, struct base_span data, uint8_t out[BPI_DIGEST_SIZE]);

enum { BPI_STREAM_SIZE = 2048 };

/* A message that comes in pieces. Nothing is owned: a stream may be abandoned at any time. */
struct bpi_domain_stream {
    enum bpi_hash hash;
    alignas(64) uint8_t state[BPI_STREAM_SIZE]; /* internal */
};

void bpi_domain_stream_init(struct bpi_domain_stream *stream, enum bpi_domain domain,
                            enum bpi_hash hash, enum bpi_form form);
void bpi_domain_stream_add(struct bpi_domain_stream *stream, struct base_span data);

/* The digest of all that was added; the stream must be initialised again before its next use. */
void bpi_domain_stream_done(struct bpi_domain_stream *stream, uint8_t out[BPI_DIGEST_SIZE]);

#endif
