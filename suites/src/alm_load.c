/* alm_load.c - see alm_load.h. A heap of the requests under way, by the time when they end. */
#include "alm_load.h"

#include <base/rng.h>

#include <stdlib.h>
#include <string.h>

enum { WORKERS = 64 };

static const double service_ns = 1e6, load = 0.8;

struct ending {
    uint64_t at_ns, began_ns;
    uint32_t server;
};

struct load {
    const struct alm_balancer *balancer;
    const uint32_t *weights;
    uint32_t count;
    uint64_t weight_sum;
    struct ending *endings; /* [ALM_LOAD_REQUESTS] a heap */
    size_t ending_count;
    uint64_t **free_ns; /* [count] of workers: when each is free */
    uint64_t *requests; /* [count] */
    uint64_t *active;   /* [count] */
    uint64_t active_sum;
    double imbalance_sum, latency_sum_ns;
};

static void put(struct load *load_of, struct ending ending)
{
    size_t at = load_of->ending_count++;
    for (; at > 0 && ending.at_ns < load_of->endings[(at - 1) / 2].at_ns; at = (at - 1) / 2)
        load_of->endings[at] = load_of->endings[(at - 1) / 2];
    load_of->endings[at] = ending;
}

static struct ending take(struct load *load_of)
{
    struct ending *const endings = load_of->endings;
    const struct ending first = endings[0], last = endings[--load_of->ending_count];
    size_t at = 0;
    for (size_t child = 1; child < load_of->ending_count; child = 2 * at + 1) {
        if (child + 1 < load_of->ending_count && endings[child + 1].at_ns < endings[child].at_ns)
            child++;
        if (last.at_ns <= endings[child].at_ns)
            break;
        endings[at] = endings[child];
        at = child;
    }
    endings[at] = last;
    return first;
}

static void end_until(struct load *load_of, uint64_t now_ns)
{
    const struct alm_balancer *const balancer = load_of->balancer;
    while (load_of->ending_count > 0 && load_of->endings[0].at_ns <= now_ns) {
        const struct ending ending = take(load_of);
        load_of->active[ending.server]--;
        load_of->active_sum--;
        if (balancer->finished != NULL)
            balancer->finished(balancer->self, ending.server, ending.at_ns - ending.began_ns,
                               ending.at_ns);
    }
}

static double most_active(const struct load *load_of)
{
    double most = 0;
    for (uint32_t i = 0; i < load_of->count; i++) {
        const double each = (double)load_of->active[i] / load_of->weights[i];
        most = each > most ? each : most;
    }
    return most * (double)load_of->weight_sum / (double)load_of->active_sum;
}

/* The worker that is free first takes the request; answers when it is done. A heap of workers. */
static uint64_t serve(uint64_t *workers, uint32_t count, uint64_t now_ns, uint64_t needs_ns)
{
    const uint64_t end_ns = (workers[0] > now_ns ? workers[0] : now_ns) + needs_ns;
    uint32_t at = 0;
    for (uint32_t child = 1; child < count; child = 2 * at + 1) {
        child += child + 1 < count && workers[child + 1] < workers[child];
        if (end_ns <= workers[child])
            break;
        workers[at] = workers[child];
        at = child;
    }
    workers[at] = end_ns;
    return end_ns;
}

static void begin(struct load *load_of, uint32_t server, uint64_t now_ns, double needs_ns)
{
    const uint64_t end_ns = serve(load_of->free_ns[server], WORKERS * load_of->weights[server],
                                  now_ns, (uint64_t)needs_ns + 1);
    put(load_of, (struct ending){ end_ns, now_ns, server });
    load_of->requests[server]++;
    load_of->active[server]++;
    load_of->active_sum++;
    load_of->imbalance_sum += most_active(load_of);
    load_of->latency_sum_ns += (double)(end_ns - now_ns);
    if (load_of->balancer->started != NULL)
        load_of->balancer->started(load_of->balancer->self, server, now_ns);
}

static bool allocate(struct load *load_of)
{
    load_of->endings = malloc(ALM_LOAD_REQUESTS * sizeof *load_of->endings);
    load_of->free_ns = calloc(load_of->count, sizeof *load_of->free_ns);
    load_of->requests = calloc(load_of->count, sizeof *load_of->requests);
    load_of->active = calloc(load_of->count, sizeof *load_of->active);
    if (load_of->endings == NULL || load_of->free_ns == NULL || load_of->requests == NULL ||
        load_of->active == NULL)
        return false;
    for (uint32_t i = 0; i < load_of->count; i++) {
        load_of->weight_sum += load_of->weights[i];
        load_of->free_ns[i] = calloc((size_t)WORKERS * load_of->weights[i], sizeof(uint64_t));
        if (load_of->free_ns[i] == NULL)
            return false;
    }
    return true;
}

static void release(struct load *load_of)
{
    for (uint32_t i = 0; load_of->free_ns != NULL && i < load_of->count; i++)
        free(load_of->free_ns[i]);
    free(load_of->free_ns);
    free(load_of->endings);
    free(load_of->requests);
    free(load_of->active);
}

static void sum_up(const struct load *load_of, uint64_t now_ns, struct alm_load_result *out)
{
    double most = 0;
    for (uint32_t i = 0; i < load_of->count; i++) {
        const double each = (double)load_of->requests[i] / load_of->weights[i];
        most = each > most ? each : most;
    }
    *out = (struct alm_load_result){
        .request_imbalance = most * (double)load_of->weight_sum / ALM_LOAD_REQUESTS,
        .active_imbalance = load_of->imbalance_sum / ALM_LOAD_REQUESTS,
        .latency_ms = load_of->latency_sum_ns / ALM_LOAD_REQUESTS / 1e6,
        .end_ns = now_ns,
    };
}

base_err alm_load_run(const struct alm_balancer *balancer, const uint32_t *weights, uint32_t count,
                      uint64_t seed, struct alm_load_result *out)
{
    struct load day = { .balancer = balancer, .weights = weights, .count = count };
    base_err err = allocate(&day) ? BASE_OK : BASE_ENOMEM;
    struct base_rng rng;
    base_rng_init(&rng, seed);
    const double gap_ns = service_ns / (load * WORKERS * (double)day.weight_sum);
    uint64_t now_ns = 0;
    for (uint32_t i = 0; err == BASE_OK && i < ALM_LOAD_REQUESTS; i++) {
        now_ns += (uint64_t)base_rng_exponential(&rng, gap_ns) + 1;
        end_until(&day, now_ns);
        const uint64_t hash = base_rng_u64(&rng);
        const double needs_ns = base_rng_exponential(&rng, service_ns);
        const uint32_t server = balancer->choose(balancer->self, hash, now_ns);
        if (server >= count)
            err = BASE_EWRONG;
        else
            begin(&day, server, now_ns, needs_ns);
    }
    if (err == BASE_OK)
        sum_up(&day, now_ns, out);
    release(&day);
    return err;
}
