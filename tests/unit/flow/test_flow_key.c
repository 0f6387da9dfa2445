/* test_flow_key.c - texts that are flows, texts that are none, and that what is written is read. */
#include "unit.h"

#include <base/rng.h>
#include <mfn/flow_packet.h>

#include <string.h>

static const struct {
    const char *text;
    uint8_t size;
    const char *back; /* as it is written; NULL: the same */
} good[] = {
    { "10.0.0.1:80 > 10.0.0.2:4711 tcp", 13, NULL },
    { "10.0.0.1:80 - 10.0.0.2:4711 tcp", 13, "10.0.0.1:80 > 10.0.0.2:4711 tcp" },
    { "10.0.0.1:80>10.0.0.2:4711 tcp", 13, "10.0.0.1:80 > 10.0.0.2:4711 tcp" },
    { " \t10.0.0.1:80  >\t10.0.0.2:4711  TCP ", 13, "10.0.0.1:80 > 10.0.0.2:4711 tcp" },
    { "0.0.0.0:0 > 255.255.255.255:65535 protocol 255", 13, NULL },
    { "1.2.3.4:5 > 6.7.8.9:10 protocol 17", 13, "1.2.3.4:5 > 6.7.8.9:10 udp" },
    { "1.2.3.4:0 > 6.7.8.9:0 icmp6", 13, NULL }, /* odd, and possible in a packet */
    { "1.2.3.4 > 6.7.8.9 icmp 8/0", 13, NULL },
    { "1.2.3.4 - 6.7.8.9 icmp 65535/65535", 13, "1.2.3.4 > 6.7.8.9 icmp 65535/65535" },
    { "[2001:db8::1]:53 > [2001:db8::2]:53 udp", 37, NULL },
    { "[2001:DB8:0:0::1]:53 > [::]:053 udp", 37, "[2001:db8::1]:53 > [::]:53 udp" },
    { "[::ffff:1.2.3.4]:1 > [::1]:2 sctp", 37, NULL },
    { "2001:db8::1 > ff02::1 icmp6 128/0", 37, NULL },
    { "[::1]:3 > [::1]:4 icmp", 37, NULL },
    { "[::1]:3 > [::1]:4 dccp", 37, NULL },
    { "[::1]:3 > [::1]:4 udplite", 37, NULL },
};

static const char *const bad[] = {
    "",
    ">",
    " > ",
    " - ",
    "tcp",
    "10.0.0.1:80",
    "10.0.0.1:80 10.0.0.2:80 tcp",
    "10.0.0.1:80-10.0.0.2:80 tcp",
    "10.0.0.1:80 > 10.0.0.2:80",
    "10.0.0.1:80 > 10.0.0.2:80 tcp tcp",
    "10.0.0.1:80 > 10.0.0.2:80 tcp udp tcp udp tcp udp tcp",
    "10.0.0.1:80 x > 10.0.0.2:80 tcp",
    "10.0.0.1:80 > > 10.0.0.2:80 tcp",
    "10.0.0.1:80 > 10.0.0.2:80 ip",
    "10.0.0.1:80 > 10.0.0.2:80 6",
    "10.0.0.1:80 > 10.0.0.2:80 protocol",
    "10.0.0.1:80 > 10.0.0.2:80 protocol 256",
    "10.0.0.1:80 > 10.0.0.2:80 protocol -1",
    "10.0.0.1:80 > 10.0.0.2:80 protocol 0x6",
    "10.0.0.1:80 > 10.0.0.2:80 protocol 1", /* icmp has its own form */
    "10.0.0.1:80 > 10.0.0.2:80 icmp",
    "[::1]:80 > [::1]:80 icmp6",
    "10.0.0.1 > 10.0.0.2 tcp",
    "10.0.0.1 > 10.0.0.2 tcp 1/2",
    "10.0.0.1 > 10.0.0.2 icmp6 1/2",
    "::1 > ::2 icmp 1/2",
    "10.0.0.1 > ::2 icmp 1/2",
    "10.0.0.1 > 10.0.0.2 icmp 1",
    "10.0.0.1 > 10.0.0.2 icmp 1/",
    "10.0.0.1 > 10.0.0.2 icmp /1",
    "10.0.0.1 > 10.0.0.2 icmp 1/2/3",
    "10.0.0.1 > 10.0.0.2 icmp 65536/0",
    "10.0.0.1:65536 > 10.0.0.2:80 tcp",
    "10.0.0.1: > 10.0.0.2:80 tcp",
    ":80 > 10.0.0.2:80 tcp",
    "10.0.0.1:+8 > 10.0.0.2:80 tcp",
    "10.0.0:1 > 10.0.0.2:80 tcp",
    "10.0.0.01:1 > 10.0.0.2:80 tcp",
    "10.0.0.1:80 > [::1]:80 tcp",
    "[10.0.0.1]:80 > [10.0.0.2]:80 tcp",
    "::1:80 > ::2:80 tcp",
    "[::1:80 > [::2]:80 tcp",
    "[::1]80 > [::2]:80 tcp",
    "[::1] > [::2] tcp",
    "[]:80 > [::2]:80 tcp",
    "[::1%lo]:80 > [::2]:80 tcp",
};

static void flows_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct mfn_flow_key key;
        struct base_why why = { 0 };
        char text[MFN_FLOW_TEXT_SIZE];
        if (mfn_flow_key_parse(good[i].text, &key, &why) != BASE_OK)
            fail_msg("%s", why.text);
        assert_int_equal(key.size, good[i].size);
        assert_int_equal(key.result, MFN_FLOW_OK);
        const char *const right = good[i].back != NULL ? good[i].back : good[i].text;
        assert_string_equal(mfn_flow_key_text(key.bytes, key.size, text), right);
    }
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct mfn_flow_key key = { .size = 99 };
        struct base_why why = { 0 };
        if (mfn_flow_key_parse(bad[i], &key, &why) != BASE_EPARSE)
            fail_msg("\"%s\" is taken for a flow", bad[i]);
        assert_int_equal(key.size, 99);
        assert_non_null(strstr(why.text, "is no flow, as \"10.0.0.1:443 > 10.0.0.2:5555 tcp\""));
    }
    char text[1000];
    struct mfn_flow_key key;
    memset(text, '1', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(mfn_flow_key_parse(text, &key, NULL), BASE_EPARSE);
}

static void bytes_are_in_their_places(void **state)
{
    (void)state;
    struct mfn_flow_key key;
    assert_int_equal(mfn_flow_key_parse("1.2.3.4:258 > 5.6.7.8:772 tcp", &key, NULL), BASE_OK);
    assert_memory_equal(key.bytes, "\1\2\3\4\5\6\7\10\1\2\3\4\6\0", 14);
}

/* Whatever a packet says: its text is read as its key. */
static void every_key_comes_back(void **state)
{
    (void)state;
    static const uint8_t protocols[] = { 1, 6, 17, 33, 58, 132, 136 };
    struct base_rng rng;
    base_rng_init(&rng, 3);
    for (int i = 0; i < 200000; i++) {
        struct mfn_flow_key key, back;
        char text[MFN_FLOW_TEXT_SIZE];
        const size_t size = i % 2 == 0 ? MFN_FLOW_KEY_IPV4 : MFN_FLOW_KEY_IPV6;
        for (size_t k = 0; k < size; k++)
            key.bytes[k] = base_rng_below(&rng, 3) == 0 ? 0 : (uint8_t)base_rng_u64(&rng);
        if (i % 3 == 0)
            key.bytes[size - 1] = protocols[base_rng_below(&rng, sizeof protocols)];
        (void)mfn_flow_key_text(key.bytes, size, text);
        if (mfn_flow_key_parse(text, &back, NULL) != BASE_OK)
            fail_msg("%s", text);
        assert_int_equal(back.size, size);
        assert_memory_equal(back.bytes, key.bytes, size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flows_are_read),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(bytes_are_in_their_places),
        cmocka_unit_test(every_key_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
