/* test_domain.c - published vectors, the earlier system's digests, and all ways agreeing. */
#include "unit.h"
#include "hex.h"

#include <base/rng.h>
#include <bpi/domain.h>

#include <blake3.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static const char *blake3_vectors;

static struct base_span span_of_text(const char *text)
{
    return base_span_of(text, strlen(text));
}

/* SHA-256 of two parts by another route than the code under test. */
static void evp_sha256(struct base_span a, struct base_span b, uint8_t out[32])
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestInit_ex(context, EVP_sha256(), NULL), 1);
    assert_int_equal(EVP_DigestUpdate(context, a.data, a.size), 1);
    assert_int_equal(EVP_DigestUpdate(context, b.data, b.size), 1);
    assert_int_equal(EVP_DigestFinal_ex(context, out, NULL), 1);
    EVP_MD_CTX_free(context);
}

/* What a domain hash is by definition, from the libraries' public functions alone. */
static void defined_hash(enum bpi_domain domain, enum bpi_hash hash, enum bpi_form form,
                         struct base_span data, uint8_t out[32])
{
    const struct bpi_domain_info *info = bpi_domain_info(domain);
    const struct base_span context = span_of_text(info->context);
    const struct base_span prefix = base_span_of(info->prefix, info->prefix_size);
    if (hash == BPI_HASH_SHA256) {
        uint8_t tag[64];
        evp_sha256(context, base_span_of(NULL, 0), tag);
        memcpy(tag + 32, tag, 32);
        evp_sha256(form == BPI_FORM_PREFIX ? prefix : base_span_of(tag, 64), data, out);
        return;
    }
    blake3_hasher hasher;
    if (form == BPI_FORM_DERIVE) {
        blake3_hasher_init_derive_key_raw(&hasher, context.data, context.size);
    } else {
        blake3_hasher_init(&hasher);
        blake3_hasher_update(&hasher, prefix.data, prefix.size);
    }
    blake3_hasher_update(&hasher, data.data, data.size);
    blake3_hasher_finalize(&hasher, out, 32);
}

static void tables_are_the_specified_ones(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t byte;
    } rows[] = {
        { "MERKLE_LEAF", 0 },      { "HEADER_HASH", 0x10 }, { "SHADOW_RECEIPT_HASH", 0x16 },
        { "DAG_LINK_HASH", 0x25 }, { "VRF_KEYGEN", 0x45 },  { "SLASHING_PROOF_HASH", 0x61 }
    };
    enum bpi_domain domain;
    struct base_why why;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(bpi_domain_find(rows[i].name, &domain, &why), BASE_OK);
        assert_int_equal(bpi_domain_info(domain)->prefix[0], rows[i].byte);
        assert_int_equal(bpi_domain_info(domain)->prefix_size, 1);
    }
    assert_int_equal(bpi_domain_of_byte(0x16, &domain), BASE_OK);
    assert_int_equal(domain, BPI_DOMAIN_RECEIPT_HASH);
    assert_int_equal(bpi_domain_of_byte(0x62, &domain), BASE_ENOTFOUND);
    assert_int_equal(bpi_domain_find("BPI_HEADER_HASH", &domain, &why), BASE_OK);
    assert_true(bpi_domain_info(domain)->is_text);
    assert_memory_equal(bpi_domain_info(domain)->prefix, "BPI_HEADER_HASH", 16);
    assert_int_equal(bpi_domain_info(domain)->prefix_size, 16);
    assert_int_equal(bpi_domain_find("HEADER", &domain, &why), BASE_ENOTFOUND);
    assert_string_equal(why.text, "\"HEADER\" is not the name of a hash domain");
    assert_string_equal(bpi_domain_info(BPI_DOMAIN_HEADER_HASH)->context,
                        "bpi 2026-11-21 byte domain 0x10");
}

static void names_are_found_and_others_refused(void **state)
{
    (void)state;
    enum bpi_hash hash;
    enum bpi_form form;
    struct base_why why;
    for (unsigned i = 0; i < BPI_HASH_COUNT; i++) {
        assert_int_equal(bpi_hash_find(bpi_hash_name((enum bpi_hash)i), &hash, &why), BASE_OK);
        assert_int_equal(hash, i);
    }
    for (unsigned i = 0; i < BPI_FORM_COUNT; i++) {
        assert_int_equal(bpi_form_find(bpi_form_name((enum bpi_form)i), &form, &why), BASE_OK);
        assert_int_equal(form, i);
    }
    assert_int_equal(bpi_hash_find("md5", &hash, &why), BASE_ENOTFOUND);
    assert_string_equal(why.text, "\"md5\" is no hash algorithm; blake3 and sha256 are");
    assert_int_equal(bpi_form_find("", &form, &why), BASE_ENOTFOUND);
}

/* Every pair of domains with different values gives different digests, in both forms. */
static void domains_are_apart(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 4; kind++) {
        uint8_t digests[BPI_DOMAIN_COUNT][32];
        for (unsigned i = 0; i < BPI_DOMAIN_COUNT; i++)
            bpi_domain_hash((enum bpi_domain)i, (enum bpi_hash)(kind / 2),
                            (enum bpi_form)(kind % 2), span_of_text("test data"), digests[i]);
        for (unsigned i = 0; i < BPI_DOMAIN_COUNT; i++)
            for (unsigned j = 0; j < i; j++) {
                const bool same = memcmp(digests[i], digests[j], 32) == 0;
                const bool shared =
                    i == BPI_DOMAIN_SHADOW_RECEIPT_HASH && j == BPI_DOMAIN_RECEIPT_HASH;
                assert_int_equal(same, shared);
            }
    }
}

static void digests_of_the_earlier_system(void **state)
{
    (void)state;
    static uint8_t kilobyte[1024];
    uint8_t short_struct[128], long_struct[128], out[32];
    memset(kilobyte, 0xab, sizeof kilobyte);
    const size_t long_size = hex_bytes(
        "d9d9f7a366686569676874182a646861736898200102030405060708090a0b0c0d0e0f10111213141516171818"
        "1819181a181b181c181d181e181f1820686d65746164617461a0",
        long_struct);
    const size_t short_size = hex_bytes("a3646861736858200102030405060708090a0b0c0d0e0f101112131415"
                                        "161718191a1b1c1d1e1f2066686569676874"
                                        "182a686d65746164617461a0",
                                        short_struct);
    assert_int_equal(long_size, 71);
    assert_int_equal(short_size, 59);
    const struct {
        enum bpi_domain domain;
        enum bpi_hash hash;
        struct base_span data;
        const char *digest;
    } rows[] = {
        { BPI_DOMAIN_HEADER_HASH, BPI_HASH_BLAKE3, base_span_of(kilobyte, 1024),
          "ba2fcdc9dd4566aaa4472a28aef1b93f84c467ddaa4b60c98c16676491f23011" },
        { BPI_DOMAIN_BPI_HEADER_HASH, BPI_HASH_BLAKE3, base_span_of(kilobyte, 1024),
          "d877b9946eb6696c09c06c6537efe309294e3fed6883ea2528440edb73da1004" },
        { BPI_DOMAIN_HEADER_HASH, BPI_HASH_SHA256, base_span_of(kilobyte, 1024),
          "c9fe2edde0261fe7a2b5bfd8ee46c342089fd1987b249c1c1f525d6bce66e5ed" },
        { BPI_DOMAIN_MERKLE_LEAF, BPI_HASH_BLAKE3, span_of_text("test data"),
          "85608da1ad9d93251cef9ff99844c4b9584f8dbd858552ff13dbdcf76268b422" },
        { BPI_DOMAIN_MERKLE_INTERNAL, BPI_HASH_BLAKE3, span_of_text("test data"),
          "2e4c571ba9f158ba1fce84f75956c9090cbff615b18ad9105f20812ef59f6bbe" },
        { BPI_DOMAIN_HEADER_HASH, BPI_HASH_BLAKE3, base_span_of(long_struct, long_size),
          "db80a7990d4b3698bc2425b99b856f6b6048e8889fb6231900608e01f715c2b4" },
        { BPI_DOMAIN_HEADER_HASH, BPI_HASH_BLAKE3, base_span_of(short_struct, short_size),
          "3a7bb4965ef3855a593b1bc998f441e76d11916af87794727ead66489afb8c58" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bpi_domain_hash_of(rows[i].data, rows[i].domain, rows[i].hash, out);
        assert_string_equal(hex_of(out), rows[i].digest);
    }
}

/* FIPS 180-4's examples and the empty message. */
static void sha256_of_the_standard(void **state)
{
    (void)state;
    static char million[1000001];
    memset(million, 'a', 1000000);
    const struct {
        const char *text, *digest;
    } rows[] = {
        { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
        { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
        { "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
          "lmnopqrsmnopqrstnopqrstu",
          "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1" },
        { million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
    };
    uint8_t out[32];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bpi_hash_plain(BPI_HASH_SHA256, span_of_text(rows[i].text), out);
        assert_string_equal(hex_of(out), rows[i].digest);
    }
}

static void blake3_of_its_authors(void **state)
{
    (void)state;
    json_error_t error;
    json_t *document = json_load_file(blake3_vectors, 0, &error);
    assert_non_null(document);
    const json_t *cases = json_object_get(document, "cases");
    assert_true(json_array_size(cases) >= 35);
    static uint8_t input[200000];
    for (size_t i = 0; i < sizeof input; i++)
        input[i] = (uint8_t)(i % 251);
    for (size_t i = 0; i < json_array_size(cases); i++) {
        const json_t *row = json_array_get(cases, i);
        const size_t size = (size_t)json_integer_value(json_object_get(row, "input_len"));
        assert_true(size <= sizeof input);
        uint8_t out[32];
        bpi_hash_plain(BPI_HASH_BLAKE3, base_span_of(input, size), out);
        assert_memory_equal(hex_of(out), json_string_value(json_object_get(row, "hash")), 64);
    }
    json_decref(document);
}

enum { MODEL_BYTES = 1 << 20 };

static uint8_t *random_bytes(struct base_rng *rng)
{
    uint8_t *bytes = malloc(MODEL_BYTES);
    assert_non_null(bytes);
    for (size_t i = 0; i < MODEL_BYTES; i++)
        bytes[i] = (uint8_t)base_rng_u64(rng);
    return bytes;
}

/* Sizes around blocks and chunks, where lanes and trees change their ways. */
static size_t random_size(struct base_rng *rng)
{
    static const size_t edges[] = { 0, 63, 64, 1023, 1024, 1025, 2048, 3072, 4096, 16384, 17408 };
    const size_t edge = edges[base_rng_below(rng, sizeof edges / sizeof edges[0])];
    const size_t around = edge + base_rng_below(rng, 40);
    return around < 20 ? 0 : around - 20;
}

static void one_shot_is_the_definition(void **state)
{
    (void)state;
    const uint64_t seed = 20261121;
    print_message("seed %llu\n", (unsigned long long)seed);
    struct base_rng rng;
    base_rng_init(&rng, seed);
    uint8_t *bytes = random_bytes(&rng);
    for (unsigned round = 0; round < 4000; round++) {
        const enum bpi_domain domain = (enum bpi_domain)base_rng_below(&rng, BPI_DOMAIN_COUNT);
        const enum bpi_hash hash = (enum bpi_hash)(round % 2);
        const enum bpi_form form = (enum bpi_form)(round / 2 % 2);
        const size_t size = round < 40 ? MODEL_BYTES / (round + 1) - 64 : random_size(&rng);
        const struct base_span data = base_span_of(bytes + base_rng_below(&rng, 64), size);
        uint8_t ours[32], defined[32];
        bpi_domain_hash(domain, hash, form, data, ours);
        defined_hash(domain, hash, form, data, defined);
        assert_string_equal(hex_of(ours), hex_of(defined));
    }
    free(bytes);
}

/* Trees of all shapes that matter: full groups, one chunk more or less, last chunks of all kinds.
 */
static void long_messages_are_the_definition(void **state)
{
    (void)state;
    static const size_t chunks[] = { 1,  2,  3,   4,   5,   7,   8,   15,  16,  17,   31,
                                     33, 64, 255, 256, 257, 300, 511, 512, 513, 1000, 1023 };
    static const enum bpi_domain domains[] = { BPI_DOMAIN_HEADER_HASH,
                                               BPI_DOMAIN_CHECKPOINT_CERTIFICATE };
    struct base_rng rng;
    base_rng_init(&rng, 3);
    uint8_t *bytes = random_bytes(&rng);
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++)
        for (size_t more = 0; more < 6; more++) {
            static const size_t tails[] = { 0, 1, 63, 64, 65, 1000 };
            for (size_t k = 0; k < 2; k++) {
                const size_t prefix = bpi_domain_info(domains[k])->prefix_size;
                const struct base_span data =
                    base_span_of(bytes, chunks[i] * 1024 + tails[more] - prefix);
                uint8_t ours[32], defined[32];
                bpi_domain_hash(domains[k], BPI_HASH_BLAKE3, BPI_FORM_PREFIX, data, ours);
                defined_hash(domains[k], BPI_HASH_BLAKE3, BPI_FORM_PREFIX, data, defined);
                assert_string_equal(hex_of(ours), hex_of(defined));
            }
        }
    free(bytes);
}

static void streams_are_one_shot(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 7);
    uint8_t *bytes = random_bytes(&rng);
    struct bpi_domain_stream stream;
    for (unsigned round = 0; round < 2000; round++) {
        const enum bpi_domain domain = (enum bpi_domain)base_rng_below(&rng, BPI_DOMAIN_COUNT);
        const enum bpi_hash hash = (enum bpi_hash)(round % 2);
        const enum bpi_form form = (enum bpi_form)(round / 2 % 2);
        const size_t size = random_size(&rng);
        uint8_t whole[32], pieces[32];
        bpi_domain_hash(domain, hash, form, base_span_of(bytes, size), whole);
        bpi_domain_stream_init(&stream, domain, hash, form);
        for (size_t at = 0; at < size;) {
            size_t piece = base_rng_below(&rng, 1 + base_rng_below(&rng, 3000));
            piece = piece > size - at ? size - at : piece;
            bpi_domain_stream_add(&stream, base_span_of(bytes + at, piece));
            at += piece;
        }
        bpi_domain_stream_done(&stream, pieces);
        assert_string_equal(hex_of(whole), hex_of(pieces));
    }
    free(bytes);
}

enum { BATCH_MAX = 70 };

/* One batch: runs of equal sizes mixed with single sizes, at any alignment. */
static void batch_against_singles(struct base_rng *rng, const uint8_t *bytes, unsigned round)
{
    struct base_span messages[BATCH_MAX];
    uint8_t many[BATCH_MAX][32];
    const enum bpi_domain domain = (enum bpi_domain)base_rng_below(rng, BPI_DOMAIN_COUNT);
    const enum bpi_hash hash = round % 8 == 0 ? BPI_HASH_SHA256 : BPI_HASH_BLAKE3;
    const enum bpi_form form = (enum bpi_form)(round / 8 % 2);
    const size_t count = base_rng_below(rng, BATCH_MAX + 1);
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || base_rng_below(rng, 12) == 0)
            size = base_rng_below(rng, 2) == 0 ? random_size(rng) : base_rng_below(rng, 2100);
        messages[i] = base_span_of(bytes + base_rng_below(rng, MODEL_BYTES - 20000), size);
    }
    bpi_domain_hash_many(domain, hash, form, messages, count, many);
    for (size_t i = 0; i < count; i++) {
        uint8_t single[32];
        bpi_domain_hash(domain, hash, form, messages[i], single);
        assert_string_equal(hex_of(many[i]), hex_of(single));
    }
}

static void batches_are_one_by_one(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 11);
    uint8_t *bytes = random_bytes(&rng);
    for (unsigned round = 0; round < 600; round++)
        batch_against_singles(&rng, bytes, round);
    free(bytes);
}

/* Every size of a group through one and two chunks. */
static void batches_of_every_size(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 13);
    uint8_t *bytes = random_bytes(&rng);
    for (size_t size = 0; size < 2052; size++) {
        struct base_span messages[5];
        uint8_t many[5][32], single[32];
        const enum bpi_form form = (enum bpi_form)(size / 2 % 2);
        for (size_t i = 0; i < 5; i++)
            messages[i] = base_span_of(bytes + i * 3001, size);
        bpi_domain_hash_many(BPI_DOMAIN_HEADER_HASH, BPI_HASH_BLAKE3, form, messages, 5, many);
        for (size_t i = 0; i < 5; i++) {
            bpi_domain_hash(BPI_DOMAIN_HEADER_HASH, BPI_HASH_BLAKE3, form, messages[i], single);
            assert_memory_equal(many[i], single, 32);
        }
    }
    free(bytes);
}

int main(int argc, char **argv)
{
    blake3_vectors = argc > 1 ? argv[1] : "tests/golden/blake3/test_vectors.json";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_the_specified_ones),
        cmocka_unit_test(names_are_found_and_others_refused),
        cmocka_unit_test(domains_are_apart),
        cmocka_unit_test(digests_of_the_earlier_system),
        cmocka_unit_test(sha256_of_the_standard),
        cmocka_unit_test(blake3_of_its_authors),
        cmocka_unit_test(one_shot_is_the_definition),
        cmocka_unit_test(long_messages_are_the_definition),
        cmocka_unit_test(streams_are_one_shot),
        cmocka_unit_test(batches_are_one_by_one),
        cmocka_unit_test(batches_of_every_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
