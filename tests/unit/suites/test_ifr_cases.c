/* test_ifr_cases.c - what the cases of the registry stand on: the offline optimum, the ways to
 * another process; and that wrong answers and wrong parameters are noticed. */
#define _GNU_SOURCE
#include "unit.h"
#include "case_open.h"

#include "../../../suites/src/ifr_belady.h"
#include "../../../suites/src/ifr_probe.h"
#include "../../../suites/src/ifr_service_cases.h"
#include "../../../suites/src/ifr_way.h"

#include <base/rng.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the offline optimum ---- */

enum { TRACE_MAX = 200, FLOWS_MAX = 12 };

/* The most hits with any choices: all sets of kept flows are followed. Sets are bits; a flow may be
 * refused. */
static uint32_t best_hits(const uint32_t *trace, uint32_t count, uint32_t flows, unsigned capacity)
{
    static uint32_t best[1 << FLOWS_MAX], next[1 << FLOWS_MAX];
    enum { NEVER = UINT32_MAX };
    const uint32_t sets = UINT32_C(1) << flows;
    for (uint32_t s = 0; s < sets; s++)
        best[s] = s == 0 ? 0 : NEVER;
    for (uint32_t t = 0; t < count; t++) {
        const uint32_t bit = UINT32_C(1) << trace[t];
        for (uint32_t s = 0; s < sets; s++)
            next[s] = NEVER;
        for (uint32_t s = 0; s < sets; s++) {
            if (best[s] == NEVER)
                continue;
            const uint32_t hits = best[s] + ((s & bit) != 0);
            const uint32_t with = s | bit;
            if (next[s] == NEVER || hits > next[s])
                next[s] = hits; /* kept as it is */
            if ((unsigned)__builtin_popcount(with) <= capacity) {
                next[with] = next[with] == NEVER || hits > next[with] ? hits : next[with];
                continue;
            }
            for (uint32_t gone = 0; gone < flows; gone++) {
                const uint32_t to = with & ~(UINT32_C(1) << gone);
                if (to != with && (next[to] == NEVER || hits > next[to]))
                    next[to] = hits;
            }
        }
        memcpy(best, next, sizeof best);
    }
    uint32_t most = 0;
    for (uint32_t s = 0; s < sets; s++)
        most = best[s] != NEVER && best[s] > most ? best[s] : most;
    return most;
}

static void nobody_hits_more(void **state)
{
    (void)state;
    struct base_rng rng;
    base_rng_init(&rng, 7);
    for (int round = 0; round < 60; round++) {
        uint32_t trace[TRACE_MAX], hits[2] = { 0 };
        const uint32_t flows = 2 + (uint32_t)base_rng_below(&rng, 6);
        const uint32_t count = 1 + (uint32_t)base_rng_below(&rng, 60);
        const unsigned capacity = 1 + (unsigned)base_rng_below(&rng, flows);
        for (uint32_t i = 0; i < count; i++)
            trace[i] = (uint32_t)base_rng_below(&rng, flows);
        struct ifr_belady belady;
        assert_int_equal(ifr_belady_open(&belady, trace, count, flows, capacity), BASE_OK);
        for (uint32_t i = 0; i < 2 * count; i++) /* the second time from an empty cache again */
            hits[i / count] += ifr_belady_step(&belady);
        ifr_belady_close(&belady);
        const uint32_t expected = best_hits(trace, count, flows, capacity);
        if (hits[0] != expected || hits[1] != expected)
            fail_msg("round %d: %u, %u hits, %u are possible", round, hits[0], hits[1], expected);
    }
}

/* ---- the ways ---- */

static bool is_gone(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

static const struct ifr_way_kind *const ways[] = { &ifr_way_socket, &ifr_way_spin, &ifr_way_ring,
                                                   &ifr_way_http };
enum { WAYS = sizeof ways / sizeof ways[0] };

static pid_t process_of(const struct ifr_way *way)
{
    return way->http != NULL ? (pid_t)suite_http_process(way->http) : way->host.pid;
}

static void every_way_finds(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        struct case_open opened;
        struct ifr_query query;
        struct ifr_way way;
        case_defaults(&opened, &ifr_socket_case);
        case_argument(&opened, "flows", "300");
        case_argument(&opened, "key", i % 2 == 0 ? "ipv6" : "hashed");
        assert_int_equal(ifr_query_open(&opened.env, &query), BASE_OK);
        if (ifr_way_open(&way, ways[i], &opened.env, &query) != BASE_OK)
            fail_msg("%s: %s", ways[i]->name, opened.env.why.text);
        assert_int_not_equal(access(way.host.path, F_OK), 0); /* hidden at once */
        const pid_t pid = process_of(&way);
        for (uint64_t flow = 0; flow < 320; flow++) {
            uint8_t key[MFN_IFR_KEY_SIZE_MAX];
            struct mfn_ifr_value value;
            struct base_why why = { 0 };
            mfn_flow_make_key(&query.make, flow, key);
            const base_err err = ifr_way_find(&way, key, query.key_size, &value, &why);
            if (err != (flow < 300 ? BASE_OK : BASE_ENOTFOUND))
                fail_msg("%s: flow %d: %s %s", ways[i]->name, (int)flow, base_err_name(err),
                         why.text);
            assert_true(err != BASE_OK || ifr_query_is_same(&value, flow));
        }
        ifr_way_close(&way);
        ifr_query_close(&query);
        assert_true(is_gone(pid));
    }
}

static void a_way_that_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < WAYS; i++) {
        struct case_open opened;
        struct ifr_query query;
        struct ifr_way way;
        case_defaults(&opened, &ifr_socket_case);
        case_argument(&opened, "flows", "300");
        assert_int_equal(ifr_query_open(&opened.env, &query), BASE_OK);
        assert_int_equal(ifr_way_open(&way, ways[i], &opened.env, &query), BASE_OK);
        kill(process_of(&way), SIGKILL);
        siginfo_t info;
        assert_int_equal(waitid(P_PID, (id_t)process_of(&way), &info, WEXITED | WNOWAIT), 0);
        struct mfn_ifr_value value;
        struct base_why why = { 0 };
        const base_err err =
            ifr_way_find(&way, ifr_query_key(&query, 0), query.key_size, &value, &why);
        assert_true(err == BASE_EIO || err == BASE_ECLOSED);
        assert_true(strlen(why.text) > 10);
        print_message("%s: %s\n", ways[i]->name, why.text);
        ifr_way_close(&way);
        ifr_query_close(&query);
    }
}

static void processors_are_given_back(void **state)
{
    (void)state;
    static const char *const places[] = { "any", "one", "two" };
    cpu_set_t before, now;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    for (size_t i = 0; i < 3; i++) {
        struct case_open opened;
        struct suite_cores cores;
        case_defaults(&opened, &ifr_socket_case);
        case_argument(&opened, "cores", places[i]);
        assert_int_equal(suite_cores_open(&opened.env, &cores), BASE_OK);
        suite_cores_go_other(&cores);
        sched_getaffinity(0, sizeof now, &now);
        assert_int_equal(CPU_COUNT(&now), i == 0 ? CPU_COUNT(&before) : 1);
        const cpu_set_t other = now;
        suite_cores_go_mine(&cores);
        sched_getaffinity(0, sizeof now, &now);
        assert_int_equal(CPU_COUNT(&now), i == 0 ? CPU_COUNT(&before) : 1);
        assert_int_equal(!CPU_EQUAL(&now, &other), i == 2 && CPU_COUNT(&before) > 1);
        suite_cores_close(&cores);
        sched_getaffinity(0, sizeof now, &now);
        assert_true(CPU_EQUAL(&now, &before));
    }
}

/* ---- what is wrong is noticed ---- */

/* The processes this one has started, killed; how many. */
static int kill_children(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *const file = fopen(path, "r");
    int pid, count = 0;
    while (file != NULL && fscanf(file, "%d", &pid) == 1)
        count += kill(pid, SIGKILL) == 0;
    if (file != NULL)
        fclose(file);
    return count;
}

static void a_lost_registry_fails_the_check(void **state)
{
    (void)state;
    static const struct bench_case *const cases[] = { &ifr_socket_case,        &ifr_ring_case,
                                                      &ifr_socket_spin_case,   &ifr_calls_case,
                                                      &ifr_registry_http_case, &ifr_echo_case,
                                                      &ifr_broadcast_case };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct case_open opened;
        struct base_why why = { 0 };
        case_defaults(&opened, cases[i]);
        case_argument(&opened, "flows", "300");
        assert_int_equal(cases[i]->setup(&opened.env), BASE_OK);
        cases[i]->run(opened.env.state, 3);
        assert_int_equal(cases[i]->check(opened.env.state, &why), BASE_OK);
        if (kill_children() > 0) {
            cases[i]->run(opened.env.state, 3);
            assert_int_equal(cases[i]->check(opened.env.state, &why), BASE_EWRONG);
            print_message("%s: %s\n", cases[i]->name, why.text);
        }
        cases[i]->teardown(opened.env.state);
        cases[i]->teardown(NULL);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* there are no children */
    }
}

static void a_filter_that_lies_is_noticed(void **state)
{
    (void)state;
    static const struct bench_case *const cases[] = { &ifr_filter_case, &ifr_filter_classic_case };
    for (size_t i = 0; i < 2; i++) {
        struct case_open opened;
        struct base_why why = { 0 };
        case_defaults(&opened, cases[i]);
        assert_int_equal(cases[i]->setup(&opened.env), BASE_OK);
        struct ifr_probe *const probe = opened.env.state;
        cases[i]->run(probe, 40000); /* more than one round of requests */
        assert_int_equal(cases[i]->check(probe, &why), BASE_OK);
        assert_true(probe->yes > 40000 * 0.002 && probe->yes < 40000 * 0.03);
        probe->yes++;
        assert_int_equal(cases[i]->check(probe, &why), BASE_EWRONG);
        cases[i]->teardown(probe);
    }
}

static double fact(const struct case_open *opened, const char *name)
{
    for (size_t i = 0; i < opened->env.fact_count; i++)
        if (strcmp(opened->env.facts[i].name, name) == 0)
            return opened->env.facts[i].value;
    fail_msg("no fact %s", name);
    return 0;
}

/* No policy hits more than the optimum, and none of the good ones much less than the best fixed
 * set. */
static void ratios_are_in_order(void **state)
{
    (void)state;
    static const char *const policies[] = { "sieve", "tinylfu", "lru", "lfu", "fifo", "random" };
    struct case_open bound;
    case_defaults(&bound, &ifr_cache_belady_case);
    assert_int_equal(ifr_cache_belady_case.setup(&bound.env), BASE_OK);
    ifr_cache_belady_case.teardown(bound.env.state);
    const double most = fact(&bound, "hit_ratio"), fixed = fact(&bound, "static_optimum");
    print_message("static optimum %.4f, Belady %.4f\n", fixed, most);
    assert_true(most > fixed && most < 1);
    for (size_t i = 0; i < 6; i++) {
        struct case_open opened;
        case_defaults(&opened, &ifr_cache_case);
        case_argument(&opened, "policy", policies[i]);
        assert_int_equal(ifr_cache_case.setup(&opened.env), BASE_OK);
        ifr_cache_case.teardown(opened.env.state);
        const double ratio = fact(&opened, "hit_ratio");
        print_message("%-8s %.4f [%.4f, %.4f]\n", policies[i], ratio,
                      fact(&opened, "hit_ratio_low"), fact(&opened, "hit_ratio_high"));
        assert_true(ratio < most && ratio > fixed - (i < 2 ? 0.04 : 0.25));
    }
}

static void wrong_parameters_are_refused(void **state)
{
    (void)state;
    static const struct {
        const struct bench_case *bench;
        const char *name, *value;
        base_err err;
        const char *words;
    } rows[] = {
        { &ifr_filter_case, "flows", "0", BASE_ERANGE, "flows" },
        { &ifr_filter_case, "flows", "100000001", BASE_ERANGE, "flows" },
        { &ifr_filter_case, "flows", "many", BASE_EPARSE, "flows" },
        { &ifr_filter_case, "keys", "most", BASE_EINVALID, "\"most\" is none of uniform" },
        { &ifr_filter_case, "key", "ipv5", BASE_EINVALID, "\"ipv5\" is none of ipv4" },
        { &ifr_filter_case, "bank", "17", BASE_ERANGE, "bank" },
        { &ifr_filter_classic_case, "key", "x", BASE_EINVALID, "key" },
        { &ifr_filter_batch_case, "bank", "0", BASE_ERANGE, "bank" },
        { &ifr_filter_seed_case, "filters", "0", BASE_ERANGE, "filters" },
        { &ifr_filter_seed_case, "bits", "8", BASE_ERANGE, "bits" },
        { &ifr_cache_case, "percent", "0", BASE_ERANGE, "percent" },
        { &ifr_cache_case, "percent", "101", BASE_ERANGE, "percent" },
        { &ifr_cache_case, "policy", "best", BASE_EPARSE, "policy" },
        { &ifr_cache_case, "flows", "10000001", BASE_ERANGE, "flows" },
        { &ifr_cache_belady_case, "percent", "x", BASE_EPARSE, "percent" },
        { &ifr_registry_case, "keys", "few", BASE_EINVALID, "keys" },
        { &ifr_pipeline_case, "flows", "999", BASE_ERANGE, "999" },
        { &ifr_socket_case, "cores", "three", BASE_EINVALID, "\"three\" is none of any" },
        { &ifr_registry_http_case, "cores", "0", BASE_EINVALID, "cores" },
        { &ifr_ring_case, "flows", "-1", BASE_EPARSE, "flows" },
        { &ifr_socket_spin_case, "key", "", BASE_OK, "" },
        { &ifr_calls_case, "via", "pigeon", BASE_EINVALID, "\"pigeon\" is none of socket" },
        { &ifr_echo_case, "size", "65537", BASE_ERANGE, "size" },
        { &ifr_echo_case, "size", "65536", BASE_OK, "" },
        { &ifr_echo_case, "size", "0", BASE_OK, "" },
        { &ifr_broadcast_case, "components", "65", BASE_ERANGE, "components" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct bench_case *const bench = rows[i].bench;
        struct case_open opened;
        case_defaults(&opened, bench);
        case_argument(&opened, rows[i].name, rows[i].value);
        const base_err err = bench->setup(&opened.env);
        if (err != rows[i].err || strstr(opened.env.why.text, rows[i].words) == NULL)
            fail_msg("%s:%s=%s: %s %s", bench->name, rows[i].name, rows[i].value,
                     base_err_name(err), opened.env.why.text);
        if (err != BASE_OK) {
            assert_null(opened.env.state);
            continue;
        }
        bench->run(opened.env.state, 2);
        assert_int_equal(bench->check(opened.env.state, &opened.env.why), BASE_OK);
        bench->teardown(opened.env.state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_hits_more),
        cmocka_unit_test(every_way_finds),
        cmocka_unit_test(a_way_that_is_cut),
        cmocka_unit_test(processors_are_given_back),
        cmocka_unit_test(a_lost_registry_fails_the_check),
        cmocka_unit_test(a_filter_that_lies_is_noticed),
        cmocka_unit_test(ratios_are_in_order),
        cmocka_unit_test(wrong_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
