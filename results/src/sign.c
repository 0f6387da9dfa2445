/* sign.c - Ed25519 by libsodium over the canonical CBOR of a document; the user's key file. */
#define _GNU_SOURCE
#include <result/sign.h>

#include "canonical.h"
#include "place.h"
#include "run_table.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIGNATURE_SIZE = crypto_sign_BYTES, PUBLIC_SIZE = crypto_sign_PUBLICKEYBYTES };

_Static_assert(RESULT_KEY_SEED_SIZE == crypto_sign_SEEDBYTES, "an Ed25519 seed");
_Static_assert(sizeof((struct result_key *)0)->secret == crypto_sign_SECRETKEYBYTES, "a secret");

static base_err fail_path(struct base_why *why, const char *path)
{
    return base_fail(why, errno == ENOENT ? BASE_ENOTFOUND : BASE_EIO, 0, "%s: %s", path,
                     strerror(errno));
}

/* Once is needed, more is harmless; it fails only on a system without random numbers. */
static void start_sodium(void)
{
    const int ready = sodium_init();
    assert(ready >= 0);
    (void)ready;
}

void result_key_init(struct result_key *key, const uint8_t seed[RESULT_KEY_SEED_SIZE])
{
    uint8_t public[PUBLIC_SIZE];
    start_sodium();
    crypto_sign_seed_keypair(public, key->secret, seed);
    sodium_bin2hex(key->public_hex, sizeof key->public_hex, public, sizeof public);
}

void result_key_done(struct result_key *key)
{
    sodium_memzero(key, sizeof *key);
}

static base_err check_folder(const char *path, struct base_why *why)
{
    char folder[4096];
    const char *const slash = strrchr(path, '/');
    struct stat status;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    if (stat(folder, &status) != 0)
        return fail_path(why, folder);
    if ((status.st_mode & 022) != 0)
        return base_fail(why, BASE_EINVALID, 0,
                         "%s: others can write the signing key's folder (mode %03o); chmod 700 it",
                         folder, status.st_mode & 0777);
    return BASE_OK;
}

static base_err check_file(int fd, const char *path, struct base_why *why)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return fail_path(why, path);
    if (!S_ISREG(status.st_mode))
        return base_fail(why, BASE_EINVALID, 0, "%s: the signing key is not a regular file", path);
    if (status.st_uid != geteuid())
        return base_fail(why, BASE_EINVALID, 0,
                         "%s: the signing key belongs to user %u, not to you (%u)", path,
                         status.st_uid, geteuid());
    if ((status.st_mode & 077) != 0)
        return base_fail(why, BASE_EINVALID, 0,
                         "%s: others can use the signing key (mode %03o); chmod 600 it, or remove "
                         "it to get a new one",
                         path, status.st_mode & 0777);
    if (status.st_size != RESULT_KEY_SEED_SIZE)
        return base_fail(why, BASE_EINVALID, 0,
                         "%s: %lld bytes, a signing key has %d; remove it to get a new one", path,
                         (long long)status.st_size, RESULT_KEY_SEED_SIZE);
    return BASE_OK;
}

static base_err load_key(const char *path, struct result_key *key, struct base_why *why)
{
    base_err err = check_folder(path, why);
    if (err != BASE_OK)
        return err;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */
    if (fd < 0)
        return fail_path(why, path);
    uint8_t seed[RESULT_KEY_SEED_SIZE];
    err = check_file(fd, path, why);
    if (err == BASE_OK && read(fd, seed, sizeof seed) != (ssize_t)sizeof seed)
        err = base_fail(why, BASE_EIO, 0, "%s: cannot be read", path);
    if (err == BASE_OK)
        result_key_init(key, seed);
    sodium_memzero(seed, sizeof seed);
    close(fd);
    return err;
}

/* A whole file appears under its name or none: link() also never replaces another's. */
static base_err make_key(const char *path, struct base_why *why)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return base_fail(why, BASE_ENOMEM, 0, "%s: no memory", path);
    uint8_t seed[RESULT_KEY_SEED_SIZE];
    start_sodium();
    randombytes_buf(seed, sizeof seed);
    base_err err = BASE_OK;
    const int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        err = fail_path(why, path);
        goto done;
    }
    if (write(fd, seed, sizeof seed) != (ssize_t)sizeof seed || fsync(fd) != 0)
        err = fail_path(why, path);
    close(fd);
    if (err == BASE_OK && link(temporary, path) != 0 && errno != EEXIST)
        err = fail_path(why, path);
    unlink(temporary);
done:
    sodium_memzero(seed, sizeof seed);
    free(temporary);
    return err;
}

static base_err open_key(bool is_made, struct result_key *key, struct base_why *why)
{
    struct base_buf buf = { 0 };
    base_err err = result_place_config("signing.key", is_made, &buf, why);
    const char *path = err == BASE_OK ? base_buf_text(&buf) : NULL;
    if (path != NULL)
        err = load_key(path, key, why);
    if (path != NULL && err == BASE_ENOTFOUND && is_made) {
        err = make_key(path, why);
        if (err == BASE_OK)
            err = load_key(path, key, why);
    }
    base_buf_done(&buf);
    return err;
}

base_err result_key_open(struct result_key *key, struct base_why *why)
{
    return open_key(true, key, why);
}

/* What is signed: the canonical CBOR of a document's tree without its signature. */
static base_err message_of(const json_t *tree, struct base_buf *out, struct base_why *why)
{
    const base_err err = result_canonical_of(tree, "signature", out);
    return err == BASE_OK ? err : base_fail(why, err, 0, "run: no memory for its CBOR");
}

static base_err sign_tree(const json_t *tree, const struct result_key *key,
                          char hex[2 * SIGNATURE_SIZE + 1], struct base_why *why)
{
    struct base_buf message = { 0 };
    uint8_t signature[SIGNATURE_SIZE];
    const base_err err = message_of(tree, &message, why);
    if (err == BASE_OK) {
        crypto_sign_detached(signature, NULL, message.data, message.size, key->secret);
        sodium_bin2hex(hex, 2 * SIGNATURE_SIZE + 1, signature, sizeof signature);
    }
    base_buf_done(&message);
    return err;
}

base_err result_sign_run(struct result_run *run, const struct result_key *key, struct base_why *why)
{
    struct base_buf text = { 0 };
    json_t *tree = NULL;
    char hex[2 * SIGNATURE_SIZE + 1];
    const char *const key_before = run->key;
    const char *const signature_before = run->signature;
    run->signature = NULL;
    run->key = base_arena_text(&run->arena, key->public_hex);
    base_err err = run->key == NULL ? base_fail(why, BASE_ENOMEM, 0, "run: no memory")
                                    : result_run_write_why(run, &text, why);
    if (err == BASE_OK)
        err = result_tree_read(base_buf_span(&text), "run", &tree, why);
    if (err == BASE_OK)
        err = sign_tree(tree, key, hex, why);
    if (err == BASE_OK) {
        run->signature = base_arena_text(&run->arena, hex);
        if (run->signature == NULL)
            err = base_fail(why, BASE_ENOMEM, 0, "run: no memory");
    }
    if (err != BASE_OK) {
        run->key = key_before;
        run->signature = signature_before;
    }
    json_decref(tree);
    base_buf_done(&text);
    return err;
}

/* The bytes must be the one layout of what they say: then nothing in them is free to change. */
static base_err check_layout(struct base_span text, const char *path, const struct result_run *run,
                             struct base_why *why)
{
    struct base_buf again = { 0 };
    base_err err = result_run_write_why(run, &again, why);
    if (err != BASE_OK)
        goto done;
    size_t at = 0;
    uint64_t line = 1;
    for (; at < text.size && at < again.size && text.data[at] == again.data[at]; at++)
        line += text.data[at] == '\n';
    if (at < text.size || at < again.size)
        err = base_fail(why, BASE_EWRONG, line,
                        "%s:%llu: byte %zu is not as it was written: changed after signing", path,
                        (unsigned long long)line, at);
done:
    base_buf_done(&again);
    return err;
}

static base_err check_signature(const json_t *tree, const char *path, const struct result_run *run,
                                struct base_why *why)
{
    struct base_buf message = { 0 };
    uint8_t key[PUBLIC_SIZE];
    uint8_t signature[SIGNATURE_SIZE];
    base_err err = message_of(tree, &message, why);
    if (err == BASE_OK &&
        (sodium_hex2bin(key, sizeof key, run->key, 2 * sizeof key, NULL, NULL, NULL) != 0 ||
         sodium_hex2bin(signature, sizeof signature, run->signature, 2 * sizeof signature, NULL,
                        NULL, NULL) != 0 ||
         crypto_sign_verify_detached(signature, message.data, message.size, key) != 0))
        err = base_fail(why, BASE_EWRONG, 0,
                        "%s: the signature is not that of key %.16s... over this content: changed "
                        "after signing",
                        path, run->key);
    base_buf_done(&message);
    return err;
}

static bool is_own_key(const char *hex)
{
    struct result_key key;
    if (open_key(false, &key, NULL) != BASE_OK)
        return false;
    const bool is_own = strcmp(key.public_hex, hex) == 0;
    result_key_done(&key);
    return is_own;
}

base_err result_verify_text(struct base_span text, const char *path, struct result_verified *out,
                            struct base_why *why)
{
    struct result_run run = { 0 };
    json_t *tree = NULL;
    start_sodium();
    base_err err = result_tree_read(text, path, &tree, why);
    if (err == BASE_OK)
        err = result_tree_to_run(tree, text, path, &run, why);
    if (err == BASE_OK && (run.key == NULL || run.signature == NULL))
        err = base_fail(why, BASE_EINVALID, 0, "%s: not signed: it has no %s", path,
                        run.key == NULL ? "key" : "signature");
    if (err == BASE_OK)
        err = check_layout(text, path, &run, why);
    if (err == BASE_OK)
        err = check_signature(tree, path, &run, why);
    if (err == BASE_OK) {
        snprintf(out->key, sizeof out->key, "%s", run.key);
        snprintf(out->id, sizeof out->id, "%s", run.id);
        out->is_own_key = is_own_key(run.key);
    }
    result_run_done(&run);
    json_decref(tree);
    return err;
}
