/* test_domain_threads.c - the first calls of all come from several threads at once. */
#include "unit.h"

#include <bpi/domain.h>

#include <pthread.h>
#include <string.h>

enum { THREADS = 6, ROUNDS = 200 };

static pthread_barrier_t barrier;

struct worker {
    pthread_t thread;
    uint8_t digests[BPI_DOMAIN_COUNT][4][32];
    bool is_steady;
};

static void hash_all(uint8_t (*digests)[4][32])
{
    static const uint8_t data[1024] = { 1, 2, 3 };
    for (unsigned i = 0; i < BPI_DOMAIN_COUNT; i++)
        for (unsigned kind = 0; kind < 4; kind++)
            bpi_domain_hash((enum bpi_domain)i, (enum bpi_hash)(kind / 2),
                            (enum bpi_form)(kind % 2), base_span_of(data, 100 + i),
                            digests[i][kind]);
}

static void hash_batch(uint8_t (*out)[32])
{
    static const uint8_t data[1024] = { 1, 2, 3 };
    struct base_span messages[8];
    for (size_t i = 0; i < 8; i++)
        messages[i] = base_span_of(data + i, 1000);
    bpi_domain_hash_many(BPI_DOMAIN_HEADER_HASH, BPI_HASH_BLAKE3, BPI_FORM_PREFIX, messages, 8,
                         out);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    pthread_barrier_wait(&barrier);
    hash_all(worker->digests);
    worker->is_steady = true;
    uint8_t first[8][32], again[8][32];
    hash_batch(first);
    for (unsigned round = 0; round < ROUNDS; round++) {
        hash_batch(again);
        worker->is_steady = worker->is_steady && memcmp(first, again, sizeof first) == 0;
    }
    return NULL;
}

static void threads_agree(void **state)
{
    (void)state;
    static struct worker workers[THREADS];
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    static uint8_t alone[BPI_DOMAIN_COUNT][4][32];
    hash_all(alone);
    for (size_t i = 0; i < THREADS; i++) {
        assert_true(workers[i].is_steady);
        assert_memory_equal(workers[i].digests, alone, sizeof alone);
    }
    pthread_barrier_destroy(&barrier);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(threads_agree) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
