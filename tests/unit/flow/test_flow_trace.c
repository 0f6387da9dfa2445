/* test_flow_trace.c - files of both formats made byte by byte: every form, every damage, and what
 * came before the damage. */
#include "unit.h"
#include "flow_hex.h"

#include <mfn/flow_make.h>
#include <mfn/flow_trace.h>

#include <stdio.h>
#include <unistd.h>

/* A pcapng file that grows in the byte order asked for. */
struct file {
    struct base_buf bytes;
    bool is_big;
    size_t block;
};

static void put(struct file *file, uint64_t value, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[file->is_big ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
    assert_int_equal(base_buf_put(&file->bytes, bytes, size), BASE_OK);
}

static void put_padded(struct file *file, const void *data, size_t size)
{
    static const uint8_t zeros[4];
    assert_int_equal(base_buf_put(&file->bytes, data, size), BASE_OK);
    assert_int_equal(base_buf_put(&file->bytes, zeros, -size % 4), BASE_OK);
}

static void block_begin(struct file *file, uint32_t type)
{
    file->block = file->bytes.size;
    put(file, type, 4);
    put(file, 0, 4);
}

static void block_end(struct file *file)
{
    const size_t end = file->bytes.size;
    const uint32_t size = (uint32_t)(end - file->block + 4);
    put(file, size, 4);
    memcpy(file->bytes.data + file->block + 4, file->bytes.data + end, 4);
}

static void put_section(struct file *file, bool is_big)
{
    file->is_big = is_big;
    block_begin(file, 0x0a0d0d0a);
    put(file, 0x1a2b3c4d, 4);
    put(file, 1, 2);
    put(file, 0, 2);
    put(file, UINT64_MAX, 8);
    block_end(file);
}

/* resolution < 0: without the option. */
static void put_interface(struct file *file, uint32_t link, uint32_t snaplen, int resolution,
                          int64_t offset_s)
{
    block_begin(file, 1);
    put(file, link, 2);
    put(file, 0, 2);
    put(file, snaplen, 4);
    put(file, 2, 2); /* if_name */
    put(file, 5, 2);
    put_padded(file, "veth0", 5);
    if (resolution >= 0) {
        put(file, 9, 2);
        put(file, 1, 2);
        put_padded(file, &(uint8_t){ (uint8_t)resolution }, 1);
    }
    if (offset_s != 0) {
        put(file, 14, 2);
        put(file, 8, 2);
        put(file, (uint64_t)offset_s, 8);
    }
    put(file, 0, 4); /* opt_endofopt */
    block_end(file);
}

static void put_enhanced(struct file *file, uint32_t interface, uint64_t ticks, const char *data,
                         uint32_t wire)
{
    block_begin(file, 6);
    put(file, interface, 4);
    put(file, ticks >> 32, 4);
    put(file, ticks & UINT32_MAX, 4);
    put(file, strlen(data), 4);
    put(file, wire, 4);
    put_padded(file, data, strlen(data));
    block_end(file);
}

static void put_obsolete(struct file *file, uint32_t interface, uint64_t ticks, const char *data)
{
    block_begin(file, 2);
    put(file, interface, 2);
    put(file, 77, 2); /* drops */
    put(file, ticks >> 32, 4);
    put(file, ticks & UINT32_MAX, 4);
    put(file, strlen(data), 4);
    put(file, strlen(data), 4);
    put_padded(file, data, strlen(data));
    block_end(file);
}

static void put_simple(struct file *file, const char *data, uint32_t wire)
{
    block_begin(file, 3);
    put(file, wire, 4);
    put_padded(file, data, strlen(data));
    block_end(file);
}

static void put_unknown(struct file *file)
{
    block_begin(file, 0x0bad);
    put(file, 0x1234, 4);
    block_end(file);
}

struct expected {
    const char *data;
    uint32_t wire, link, interface;
    uint64_t time_ns;
};

static void check_packets(struct mfn_flow_trace *trace, const struct expected *expected,
                          size_t count)
{
    struct mfn_flow_trace_packet packet;
    struct base_why why = { 0 };
    for (size_t i = 0; i < count; i++) {
        const base_err err = mfn_flow_trace_next(trace, &packet, &why);
        if (err != BASE_OK)
            fail_msg("packet %zu: %s", i, why.text);
        assert_int_equal(packet.frame.size, strlen(expected[i].data));
        assert_memory_equal(packet.frame.data, expected[i].data, packet.frame.size);
        assert_int_equal(packet.frame.wire_size, expected[i].wire);
        assert_int_equal(packet.link, expected[i].link);
        assert_int_equal(packet.interface, expected[i].interface);
        assert_int_equal(packet.time_ns, expected[i].time_ns);
    }
    assert_int_equal(mfn_flow_trace_next(trace, &packet, &why), BASE_ENOTFOUND);
    assert_int_equal(mfn_flow_trace_next(trace, &packet, NULL), BASE_ENOTFOUND);
    assert_int_equal(why.err, BASE_OK);
}

/* From the first on, and again after a rewind. */
static void check_file(struct base_span bytes, const struct expected *expected, size_t count)
{
    struct mfn_flow_trace trace;
    struct base_why why = { 0 };
    uint8_t *const exact = flow_exact(bytes.data, bytes.size);
    if (mfn_flow_trace_init(base_span_of(exact, bytes.size), &trace, &why) != BASE_OK)
        fail_msg("%s", why.text);
    check_packets(&trace, expected, count);
    mfn_flow_trace_rewind(&trace);
    check_packets(&trace, expected, count);
    mfn_flow_trace_close(&trace);
    free(exact);
}

static void pcap_is_read_in_every_form(void **state)
{
    (void)state;
    static const uint64_t time_ns = UINT64_C(4000000000123456789);
    for (int form = 0; form < 4; form++) { /* the link's upper half: 4 bytes of check sum */
        const struct mfn_flow_make_file file = {
            .link = 0x14000071, .snaplen = 6, .is_ns = form & 1, .is_big_endian = form & 2
        };
        const uint64_t seen_ns = file.is_ns ? time_ns : time_ns / 1000 * 1000;
        const struct expected expected[] = { { "first", 5, 113, 0, seen_ns },
                                             { "", 0, 113, 0, seen_ns },
                                             { "second", 10, 113, 0, 7 * UINT64_C(1000000000) } };
        struct base_buf out = { 0 };
        assert_int_equal(mfn_flow_make_file_begin(&file, &out), BASE_OK);
        assert_int_equal(mfn_flow_make_file_put(&file, time_ns, base_span_of("first", 5), &out), 0);
        assert_int_equal(mfn_flow_make_file_put(&file, time_ns, base_span_of("", 0), &out), 0);
        assert_int_equal(mfn_flow_make_file_put(&file, 7 * UINT64_C(1000000000),
                                                base_span_of("second one", 10), &out),
                         BASE_OK);
        assert_int_equal(out.data[0], file.is_big_endian ? 0xa1 : file.is_ns ? 0x4d : 0xd4);
        check_file(base_buf_span(&out), expected, 3);
        base_buf_done(&out);
    }
}

/* Two sections of different byte orders, one interface each of every resolution, every block. */
static void pcapng_is_read_in_every_form(void **state)
{
    (void)state;
    static const uint64_t s = 1000000000;
    for (int form = 0; form < 4; form++) {
        struct file file = { 0 };
        put_section(&file, form & 1);
        put_unknown(&file);
        put_interface(&file, 1, 0, -1, 0);
        put_enhanced(&file, 0, 1500000, "micro", 60);
        put_interface(&file, 101, 4, 9, 0);
        put_enhanced(&file, 1, (UINT64_C(5) << 32) + 1, "nano", 3);
        put_simple(&file, "simple", 6);
        put_obsolete(&file, 1, 42, "obsolete");
        put_interface(&file, 276, 0, 0x80 | 10, 100);
        put_enhanced(&file, 2, 1024 + 512, "binary", 6);
        put_interface(&file, 1, 0, 12, -1);
        put_enhanced(&file, 3, 2 * s * 1000 + 1999, "pico", 4);
        put_interface(&file, 1, 0, 0, 0);
        put_enhanced(&file, 4, 3, "seconds", 7);
        put_enhanced(&file, 4, UINT64_MAX, "far away", 8);
        put_enhanced(&file, 3, 0, "before 1970", 11);
        put_section(&file, form & 2);
        put_interface(&file, 1, 3, 6, 0);
        put_simple(&file, "cut", 900);
        put_unknown(&file);
        const struct expected expected[] = {
            { "micro", 60, 1, 0, s * 3 / 2 },
            { "nano", 4, 101, 1, (UINT64_C(5) << 32) + 1 },
            { "simple", 6, 1, 0, 0 },
            { "obsolete", 8, 101, 1, 42 },
            { "binary", 6, 276, 2, 101 * s + s / 2 },
            { "pico", 4, 1, 3, s + 1 },
            { "seconds", 7, 1, 4, 3 * s },
            { "far away", 8, 1, 4, UINT64_MAX },
            { "before 1970", 11, 1, 3, 0 },
            { "cut", 900, 1, 0, 0 },
        };
        check_file(base_buf_span(&file.bytes), expected, sizeof expected / sizeof expected[0]);
        base_buf_done(&file.bytes);
    }
}

static void a_section_without_packets_is_empty(void **state)
{
    (void)state;
    struct file file = { 0 };
    put_section(&file, false);
    check_file(base_buf_span(&file.bytes), NULL, 0);
    base_buf_done(&file.bytes);
}

#define PCAP      "d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000 "
#define RECORD    "00000000 00000000 02000000 3c000000 abcd "
#define SECTION   "0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000 "
#define INTERFACE "01000000 14000000 0100 0000 00000000 14000000 "
#define PACKET    "06000000 24000000 00000000 00000000 01000000 02000000 02000000 abcd0000 24000000 "

static const struct damage {
    const char *bytes;
    base_err err;
    uint64_t at;
    int packets; /* before it; -1: refused when opened */
    const char *sentence;
} damages[] = {
    { "", BASE_ECORRUPT, 0, -1, "the file is empty" },
    { "d4c3", BASE_ECORRUPT, 0, -1, "the file has 2 bytes" },
    { "68656c6c 6f000000", BASE_ECORRUPT, 0, -1, "begins with 68656c6c, which is neither pcap" },
    { "1f8b0800 00000000", BASE_EUNSUPPORTED, 0, -1, "gzip" },
    { "28b52ffd 00000000", BASE_EUNSUPPORTED, 0, -1, "zstd" },
    { "fd377a58 5a000000", BASE_EUNSUPPORTED, 0, -1, "xz" },
    { "425a6839 31000000", BASE_EUNSUPPORTED, 0, -1, "bzip2" },
    { "04224d18 00000000", BASE_EUNSUPPORTED, 0, -1, "lz4" },
    { "34cdb2a1 02000400", BASE_EUNSUPPORTED, 0, -1, "a modified pcap file" },
    { "d4c3b2a1 0200 0400", BASE_ECORRUPT, 0, -1,
      "inside the pcap header (24 bytes, 8 are there)" },
    { "d4c3b2a1 0200 0300 00000000 00000000 ffff0000 01000000", BASE_EUNSUPPORTED, 4, -1,
      "the file is pcap 2.3, 2.4 can be read" },
    { PCAP RECORD "00000000 000000", BASE_ECORRUPT, 42, 1,
      "inside the header of the packet at byte 42 (16 bytes, 7 are there)" },
    { PCAP RECORD "00000000 00000000 03000000 03000000 abcd", BASE_ECORRUPT, 42, 1,
      "the packet at byte 42 states 3 captured bytes, only 2 are there" },
    { PCAP "00000000 00000000 01000400 01000400", BASE_ECORRUPT, 24, 0,
      "states 262145 captured bytes, at most 262144 are possible" },

    { "0a0d0d0a 1c000000 4d3c2b1a", BASE_ECORRUPT, 0, -1,
      "inside the section header at byte 0 (28 bytes, 12 are there)" },
    { "0a0d0d0a 1c000000 4d3c2b1b 0100 0000 ffffffffffffffff 1c000000", BASE_ECORRUPT, 0, -1,
      "byte-order magic 1b2b3c4d" },
    { "0a0d0d0a 1c000000 4d3c2b1a 0200 0000 ffffffffffffffff 1c000000", BASE_EUNSUPPORTED, 0, -1,
      "is pcapng 2.0, 1.x can be read" },
    { "0a0d0d0a 18000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000", BASE_ECORRUPT, 0, -1,
      "states a length of 24, at least 28" },
    { SECTION INTERFACE PACKET "06000000 2400", BASE_ECORRUPT, 84, 1,
      "inside the block at byte 84 (at least 12 bytes, 6 are there)" },
    { SECTION INTERFACE PACKET PACKET "0a0d0d0a 1c000000 4d3c2b1a", BASE_ECORRUPT, 120, 2,
      "inside the section header at byte 120" },
    { SECTION "ad0b0000 0d000000 00000000 00", BASE_ECORRUPT, 28, 0,
      "a length of 13, at least 12 and a multiple of 4 is right" },
    { SECTION "ad0b0000 08000000 08000000", BASE_ECORRUPT, 28, 0, "a length of 8, at least 12" },
    { SECTION "ad0b0000 04000001 00000000", BASE_ECORRUPT, 28, 0, "length of 16777220, at most" },
    { SECTION "ad0b0000 10000000 00000000", BASE_ECORRUPT, 28, 0,
      "inside the block at byte 28 (16 bytes, 12 are there)" },
    { SECTION "ad0b0000 0c000000 10000000", BASE_ECORRUPT, 28, 0,
      "states a length of 12 at its beginning and 16 at its end" },
    { SECTION "01000000 10000000 0100 0000 10000000", BASE_ECORRUPT, 28, 0, "at least 20" },
    { SECTION INTERFACE "06000000 1c000000 00000000 00000000 01000000 02000000 1c000000",
      BASE_ECORRUPT, 48, 0, "at least 32" },
    { SECTION INTERFACE "03000000 0c000000 0c000000", BASE_ECORRUPT, 48, 0, "at least 16" },
    { SECTION PACKET, BASE_ECORRUPT, 28, 0, "is of interface 0, the section has 0 so far" },
    { SECTION "03000000 10000000 00000000 10000000", BASE_ECORRUPT, 28, 0, "is of interface 0" },
    { SECTION INTERFACE PACKET SECTION PACKET, BASE_ECORRUPT, 112, 1, "the section has 0 so far" },
    { SECTION INTERFACE
      "06000000 24000000 00000000 00000000 01000000 05000000 05000000 abcd0000 24000000",
      BASE_ECORRUPT, 48, 0, "states 5 captured bytes, only 4 are there" },
    { SECTION INTERFACE "03000000 14000000 05000000 abcdabcd 14000000", BASE_ECORRUPT, 48, 0,
      "states 5 captured bytes, only 4 are there" },
    { SECTION "01000000 20000000 0100 0000 00000000 0900 0200 06060000 00000000 20000000",
      BASE_ECORRUPT, 28, 0, "an option 9 of 2 bytes, 1 is right" },
    { SECTION "01000000 20000000 0100 0000 00000000 0e00 0400 06060000 00000000 20000000",
      BASE_ECORRUPT, 28, 0, "an option 14 of 4 bytes, 8 is right" },
    { SECTION "01000000 20000000 0100 0000 00000000 0900 0100 1d000000 00000000 20000000",
      BASE_EUNSUPPORTED, 28, 0, "ticks of 10^-29 s" },
    { SECTION "01000000 20000000 0100 0000 00000000 0900 0100 c0000000 00000000 20000000",
      BASE_EUNSUPPORTED, 28, 0, "ticks of 2^-64 s" },
    { SECTION "01000000 20000000 0100 0000 00000000 0200 0900 06060000 00000000 20000000",
      BASE_ECORRUPT, 28, 0, "an option 2 of 9 bytes that does not fit" },
};

static void check_damage(const struct damage *row)
{
    size_t size;
    uint8_t *const bytes = flow_hex_new(row->bytes, &size);
    struct mfn_flow_trace trace;
    struct mfn_flow_trace_packet packet;
    struct base_why why = { 0 };
    int packets = -1;
    base_err err = mfn_flow_trace_init(base_span_of(bytes, size), &trace, &why);
    for (; err == BASE_OK; packets++)
        err = mfn_flow_trace_next(&trace, &packet, &why);
    if (err != row->err || packets != row->packets || why.at != row->at ||
        strstr(why.text, row->sentence) == NULL)
        fail_msg("%s: %s after %d packets, at %llu: %s", row->sentence, base_err_name(err), packets,
                 (unsigned long long)why.at, why.text);
    if (packets >= 0) {
        struct base_why again = { 0 };
        assert_int_equal(mfn_flow_trace_next(&trace, &packet, &again), row->err);
        assert_string_equal(again.text, why.text);
        assert_int_equal(mfn_flow_trace_next(&trace, &packet, NULL), row->err);
    }
    mfn_flow_trace_close(&trace);
    free(bytes);
}

static void damage_is_named_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++)
        check_damage(&damages[i]);
}

static void too_many_interfaces_are_refused(void **state)
{
    (void)state;
    struct file file = { 0 };
    put_section(&file, false);
    for (int i = 0; i <= MFN_FLOW_TRACE_INTERFACE_MAX; i++) {
        put_interface(&file, 1, 0, 9, 0);
        put_enhanced(&file, (uint32_t)i, 1, "x", 1);
    }
    struct mfn_flow_trace trace;
    struct mfn_flow_trace_packet packet;
    struct base_why why = { 0 };
    assert_int_equal(mfn_flow_trace_init(base_buf_span(&file.bytes), &trace, &why), BASE_OK);
    for (uint32_t i = 0; i < MFN_FLOW_TRACE_INTERFACE_MAX; i++) {
        assert_int_equal(mfn_flow_trace_next(&trace, &packet, &why), BASE_OK);
        assert_int_equal(packet.interface, i);
    }
    assert_int_equal(mfn_flow_trace_next(&trace, &packet, &why), BASE_EFULL);
    assert_non_null(strstr(why.text, "one too many, 256 in a section"));
    base_buf_done(&file.bytes);
}

/* How many packets come before the end or the damage. */
static size_t packets_of(struct base_span bytes, base_err *err, struct base_why *why)
{
    struct mfn_flow_trace trace;
    struct mfn_flow_trace_packet packet;
    size_t count = 0;
    *err = mfn_flow_trace_init(bytes, &trace, why);
    for (; *err == BASE_OK; count += *err == BASE_OK)
        *err = mfn_flow_trace_next(&trace, &packet, why);
    return count;
}

/* A file that was cut anywhere has all packets that are whole, and says where the next one began
 * unless it was cut between two. `ends` are the ends of packets' records. */
static void check_cuts(struct base_span bytes, size_t head, const size_t *ends, size_t count)
{
    for (size_t size = 0; size <= bytes.size; size++) {
        uint8_t *const exact = flow_exact(bytes.data, size);
        struct base_why why = { 0 };
        base_err err;
        size_t whole = 0;
        while (whole < count && ends[whole] <= size)
            whole++;
        assert_int_equal(packets_of(base_span_of(exact, size), &err, &why), whole);
        const size_t begin = whole > 0 ? ends[whole - 1] : head;
        assert_int_equal(err, size == begin ? BASE_ENOTFOUND : BASE_ECORRUPT);
        assert_int_equal(why.at, size <= head || size == begin ? 0 : begin);
        free(exact);
    }
}

static void a_cut_file_keeps_what_came_before(void **state)
{
    (void)state;
    const struct mfn_flow_make_file form = { .link = 1, .snaplen = 100 };
    struct base_buf pcap = { 0 };
    struct file ng = { 0 };
    size_t pcap_ends[5], ng_ends[5];
    assert_int_equal(mfn_flow_make_file_begin(&form, &pcap), BASE_OK);
    put_section(&ng, true);
    const size_t section_size = ng.bytes.size;
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(mfn_flow_make_file_put(&form, i, base_span_of("abcdefghij", 2 * i), &pcap),
                         BASE_OK);
        pcap_ends[i] = pcap.size;
        put_section(&ng, true);
        put_interface(&ng, 1, 0, -1, 0);
        put_enhanced(&ng, 0, i, "abcdef", 6);
        ng_ends[i] = ng.bytes.size;
    }
    check_cuts(base_buf_span(&pcap), 24, pcap_ends, 5);
    /* pcapng: cut after any block is a whole file, so only the count is looked at. */
    for (size_t size = section_size; size <= ng.bytes.size; size++) {
        struct base_why why = { 0 };
        base_err err;
        size_t whole = 0;
        while (whole < 5 && ng_ends[whole] <= size)
            whole++;
        uint8_t *const exact = flow_exact(ng.bytes.data, size);
        assert_int_equal(packets_of(base_span_of(exact, size), &err, &why), whole);
        assert_true(err == BASE_ENOTFOUND || why.at < size);
        free(exact);
    }
    base_buf_done(&pcap);
    base_buf_done(&ng.bytes);
}

static bool is_mapped_somewhere(const char *path)
{
    struct base_buf maps = { 0 };
    assert_int_equal(base_buf_read_file(&maps, "/proc/self/maps", 1 << 24, NULL), BASE_OK);
    const bool is_there = strstr(base_buf_text(&maps), path) != NULL;
    base_buf_done(&maps);
    return is_there;
}

static void files_are_mapped(void **state)
{
    (void)state;
    struct mfn_flow_trace trace = { 0 };
    struct base_why why = { 0 };
    mfn_flow_trace_close(&trace);
    assert_int_equal(mfn_flow_trace_open("/nonexistent/x.pcap", &trace, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "/nonexistent/x.pcap: No such file"));
    assert_int_equal(mfn_flow_trace_open("/", &trace, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "not a regular file"));

    char path[] = "/tmp/test_flow_trace_XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(mfn_flow_trace_open(path, &trace, &why), BASE_ECORRUPT);
    assert_non_null(strstr(why.text, ": the file is empty"));
    assert_non_null(strstr(why.text, path));

    struct file ng = { 0 };
    put_section(&ng, false);
    put_interface(&ng, 1, 0, -1, 0);
    put_enhanced(&ng, 0, 7, "mapped", 6);
    assert_int_equal(write(file, ng.bytes.data, ng.bytes.size), (ssize_t)ng.bytes.size);
    close(file);
    assert_int_equal(mfn_flow_trace_open(path, &trace, &why), BASE_OK);
    assert_true(trace.is_pcapng);
    const struct expected expected = { "mapped", 6, 1, 0, 7000 };
    check_packets(&trace, &expected, 1);
    assert_true(is_mapped_somewhere(path));
    mfn_flow_trace_close(&trace);
    mfn_flow_trace_close(&trace);
    assert_false(is_mapped_somewhere(path));
    struct mfn_flow_trace_packet packet;
    assert_int_equal(mfn_flow_trace_next(&trace, &packet, NULL), BASE_ENOTFOUND);
    unlink(path);
    base_buf_done(&ng.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pcap_is_read_in_every_form),
        cmocka_unit_test(pcapng_is_read_in_every_form),
        cmocka_unit_test(a_section_without_packets_is_empty),
        cmocka_unit_test(damage_is_named_with_its_place),
        cmocka_unit_test(too_many_interfaces_are_refused),
        cmocka_unit_test(a_cut_file_keeps_what_came_before),
        cmocka_unit_test(files_are_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
