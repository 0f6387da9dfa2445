/* test_ifr_tables.c - the cases of flow tables at small sizes with all keys and mixes; a table that
 * answers wrongly is caught, whatever it does wrong; what a user can give wrongly is refused. */
#include "unit.h"
#include "case_open.h"

#include "../../../suites/src/ifr_table_chained.h"
#include "../../../suites/src/ifr_table_own.h"
#include "../../../suites/src/ifr_table_grow.h"
#include "../../../suites/src/ifr_table_lookup.h"
#include "../../../suites/src/ifr_table_trace.h"
#include "../../../suites/src/ifr_table_write.h"
#include "../../../suites/src/ifr_table_writer.h"

#include <mfn/flow_trace.h>
#include <suite/suite.h>

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const struct bench_case *find_case(const char *name)
{
    for (size_t i = 0; i < suite_ifr.case_count; i++)
        if (strcmp(suite_ifr.cases[i]->name, name) == 0)
            return suite_ifr.cases[i];
    fail_msg("no case %s", name);
    return NULL;
}

static bool has_param(const struct bench_case *bench, const char *name)
{
    for (size_t i = 0; i < BENCH_PARAM_MAX && bench->params[i].name != NULL; i++)
        if (strcmp(bench->params[i].name, name) == 0)
            return true;
    return false;
}

static void run_some(const struct bench_case *bench, void *state)
{
    static const uint64_t counts[] = { 1, 31, 32, 33, 1000, 7000 };
    double series[BENCH_SERIES_MAX];
    for (size_t i = 0; i < (bench->is_exclusive ? 1 : sizeof counts / sizeof counts[0]); i++) {
        if (bench->before != NULL)
            bench->before(state);
        bench->run(state, bench->is_exclusive ? 1 : counts[i]);
        if (bench->after != NULL)
            bench->after(state, series);
    }
}

static void go_through(const struct bench_case *bench, const char *flows, const char *key,
                       const char *keys)
{
    struct case_open opened;
    case_defaults(&opened, bench);
    case_argument(&opened, "flows", flows);
    case_argument(&opened, "key", key);
    case_argument(&opened, "keys", keys);
    case_argument(&opened, "pages", "normal");
    if (bench->setup(&opened.env) != BASE_OK)
        fail_msg("%s: flows=%s,key=%s,keys=%s: %s", bench->name, flows, key, keys,
                 opened.env.why.text);
    run_some(bench, opened.env.state);
    struct base_why why = { 0 };
    if (bench->check(opened.env.state, &why) != BASE_OK)
        fail_msg("%s: flows=%s,key=%s,keys=%s: %s", bench->name, flows, key, keys, why.text);
    bench->teardown(opened.env.state);
}

/* Every size of keys with every mix in turn; cases without a choice of mixes once. */
static void every_case_is_right(void **state)
{
    (void)state;
    static const char *const sizes[] = { "ipv6", "ipv4", "hashed" };
    static const char *const mixes[] = { "uniform", "zipf", "miss" };
    for (size_t i = 0; i < suite_ifr.case_count; i++) {
        const struct bench_case *const bench = suite_ifr.cases[i];
        if (!has_param(bench, "key") || !has_param(bench, "flows"))
            continue;
        const bool is_dependent = strstr(bench->name, "dependent") != NULL;
        for (size_t k = 0; k < (has_param(bench, "keys") ? 3 : 1); k++)
            go_through(bench, "2000", sizes[k], mixes[is_dependent ? k % 2 : k]);
    }
}

/* Stand-ins that are wrong in one thing each. */

static struct ifr_kind real; /* behind a stand-in */
static uint64_t calls;       /* of a broken function */

static bool find_forgets(void *table, const void *key, uint64_t *value)
{
    return ++calls % 500 != 0 && real.find(table, key, value);
}

static bool find_invents(void *table, const void *key, uint64_t *value)
{
    *value = 0;
    return real.find(table, key, value) || ++calls % 500 == 0;
}

static bool find_alters(void *table, const void *key, uint64_t *value)
{
    const bool is_found = real.find(table, key, value);
    *value += ++calls % 500 == 0;
    return is_found;
}

static void lookup_alters(void *table, const struct ifr_asked *asked, struct ifr_answers *answers)
{
    real.lookup(table, asked, answers);
    answers->sum++;
}

static void lookup_skips(void *table, const struct ifr_asked *asked, struct ifr_answers *answers)
{
    struct ifr_asked fewer = *asked;
    fewer.count--;
    real.lookup(table, &fewer, answers);
}

static base_err insert_forgets(void *table, const void *key, uint64_t value)
{
    return ++calls % 500 == 0 ? BASE_OK : real.insert(table, key, value);
}

static base_err insert_alters(void *table, const void *key, uint64_t value)
{
    return real.insert(table, key, value + (++calls % 500 == 0));
}

static base_err insert_refuses(void *table, const void *key, uint64_t value)
{
    return ++calls == 900 ? BASE_EFULL : real.insert(table, key, value);
}

static bool remove_forgets(void *table, const void *key)
{
    return ++calls % 500 == 0 || real.remove(table, key);
}

static bool remove_denies(void *table, const void *key)
{
    return real.remove(table, key) && ++calls % 500 != 0;
}

static const struct bench_case any_case = {
    .name = "ifr/any",
    .params = { { "flows", "3000", "" },
                { "keys", "uniform", "" },
                { "key", "ipv4", "" },
                { "writes", "100000", "" },
                { "reads", "10000000", "" },
                { "lookups", "10000", "" },
                { "file", "veth", "" } },
};

enum way { LOOKUP, INSERT, REMOVE, GROW, TRACE };

static base_err open_way(enum way way, const struct ifr_kind *kind, struct bench_env *env)
{
    switch (way) {
    case LOOKUP:
        return ifr_lookup_setup(env, kind, kind->lookup);
    case INSERT:
    case REMOVE:
        return ifr_write_setup(env, kind, way == REMOVE);
    case GROW:
        return ifr_grow_setup(env, kind);
    default:
        return ifr_trace_setup(env, kind);
    }
}

static const struct bench_case *case_of(enum way way)
{
    static const char *const names[] = { "ifr/lookup", "ifr/insert", "ifr/remove", "ifr/grow",
                                         "ifr/trace" };
    return find_case(names[way]);
}

/* The check of a case with this table; BASE_OK would be a table that is right. */
static base_err verdict(enum way way, const struct ifr_kind *kind, const char *keys,
                        struct base_why *why)
{
    struct case_open opened;
    const struct bench_case *const bench = case_of(way);
    case_defaults(&opened, &any_case);
    case_argument(&opened, "keys", keys);
    calls = 0;
    const base_err err = open_way(way, kind, &opened.env);
    if (err != BASE_OK) {
        *why = opened.env.why;
        return err;
    }
    run_some(bench, opened.env.state);
    const base_err found = bench->check(opened.env.state, why);
    bench->teardown(opened.env.state);
    return found;
}

static void a_wrong_table_is_caught(void **state)
{
    (void)state;
    real = ifr_kind_chained;
    struct ifr_kind forgets = real, invents = real, alters = real, sums = real, skips = real;
    struct ifr_kind loses = real, spoils = real, keeps = real, denies = real, refuses = real;
    forgets.find = find_forgets;
    invents.find = find_invents;
    alters.find = find_alters;
    sums.lookup = lookup_alters;
    skips.lookup = lookup_skips;
    loses.insert = insert_forgets;
    spoils.insert = insert_alters;
    refuses.insert = insert_refuses;
    keeps.remove = remove_forgets;
    denies.remove = remove_denies;
    const struct {
        enum way way;
        const struct ifr_kind *kind;
        const char *keys, *text;
        base_err err;
    } rows[] = {
        { LOOKUP, &real, "uniform", "", BASE_OK },
        { LOOKUP, &real, "miss", "", BASE_OK },
        { LOOKUP, &forgets, "uniform", "but not found", BASE_EWRONG },
        { LOOKUP, &invents, "miss", "not in the table, but found", BASE_EWRONG },
        { LOOKUP, &alters, "zipf", "has the value", BASE_EWRONG },
        { LOOKUP, &sums, "uniform", "add up to", BASE_EWRONG },
        { LOOKUP, &skips, "uniform", "lookups found a flow, not", BASE_EWRONG },
        { LOOKUP, &loses, "uniform", "but not found", BASE_EWRONG },
        { LOOKUP, &spoils, "uniform", "has the value", BASE_EWRONG },
        { LOOKUP, &refuses, "uniform", "flow 899 of 3000 is not taken", BASE_EFULL },
        { INSERT, &real, "uniform", "", BASE_OK },
        { INSERT, &spoils, "uniform", "writes went wrong", BASE_EWRONG },
        { INSERT, &loses, "uniform", "writes went wrong", BASE_EWRONG },
        { INSERT, &keeps, "uniform", "", BASE_OK }, /* a later insert finds it there: allowed */
        { INSERT, &denies, "uniform", "writes went wrong", BASE_EWRONG },
        { REMOVE, &real, "uniform", "", BASE_OK },
        { REMOVE, &keeps, "uniform", "writes went wrong", BASE_EWRONG },
        { REMOVE, &denies, "uniform", "writes went wrong", BASE_EWRONG },
        { REMOVE, &loses, "uniform", "writes went wrong", BASE_EWRONG },
        { GROW, &real, "uniform", "", BASE_OK },
        { GROW, &loses, "uniform", "was lost or changed", BASE_EWRONG },
        { GROW, &spoils, "uniform", "was lost or changed", BASE_EWRONG },
        { GROW, &refuses, "uniform", "did not grow to 3000 flows", BASE_EFULL },
        { TRACE, &real, "uniform", "", BASE_OK },
        { TRACE, &forgets, "uniform", "is not of flow", BASE_EWRONG },
        { TRACE, &sums, "uniform", "wrong sum", BASE_EWRONG },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct base_why why = { 0 };
        const base_err err = verdict(rows[i].way, rows[i].kind, rows[i].keys, &why);
        if (err != rows[i].err || strstr(why.text, rows[i].text) == NULL)
            fail_msg("row %zu: %s: \"%s\"", i, base_err_name(err), why.text);
    }
}

static struct ifr_kind kind_read; /* of the next test */

static base_err reader_verdict(struct base_why *why)
{
    struct case_open opened;
    case_defaults(&opened, &any_case);
    case_argument(&opened, "writes", "1000"); /* a reader may keep the lock from a writer of more */
    calls = 0;
    if (ifr_reader_setup(&opened.env, &kind_read) != BASE_OK)
        fail_msg("%s", opened.env.why.text);
    double series[BENCH_SERIES_MAX];
    ifr_reader_run(opened.env.state, 1);
    ifr_reader_after(opened.env.state, series);
    for (size_t i = 1; i < 4; i++)
        assert_true(series[i] >= series[i - 1] || i == 3);
    const base_err err = ifr_reader_check(opened.env.state, why);
    ifr_reader_teardown(opened.env.state);
    return err;
}

static void a_reader_notices_too(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    real = kind_read = ifr_kind_locked;
    if (reader_verdict(&why) != BASE_OK)
        fail_msg("%s", why.text);
    kind_read.find = find_alters;
    assert_int_equal(reader_verdict(&why), BASE_EWRONG);
    if (strstr(why.text, "or a wrong value") == NULL)
        fail_msg("%s", why.text);
}

static base_err insert_dawdles(void *table, const void *key, uint64_t value)
{
    const struct timespec pause = { .tv_nsec = 300000 };
    if (++calls > 3000) /* those before are the flows that are asked for */
        nanosleep(&pause, NULL);
    return real.insert(table, key, value);
}

/* Writes are due at 100 000 a second, and this writer does 3 000 at most. */
static void a_writer_that_falls_behind(void **state)
{
    (void)state;
    struct case_open opened;
    struct base_why why = { 0 };
    const struct timespec while_it_writes = { .tv_nsec = 400000000 };
    real = kind_read = ifr_kind_own;
    kind_read.insert = insert_dawdles;
    case_defaults(&opened, &any_case);
    calls = 0;
    assert_int_equal(ifr_reader_setup(&opened.env, &kind_read), BASE_OK);
    nanosleep(&while_it_writes, NULL);
    assert_int_equal(ifr_reader_check(opened.env.state, &why), BASE_EWRONG);
    assert_non_null(strstr(why.text, " s, and 100000 a second were due"));
    ifr_reader_teardown(opened.env.state);
}

/* Behind a lock that readers hold most of the time this is what is measured. */
static void a_lock_that_is_outrun(void **state)
{
    (void)state;
    struct case_open opened;
    struct base_why why = { 0 };
    double series[BENCH_SERIES_MAX];
    real = kind_read = ifr_kind_locked;
    kind_read.insert = insert_dawdles;
    case_defaults(&opened, &any_case);
    case_argument(&opened, "lookups", "300000"); /* of a million a second */
    calls = 0;
    assert_int_equal(ifr_reader_setup(&opened.env, &kind_read), BASE_OK);
    ifr_reader_run(opened.env.state, 1);
    ifr_reader_after(opened.env.state, series);
    if (!(series[4] > 0 && series[4] <= 1e9 / 300000))
        fail_msg("%g writes a second", series[4]);
    if (ifr_reader_check(opened.env.state, &why) != BASE_OK)
        fail_msg("%s", why.text);
    ifr_reader_teardown(opened.env.state);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bench, *name, *value, *text;
        base_err err;
    } rows[] = {
        { "ifr/lookup", "flows", "0", "flows: ", BASE_ERANGE },
        { "ifr/lookup", "flows", "many", "flows: ", BASE_EPARSE },
        { "ifr/lookup", "flows", "400000001", "flows: ", BASE_ERANGE },
        { "ifr/lookup", "keys", "all", "keys: \"all\" is no mix; uniform, zipf and miss are",
          BASE_EINVALID },
        { "ifr/lookup", "key", "ipv5", "key: \"ipv5\" is no kind of key; ipv4, ipv6 and hashed are",
          BASE_EINVALID },
        { "ifr/lookup", "pages", "huge", "pages: \"huge\" is neither large nor normal",
          BASE_EINVALID },
        { "ifr/lookup_dependent", "keys", "miss", "keys: a miss has no answer", BASE_EINVALID },
        { "ifr/lookup.linear", "flows", "100001", "flows: a linear scan of 100001", BASE_ERANGE },
        { "ifr/robin", "load", "0.9", "load: ", BASE_ERANGE },
        { "ifr/robin", "size", "3", "size: ", BASE_ERANGE },
        { "ifr/shards", "shards", "0", "shards: ", BASE_ERANGE },
        { "ifr/expire", "flows", "10", "flows: ", BASE_ERANGE },
        { "ifr/lookup_under_writer", "reads", "0", "reads: ", BASE_ERANGE },
        { "ifr/trace", "file", "/no/such", "file: /no/such: ", BASE_EIO },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct case_open opened;
        const struct bench_case *const bench = find_case(rows[i].bench);
        case_defaults(&opened, bench);
        case_argument(&opened, rows[i].name, rows[i].value);
        const base_err err = bench->setup(&opened.env);
        if (err != rows[i].err ||
            strncmp(opened.env.why.text, rows[i].text, strlen(rows[i].text)) != 0)
            fail_msg("%s: %s=%s: %s: \"%s\"", rows[i].bench, rows[i].name, rows[i].value,
                     base_err_name(err), opened.env.why.text);
        assert_null(opened.env.state);
    }
    static const char *const alone[] = { "ifr/insert", "ifr/grow", "ifr/expire", "ifr/trace",
                                         "ifr/lookup_under_writer" };
    for (size_t i = 0; i < sizeof alone / sizeof alone[0]; i++) {
        struct case_open opened;
        const struct bench_case *const bench = find_case(alone[i]);
        case_defaults(&opened, bench);
        opened.env.threads = 2;
        assert_int_equal(bench->setup(&opened.env), BASE_EINVALID);
        assert_non_null(strstr(opened.env.why.text, "of one thread, not 2"));
    }
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

/* 100 packets of 10 flows, IPv4 and IPv6 in turns; the twelfth is no IP. */
static void make_trace(struct base_buf *out)
{
    const struct mfn_flow_make_file file = { .link = MFN_FLOW_LINK_ETHERNET, .snaplen = 100 };
    assert_int_equal(mfn_flow_make_file_begin(&file, out), BASE_OK);
    for (uint64_t i = 0; i < 100; i++) {
        const size_t size = i % 2 == 0 ? MFN_FLOW_KEY_IPV4 : MFN_FLOW_KEY_IPV6;
        const struct mfn_flow_make_options options = { .flow_count = 10, .key_size = size };
        struct mfn_flow_make make;
        uint8_t key[MFN_FLOW_KEY_IPV6], frame[74];
        assert_int_equal(mfn_flow_make_init(&options, &make, NULL), BASE_OK);
        mfn_flow_make_key(&make, i % 10, key);
        assert_int_equal(mfn_flow_make_frame(key, size, sizeof frame, frame), BASE_OK);
        if (i == 11)
            frame[12] = 0x12; /* another EtherType */
        assert_int_equal(mfn_flow_make_file_put(&file, i, base_span_of(frame, sizeof frame), out),
                         BASE_OK);
    }
}

static void traces_of_the_user(void **state)
{
    (void)state;
    char path[] = "/tmp/test_ifr_tables.XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct base_buf bytes = { 0 };
    struct ifr_packets packets = { 0 };
    struct base_why why = { 0 };
    make_trace(&bytes);
    write_file(path, base_buf_text(&bytes), bytes.size);
    assert_int_equal(ifr_packets_read(path, &packets, &why), BASE_OK);
    assert_int_equal(packets.packet_count, 100);
    assert_int_equal(packets.count, 99);
    assert_int_equal(packets.flow_count, 10);
    assert_int_equal(packets.ipv6_count, 49);
    for (size_t i = 0; i < packets.count; i++)
        assert_int_equal(packets.flows[i], (i < 11 ? i : i + 1) % 10);
    ifr_packets_done(&packets);
    write_file(path, base_buf_text(&bytes), bytes.size - 1);
    assert_int_equal(ifr_packets_read(path, &packets, &why), BASE_ECORRUPT);
    assert_non_null(strstr(why.text, path));
    write_file(path, base_buf_text(&bytes), 24);
    assert_int_equal(ifr_packets_read(path, &packets, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "no packet of 0 has a flow"));
    write_file(path, "no trace", 8);
    assert_int_equal(ifr_packets_read(path, &packets, &why), BASE_ECORRUPT);
    unlink(path);
    base_buf_done(&bytes);
    assert_int_equal(ifr_packets_read("veth", &packets, &why), BASE_OK);
    print_message("veth: %zu packets, %zu with one of %zu flows, %zu over IPv6\n",
                  packets.packet_count, packets.count, packets.flow_count, packets.ipv6_count);
    assert_true(packets.flow_count > 10 && packets.flow_count < packets.count);
    assert_true(packets.ipv6_count > 0 && packets.ipv6_count < packets.count);
    ifr_packets_done(&packets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_is_right),   cmocka_unit_test(a_wrong_table_is_caught),
        cmocka_unit_test(a_reader_notices_too),  cmocka_unit_test(a_writer_that_falls_behind),
        cmocka_unit_test(a_lock_that_is_outrun), cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(traces_of_the_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
