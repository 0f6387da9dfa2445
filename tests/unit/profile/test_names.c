/* test_names.c - lists of mappings and of names, as the kernel and JIT compilers write them. */
#include "unit.h"

#include "maps_internal.h"
#include "names_internal.h"

#include <string.h>

static struct base_span span(const char *text)
{
    return base_span_of(text, strlen(text));
}

static void mappings(void **state)
{
    (void)state;
    struct maps maps = { 0 };
    assert_int_equal(
        maps_parse(&maps,
                   span("55d0a0000000-55d0a0001000 r--p 00000000 fe:00 12  /bin/with blank\n"
                        "55d0a0001000-55d0a0003000 r-xp 00001000 fe:00 12      /bin/with blank\n"
                        "7ffe00000000-7ffe00002000 r-xp 00000000 00:00 0       [vdso]\n"
                        "7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
                        "not a line\n7f00-7e00 r-xp 0 00:00 0 /backwards\n"
                        "7f1000000000-7f1000001000 r-xp 00000000 00:05 9 /dev/zero (deleted)\n"
                        "7f2000000000-7f2000001000 --xp 00000000 00:05 9 /last without end")),
        BASE_OK);
    assert_int_equal(maps.count, 5);
    const struct maps_entry *entry = maps_find(&maps, 0x55d0a0001000);
    assert_non_null(entry);
    assert_string_equal(entry->path, "/bin/with blank");
    assert_true(entry->offset == 0x1000 && entry->inode == 12 && maps_is_file(entry));
    assert_null(maps_find(&maps, 0x55d0a0003000));
    assert_null(maps_find(&maps, 0x55d0a0000fff));
    assert_false(maps_is_file(maps_find(&maps, 0x7ffe00000000)));
    assert_string_equal(maps_find(&maps, 0x7f0000000000)->path, "");
    assert_false(maps_is_file(maps_find(&maps, 0x7f1000000000)));
    assert_string_equal(maps_find(&maps, 0x7f2000000fff)->path, "/last without end");
    const struct maps_entry newer = { 0x55d0a0001000, 0x55d0a0002000, 0, 13, "/newer" };
    assert_int_equal(maps_add(&maps, &newer), BASE_OK);
    assert_string_equal(maps_find(&maps, 0x55d0a0001fff)->path, "/newer");
    assert_string_equal(maps_find(&maps, 0x55d0a0002000)->path, "/bin/with blank");
    maps_clear(&maps);
}

static void expect_name(const struct names *names, uint64_t address, const char *name)
{
    const struct names_entry *entry = names_find(names, address);
    if (name == NULL) {
        assert_null(entry);
        return;
    }
    assert_non_null(entry);
    assert_string_equal(entry->name, name);
}

static void code_made_at_run_time(void **state)
{
    (void)state;
    struct names names = { 0 };
    assert_int_equal(names_parse_jit(&names, span("2000 10 later one\n1000 20 first\n"
                                                  "2000 8 made anew\n\nzz 1 bad\n3000 0 empty\n"
                                                  "3000 5\nffffffffffffffff 10 wraps\n"
                                                  "1010 4 inside it")),
                     BASE_OK);
    assert_int_equal(names.count, 3);
    expect_name(&names, 0xfff, NULL);
    expect_name(&names, 0x1000, "first");
    expect_name(&names, 0x1010, "inside it");
    expect_name(&names, 0x1014, "first");
    expect_name(&names, 0x101f, "first");
    expect_name(&names, 0x1020, NULL);
    expect_name(&names, 0x2007, "made anew");
    expect_name(&names, 0x2008, NULL);
    names_done(&names);
}

static void the_kernel(void **state)
{
    (void)state;
    struct names names = { 0 };
    assert_int_equal(names_parse_kernel(&names, span("ffffffff81000000 T _text\n"
                                                     "ffffffff81000040 t small\n"
                                                     "ffffffff81000030 D data\n"
                                                     "ffffffffc0000000 t in_module\t[module]\n")),
                     BASE_OK);
    assert_int_equal(names.count, 3);
    expect_name(&names, UINT64_C(0xffffffff8100003f), "_text");
    expect_name(&names, UINT64_C(0xffffffff81000040), "small");
    expect_name(&names, UINT64_C(0xffffffffc0000fff), "in_module");
    expect_name(&names, UINT64_C(0xffffffffc0001000), NULL);
    names_done(&names);
    assert_int_equal(names_parse_kernel(&names, span("0000000000000000 T hidden\n")), BASE_OK);
    expect_name(&names, 0, NULL);
    names_done(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mappings),
        cmocka_unit_test(code_made_at_run_time),
        cmocka_unit_test(the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
