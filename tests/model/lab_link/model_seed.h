/* model_seed.h - the seed of a model test: SEED in the environment, else the time; printed. */
#ifndef TESTS_MODEL_SEED_H
#define TESTS_MODEL_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef BPI_SANITIZED
enum { MODEL_SLOW = 4 }; /* a build that is so much slower does so much less */
#else
enum { MODEL_SLOW = 1 };
#endif

static inline uint64_t model_seed(void)
{
    const char *const text = getenv("SEED");
    const uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
    printf("SEED=%llu\n", (unsigned long long)seed);
    return seed;
}

static inline unsigned model_times(int count, char **args)
{
    return count > 1 ? (unsigned)strtoul(args[1], NULL, 10) : 1;
}

#endif
