/* cbor_hex.h - bytes written as hexadecimal digits in tests. */
#ifndef TESTS_CBOR_HEX_H
#define TESTS_CBOR_HEX_H

#include <base/buf.h>

#include <stdio.h>
#include <string.h>

/* Digits, blanks ignored, up to the first other character; memory must be large enough. */
static inline struct base_span hex_bytes(const char *text, uint8_t *memory)
{
    static const char digits[] = "0123456789abcdef";
    size_t count = 0;
    for (; *text != '\0'; text++) {
        if (*text == ' ')
            continue;
        const char *const digit = strchr(digits, *text);
        if (digit == NULL)
            break;
        const uint8_t value = (uint8_t)(digit - digits);
        memory[count / 2] = count % 2 == 0 ? (uint8_t)(value << 4) : memory[count / 2] | value;
        count++;
    }
    return base_span_of(memory, count / 2);
}

/* text [2 * bytes.size + 1] */
static inline const char *hex_text(struct base_span bytes, char *text)
{
    text[0] = '\0';
    for (size_t i = 0; i < bytes.size; i++)
        sprintf(text + 2 * i, "%02x", bytes.data[i]);
    return text;
}

#endif
