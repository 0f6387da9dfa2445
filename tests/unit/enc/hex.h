/* hex.h - digests as the published vectors write them. */
#ifndef TESTS_HEX_H
#define TESTS_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Lower-case hex of 32 bytes, in one of four rotating buffers. */
static inline const char *hex_of(const uint8_t digest[32])
{
    static char texts[4][65];
    static unsigned next;
    char *text = texts[next++ % 4];
    for (size_t i = 0; i < 32; i++)
        snprintf(text + 2 * i, 3, "%02x", digest[i]);
    return text;
}

/* Bytes of a hex text; returns how many. */
static inline size_t hex_bytes(const char *text, uint8_t *bytes)
{
    size_t size = 0;
    unsigned byte;
    for (; sscanf(text + 2 * size, "%2x", &byte) == 1; size++)
        bytes[size] = (uint8_t)byte;
    return size;
}

#endif
