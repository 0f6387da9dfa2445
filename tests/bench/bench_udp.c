/* bench_udp.c - messages a second of processor time through two drivers over loopback in one
 * thread, so that a figure is the whole cost of sending and receiving: one datagram a call against
 * batches with segmentation offload, by turns. usage: bench_udp [MESSAGES] */
#include <bpi/udp.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TURNS = 11, BURST = 128 };

static const uint16_t sizes[] = { 64, 1024, 2048, 4096 };
static uint8_t bytes[BASE_STEP_DATAGRAM_MAX];

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void start(void *state, const struct base_step_world *world)
{
    (void)state;
    (void)world;
}

static void count(void *state, const struct base_step_world *world, const struct base_address *from,
                  uint8_t *data, size_t size)
{
    (void)world;
    (void)from;
    (void)data;
    (void)size;
    ++*(uint64_t *)state;
}

static uint64_t never(const void *state)
{
    (void)state;
    return UINT64_MAX;
}

static const struct base_step step = { "count", start, count, start, never };

static struct bpi_udp *driver_open(uint64_t *received, bool is_plain)
{
    const struct bpi_udp_config config = { .step = &step, .state = received, .is_plain = is_plain };
    struct bpi_udp *udp = NULL;
    struct base_why why = { 0 };
    if (bpi_udp_open(&config, &udp, &why) == BASE_OK)
        return udp;
    fprintf(stderr, "bench_udp: %s\n", why.text);
    exit(3);
}

/* Messages a second; each burst is received before the next is sent. */
static double turn(size_t size, uint64_t messages, bool is_plain)
{
    uint64_t received = 0, unused = 0;
    struct bpi_udp *const to = driver_open(&received, is_plain);
    struct bpi_udp *const from = driver_open(&unused, is_plain);
    const struct base_address there = { .ip = { [15] = 1 }, .port = bpi_udp_address(to).port };
    const struct base_step_world *const world = bpi_udp_world(from);
    const uint64_t begin_ns = cpu_ns();
    for (uint64_t sent = 0; sent < messages;) {
        for (size_t i = 0; i < BURST; i++)
            world->send(world->context, &there, bytes, size);
        sent += BURST;
        bpi_udp_flush(from);
        const uint64_t failed = bpi_udp_stats(from).send_failed;
        while (received + failed < sent)
            if (bpi_udp_poll(to, 0, -1, NULL) != BASE_OK)
                exit(3);
    }
    const double rate = (double)received * 1e9 / (double)(cpu_ns() - begin_ns);
    bpi_udp_close(from);
    bpi_udp_close(to);
    return rate;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    const uint64_t messages = argc > 1 ? strtoull(argv[1], NULL, 10) : 200000;
    printf("median of %d turns\n%8s %14s %14s %8s %10s\n", TURNS, "bytes", "plain /s", "batched /s",
           "ratio", "GB/s");
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        double plain[TURNS], batched[TURNS];
        for (size_t i = 0; i < TURNS; i++) {
            plain[i] = turn(sizes[s], messages / 8, true);
            batched[i] = turn(sizes[s], messages, false);
        }
        qsort(plain, TURNS, sizeof plain[0], compare);
        qsort(batched, TURNS, sizeof batched[0], compare);
        printf("%8u %14.0f %14.0f %8.1f %10.2f\n", sizes[s], plain[TURNS / 2], batched[TURNS / 2],
               batched[TURNS / 2] / plain[TURNS / 2], batched[TURNS / 2] * sizes[s] / 1e9);
    }
    return 0;
}
