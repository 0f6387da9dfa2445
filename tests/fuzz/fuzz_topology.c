/* fuzz_topology.c - any bytes as the YAML text of a topology. What must hold: what is refused has a
 * sentence and leaves nothing; what is read is sound: names are good and differ, links join hosts
 * and are possible, changes are in order and name what is there. */
#include <lab/topology.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

static void check_change(const struct lab_topology *t, const struct lab_change *change)
{
    char text[LAB_CHANGE_TEXT_SIZE];
    lab_change_print(t, change, text);
    expect(change == t->changes || change[-1].at_ns <= change->at_ns);
    if (change->kind == LAB_PARTITION) {
        for (uint32_t i = 0; i < t->host_count; i++)
            expect((change->side[i] == LAB_SIDE_ANY) == t->hosts[i].is_switch);
    } else if (change->kind != LAB_HEAL_ALL) {
        expect(change->a < t->host_count && change->b < t->host_count);
        expect(lab_topology_link(t, change->a, change->b) != NULL);
    }
    if (change->kind == LAB_SET)
        expect(lab_link_check(&change->config, NULL) == BASE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lab_topology t;
    struct base_why why = { 0 };
    const base_err err = lab_topology_parse(&t, base_span_of(data, size), &why);
    if (err != BASE_OK) {
        expect(why.err == err && why.text[0] != '\0');
        expect(t.hosts == NULL && t.arena.chunks == NULL);
        return 0;
    }
    expect(t.program_count > 0 && t.host_count >= t.program_count);
    for (uint32_t i = 0; i < t.host_count && i < 200; i++)
        expect(lab_topology_host(&t, t.hosts[i].name) == i);
    for (size_t i = 0; i < t.edge_count; i++) {
        expect(t.edges[i].from < t.host_count && t.edges[i].to < t.host_count);
        expect(t.edges[i].from != t.edges[i].to);
        expect(lab_link_check(&t.edges[i].config, NULL) == BASE_OK);
    }
    for (size_t i = 0; i < t.change_count; i++)
        check_change(&t, &t.changes[i]);
    lab_topology_done(&t);
    return 0;
}
