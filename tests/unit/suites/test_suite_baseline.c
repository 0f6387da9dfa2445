/* test_suite_baseline.c - the parts of the conventional system against naive twins, and what
 * happens when a part is taken away while it is used. */
#include "unit.h"
#include "case_open.h"

#include "baseline_system.h"
#include "baseline_twin.h"

#include <base/rng.h>
#include <suite/suite.h>

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- the map, and the service's answers --- */

enum { IDS = 500, OPERATIONS = 20000 };

static void id_of(uint64_t number, uint8_t id[BASELINE_ID_SIZE])
{
    struct baseline_flow flow;
    baseline_flow_name(7, number, 10, &flow);
    memcpy(id, flow.id, BASELINE_ID_SIZE);
}

static void map_agrees_with_an_array(void **state)
{
    (void)state;
    struct baseline_map map = { 0 };
    struct baseline_record twin[IDS] = { { 0 } };
    bool is_there[IDS] = { false };
    size_t count = 0;
    struct base_rng rng;
    base_rng_init(&rng, 1);
    for (int i = 0; i < OPERATIONS; i++) {
        const size_t at = base_rng_below(&rng, IDS);
        uint8_t id[BASELINE_ID_SIZE];
        struct baseline_record found = { 0 };
        id_of(at, id);
        if (base_rng_below(&rng, 3) == 0) {
            twin[at] = (struct baseline_record){ (uint32_t)i, (uint64_t)i * 3 };
            count += !is_there[at];
            is_there[at] = true;
            assert_int_equal(baseline_map_put(&map, id, twin[at]), BASE_OK);
        }
        const base_err err = baseline_map_find(&map, id, &found);
        assert_int_equal(err, is_there[at] ? BASE_OK : BASE_ENOTFOUND);
        assert_int_equal(found.component, twin[at].component);
        assert_int_equal(found.timestamp_ns, twin[at].timestamp_ns);
        assert_int_equal(map.count, count);
    }
    baseline_map_done(&map);
}

#define ID "\"flow\":\"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\""

static void service_answers(void **state)
{
    (void)state;
    static const struct {
        const char *line, *answer;
    } rows[] = {
        { "{\"op\":\"lookup\"," ID "}", "{\"ok\":false,\"error\":\"there is no such flow\"}\n" },
        { "{\"op\":\"register\"," ID ",\"component\":5,\"timestamp\":9}",
          "{\"ok\":true,\"flows\":1}\n" },
        { "{\"op\":\"lookup\"," ID "}", "{\"ok\":true,\"component\":5,\"timestamp\":9}\n" },
        { "{\"op\":\"register\"," ID ",\"component\":4294967295,\"timestamp\":0}",
          "{\"ok\":true,\"flows\":1}\n" },
        { "{\"op\":\"lookup\"," ID "}",
          "{\"ok\":true,\"component\":4294967295,\"timestamp\":0}\n" },
        { "{\"op\":\"register\"," ID ",\"component\":4294967296,\"timestamp\":9}", NULL },
        { "{\"op\":\"register\"," ID ",\"component\":-1,\"timestamp\":9}", NULL },
        { "{\"op\":\"register\"," ID ",\"component\":1,\"timestamp\":-9}", NULL },
        { "{\"op\":\"register\"," ID ",\"component\":1.5,\"timestamp\":9}", NULL },
        { "{\"op\":\"register\"," ID "}", NULL },
        { "{\"op\":\"remove\"," ID "}", NULL },
        { "{\"op\":\"lookup\",\"flow\":\"00\"}", NULL },
        { "{\"op\":\"lookup\",\"flow\":7}", NULL },
        { "{\"op\":\"lookup\"}", NULL },
        { "{" ID "}", NULL },
        { "[]", NULL },
        { "", NULL },
        { "{\"op\":\"lookup\",\"op\":\"lookup\"," ID "}", NULL },
        { "\xff\xfe", NULL },
    };
    struct baseline_map map = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[BASELINE_LINE_MAX];
        const size_t size = baseline_service_answer(&map, rows[i].line, strlen(rows[i].line), out);
        assert_true(size > 0 && size <= sizeof out && out[size - 1] == '\n');
        static const char error[] = "{\"ok\":false,\"error\":\"";
        if (rows[i].answer == NULL)
            assert_memory_equal(out, error, sizeof error - 1);
        else
            assert_memory_equal(out, rows[i].answer, strlen(rows[i].answer));
    }
    assert_int_equal(map.count, 1);
    baseline_map_done(&map);
}

/* Requests in pieces, several in one, and one that is too long. */
static void service_takes_any_pieces(void **state)
{
    (void)state;
    static const char line[] = "{\"op\":\"lookup\"," ID "}\n";
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        struct baseline_map map = { 0 };
        close(ends[0]);
        baseline_service_serve(ends[1], &map);
        _exit(0);
    }
    close(ends[1]);
    char sent[4 * sizeof line] = "", got[4 * BASELINE_LINE_MAX];
    for (int i = 0; i < 3; i++)
        strcat(sent, line);
    const size_t whole = strlen(sent);
    for (size_t at = 0; at < whole; at += 7)
        assert_true(send(ends[0], sent + at, whole - at < 7 ? whole - at : 7, 0) > 0);
    size_t used = 0, lines = 0;
    while (lines < 3) {
        const ssize_t more = recv(ends[0], got + used, sizeof got - used, 0);
        assert_true(more > 0);
        for (ssize_t i = 0; i < more; i++)
            lines += got[used + (size_t)i] == '\n';
        used += (size_t)more;
    }
    char longest[BASELINE_LINE_MAX];
    memset(longest, 'x', sizeof longest);
    assert_int_equal(send(ends[0], longest, sizeof longest, 0), sizeof longest);
    assert_true(recv(ends[0], got, sizeof got, 0) <= 0); /* it ends the connection */
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(ends[0]);
}

/* --- the registry --- */

static void registry_round_trips(void **state)
{
    (void)state;
    for (int is_remote = 0; is_remote < 2; is_remote++) {
        struct baseline_map map = { 0 };
        struct baseline_registry registry;
        struct baseline_record found;
        struct base_why why;
        uint8_t id[BASELINE_ID_SIZE];
        id_of(0, id);
        const struct baseline_record known = { 1, 2 }, later = { 4294967295u, INT64_MAX };
        assert_int_equal(baseline_map_put(&map, id, known), BASE_OK);
        assert_int_equal(baseline_registry_open(&registry, is_remote, &map, &why), BASE_OK);
        assert_int_equal(map.count, 0);
        assert_int_equal(baseline_registry_find(&registry, id, &found, &why), BASE_OK);
        assert_int_equal(found.timestamp_ns, known.timestamp_ns);
        id_of(1, id);
        assert_int_equal(baseline_registry_find(&registry, id, &found, &why), BASE_ENOTFOUND);
        assert_int_equal(baseline_registry_put(&registry, id, later, &why), BASE_OK);
        assert_int_equal(baseline_registry_find(&registry, id, &found, &why), BASE_OK);
        assert_int_equal(found.component, later.component);
        assert_int_equal(found.timestamp_ns, later.timestamp_ns);
        assert_int_equal(registry.flow_count, 2);
        assert_int_equal(registry.request_count, is_remote ? 4 : 0);
        baseline_registry_close(&registry);
    }
}

static void registry_says_that_its_service_is_gone(void **state)
{
    (void)state;
    struct baseline_map map = { 0 };
    struct baseline_registry registry;
    struct base_why why = { 0 };
    const struct baseline_record record = { 1, 2 };
    uint8_t id[BASELINE_ID_SIZE];
    id_of(0, id);
    assert_int_equal(baseline_registry_open(&registry, true, &map, &why), BASE_OK);
    assert_int_equal(kill(registry.pid, SIGKILL), 0);
    base_err err = BASE_OK;
    for (int i = 0; i < 1000 && err == BASE_OK; i++)
        err = baseline_registry_put(&registry, id, record, &why);
    assert_true(err == BASE_ECLOSED || err == BASE_EIO);
    assert_non_null(strstr(why.text, "the baseline's service"));
    baseline_registry_close(&registry);
}

/* Is the process gone, or only waiting to be waited for? */
static bool is_over(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return true;
    const size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    const char *end = strrchr(text, ')');
    return end == NULL || end[2] == 'Z' || end[2] == 'X';
}

static void service_ends_with_its_parent(void **state)
{
    (void)state;
    int ends[2];
    pid_t service = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        struct baseline_map map = { 0 };
        struct baseline_registry registry;
        struct base_why why;
        close(ends[0]);
        if (baseline_registry_open(&registry, true, &map, &why) != BASE_OK ||
            write(ends[1], &registry.pid, sizeof registry.pid) < 0)
            _exit(1);
        close(ends[1]);
        for (;;)
            pause();
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &service, sizeof service), sizeof service);
    assert_false(is_over(service));
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (int i = 0; i < 1000 && !is_over(service); i++)
        usleep(10000);
    assert_true(is_over(service));
    close(ends[0]);
}

/* --- routes --- */

/* Distances by repeated relaxation: nothing in common with a queue. */
static void distances(const struct baseline_graph *graph, uint32_t start, uint32_t *out)
{
    for (uint32_t i = 0; i < graph->node_count; i++)
        out[i] = i == start ? 0 : UINT32_MAX;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t node = 0; node < graph->node_count; node++)
            for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++)
                if (out[node] != UINT32_MAX && out[node] + 1 < out[graph->to[i]]) {
                    out[graph->to[i]] = out[node] + 1;
                    is_changed = true;
                }
    }
}

static void check_route(const struct baseline_graph *graph, const struct baseline_search *search,
                        uint32_t from, uint32_t to, uint32_t distance)
{
    if (distance == UINT32_MAX) {
        assert_int_equal(search->path_count, 0);
        return;
    }
    assert_int_equal(search->path_count, distance + 1);
    assert_int_equal(search->path[0], from);
    assert_int_equal(search->path[distance], to);
    for (uint32_t i = 0; i < distance; i++)
        assert_true(baseline_graph_has_link(graph, search->path[i], search->path[i + 1]));
}

static void searches_find_shortest_routes(void **state)
{
    (void)state;
    for (uint32_t nodes = 2; nodes <= 12; nodes++)
        for (uint64_t seed = 1; seed <= 30; seed++) {
            struct baseline_graph graph;
            struct baseline_search search;
            uint32_t distance[12];
            assert_int_equal(baseline_graph_make(&graph, nodes, seed), BASE_OK);
            assert_int_equal(baseline_search_open(&search, nodes), BASE_OK);
            for (uint32_t from = 0; from < nodes; from++) {
                distances(&graph, from, distance);
                for (uint32_t to = 0; to < nodes; to++) {
                    assert_int_equal(
                        baseline_search_run(&search, baseline_graph_links, &graph, from, to),
                        BASE_OK);
                    check_route(&graph, &search, from, to, distance[to]);
                }
            }
            baseline_search_done(&search);
            baseline_graph_done(&graph);
        }
}

static void density_is_three_tenths(void **state)
{
    (void)state;
    struct baseline_graph graph;
    assert_int_equal(baseline_graph_make(&graph, 1000, 1), BASE_OK);
    const double share = graph.first[1000] / (1000.0 * 999);
    assert_true(fabs(share - BASELINE_DENSITY) < 0.003); /* 6 standard deviations */
    for (uint32_t node = 0; node < 1000; node++)
        for (uint32_t i = graph.first[node]; i + 1 < graph.first[node + 1]; i++)
            assert_true(graph.to[i] < graph.to[i + 1] && graph.to[i] != node);
    baseline_graph_done(&graph);
}

static void index_agrees_with_memory(void **state)
{
    (void)state;
    for (int is_wal = 0; is_wal < 2; is_wal++) {
        struct baseline_graph graph;
        struct baseline_search in_memory, in_index;
        struct baseline_index index;
        struct base_why why = { 0 };
        enum { NODES = 40, FLOWS = 60 };
        uint32_t path[NODES], count = 0;
        uint64_t routes = 0;
        assert_int_equal(baseline_graph_make(&graph, NODES, 3), BASE_OK);
        assert_int_equal(baseline_search_open(&in_memory, NODES), BASE_OK);
        assert_int_equal(baseline_search_open(&in_index, NODES), BASE_OK);
        if (baseline_index_open(&index, &graph, is_wal, &why) != BASE_OK)
            fail_msg("%s", why.text);
        assert_true(baseline_index_size_bytes(&index) >= 8192);
        for (uint64_t i = 0; i < FLOWS; i++) {
            struct baseline_flow flow;
            baseline_flow_name(1, i, NODES, &flow);
            assert_int_equal(
                baseline_search_run(&in_memory, baseline_graph_links, &graph, flow.from, flow.to),
                BASE_OK);
            assert_int_equal(
                baseline_search_run(&in_index, baseline_index_links, &index, flow.from, flow.to),
                BASE_OK);
            assert_int_equal(in_index.path_count, in_memory.path_count);
            assert_memory_equal(in_index.path, in_memory.path,
                                in_memory.path_count * sizeof *in_memory.path);
            assert_int_equal(baseline_index_find(&index, flow.id, path, &count), BASE_ENOTFOUND);
            assert_int_equal(baseline_index_put(&index, flow.id, flow.from, flow.to, in_index.path,
                                                in_index.path_count),
                             BASE_OK);
            assert_int_equal(baseline_index_find(&index, flow.id, path, &count), BASE_OK);
            assert_int_equal(count, in_index.path_count);
            assert_memory_equal(path, in_index.path, count * sizeof *path);
        }
        assert_int_equal(baseline_index_count(&index, &routes), BASE_OK);
        assert_int_equal(routes, FLOWS);
        baseline_index_close(&index);
        baseline_search_done(&in_memory);
        baseline_search_done(&in_index);
        baseline_graph_done(&graph);
    }
}

/* A route of all nodes, and none. */
static void index_keeps_any_length(void **state)
{
    (void)state;
    enum { NODES = 300 };
    struct baseline_graph graph;
    struct baseline_index index;
    struct base_why why = { 0 };
    uint32_t path[NODES], found[NODES], count = 7;
    uint8_t id[BASELINE_ID_SIZE];
    for (uint32_t i = 0; i < NODES; i++)
        path[i] = NODES - 1 - i;
    assert_int_equal(baseline_graph_make(&graph, NODES, 3), BASE_OK);
    assert_int_equal(baseline_index_open(&index, &graph, true, &why), BASE_OK);
    static const uint32_t lengths[] = { NODES, 33, 32, 1, 0 };
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        id_of(i, id);
        assert_int_equal(baseline_index_put(&index, id, 1, 2, path, lengths[i]), BASE_OK);
        assert_int_equal(baseline_index_find(&index, id, found, &count), BASE_OK);
        assert_int_equal(count, lengths[i]);
        assert_memory_equal(found, path, count * sizeof *path);
    }
    baseline_index_close(&index);
    baseline_graph_done(&graph);
}

/* --- folders --- */

static size_t folders_in(const char *place)
{
    size_t count = 0;
    DIR *folder = opendir(place);
    assert_non_null(folder);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

/* What a killed process left is removed at the next start; what is held stays. */
static void folders_left_behind_are_removed(void **state)
{
    (void)state;
    char place[] = "/var/tmp/test-baseline-XXXXXX", left[128], file[160];
    struct baseline_folder first, second;
    struct base_why why = { 0 };
    assert_non_null(mkdtemp(place));
    snprintf(left, sizeof left, "%s/bpi-perf-baseline-abcdef", place);
    snprintf(file, sizeof file, "%s/index.db", left);
    assert_int_equal(mkdir(left, 0700), 0);
    const int made = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(made >= 0 && close(made) == 0);
    if (baseline_folder_open_in(&first, place, &why) != BASE_OK) {
        print_message("skipped: %s\n", why.text); /* a /var/tmp in memory */
        assert_int_equal(unlink(file), 0);
        assert_int_equal(rmdir(left), 0);
        assert_int_equal(rmdir(place), 0);
        return;
    }
    assert_int_not_equal(access(left, F_OK), 0);
    assert_int_equal(baseline_folder_open_in(&second, place, &why), BASE_OK);
    assert_int_equal(folders_in(place), 2);
    assert_int_equal(access(first.path, F_OK), 0);
    baseline_folder_close(&first);
    assert_int_equal(folders_in(place), 1);
    baseline_folder_close(&second);
    assert_int_equal(folders_in(place), 0);
    /* One that never got its name: after a minute only, for it may be getting it now. */
    const struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    snprintf(left, sizeof left, "%s/.new-bpi-perf-baseline-fresh1", place);
    snprintf(file, sizeof file, "%s/.new-bpi-perf-baseline-stale1", place);
    assert_true(mkdir(left, 0700) == 0 && mkdir(file, 0700) == 0);
    assert_int_equal(utimensat(AT_FDCWD, file, old, 0), 0);
    assert_int_equal(baseline_folder_open_in(&first, place, &why), BASE_OK);
    assert_int_equal(access(left, F_OK), 0);
    assert_int_not_equal(access(file, F_OK), 0);
    baseline_folder_close(&first);
    assert_int_equal(rmdir(left), 0);
    assert_int_equal(rmdir(place), 0);
}

static void folders_need_a_disk(void **state)
{
    (void)state;
    struct baseline_folder folder;
    struct base_why why = { 0 };
    assert_int_equal(baseline_folder_open_in(&folder, "/dev/shm", &why), BASE_EIO);
    assert_non_null(strstr(why.text, "/dev/shm"));
    assert_int_equal(baseline_folder_open_in(&folder, "/nowhere/at/all", &why), BASE_EIO);
    assert_non_null(strstr(why.text, "/nowhere/at/all"));
    baseline_folder_close(&folder);
}

/* --- models --- */

static void models_agree_with_double(void **state)
{
    (void)state;
    struct baseline_model model;
    assert_int_equal(baseline_model_open(&model), BASE_OK);
    float least = 1, most = 0;
    for (uint64_t i = 0; i < 20; i++) {
        struct baseline_flow flow;
        float next[BASELINE_FEATURES];
        double expected[BASELINE_FEATURES];
        baseline_flow_make(1, i * 997, 1000, &flow);
        const float *context = baseline_flow_context(&flow);
        const float similarity = baseline_model_similarity(&model, flow.features, context);
        assert_true(fabs((double)similarity -
                         baseline_twin_similarity(&model, flow.features, context)) < 1e-5);
        assert_true(fabs((double)baseline_cosine(flow.features, context) -
                         baseline_twin_cosine(flow.features, context)) < 1e-5);
        baseline_model_predict(&model, flow.history, next);
        baseline_twin_predict(&model, flow.history, expected);
        for (size_t k = 0; k < BASELINE_FEATURES; k++)
            assert_true(fabs((double)next[k] - expected[k]) < 1e-5);
        least = similarity < least ? similarity : least;
        most = similarity > most ? similarity : most;
    }
    assert_int_equal(model.run_count, 40);
    assert_true(most - least > 1e-3f); /* the answer depends on the question */
    baseline_model_close(&model);
}

static void formulas_are_those_that_are_said(void **state)
{
    (void)state;
    float a[BASELINE_FEATURES] = { 3, 4 }, b[BASELINE_FEATURES] = { 4, 3 };
    float history[BASELINE_HISTORY][BASELINE_FEATURES] = { { 0 } }, next[BASELINE_FEATURES];
    const float zero[BASELINE_FEATURES] = { 0 };
    assert_true(fabsf(baseline_cosine(a, b) - 0.96f) < 1e-6f);
    assert_true(baseline_cosine(a, zero) == 0);
    b[0] = -4;
    b[1] = -3;
    assert_true(baseline_cosine(a, b) == 0);
    history[BASELINE_HISTORY - 2][9] = 2;
    history[BASELINE_HISTORY - 1][9] = 3;
    baseline_extrapolate((const float(*)[BASELINE_FEATURES])history, next);
    assert_true(next[9] == 3.5f && next[8] == 0);
}

/* --- flows --- */

static void flows_are_what_their_header_says(void **state)
{
    (void)state;
    struct baseline_flow flow, again, named;
    memset(&flow, 0, sizeof flow); /* between members there is nothing to compare */
    memset(&again, 0, sizeof again);
    for (uint64_t i = 0; i < 3000; i++) {
        baseline_flow_make(5, i, 2 + (uint32_t)(i % 50), &flow);
        baseline_flow_make(5, i, 2 + (uint32_t)(i % 50), &again);
        baseline_flow_name(5, i, 2 + (uint32_t)(i % 50), &named);
        assert_memory_equal(&flow, &again, sizeof flow);
        assert_memory_equal(flow.id, named.id, sizeof flow.id);
        assert_true(flow.from != flow.to && flow.from < 2 + i % 50 && flow.to < 2 + i % 50);
        assert_true(flow.from == named.from && flow.to == named.to);
        assert_int_equal(flow.id[0], i & 255);
        assert_int_equal(flow.id[1], i >> 8);
        assert_true(flow.features[i % 256] >= 0 && flow.features[i % 256] <= 1);
    }
    baseline_flow_make(5, 998, 9, &flow);
    assert_true(flow.history[0][1] == 0.999f && flow.history[0][2] == 0);
    assert_true(flow.history[4][0] == 0.002f);
}

/* --- cases --- */

static const struct bench_case *case_of(const char *name)
{
    for (size_t i = 0; i < suite_baseline.case_count; i++)
        if (strcmp(suite_baseline.cases[i]->name, name) == 0)
            return suite_baseline.cases[i];
    fail_msg("no case %s", name);
    return NULL;
}

/* Every flow's calls are counted, and are what the switches leave. */
static void flows_count_their_calls(void **state)
{
    (void)state;
    const struct bench_case *bench = case_of("baseline/flow");
    for (unsigned bits = 0; bits < 8; bits++) {
        struct case_open opened;
        double series[BENCH_SERIES_MAX], statements = 0;
        struct base_why why = { 0 };
        case_defaults(&opened, bench);
        case_argument(&opened, "flows", "50");
        case_argument(&opened, "nodes", "30");
        case_argument(&opened, "network", bits & 1 ? "on" : "off");
        case_argument(&opened, "database", bits & 2 ? "on" : "off");
        case_argument(&opened, "ml", bits & 4 ? "on" : "off");
        if (bench->setup(&opened.env) != BASE_OK)
            fail_msg("%s", opened.env.why.text);
        for (int i = 0; i < 20; i++) {
            bench->before(opened.env.state);
            bench->run(opened.env.state, 1);
            bench->after(opened.env.state, series);
            for (int k = 0; k < 4; k++)
                assert_true(series[k] >= 0);
            assert_true(series[4] == (bits & 1 ? 2 : 0));
            statements += series[5];
            assert_true((series[5] >= 3) == ((bits & 2) != 0));
            assert_true(series[6] == (bits & 4 ? 2 : 0));
            assert_true(series[7] == 1);
        }
        assert_true((statements > 60) == ((bits & 2) != 0)); /* some routes need a second search */
        if (bench->check(opened.env.state, &why) != BASE_OK)
            fail_msg("%s", why.text);
        bench->teardown(opened.env.state);
    }
}

/* Two nodes: a link is there or not, so some flows have no route; that is no failure of the case.
 */
static void flows_without_a_route_are_no_success(void **state)
{
    (void)state;
    const struct bench_case *bench = case_of("baseline/flow");
    double successes = 0, most = 0;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct case_open opened;
        double series[BENCH_SERIES_MAX];
        struct base_why why = { 0 };
        case_defaults(&opened, bench);
        case_argument(&opened, "flows", "1");
        case_argument(&opened, "nodes", "2");
        case_argument(&opened, "database", seed % 2 == 0 ? "on" : "off");
        opened.env.seed = seed;
        assert_int_equal(bench->setup(&opened.env), BASE_OK);
        for (int i = 0; i < 10; i++, most++) {
            bench->before(opened.env.state);
            bench->run(opened.env.state, 1);
            bench->after(opened.env.state, series);
            successes += series[7];
            if (bench->check(opened.env.state, &why) != BASE_OK)
                fail_msg("%s", why.text);
        }
        bench->teardown(opened.env.state);
    }
    assert_true(successes > 0 && successes < most);
}

/* The part that is gone is named, and there is no result. */
static void a_dead_service_is_a_failure(void **state)
{
    (void)state;
    const struct bench_case *bench = case_of("baseline/register");
    struct case_open opened;
    struct base_why why = { 0 };
    case_defaults(&opened, bench);
    case_argument(&opened, "flows", "5");
    assert_int_equal(bench->setup(&opened.env), BASE_OK);
    bench->run(opened.env.state, 3);
    assert_int_equal(bench->check(opened.env.state, &why), BASE_OK);
    const struct baseline_system *system = opened.env.state;
    assert_int_equal(kill(system->registry.pid, SIGKILL), 0);
    bench->run(opened.env.state, 1000);
    assert_true(bench->check(opened.env.state, &why) != BASE_OK);
    assert_non_null(strstr(why.text, "the baseline's service"));
    bench->teardown(opened.env.state);
}

/* A disk that takes no more: the index says so, and there is no result. */
static void a_full_disk_is_a_failure(void **state)
{
    (void)state;
    const struct bench_case *bench = case_of("baseline/route");
    static const char *const journals[] = { "wal", "delete" };
    for (size_t i = 0; i < 2; i++) {
        struct case_open opened;
        struct base_why why = { 0 };
        case_defaults(&opened, bench);
        case_argument(&opened, "flows", "5");
        case_argument(&opened, "nodes", "20");
        case_argument(&opened, "journal", journals[i]);
        assert_int_equal(bench->setup(&opened.env), BASE_OK);
        bench->run(opened.env.state, 3);
        assert_int_equal(bench->check(opened.env.state, &why), BASE_OK);
        struct rlimit before, little;
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
        little = (struct rlimit){ 40000, before.rlim_max };
        signal(SIGXFSZ, SIG_IGN); /* the write answers with an error instead */
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
        bench->run(opened.env.state, 2000);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        signal(SIGXFSZ, SIG_DFL);
        assert_int_equal(bench->check(opened.env.state, &why), BASE_EIO);
        assert_non_null(strstr(why.text, "the index: "));
        bench->teardown(opened.env.state);
    }
}

static void wrong_answers_are_found(void **state)
{
    (void)state;
    const struct bench_case *bench = case_of("baseline/route");
    for (int fault = 0; fault < 4; fault++) {
        struct case_open opened;
        struct base_why why = { 0 };
        case_defaults(&opened, bench);
        case_argument(&opened, "flows", "5");
        case_argument(&opened, "nodes", "30");
        assert_int_equal(bench->setup(&opened.env), BASE_OK);
        bench->run(opened.env.state, 4);
        struct baseline_system *system = opened.env.state;
        if (fault == 0) /* a longer way */
            system->search.path_count++;
        else if (fault == 1) /* another start */
            system->search.path[0] = (system->search.path[0] + 1) % 30;
        else if (fault == 2) /* a write that was lost */
            system->done_count++;
        else /* another route in the index than was answered */
            assert_int_equal(baseline_index_put(&system->index, system->flow.id, 0, 1,
                                                (const uint32_t[]){ 0, 1, 2, 3, 4 }, 5),
                             BASE_OK);
        assert_int_equal(bench->check(system, &why), BASE_EWRONG);
        assert_true(why.text[0] != '\0');
        bench->teardown(system);
    }
}

static void wrong_models_are_found(void **state)
{
    (void)state;
    static const char *const names[] = { "baseline/flow", "baseline/flow" };
    for (int fault = 0; fault < 2; fault++) {
        const struct bench_case *bench = case_of(names[fault]);
        struct case_open opened;
        struct base_why why = { 0 };
        case_defaults(&opened, bench);
        case_argument(&opened, "flows", "1");
        case_argument(&opened, "nodes", "30");
        assert_int_equal(bench->setup(&opened.env), BASE_OK);
        bench->before(opened.env.state);
        bench->run(opened.env.state, 1);
        struct baseline_system *system = *(struct baseline_system **)opened.env.state;
        if (fault == 0)
            system->similarity += 0.01f;
        else
            system->next[77] = NAN;
        assert_int_equal(bench->check(opened.env.state, &why), BASE_EWRONG);
        bench->teardown(opened.env.state);
    }
}

static void bad_parameters_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *part;
    } rows[] = {
        { "flows", "0", "flows" },
        { "flows", "many", "flows" },
        { "nodes", "1", "nodes" },
        { "nodes", "5001", "nodes" },
        { "network", "yes", "network" },
        { "database", "", NULL },
        { "ml", "On", "ml" },
        { "journal", "truncate", "journal" },
    };
    const struct bench_case *bench = case_of("baseline/flow");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct case_open opened;
        case_defaults(&opened, bench);
        case_argument(&opened, "flows", "1");
        case_argument(&opened, "nodes", "5");
        case_argument(&opened, rows[i].name, rows[i].value);
        const base_err err = bench->setup(&opened.env);
        if (rows[i].part == NULL) {
            assert_int_equal(err, BASE_OK);
            bench->teardown(opened.env.state);
            continue;
        }
        assert_true(err == BASE_EINVALID || err == BASE_ERANGE || err == BASE_EPARSE);
        assert_non_null(strstr(opened.env.why.text, rows[i].part));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(map_agrees_with_an_array),
        cmocka_unit_test(service_answers),
        cmocka_unit_test(service_takes_any_pieces),
        cmocka_unit_test(registry_round_trips),
        cmocka_unit_test(registry_says_that_its_service_is_gone),
        cmocka_unit_test(service_ends_with_its_parent),
        cmocka_unit_test(searches_find_shortest_routes),
        cmocka_unit_test(density_is_three_tenths),
        cmocka_unit_test(index_agrees_with_memory),
        cmocka_unit_test(index_keeps_any_length),
        cmocka_unit_test(folders_left_behind_are_removed),
        cmocka_unit_test(folders_need_a_disk),
        cmocka_unit_test(models_agree_with_double),
        cmocka_unit_test(formulas_are_those_that_are_said),
        cmocka_unit_test(flows_are_what_their_header_says),
        cmocka_unit_test(flows_count_their_calls),
        cmocka_unit_test(flows_without_a_route_are_no_success),
        cmocka_unit_test(a_dead_service_is_a_failure),
        cmocka_unit_test(a_full_disk_is_a_failure),
        cmocka_unit_test(wrong_answers_are_found),
        cmocka_unit_test(wrong_models_are_found),
        cmocka_unit_test(bad_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
