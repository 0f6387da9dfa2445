/* hermes_window_internal.h - each counter once: a window of the newest ones, that slides.
 *
 * The greatest HERMES_WINDOW_SIZE counters below the newest accepted are remembered one by one;
 * older ones are refused unseen. One word of the ring is always being left, hence 63 of 64 words.
 *
 * Threads   objects are not shared
 * Source    RFC 6479 (IPsec anti-replay without bit shifting)
 */
#ifndef BPI_HERMES_WINDOW_INTERNAL_H
#define BPI_HERMES_WINDOW_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HERMES_WINDOW_WORDS = 64,
    HERMES_WINDOW_SIZE = (HERMES_WINDOW_WORDS - 1) * 64, /* 4032 counters */
};

/* Zeroed: nothing has come. */
struct hermes_window {
    uint64_t next; /* one more than the greatest counter accepted */
    uint64_t words[HERMES_WINDOW_WORDS];
};

static inline bool hermes_window_is_new(const struct hermes_window *window, uint64_t counter)
{
    if (counter >= window->next)
        return counter != UINT64_MAX;
    if (window->next - 1 - counter >= HERMES_WINDOW_SIZE)
        return false;
    return (window->words[counter / 64 % HERMES_WINDOW_WORDS] >> (counter % 64) & 1) == 0;
}

/* After the packet has proved authentic, and only if the counter is new. */
static inline void hermes_window_add(struct hermes_window *window, uint64_t counter)
{
    if (counter >= window->next) {
        const uint64_t from = window->next > 0 ? (window->next - 1) / 64 : 0;
        uint64_t count = counter / 64 - from;
        if (count > HERMES_WINDOW_WORDS)
            count = HERMES_WINDOW_WORDS;
        for (uint64_t i = 0; i < count; i++)
            window->words[(counter / 64 - i) % HERMES_WINDOW_WORDS] = 0;
        window->next = counter + 1;
    }
    window->words[counter / 64 % HERMES_WINDOW_WORDS] |= UINT64_C(1) << (counter % 64);
}

#endif
