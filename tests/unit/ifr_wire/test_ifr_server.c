/* test_ifr_server.c - the server stepped by hand in the thread of its clients, so that every order
 * of events is the test's choice: refusals, floods, crowds, and clients that vanish. */
#define _GNU_SOURCE
#include "wire_world.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct base_buf bytes; /* of the frame at hand */

static int bytes_done(void **state)
{
    (void)state;
    base_buf_done(&bytes);
    return 0;
}

static void ask(struct wire_raw *raw, enum mfn_ifr_command command, uint64_t number)
{
    uint8_t payload[MFN_IFR_REQUEST_SIZE_MAX], key[MFN_IFR_KEY_SIZE_MAX];
    wire_key(number, MFN_IFR_KEY_IPV4, key);
    const struct mfn_ifr_request request = { command, key, MFN_IFR_KEY_IPV4, wire_value(number) };
    const size_t size = mfn_ifr_request_encode(&request, payload);
    wire_raw_frame(raw, MFN_IFR_FRAME_COMMAND, payload, size, &bytes);
}

static void ask_and_send(struct wire_raw *raw, enum mfn_ifr_command command, uint64_t number)
{
    ask(raw, command, number);
    wire_raw_send(raw, bytes.data, bytes.size);
}

static unsigned answered(struct wire_raw *raw, struct mfn_ifr_answer *answer)
{
    struct mfn_ifr_frame frame;
    assert_true(wire_raw_has(raw, &frame));
    assert_int_equal(frame.type, MFN_IFR_FRAME_RESPONSE);
    assert_int_equal(mfn_ifr_answer_decode(frame.payload, answer, NULL), BASE_OK);
    return answer->result;
}

/* The server is well: a new client registers and finds. */
static void check_service(struct wire_world *world, uint64_t number)
{
    struct wire_raw raw;
    struct mfn_ifr_answer answer;
    wire_raw_open(&raw, world->path);
    ask_and_send(&raw, MFN_IFR_COMMAND_REGISTER, number);
    ask_and_send(&raw, MFN_IFR_COMMAND_LOOKUP, number);
    wire_settle(world);
    assert_int_equal(answered(&raw, &answer), 0);
    assert_int_equal(answered(&raw, &answer), 0);
    wire_value_check(&answer.value, number);
    wire_raw_close(&raw);
    wire_settle(world);
}

static void a_request_byte_by_byte(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_answer answer;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    ask(&raw, MFN_IFR_COMMAND_REGISTER, 5);
    for (size_t i = 0; i < bytes.size; i++) {
        struct mfn_ifr_frame frame;
        assert_false(wire_raw_has(&raw, &frame));
        wire_raw_send(&raw, bytes.data + i, 1);
        wire_settle(&world);
    }
    assert_int_equal(answered(&raw, &answer), 0);
    assert_int_equal(world.map.count, 1);
    wire_raw_close(&raw);
    wire_close(&world);
}

static void every_type_is_answered(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_frame frame;
    struct mfn_ifr_answer answer;
    static const uint8_t id[] = { 4, 3, 2, 1, 9 };
    static const struct {
        enum mfn_ifr_frame_type type;
        size_t size;
        enum mfn_ifr_frame_type back;
        unsigned result;
    } rows[] = {
        { MFN_IFR_FRAME_COMMAND, 3, MFN_IFR_FRAME_RESPONSE, 1 },
        { MFN_IFR_FRAME_RESPONSE, 1, MFN_IFR_FRAME_RESPONSE, 1 },
        { MFN_IFR_FRAME_EVENT, 5, MFN_IFR_FRAME_RESPONSE, 0 },
        { MFN_IFR_FRAME_REGISTRATION, 5, MFN_IFR_FRAME_RESPONSE, 1 },
        { MFN_IFR_FRAME_REGISTRATION, 4, MFN_IFR_FRAME_RESPONSE, 0 },
        { MFN_IFR_FRAME_HEARTBEAT, 0, MFN_IFR_FRAME_HEARTBEAT, 0 },
        { MFN_IFR_FRAME_HEARTBEAT, 5, MFN_IFR_FRAME_HEARTBEAT, 0 },
        { MFN_IFR_FRAME_DISCOVERY, 0, MFN_IFR_FRAME_DISCOVERY, 0 },
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    for (size_t i = 0; i < ROWS; i++) {
        wire_raw_frame(&raw, rows[i].type, id, rows[i].size, &bytes);
        wire_raw_send(&raw, bytes.data, bytes.size);
    }
    wire_settle(&world);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(wire_raw_has(&raw, &frame));
        assert_int_equal(frame.type, rows[i].back);
        assert_int_equal(frame.sequence, i);
        assert_true(frame.timestamp_ns > 0);
        if (frame.type == MFN_IFR_FRAME_RESPONSE) {
            assert_int_equal(mfn_ifr_answer_decode(frame.payload, &answer, NULL), BASE_OK);
            assert_int_equal(answer.result, rows[i].result);
            assert_int_equal(frame.payload.size == 1, rows[i].result == 0);
        } else if (frame.type == MFN_IFR_FRAME_HEARTBEAT) {
            assert_int_equal(frame.payload.size, rows[i].size);
            assert_memory_equal(frame.payload.data, id, rows[i].size);
        } else {
            assert_int_equal(frame.payload.size, 12);
            assert_memory_equal(frame.payload.data, "\1\0\0\0\4\3\2\1", 8);
        }
    }
    assert_false(wire_raw_is_over(&raw));
    wire_raw_close(&raw);
    wire_close(&world);
}

static void a_bad_frame_is_told_and_closed(void **state)
{
    (void)state;
    static const struct {
        unsigned offset;
        uint8_t value;
        const char *sentence;
    } rows[] = {
        { 0, 0, "magic" },     { 4, 9, "version" },       { 5, 6, "type" }, { 6, 1, "reserved" },
        { 12, 7, "sequence" }, { 19, 1, "payload_size" }, { 20, 1, "CRC" }, { 33, 99, "CRC" },
    };
    struct wire_world world;
    struct wire_raw good;
    wire_open(&world, 0);
    wire_raw_open(&good, world.path);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wire_raw raw;
        struct mfn_ifr_answer answer;
        wire_raw_open(&raw, world.path);
        ask_and_send(&raw, MFN_IFR_COMMAND_STATS, 0);
        ask(&raw, MFN_IFR_COMMAND_REGISTER, i);
        bytes.data[rows[i].offset] = rows[i].value;
        wire_raw_send(&raw, bytes.data, bytes.size);
        ask_and_send(&good, MFN_IFR_COMMAND_LOOKUP, 1000);
        wire_settle(&world);
        assert_int_equal(answered(&raw, &answer), 0);
        assert_int_equal(answered(&raw, &answer), MFN_IFR_RESULT_PROTOCOL);
        assert_int_equal(strncmp(answer.sentence, rows[i].sentence, strlen(rows[i].sentence)), 0);
        assert_true(wire_raw_is_over(&raw));
        assert_int_equal(answered(&good, &answer), MFN_IFR_RESULT_NOT_FOUND);
        assert_int_equal(wire_counters(&world).bad_frames, i + 1);
        assert_int_equal(wire_counters(&world).client_count, 1);
        wire_raw_close(&raw);
    }
    assert_int_equal(world.map.count, 0);
    wire_raw_close(&good);
    wire_close(&world);
}

/* Another protocol altogether, and one that stops before there is a head. */
static void strangers(void **state)
{
    (void)state;
    static const char http[] = "GET /flows/1 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct wire_world world;
    struct wire_raw raw, silent;
    struct mfn_ifr_answer answer;
    wire_open(&world, 0);
    wire_raw_open(&silent, world.path);
    wire_raw_send(&silent, "G", 1);
    wire_raw_open(&raw, world.path);
    wire_raw_send(&raw, http, strlen(http));
    wire_settle(&world);
    assert_int_equal(answered(&raw, &answer), MFN_IFR_RESULT_PROTOCOL);
    assert_string_equal(answer.sentence, "magic 0x20544547 at byte 0 is not 0x48594d46");
    assert_true(wire_raw_is_over(&raw));
    assert_false(wire_raw_is_over(&silent));
    check_service(&world, 3);
    wire_raw_close(&raw);
    wire_raw_close(&silent);
    wire_close(&world);
}

static void a_client_killed_inside_a_frame(void **state)
{
    (void)state;
    struct wire_world world;
    wire_open(&world, 0);
    for (size_t part = 1; part < 32 + 37; part += 7) {
        const pid_t pid = fork();
        if (pid == 0) {
            struct wire_raw raw;
            wire_raw_open(&raw, world.path);
            ask(&raw, MFN_IFR_COMMAND_REGISTER, 8);
            wire_raw_send(&raw, bytes.data, part);
            kill(getpid(), SIGKILL);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        wire_settle(&world);
        assert_int_equal(wire_counters(&world).client_count, 0);
        check_service(&world, part);
    }
    assert_int_equal(mfn_ifr_server_size_bytes(world.server), 0);
    wire_close(&world);
}

/* shutdown() of the sending side: what was asked is still answered. */
static void a_client_that_has_said_everything(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_answer answer;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    for (uint64_t i = 0; i < 100; i++)
        ask_and_send(&raw, MFN_IFR_COMMAND_REGISTER, i);
    assert_int_equal(shutdown(raw.fd, SHUT_WR), 0);
    wire_settle(&world);
    for (uint64_t i = 0; i < 100; i++)
        assert_int_equal(answered(&raw, &answer), 0);
    assert_true(wire_raw_is_over(&raw));
    assert_int_equal(wire_counters(&world).client_count, 0);
    wire_raw_close(&raw);
    wire_close(&world);
}

static void idle_clients_hold_nothing(void **state)
{
    (void)state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const size_t fit = limit.rlim_cur > 2200 ? 1000 : 200;
    if (limit.rlim_cur < 500)
        skip();
    struct wire_world world;
    struct mfn_ifr_frame frame;
    struct mfn_ifr_answer answer;
    struct wire_raw *const crowd = calloc(fit + 2, sizeof *crowd);
    wire_open(&world, (uint32_t)fit);
    for (size_t i = 0; i < fit; i++) {
        wire_raw_open(&crowd[i], world.path);
        if (i % 50 == 49)
            wire_settle(&world);
    }
    assert_int_equal(wire_counters(&world).client_count, fit);
    assert_int_equal(mfn_ifr_server_size_bytes(world.server), 0);

    for (size_t i = fit; i < fit + 2; i++) { /* two more are told so */
        wire_raw_open(&crowd[i], world.path);
        wire_settle(&world);
        assert_int_equal(answered(&crowd[i], &answer), MFN_IFR_RESULT_BUSY);
        assert_string_equal(answer.sentence, "too many clients");
        assert_true(wire_raw_is_over(&crowd[i]));
        wire_raw_close(&crowd[i]);
    }
    assert_int_equal(wire_counters(&world).clients_refused, 2);

    ask_and_send(&crowd[fit / 2], MFN_IFR_COMMAND_STATS, 0); /* those inside are served */
    wire_settle(&world);
    assert_int_equal(answered(&crowd[fit / 2], &answer), 0);
    assert_int_equal(answer.counters.client_count, fit);
    assert_false(wire_raw_has(&crowd[0], &frame));

    wire_raw_close(&crowd[3]); /* one goes, one may come */
    wire_settle(&world);
    check_service(&world, 4);
    for (size_t i = 0; i < fit; i++)
        if (i != 3)
            wire_raw_close(&crowd[i]);
    wire_settle(&world);
    assert_int_equal(wire_counters(&world).client_count, 0);
    wire_close(&world);
    free(crowd);
}

/* Sends heartbeats of 4000 bytes until neither the socket nor the server takes more; answers how
 * many bytes were taken. */
static size_t flood(struct wire_world *world, struct wire_raw *raw)
{
    static uint8_t payload[4000];
    size_t all = 0;
    for (int stuck = 0; stuck < 3;) {
        memset(payload, (int)raw->sequence, sizeof payload);
        wire_raw_frame(raw, MFN_IFR_FRAME_HEARTBEAT, payload, sizeof payload, &bytes);
        for (size_t at = 0; at < bytes.size && stuck < 3;) {
            const ssize_t count =
                send(raw->fd, bytes.data + at, bytes.size - at, MSG_DONTWAIT | MSG_NOSIGNAL);
            stuck = count > 0 ? 0 : stuck + 1;
            at += count > 0 ? (size_t)count : 0;
            all += count > 0 ? (size_t)count : 0;
            wire_settle(world);
        }
    }
    return all;
}

static void a_client_that_never_reads(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_frame frame;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    const size_t taken = flood(&world, &raw);
    assert_true(taken > 100000);
    assert_true(mfn_ifr_server_size_bytes(world.server) <= MFN_IFR_SERVER_CLIENT_BYTES_MAX);
    const uint64_t frames = wire_counters(&world).frames;
    for (uint64_t i = 0; i < 5; i++)
        check_service(&world, i);
    assert_int_equal(wire_counters(&world).frames, frames + 10);

    /* It reads after all: everything it sent whole comes back, in order. */
    uint32_t back = 0;
    for (int idle = 0; idle < 3;) {
        const bool has_frame = wire_raw_has(&raw, &frame);
        idle = has_frame ? 0 : idle + 1;
        if (!has_frame)
            wire_settle(&world);
        else
            assert_int_equal(frame.payload.data[3999], (uint8_t)back++);
    }
    assert_int_equal(back, taken / 4032);
    wire_raw_close(&raw);
    wire_settle(&world);
    assert_int_equal(wire_counters(&world).client_count, 0);
    wire_close(&world);
}

/* It always reads a little, so that what waits for it is never sent to the end. */
static void a_client_that_reads_slowly(void **state)
{
    (void)state;
    static uint8_t payload[60000];
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_frame frame;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    base_buf_clear(&bytes);
    size_t at = 0;
    for (int round = 0; round < 3000; round++) {
        if (at == bytes.size) {
            wire_raw_frame(&raw, MFN_IFR_FRAME_HEARTBEAT, payload,
                           (size_t)round * 7919 % sizeof payload, &bytes);
            at = 0;
        }
        const ssize_t count =
            send(raw.fd, bytes.data + at, bytes.size - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        at += count > 0 ? (size_t)count : 0;
        wire_settle(&world);
        if (round > 100 && count < 0)
            assert_true(wire_raw_has(&raw, &frame));
        assert_true(mfn_ifr_server_size_bytes(world.server) <= MFN_IFR_SERVER_CLIENT_BYTES_MAX);
    }
    assert_true(wire_counters(&world).frames > 100);
    wire_raw_close(&raw);
    wire_close(&world);
}

/* It has said everything when it starts to read: the end of its stream does not cost it answers. */
static void a_flooding_client_that_reads_late(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_frame frame;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    const size_t taken = flood(&world, &raw);
    assert_int_equal(shutdown(raw.fd, SHUT_WR), 0);
    uint32_t back = 0;
    for (int idle = 0; idle < 3;) {
        const bool has_frame = wire_raw_has(&raw, &frame);
        idle = has_frame ? 0 : idle + 1;
        back += has_frame;
        if (!has_frame)
            wire_settle(&world);
    }
    assert_int_equal(back, taken / 4032);
    assert_true(wire_raw_is_over(&raw));
    assert_int_equal(wire_counters(&world).client_count, 0);
    wire_raw_close(&raw);
    wire_close(&world);
}

/* Many small questions in one large read, whose answers are larger than they are. */
static void many_questions_at_once(void **state)
{
    (void)state;
    enum { QUESTIONS = 1500, SIZE = 36 };
    static uint8_t all[QUESTIONS * SIZE];
    static uint8_t payload[50000];
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_frame frame;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    wire_raw_frame(&raw, MFN_IFR_FRAME_HEARTBEAT, payload, sizeof payload, &bytes);
    wire_raw_send(&raw, bytes.data, bytes.size);
    wire_settle(&world); /* from here on the server reads 50 kB at once */
    assert_true(wire_raw_has(&raw, &frame));
    uint32_t back = 0;
    size_t most = 0;
    for (int round = 0; round < 10; round++) {
        for (size_t i = 0; i < QUESTIONS; i++) {
            ask(&raw, MFN_IFR_COMMAND_STATS, 0);
            memcpy(all + SIZE * i, bytes.data, SIZE);
        }
        for (size_t at = 0, stuck = 0; at < sizeof all; stuck++) {
            const ssize_t count = send(raw.fd, all + at, sizeof all - at, MSG_DONTWAIT);
            at += count > 0 ? (size_t)count : 0;
            wire_settle(&world);
            const size_t size = mfn_ifr_server_size_bytes(world.server);
            most = size > most ? size : most;
            while (stuck > 2 && wire_raw_has(&raw, &frame))
                back++;
        }
    }
    for (int idle = 0; idle < 3; idle++, wire_settle(&world))
        while (wire_raw_has(&raw, &frame))
            back++, idle = 0;
    assert_int_equal(back, 10 * QUESTIONS);
    assert_true(most > 50000);
    assert_true(most <= MFN_IFR_SERVER_CLIENT_BYTES_MAX);
    wire_raw_close(&raw);
    wire_close(&world);
}

static void a_flooding_client_that_dies(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    flood(&world, &raw);
    wire_raw_close(&raw);
    wire_settle(&world);
    assert_int_equal(wire_counters(&world).client_count, 0);
    assert_int_equal(mfn_ifr_server_size_bytes(world.server), 0);
    check_service(&world, 1);
    wire_close(&world);
}

/* A bad frame from a client that does not read: it is kept no longer than its answers wait. */
static void a_flooding_client_that_breaks_the_protocol(void **state)
{
    (void)state;
    static const uint8_t nonsense[64] = { 1 };
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_frame frame;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    for (uint64_t i = 0; i < 300; i++) {
        ask_and_send(&raw, MFN_IFR_COMMAND_STATS, i);
        if (i % 50 == 49)
            wire_settle(&world);
    }
    wire_raw_send(&raw, nonsense, sizeof nonsense);
    wire_settle(&world);
    uint32_t back = 0;
    while (wire_raw_has(&raw, &frame)) {
        back++;
        wire_settle(&world);
    }
    assert_int_equal(back, 301);
    assert_true(wire_raw_is_over(&raw));
    assert_int_equal(wire_counters(&world).client_count, 0);
    wire_raw_close(&raw);
    wire_close(&world);
}

/* A frame of 64 KiB in flight holds its room, and no more. */
static void large_frames(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_frame frame;
    uint8_t *const payload = malloc(MFN_IFR_FRAME_PAYLOAD_MAX);
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    for (int round = 0; round < 5; round++) {
        memset(payload, round, MFN_IFR_FRAME_PAYLOAD_MAX);
        wire_raw_frame(&raw, MFN_IFR_FRAME_HEARTBEAT, payload, MFN_IFR_FRAME_PAYLOAD_MAX, &bytes);
        wire_raw_send(&raw, bytes.data, bytes.size);
        bool has_frame = false;
        while (!has_frame) {
            wire_settle(&world);
            has_frame = wire_raw_has(&raw, &frame);
        }
        assert_int_equal(frame.payload.size, MFN_IFR_FRAME_PAYLOAD_MAX);
        assert_memory_equal(frame.payload.data, payload, MFN_IFR_FRAME_PAYLOAD_MAX);
        /* The answer's room is given back when it is sent. */
        assert_true(mfn_ifr_server_size_bytes(world.server) <= MFN_IFR_FRAME_SIZE_MAX);
    }
    wire_raw_close(&raw);
    wire_close(&world);
    free(payload);
}

/* ---- rings ---- */

static void attach(struct wire_raw *raw)
{
    const struct mfn_ifr_request request = { .command = MFN_IFR_COMMAND_ATTACH };
    uint8_t payload[MFN_IFR_REQUEST_SIZE_MAX];
    const size_t size = mfn_ifr_request_encode(&request, payload);
    wire_raw_frame(raw, MFN_IFR_FRAME_COMMAND, payload, size, &bytes);
    wire_raw_send(raw, bytes.data, bytes.size);
}

static void one_ring_a_connection(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_answer answer;
    wire_open(&world, 0);
    wire_raw_open(&raw, world.path);
    for (unsigned i = 0; i < 3; i++) {
        attach(&raw);
        wire_settle(&world);
        assert_int_equal(answered(&raw, &answer), i == 0 ? 0 : MFN_IFR_RESULT_INVALID);
    }
    check_service(&world, 1);
    wire_raw_close(&raw);
    wire_settle(&world);
    check_service(&world, 2);
    wire_close(&world);
}

/* A process attaches, asks and is killed with questions and answers in its ring. */
static void a_client_killed_with_a_ring(void **state)
{
    (void)state;
    struct wire_world world;
    wire_open(&world, 0);
    for (int round = 0; round < 6; round++) {
        int status;
        const pid_t pid = fork();
        if (pid == 0) {
            struct mfn_ifr_client *client;
            struct mfn_ifr_counters counters;
            const struct mfn_ifr_request request = { .command = MFN_IFR_COMMAND_STATS };
            bool is_good = mfn_ifr_client_open(world.path, 60000000000, &client, NULL) == BASE_OK &&
                           mfn_ifr_client_attach(client, 0, NULL) == BASE_OK &&
                           mfn_ifr_client_stats(client, &counters, NULL) == BASE_OK;
            for (int i = 0; is_good && i < 30; i++)
                is_good = mfn_ifr_client_send(client, &request, NULL) == BASE_OK &&
                          (i % 7 != 0 || mfn_ifr_client_flush(client, NULL) == BASE_OK);
            if (is_good)
                kill(getpid(), SIGKILL);
            _exit(1);
        }
        while (waitpid(pid, &status, WNOHANG) == 0)
            assert_int_equal(mfn_ifr_server_step(world.server, round % 2), BASE_OK);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        wire_settle(&world);
        assert_int_equal(wire_counters(&world).client_count, 0);
        check_service(&world, (uint64_t)round);
    }
    assert_int_equal(mfn_ifr_server_size_bytes(world.server), 0);
    wire_close(&world);
}

/* The process runs out of descriptors: the clients are refused, and later ones are served. */
static void no_descriptor_is_left(void **state)
{
    (void)state;
    enum { GUESTS = 8, ROOM = 3 };
    struct wire_world world;
    struct wire_raw raw[GUESTS];
    struct rlimit old, tight;
    wire_open(&world, 0);
    for (int i = 0; i < GUESTS; i++)
        wire_raw_open(&raw[i], world.path); /* in the backlog: the server has not stepped */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    const int next = dup(raw[0].fd);
    close(next);
    tight = old;
    tight.rlim_cur = (rlim_t)next + ROOM;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    wire_settle(&world);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(wire_counters(&world).client_count, ROOM);
    assert_int_equal(wire_counters(&world).clients_refused, GUESTS - ROOM);
    for (int i = 0; i < GUESTS; i++) {
        struct mfn_ifr_answer answer;
        if (i >= ROOM)
            assert_int_equal(answered(&raw[i], &answer), MFN_IFR_RESULT_BUSY);
        wire_raw_close(&raw[i]);
    }
    wire_settle(&world);
    check_service(&world, 2);
    wire_close(&world);
}

static void a_full_registry_and_a_size_it_does_not_keep(void **state)
{
    (void)state;
    struct wire_world world;
    struct wire_raw raw;
    struct mfn_ifr_answer answer;
    uint8_t payload[MFN_IFR_REQUEST_SIZE_MAX], key[MFN_IFR_KEY_SIZE_MAX];
    wire_open(&world, 0);
    world.map.capacity = 2;
    wire_raw_open(&raw, world.path);
    for (uint64_t i = 0; i < 3; i++)
        ask_and_send(&raw, MFN_IFR_COMMAND_REGISTER, i);
    wire_key(1, MFN_IFR_KEY_IPV6, key);
    const struct mfn_ifr_request request = { MFN_IFR_COMMAND_REGISTER, key, MFN_IFR_KEY_IPV6,
                                             wire_value(1) };
    const size_t size = mfn_ifr_request_encode(&request, payload);
    wire_raw_frame(&raw, MFN_IFR_FRAME_COMMAND, payload, size, &bytes);
    wire_raw_send(&raw, bytes.data, bytes.size);
    wire_settle(&world);
    assert_int_equal(answered(&raw, &answer), 0);
    assert_int_equal(answered(&raw, &answer), 0);
    assert_int_equal(answered(&raw, &answer), MFN_IFR_RESULT_FULL);
    assert_int_equal(answered(&raw, &answer), MFN_IFR_RESULT_INVALID);
    wire_raw_close(&raw);
    wire_close(&world);
}

static void stopped_is_stopped(void **state)
{
    (void)state;
    struct wire_world world;
    wire_open(&world, 0);
    check_service(&world, 1);
    for (int i = 0; i < 3; i++) {
        mfn_ifr_server_stop(world.server);
        assert_int_equal(mfn_ifr_server_step(world.server, -1), BASE_EINTERRUPTED);
        assert_int_equal(mfn_ifr_server_run(world.server), BASE_OK);
    }
    wire_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_byte_by_byte),
        cmocka_unit_test(every_type_is_answered),
        cmocka_unit_test(a_bad_frame_is_told_and_closed),
        cmocka_unit_test(strangers),
        cmocka_unit_test(a_client_killed_inside_a_frame),
        cmocka_unit_test(a_client_that_has_said_everything),
        cmocka_unit_test(idle_clients_hold_nothing),
        cmocka_unit_test(a_client_that_never_reads),
        cmocka_unit_test(a_client_that_reads_slowly),
        cmocka_unit_test(a_flooding_client_that_reads_late),
        cmocka_unit_test(many_questions_at_once),
        cmocka_unit_test(a_flooding_client_that_dies),
        cmocka_unit_test(a_flooding_client_that_breaks_the_protocol),
        cmocka_unit_test(large_frames),
        cmocka_unit_test(one_ring_a_connection),
        cmocka_unit_test(a_client_killed_with_a_ring),
        cmocka_unit_test(no_descriptor_is_left),
        cmocka_unit_test(a_full_registry_and_a_size_it_does_not_keep),
        cmocka_unit_test(stopped_is_stopped),
    };
    return cmocka_run_group_tests(tests, NULL, bytes_done);
}
