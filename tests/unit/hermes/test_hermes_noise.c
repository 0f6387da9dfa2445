/* The handshake against published vectors, as the caller and as the called; and what it refuses. */
#include "cbor_hex.h"
#include "unit.h"

#include "hermes_noise_internal.h"

#include <sodium.h>

enum { MESSAGES_MAX = 6, MESSAGE_SIZE_MAX = 256 };

struct vector {
    const char *source, *prologue, *secrets[4], *hash; /* static and ephemeral of both */
    struct {
        const char *payload, *message;
    } messages[MESSAGES_MAX];
};

/* Source: Noise_XX_25519_ChaChaPoly_BLAKE2b of the vectors of cacophony (Haskell) and snow (Rust),
 * as in github.com/mcginty/snow at 8ac60f51, tests/vectors/. The first three messages are the
 * handshake, the others go to and fro after it. */
static const struct vector vectors[] = {
    {
      .source = "cacophony.txt",
      .prologue = "4a6f686e2047616c74",
      .secrets = { "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1",
 "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a",
 "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
 "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b" },
      .hash = "8cf47d7b3cb5804c0109d48e8bcdbee2cbb65687d8ea2c92994ca361fb86151ad93627b98936cbb3"
"2de56e8abb21def3925011ac3e35db9cbeea73ab9a4392c2",
      .messages = {
      { "4c756477696720766f6e204d69736573",
 "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c79444c75647769672076"
"6f6e204d69736573" },
      { "4d757272617920526f746862617264",
 "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f1448088430505b6745ce64a5f"
"33f0e8e3b83f11ce8802bca507f4f2d8b564dbe277e1966116e132faa2dfd70b8b077b9f94b913df"
"5056ae1319469b824a98d54bbaa82c325595587064f978c4b6d104f7596e6f" },
      { "462e20412e20486179656b",
 "99579e1c1ee15e422a57ddd6b16d37087b17558e8369c18991b4b2ca3a824abf904cdcf5458b5431"
"a75af034ca9e9b982de039eaaf156775e2d580cd4e5ebae89c3f8cb2594b556d8a8169" },
      { "4361726c204d656e676572",
 "fc56eea290b3f3a21aac0c70cd5787b5ee99be37d2f4d751329b55" },
      { "4a65616e2d426170746973746520536179",
 "bb31c9da10d5639a4cdb88a12f5c61de41bbc7df09bf75d94f8184fe4157f5c68f" },
      { "457567656e2042f6686d20766f6e2042617765726b",
 "f6199cadb152fb27f82be0a0891ec76a33598ae92a46cab2fb5a8ed5bf48b7f267f8370af7" },
      },
    },
    {
      .source = "snow.txt",
      .prologue = "5468657265206973206e6f20726967687420616e642077726f6e672e2054686572652773206f6e6c"
"792066756e20616e6420626f72696e672e",
      .secrets = { "842752777821bd4c9a6a84c777cb9028ba2446c864e035c8d380632dca3a7702",
 "5dfce6be0b767fc60a51e1d627711c67d63e97115cb3957a64a66919747ea47c",
 "8885e7006b27a44bec4a6e7bfcc37032a3564a73bf9588585bd1166829d80d8a",
 "9c012e056ed37994a4bfb09f57a7505bf44c07e9784c3c2bcefd8880b2d85e21" },
      .hash = "",
      .messages = {
      { "bcb708376354e0dc837fc3f7e0e9c8c59849fd907a129a3c0afde64e79d1ac09",
 "50a7da541baa50d563e3fd3526f53e9b7e4af8083a4180b5d1f8cd49fbe30518bcb708376354e0dc"
"837fc3f7e0e9c8c59849fd907a129a3c0afde64e79d1ac09" },
      { "77783888d07aa30dfeccf96d8da0a293546232bc8a460b5fbca479e3da54d3b2",
 "6b0ae570deada82b6f3071c87bd361014c34f8d15fee49ed0078f38a9c05bb703c2eb46ccc2734a9"
"c07555b85d6f0b5ae29f24aaa2c351d815acd2e1de7770344339d0d854daf5a4468b189caf7ff643"
"d6c5645e9e7fd5edcad6755ea0a01f51f552650ab99b7a0eba09f64b9dc0737f5756688682897c09"
"12890a6ec56d72f8" },
      { "420d0154f4e26a4224c201f3ecceddc06eb8896b78386978fb25b21dd276c6fb",
 "386d9e2549dcb9a016db7e05f45c19d2c4fd4e7a61d1c06dbd01d21012d448b34761826aa7b3fc8d"
"0c5cc73d487c1f19ac29de837b4ccd361603f03d12f8971ae0534fbd8096fd5bc2c7bdc770262076"
"23514afa5804d07a3b0c316f9e5a9c12" },
      { "58f929d4d8eda457fb01b3a09bb6391aac0d93477df9e3042355741747744571",
 "c81ba3d22336cd78d64ff9e2161d339db9fd3a5407a3fb594fb7a59d718e83c6054b1002721e63ff"
"b2a2d2d8bfd670bc" },
      { "c86af330a6b59de9d7ead76260204ef7e897a1323bdc0a9c5ea4450556ed0bf6",
 "1207c87bc8ec9b6d5db3a3d3ed5caab43c98e71492a424b7d7302ea8313d1b0e3644c9b3c479a80c"
"db3da1e92466b8ac" },
      },
    },
};

struct side {
    struct hermes_noise noise;
    struct hermes_pair own;
    uint8_t key[2][HERMES_KEY_SIZE]; /* to send, to receive */
    uint64_t counter[2];
};

static void side_init(struct side *side, const struct vector *vector, bool is_initiator)
{
    uint8_t prologue[MESSAGE_SIZE_MAX], own[MESSAGE_SIZE_MAX], ephemeral[MESSAGE_SIZE_MAX];
    const size_t at = is_initiator ? 0 : 2;
    *side = (struct side){ 0 };
    hermes_pair_init(&side->own, hex_bytes(vector->secrets[at], own).data);
    hermes_noise_init(&side->noise, is_initiator, hex_bytes(vector->prologue, prologue),
                      hex_bytes(vector->secrets[at + 1], ephemeral).data);
}

static size_t say(struct side *side, struct base_span payload, uint8_t *out)
{
    const size_t size = hermes_noise_put_keys(&side->noise, &side->own, out);
    assert_true(size > 0);
    return size + hermes_noise_put_payload(&side->noise, payload, out + size);
}

/* false: refused. */
static bool hear(struct side *side, struct base_span message, uint8_t *payload)
{
    const size_t size = hermes_noise_take_keys(&side->noise, &side->own, message);
    if (size == 0)
        return false;
    return hermes_noise_take_payload(
        &side->noise, base_span_of(message.data + size, message.size - size), payload);
}

static void side_split(struct side *side)
{
    uint8_t out[HERMES_NOISE_OUTPUTS][HERMES_HASH_SIZE];
    hermes_noise_split(&side->noise, out);
    memcpy(side->key[0], out[side->noise.is_initiator ? 0 : 1], HERMES_KEY_SIZE);
    memcpy(side->key[1], out[side->noise.is_initiator ? 1 : 0], HERMES_KEY_SIZE);
}

static void transport_check(struct side *from, struct side *to, struct base_span payload,
                            struct base_span message)
{
    uint8_t nonce[12] = { [4] = (uint8_t)from->counter[0]++ }, out[MESSAGE_SIZE_MAX];
    crypto_aead_chacha20poly1305_ietf_encrypt(out, NULL, payload.data, payload.size, NULL, 0, NULL,
                                              nonce, from->key[0]);
    assert_int_equal(message.size, payload.size + HERMES_TAG_SIZE);
    assert_memory_equal(out, message.data, message.size);
    nonce[4] = (uint8_t)to->counter[1]++;
    assert_int_equal(crypto_aead_chacha20poly1305_ietf_decrypt(
                         out, NULL, NULL, message.data, message.size, NULL, 0, nonce, to->key[1]),
                     0);
    assert_memory_equal(out, payload.data, payload.size);
}

static void handshake_check(struct side *from, struct side *to, struct base_span payload,
                            struct base_span message)
{
    uint8_t out[MESSAGE_SIZE_MAX];
    assert_int_equal(say(from, payload, out), message.size);
    assert_memory_equal(out, message.data, message.size);
    assert_true(hear(to, message, out));
    assert_memory_equal(out, payload.data, payload.size);
    assert_memory_equal(from->noise.hash, to->noise.hash, HERMES_HASH_SIZE);
}

static void vectors_are_reproduced(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        const struct vector *const vector = &vectors[i];
        struct side sides[2];
        side_init(&sides[0], vector, true);
        side_init(&sides[1], vector, false);
        for (size_t k = 0; k < MESSAGES_MAX && vector->messages[k].message != NULL; k++) {
            uint8_t a[MESSAGE_SIZE_MAX], b[MESSAGE_SIZE_MAX], hash[HERMES_HASH_SIZE];
            struct side *const from = &sides[k % 2], *const to = &sides[1 - k % 2];
            const struct base_span payload = hex_bytes(vector->messages[k].payload, a);
            const struct base_span message = hex_bytes(vector->messages[k].message, b);
            (k < HERMES_NOISE_MESSAGES ? handshake_check : transport_check)(from, to, payload,
                                                                            message);
            if (k + 1 != HERMES_NOISE_MESSAGES)
                continue;
            if (vector->hash[0] != '\0')
                assert_memory_equal(from->noise.hash, hex_bytes(vector->hash, hash).data,
                                    HERMES_HASH_SIZE);
            side_split(from);
            side_split(to);
            assert_memory_equal(from->noise.other_static, to->own.public, HERMES_KEY_SIZE);
            assert_memory_equal(to->noise.other_static, from->own.public, HERMES_KEY_SIZE);
        }
    }
}

/* HMAC and HKDF once more, written from RFC 2104 and the specification's section 4.3 alone. */
static void twin_hmac(const uint8_t *key, const uint8_t *data, size_t size, uint8_t *out)
{
    uint8_t text[128 + 256], outer[128 + 64];
    for (size_t i = 0; i < 128; i++) {
        text[i] = (uint8_t)((i < 64 ? key[i] : 0) ^ 0x36);
        outer[i] = (uint8_t)((i < 64 ? key[i] : 0) ^ 0x5c);
    }
    memcpy(text + 128, data, size);
    crypto_generichash(outer + 128, 64, text, 128 + size, NULL, 0);
    crypto_generichash(out, 64, outer, sizeof outer, NULL, 0);
}

static void third_output_is_hkdf_s(void **state)
{
    uint8_t chain[64], input[96], temporary[64], twin[3][64], out[3][64], text[65];
    (void)state;
    for (size_t i = 0; i < sizeof chain; i++)
        chain[i] = (uint8_t)(3 * i);
    for (size_t size = 0; size <= sizeof input; size += 32) {
        memset(input, (int)size + 1, sizeof input);
        twin_hmac(chain, input, size, temporary);
        twin_hmac(temporary, (const uint8_t *)"\1", 1, twin[0]);
        for (size_t k = 1; k < 3; k++) {
            memcpy(text, twin[k - 1], 64);
            text[64] = (uint8_t)(k + 1);
            twin_hmac(temporary, text, 65, twin[k]);
        }
        hermes_hkdf(chain, base_span_of(input, size), 3, out);
        assert_memory_equal(out, twin, sizeof twin);
    }
}

/* A state just before it hears message `number` of the first vector. */
static struct side side_before(size_t number)
{
    struct side sides[2];
    uint8_t a[MESSAGE_SIZE_MAX], b[MESSAGE_SIZE_MAX];
    side_init(&sides[0], &vectors[0], true);
    side_init(&sides[1], &vectors[0], false);
    for (size_t k = 0; k < number; k++)
        handshake_check(&sides[k % 2], &sides[1 - k % 2],
                        hex_bytes(vectors[0].messages[k].payload, a),
                        hex_bytes(vectors[0].messages[k].message, b));
    if (number == 2) /* the caller must not be able to hear its own last message */
        return sides[1];
    uint8_t out[MESSAGE_SIZE_MAX];
    say(&sides[number % 2], hex_bytes(vectors[0].messages[number].payload, a), out);
    return sides[1 - number % 2];
}

static void every_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (size_t number = 1; number < HERMES_NOISE_MESSAGES; number++) {
        const struct side before = side_before(number);
        uint8_t bytes[MESSAGE_SIZE_MAX], payload[MESSAGE_SIZE_MAX];
        const struct base_span message = hex_bytes(vectors[0].messages[number].message, bytes);
        struct side side = before;
        assert_true(hear(&side, message, payload));
        for (size_t bit = 0; bit < 8 * message.size; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
            side = before;
            assert_false(hear(&side, message, payload));
            bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
        }
    }
}

static void every_shorter_message_is_refused(void **state)
{
    (void)state;
    for (size_t number = 0; number < HERMES_NOISE_MESSAGES; number++) {
        const struct side before = side_before(number);
        uint8_t bytes[MESSAGE_SIZE_MAX], payload[MESSAGE_SIZE_MAX];
        const struct base_span message = hex_bytes(vectors[0].messages[number].message, bytes);
        const size_t least = number == 0 ? HERMES_KEY_SIZE : message.size;
        for (size_t size = 0; size < least; size++) {
            struct side side = before;
            assert_false(hear(&side, base_span_of(bytes, size), payload));
        }
    }
}

/* RFC 7748, 6.1: these agree on zero with everybody. */
static void keys_of_low_order_are_refused(void **state)
{
    static const char *const low[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    (void)state;
    for (size_t i = 0; i < sizeof low / sizeof *low; i++) {
        struct side side;
        uint8_t bytes[MESSAGE_SIZE_MAX], out[MESSAGE_SIZE_MAX];
        side_init(&side, &vectors[0], false);
        assert_true(hear(&side, hex_bytes(low[i], bytes), out));
        assert_int_equal(hermes_noise_put_keys(&side.noise, &side.own, out), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_are_reproduced),
        cmocka_unit_test(third_output_is_hkdf_s),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(every_shorter_message_is_refused),
        cmocka_unit_test(keys_of_low_order_are_refused),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
