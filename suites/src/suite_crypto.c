/* suite_crypto.c - domain hashes one at a time, in batches, of files; Merkle trees; and their
 * peers.
 *
 * Peers: OpenSSL's EVP with the digest fetched beforehand, and the official BLAKE3 functions
 * without a domain. Every digest is checked against one that was computed another way.
 */
#include <suite/suite.h>

#include "crypto_expect.h"
#include "suite_claims.h"

#include <base/buf.h>
#include <base/rng.h>
#include <bench/keep.h>

#include <blake3.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

SUITE_CLAIMS(crypto);

#define DOMAIN BPI_DOMAIN_HEADER_HASH

enum {
    BATCH_COUNT = 16,
    SIZE_MAX_BYTES = 1 << 30,
};

struct hashing {
    enum bpi_hash hash;
    enum bpi_form form;
    struct base_buf data; /* all messages, one after the other */
    struct base_span messages[BATCH_COUNT];
    size_t message_count;
    uint64_t items;
    uint8_t digests[BATCH_COUNT][BPI_DIGEST_SIZE];
    EVP_MD *md; /* the peer's */
    EVP_MD_CTX *context;
};

static void hashing_teardown(void *state)
{
    struct hashing *hashing = state;
    if (hashing == NULL)
        return;
    EVP_MD_CTX_free(hashing->context);
    EVP_MD_free(hashing->md);
    base_buf_done(&hashing->data);
    free(hashing);
}

/* The algorithm and form as the user wrote them; a case without them has the defaults. */
static base_err hashing_open(struct bench_env *env)
{
    struct hashing *hashing = calloc(1, sizeof *hashing);
    if (hashing == NULL)
        return base_fail(&env->why, BASE_ENOMEM, 0, "no memory");
    env->state = hashing;
    const char *hash = bench_env_text(env, "algorithm");
    const char *form = bench_env_text(env, "form");
    base_err err = BASE_OK;
    if (hash[0] != '\0' && (err = bpi_hash_find(hash, &hashing->hash, &env->why)) != BASE_OK)
        err = base_fail_prefix(&env->why, BASE_EINVALID, "algorithm");
    else if (form[0] != '\0' && (err = bpi_form_find(form, &hashing->form, &env->why)) != BASE_OK)
        err = base_fail_prefix(&env->why, BASE_EINVALID, "form");
    return err;
}

static base_err hashing_fail(struct bench_env *env, base_err err)
{
    hashing_teardown(env->state);
    env->state = NULL;
    return err;
}

/* `count` messages of random bytes. */
static base_err hashing_fill(struct bench_env *env, size_t count)
{
    struct hashing *hashing = env->state;
    uint64_t size;
    base_err err = bench_env_count(env, "size", 0, SIZE_MAX_BYTES / BATCH_COUNT, &size);
    if (err == BASE_OK && (err = base_buf_reserve(&hashing->data, size * count + 1)) != BASE_OK)
        err = base_fail(&env->why, err, 0, "no memory for %zu messages of %llu bytes", count,
                        (unsigned long long)size);
    if (err != BASE_OK)
        return err;
    struct base_rng rng;
    base_rng_init(&rng, env->seed);
    hashing->data.size = size * count;
    for (size_t i = 0; i < hashing->data.size; i++)
        hashing->data.data[i] = (uint8_t)base_rng_u64(&rng);
    for (size_t i = 0; i < count; i++)
        hashing->messages[i] = base_span_of(hashing->data.data + i * size, size);
    hashing->message_count = count;
    env->bytes_per_item = (double)(size * count);
    return BASE_OK;
}

static base_err single_setup(struct bench_env *env)
{
    base_err err = hashing_open(env);
    if (err == BASE_OK)
        err = hashing_fill(env, 1);
    return err == BASE_OK ? err : hashing_fail(env, err);
}

static base_err batch_setup(struct bench_env *env)
{
    base_err err = hashing_open(env);
    if (err == BASE_OK)
        err = hashing_fill(env, BATCH_COUNT);
    env->parts_per_item = BATCH_COUNT;
    return err == BASE_OK ? err : hashing_fail(env, err);
}

static base_err file_setup(struct bench_env *env)
{
    base_err err = hashing_open(env);
    struct hashing *hashing = env->state;
    if (err == BASE_OK)
        err = base_buf_read_file(&hashing->data, bench_env_text(env, "file"), SIZE_MAX_BYTES,
                                 &env->why);
    if (err != BASE_OK)
        return hashing_fail(env, err);
    hashing->messages[0] = base_buf_span(&hashing->data);
    hashing->message_count = 1;
    env->bytes_per_item = (double)hashing->data.size;
    bench_env_fact(env, "file_bytes", env->bytes_per_item, "B");
    return BASE_OK;
}

static base_err openssl_setup(struct bench_env *env)
{
    const base_err err = single_setup(env);
    if (err != BASE_OK)
        return err;
    struct hashing *hashing = env->state;
    hashing->hash = BPI_HASH_SHA256;
    hashing->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    hashing->context = EVP_MD_CTX_new();
    if (hashing->md != NULL && hashing->context != NULL)
        return BASE_OK;
    return hashing_fail(env, base_fail(&env->why, BASE_EUNSUPPORTED, 0, "OpenSSL has no SHA256"));
}

static void single_run(void *state, uint64_t count)
{
    struct hashing *hashing = state;
    BENCH_LOOP(count) {
        bpi_domain_hash(DOMAIN, hashing->hash, hashing->form, hashing->messages[0],
                        hashing->digests[0]);
        BENCH_KEEP(&hashing->digests[0][0]);
    }
    hashing->items += count;
}

static void batch_run(void *state, uint64_t count)
{
    struct hashing *hashing = state;
    BENCH_LOOP(count) {
        bpi_domain_hash_many(DOMAIN, hashing->hash, hashing->form, hashing->messages, BATCH_COUNT,
                             hashing->digests);
        BENCH_KEEP(&hashing->digests[0][0]);
    }
    hashing->items += count;
}

static void openssl_run(void *state, uint64_t count)
{
    struct hashing *hashing = state;
    const struct bpi_domain_info *info = bpi_domain_info(DOMAIN);
    BENCH_LOOP(count) {
        EVP_DigestInit_ex(hashing->context, hashing->md, NULL);
        EVP_DigestUpdate(hashing->context, info->prefix, info->prefix_size);
        EVP_DigestUpdate(hashing->context, hashing->messages[0].data, hashing->messages[0].size);
        EVP_DigestFinal_ex(hashing->context, hashing->digests[0], NULL);
        BENCH_KEEP(&hashing->digests[0][0]);
    }
    hashing->items += count;
}

static void blake3_run(void *state, uint64_t count)
{
    struct hashing *hashing = state;
    BENCH_LOOP(count) {
        blake3_hasher hasher;
        blake3_hasher_init(&hasher);
        blake3_hasher_update(&hasher, hashing->messages[0].data, hashing->messages[0].size);
        blake3_hasher_finalize(&hasher, hashing->digests[0], BPI_DIGEST_SIZE);
        BENCH_KEEP(&hashing->digests[0][0]);
    }
    hashing->items += count;
}

static base_err digest_check(const struct hashing *hashing, size_t index,
                             const uint8_t expected[BPI_DIGEST_SIZE], struct base_why *why)
{
    if (hashing->items == 0 || memcmp(hashing->digests[index], expected, BPI_DIGEST_SIZE) == 0)
        return BASE_OK;
    return base_fail(why, BASE_EWRONG, index,
                     "the digest of message %zu begins %02x%02x%02x%02x, not %02x%02x%02x%02x",
                     index, hashing->digests[index][0], hashing->digests[index][1],
                     hashing->digests[index][2], hashing->digests[index][3], expected[0],
                     expected[1], expected[2], expected[3]);
}

static base_err domain_check(void *state, struct base_why *why)
{
    const struct hashing *hashing = state;
    base_err err = BASE_OK;
    for (size_t i = 0; err == BASE_OK && i < hashing->message_count; i++) {
        uint8_t expected[BPI_DIGEST_SIZE];
        err = crypto_expect(DOMAIN, hashing->hash, hashing->form, hashing->messages[i], expected,
                            why);
        if (err == BASE_OK)
            err = digest_check(hashing, i, expected, why);
    }
    return err;
}

static base_err blake3_check(void *state, struct base_why *why)
{
    const struct hashing *hashing = state;
    uint8_t expected[BPI_DIGEST_SIZE];
    crypto_expect_blake3(NULL, 0, hashing->messages[0], expected);
    return digest_check(hashing, 0, expected, why);
}

#define PARAM_SIZES                                                                                \
    {                                                                                              \
        "size", "64,256,1024,4096,65536,1048576", "bytes of a message"                             \
    }
#define PARAM_ALGORITHM                                                                            \
    {                                                                                              \
        "algorithm", "sha256,blake3", "sha256 or blake3"                                           \
    }
#define PARAM_FORM                                                                                 \
    {                                                                                              \
        "form", "prefix,derive", "how the domain goes in: prefix (compatible) or derive (faster)"  \
    }

static const struct bench_case case_hash = {
    .name = "crypto/hash",
    .doc = "the domain hash of one message",
    .item = "hash",
    .params = { PARAM_SIZES, PARAM_ALGORITHM, PARAM_FORM },
    .setup = single_setup,
    .run = single_run,
    .check = domain_check,
    .teardown = hashing_teardown,
};

static const struct bench_case case_batch = {
    .name = "crypto/batch",
    .doc = "the domain hashes of sixteen messages at once",
    .item = "batch",
    .params = { { "size", "1024", "bytes of a message" }, PARAM_ALGORITHM, PARAM_FORM },
    .setup = batch_setup,
    .run = batch_run,
    .check = domain_check,
    .teardown = hashing_teardown,
};

static const struct bench_case case_openssl = {
    .name = "crypto/hash.openssl",
    .doc = "SHA-256 with the domain's byte by OpenSSL's EVP, digest fetched beforehand",
    .item = "hash",
    .peer_of = "crypto/hash",
    .params = { PARAM_SIZES },
    .setup = openssl_setup,
    .run = openssl_run,
    .check = domain_check,
    .teardown = hashing_teardown,
};

static const struct bench_case case_blake3 = {
    .name = "crypto/hash.blake3",
    .doc = "BLAKE3 by the official code, without a domain",
    .item = "hash",
    .peer_of = "crypto/hash",
    .params = { PARAM_SIZES },
    .setup = single_setup,
    .run = blake3_run,
    .check = blake3_check,
    .teardown = hashing_teardown,
};

static const struct bench_case case_file = {
    .name = "crypto/file",
    .doc = "the domain hash of a whole file that is in memory",
    .item = "file",
    .params = { { "file", "/bin/sh", "the file's path" },
                PARAM_ALGORITHM,
                { "form", "prefix", "prefix (compatible) or derive (faster)" } },
    .setup = file_setup,
    .run = single_run,
    .check = domain_check,
    .teardown = hashing_teardown,
};

static const struct bench_case *const crypto_cases[] = {
    &case_hash, &case_openssl, &case_blake3, &case_batch, &suite_crypto_merkle, &case_file,
};

const struct suite suite_crypto = {
    .name = "crypto",
    .doc = "domain-separated hashes and Merkle trees",
    .cases = crypto_cases,
    .case_count = SUITE_COUNT(crypto_cases),
    .claims_yaml = suite_claims_crypto,
};
