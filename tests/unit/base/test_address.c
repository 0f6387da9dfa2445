/* test_address.c - addresses as text, both ways. */
#include "unit.h"

#include <base/step.h>

static const struct {
    const char *text, *printed; /* NULL: the same */
    uint8_t ip[16];
    uint16_t port;
} good[] = {
    { "10.0.0.1:9000", NULL, { [10] = 0xff, [11] = 0xff, 10, 0, 0, 1 }, 9000 },
    { "0.0.0.0:0", NULL, { [10] = 0xff, [11] = 0xff }, 0 },
    { "255.255.255.255:65535", NULL, { [10] = 0xff, [11] = 0xff, 255, 255, 255, 255 }, 65535 },
    { "[fd00::1]:9000", NULL, { 0xfd, [15] = 1 }, 9000 },
    { "[::]:1", NULL, { 0 }, 1 },
    { "[::ffff:127.0.0.1]:80", "127.0.0.1:80", { [10] = 0xff, [11] = 0xff, 127, 0, 0, 1 }, 80 },
    { "[FD00:0:0::00AB]:09", "[fd00::ab]:9", { 0xfd, [15] = 0xab }, 9 },
    { "[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
      NULL,
      { 0x11, 0x11, 0x22, 0x22, 0x33, 0x33, 0x44, 0x44, 0x55, 0x55, 0x66, 0x66, 0x77, 0x77, 0x88,
        0x88 },
      65535 },
};

static void texts_become_addresses_and_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct base_address a = { .port = 4711 };
        struct base_why why = { 0 };
        char out[BASE_ADDRESS_TEXT_SIZE];
        if (base_address_parse(good[i].text, &a, &why) != BASE_OK)
            fail_msg("%s", why.text);
        assert_memory_equal(a.ip, good[i].ip, 16);
        assert_int_equal(a.port, good[i].port);
        assert_string_equal(base_address_print(&a, out),
                            good[i].printed != NULL ? good[i].printed : good[i].text);
    }
}

static void other_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "",           "10.0.0.1",       "10.0.0.1:",      "10.0.0.1:65536", "10.0.0.1:900000",
        "10.0.0:1",   "10.0.0.256:1",   "10.0.0.1:+1",    "10.0.0.1: 1",    "10.0.0.1:1 ",
        ":9000",      "localhost:9000", "fd00::1:9000",   "[fd00::1]",      "[fd00::1]9000",
        "[fd00::1:9", "[10.0.0.1]:9",   "[fd00::1%lo]:9", "[]:9",           "[fd00::1]:",
        "10.0.0.1:-", "10.0.0.1:0x1",   " 10.0.0.1:1",    "[fd00:::1]:9",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct base_address a = { .port = 4711 };
        struct base_why why = { 0 };
        assert_int_equal(base_address_parse(bad[i], &a, &why), BASE_EPARSE);
        assert_int_equal(a.port, 4711);
        assert_non_null(strstr(why.text, "is not an address"));
        assert_non_null(strstr(why.text, bad[i]));
        assert_int_equal(base_address_parse(bad[i], &a, NULL), BASE_EPARSE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_become_addresses_and_texts),
        cmocka_unit_test(other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
