/* Who somebody is: names of others, proofs of others, proofs from other handshakes. */
#include "secure_net.h"

#include "hermes_secure_state_internal.h"

static struct net net;

/* Node 1 says it is node 2. */
static void a_name_without_its_key_is_refused(void **state)
{
    (void)state;
    for (int as_caller = 0; as_caller < 2; as_caller++)
        for (int is_expected = 0; is_expected < 2; is_expected++) {
            net_init(&net, 21, 3, 4, 3600 * NET_S);
            net.nodes[1].secure->self = *net_id(&net, 2);
            if (as_caller)
                assert_int_equal(net_call(&net, 1, 0, is_expected, NULL), BASE_OK);
            else /* node 0 believes that node 2 is there */
                assert_int_equal(net_call(&net, 0, 1, is_expected, NULL), BASE_OK);
            net_wait(&net, 20 * NET_S);
            assert_int_equal(net.nodes[0].ups, 0);
            assert_true(hermes_secure_counts(net.nodes[0].secure).forged > 0);
            assert_int_equal(net_peer(&net, 0, 2), HERMES_NO_PEER);
            net_wait(&net, 60 * NET_S);
            assert_int_equal(net.nodes[0].ups, 0);
            net_done(&net);
        }
}

/* A caller made by hand, to node 0. */
struct caller {
    struct base_address address;
    struct hermes_pair own;
    struct hermes_noise noise;
    uint8_t cookie[HERMES_COOKIE_SIZE], answer[HERMES_ANSWER_SIZE];
};

static bool catch_replies(struct net *on, struct net_packet *packet, void *context)
{
    struct caller *const caller = context;
    if (net_at(on, &packet->to) != NULL)
        return true;
    if (packet->data[0] == HERMES_PACKET_COOKIE)
        memcpy(caller->cookie, packet->data + HERMES_COOKIE_AT, HERMES_COOKIE_SIZE);
    if (packet->data[0] == HERMES_PACKET_ANSWER)
        memcpy(caller->answer, packet->data, packet->size);
    return false;
}

static void secret_make(uint8_t secret[HERMES_KEY_SIZE])
{
    for (size_t i = 0; i < HERMES_KEY_SIZE; i++)
        secret[i] = (uint8_t)base_rng_u64(&net.rng);
}

/* INIT, INIT with the cookie, and the ANSWER read. */
static void caller_begin(struct caller *caller)
{
    uint8_t init[HERMES_INIT_SIZE] = { HERMES_PACKET_INIT, HERMES_VERSION },
            secret[HERMES_KEY_SIZE], payload[HERMES_INIT_SIZE];
    secret_make(secret);
    hermes_noise_init(&caller->noise, true, hermes_prologue(), secret);
    init[HERMES_INIT_INDEX_AT] = 77;
    hermes_noise_put_keys(&caller->noise, &caller->own, init + HERMES_INIT_E_AT);
    hermes_noise_put_payload(
        &caller->noise,
        base_span_of(init + HERMES_INIT_INDEX_AT, HERMES_INIT_SIZE - HERMES_INIT_INDEX_AT),
        payload);
    net_deliver(&net, 0, &caller->address, init, sizeof init);
    memcpy(init + HERMES_INIT_COOKIE_AT, caller->cookie, HERMES_COOKIE_SIZE);
    net_deliver(&net, 0, &caller->address, init, sizeof init);
    const struct base_span message =
        base_span_of(caller->answer + HERMES_NOISE_AT, HERMES_ANSWER_SIZE - HERMES_NOISE_AT);
    const size_t size = hermes_noise_take_keys(&caller->noise, &caller->own, message);
    assert_int_equal(size, 80);
    assert_true(hermes_noise_take_payload(
        &caller->noise, base_span_of(message.data + size, message.size - size), payload));
    memcpy(caller->answer, payload, 4); /* the called one's index */
}

/* FINISH with a proof, which may be made after the keys are in the transcript. */
static enum hermes_opened_kind caller_finish(struct caller *caller, const struct hermes_secure *as,
                                             uint8_t proof[HERMES_PROOF_SIZE])
{
    uint8_t finish[HERMES_FINISH_SIZE] = { HERMES_PACKET_FINISH, HERMES_VERSION };
    memcpy(finish + HERMES_INDEX_AT, caller->answer, 4);
    const size_t size =
        hermes_noise_put_keys(&caller->noise, &caller->own, finish + HERMES_NOISE_AT);
    if (as != NULL)
        hermes_proof_put(as, &caller->noise, proof);
    hermes_noise_put_payload(&caller->noise, base_span_of(proof, HERMES_PROOF_SIZE),
                             finish + HERMES_NOISE_AT + size);
    return net_deliver(&net, 0, &caller->address, finish, sizeof finish);
}

static void caller_init(struct caller *caller, const struct hermes_secure *as)
{
    *caller = (struct caller){ .address = { .ip = { 4 }, .port = 4 }, .own = as->own };
    net_init(&net, 22, 3, 4, 3600 * NET_S);
    net.see = catch_replies;
    net.context = caller;
    caller_begin(caller);
}

/* Identities of a network like the test's, whose nodes are gone. */
static void identity_of(uint32_t node, struct hermes_secure *out)
{
    net_init(&net, 22, 3, 4, 3600 * NET_S);
    *out = *net.nodes[node].secure;
    net_done(&net);
}

static void a_proof_is_of_one_handshake(void **state)
{
    struct caller caller;
    struct hermes_secure one, two, mixed;
    uint8_t proof[HERMES_PROOF_SIZE], other[HERMES_PROOF_SIZE];
    (void)state;
    identity_of(1, &one);
    identity_of(2, &two);

    caller_init(&caller, &one);
    assert_int_equal(caller_finish(&caller, &one, proof), HERMES_UP); /* the honest one */
    net_done(&net);

    net_init(&net, 22, 3, 4, 3600 * NET_S); /* its proof again, in a handshake of its own */
    net.rng.state[0]++;                     /* with another ephemeral key */
    net.see = catch_replies;
    net.context = &caller;
    caller_begin(&caller);
    memcpy(other, proof, sizeof other);
    assert_int_equal(caller_finish(&caller, NULL, other), HERMES_NOTHING);
    assert_int_equal(hermes_secure_counts(net.nodes[0].secure).forged, 1);
    net_done(&net);

    caller_init(&caller, &two); /* by another */
    memcpy(other, proof, sizeof other);
    assert_int_equal(caller_finish(&caller, NULL, other), HERMES_NOTHING);
    net_done(&net);

    mixed = one; /* a static key that its identity has not signed */
    mixed.own = two.own;
    caller_init(&caller, &one);
    assert_int_equal(caller_finish(&caller, &mixed, proof), HERMES_NOTHING);
    net_done(&net);

    caller_init(&caller, &one); /* the other role's proof */
    caller.noise.is_initiator = false;
    uint8_t finish[80];
    struct hermes_noise noise = caller.noise;
    noise.is_initiator = true;
    hermes_noise_put_keys(&noise, &caller.own, finish);
    noise.is_initiator = false;
    hermes_proof_put(&one, &noise, proof);
    caller.noise.is_initiator = true;
    assert_int_equal(caller_finish(&caller, NULL, proof), HERMES_NOTHING);
    assert_int_equal(hermes_secure_counts(net.nodes[0].secure).forged, 1);
    net_done(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_without_its_key_is_refused),
        cmocka_unit_test(a_proof_is_of_one_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
