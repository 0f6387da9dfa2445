/* channel_internal.h - lines over a descriptor: the wire of the worker protocol.
 *
 * A line is at most CHANNEL_LINE_MAX bytes. Objects are not shared.
 */
#ifndef BENCH_CHANNEL_INTERNAL_H
#define BENCH_CHANNEL_INTERNAL_H

#include <base/buf.h>

#include <signal.h>

enum { CHANNEL_LINE_MAX = 64 << 20, CHANNEL_NOISE_MAX = 4096 };

struct channel {
    int fd;                            /* to read */
    int out_fd;                        /* to write; may be the same */
    int noise_fd;                      /* the other side's standard error; -1: none */
    struct base_buf in;                /* received, not yet taken */
    size_t taken;                      /* the line handed out last, with its break */
    size_t scanned;                    /* bytes of `in` known to hold no line break */
    char noise[CHANNEL_NOISE_MAX + 1]; /* last of its standard error */
    size_t noise_size;
};

/* Send one line (the break is added). Errors: ECLOSED, EIO */
BASE_MUST_USE base_err channel_send(struct channel *channel, const char *text, size_t size);

/* Take the next line, without its break; it stays valid until the next call.
 *
 *   deadline_ns   on bench_clock_now_ns; UINT64_MAX: wait for ever
 *   interrupted   may be NULL
 *
 * Errors   ECLOSED, ETIMEOUT, EINTERRUPTED, ERANGE (line too long), EIO, ENOMEM
 */
BASE_MUST_USE base_err channel_receive(struct channel *channel, uint64_t deadline_ns,
                                       const volatile sig_atomic_t *interrupted,
                                       struct base_span *line);

/* Bytes that came without being asked for. */
size_t channel_unasked(struct channel *channel);

/* Read what is left of the other side's standard error, without waiting. */
void channel_drain_noise(struct channel *channel);

void channel_done(struct channel *channel);

#endif
