/* crypto_memo.c - see crypto_memo.h. One table of buckets of four: a question is its kind and its
 * inputs, which are compared whole. Packets have a table of their own, by their tags. */
#include "crypto_memo.h"

#include <sodium.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

enum { WAYS = 4, BUCKETS = 1 << 16, QUESTION_MAX = 168, ANSWER_MAX = 64, POINT = 32 };

enum kind { EMPTY, EXCHANGE_PAIR, SIGN_PAIR, SECRET, SIGNATURE };

/* Packets that were sealed last. */
enum { PACKETS = 512, PACKET_MAX = 1500, HEAD_MAX = 16, KEY = 32, NONCE = 12, TAG = 16 };

struct packet {
    size_t size, head_size;
    uint8_t key[KEY], nonce[NONCE], tag[TAG], head[HEAD_MAX];
    uint8_t sealed[PACKET_MAX], plain[PACKET_MAX];
};

struct question {
    uint64_t hash;
    uint32_t size;
    uint8_t kind;
    uint8_t bytes[QUESTION_MAX];
};

struct entry {
    struct question question;
    uint8_t answer[ANSWER_MAX];
};

static struct {
    struct entry *entries; /* [BUCKETS * WAYS] */
    uint8_t next[BUCKETS]; /* of a bucket, the way to be used next */
    struct packet packets[PACKETS];
    bool is_off;
    struct crypto_memo_counts counts;
} memo;

void crypto_memo_use(bool is_used)
{
    memo.is_off = !is_used;
}

struct crypto_memo_counts crypto_memo_counts(void)
{
    return memo.counts;
}

/* Of pages that nobody wrote to there are none. */
static bool has_table(void)
{
    if (memo.entries != NULL)
        return true;
    void *const table = mmap(NULL, (size_t)BUCKETS * WAYS * sizeof *memo.entries,
                             PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memo.entries = table != MAP_FAILED ? table : NULL;
    return memo.entries != NULL;
}

/* False: it is too long, or nothing is remembered. */
static bool ask(struct question *q, enum kind kind, const void *a, size_t a_size, const void *b,
                size_t b_size)
{
    if (memo.is_off || a_size + b_size > QUESTION_MAX)
        return false;
    if (!has_table())
        return false;
    q->kind = (uint8_t)kind;
    q->size = (uint32_t)(a_size + b_size);
    memcpy(q->bytes, a, a_size);
    if (b_size > 0)
        memcpy(q->bytes + a_size, b, b_size);
    uint64_t hash = kind;
    for (size_t i = 0; i < q->size; i += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, q->bytes + i, q->size - i < sizeof word ? q->size - i : sizeof word);
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    q->hash = hash;
    return true;
}

static struct entry *bucket_of(const struct question *q)
{
    return &memo.entries[(size_t)WAYS * (q->hash % BUCKETS)];
}

static const uint8_t *find(const struct question *q)
{
    const struct entry *const bucket = bucket_of(q);
    memo.counts.asked++;
    for (int way = 0; way < WAYS; way++) {
        const struct question *const known = &bucket[way].question;
        if (known->hash == q->hash && known->kind == q->kind && known->size == q->size &&
            memcmp(known->bytes, q->bytes, q->size) == 0) {
            memo.counts.known++;
            return bucket[way].answer;
        }
    }
    return NULL;
}

static void learn(const struct question *q, const void *answer, size_t size)
{
    uint8_t *const next = &memo.next[q->hash % BUCKETS];
    struct entry *const entry = &bucket_of(q)[*next];
    *next = (uint8_t)((*next + 1) % WAYS);
    memcpy(&entry->question, q, offsetof(struct question, bytes) + q->size);
    memcpy(entry->answer, answer, size);
}

/* The names that the linker gives: what the program calls, and what libsodium has. */
int __real_crypto_scalarmult_curve25519_base(uint8_t *q, const uint8_t *n);
int __wrap_crypto_scalarmult_curve25519_base(uint8_t *q, const uint8_t *n);
int __real_crypto_scalarmult_curve25519(uint8_t *q, const uint8_t *n, const uint8_t *p);
int __wrap_crypto_scalarmult_curve25519(uint8_t *q, const uint8_t *n, const uint8_t *p);
int __real_crypto_sign_ed25519_seed_keypair(uint8_t *pk, uint8_t *sk, const uint8_t *seed);
int __wrap_crypto_sign_ed25519_seed_keypair(uint8_t *pk, uint8_t *sk, const uint8_t *seed);
int __real_crypto_sign_ed25519_detached(uint8_t *sig, unsigned long long *siglen, const uint8_t *m,
                                        unsigned long long mlen, const uint8_t *sk);
int __wrap_crypto_sign_ed25519_detached(uint8_t *sig, unsigned long long *siglen, const uint8_t *m,
                                        unsigned long long mlen, const uint8_t *sk);
int __real_crypto_sign_ed25519_verify_detached(const uint8_t *sig, const uint8_t *m,
                                               unsigned long long mlen, const uint8_t *pk);
int __wrap_crypto_sign_ed25519_verify_detached(const uint8_t *sig, const uint8_t *m,
                                               unsigned long long mlen, const uint8_t *pk);

int __wrap_crypto_scalarmult_curve25519_base(uint8_t *q, const uint8_t *n)
{
    struct question question;
    if (!ask(&question, EXCHANGE_PAIR, n, POINT, NULL, 0))
        return __real_crypto_scalarmult_curve25519_base(q, n);
    const uint8_t *const known = find(&question);
    if (known != NULL) {
        memcpy(q, known, POINT);
        return 0;
    }
    const int status = __real_crypto_scalarmult_curve25519_base(q, n);
    if (status == 0)
        learn(&question, q, POINT);
    return status;
}

/* Under both public keys, the smaller first. */
static bool ask_secret(struct question *question, const uint8_t *n, const uint8_t *p)
{
    struct question own;
    if (!ask(&own, EXCHANGE_PAIR, n, POINT, NULL, 0))
        return false;
    const uint8_t *const public = find(&own);
    if (public == NULL)
        return false;
    const bool is_less = memcmp(public, p, POINT) < 0;
    return ask(question, SECRET, is_less ? public : p, POINT, is_less ? p : public, POINT);
}

int __wrap_crypto_scalarmult_curve25519(uint8_t *q, const uint8_t *n, const uint8_t *p)
{
    struct question question;
    if (!ask_secret(&question, n, p))
        return __real_crypto_scalarmult_curve25519(q, n, p);
    const uint8_t *const known = find(&question);
    if (known != NULL) {
        memcpy(q, known, POINT);
        return 0;
    }
    const int status = __real_crypto_scalarmult_curve25519(q, n, p);
    if (status == 0)
        learn(&question, q, POINT);
    return status;
}

/* An Ed25519 secret key is the seed and the public key. */
int __wrap_crypto_sign_ed25519_seed_keypair(uint8_t *pk, uint8_t *sk, const uint8_t *seed)
{
    struct question question;
    if (!ask(&question, SIGN_PAIR, seed, POINT, NULL, 0))
        return __real_crypto_sign_ed25519_seed_keypair(pk, sk, seed);
    const uint8_t *const known = find(&question);
    if (known != NULL) {
        memcpy(pk, known, POINT);
        memcpy(sk, seed, POINT);
        memcpy(sk + POINT, known, POINT);
        return 0;
    }
    const int status = __real_crypto_sign_ed25519_seed_keypair(pk, sk, seed);
    if (status == 0)
        learn(&question, pk, POINT);
    return status;
}

/* Are both halves of the secret key of one pair? Else what it signs is no signature of the public
 * key that it names. */
static bool is_pair(const uint8_t *sk)
{
    uint8_t public[POINT], pair[2 * POINT];
    return __wrap_crypto_sign_ed25519_seed_keypair(public, pair, sk) == 0 &&
           memcmp(public, sk + POINT, POINT) == 0;
}

int __wrap_crypto_sign_ed25519_detached(uint8_t *sig, unsigned long long *siglen, const uint8_t *m,
                                        unsigned long long mlen, const uint8_t *sk)
{
    struct question question;
    if (siglen != NULL || mlen > QUESTION_MAX ||
        !ask(&question, SIGNATURE, sk + POINT, POINT, m, mlen) || !is_pair(sk))
        return __real_crypto_sign_ed25519_detached(sig, siglen, m, mlen, sk);
    const uint8_t *const known = find(&question);
    if (known != NULL) {
        memcpy(sig, known, crypto_sign_ed25519_BYTES);
        return 0;
    }
    const int status = __real_crypto_sign_ed25519_detached(sig, siglen, m, mlen, sk);
    if (status == 0)
        learn(&question, sig, crypto_sign_ed25519_BYTES);
    return status;
}

int __wrap_crypto_sign_ed25519_verify_detached(const uint8_t *sig, const uint8_t *m,
                                               unsigned long long mlen, const uint8_t *pk)
{
    struct question question;
    if (mlen <= QUESTION_MAX && ask(&question, SIGNATURE, pk, POINT, m, mlen)) {
        const uint8_t *const known = find(&question);
        if (known != NULL && memcmp(known, sig, crypto_sign_ed25519_BYTES) == 0)
            return 0;
    }
    return __real_crypto_sign_ed25519_verify_detached(sig, m, mlen, pk);
}

int __real_crypto_aead_chacha20poly1305_ietf_encrypt_detached(
    uint8_t *c, uint8_t *mac, unsigned long long *maclen, const uint8_t *m, unsigned long long mlen,
    const uint8_t *ad, unsigned long long adlen, const uint8_t *nsec, const uint8_t *npub,
    const uint8_t *k);
int __wrap_crypto_aead_chacha20poly1305_ietf_encrypt_detached(
    uint8_t *c, uint8_t *mac, unsigned long long *maclen, const uint8_t *m, unsigned long long mlen,
    const uint8_t *ad, unsigned long long adlen, const uint8_t *nsec, const uint8_t *npub,
    const uint8_t *k);
int __real_crypto_aead_chacha20poly1305_ietf_decrypt_detached(
    uint8_t *m, uint8_t *nsec, const uint8_t *c, unsigned long long clen, const uint8_t *mac,
    const uint8_t *ad, unsigned long long adlen, const uint8_t *npub, const uint8_t *k);
int __wrap_crypto_aead_chacha20poly1305_ietf_decrypt_detached(
    uint8_t *m, uint8_t *nsec, const uint8_t *c, unsigned long long clen, const uint8_t *mac,
    const uint8_t *ad, unsigned long long adlen, const uint8_t *npub, const uint8_t *k);

static struct packet *packet_of(const uint8_t *tag)
{
    uint32_t word;
    memcpy(&word, tag, sizeof word);
    return &memo.packets[word % PACKETS];
}

/* The place of a packet is that of its tag, which is known only then; bytes may be changed in
 * place. */
int __wrap_crypto_aead_chacha20poly1305_ietf_encrypt_detached(
    uint8_t *c, uint8_t *mac, unsigned long long *maclen, const uint8_t *m, unsigned long long mlen,
    const uint8_t *ad, unsigned long long adlen, const uint8_t *nsec, const uint8_t *npub,
    const uint8_t *k)
{
    uint8_t plain[PACKET_MAX];
    const bool is_kept = !memo.is_off && mlen > 0 && mlen <= PACKET_MAX && adlen <= HEAD_MAX;
    if (is_kept)
        memcpy(plain, m, mlen);
    const int status = __real_crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        c, mac, maclen, m, mlen, ad, adlen, nsec, npub, k);
    if (status != 0 || !is_kept)
        return status;
    struct packet *const packet = packet_of(mac);
    packet->size = mlen;
    packet->head_size = adlen;
    memcpy(packet->key, k, KEY);
    memcpy(packet->nonce, npub, NONCE);
    memcpy(packet->tag, mac, TAG);
    memcpy(packet->head, ad, adlen);
    memcpy(packet->sealed, c, mlen);
    memcpy(packet->plain, plain, mlen);
    return status;
}

int __wrap_crypto_aead_chacha20poly1305_ietf_decrypt_detached(
    uint8_t *m, uint8_t *nsec, const uint8_t *c, unsigned long long clen, const uint8_t *mac,
    const uint8_t *ad, unsigned long long adlen, const uint8_t *npub, const uint8_t *k)
{
    const struct packet *const packet = packet_of(mac);
    if (memo.is_off || clen == 0 || packet->size != clen || packet->head_size != adlen ||
        memcmp(packet->tag, mac, TAG) != 0 || memcmp(packet->key, k, KEY) != 0 ||
        memcmp(packet->nonce, npub, NONCE) != 0 || memcmp(packet->head, ad, adlen) != 0 ||
        memcmp(packet->sealed, c, clen) != 0)
        return __real_crypto_aead_chacha20poly1305_ietf_decrypt_detached(m, nsec, c, clen, mac, ad,
                                                                         adlen, npub, k);
    memcpy(m, packet->plain, clen);
    return 0;
}
