/* ifr_ring.c - see the header for the layout. One end publishes messages with release stores, which
 * wait for nothing, and once for all of them passes a full fence and looks whether the other end
 * sleeps. That one says that it sleeps, passes a full fence and looks for messages once more. So
 * one of the two sees the other, and no wake-up is lost. */
#define _GNU_SOURCE
#include <mfn/ifr_ring.h>

#include "ifr_pause.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan" /* it does not follow fences; here it has no need to */
#endif

enum {
    AT_SERVER_SLEEPS = 0,
    AT_CLIENT_SLEEPS = 64,
    AT_QUESTIONS = 4096,
    AT_ANSWERS = 8192,
    QUESTION_STRIDE = 128,
    ANSWER_STRIDE = 192,
    HEAD_SIZE = 8,
    SPINS = 64, /* between looks at the clock */
    SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
};

_Static_assert(AT_QUESTIONS + MFN_IFR_RING_SLOTS * QUESTION_STRIDE == AT_ANSWERS, "layout");
_Static_assert(AT_ANSWERS + MFN_IFR_RING_SLOTS * ANSWER_STRIDE == MFN_IFR_RING_SIZE, "layout");
_Static_assert(HEAD_SIZE + MFN_IFR_REQUEST_SIZE_MAX <= QUESTION_STRIDE, "a question fits");
_Static_assert(HEAD_SIZE + MFN_IFR_ANSWER_SIZE_MAX <= ANSWER_STRIDE, "an answer fits");

static _Atomic uint32_t *word_at(const struct mfn_ifr_ring *ring, size_t offset)
{
    return (_Atomic uint32_t *)(void *)(ring->memory + offset);
}

static size_t question_at(uint32_t number)
{
    return AT_QUESTIONS + (size_t)(number % MFN_IFR_RING_SLOTS) * QUESTION_STRIDE;
}

static size_t answer_at(uint32_t number)
{
    return AT_ANSWERS + (size_t)(number % MFN_IFR_RING_SLOTS) * ANSWER_STRIDE;
}

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* ---- memory ---- */

static base_err map(struct mfn_ifr_ring *ring, int memory_fd, struct base_why *why)
{
    void *const memory =
        mmap(NULL, MFN_IFR_RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    if (memory == MAP_FAILED)
        return base_fail(why, BASE_EIO, 0, "cannot map the ring: %s", strerror(errno));
    ring->memory = memory;
    return BASE_OK;
}

base_err mfn_ifr_ring_make(struct mfn_ifr_ring *ring, int bell, int *memory_fd,
                           struct base_why *why)
{
    const int fd = memfd_create("mfn_ifr_ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || ftruncate(fd, MFN_IFR_RING_SIZE) != 0 || fcntl(fd, F_ADD_SEALS, SEALS) != 0) {
        base_fail(why, BASE_EIO, 0, "cannot make the ring's memory: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return BASE_EIO;
    }
    struct mfn_ifr_ring made = { .bell = bell, .is_serving = true };
    const base_err err = map(&made, fd, why);
    if (err != BASE_OK) {
        close(fd);
        return err;
    }
    *ring = made;
    *memory_fd = fd;
    return BASE_OK;
}

base_err mfn_ifr_ring_join(struct mfn_ifr_ring *ring, int memory_fd, int bell, struct base_why *why)
{
    struct stat found;
    struct mfn_ifr_ring joined = { .bell = bell };
    const int seals = fcntl(memory_fd, F_GET_SEALS);
    base_err err = BASE_OK;
    if (seals < 0 || (seals & SEALS) != SEALS || fstat(memory_fd, &found) != 0 ||
        found.st_size != MFN_IFR_RING_SIZE)
        err = base_fail(why, BASE_EPROTOCOL, 0,
                        "the server's ring is not sealed memory of %d bytes", MFN_IFR_RING_SIZE);
    else
        err = map(&joined, memory_fd, why);
    close(memory_fd);
    if (err != BASE_OK)
        close(bell);
    else
        *ring = joined;
    return err;
}

void mfn_ifr_ring_close(struct mfn_ifr_ring *ring)
{
    if (ring->memory == NULL)
        return;
    munmap(ring->memory, MFN_IFR_RING_SIZE);
    if (!ring->is_serving)
        close(ring->bell);
    *ring = (struct mfn_ifr_ring){ 0 };
}

/* ---- messages ---- */

/* Copies message `number` of at most `most` bytes; false: it is not there. Its size may be more. */
static bool message_take(const struct mfn_ifr_ring *ring, size_t at, uint32_t number, uint8_t *out,
                         size_t most, size_t *size)
{
    if (atomic_load_explicit(word_at(ring, at), memory_order_acquire) != number + 1)
        return false;
    uint16_t said;
    memcpy(&said, ring->memory + at + 4, sizeof said);
    *size = said;
    if (said <= most)
        memcpy(out, ring->memory + at + HEAD_SIZE, said);
    return true;
}

static void message_publish(const struct mfn_ifr_ring *ring, size_t at, uint32_t number,
                            size_t size)
{
    const uint16_t said = (uint16_t)size;
    memcpy(ring->memory + at + 4, &said, sizeof said);
    atomic_store_explicit(word_at(ring, at), number + 1, memory_order_release);
}

/* After the fence: does the other end sleep, and has nobody woken it yet? */
static bool must_wake(_Atomic uint32_t *sleeps)
{
    atomic_thread_fence(memory_order_seq_cst);
    return atomic_load_explicit(sleeps, memory_order_relaxed) != 0 &&
           atomic_exchange_explicit(sleeps, 0, memory_order_relaxed) != 0;
}

static void fall_asleep(_Atomic uint32_t *sleeps)
{
    atomic_store_explicit(sleeps, 1, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
}

static void wake_up(_Atomic uint32_t *sleeps)
{
    atomic_store_explicit(sleeps, 0, memory_order_relaxed);
}

/* ---- the serving end ---- */

static bool question_serve(struct mfn_ifr_ring *ring, const struct mfn_ifr_service *service,
                           const struct mfn_ifr_counters *server)
{
    uint8_t question[QUESTION_STRIDE - HEAD_SIZE];
    size_t size;
    const uint32_t number = ring->answered;
    if (!message_take(ring, question_at(number), number, question, sizeof question, &size))
        return false;
    const struct base_span payload = base_span_of(question, size <= sizeof question ? size : 0);
    const size_t at = answer_at(number);
    const size_t answer =
        mfn_ifr_service_answer(service, payload, server, ring->memory + at + HEAD_SIZE);
    message_publish(ring, at, number, answer);
    ring->answered = number + 1;
    return true;
}

unsigned mfn_ifr_ring_serve(struct mfn_ifr_ring *ring, const struct mfn_ifr_service *service,
                            const struct mfn_ifr_counters *server)
{
    unsigned count = 0;
    while (count < MFN_IFR_RING_SLOTS && question_serve(ring, service, server))
        count++;
    if (count == 0)
        return 0;
    _Atomic uint32_t *const sleeps = word_at(ring, AT_CLIENT_SLEEPS);
    if (must_wake(sleeps))
        syscall(SYS_futex, sleeps, FUTEX_WAKE, 1, NULL, NULL, 0);
    return count;
}

void mfn_ifr_ring_doze(struct mfn_ifr_ring *ring, bool is_asleep)
{
    if (is_asleep)
        fall_asleep(word_at(ring, AT_SERVER_SLEEPS));
    else
        wake_up(word_at(ring, AT_SERVER_SLEEPS));
}

/* ---- the asking end ---- */

base_err mfn_ifr_ring_ask(struct mfn_ifr_ring *ring, const struct mfn_ifr_request *request)
{
    if (mfn_ifr_ring_in_flight(ring) >= MFN_IFR_RING_SLOTS)
        return BASE_EFULL;
    const uint32_t number = ring->asked;
    const size_t at = question_at(number);
    const size_t size = mfn_ifr_request_encode(request, ring->memory + at + HEAD_SIZE);
    message_publish(ring, at, number, size);
    ring->asked = number + 1;
    return BASE_OK;
}

base_err mfn_ifr_ring_kick(struct mfn_ifr_ring *ring)
{
    const uint64_t one = 1;
    if (ring->kicked == ring->asked)
        return BASE_OK;
    ring->kicked = ring->asked;
    if (!must_wake(word_at(ring, AT_SERVER_SLEEPS)))
        return BASE_OK;
    /* A full counter means that the bell rings already. */
    return write(ring->bell, &one, sizeof one) > 0 || errno == EAGAIN ? BASE_OK : BASE_EIO;
}

static bool answer_take(struct mfn_ifr_ring *ring, uint8_t *payload, size_t *size)
{
    const uint32_t number = ring->answered;
    if (!message_take(ring, answer_at(number), number, payload, MFN_IFR_ANSWER_SIZE_MAX, size))
        return false;
    ring->answered = number + 1;
    return true;
}

static bool answer_spin(struct mfn_ifr_ring *ring, uint64_t until_ns, uint8_t *payload,
                        size_t *size)
{
    do {
        for (int i = 0; i < SPINS; i++) {
            if (answer_take(ring, payload, size))
                return true;
            mfn_ifr_pause();
        }
    } while (clock_ns() < until_ns);
    return false;
}

static bool answer_sleep(struct mfn_ifr_ring *ring, uint64_t until_ns, uint8_t *payload,
                         size_t *size)
{
    _Atomic uint32_t *const sleeps = word_at(ring, AT_CLIENT_SLEEPS);
    for (;;) {
        fall_asleep(sleeps);
        const bool is_there = answer_take(ring, payload, size);
        const uint64_t now_ns = clock_ns();
        if (is_there || now_ns >= until_ns) {
            wake_up(sleeps);
            return is_there;
        }
        const uint64_t left_ns = until_ns - now_ns;
        const struct timespec left = { .tv_sec = (time_t)(left_ns / 1000000000),
                                       .tv_nsec = (long)(left_ns % 1000000000) };
        syscall(SYS_futex, sleeps, FUTEX_WAIT, 1, &left, NULL, 0);
    }
}

base_err mfn_ifr_ring_take(struct mfn_ifr_ring *ring, uint64_t spin_ns, uint64_t wait_ns,
                           uint8_t *payload, size_t *size)
{
    if (mfn_ifr_ring_kick(ring) != BASE_OK)
        return BASE_EIO;
    bool is_there = answer_take(ring, payload, size);
    if (!is_there) {
        const uint64_t now_ns = clock_ns();
        is_there =
            answer_spin(ring, now_ns + (spin_ns < wait_ns ? spin_ns : wait_ns), payload, size) ||
            answer_sleep(ring, now_ns + wait_ns, payload, size);
    }
    if (!is_there)
        return BASE_ETIMEOUT;
    return *size <= MFN_IFR_ANSWER_SIZE_MAX ? BASE_OK : BASE_EPROTOCOL;
}
