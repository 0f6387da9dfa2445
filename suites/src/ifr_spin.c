#define _GNU_SOURCE
#include "ifr_spin.h"

#include <base/listen.h>
#include <bench/clock.h>
#include <mfn/ifr_command.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_NS UINT64_C(10000000000)

enum { LOOKS_BETWEEN_CLOCKS = 4096 };

base_err ifr_spin_open(struct ifr_spin *spin, const char *path, struct base_why *why)
{
    *spin = (struct ifr_spin){ .fd = -1 };
    return base_listen_connect(path, "server", &spin->fd, why);
}

void ifr_spin_close(struct ifr_spin *spin)
{
    if (spin->fd >= 0)
        close(spin->fd);
    mfn_ifr_decoder_done(&spin->in);
    base_buf_done(&spin->out);
    *spin = (struct ifr_spin){ .fd = -1 };
}

static base_err ask(struct ifr_spin *spin, const void *key, size_t key_size, struct base_why *why)
{
    uint8_t payload[MFN_IFR_REQUEST_SIZE_MAX];
    const struct mfn_ifr_request request = { .command = MFN_IFR_COMMAND_LOOKUP,
                                             .key = key,
                                             .key_size = key_size };
    const struct mfn_ifr_frame frame = {
        .type = MFN_IFR_FRAME_COMMAND,
        .sequence = spin->sequence++,
        .payload = base_span_of(payload, mfn_ifr_request_encode(&request, payload)),
    };
    base_buf_clear(&spin->out);
    const base_err err = mfn_ifr_frame_encode(&frame, &spin->out);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "a request cannot be made: %s", base_err_text(err));
    /* Nothing else is under way, so there is room for all of it. */
    if (send(spin->fd, spin->out.data, spin->out.size, MSG_NOSIGNAL) != (ssize_t)spin->out.size)
        return base_fail(why, BASE_EIO, 0, "the server takes no request: %s", strerror(errno));
    return BASE_OK;
}

/* Look until something has come. */
static base_err receive(struct ifr_spin *spin, struct base_why *why)
{
    uint8_t *room;
    size_t size;
    const base_err err = mfn_ifr_decoder_room(&spin->in, &room, &size);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no room for an answer: %s", base_err_text(err));
    uint64_t until_ns = 0;
    for (unsigned looks = 1;; looks++) {
        const ssize_t got = recv(spin->fd, room, size, MSG_DONTWAIT);
        if (got > 0) {
            mfn_ifr_decoder_add(&spin->in, (size_t)got);
            return BASE_OK;
        }
        if (got == 0)
            return base_fail(why, BASE_ECLOSED, 0, "the server closed the connection");
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return base_fail(why, BASE_EIO, 0, "the socket failed: %s", strerror(errno));
        if (looks % LOOKS_BETWEEN_CLOCKS != 0)
            continue;
        const uint64_t now_ns = bench_clock_now_ns();
        until_ns = until_ns == 0 ? now_ns + TIMEOUT_NS : until_ns;
        if (now_ns >= until_ns)
            return base_fail(why, BASE_ETIMEOUT, 0, "the server did not answer within 10 s");
    }
}

base_err ifr_spin_find(struct ifr_spin *spin, const void *key, size_t key_size,
                       struct mfn_ifr_value *out, struct base_why *why)
{
    struct mfn_ifr_frame frame;
    bool has_frame = false;
    base_err err = ask(spin, key, key_size, why);
    while (err == BASE_OK && !has_frame) {
        err = receive(spin, why);
        if (err == BASE_OK)
            err = mfn_ifr_decoder_next(&spin->in, &frame, &has_frame, why);
    }
    if (err != BASE_OK)
        return err;
    struct mfn_ifr_answer answer;
    err = mfn_ifr_answer_decode(frame.payload, &answer, why);
    if (err != BASE_OK)
        return err;
    if (answer.result != MFN_IFR_RESULT_OK)
        return base_fail(why, mfn_ifr_result_err(answer.result), 0, "%s", answer.sentence);
    *out = answer.value;
    return BASE_OK;
}
