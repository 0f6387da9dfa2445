/* domain.c - one message and streams.
 *
 * Both forms come down to the same thing: a hash state that has taken in the domain already. All
 * such states are prepared by the first call; a message copies one and goes on from there. This
 * turns SHA-256's tag block and BLAKE3's context into no cost at all.
 */
#include "blake3_tree.h"
#include "domain_internal.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

_Static_assert(sizeof(blake3_hasher) <= BPI_STREAM_SIZE, "the hasher fits a stream");
_Static_assert(sizeof(SHA256_CTX) <= BPI_STREAM_SIZE, "the state fits a stream");

/* Written once under `domain_once`, constant from then on. */
static struct bpi_domain_start domain_starts[BPI_DOMAIN_COUNT][BPI_FORM_COUNT];
static SHA256_CTX sha256_empty;
static pthread_once_t domain_once = PTHREAD_ONCE_INIT;

static void start_prefix(const struct bpi_domain_info *info, struct bpi_domain_start *start)
{
    blake3_hasher hasher;
    blake3_hasher_init(&hasher);
    blake3_hasher_update(&hasher, info->prefix, info->prefix_size);
    memcpy(start->blake3, &hasher, sizeof start->blake3);
    bpi_sha256_init(&start->sha256);
    bpi_sha256_add(&start->sha256, base_span_of(info->prefix, info->prefix_size));
}

static void start_derive(const struct bpi_domain_info *info, struct bpi_domain_start *start)
{
    blake3_hasher hasher;
    blake3_hasher_init_derive_key(&hasher, info->context);
    memcpy(start->blake3, &hasher, sizeof start->blake3);
    uint8_t tag[2][BPI_DIGEST_SIZE];
    bpi_hash_plain(BPI_HASH_SHA256, base_span_of(info->context, strlen(info->context)), tag[0]);
    memcpy(tag[1], tag[0], sizeof tag[0]);
    bpi_sha256_init(&start->sha256);
    bpi_sha256_add(&start->sha256, base_span_of(tag, sizeof tag));
}

static void start_all(void)
{
    bpi_sha256_init(&sha256_empty);
    for (unsigned i = 0; i < BPI_DOMAIN_COUNT; i++) {
        const struct bpi_domain_info *info = bpi_domain_info((enum bpi_domain)i);
        start_prefix(info, &domain_starts[i][BPI_FORM_PREFIX]);
        start_derive(info, &domain_starts[i][BPI_FORM_DERIVE]);
    }
}

const struct bpi_domain_start *bpi_domain_start_of(enum bpi_domain domain, enum bpi_form form)
{
    assert((unsigned)domain < BPI_DOMAIN_COUNT && (unsigned)form < BPI_FORM_COUNT);
    pthread_once(&domain_once, start_all);
    return &domain_starts[domain][form];
}

static void hash_sha256(const struct bpi_domain_start *start, const struct bpi_domain_info *info,
                        enum bpi_form form, struct base_span data, uint8_t out[BPI_DIGEST_SIZE])
{
    if (form == BPI_FORM_DERIVE)
        bpi_sha256_rest(&start->sha256, BPI_SHA256_BLOCK_SIZE, base_span_of(NULL, 0), data, out);
    else
        bpi_sha256_rest(&sha256_empty, 0, base_span_of(info->prefix, info->prefix_size), data, out);
}

static void hash_blake3(const struct bpi_domain_start *start, const struct bpi_domain_info *info,
                        enum bpi_form form, struct base_span data, uint8_t out[BPI_DIGEST_SIZE])
{
#if BPI_BLAKE3_LANES
    if (form == BPI_FORM_PREFIX && info->prefix_size + data.size > BLAKE3_CHUNK_LEN) {
        bpi_blake3_tree(base_span_of(info->prefix, info->prefix_size), data, out);
        return;
    }
#else
    (void)info;
    (void)form;
#endif
    blake3_hasher hasher;
    memcpy(&hasher, start->blake3, sizeof start->blake3);
    blake3_hasher_update(&hasher, data.data, data.size);
    blake3_hasher_finalize(&hasher, out, BPI_DIGEST_SIZE);
}

void bpi_domain_hash(enum bpi_domain domain, enum bpi_hash hash, enum bpi_form form,
                     struct base_span data, uint8_t out[BPI_DIGEST_SIZE])
{
    const struct bpi_domain_start *start = bpi_domain_start_of(domain, form);
    const struct bpi_domain_info *info = bpi_domain_info(domain);
    if (hash == BPI_HASH_SHA256)
        hash_sha256(start, info, form, data, out);
    else
        hash_blake3(start, info, form, data, out);
}

void bpi_domain_hash_of(struct base_span data, enum bpi_domain domain, enum bpi_hash hash,
                        uint8_t out[BPI_DIGEST_SIZE])
{
    bpi_domain_hash(domain, hash, BPI_FORM_PREFIX, data, out);
}

void bpi_hash_plain(enum bpi_hash hash, struct base_span data, uint8_t out[BPI_DIGEST_SIZE])
{
    if (hash == BPI_HASH_SHA256) {
        SHA256_CTX state;
        bpi_sha256_init(&state);
        bpi_sha256_add(&state, data);
        bpi_sha256_done(&state, out);
        return;
    }
    blake3_hasher hasher;
    blake3_hasher_init(&hasher);
    blake3_hasher_update(&hasher, data.data, data.size);
    blake3_hasher_finalize(&hasher, out, BPI_DIGEST_SIZE);
}

void bpi_domain_stream_init(struct bpi_domain_stream *stream, enum bpi_domain domain,
                            enum bpi_hash hash, enum bpi_form form)
{
    const struct bpi_domain_start *start = bpi_domain_start_of(domain, form);
    stream->hash = hash;
    if (hash == BPI_HASH_SHA256)
        memcpy(stream->state, &start->sha256, sizeof start->sha256);
    else
        memcpy(stream->state, start->blake3, sizeof start->blake3);
}

void bpi_domain_stream_add(struct bpi_domain_stream *stream, struct base_span data)
{
    if (stream->hash == BPI_HASH_SHA256)
        bpi_sha256_add((SHA256_CTX *)(void *)stream->state, data);
    else
        blake3_hasher_update((blake3_hasher *)(void *)stream->state, data.data, data.size);
}

void bpi_domain_stream_done(struct bpi_domain_stream *stream, uint8_t out[BPI_DIGEST_SIZE])
{
    if (stream->hash == BPI_HASH_SHA256)
        bpi_sha256_done((SHA256_CTX *)(void *)stream->state, out);
    else
        blake3_hasher_finalize((blake3_hasher *)(void *)stream->state, out, BPI_DIGEST_SIZE);
}
