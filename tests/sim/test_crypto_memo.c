/* test_crypto_memo.c - what is remembered is what is worked out anew: random operations among a few
 * keys, with right and wrong signatures, with points that nobody has the secret of, and with
 * packets that were changed, asked of the memory and of libsodium.
 *
 *   test_crypto_memo [COUNT [SEED]]   so many operations (600) */
#include <unit.h>

#include <base/rng.h>
#include <crypto_memo.h>
#include <sodium.h>

#include <stdlib.h>
#include <string.h>

enum { KEYS = 6, TEXTS = 5, SIZE = 32 };

static uint64_t count = 600, seed = 1;
static struct base_rng rng;

static void fill(uint64_t of, uint8_t *out)
{
    struct base_rng own;
    base_rng_init(&own, of);
    for (int i = 0; i < SIZE; i += 8) {
        const uint64_t word = base_rng_u64(&own);
        memcpy(out + i, &word, sizeof word);
    }
}

/* Everything that one operation gives out, and what it returns. */
struct outcome {
    int status;
    uint8_t bytes[400];
};

struct operation {
    uint64_t kind, a, b, text, spoilt;
};

static struct outcome exchange(const struct operation *op)
{
    struct outcome out = { 0 };
    uint8_t own[SIZE], other[SIZE], public[SIZE];
    fill(op->a, own);
    fill(op->b, other);
    crypto_scalarmult_curve25519_base(out.bytes, own);
    if (op->spoilt == 0)
        crypto_scalarmult_curve25519_base(public, other);
    else if (op->spoilt == 1)
        memset(public, 0, sizeof public); /* of low order: refused */
    else
        memcpy(public, other, sizeof public); /* nobody's */
    if (op->spoilt == 3)
        crypto_scalarmult_curve25519_base(out.bytes + SIZE, public);
    out.status = crypto_scalarmult_curve25519(out.bytes + SIZE, own, public);
    return out;
}

static struct outcome sign(const struct operation *op)
{
    struct outcome out = { 0 };
    uint8_t secret[SIZE], keys[64], other[SIZE], text[150] = { 0 };
    const size_t size = op->text * 37;
    fill(op->a, secret);
    fill(op->b, other);
    fill(op->text + 1000, text);
    crypto_sign_ed25519_seed_keypair(out.bytes, keys, secret);
    crypto_sign_ed25519_detached(out.bytes + SIZE, NULL, text, size, keys);
    if (op->spoilt == 1)
        out.bytes[SIZE + op->b * 7] ^= 1;
    if (op->spoilt == 2)
        text[0] ^= 1;
    if (op->spoilt == 3)
        crypto_sign_ed25519_seed_keypair(out.bytes, keys, other);
    out.status = crypto_sign_ed25519_verify_detached(out.bytes + SIZE, text, size, out.bytes);
    return out;
}

/* A packet sealed and, perhaps, changed; sizes 0 to 148. */
static struct outcome seal(const struct operation *op)
{
    struct outcome out = { 0 };
    uint8_t key[SIZE], nonce[SIZE], head[16] = { 1 };
    const size_t size = op->text * 37;
    uint8_t *const sealed = out.bytes, *const tag = out.bytes + 150,
                   *const opened = out.bytes + 200;
    fill(op->a, key);
    fill(op->b, nonce);
    fill(op->text, sealed);
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(sealed, tag, NULL, sealed, size, head,
                                                       sizeof head, NULL, nonce, key);
    if (op->spoilt == 1)
        (size > 0 ? sealed : tag)[op->b % (size > 0 ? size : 16)] ^= 1;
    if (op->spoilt == 2)
        (op->b % 2 == 0 ? head : key)[5] ^= 1;
    if (op->spoilt == 3)
        (op->b % 2 == 0 ? tag : nonce)[9] ^= 1;
    out.status = crypto_aead_chacha20poly1305_ietf_decrypt_detached(opened, NULL, sealed, size, tag,
                                                                    head, sizeof head, nonce, key);
    return out;
}

/* Not everything that is spoilt is spoilt. */
static bool is_unspoilt(const struct operation *op)
{
    const bool is_text = op->kind == 1 && op->spoilt == 2 && op->text == 0;
    return is_text || (op->kind == 1 && op->spoilt == 3 && op->a == op->b);
}

static void test_same(void **state)
{
    (void)state;
    base_rng_init(&rng, seed);
    print_message("seed %llu\n", (unsigned long long)seed);
    for (uint64_t i = 0; i < count; i++) {
        const struct operation op = { base_rng_below(&rng, 3), base_rng_below(&rng, KEYS),
                                      base_rng_below(&rng, KEYS), base_rng_below(&rng, TEXTS),
                                      base_rng_below(&rng, 4) };
        static struct outcome (*const acts[3])(const struct operation *) = { exchange, sign, seal };
        crypto_memo_use(true);
        const struct outcome known = acts[op.kind](&op);
        crypto_memo_use(false);
        const struct outcome anew = acts[op.kind](&op);
        if (op.kind > 0)
            assert_int_equal(anew.status == 0, op.spoilt == 0 || is_unspoilt(&op));
        if (known.status != anew.status || memcmp(known.bytes, anew.bytes, sizeof known.bytes) != 0)
            fail_msg("operation %llu: kind %llu, spoilt %llu", (unsigned long long)i,
                     (unsigned long long)op.kind, (unsigned long long)op.spoilt);
    }
    const struct crypto_memo_counts counts = crypto_memo_counts();
    assert_true(counts.known * 2 > counts.asked);
}

/* A secret key names a public key that is not its seed's: what it signs is no signature, before and
 * after the right one was made, and the right one is not its own. */
static void test_seed_of_another(void **state)
{
    (void)state;
    uint8_t one[SIZE], other[SIZE], public[SIZE], right[64], mixed[64], text[SIZE];
    uint8_t made[64], anew[64];
    fill(80, one);
    fill(81, other);
    crypto_memo_use(true);
    crypto_sign_ed25519_seed_keypair(public, right, one);
    memcpy(mixed, other, SIZE);
    memcpy(mixed + SIZE, public, SIZE);
    for (uint64_t order = 0; order < 2; order++) {
        fill(82 + order, text);
        for (uint64_t turn = 0; turn < 4; turn++) {
            const uint8_t *const secret = (turn + order) % 2 == 0 ? mixed : right;
            crypto_memo_use(false);
            crypto_sign_ed25519_detached(anew, NULL, text, sizeof text, secret);
            crypto_memo_use(true);
            crypto_sign_ed25519_detached(made, NULL, text, sizeof text, secret);
            assert_memory_equal(made, anew, sizeof made);
            assert_int_equal(crypto_sign_ed25519_verify_detached(made, text, sizeof text, public),
                             secret == right ? 0 : -1);
        }
    }
}

/* Both sides of an agreement are one question. */
static void test_both_sides(void **state)
{
    (void)state;
    uint8_t a[SIZE], b[SIZE], public_a[SIZE], public_b[SIZE], one[SIZE], other[SIZE];
    fill(70, a);
    fill(71, b);
    crypto_memo_use(true);
    crypto_scalarmult_curve25519_base(public_a, a);
    crypto_scalarmult_curve25519_base(public_b, b);
    const uint64_t before = crypto_memo_counts().asked - crypto_memo_counts().known;
    assert_int_equal(crypto_scalarmult_curve25519(one, a, public_b), 0);
    assert_int_equal(crypto_scalarmult_curve25519(other, b, public_a), 0);
    assert_memory_equal(one, other, SIZE);
    assert_int_equal(crypto_memo_counts().asked - crypto_memo_counts().known, before + 1);
}

int main(int argc, char **argv)
{
    count = argc > 1 ? strtoull(argv[1], NULL, 10) : count;
    seed = argc > 2 ? strtoull(argv[2], NULL, 10) : seed;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_seed_of_another),
        cmocka_unit_test(test_both_sides),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
