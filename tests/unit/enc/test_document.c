/* test_document.c - golden vectors of both layouts, both ways; every refusal. */
#include "unit.h"

#include "cbor_hex.h"

#include <bpi/cbor_sort.h>
#include <bpi/document.h>

#include <blake3.h>

enum { ENTRIES = 100, MEMORY = 4096, DOMAIN_HEADER_HASH = 0x10 };

static char keys[ENTRIES][16], values[ENTRIES][16];
static struct bpi_cbor_entry entries[ENTRIES];
static uint64_t work[BPI_CBOR_SORT_WORK_WORDS * ENTRIES];

static struct bpi_document bench_document(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const int key = sprintf(keys[i], "key_%03zu", i);
        const int value = sprintf(values[i], "value_%zu", i);
        entries[i].key = base_span_of(keys[i], (size_t)key);
        entries[i].value = base_span_of(values[i], (size_t)value);
    }
    struct bpi_document document = { .height = 12345, .entries = entries, .entry_count = count };
    memset(document.hash, 0xab, sizeof document.hash);
    return document;
}

static struct bpi_document counting_document(void)
{
    struct bpi_document document = { .height = 42 };
    for (size_t i = 0; i < sizeof document.hash; i++)
        document.hash[i] = (uint8_t)(i + 1);
    return document;
}

static void check_golden(const struct bpi_document *document, enum bpi_document_layout layout,
                         size_t size, const char *hex, const char *digest)
{
    uint8_t memory[MEMORY];
    struct bpi_cbor_writer writer;
    struct base_why why = { 0 };
    bpi_cbor_writer_init(&writer, memory, sizeof memory);
    assert_int_equal(bpi_document_encode(document, layout, NULL, &writer, &why), BASE_OK);
    const struct base_span bytes = bpi_cbor_written(&writer);
    assert_int_equal(bytes.size, size);
    assert_true(size <= bpi_document_bound(document));
    char text[2 * MEMORY];
    if (hex != NULL)
        assert_string_equal(hex_text(bytes, text), hex);
    const uint8_t domain = DOMAIN_HEADER_HASH;
    uint8_t hash[BLAKE3_OUT_LEN];
    blake3_hasher hasher;
    blake3_hasher_init(&hasher);
    blake3_hasher_update(&hasher, &domain, 1);
    blake3_hasher_update(&hasher, bytes.data, bytes.size);
    blake3_hasher_finalize(&hasher, hash, sizeof hash);
    assert_string_equal(hex_text(base_span_of(hash, sizeof hash), text), digest);
    struct bpi_cbor_entry read[ENTRIES];
    struct bpi_document again = { .entries = read, .entry_capacity = ENTRIES };
    if (bpi_document_decode(bytes, layout, &again, &why) != BASE_OK)
        fail_msg("%s", why.text);
    assert_true(again.height == document->height && again.entry_count == document->entry_count);
    assert_memory_equal(again.hash, document->hash, sizeof again.hash);
    for (size_t i = 0; i < again.entry_count; i++) {
        assert_int_equal(read[i].key.size, document->entries[i].key.size);
        assert_memory_equal(read[i].key.data, document->entries[i].key.data, read[i].key.size);
        assert_int_equal(read[i].value.size, document->entries[i].value.size);
        assert_memory_equal(read[i].value.data, document->entries[i].value.data,
                            read[i].value.size);
    }
}

static void golden_vectors_of_both_layouts(void **state)
{
    (void)state;
    struct bpi_document document = bench_document(ENTRIES);
    check_golden(&document, BPI_DOCUMENT_COMPAT, 1786, NULL,
                 "13ba669334cfb701837a2c1ab43e4758c4fbea14356b755c401d45974a972499");
    check_golden(&document, BPI_DOCUMENT_CORE, 1751, NULL,
                 "a456d8de3170d0c509f224a16f7bea942acd743f34ecb5bd1c984ff7d2ce8ddb");
    document = bench_document(0);
    check_golden(&document, BPI_DOCUMENT_COMPAT, 95, NULL,
                 "9167b739d99dd7d7bf4a9ad102bf704d95c0871461ac3d8c5a692c469db9ef33");
    check_golden(&document, BPI_DOCUMENT_CORE, 60, NULL,
                 "2196cf0302b173eb8a41230499371cc7879bb1e51a6a39691fbdf6e763b8d719");
    document = counting_document();
    check_golden(
        &document, BPI_DOCUMENT_COMPAT, 71,
        "d9d9f7a366686569676874182a646861736898200102030405060708090a0b0c0d0e0f1011121314151617"
        "18181819181a181b181c181d181e181f1820686d65746164617461a0",
        "db80a7990d4b3698bc2425b99b856f6b6048e8889fb6231900608e01f715c2b4");
    check_golden(
        &document, BPI_DOCUMENT_CORE, 59,
        "a3646861736858200102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20666865"
        "69676874182a686d65746164617461a0",
        "3a7bb4965ef3855a593b1bc998f441e76d11916af87794727ead66489afb8c58");
}

static void entries_in_any_order_give_the_same_bytes(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    uint8_t expect[MEMORY], memory[MEMORY];
    for (unsigned layout = 0; layout <= BPI_DOCUMENT_COMPAT; layout++) {
        struct bpi_document document = bench_document(ENTRIES);
        struct bpi_cbor_writer writer;
        bpi_cbor_writer_init(&writer, expect, sizeof expect);
        assert_int_equal(bpi_document_encode(&document, layout, NULL, &writer, &why), BASE_OK);
        const size_t size = bpi_cbor_written(&writer).size;
        struct bpi_cbor_entry spare[ENTRIES];
        for (size_t i = 0; i < ENTRIES; i++)
            spare[i] = entries[i * 37 % ENTRIES];
        memcpy(entries, spare, sizeof spare);
        bpi_cbor_writer_init(&writer, memory, sizeof memory);
        assert_int_equal(bpi_document_encode(&document, layout, work, &writer, &why), BASE_OK);
        assert_int_equal(bpi_cbor_written(&writer).size, size);
        assert_memory_equal(memory, expect, size);
        assert_memory_equal(entries, spare, sizeof spare); /* the caller's array stays */
        assert_int_equal(bpi_document_sort(&document, layout, work, spare, &why), BASE_OK);
        assert_memory_equal(entries[1].key.data, "key_001", 7);
    }
}

static void layouts_order_keys_differently(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct bpi_cbor_entry two[] = { { base_span_of("z", 1), base_span_of("1", 1) },
                                    { base_span_of("aa", 2), base_span_of("2", 1) } };
    struct bpi_document document = counting_document();
    document.entries = two;
    document.entry_count = 2;
    uint8_t memory[200];
    struct bpi_cbor_writer writer;
    bpi_cbor_writer_init(&writer, memory, sizeof memory);
    assert_int_equal(bpi_document_encode(&document, BPI_DOCUMENT_CORE, work, &writer, &why),
                     BASE_OK);
    struct base_span bytes = bpi_cbor_written(&writer);
    assert_memory_equal(bytes.data + bytes.size - 10,
                        "\xa2"
                        "az"
                        "a1"
                        "baa"
                        "a2",
                        10);
    bpi_cbor_writer_init(&writer, memory, sizeof memory);
    assert_int_equal(bpi_document_encode(&document, BPI_DOCUMENT_COMPAT, work, &writer, &why),
                     BASE_OK);
    bytes = bpi_cbor_written(&writer);
    assert_memory_equal(bytes.data + bytes.size - 10,
                        "\xa2"
                        "baa"
                        "a2"
                        "az"
                        "a1",
                        10);
    struct bpi_cbor_entry read[2];
    struct bpi_document again = { .entries = read, .entry_capacity = 2 };
    assert_int_equal(bpi_document_decode(bytes, BPI_DOCUMENT_COMPAT, &again, &why), BASE_OK);
    assert_memory_equal(read[0].key.data, "aa", 2);
}

static void full_buffers_and_equal_keys(void **state)
{
    (void)state;
    struct base_why why = { 0 };
    struct bpi_document document = bench_document(3);
    uint8_t memory[200];
    struct bpi_cbor_writer writer;
    for (unsigned layout = 0; layout <= BPI_DOCUMENT_COMPAT; layout++) {
        bpi_cbor_writer_init(&writer, memory, sizeof memory);
        assert_int_equal(bpi_document_encode(&document, layout, NULL, &writer, &why), BASE_OK);
        const size_t size = bpi_cbor_written(&writer).size;
        for (size_t capacity = 0; capacity < size; capacity++) {
            bpi_cbor_writer_init(&writer, memory, capacity);
            assert_int_equal(bpi_document_encode(&document, layout, work, &writer, &why),
                             BASE_EFULL);
            assert_int_equal(bpi_cbor_written(&writer).size, 0);
            assert_true(strlen(why.text) > 10);
        }
    }
    entries[2].key = entries[0].key;
    bpi_cbor_writer_init(&writer, memory, sizeof memory);
    assert_int_equal(bpi_document_encode(&document, BPI_DOCUMENT_CORE, work, &writer, &why),
                     BASE_EEXIST);
    assert_int_equal(why.at, 2);
    assert_int_equal(bpi_cbor_written(&writer).size, 0);
    struct bpi_cbor_entry spare[3];
    assert_int_equal(bpi_document_sort(&document, BPI_DOCUMENT_CORE, work, spare, &why),
                     BASE_EEXIST);
    document.entry_count = 0;
    assert_int_equal(bpi_document_sort(&document, BPI_DOCUMENT_CORE, work, spare, &why), BASE_OK);
}

#define HASH_32        "0101010101010101010101010101010101010101010101010101010101010101"
#define CORE(metadata) "a3 6468617368 5820" HASH_32 "66686569676874 01 686d65746164617461" metadata

static void wrong_documents_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum bpi_document_layout layout;
        const char *hex;
        base_err err;
        unsigned at;
    } rows[] = {
        { BPI_DOCUMENT_CORE, CORE("a0"), BASE_OK, 0 },
        { BPI_DOCUMENT_CORE, CORE("a1 6161 6162"), BASE_OK, 0 },
        { BPI_DOCUMENT_CORE, CORE("a1 6161 6162 00"), BASE_EPARSE, 62 },
        { BPI_DOCUMENT_CORE, CORE("a1 6161"), BASE_EPARSE, 60 },
        { BPI_DOCUMENT_CORE, CORE("a1 6161 01"), BASE_EINVALID, 60 },
        { BPI_DOCUMENT_CORE, CORE("a2 6162 60 6161 60"), BASE_EPARSE, 61 },
        { BPI_DOCUMENT_CORE, CORE("a2 6161 60 6161 60"), BASE_EPARSE, 61 },
        { BPI_DOCUMENT_CORE, CORE("a3 6161 60 6162 60 6163 60"), BASE_EFULL, 57 },
        { BPI_DOCUMENT_CORE, CORE("80"), BASE_EINVALID, 57 },
        { BPI_DOCUMENT_CORE, "a2 00 00 01 00", BASE_EPARSE, 0 },
        { BPI_DOCUMENT_CORE, "a3 6468617369 00 01 00 02 00", BASE_EPARSE, 1 },
        { BPI_DOCUMENT_CORE, "a3 6468617368 4100 01 00 02 00", BASE_EPARSE, 6 },
        { BPI_DOCUMENT_CORE, "80", BASE_EINVALID, 0 },
        { BPI_DOCUMENT_CORE, "", BASE_EPARSE, 0 },
        { BPI_DOCUMENT_COMPAT, CORE("a0"), BASE_EINVALID, 0 },
        { BPI_DOCUMENT_COMPAT, "c1 a0", BASE_EPARSE, 0 },
        { BPI_DOCUMENT_COMPAT, "d9d9f7 a3 66686569676874 01 6468617368 81 01 00 00", BASE_EPARSE,
          17 },
        { BPI_DOCUMENT_COMPAT, "d9d9f7 a3 66686569676874 01 6468617368 9820 1901ff" HASH_32 "0000",
          BASE_EPARSE, 19 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t memory[300];
        struct bpi_cbor_entry read[2];
        struct bpi_document document = { .height = 7, .entries = read, .entry_capacity = 2 };
        struct base_why why = { 0 };
        const base_err err =
            bpi_document_decode(hex_bytes(rows[i].hex, memory), rows[i].layout, &document, &why);
        if (err != rows[i].err || why.at != rows[i].at)
            fail_msg("%s: %s at %u: %s", rows[i].hex, base_err_name(err), (unsigned)why.at,
                     why.text);
        assert_int_equal(document.height, err == BASE_OK ? 1 : 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_vectors_of_both_layouts),
        cmocka_unit_test(entries_in_any_order_give_the_same_bytes),
        cmocka_unit_test(layouts_order_keys_differently),
        cmocka_unit_test(full_buffers_and_equal_keys),
        cmocka_unit_test(wrong_documents_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
