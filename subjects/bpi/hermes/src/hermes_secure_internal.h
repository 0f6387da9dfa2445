/* hermes_secure_internal.h - sessions: who the other side is, and packets only it can have made.
 *
 * Handshake Noise_XX_25519_ChaChaPoly_BLAKE2b; payloads of its 2nd and 3rd message carry the
 * Ed25519 identity and its signature of the transcript and the static key. The responder keeps no
 * state and answers with no more bytes than it got until the initiator has returned a cookie made
 * from its address: always. A data packet: type, key phase, receiver's session index, 64-bit
 * counter, then ChaCha20-Poly1305 over encrypted bytes, or over the bytes as they are
 * (authenticated only). Replay window of 4032 counters (RFC 6479). New keys by the clock or count,
 * by a fresh X25519 agreement; old ones are accepted while they are in use. Both sides may call at
 * once: the lower id's handshake wins. A session follows its peer to the address its newest
 * authentic packet came from. hermes_secure_state_internal.h has the packets byte by byte.
 *
 * A pure part of the node: time and bytes are arguments; nothing is sent but through the world.
 * Sessions are named by small stable handles 0 .. capacity-1. A handle is free after DOWN or close,
 * and may be that of the next session; its id and address stay to be read until then.
 *
 * Memory    taken once, about 2 KiB a session (touched when first used)
 *
 * Bound     of handshakes that others begin, with H places for half-open ones (as many as sessions,
 *           16 .. 4096): of one source at most B = H / 4 (64 at most) at once and B a second, after
 *           the cookie; what is over that is not answered, and its caller tries again. A source is
 *           an IPv4 /24 or IPv6 /64, or one private address (on this host, one port). So one source
 *           has at most 4 B curve operations a second from us and needs 3 s or more to push
 *           another's half-open handshake out; a FINISH with a static key that
 *           does not open costs one tag, and the right one is taken at any time between; one whose
 *           key opens but that is not right is of the caller itself, or a changed copy that has
 *           overtaken the right one: it costs two more, and no other is looked at for 250 ms. 4
 *           KiB, whatever comes. These are 512 cells for everybody: a source is refused when both
 *           of its own are emptied by others, which N sources that do nothing else make (1 - (255 /
 *           256)^N)^2 likely: one other 1 in 65536, 256 others 40 %, 1024 others 96 %. A listener
 *           that can send from a victim's address may use the cookies that it sees go there, and so
 *           empty the cells of the victim's source.
 *
 * Cost      of a datagram that is not authentic: a look-up and at most one MAC, two short ones for
 *           a first packet; of a handshake: 4 X25519, a signature and a verification on each side
 *
 * Source    Noise Protocol Framework rev. 34; RFC 8439 (AEAD), 7748, 8032, 7693 (BLAKE2), 6479; the
 *           cookie as in RFC 9147 5.1 and Donenfeld, WireGuard, NDSS 2017, 5.3
 */
#ifndef BPI_HERMES_SECURE_INTERNAL_H
#define BPI_HERMES_SECURE_INTERNAL_H

#include <bpi/hermes.h>

enum {
    HERMES_SEAL_OVERHEAD = 27, /* bytes a data packet is longer than what it carries */
    HERMES_NO_PEER = 0x7fffffff,
};

struct hermes_secure;

enum hermes_opened_kind { HERMES_NOTHING, HERMES_DATA, HERMES_UP, HERMES_DOWN };

struct hermes_opened {
    enum hermes_opened_kind kind;
    uint32_t peer; /* handle */
    uint8_t *data; /* DATA: in the datagram, decrypted in place */
    size_t size;
};

struct hermes_secure_counts {
    uint64_t forged, replayed, malformed, unknown, cookies_sent, handshakes, rekeys;
    uint64_t limited; /* first packets with their cookie, and FINISHes, that came too often */
};

/* config: seed and rekey_ns; capacity 1 .. 2^20. Errors: ERANGE, ENOMEM, EUNSUPPORTED. */
BASE_MUST_USE base_err hermes_secure_new(const struct bpi_hermes_config *config, uint32_t capacity,
                                         struct hermes_secure **secure, struct base_why *why);
void hermes_secure_free(struct hermes_secure *secure);
const struct bpi_hermes_id *hermes_secure_self(const struct hermes_secure *secure);
/* Ed25519 with this node's identity, of a hash of the data; check another's. */
void hermes_secure_sign(const struct hermes_secure *secure, const void *data, size_t size,
                        uint8_t signature[64]);
bool hermes_secure_verify(const struct bpi_hermes_id *id, const void *data, size_t size,
                          const uint8_t signature[64]);
/* Begin (or keep) a handshake, repeated by the timer with back-off until it is up or given up (30
 * s, then DOWN). expect: NULL when anybody may answer; whoever has a session already, or is this
 * node itself, then ends the call with DOWN. Errors: EFULL (no handle left), EEXIST (there is one:
 * *peer is it), EINVALID (expect is this node). */
BASE_MUST_USE base_err hermes_secure_connect(struct hermes_secure *secure,
                                             const struct base_step_world *world,
                                             const struct base_address *to,
                                             const struct bpi_hermes_id *expect, uint32_t *peer);
/* Forget a session; the other side is told by an authenticated packet. */
void hermes_secure_close(struct hermes_secure *secure, const struct base_step_world *world,
                         uint32_t peer);
/* A datagram from the network: at most one thing comes of it. A peer that started anew is DOWN, and
 * then UP by the next call of the timer, with a session of its own. */
struct hermes_opened hermes_secure_open(struct hermes_secure *secure,
                                        const struct base_step_world *world,
                                        const struct base_address *from, uint8_t *data,
                                        size_t size);
/* Seal `size` bytes (0 or more) at packet + HERMES_SEAL_OVERHEAD - 16 (the header is before them,
 * the tag of 16 bytes after them) in place, and send size + HERMES_SEAL_OVERHEAD bytes from packet.
 * Errors: ENOTFOUND (not up). */
BASE_MUST_USE base_err hermes_secure_send(struct hermes_secure *secure,
                                          const struct base_step_world *world, uint32_t peer,
                                          bool is_encrypted, uint8_t *packet, size_t size);
bool hermes_secure_is_up(const struct hermes_secure *secure, uint32_t peer);
const struct bpi_hermes_id *hermes_secure_id(const struct hermes_secure *secure, uint32_t peer);
struct base_address hermes_secure_address(const struct hermes_secure *secure, uint32_t peer);
/* Handshakes to repeat, keys to change, sessions that did not come up: one DOWN or UP a call, so
 * call until NOTHING. */
struct hermes_opened hermes_secure_timer(struct hermes_secure *secure,
                                         const struct base_step_world *world);
uint64_t hermes_secure_wake_ns(const struct hermes_secure *secure);
struct hermes_secure_counts hermes_secure_counts(const struct hermes_secure *secure);

#endif
