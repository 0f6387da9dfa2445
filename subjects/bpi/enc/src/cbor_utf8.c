/* cbor_utf8.c - UTF-8 by the ranges of Unicode's table of well-formed byte sequences. Runs of
 * ASCII, which most text is, go 32 bytes at a step. */
#include <bpi/cbor_read.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

static size_t skip_ascii(const uint8_t *text, size_t at, size_t size)
{
    while (size - at >= 32) {
        uint64_t words[4];
        memcpy(words, text + at, sizeof words);
        if (((words[0] | words[1] | words[2] | words[3]) & HIGH_BITS) != 0)
            break;
        at += sizeof words;
    }
    while (size - at >= 8) {
        uint64_t word;
        memcpy(&word, text + at, sizeof word);
        if ((word & HIGH_BITS) != 0)
            break;
        at += sizeof word;
    }
    while (at < size && text[at] < 0x80)
        at++;
    return at;
}

/* The size of the sequence that starts with a byte of 0x80 or more; 0 when it is not one. */
static size_t sequence_size(const uint8_t *text, size_t rest)
{
    const uint8_t lead = text[0];
    if (lead < 0xc2 || lead > 0xf4)
        return 0;
    const size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (rest < size)
        return 0;
    /* No overlong forms, no surrogates, nothing above U+10FFFF: all in the second byte. */
    const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

size_t bpi_cbor_utf8_valid(const uint8_t *text, size_t size)
{
    for (size_t at = 0;;) {
        at = skip_ascii(text, at, size);
        if (at == size)
            return size;
        const size_t step = sequence_size(text + at, size - at);
        if (step == 0)
            return at;
        at += step;
    }
}
