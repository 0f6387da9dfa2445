/* test_hermes_words.c - what is read from others: requests, bootstrap entries, key files. */
#define _GNU_SOURCE
#include "unit.h"

#include "hermes_tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define ID "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* ---- requests ---- */

static base_err parse(const char *text, struct hermes_tool_request *out, struct base_why *why)
{
    *out = (struct hermes_tool_request){ 0 };
    *why = (struct base_why){ 0 };
    return hermes_tool_request_parse(base_span_of(text, strlen(text)), out, why);
}

static const struct mistake {
    const char *text;
    base_err err;
    const char *sentence;
} mistakes[] = {
    { "", BASE_EPARSE, "no JSON object" },
    { "nonsense", BASE_EPARSE, "no JSON object" },
    { "[]", BASE_EPARSE, "no JSON object" },
    { "{\"do\": \"status\"", BASE_EPARSE, "no JSON object" },
    { "{\"do\": \"status\", \"do\": \"send\"}", BASE_EPARSE, "no JSON object" },
    { "{}", BASE_EPARSE, "none of send, subscribe, status" },
    { "{\"do\": \"stop\"}", BASE_EPARSE, "none of send, subscribe, status" },
    { "{\"do\": 3}", BASE_EPARSE, "\"do\" is no text" },
    { "{\"do\": \"send\"}", BASE_EPARSE, "needs \"to\", \"type\" and \"payload\"" },
    { "{\"do\": \"send\", \"to\": \"all\", \"type\": \"IbftPrepare\"}", BASE_EPARSE, "needs" },
    { "{\"do\": \"send\", \"to\": \"all\", \"type\": \"Ibft\", \"payload\": \"aGk=\"}", BASE_EPARSE,
      "Ibft" },
    { "{\"do\": \"send\", \"to\": \"me\", \"type\": \"IbftPrepare\", \"payload\": \"aGk=\"}",
      BASE_EPARSE, "" },
    { "{\"do\": \"send\", \"to\": \"all\", \"type\": \"IbftPrepare\", \"payload\": \"a\"}",
      BASE_EPARSE, "no base64" },
    { "{\"do\": \"send\", \"to\": \"all\", \"type\": \"IbftPrepare\", \"payload\": \"aGk=\", "
      "\"wait\": 1}",
      BASE_EPARSE, "neither true nor false" },
    { "{\"do\": \"subscribe\", \"type\": \"BlockData\", \"class\": \"Consensus\"}", BASE_EPARSE,
      "not both" },
    { "{\"do\": \"subscribe\", \"class\": \"Best\"}", BASE_EPARSE, "Best" },
    { "{\"do\": \"subscribe\", \"type\": []}", BASE_EPARSE, "\"type\" is no text" },
};

static void wrong_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        struct hermes_tool_request request;
        struct base_why why;
        const base_err err = parse(mistakes[i].text, &request, &why);
        if (err != mistakes[i].err || strstr(why.text, mistakes[i].sentence) == NULL ||
            why.text[0] == '\0')
            fail_msg("%s: %s, %s", mistakes[i].text, base_err_name(err), why.text);
        base_buf_done(&request.payload);
    }
}

static void right_requests(void **state)
{
    (void)state;
    struct hermes_tool_request request;
    struct bpi_hermes_id id;
    struct base_why why;
    assert_int_equal(parse("{\"do\": \"status\"}", &request, &why), BASE_OK);
    assert_int_equal(request.verb, HERMES_TOOL_STATUS);
    assert_int_equal(parse("{\"do\": \"subscribe\"}", &request, &why), BASE_OK);
    assert_int_equal(request.verb, HERMES_TOOL_SUBSCRIBE);
    assert_int_equal(request.types, (1u << BPI_HERMES_TYPES) - 1);
    assert_int_equal(parse("{\"do\": \"subscribe\", \"type\": \"BlockData\"}", &request, &why),
                     BASE_OK);
    assert_int_equal(request.types, 1u << BPI_HERMES_BLOCK_DATA);
    assert_int_equal(parse("{\"do\": \"subscribe\", \"class\": \"Auction\"}", &request, &why),
                     BASE_OK);
    assert_int_equal(request.types, 1u << BPI_HERMES_AUCTION_BID | 1u << BPI_HERMES_AUCTION_RESULT |
                                        1u << BPI_HERMES_ROUNDTABLE_COORDINATION |
                                        1u << BPI_HERMES_NEIGHBOR_DISCOVERY);
    assert_int_equal(parse("{\"do\": \"send\", \"to\": \"" ID "\", \"type\": \"AuctionBid\", "
                           "\"payload\": \"AAH/\", \"wait\": true}",
                           &request, &why),
                     BASE_OK);
    assert_int_equal(bpi_hermes_id_parse(ID, &id, &why), BASE_OK);
    assert_memory_equal(&request.to, &id, sizeof id);
    assert_true(request.is_waiting && !request.is_to_all);
    assert_int_equal(request.type, BPI_HERMES_AUCTION_BID);
    assert_int_equal(request.payload.size, 3);
    assert_memory_equal(request.payload.data, "\x00\x01\xff", 3);
    base_buf_done(&request.payload);
}

/* What one end writes the other reads, up to the largest message, and nothing above it. */
static void largest_message(void **state)
{
    (void)state;
    static uint8_t bytes[BPI_HERMES_MESSAGE_MAX + 4];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + (i >> 8));
    const size_t sizes[] = { 1, 2, 3, 1000, BPI_HERMES_MESSAGE_MAX, BPI_HERMES_MESSAGE_MAX + 4 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct base_buf line = { 0 };
        struct hermes_tool_request request = { 0 };
        struct base_why why = { 0 };
        const struct suite_hermes_message message = { .to = "all",
                                                      .type = "ShadowSync",
                                                      .payload = { bytes, sizes[i] } };
        assert_int_equal(hermes_tool_put_send(&message, &line), BASE_OK);
        assert_true(line.size < HERMES_TOOL_LINE_MAX);
        const base_err err = hermes_tool_request_parse(
            (struct base_span){ line.data, line.size - 1 }, &request, &why);
        assert_int_equal(err, sizes[i] > BPI_HERMES_MESSAGE_MAX ? BASE_ERANGE : BASE_OK);
        if (err == BASE_OK) {
            assert_int_equal(request.payload.size, sizes[i]);
            assert_memory_equal(request.payload.data, bytes, sizes[i]);
            assert_true(request.is_to_all && !request.is_waiting);
        }
        base_buf_done(&request.payload);
        base_buf_done(&line);
    }
}

/* ---- bootstrap ---- */

static void bootstrap_entries(void **state)
{
    (void)state;
    static const char *const right[] = { "localhost:9000",     "10.0.0.1:1",
                                         "[::1]:65535",        ID "@127.0.0.1:9000",
                                         ID "@[fd00::1]:9000", "a.b-c.example:80" };
    static const char *const wrong[] = { "",
                                         "localhost",
                                         ":9000",
                                         "localhost:",
                                         "localhost:0",
                                         "localhost:65536",
                                         "localhost:9x",
                                         "::1:9000",
                                         "[::1:9000",
                                         "[]:9000",
                                         "@localhost:9000",
                                         "0123@localhost:9000",
                                         ID "0@localhost:9000",
                                         ID "@",
                                         "g" ID "@localhost:1",
                                         "a b:1",
                                         "a@b@c:1" };
    struct base_why why = { 0 };
    for (size_t i = 0; i < sizeof right / sizeof right[0]; i++)
        if (suite_hermes_bootstrap_check(right[i], &why) != BASE_OK)
            fail_msg("%s: %s", right[i], why.text);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        why.text[0] = '\0';
        if (suite_hermes_bootstrap_check(wrong[i], &why) != BASE_EPARSE || why.text[0] == '\0')
            fail_msg("'%s' is taken for a node", wrong[i]);
    }
}

static void bootstrap_lookup(void **state)
{
    (void)state;
    struct bpi_hermes_member member;
    struct base_why why = { 0 };
    char text[BASE_ADDRESS_TEXT_SIZE], id[BPI_HERMES_ID_TEXT_SIZE];
    static const uint8_t nobody[BPI_HERMES_ID_SIZE];
    assert_int_equal(hermes_tool_member_find(ID "@127.0.0.1:9001", AF_UNSPEC, &member, &why),
                     BASE_OK);
    assert_string_equal(base_address_print(&member.address, text), "127.0.0.1:9001");
    assert_string_equal(bpi_hermes_id_print(&member.id, id), ID);
    assert_int_equal(hermes_tool_member_find("[::1]:9002", AF_UNSPEC, &member, &why), BASE_OK);
    assert_string_equal(base_address_print(&member.address, text), "[::1]:9002");
    assert_memory_equal(member.id.bytes, nobody, sizeof nobody);
    assert_int_equal(hermes_tool_member_find("[::1]:9002", AF_INET, &member, &why), BASE_ENOTFOUND);
    assert_int_equal(hermes_tool_member_find("nothing", AF_UNSPEC, &member, &why), BASE_EPARSE);
}

/* ---- keys ---- */

static void file_make(const char *path, const char *text, mode_t mode)
{
    const int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void keys(void **state)
{
    (void)state;
    char folder[] = "/tmp/hermes_keys.XXXXXX", path[64], sub[64];
    uint8_t one[BPI_HERMES_SEED_SIZE], two[BPI_HERMES_SEED_SIZE];
    struct base_why why = { 0 };
    struct stat found;
    int lock = -1, second = -1;
    assert_non_null(mkdtemp(folder));
    snprintf(sub, sizeof sub, "%s/a", folder);
    snprintf(path, sizeof path, "%s/a/key", folder);
    assert_int_equal(hermes_tool_key_read(path, false, one, NULL, &why), BASE_ENOTFOUND);
    assert_int_equal(hermes_tool_key_read(path, true, one, &lock, &why), BASE_OK);
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_mode & 07777, 0600);
    assert_int_equal(found.st_size, 65);
    assert_int_equal(hermes_tool_key_read(path, true, two, NULL, &why), BASE_OK);
    assert_memory_equal(one, two, sizeof one);
    assert_int_equal(hermes_tool_key_read(path, true, two, &second, &why), BASE_EEXIST);
    assert_non_null(strstr(why.text, "runs with this key"));
    close(lock);
    assert_int_equal(hermes_tool_key_read(path, true, two, &second, &why), BASE_OK);
    close(second);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(hermes_tool_key_read(path, true, two, NULL, &why), BASE_EIO);
    assert_non_null(strstr(why.text, "mode 0640"));
    static const char *const bad[] = { "", ID "\n\n", "0" ID, "x" ID, ID "0\n", "hello\n" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        file_make(path, bad[i], 0600);
        assert_int_equal(hermes_tool_key_read(path, true, two, NULL, &why), BASE_ECORRUPT);
    }
    file_make(path, ID, 0400);
    assert_int_equal(hermes_tool_key_read(path, true, two, NULL, &why), BASE_OK);
    for (uint8_t i = 0; i < BPI_HERMES_SEED_SIZE; i++)
        assert_int_equal(two[i], i);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(hermes_tool_key_read(path, true, two, NULL, &why), BASE_EIO);
    assert_int_equal(rmdir(path) | rmdir(sub) | rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_requests),   cmocka_unit_test(right_requests),
        cmocka_unit_test(largest_message),  cmocka_unit_test(bootstrap_entries),
        cmocka_unit_test(bootstrap_lookup), cmocka_unit_test(keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
