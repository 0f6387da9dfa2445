/* test_alm_graphml.c - documents of users: what may be left out, what is read over, and a sentence
 * with line and column for each mistake. Files of other programs are in tests/golden/alm. */
#include "unit.h"

#include <mfn/alm_graphml.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OPEN  "<graphml xmlns='http://graphml.graphdrawing.org/xmlns'>\n"
#define KEYS  "<key id='l' for='edge' attr.name='latency'/>\n"
#define GRAPH "<graph edgedefault='directed'>\n"
#define CLOSE "</graph></graphml>"
#define NODES "<node id='a'/><node id='b'/>\n"

static struct base_span span(const char *text)
{
    return base_span_of(text, strlen(text));
}

static void read_good(struct mfn_alm_edges *e, const char *text)
{
    struct base_why why = { 0 };
    if (mfn_alm_graphml_read(e, span(text), &why) != BASE_OK)
        fail_msg("%s", why.text);
}

static void values_and_ways(void **state)
{
    (void)state;
    struct mfn_alm_edges e = { 0 };
    read_good(&e, OPEN "<key id='w' for='edge' attr.name='WEIGHT'><default>3</default></key>"
                       "<key id='b' for='edge' attr.name='bandwidth'/>"
                       "<key id='r' for='edge' attr.name='reliability'><default>0.5</default></key>"
                       "<key id='n' for='node' attr.name='cost'><default>9</default></key>"
                       "<graph edgedefault='undirected'>" NODES "<edge source='a' target='b'/>"
                       "<edge source='b' target='a' directed='true'><data key='w'>7</data>"
                       "<data key='b'> 10\n</data></edge><edge source='a' target='a'/>" CLOSE);
    static const struct mfn_alm_edge expect[] = {
        { 0, 1, 3, 1000, 0.5, 1 }, { 1, 0, 3, 1000, 0.5, 1 }, { 1, 0, 7, 10, 0.5, 1 },
        { 0, 0, 3, 1000, 0.5, 1 }, { 0, 0, 3, 1000, 0.5, 1 },
    };
    assert_int_equal(e.count, 5);
    assert_int_equal(e.node_count, 2);
    assert_memory_equal(e.items, expect, sizeof expect);
    assert_int_equal(mfn_alm_edges_find(&e, "b"), 1);
    mfn_alm_edges_done(&e);
}

static void a_weight_beside_a_latency_is_not_read(void **state)
{
    (void)state;
    struct mfn_alm_edges e = { 0 };
    read_good(&e, OPEN KEYS "<key id='w' attr.name='weight'><default>1</default></key>" GRAPH NODES
                            "<edge source='a' target='b'><data key='w'>-1</data>"
                            "<data key='l'>0</data></edge>" CLOSE);
    assert_int_equal(e.count, 1);
    assert_true(e.items[0].latency_ms == 0 && e.items[0].cost == 1);
    mfn_alm_edges_done(&e);
}

static void no_nodes_and_many(void **state)
{
    (void)state;
    enum { NODES_MANY = 3000 };
    struct mfn_alm_edges e = { 0 };
    read_good(&e, "<graphml><graph edgedefault='directed'/></graphml>");
    assert_int_equal(e.node_count, 0);
    assert_int_equal(e.count, 0);
    struct base_buf text = { 0 };
    assert_int_equal(base_buf_printf(&text, "%s", OPEN KEYS GRAPH), BASE_OK);
    for (int i = 0; i < NODES_MANY; i++) /* every edge stands before its target's node */
        assert_int_equal(base_buf_printf(&text,
                                         "<node id='n%d'/><edge source='n%d' target='n%d'>"
                                         "<data key='l'>%d</data></edge>\n",
                                         i, i, (i + 1) % NODES_MANY, i),
                         BASE_OK);
    assert_int_equal(base_buf_put_text(&text, CLOSE), BASE_OK);
    read_good(&e, base_buf_text(&text));
    assert_int_equal(e.node_count, NODES_MANY);
    assert_int_equal(e.count, NODES_MANY);
    for (uint32_t i = 0; i < NODES_MANY; i++)
        assert_true(e.items[i].from == i && e.items[i].to == (i + 1) % NODES_MANY &&
                    e.items[i].latency_ms == i);
    mfn_alm_edges_done(&e);
    base_buf_done(&text);
}

static void other_encodings(void **state)
{
    (void)state;
    struct mfn_alm_edges e = { 0 };
    read_good(&e, "<?xml version='1.0' encoding='ISO-8859-1'?><graphml><graph "
                  "edgedefault='directed'><node id='Z\xfcrich'/></graph></graphml>");
    assert_string_equal(mfn_alm_edges_name(&e, 0), "Z\xc3\xbcrich");
    mfn_alm_edges_done(&e);
    static const char text[] = "<graphml><graph edgedefault='directed'/></graphml>";
    uint8_t wide[2 * sizeof text] = { 0xff, 0xfe };
    for (size_t i = 0; i + 1 < sizeof text; i++)
        wide[2 + 2 * i] = (uint8_t)text[i];
    assert_true(mfn_alm_graphml_is(base_span_of(wide, sizeof wide)));
    assert_int_equal(mfn_alm_graphml_read(&e, base_span_of(wide, sizeof wide), NULL), BASE_OK);
}

#define EDGE(data) OPEN KEYS GRAPH NODES "<edge source='a' target='b'>" data "</edge>" CLOSE

static const struct {
    const char *text;
    base_err err;
    const char *sentence;
} mistakes[] = {
    { "", BASE_EPARSE, "line 1, column 1: no element found" },
    { "<graphml>\n<graph>", BASE_EPARSE,
      "line 2, column 1: edgedefault of <graph> is '', not directed or undirected" },
    { OPEN GRAPH "<node id='a'>\n</graph>", BASE_EPARSE, "line 4, column 3: mismatched tag" },
    { "<svg/>", BASE_EPARSE, "line 1, column 1: the document is <svg>, not <graphml>" },
    { "<graphml xmlns='http://example.org/x'/>", BASE_EPARSE,
      "line 1, column 1: the document is <http://example.org/x graphml>, not <graphml>" },
    { "<graphml/>", BASE_EPARSE, "line 1, column 11: the document has no <graph>" },
    { OPEN "<node id='a'/></graphml>", BASE_EPARSE, "line 2, column 1: <node> cannot stand in" },
    { OPEN GRAPH "<node/>", BASE_EPARSE, "line 3, column 1: <node> has no id" },
    { OPEN GRAPH "<node id=''/>", BASE_EPARSE, "line 3, column 1: <node> has no id" },
    { OPEN GRAPH "<node id='a&#10;'/>", BASE_EPARSE,
      "line 3, column 1: a control character (0x0a) in the id" },
    { OPEN GRAPH NODES "<node id='a'/>", BASE_EPARSE,
      "line 4, column 1: two nodes have the id 'a'" },
    { OPEN "<key/>", BASE_EPARSE, "line 2, column 1: <key> has no id" },
    { OPEN KEYS KEYS, BASE_EPARSE, "line 3, column 1: two keys have the id 'l'" },
    { OPEN GRAPH "</graph><key id='x'/>", BASE_EPARSE,
      "line 3, column 9: <key> 'x' stands behind" },
    { OPEN GRAPH "</graph>" GRAPH, BASE_EUNSUPPORTED, "line 3, column 9: a second <graph>" },
    { OPEN GRAPH "<node id='a'><graph/></node>", BASE_EUNSUPPORTED,
      "line 3, column 14: a <graph> in <node>: nested graphs are not read" },
    { OPEN GRAPH "<hyperedge/>", BASE_EUNSUPPORTED, "line 3, column 1: a <hyperedge>: only" },
    { OPEN GRAPH "<locator/>", BASE_EUNSUPPORTED, "line 3, column 1: a <locator>: other files" },
    { OPEN GRAPH "<edge source='a'/>", BASE_EPARSE, "line 3, column 1: <edge> has no target" },
    { OPEN GRAPH "<edge target='a'/>", BASE_EPARSE, "line 3, column 1: <edge> has no source" },
    { OPEN GRAPH NODES "<edge source='a' target='b' directed='yes'/>", BASE_EPARSE,
      "line 4, column 1: directed of <edge> is 'yes', not true or false" },
    { EDGE(""), BASE_EPARSE, "line 5, column 29: the edge has no latency: give it" },
    { EDGE("<data>1</data>"), BASE_EPARSE, "line 5, column 29: <data> has no key" },
    { EDGE("<data key='x'>1</data>"), BASE_EPARSE, "line 5, column 29: no <key> has the id 'x'" },
    { EDGE("<data key='l'>1</data><data key='l'>1</data>"), BASE_EPARSE,
      "line 5, column 51: the edge has its latency twice" },
    { EDGE("<data key='l'/>"), BASE_EPARSE, "line 5, column 44: latency: '' does not begin" },
    { EDGE("<data key='l'>nan</data>"), BASE_EPARSE, "line 5, column 46: latency: 'nan' does not" },
    { EDGE("<data key='l'>1 ms</data>"), BASE_EPARSE, "line 5, column 47: latency: '1 ms' is not" },
    { EDGE("<data key='l'>-1</data>"), BASE_ERANGE,
      "line 5, column 45: latency: -1 is not between 0 and 1e+12" },
    { EDGE("<data key='l'>1<b/></data>"), BASE_EPARSE, "line 5, column 44: <b> cannot stand in" },
    { OPEN KEYS GRAPH "<node id='a'/>\n <edge source='a' target='nowhere'>"
                      "<data key='l'>1</data></edge>\n" CLOSE,
      BASE_EPARSE, "line 5, column 2: an edge of 'nowhere', but no <node> has that id" },
    { OPEN "<key id='c' for='edge' attr.name='cost'><default>x</default></key>", BASE_EPARSE,
      "line 2, column 51: cost: 'x' does not begin with a number" },
    { OPEN "<key id='r' for='edge' attr.name='reliability'><default>2</default></key>", BASE_ERANGE,
      "line 2, column 58: reliability: 2 is not between 1e-09 and 1" },
    { OPEN "<key id='c' attr.name='cost'><default>1</default></key>"
           "<key id='d' attr.name='cost'><default>1</default></key>",
      BASE_EPARSE, "line 2, column 95: two keys have a <default> for the cost" },
    { "<!DOCTYPE graphml SYSTEM 'http://graphml.graphdrawing.org/dtds/1.0rc/graphml.dtd'>\n"
      "<graphml/>",
      BASE_EUNSUPPORTED, "line 1, column 82: a <!DOCTYPE> is not read" },
    { "<!DOCTYPE g [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>\n"
      "<graphml>&b;&b;&b;</graphml>",
      BASE_EUNSUPPORTED, "line 1, column 13: a <!DOCTYPE> is not read" },
    { "<graphml>&b;</graphml>", BASE_EPARSE, "line 1, column 10: undefined entity" },
    { "<?xml version='1.0' encoding='EBCDIC'?><graphml/>", BASE_EPARSE, "line 1, column 31: unk" },
    { "<graphml>\xff</graphml>", BASE_EPARSE, "line 1, column 10: not well-formed" },
    { "<graphml/><graphml/>", BASE_EPARSE, "line 1, column 11: junk after document element" },
};

static void mistakes_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        struct mfn_alm_edges e = { 0 };
        struct base_why why = { 0 };
        const base_err err = mfn_alm_graphml_read(&e, span(mistakes[i].text), &why);
        if (strncmp(why.text, mistakes[i].sentence, strlen(mistakes[i].sentence)) != 0)
            fail_msg("'%s' does not begin with '%s'", why.text, mistakes[i].sentence);
        assert_int_equal(err, mistakes[i].err);
        assert_int_equal(why.at, strtoul(mistakes[i].sentence + 5, NULL, 10));
        assert_int_equal(e.count, 0);
        assert_int_equal(e.node_count, 0);
        assert_null(e.items);
    }
}

/* `count` times a piece, its "%d" being 0, 1, 2 .., between a beginning and an end. */
static base_err read_repeated(const char *begin, const char *piece, int count, const char *end,
                              struct base_why *why)
{
    struct base_buf text = { 0 };
    struct mfn_alm_edges e = { 0 };
    assert_int_equal(base_buf_put_text(&text, begin), BASE_OK);
    const char *const number = strstr(piece, "%d");
    const int head = number != NULL ? (int)(number - piece) : (int)strlen(piece);
    for (int i = 0; i < count; i++) {
        assert_int_equal(base_buf_printf(&text, "%.*s", head, piece), BASE_OK);
        if (number != NULL)
            assert_int_equal(base_buf_printf(&text, "%d%s", i, number + 2), BASE_OK);
    }
    assert_int_equal(base_buf_put_text(&text, end), BASE_OK);
    const base_err err = mfn_alm_graphml_read(&e, base_buf_span(&text), why);
    mfn_alm_edges_done(&e);
    base_buf_done(&text);
    return err;
}

static void bounds(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    assert_int_equal(
        read_repeated(OPEN, "<key id='%d'/>", MFN_ALM_GRAPHML_KEY_MAX, GRAPH CLOSE, &why), BASE_OK);
    assert_int_equal(read_repeated(OPEN, "<key id='%d'/>", MFN_ALM_GRAPHML_KEY_MAX + 1, "", &why),
                     BASE_EFULL);
    assert_non_null(strstr(why.text, "more than 256 keys"));
    assert_int_equal(read_repeated(OPEN GRAPH "<data key='x'>", "<a b='%d'>", 62, "", &why),
                     BASE_EUNSUPPORTED);
    assert_non_null(strstr(why.text, "elements are nested deeper than 64"));
    assert_int_equal(
        read_repeated(OPEN GRAPH "<node id='", "x", MFN_ALM_NAME_MAX, "'/>" CLOSE, &why), BASE_OK);
    assert_int_equal(read_repeated(OPEN GRAPH "<node id='", "x", MFN_ALM_NAME_MAX + 1, "'/>", &why),
                     BASE_EPARSE);
    assert_non_null(strstr(why.text, "the id is longer than 255 bytes"));
    assert_int_equal(read_repeated(OPEN KEYS GRAPH NODES "<edge source='a' target='b'>"
                                                         "<data key='l'>",
                                   "1", 256, "</data></edge>", &why),
                     BASE_EPARSE);
    assert_non_null(strstr(why.text, "the text of <data> is longer than 255 bytes"));
}

static void told_by_content(void **state)
{
    (void)state;
    assert_true(mfn_alm_graphml_is(span("<graphml/>")));
    assert_true(mfn_alm_graphml_is(span("\xef\xbb\xbf \r\n\t<?xml version='1.0'?>")));
    assert_true(mfn_alm_graphml_is(span("\xfe\xff")));
    assert_false(mfn_alm_graphml_is(span("")));
    assert_false(mfn_alm_graphml_is(span("  ")));
    assert_false(mfn_alm_graphml_is(span("# <graphml/>\na b 1")));
    assert_false(mfn_alm_graphml_is(span("a <b 1")));
}

static void files(void **state)
{
    (void)state;
    char path[] = "/tmp/test_alm_graphml_XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    static const char text[] = OPEN GRAPH NODES CLOSE;
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    struct mfn_alm_edges e = { 0 };
    struct base_why why = { 0 };
    assert_int_equal(mfn_alm_graphml_load(&e, path, &why), BASE_OK);
    assert_int_equal(e.node_count, 2);
    mfn_alm_edges_done(&e);
    assert_int_equal(write(descriptor, "x", 1), 1);
    assert_int_equal(mfn_alm_graphml_load(&e, path, &why), BASE_EPARSE);
    assert_int_equal(strncmp(why.text, path, strlen(path)), 0);
    assert_non_null(strstr(why.text, ": line 4, column 19: "));
    close(descriptor);
    unlink(path);
    assert_int_equal(mfn_alm_graphml_load(&e, path, &why), BASE_ENOTFOUND);
}

/* Larger than a piece of what is handed to the parser, with a tag across its end. */
static void more_than_a_piece(void **state)
{
    (void)state;
    static const char head[] = OPEN KEYS GRAPH NODES;
    static const char tail[] = "<edge source='a' target='b'><data key='l'>4</data></edge>" CLOSE;
    const size_t piece = (size_t)1 << 26, begin = piece - 20, size = begin + strlen(tail);
    char *const text = malloc(size + 1);
    struct mfn_alm_edges e = { 0 };
    struct base_why why = { 0 };
    assert_non_null(text);
    memset(text, ' ', begin);
    memcpy(text, head, strlen(head));
    memcpy(text + begin, tail, strlen(tail) + 1);
    read_good(&e, text);
    assert_int_equal(e.count, 1);
    assert_true(e.items[0].latency_ms == 4);
    mfn_alm_edges_done(&e);
    memset(text + begin - 100, '<', 2); /* in the first piece */
    assert_int_equal(mfn_alm_graphml_read(&e, span(text), &why), BASE_EPARSE);
    memset(text + begin - 100, ' ', 2);
    text[size - 1] = ' '; /* in the last */
    assert_int_equal(mfn_alm_graphml_read(&e, span(text), &why), BASE_EPARSE);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_ways),
        cmocka_unit_test(a_weight_beside_a_latency_is_not_read),
        cmocka_unit_test(no_nodes_and_many),
        cmocka_unit_test(other_encodings),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(bounds),
        cmocka_unit_test(told_by_content),
        cmocka_unit_test(files),
        cmocka_unit_test(more_than_a_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
