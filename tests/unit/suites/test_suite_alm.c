/* test_suite_alm.c - every case of the alm suite sets up, runs and checks itself at the ends of its
 * grids; a wrong answer, ours or a peer's, does not pass; what a user gives wrongly is refused. */
#include "case_open.h"
#include "unit.h"

#include "../../../suites/src/alm_path_cases.h"
#include "../../../suites/src/alm_pipeline_case.h"
#include "../../../suites/src/alm_select_cases.h"
#include "../../../suites/src/alm_service_cases.h"
#include "../../../suites/src/alm_table_cases.h"
#include "../../../suites/src/alm_traffic_cases.h"

#include <suite/suite.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NULL: its peer is not installed. */
static const struct bench_case *find_case(const char *name)
{
    for (size_t i = 0; i < suite_alm.case_count; i++)
        if (strcmp(suite_alm.cases[i]->name, name) == 0)
            return suite_alm.cases[i];
    if (strstr(name, ".boost") == NULL && strstr(name, ".igraph") == NULL)
        fail_msg("no case %s", name);
    print_message("%s: not installed\n", name);
    return NULL;
}

/* Defaults, but for "name=value,name=value". */
static base_err open_case(struct case_open *opened, const struct bench_case *item,
                          const char *arguments)
{
    static char text[8][200];
    case_defaults(opened, item);
    for (size_t i = 0; *arguments != '\0'; i++) {
        const size_t size = strcspn(arguments, ",");
        snprintf(text[i], sizeof text[i], "%.*s", (int)size, arguments);
        char *const value = strchr(text[i], '=');
        *value = '\0';
        case_argument(opened, text[i], value + 1);
        arguments += size + (arguments[size] == ',');
    }
    return item->setup(&opened->env);
}

static void *open_and_run(struct case_open *opened, const struct bench_case *item,
                          const char *arguments)
{
    if (open_case(opened, item, arguments) != BASE_OK)
        fail_msg("%s:%s: %s", item->name, arguments, opened->env.why.text);
    for (int i = 0; i < 3; i++) {
        if (item->before != NULL)
            item->before(opened->env.state);
        item->run(opened->env.state, 1);
    }
    return opened->env.state;
}

static void run_case(const char *name, const char *arguments)
{
    struct case_open opened;
    const struct bench_case *const item = find_case(name);
    if (item == NULL)
        return;
    void *const state = open_and_run(&opened, item, arguments);
    if (item->check(state, &opened.env.why) != BASE_OK)
        fail_msg("%s:%s: %s", name, arguments, opened.env.why.text);
    item->teardown(state);
}

static void paths_of_the_grid(void **state)
{
    (void)state;
    static const char *const graphs[] = { "nodes=4,degree=1", "nodes=100,degree=0.1",
                                          "nodes=100,degree=0.5", "nodes=500,degree=8" };
    static const char *const trees[] = { "alm/dijkstra", "alm/dijkstra.heap", "alm/dijkstra.boost",
                                         "alm/dijkstra.igraph" };
    static const char *const pairs[] = { "alm/pair", "alm/pair.heap", "alm/pair.boost",
                                         "alm/pair.igraph" };
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 4; k++) {
            run_case(trees[i], graphs[k]);
            run_case(pairs[i], graphs[k]);
        }
    static const char *const metrics[] = { "bandwidth", "reliability", "cost", "mix" };
    for (size_t i = 0; i < 4; i++) {
        char arguments[100];
        snprintf(arguments, sizeof arguments, "nodes=200,metric=%s", metrics[i]);
        run_case("alm/dijkstra", arguments);
        run_case("alm/dijkstra.boost", arguments);
        run_case("alm/dijkstra.igraph", arguments);
        run_case("alm/pair", arguments);
    }
    static const char *const kpaths[] = { "alm/kpaths", "alm/kpaths.yen", "alm/kpaths.igraph" };
    for (size_t i = 0; i < 3; i++) {
        run_case(kpaths[i], "nodes=200,degree=0.2,k=2");
        run_case(kpaths[i], "nodes=200,degree=4,k=8");
        run_case(kpaths[i], "nodes=4,degree=1,k=8"); /* there are not so many */
    }
}

/* Below 1 the degree is the share of pairs that are linked. */
static void share_of_pairs(void **state)
{
    (void)state;
    static const double shares[] = { 0.1, 0.3, 0.9 };
    for (size_t i = 0; i < 3; i++) {
        const struct alm_shape shape = { .nodes = 400, .degree = shares[i] };
        struct alm_world world = { 0 };
        assert_int_equal(alm_world_make(&world, &shape, 7, NULL), BASE_OK);
        const double share = world.graph->arc_count / (400.0 * 399);
        if (share < shares[i] - 0.01 || share > shares[i] + 0.01)
            fail_msg("%g of all pairs are linked, not %g", share, shares[i]);
        alm_world_done(&world);
    }
}

static void the_rest_of_the_grid(void **state)
{
    (void)state;
    run_case("alm/route", "nodes=100,degree=0.3");
    run_case("alm/hop", "nodes=100,degree=0.3");
    run_case("alm/adapt", "nodes=100,degree=4,change=5");
    run_case("alm/adapt", "nodes=300,degree=8,change=20");
    run_case("alm/adapt", "nodes=4,degree=1,change=100");
    run_case("alm/adapt.boost", "nodes=100,degree=4,change=20");
    run_case("alm/update", "nodes=200,updates=50");
    static const char *const policies[] = { "round_robin",
                                            "weighted_round_robin",
                                            "least_connections",
                                            "weighted_least_connections",
                                            "two_choices",
                                            "latency",
                                            "maglev",
                                            "adaptive" };
    for (size_t i = 0; i < 8; i++) {
        char arguments[100];
        snprintf(arguments, sizeof arguments, "policy=%s,servers=1", policies[i]);
        run_case("alm/select", arguments);
        snprintf(arguments, sizeof arguments, "policy=%s,servers=5", policies[i]);
        run_case("alm/select", arguments);
        snprintf(arguments, sizeof arguments, "policy=%s,servers=50", policies[i]);
        run_case("alm/select", arguments);
    }
    run_case("alm/select.maglev", "servers=50");
    run_case("alm/select.nginx", "servers=50");
    run_case("alm/select.ring", "servers=5");
    run_case("alm/cache", "size=1000,policy=lfu");
    run_case("alm/cache", "size=50000,policy=arc");
    run_case("alm/constrain", "nodes=100,degree=0.3");
    run_case("alm/demand", "nodes=300,load=0.3");
    run_case("alm/recover", "nodes=100,faults=1,way=fast");
    run_case("alm/recover", "nodes=100,faults=100,way=local");
    run_case("alm/recover", "nodes=100,faults=10,way=global");
    run_case("alm/pipeline", "nodes=200,degree=8");
    run_case("alm/route_service", "nodes=100,cache=on");
    run_case("alm/route.http", "nodes=100,search=textbook");
}

static void must_be_wrong(const struct bench_case *item, void *state)
{
    struct base_why why = { 0 };
    if (item->check(state, &why) != BASE_EWRONG || strlen(why.text) < 10)
        fail_msg("%s: a wrong answer passed", item->name);
    item->teardown(state);
}

/* Ways of answering that are wrong by a quantum, or by a path. */
static const struct alm_tree_method *true_tree;
static const struct alm_pair_method *true_pair;
static const struct alm_kpaths_method *true_kpaths;

static uint64_t false_distance(const void *solver, uint32_t node)
{
    return true_tree->distance(solver, node) + (node == 42);
}

static uint64_t false_find(void *solver, uint32_t from, uint32_t to)
{
    return true_pair->find(solver, from, to) + (to % 8 == 0);
}

/* One path more is asked for, and the second is left out. */
static size_t false_paths(void *solver, uint32_t from, uint32_t to, size_t k)
{
    return true_kpaths->find(solver, from, to, k + 1) - 1;
}

static size_t false_path(const void *solver, size_t index, uint32_t *nodes, size_t capacity)
{
    return true_kpaths->path(solver, index + (index > 0), nodes, capacity);
}

static size_t true_find(void *solver, uint32_t from, uint32_t to, size_t k)
{
    return true_kpaths->find(solver, from, to, k);
}

/* The first path comes twice, instead of the second: as many are shorter than the last. */
static size_t double_path(const void *solver, size_t index, uint32_t *nodes, size_t capacity)
{
    return true_kpaths->path(solver, index - (index == 1), nodes, capacity);
}

static void wrong_kpaths(const struct bench_case *item,
                         size_t (*find)(void *, uint32_t, uint32_t, size_t),
                         size_t (*path)(const void *, size_t, uint32_t *, size_t))
{
    struct case_open opened;
    struct alm_kpaths_state *const kpaths = open_and_run(&opened, item, "nodes=100,k=8");
    kpaths->k = kpaths->found = 4;
    true_kpaths = kpaths->method;
    struct alm_kpaths_method method = *true_kpaths;
    method.find = find;
    method.path = path;
    kpaths->method = &method;
    must_be_wrong(item, kpaths);
}

static void wrong_paths_are_noticed(void **state)
{
    (void)state;
    static const char *const peers[] = { "", ".heap", ".boost", ".igraph", ".yen" };
    for (size_t i = 0; i < 5; i++) {
        struct case_open opened;
        char name[50];
        snprintf(name, sizeof name, "alm/dijkstra%s", peers[i]);
        const struct bench_case *item = i < 4 ? find_case(name) : NULL;
        if (item != NULL) {
            struct alm_tree_state *const tree = open_and_run(&opened, item, "nodes=100");
            true_tree = tree->method;
            struct alm_tree_method method = *true_tree;
            method.distance = false_distance;
            tree->method = &method;
            must_be_wrong(item, tree);
        }
        snprintf(name, sizeof name, "alm/pair%s", peers[i]);
        item = i < 4 ? find_case(name) : NULL;
        if (item != NULL) {
            struct alm_pair_state *const pair = open_and_run(&opened, item, "nodes=100");
            true_pair = pair->method;
            struct alm_pair_method method = *true_pair;
            method.find = false_find;
            pair->method = &method;
            must_be_wrong(item, pair);
        }
        snprintf(name, sizeof name, "alm/kpaths%s", peers[i]);
        item = i != 1 && i != 2 ? find_case(name) : NULL;
        if (item != NULL) {
            wrong_kpaths(item, false_paths, false_path);
            wrong_kpaths(item, true_find, double_path);
        }
    }
}

static void wrong_tables_are_noticed(void **state)
{
    (void)state;
    struct case_open opened;
    const struct bench_case *item = find_case("alm/route");
    struct alm_route_state *const route = open_and_run(&opened, item, "nodes=100");
    route->nodes[route->count - 1] ^= 1;
    must_be_wrong(item, route);
    item = find_case("alm/hop");
    struct alm_route_state *const hop = open_and_run(&opened, item, "nodes=100");
    hop->hop = hop->world.pairs[(hop->asked - 1) % ALM_PAIRS].from;
    must_be_wrong(item, hop);
    item = find_case("alm/adapt");
    struct alm_adapt_state *const adapt = open_and_run(&opened, item, "nodes=100,change=10");
    const struct mfn_alm_change change = adapt->change.lists[adapt->changes % 2][0];
    const struct mfn_alm_change one = { change.from, change.to, false, 300 };
    assert_int_equal(mfn_alm_routes_change(adapt->routes, &one, 1, NULL), BASE_OK);
    adapt->changes++; /* as if it had been the whole change back */
    must_be_wrong(item, adapt);
}

/* One server has far more to do than the others: two choices and latency leave it alone, and who
 * does not is none of them. */
static void a_busy_server_is_left_alone(const struct bench_case *item, const char *policy,
                                        enum mfn_alm_policy as, bool is_fine)
{
    struct case_open opened;
    struct base_why why = { 0 };
    char arguments[100];
    snprintf(arguments, sizeof arguments, "policy=%s,servers=5", policy);
    struct alm_select_state *const select = open_and_run(&opened, item, arguments);
    for (int i = 0; i < 1000; i++)
        mfn_alm_started(select->pool, 1, select->now_ns);
    select->policy = as;
    if (!is_fine) {
        must_be_wrong(item, select);
        return;
    }
    if (item->check(select, &why) != BASE_OK)
        fail_msg("%s: %s", policy, why.text);
    item->teardown(select);
}

static void wrong_servers_are_noticed(void **state)
{
    (void)state;
    struct case_open opened;
    /* asked for as another policy than it is */
    static const enum mfn_alm_policy others[][2] = {
        { MFN_ALM_WEIGHTED_ROUND_ROBIN, MFN_ALM_ROUND_ROBIN },
        { MFN_ALM_ROUND_ROBIN, MFN_ALM_WEIGHTED_ROUND_ROBIN },
        { MFN_ALM_ROUND_ROBIN, MFN_ALM_LEAST_CONNECTIONS },
        { MFN_ALM_ROUND_ROBIN, MFN_ALM_WEIGHTED_LEAST_CONNECTIONS },
        { MFN_ALM_WEIGHTED_ROUND_ROBIN, MFN_ALM_TWO_CHOICES },
        { MFN_ALM_WEIGHTED_ROUND_ROBIN, MFN_ALM_MAGLEV },
    };
    const struct bench_case *item = find_case("alm/select");
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char arguments[100];
        snprintf(arguments, sizeof arguments, "policy=%s,servers=5",
                 mfn_alm_policy_name(others[i][0]));
        struct alm_select_state *const select = open_and_run(&opened, item, arguments);
        select->policy = others[i][1];
        must_be_wrong(item, select);
    }
    struct alm_select_state *select = open_and_run(&opened, item, "policy=adaptive,servers=5");
    while (mfn_alm_choose(select->pool, select->hashes[0], select->now_ns) != 0)
        memmove(select->hashes, select->hashes + 1, (ALM_HASHES - 1) * sizeof *select->hashes);
    select->policy = MFN_ALM_WEIGHTED_LEAST_CONNECTIONS;
    must_be_wrong(item, select);
    a_busy_server_is_left_alone(item, "two_choices", MFN_ALM_TWO_CHOICES, true);
    a_busy_server_is_left_alone(item, "latency", MFN_ALM_PEAK_EWMA, true);
    a_busy_server_is_left_alone(item, "weighted_round_robin", MFN_ALM_TWO_CHOICES, false);
    a_busy_server_is_left_alone(item, "weighted_round_robin", MFN_ALM_PEAK_EWMA, false);
    a_busy_server_is_left_alone(item, "maglev", MFN_ALM_PEAK_EWMA, false);
    static const char *const peers[] = { "alm/select.maglev", "alm/select.nginx",
                                         "alm/select.ring" };
    for (size_t i = 0; i < 3; i++) {
        item = find_case(peers[i]);
        select = open_and_run(&opened, item, "servers=5");
        select->server = i == 1 ? 5 : (select->server + 1) % 5;
        must_be_wrong(item, select);
    }
}

static void wrong_services_are_noticed(void **state)
{
    (void)state;
    struct case_open opened;
    const struct bench_case *item = find_case("alm/cache");
    struct alm_cache_state *const cached = open_and_run(&opened, item, "size=1000,policy=arc");
    cached->asked++;
    must_be_wrong(item, cached);
    item = find_case("alm/route_service");
    struct alm_service_state *service = open_and_run(&opened, item, "nodes=100,cache=off");
    service->answer.distance++;
    must_be_wrong(item, service);
    item = find_case("alm/route.http");
    service = open_and_run(&opened, item, "nodes=100");
    service->body[10]++;
    must_be_wrong(item, service);
    service = open_and_run(&opened, item, "nodes=100");
    service->body_size--;
    must_be_wrong(item, service);
    item = find_case("alm/pipeline");
    struct alm_pipeline_state *const pipeline = open_and_run(&opened, item, "nodes=100");
    pipeline->route.count = pipeline->route.count > 0 ? 0 : 1;
    must_be_wrong(item, pipeline);
}

/* A ledger that carries nothing, because its edges are narrower than any demand. */
static void a_refusal_is_noticed(const struct bench_case *item)
{
    struct case_open opened;
    struct alm_demand_state *const demand = open_and_run(&opened, item, "nodes=50");
    const size_t count = demand->world.edge_count;
    struct mfn_alm_edge *const narrow = malloc(count * sizeof *narrow);
    assert_non_null(narrow);
    memcpy(narrow, demand->world.edges, count * sizeof *narrow);
    for (size_t i = 0; i < count; i++)
        narrow[i].bandwidth_mbps = 1;
    mfn_alm_demands_free(demand->demands);
    demand->demands = NULL;
    const struct mfn_alm_demands_options options = { .capacity = (uint32_t)demand->count };
    assert_int_equal(mfn_alm_demands_new(narrow, count, demand->world.node_count, NULL, &options,
                                         &demand->demands, NULL),
                     BASE_OK);
    free(narrow);
    must_be_wrong(item, demand);
}

/* Whoever always says that labels ran out does not pass. */
static void no_answer_is_noticed(const struct bench_case *item)
{
    struct case_open opened;
    struct alm_constrain_state *const limited = open_and_run(&opened, item, "nodes=100,degree=8");
    const struct alm_world *const world = &limited->world;
    mfn_alm_constrain_free(limited->constrain);
    limited->constrain = NULL;
    assert_int_equal(mfn_alm_constrain_new(world->edges, world->edge_count, world->node_count, NULL,
                                           1, &limited->constrain, NULL),
                     BASE_OK);
    struct mfn_alm_way way;
    struct mfn_alm_request hard = limited->requests[0];
    base_err err = BASE_OK;
    for (size_t i = 0; i < 100 * ALM_PAIRS && err != BASE_EFULL; i++) {
        hard = limited->requests[i % ALM_PAIRS];
        hard.reliability_min = 0.3 + (double)(i / ALM_PAIRS) * 0.007;
        err = mfn_alm_constrain_find(limited->constrain, &hard, &way, NULL);
    }
    assert_int_equal(err, BASE_EFULL);
    for (size_t i = 0; i < ALM_PAIRS; i++)
        limited->requests[i] = hard;
    item->run(limited, 1);
    must_be_wrong(item, limited);
}

static void wrong_traffic_is_noticed(void **state)
{
    (void)state;
    struct case_open opened;
    const struct bench_case *item = find_case("alm/constrain");
    struct alm_constrain_state *limited = open_and_run(&opened, item, "nodes=100");
    while (limited->err != BASE_OK)
        item->run(limited, 1);
    limited->err = BASE_ENOTFOUND; /* as if there were none */
    must_be_wrong(item, limited);
    limited = open_and_run(&opened, item, "nodes=100,degree=8");
    while (limited->err != BASE_OK)
        item->run(limited, 1);
    limited->way.weight += 1; /* not the sum of its edges */
    must_be_wrong(item, limited);
    no_answer_is_noticed(item);
    item = find_case("alm/demand");
    struct alm_demand_state *const demand = open_and_run(&opened, item, "nodes=50");
    for (size_t i = 0; i < demand->world.edge_count; i++)
        demand->world.edges[i].bandwidth_mbps = 99; /* more is carried over any */
    must_be_wrong(item, demand);
    a_refusal_is_noticed(item);
    item = find_case("alm/recover");
    struct alm_recover_state *failed = open_and_run(&opened, item, "nodes=100,way=fast");
    failed->counts[7]--;
    must_be_wrong(item, failed);
    failed = open_and_run(&opened, item, "nodes=100,way=fast,faults=10");
    mfn_alm_recover_heal(failed->recover); /* as if nothing had failed */
    failed->fault_count = 0;
    failed->way = MFN_ALM_RECOVERY_GLOBAL; /* and those had been the shortest */
    must_be_wrong(item, failed);
}

static void check_refusal(const char *name, const char *arguments, base_err expect,
                          const char *words)
{
    struct case_open opened;
    const base_err err = open_case(&opened, find_case(name), arguments);
    if (err != expect || opened.env.state != NULL || strstr(opened.env.why.text, words) == NULL)
        fail_msg("%s:%s: %s, \"%s\", not %s, \"%s\"", name, arguments, base_err_name(err),
                 opened.env.why.text, base_err_name(expect), words);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    check_refusal("alm/dijkstra", "nodes=3", BASE_ERANGE, "nodes");
    check_refusal("alm/dijkstra", "nodes=10000000", BASE_ERANGE, "nodes");
    check_refusal("alm/dijkstra", "nodes=many", BASE_EPARSE, "nodes");
    check_refusal("alm/dijkstra", "nodes=100,degree=100", BASE_ERANGE, "degree");
    check_refusal("alm/dijkstra", "degree=0", BASE_ERANGE, "degree");
    check_refusal("alm/dijkstra", "degree=nan", BASE_ERANGE, "degree");
    check_refusal("alm/dijkstra", "metric=beauty", BASE_EINVALID, "beauty");
    check_refusal("alm/pair", "kind=tree", BASE_EINVALID, "tree");
    check_refusal("alm/kpaths", "k=0", BASE_ERANGE, "k");
    check_refusal("alm/adapt", "nodes=5000", BASE_ERANGE, "nodes");
    check_refusal("alm/adapt", "change=101", BASE_ERANGE, "change");
    check_refusal("alm/select", "policy=best", BASE_EINVALID, "best");
    check_refusal("alm/select", "servers=0", BASE_ERANGE, "servers");
    check_refusal("alm/cache", "policy=mru", BASE_EINVALID, "mru");
    check_refusal("alm/route_service", "cache=maybe", BASE_EINVALID, "maybe");
    check_refusal("alm/route.http", "search=quick", BASE_EINVALID, "quick");
    check_refusal("alm/demand", "load=-1", BASE_ERANGE, "load");
    check_refusal("alm/recover", "way=prayer", BASE_EINVALID, "prayer");
    check_refusal("alm/file", "links=no", BASE_EINVALID, "links");
    check_refusal("alm/file", "file=", BASE_EINVALID, "file");
    check_refusal("alm/file", "file=-", BASE_EINVALID, "file");
    check_refusal("alm/file", "file=/nonexistent", BASE_ENOTFOUND, "/nonexistent");
}

static void write_file(const char *path, const char *text)
{
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    fclose(file);
}

static void files_of_the_user(void **state)
{
    (void)state;
    char path[] = "/tmp/test_suite_alm.XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    char file[64], one[64];
    snprintf(file, sizeof file, "file=%s", path);
    snprintf(one, sizeof one, "file=%s,links=one", path);
    run_case("alm/file", "file=sample");
    write_file(path, "a b 1\nb c 2.5 100\nc a 3 100 0.9 1\n");
    run_case("alm/file", file);
    run_case("alm/file", one);
    write_file(path, "a a 1\n");
    run_case("alm/file", file);
    write_file(path, "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">"
                     "<key id=\"w\" for=\"edge\" attr.name=\"latency\" attr.type=\"double\"/>"
                     "<graph edgedefault=\"undirected\"><node id=\"a\"/><node id=\"b\"/>"
                     "<edge source=\"a\" target=\"b\"><data key=\"w\">2</data></edge>"
                     "</graph></graphml>");
    run_case("alm/file", file);
    write_file(path, "");
    check_refusal("alm/file", file, BASE_EINVALID, "node");
    write_file(path, "a b\n");
    check_refusal("alm/file", file, BASE_EPARSE, path);
    write_file(path, "a b 1\nb c -1\n");
    check_refusal("alm/file", file, BASE_ERANGE, "2");
    write_file(path, "<graphml>");
    check_refusal("alm/file", file, BASE_EPARSE, path);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_of_the_grid),         cmocka_unit_test(the_rest_of_the_grid),
        cmocka_unit_test(wrong_paths_are_noticed),   cmocka_unit_test(wrong_tables_are_noticed),
        cmocka_unit_test(wrong_servers_are_noticed), cmocka_unit_test(wrong_services_are_noticed),
        cmocka_unit_test(wrong_traffic_is_noticed),  cmocka_unit_test(wrong_arguments_are_refused),
        cmocka_unit_test(files_of_the_user),         cmocka_unit_test(share_of_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
