/* err.h - one list of errors, and the sentence that goes with one.
 *
 * Every fallible function returns a base_err and writes its outputs only on BASE_OK.
 * Parsers and loaders also take an optional struct base_why * and fill it on failure.
 * Threads   no shared state
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>
#include <stdint.h>

#define BASE_MUST_USE     __attribute__((warn_unused_result))
#define BASE_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* X(name, sentence) */
#define BASE_ERR_MAP(X)                                                                            \
    X(OK, "no error")                                                                              \
    X(EINVALID, "an argument is not valid")                                                        \
    X(ERANGE, "a value is out of range")                                                           \
    X(ENOMEM, "out of memory")                                                                     \
    X(EFULL, "a fixed capacity is used up")                                                        \
    X(ENOTFOUND, "not found")                                                                      \
    X(EEXIST, "exists already")                                                                    \
    X(EIO, "input or output failed")                                                               \
    X(EPARSE, "the text is not well-formed")                                                       \
    X(ETIMEOUT, "the time limit passed")                                                           \
    X(ECLOSED, "the other side closed")                                                            \
    X(ECRASHED, "a process ended abnormally")                                                      \
    X(EPROTOCOL, "a message breaks the protocol")                                                  \
    X(ECORRUPT, "the data is corrupt")                                                             \
    X(EWRONG, "an answer is wrong")                                                                \
    X(EINTERRUPTED, "interrupted")                                                                 \
    X(EUNSUPPORTED, "not supported here")

typedef enum base_err {
#define BASE_ERR_ENUM(name, text) BASE_##name,
    BASE_ERR_MAP(BASE_ERR_ENUM)
#undef BASE_ERR_ENUM
        BASE_ERR_COUNT
} base_err;

enum { BASE_WHY_TEXT_SIZE = 400 };

/* Why something failed: the error, where, and one sentence without a full stop. */
struct base_why {
    base_err err;
    uint64_t at;                   /* byte offset or line; the parser's header says which */
    char text[BASE_WHY_TEXT_SIZE]; /* truncated when longer; always terminated */
};

/* The identifier ("EPARSE") and the sentence of an error; never NULL. */
const char *base_err_name(base_err err);
const char *base_err_text(base_err err);

/* Fill `why` (may be NULL) and return `err`, so that a failure is one return statement. */
base_err base_fail(struct base_why *why, base_err err, uint64_t at, const char *format, ...)
    BASE_PRINTF(4, 5);

/* Put "prefix: " before the sentence in `why` (may be NULL); returns why->err. */
base_err base_fail_prefix(struct base_why *why, base_err err, const char *format, ...)
    BASE_PRINTF(3, 4);

#endif
