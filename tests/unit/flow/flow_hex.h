/* flow_hex.h - bytes written as hexadecimal digits, in memory of exactly their size, so that a
 * sanitizer sees a read past the end. */
#ifndef TESTS_FLOW_HEX_H
#define TESTS_FLOW_HEX_H

#include "cbor_hex.h"
#include "unit.h"

#include <stdlib.h>

/* The caller frees. */
static inline uint8_t *flow_exact(const void *bytes, size_t size)
{
    uint8_t *const exact = malloc(size > 0 ? size : 1);
    assert_non_null(exact);
    if (size > 0)
        memcpy(exact, bytes, size);
    return exact;
}

/* The caller frees. */
static inline uint8_t *flow_hex_new(const char *text, size_t *size)
{
    uint8_t bytes[4096];
    assert_true(strlen(text) / 2 < sizeof bytes);
    *size = hex_bytes(text, bytes).size;
    return flow_exact(bytes, *size);
}

#endif
