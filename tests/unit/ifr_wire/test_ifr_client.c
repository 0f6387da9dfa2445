/* test_ifr_client.c - the client library against a server in a thread, against servers that
 * misbehave, and several clients at once against naive twins. */
#define _GNU_SOURCE
#include "wire_world.h"

#include <base/rng.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MS UINT64_C(1000000)

static const uint64_t patience_ns = 60000 * MS;
static const size_t kept_sizes[] = { MFN_IFR_KEY_IPV4, MFN_IFR_KEY_HASHED };

static struct mfn_ifr_client *client_open(const struct wire_world *world)
{
    struct mfn_ifr_client *client = NULL;
    struct base_why why = { 0 };
    if (mfn_ifr_client_open(world->path, patience_ns, &client, &why) != BASE_OK)
        fail_msg("%s", why.text);
    return client;
}

static void every_call(void **state)
{
    (void)state;
    struct wire_world world;
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    struct mfn_ifr_value value;
    struct mfn_ifr_counters counters;
    struct base_why why = { 0 };
    wire_start(&world, 0);
    struct mfn_ifr_client *const client = client_open(&world);
    for (size_t i = 0; i < 2; i++) {
        const size_t size = kept_sizes[i];
        wire_key(i, size, key);
        value = wire_value(70 + i);
        assert_int_equal(mfn_ifr_client_find(client, key, size, &value, &why), BASE_ENOTFOUND);
        assert_string_equal(why.text, "no such flow");
        assert_int_equal(mfn_ifr_client_insert(client, key, size, &value, &why), BASE_OK);
        value = wire_value(80 + i);
        assert_int_equal(mfn_ifr_client_insert(client, key, size, &value, &why), BASE_OK);
        assert_int_equal(mfn_ifr_client_find(client, key, size, &value, &why), BASE_OK);
        wire_value_check(&value, 80 + i);
        assert_int_equal(mfn_ifr_client_remove(client, key, size, &why), BASE_OK);
        assert_int_equal(mfn_ifr_client_remove(client, key, size, &why), BASE_ENOTFOUND);
        assert_int_equal(mfn_ifr_client_insert(client, key, size, &value, &why), BASE_OK);
    }
    wire_key(0, MFN_IFR_KEY_IPV6, key);
    assert_int_equal(mfn_ifr_client_insert(client, key, MFN_IFR_KEY_IPV6, &value, &why),
                     BASE_EINVALID);
    assert_int_equal(mfn_ifr_client_insert(client, key, 14, &value, &why), BASE_EINVALID);
    assert_string_equal(why.text, "a key of 14 bytes: it has 13, 32 or 37");
    assert_int_equal(mfn_ifr_client_stats(client, &counters, &why), BASE_OK);
    assert_int_equal(counters.lookups, 4);
    assert_int_equal(counters.hits, 2);
    assert_int_equal(counters.misses, 2);
    assert_int_equal(counters.registrations, 6);
    assert_int_equal(counters.removals, 2);
    assert_int_equal(counters.active_flows, 2);
    assert_int_equal(counters.client_count, 1);
    assert_int_equal(counters.frames, 1 + 2 * 7 + 1 + 1);
    assert_true(counters.uptime_ns > 0);
    mfn_ifr_client_close(client);
    wire_close(&world);
}

static void heartbeats(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 64, 256, 1024, 4096, 65536, 65537 };
    struct wire_world world;
    struct base_why why = { 0 };
    uint8_t *const payload = malloc(65537);
    memset(payload, 0xa5, 65537);
    wire_start(&world, 0);
    struct mfn_ifr_client *const client = client_open(&world);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        assert_int_equal(mfn_ifr_client_heartbeat(client, base_span_of(payload, sizes[i]), &why),
                         sizes[i] <= 65536 ? BASE_OK : BASE_ERANGE);
    assert_int_equal(mfn_ifr_client_heartbeat(client, base_span_of(payload, 9), &why), BASE_OK);
    mfn_ifr_client_close(client);
    wire_close(&world);
    free(payload);
}

static void components_know_of_each_other(void **state)
{
    (void)state;
    struct wire_world world;
    struct mfn_ifr_component found[2];
    struct mfn_ifr_client *clients[4];
    size_t count = 99;
    wire_start(&world, 0);
    for (uint32_t i = 0; i < 4; i++)
        clients[i] = client_open(&world);
    assert_int_equal(mfn_ifr_client_components(clients[3], found, 2, &count, NULL), BASE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mfn_ifr_client_announce(clients[0], 5, NULL), BASE_OK);
    assert_int_equal(mfn_ifr_client_announce(clients[1], 0, NULL), BASE_OK);
    assert_int_equal(mfn_ifr_client_components(clients[3], found, 2, &count, NULL), BASE_OK);
    assert_int_equal(count, 2);
    assert_int_equal(found[0].component_id + found[1].component_id, 5);
    assert_int_equal(mfn_ifr_client_announce(clients[1], 6, NULL), BASE_OK);
    assert_int_equal(mfn_ifr_client_announce(clients[2], 7, NULL), BASE_OK);
    assert_int_equal(mfn_ifr_client_components(clients[3], found, 2, &count, NULL), BASE_OK);
    assert_int_equal(count, 3);
    for (uint32_t i = 0; i < 3; i++)
        mfn_ifr_client_close(clients[i]);
    while (count > 0) /* the server hears of it in its own time */
        assert_int_equal(mfn_ifr_client_components(clients[3], found, 2, &count, NULL), BASE_OK);
    mfn_ifr_client_close(clients[3]);
    wire_close(&world);
}

static void check_requests_under_way(bool has_ring)
{
    struct wire_world world;
    struct mfn_ifr_answer answer;
    struct base_why why = { 0 };
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    wire_start(&world, 0);
    struct mfn_ifr_client *const client = client_open(&world);
    if (has_ring)
        assert_int_equal(mfn_ifr_client_attach(client, 0, &why), BASE_OK);
    assert_int_equal(mfn_ifr_client_receive(client, &answer, &why), BASE_EINVALID);
    for (int command = MFN_IFR_COMMAND_REGISTER; command >= MFN_IFR_COMMAND_LOOKUP; command--) {
        struct mfn_ifr_request request = { (enum mfn_ifr_command)command, key, 32, { 0 } };
        for (uint64_t i = 0; i < MFN_IFR_CLIENT_IN_FLIGHT_MAX; i++) {
            wire_key(i, 32, key);
            request.value = wire_value(i);
            assert_int_equal(mfn_ifr_client_send(client, &request, &why), BASE_OK);
            if (i % 3 == 0)
                assert_int_equal(mfn_ifr_client_flush(client, &why), BASE_OK);
        }
        assert_int_equal(mfn_ifr_client_in_flight(client), MFN_IFR_CLIENT_IN_FLIGHT_MAX);
        assert_int_equal(mfn_ifr_client_send(client, &request, &why), BASE_EFULL);
        assert_string_equal(why.text, "32 requests are under way: receive answers first");
        assert_int_equal(mfn_ifr_client_remove(client, key, 32, &why), BASE_EINVALID);
        assert_string_equal(why.text, "32 answers are to be received first");
        for (uint64_t i = 0; i < MFN_IFR_CLIENT_IN_FLIGHT_MAX; i++) {
            assert_int_equal(mfn_ifr_client_receive(client, &answer, &why), BASE_OK);
            assert_int_equal(answer.result, 0);
            assert_int_equal(answer.command, command);
            if (command == MFN_IFR_COMMAND_LOOKUP)
                wire_value_check(&answer.value, i);
        }
    }
    assert_int_equal(mfn_ifr_client_in_flight(client), 0);
    mfn_ifr_client_close(client);
    wire_close(&world);
}

static void requests_under_way(void **state)
{
    (void)state;
    check_requests_under_way(false);
    check_requests_under_way(true);
}

static void one_client_too_many(void **state)
{
    (void)state;
    struct wire_world world;
    struct mfn_ifr_client *second = NULL;
    struct base_why why = { 0 };
    wire_start(&world, 1);
    struct mfn_ifr_client *const client = client_open(&world);
    assert_int_equal(mfn_ifr_client_open(world.path, patience_ns, &second, &why), BASE_EFULL);
    assert_non_null(strstr(why.text, "the server refused: too many clients"));
    assert_null(second);
    mfn_ifr_client_close(client);
    while (mfn_ifr_client_open(world.path, patience_ns, &second, &why) != BASE_OK)
        assert_int_equal(why.err, BASE_EFULL);
    mfn_ifr_client_close(second);
    wire_close(&world);
}

static void servers_that_are_not_there(void **state)
{
    (void)state;
    struct wire_world world;
    struct mfn_ifr_client *client = NULL;
    struct base_why why = { 0 };
    char path[200];
    wire_open(&world, 0);
    snprintf(path, sizeof path, "%s/other", world.folder);
    assert_int_equal(mfn_ifr_client_open(path, patience_ns, &client, &why), BASE_ENOTFOUND);
    assert_non_null(strstr(why.text, "/other: no server listens there"));
    assert_int_equal(mfn_ifr_client_open("", patience_ns, &client, &why), BASE_ERANGE);
    assert_int_equal(mfn_ifr_client_open(world.path, MS - 1, &client, &why), BASE_EINVALID);
    assert_int_equal(mfn_ifr_client_open(world.path, 3600001 * MS, &client, &why), BASE_EINVALID);
    /* It listens, and never steps. */
    assert_int_equal(mfn_ifr_client_open(world.path, 20 * MS, &client, &why), BASE_ETIMEOUT);
    assert_non_null(strstr(why.text, "the server did not answer within 20 ms"));
    assert_null(client);
    wire_close(&world);
}

static void a_ring_answers_like_the_socket(void **state)
{
    (void)state;
    struct wire_world world;
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    struct mfn_ifr_counters counters;
    struct base_why why = { 0 };
    wire_start(&world, 0);
    struct mfn_ifr_client *const client = client_open(&world);
    struct mfn_ifr_value value = wire_value(3);
    wire_key(3, 32, key);
    assert_int_equal(mfn_ifr_client_insert(client, key, 32, &value, &why), BASE_OK);
    assert_int_equal(mfn_ifr_client_attach(client, patience_ns + 1, &why), BASE_EINVALID);
    assert_int_equal(mfn_ifr_client_attach(client, 1000, &why), BASE_OK);
    assert_int_equal(mfn_ifr_client_attach(client, 1000, &why), BASE_EINVALID);
    assert_string_equal(why.text, "this client has a ring already");
    value = (struct mfn_ifr_value){ 0 };
    for (uint64_t i = 0; i < 300; i++) { /* twice round */
        assert_int_equal(mfn_ifr_client_find(client, key, 32, &value, &why), BASE_OK);
        wire_value_check(&value, 3);
    }
    for (int i = 0; i < 100; i++) { /* with pauses after which both ends sleep */
        usleep((useconds_t)(i * 3));
        assert_int_equal(mfn_ifr_client_find(client, key, 32, &value, &why), BASE_OK);
    }
    assert_int_equal(mfn_ifr_client_remove(client, key, 32, &why), BASE_OK);
    assert_int_equal(mfn_ifr_client_find(client, key, 32, &value, &why), BASE_ENOTFOUND);
    assert_string_equal(why.text, "no such flow");
    assert_int_equal(mfn_ifr_client_insert(client, key, 37, &value, &why), BASE_EINVALID);
    assert_int_equal(mfn_ifr_client_stats(client, &counters, &why), BASE_OK);
    assert_int_equal(counters.lookups, 401);
    assert_int_equal(counters.client_count, 1);
    /* What is not asked over the ring goes on over the socket. */
    assert_int_equal(mfn_ifr_client_announce(client, 6, &why), BASE_OK);
    assert_int_equal(mfn_ifr_client_heartbeat(client, base_span_of(key, 9), &why), BASE_OK);
    mfn_ifr_client_close(client);
    wire_close(&world);
}

static atomic_uint ring_notices; /* those of frames have the time of the frame */

static void count_notice(void *context, const struct mfn_ifr_notice *notice)
{
    (void)context;
    if (notice->kind == MFN_IFR_NOTICE_HEARD && notice->sent_ns == 0)
        atomic_fetch_add(&ring_notices, 1);
}

static void start_with_notices(struct wire_world *world)
{
    wire_open(world, 0);
    mfn_ifr_server_close(world->server);
    struct mfn_ifr_server_options options = { .path = world->path,
                                              .service = wire_map_service(&world->map) };
    options.service.notice = count_notice;
    atomic_store(&ring_notices, 0);
    assert_int_equal(mfn_ifr_server_open(&options, &world->server, NULL), BASE_OK);
    wire_run(world);
}

/* A component that asks only through its ring is heard: again and again, not at each question. */
static void a_ring_is_heard(void **state)
{
    (void)state;
    struct wire_world world;
    struct mfn_ifr_counters counters;
    start_with_notices(&world);
    struct mfn_ifr_client *const client = client_open(&world);
    assert_int_equal(mfn_ifr_client_announce(client, 6, NULL), BASE_OK);
    assert_int_equal(mfn_ifr_client_attach(client, 0, NULL), BASE_OK);
    for (int i = 0; i < 30000 && atomic_load(&ring_notices) < 2; i++) {
        usleep(1000);
        assert_int_equal(mfn_ifr_client_stats(client, &counters, NULL), BASE_OK);
    }
    assert_true(atomic_load(&ring_notices) >= 2);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(mfn_ifr_client_stats(client, &counters, NULL), BASE_OK);
    assert_true(atomic_load(&ring_notices) < 500);
    mfn_ifr_client_close(client);
    wire_close(&world);
}

/* ---- servers that misbehave ---- */

struct liar {
    char folder[64], path[96];
    int listener;
    int kind;
    pthread_t thread;
};

enum {
    LIAR_MAGIC,
    LIAR_CRC,
    LIAR_SEQUENCE,
    LIAR_TYPE,
    LIAR_HANG_UP,
    LIAR_CUT,
    LIAR_ANSWER,
    LIAR_REFUSAL,
    LIARS
};

static void liar_answer(const struct liar *liar, struct wire_raw *raw, bool is_first)
{
    struct base_buf out = { 0 };
    const bool is_heartbeat = is_first || liar->kind == LIAR_TYPE;
    const char *const payload = liar->kind == LIAR_ANSWER    ? "\0\2\0\0"
                                : liar->kind == LIAR_REFUSAL ? "\5\0\0\0no"
                                                             : "\2\1\0\0no";
    if (!is_first && liar->kind == LIAR_SEQUENCE)
        raw->sequence++;
    wire_raw_frame(raw, is_heartbeat ? MFN_IFR_FRAME_HEARTBEAT : MFN_IFR_FRAME_RESPONSE, payload,
                   is_heartbeat                ? 0
                   : liar->kind == LIAR_ANSWER ? 4
                                               : 6,
                   &out);
    if (!is_first && liar->kind == LIAR_MAGIC)
        out.data[1] ^= 1;
    if (!is_first && liar->kind == LIAR_CRC)
        out.data[out.size - 1] ^= 1;
    if (!is_first && liar->kind == LIAR_CUT)
        out.size -= 3;
    if (is_first || liar->kind != LIAR_HANG_UP)
        (void)!send(raw->fd, out.data, out.size, MSG_NOSIGNAL);
    base_buf_done(&out);
}

/* Answers the first heartbeat well, and what comes then as its kind is; then hangs up. */
static void *liar_run(void *argument)
{
    struct liar *const liar = argument;
    struct wire_raw raw = { .fd = accept(liar->listener, NULL, NULL) };
    uint8_t bytes[200];
    for (int i = 0; i < 2; i++)
        if (recv(raw.fd, bytes, sizeof bytes, 0) > 0)
            liar_answer(liar, &raw, i == 0);
    wire_raw_close(&raw);
    return NULL;
}

static void liar_open(struct liar *liar, int kind)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    *liar = (struct liar){ .folder = "/tmp/ifr-liar-XXXXXX", .kind = kind };
    assert_non_null(mkdtemp(liar->folder));
    snprintf(liar->path, sizeof liar->path, "%s/s", liar->folder);
    strcpy(address.sun_path, liar->path);
    liar->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(liar->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(liar->listener, 5), 0);
    assert_int_equal(pthread_create(&liar->thread, NULL, liar_run, liar), 0);
}

static void liar_close(struct liar *liar)
{
    assert_int_equal(pthread_join(liar->thread, NULL), 0);
    close(liar->listener);
    unlink(liar->path);
    rmdir(liar->folder);
}

static void a_lying_server_is_seen_through(void **state)
{
    (void)state;
    static const struct {
        base_err err;
        const char *sentence;
    } rows[LIARS] = {
        [LIAR_MAGIC] = { BASE_EPROTOCOL, "magic" },
        [LIAR_CRC] = { BASE_ECORRUPT, "CRC" },
        [LIAR_SEQUENCE] = { BASE_EPROTOCOL, "sequence 0x2 at byte 44 is not 0x1" },
        [LIAR_TYPE] = { BASE_EPROTOCOL, "the answer to a request is not a Response" },
        [LIAR_HANG_UP] = { BASE_ECLOSED, "the server closed the connection" },
        [LIAR_CUT] = { BASE_ECLOSED, "the server closed the connection" },
        [LIAR_REFUSAL] = { BASE_EPROTOCOL, "the server refused: no" },
        [LIAR_ANSWER] = { BASE_EPROTOCOL, "the answer is to another command" },
    };
    for (int kind = 0; kind < LIARS; kind++) {
        struct liar liar;
        struct mfn_ifr_client *client = NULL;
        struct mfn_ifr_value value;
        struct base_why why = { 0 };
        uint8_t key[MFN_IFR_KEY_SIZE_MAX] = { 0 };
        liar_open(&liar, kind);
        assert_int_equal(mfn_ifr_client_open(liar.path, patience_ns, &client, NULL), BASE_OK);
        for (int again = 0; again < 2; again++) {
            const base_err err = mfn_ifr_client_find(client, key, 13, &value, &why);
            if (err != rows[kind].err ||
                strncmp(why.text, rows[kind].sentence, strlen(rows[kind].sentence)) != 0)
                fail_msg("kind %d: %s", kind, why.text);
        }
        mfn_ifr_client_close(client);
        liar_close(&liar);
    }
}

/* ---- several at once ---- */

enum { CLIENTS = 4, KEYS = 60, WINDOW = 32 };

struct worker {
    const struct wire_world *world;
    uint64_t seed, operations;
    unsigned index;
    bool has_ring;
    uint64_t numbers[KEYS]; /* the twin: 0, or the number of the value */
    uint64_t wrong;
    base_err err;
    pthread_t thread;
};

struct expectation {
    enum mfn_ifr_command command;
    unsigned result;
    uint64_t number;
};

static base_err worker_send(struct worker *worker, struct mfn_ifr_client *client,
                            struct base_rng *rng, struct expectation *right)
{
    uint8_t key[MFN_IFR_KEY_SIZE_MAX];
    const uint64_t at = base_rng_below(rng, KEYS), number = 1 + base_rng_u64(rng) % 1000000;
    const size_t size = kept_sizes[at % 2];
    wire_key(at * CLIENTS + worker->index, size, key);
    const struct mfn_ifr_request request = { (enum mfn_ifr_command)(MFN_IFR_COMMAND_LOOKUP +
                                                                    base_rng_below(rng, 3)),
                                             key, size, wire_value(number) };
    *right = (struct expectation){ request.command, 0, worker->numbers[at] };
    if (request.command == MFN_IFR_COMMAND_REGISTER)
        worker->numbers[at] = number;
    else if (worker->numbers[at] == 0)
        right->result = MFN_IFR_RESULT_NOT_FOUND;
    if (request.command == MFN_IFR_COMMAND_REMOVE)
        worker->numbers[at] = 0;
    return mfn_ifr_client_send(client, &request, NULL);
}

static base_err worker_receive(struct worker *worker, struct mfn_ifr_client *client,
                               const struct expectation *right)
{
    struct mfn_ifr_answer answer;
    const base_err err = mfn_ifr_client_receive(client, &answer, NULL);
    if (err != BASE_OK)
        return err;
    bool is_wrong = answer.result != right->result || answer.command != right->command;
    if (!is_wrong && right->command == MFN_IFR_COMMAND_LOOKUP && right->result == 0) {
        const struct mfn_ifr_value value = wire_value(right->number);
        is_wrong = memcmp(&answer.value, &value, 20) != 0;
    }
    worker->wrong += is_wrong;
    return BASE_OK;
}

static void *work(void *argument)
{
    struct worker *const worker = argument;
    struct mfn_ifr_client *client = NULL;
    struct expectation right[WINDOW];
    struct base_rng rng;
    base_rng_init(&rng, worker->seed);
    worker->err = mfn_ifr_client_open(worker->world->path, patience_ns, &client, NULL);
    if (worker->err == BASE_OK && worker->has_ring)
        worker->err = mfn_ifr_client_attach(client, worker->index * 2000, NULL);
    for (uint64_t done = 0; worker->err == BASE_OK && done < worker->operations;) {
        const uint64_t count = 1 + base_rng_below(&rng, WINDOW);
        for (uint64_t i = 0; worker->err == BASE_OK && i < count; i++)
            worker->err = worker_send(worker, client, &rng, &right[i]);
        for (uint64_t i = 0; worker->err == BASE_OK && i < count; i++)
            worker->err = worker_receive(worker, client, &right[i]);
        done += count;
    }
    mfn_ifr_client_close(client);
    return NULL;
}

static uint64_t operations = 20000; /* of each client; the argument of the program */

enum rings { NO_RINGS, SOME_RINGS, ALL_RINGS };

static void workers_start(struct worker *workers, const struct wire_world *world, uint64_t count,
                          enum rings rings)
{
    for (unsigned i = 0; i < CLIENTS; i++) {
        workers[i] = (struct worker){ .world = world,
                                      .seed = 1234 + i,
                                      .operations = count,
                                      .index = i,
                                      .has_ring = rings == ALL_RINGS ||
                                                  (rings == SOME_RINGS && i % 2 == 1) };
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
}

static void check_against_twins(enum rings rings)
{
    struct wire_world world;
    struct worker workers[CLIENTS];
    struct mfn_ifr_counters counters;
    uint64_t flows = 0;
    wire_start(&world, 0);
    workers_start(workers, &world, operations, rings);
    for (unsigned i = 0; i < CLIENTS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].err, BASE_OK);
        assert_int_equal(workers[i].wrong, 0);
        for (size_t k = 0; k < KEYS; k++)
            flows += workers[i].numbers[k] != 0;
    }
    struct mfn_ifr_client *const client = client_open(&world);
    assert_int_equal(mfn_ifr_client_stats(client, &counters, NULL), BASE_OK);
    assert_int_equal(counters.active_flows, flows);
    assert_true(counters.frames >= CLIENTS * operations);
    assert_int_equal(counters.bad_frames, 0);
    mfn_ifr_client_close(client);
    wire_close(&world);
}

static void clients_against_their_twins(void **state)
{
    (void)state;
    check_against_twins(NO_RINGS);
    check_against_twins(SOME_RINGS);
    check_against_twins(ALL_RINGS);
}

static void stopped_under_load(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        struct wire_world world;
        struct worker workers[CLIENTS];
        struct mfn_ifr_counters counters = { 0 };
        wire_start(&world, 0);
        workers_start(workers, &world, UINT64_MAX, (enum rings)(round % 3));
        struct mfn_ifr_client *const client = client_open(&world);
        while (counters.frames < 2000 || counters.client_count < CLIENTS + 1)
            assert_int_equal(mfn_ifr_client_stats(client, &counters, NULL), BASE_OK);
        wire_stop(&world);
        wire_close(&world);
        for (unsigned i = 0; i < CLIENTS; i++) {
            assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
            assert_int_equal(workers[i].err, BASE_ECLOSED);
            assert_int_equal(workers[i].wrong, 0);
        }
        assert_int_equal(mfn_ifr_client_stats(client, &counters, NULL), BASE_ECLOSED);
        mfn_ifr_client_close(client);
    }
}

int main(int count, char **args)
{
    if (count > 1)
        operations = strtoull(args[1], NULL, 10);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call),
        cmocka_unit_test(heartbeats),
        cmocka_unit_test(components_know_of_each_other),
        cmocka_unit_test(requests_under_way),
        cmocka_unit_test(one_client_too_many),
        cmocka_unit_test(servers_that_are_not_there),
        cmocka_unit_test(a_ring_answers_like_the_socket),
        cmocka_unit_test(a_ring_is_heard),
        cmocka_unit_test(a_lying_server_is_seen_through),
        cmocka_unit_test(clients_against_their_twins),
        cmocka_unit_test(stopped_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
