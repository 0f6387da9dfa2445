/* test_topology_yaml.c - topologies from texts: what each key does, traces, and a sentence with its
 * line for each mistake. */
#include "unit.h"

#include <lab/topology.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void parse(struct lab_topology *topology, const char *text)
{
    struct base_why why = { 0 };
    if (lab_topology_parse(topology, base_span_of(text, strlen(text)), &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void a_whole_text(void **state)
{
    (void)state;
    struct lab_topology t;
    parse(&t, "# a mesh of four\n"
              "schedule:\n"
              "  - at 10s cut a-b\n"
              "  - at 20s heal\n"
              "  - at 5s partition [a, b] [c]\n"
              "links:\n"
              "  - between: [a, b]\n"
              "    latency: 100ms\n"
              "  - from: b\n"
              "    to: a\n"
              "    packet_loss: 1%\n"
              "link:\n"
              "  latency: 5ms\n"
              "  preset: lan\n"
              "  jitter_distribution: normal\n"
              "  jitter: 1ms\n"
              "host_bandwidth: 1Gbit/s\n"
              "hosts: [a, b, {name: c, bandwidth: 10Mbit/s}, {name: d-2}]\n"
              "shape: mesh\n");
    assert_true(t.program_count == 4 && t.host_count == 4 && t.is_uniform);
    assert_string_equal(t.hosts[2].name, "c");
    assert_int_equal(t.hosts[2].rate_bits, 10000000);
    assert_int_equal(t.hosts[3].rate_bits, 1000000000);
    assert_int_equal(lab_topology_host(&t, "d-2"), 3);
    assert_int_equal(lab_topology_host(&t, "node3"), UINT32_MAX);
    /* the preset was first although it stands second */
    assert_int_equal(t.uniform.delay_ns, 5000000);
    assert_int_equal(t.uniform.rate_bits, 1000000000);
    assert_int_equal(t.uniform.jitter, LAB_JITTER_NORMAL);
    assert_int_equal(t.edge_count, 2);
    assert_int_equal(lab_topology_link(&t, 0, 1)->delay_ns, 100000000);
    assert_int_equal(lab_topology_link(&t, 1, 0)->delay_ns, 100000000);
    assert_int_equal(lab_topology_link(&t, 0, 1)->loss, LAB_LOSS_NONE);
    assert_true(lab_topology_link(&t, 1, 0)->loss_share == 0.01);
    assert_int_equal(lab_topology_link(&t, 1, 0)->rate_bits, 1000000000);
    assert_int_equal(lab_topology_link(&t, 2, 3)->delay_ns, 5000000);
    assert_int_equal(t.change_count, 3);
    assert_memory_equal(t.changes[0].side, "\1\1\2\0", 4);
    /* a direct link is taken though a way over another host is quicker */
    struct lab_path path;
    assert_int_equal(lab_topology_path(&t, 0, 1, &path), BASE_OK);
    assert_true(path.hops == 1 && path.delay_ns == 100000000 && path.rate_bits == 1000000000);
    lab_topology_done(&t);
}

static void links_alone(void **state)
{
    (void)state;
    struct lab_topology t;
    struct lab_path path;
    parse(&t, "hosts: [eu0, eu1, us0]\n"
              "switches: [paris, boston]\n"
              "link: {latency: 1ms}\n"
              "links:\n"
              "  - between: ['eu*', paris]\n"
              "  - between: [us0, boston]\n"
              "    bandwidth: 10Mbit/s\n"
              "  - {between: [paris, boston], latency: 40ms, packet_loss: 0.1%}\n");
    assert_true(t.program_count == 3 && t.host_count == 5 && t.edge_count == 8 && !t.is_uniform);
    assert_true(t.hosts[3].is_switch && !t.hosts[2].is_switch);
    assert_int_equal(lab_topology_path(&t, 0, 2, &path), BASE_OK);
    assert_true(path.hops == 3 && path.delay_ns == 42000000 && path.rate_bits == 10000000);
    assert_true(path.arrive == 0.999);
    assert_int_equal(lab_topology_path(&t, 0, 1, &path), BASE_OK);
    assert_true(path.hops == 2 && path.delay_ns == 2000000);
    lab_topology_done(&t);
}

/* All pairs of two patterns, both of them the same hosts, too; settings of a shape's link stay. */
static void patterns_and_shapes(void **state)
{
    (void)state;
    struct lab_topology t;
    parse(&t, "hosts: [a0, a1, a2, b0]\nlinks:\n  - between: ['a*', 'a*']\n    preset: lan\n"
              "  - between: ['*', b0]\n    latency: 3ms\n");
    assert_int_equal(t.edge_count, 12);
    assert_int_equal(lab_topology_link(&t, 0, 3)->delay_ns, 3000000);
    assert_int_equal(lab_topology_link(&t, 2, 0)->rate_bits, 1000000000);
    lab_topology_done(&t);
    parse(&t, "shape: star\nhosts: 3\nlink: {latency: 10ms, mtu: 1300}\n"
              "links:\n  - {from: node1, to: switch0, packet_loss: 5%}\n"
              "  - {between: [node0, node2], latency: 1ms}\n");
    assert_int_equal(t.edge_count, 8);
    assert_int_equal(lab_topology_link(&t, 1, 3)->delay_ns, 5000000);
    assert_int_equal(lab_topology_link(&t, 1, 3)->mtu_bytes, 1300);
    assert_true(lab_topology_link(&t, 1, 3)->loss_share == 0.05);
    assert_int_equal(lab_topology_link(&t, 0, 3)->loss, LAB_LOSS_NONE);
    assert_int_equal(lab_topology_link(&t, 2, 0)->mtu_bytes, 1300);
    lab_topology_done(&t);
    parse(&t, "shape: random regular\nhosts: 20\ndegree: 3\nseed: 5\n");
    assert_int_equal(t.edge_count, 60);
    lab_topology_done(&t);
    parse(&t, "shape: ring\nhosts: 3\nschedule: at 1s cut node0-node1\n");
    assert_int_equal(t.change_count, 1);
    lab_topology_done(&t);
    parse(&t, "hosts: [alone]\n");
    assert_int_equal(t.host_count, 1);
    lab_topology_done(&t);
    parse(&t, "hosts: 2\nlinks: [{between: [node0, node1], good_to_bad: 1%, bad_to_good: 20%}]\n");
    assert_int_equal(t.edges[0].config.loss, LAB_LOSS_GILBERT_ELLIOTT);
    lab_topology_done(&t);
}

static const struct {
    const char *text;
    uint64_t line;
    const char *sentence;
} mistakes[] = {
    { "", 1, "line 1: nothing is in it" },
    { "# nothing\n", 1, "nothing is in it" },
    { "- a\n", 1, "topology: keys and values are expected" },
    { "hosts: 3\nshap: mesh\n", 2, "line 2: topology: 'shap' is none of shape, degree" },
    { "hosts: 3\nshape: mesh\nhosts: 4\n", 3, "'hosts' stands here twice" },
    { "shape: mesh\n", 1, "hosts are missing" },
    { "hosts: 3\n\nshape: circle\n", 3, "line 3: shape: 'circle' is no shape" },
    { "hosts: three\nshape: mesh\n", 1, "hosts: 'three' is not a whole number" },
    { "hosts: 0\nshape: mesh\n", 2, "0 hosts" },
    { "hosts: 99999\nshape: mesh\n", 1, "hosts: 99999 is not between" },
    { "hosts: {a: 1}\nshape: mesh\n", 1, "hosts: a number or a list is expected" },
    { "hosts: [a, b,\n  a]\nshape: mesh\n", 1, "two are called 'a'" },
    { "hosts: [a, b,\n  '-c']\nshape: mesh\n", 2, "'-c' is no name" },
    { "hosts: [a, 'x y']\nshape: mesh\n", 1, "'x y' is no name" },
    { "hosts: [a, {bandwidth: 1Mbit/s}]\nshape: mesh\n", 1, "the name is missing" },
    { "hosts: [a, {name: b, speed: 1}]\nshape: mesh\n", 1, "'speed' is none of name, bandwidth" },
    { "hosts: [a, {name: b, bandwidth: 1}]\nshape: mesh\n", 1, "bandwidth: '1' lacks a unit" },
    { "hosts: [a, [b]]\nshape: mesh\n", 1, "hosts: a name: a single value is expected" },
    { "hosts: [a, switch0]\nshape: star\n", 1, "two are called 'switch0'" },
    { "hosts: 2\n", 1, "no way leads from node0 to node1" },
    { "hosts: 3\nswitches: 1\nshape: star\n", 2, "a shape makes its own" },
    { "hosts: 5\nshape: random-regular\ndegree: 3\n", 2, "half a link too many" },
    { "hosts: 5\nshape: tree\ndegree: x\n", 3, "degree: 'x' is not a whole number" },
    { "hosts: 2\nshape: mesh\nlink:\n  latency: 5\n", 4, "line 4: latency: '5' lacks a unit" },
    { "hosts: 2\nshape: mesh\nlink:\n  latency: -5ms\n", 4, "is negative" },
    { "hosts: 2\nshape: mesh\nlink:\n  packet_loss: 101%\n", 4,
      "packet_loss: 101% is not between 0% and 100%" },
    { "hosts: 2\nshape: mesh\nlink:\n  latancy: 5ms\n", 4, "link: 'latancy' is none of" },
    { "hosts: 2\nshape: mesh\nlink:\n  preset: moon\n", 4, "moon" },
    { "hosts: 2\nshape: mesh\nlink:\n  latency: [5ms]\n", 4, "a single value is expected" },
    { "hosts: 2\nshape: mesh\nlink:\n  queue: codel\n", 4, "nothing would ever wait" },
    { "hosts: 2\nshape: mesh\nlink:\n  packet_loss: 1%\n  loss_bad: 2%\n", 4,
      "exclude each other" },
    { "hosts: 2\nshape: mesh\nlink: {jitter_trace: x.txt}\n", 3, "only a topology that is read" },
    { "hosts: 2\nshape: mesh\nlinks: 3\n", 3, "links: a list is expected" },
    { "hosts: 2\nshape: mesh\nlinks:\n  - latency: 3ms\n", 4, "exactly one of the two" },
    { "hosts: 2\nshape: mesh\nlinks:\n  - {from: node0}\n", 4, "exactly one of the two" },
    { "hosts: 2\nshape: mesh\nlinks:\n  - {between: [node0, node1], from: a, to: b}\n", 4,
      "exactly one of the two" },
    { "hosts: 2\nshape: mesh\nlinks:\n  - between: [node0]\n", 4, "two hosts are expected" },
    { "hosts: 2\nshape: mesh\nlinks:\n  - between: [node0, node7]\n", 4,
      "there is no host 'node7'" },
    { "hosts: 2\nshape: mesh\nlinks:\n  - between: [node0, 'x*']\n", 4, "there is no host 'x*'" },
    { "hosts: 2\nshape: mesh\nlinks:\n  - between: [node0, node0]\n", 4,
      "a link from a host to itself" },
    { "hosts: 2\nshape: mesh\nlinks:\n  - between: [node0, node1]\n    latency: x\n", 5,
      "latency: " },
    { "hosts: 2\nshape: mesh\nschedule:\n  - at 1s cut node0-node1\n  - at 2s cut node0-x\n", 5,
      "line 5: schedule: 'node0-x' are no two hosts" },
    { "hosts: 2\nshape: mesh\nschedule: {at: 1s}\n", 3, "schedule: a list is expected" },
    { "hosts: 2\nshape: mesh\n---\nhosts: 3\n", 4, "a second document" },
    { "hosts: [a\n", 2, "this is not YAML" },
    { "hosts: \"a\\0b\"\n", 1, "zero byte" },
    { "hosts: 2\nshape: *x\n", 2, "this is not YAML" },
};

static void mistakes_have_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct lab_topology t;
        struct base_why why = { 0 };
        const base_err err =
            lab_topology_parse(&t, base_span_of(mistakes[i].text, strlen(mistakes[i].text)), &why);
        if (err == BASE_OK)
            fail_msg("row %zu is accepted", i);
        char place[32];
        snprintf(place, sizeof place, "line %llu: ", (unsigned long long)why.at);
        if (strstr(why.text, mistakes[i].sentence) == NULL || why.at != mistakes[i].line ||
            strncmp(why.text, place, strlen(place)) != 0)
            fail_msg("row %zu: at %llu '%s' lacks '%s'", i, (unsigned long long)why.at, why.text,
                     mistakes[i].sentence);
        assert_int_equal(why.err, err);
        assert_true(t.hosts == NULL && t.arena.chunks == NULL);
        assert_int_equal(
            lab_topology_parse(&t, base_span_of(mistakes[i].text, strlen(mistakes[i].text)), NULL),
            err);
    }
}

/* A cycle of aliases, and a text whose pairs are very many. */
static void large_and_round(void **state)
{
    (void)state;
    struct lab_topology t;
    struct base_why why = { 0 };
    struct base_buf text = { 0 };
    static const char round[] = "hosts: 2\nshape: mesh\nlinks: &a\n  - *a\n";
    assert_int_equal(lab_topology_parse(&t, base_span_of(round, sizeof round - 1), &why),
                     BASE_EPARSE);
    assert_int_equal(base_buf_put_text(&text, "hosts: 8000\nlinks:\n"), BASE_OK);
    for (int i = 0; i < 100; i++)
        assert_int_equal(base_buf_put_text(&text, "  - between: ['*', '*']\n"), BASE_OK);
    assert_int_equal(lab_topology_parse(&t, base_buf_span(&text), &why), BASE_ERANGE);
    assert_non_null(strstr(why.text, "line 3: links: more than"));
    base_buf_done(&text);
}

/* ---- files ---- */

static void put_file(const char *folder, const char *name, const char *text, char path[256])
{
    struct base_why why = { 0 };
    snprintf(path, 256, "%s/%s", folder, name);
    if (base_file_write(path, base_span_of(text, strlen(text)), &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void traces_beside_the_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/test-topology-XXXXXX", path[256], other[256], place[300];
    struct lab_topology t;
    struct base_why why = { 0 };
    assert_non_null(mkdtemp(folder));
    put_file(folder, "jitter.txt", "# measured\n1ms\n -200us # early\n\n0ns\n", other);
    put_file(folder, "loss.txt", "0 0 1,0\n# a burst\n111\n", other);
    put_file(folder, "lab.yaml",
             "hosts: 2\nshape: mesh\nlink:\n  latency: 5ms\n  jitter_trace: jitter.txt\n"
             "  loss_trace: loss.txt\n",
             path);
    if (lab_topology_read(&t, path, &why) != BASE_OK)
        fail_msg("%s", why.text);
    static const int64_t jitter[] = { 1000000, -200000, 0 };
    assert_int_equal(t.uniform.jitter, LAB_JITTER_TRACE);
    assert_int_equal(t.uniform.jitter_count, 3);
    assert_memory_equal(t.uniform.jitter_trace, jitter, sizeof jitter);
    assert_int_equal(t.uniform.loss_count, 7);
    assert_memory_equal(t.uniform.loss_trace, "\0\0\1\0\1\1\1", 7);
    lab_topology_done(&t);
    static const char *const wrong[][3] = {
        { "jitter.txt", "1ms\n3\n", "jitter_trace: jitter.txt: line 2: '3' lacks a unit" },
        { "jitter.txt", "# no more\n", "no value is in it" },
        { "jitter.txt", "99h\n", "more than an hour" },
        { "loss.txt", "01\n2\n", "loss_trace: loss.txt: line 2: '2' is neither 0 nor 1" },
        { "loss.txt", "", "no value is in it" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        put_file(folder, "jitter.txt", "1ms\n", other);
        put_file(folder, "loss.txt", "1\n", other);
        put_file(folder, wrong[i][0], wrong[i][1], other);
        assert_int_not_equal(lab_topology_read(&t, path, &why), BASE_OK);
        snprintf(place, sizeof place, "%s:", path);
        if (strncmp(why.text, place, strlen(place)) != 0 || strstr(why.text, wrong[i][2]) == NULL)
            fail_msg("'%s' lacks '%s'", why.text, wrong[i][2]);
    }
    unlink(other);
    snprintf(other, sizeof other, "%s/jitter.txt", folder);
    unlink(other);
    assert_int_equal(lab_topology_read(&t, path, &why), BASE_ENOTFOUND);
    unlink(path);
    assert_int_equal(lab_topology_read(&t, path, &why), BASE_ENOTFOUND);
    snprintf(other, sizeof other, "%s/loss.txt", folder);
    unlink(other);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_text),        cmocka_unit_test(links_alone),
        cmocka_unit_test(patterns_and_shapes), cmocka_unit_test(mistakes_have_a_line),
        cmocka_unit_test(large_and_round),     cmocka_unit_test(traces_beside_the_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
