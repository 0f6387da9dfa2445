/* hermes_secure_timer.c - what is repeated until it is answered, with a back-off of two from twice
 * the measured round trip; old keys that end; new keys that are due. A session has one thing at a
 * time to wait for, and a place in a tree of wake times.
 *
 * FINISH is repeated more often, and with data that wait for it: until it comes, the called one may
 * have a session with an earlier life of the caller, and what it says to that one is lost. */
#include "hermes_secure_state_internal.h"

#include <sodium.h>

static uint64_t rekey_at(const struct hermes_secure *secure, const struct hermes_session *session)
{
    const struct hermes_keys *const keys = &session->keys[session->cur];
    const bool is_higher = memcmp(&secure->self, &session->id, sizeof secure->self) > 0;
    const uint64_t at_ns = hermes_add(
        keys->made_ns, hermes_add(secure->rekey_ns, is_higher ? secure->rekey_ns / 8 : 0));
    return keys->sent >= HERMES_REKEY_COUNT ? 0 : at_ns;
}

void hermes_schedule(struct hermes_secure *secure, struct hermes_session *session)
{
    uint64_t at_ns;
    if (session->stage == HERMES_FREE)
        return;
    if (session->owes_up)
        at_ns = 0;
    else if (session->repeat != HERMES_REPEAT_NOTHING)
        at_ns = session->repeat_ns;
    else if (session->keys[1 - session->cur].is_live)
        at_ns = session->old_until_ns;
    else
        at_ns = rekey_at(secure, session);
    hermes_wake_at(secure, session, at_ns);
}

static void repeat_send(const struct base_step_world *world, struct hermes_session *session)
{
    struct hermes_keys *const current = &session->keys[session->cur];
    session->sent_ns = world->now_ns;
    switch (session->repeat) {
    case HERMES_REPEAT_NOTHING:
        break;
    case HERMES_REPEAT_INIT:
        hermes_call_send(world, session);
        break;
    case HERMES_REPEAT_FINISH:
        world->send(world->context, &session->address, session->finish, HERMES_FINISH_SIZE);
        break;
    case HERMES_REPEAT_PING:
        hermes_control_say(world, &session->address, current, HERMES_CONTROL_PING);
        break;
    case HERMES_REPEAT_REKEY:
        hermes_rekey_send(world, session);
        break;
    case HERMES_REPEAT_ANSWER:
        hermes_rekey_answer(world, session, &session->keys[1 - session->cur]);
        break;
    }
}

static void repeat_plan(const struct base_step_world *world, struct hermes_session *session)
{
    const uint64_t jitter_ns = base_rng_below(world->rng, session->interval_ns / 8 + 1);
    session->repeat_ns = hermes_add(world->now_ns, session->interval_ns + jitter_ns);
    if (session->repeat_ns > session->deadline_ns)
        session->repeat_ns = session->deadline_ns;
}

void hermes_repeat_begin(struct hermes_secure *secure, const struct base_step_world *world,
                         struct hermes_session *session, enum hermes_repeat what,
                         uint64_t deadline_ns)
{
    if (session->interval_ns == 0 || session->repeats > 0)
        session->interval_ns = HERMES_REPEAT_NS;
    session->repeat = what;
    session->repeats = 0;
    session->deadline_ns = deadline_ns;
    repeat_send(world, session);
    repeat_plan(world, session);
    hermes_schedule(secure, session);
}

void hermes_repeat_hurry(const struct base_step_world *world, struct hermes_session *session)
{
    if (session->repeat == HERMES_REPEAT_FINISH && session->repeats > 0 &&
        world->now_ns - session->sent_ns >= HERMES_REPEAT_NS)
        repeat_send(world, session);
}

void hermes_repeat_end(struct hermes_secure *secure, struct hermes_session *session)
{
    session->repeat = HERMES_REPEAT_NOTHING;
    hermes_schedule(secure, session);
}

void hermes_repeat_measure(struct hermes_session *session, uint64_t now_ns)
{
    if (session->repeats > 0)
        return; /* which one was answered? (Karn & Partridge, SIGCOMM 1987) */
    uint64_t interval_ns = 2 * (now_ns - session->sent_ns);
    if (interval_ns < HERMES_REPEAT_MIN_NS)
        interval_ns = HERMES_REPEAT_MIN_NS;
    if (interval_ns > HERMES_REPEAT_MAX_NS)
        interval_ns = HERMES_REPEAT_MAX_NS;
    session->interval_ns = interval_ns;
}

/* Nothing came for too long. Of two handshakes that crossed, one may have failed and the other be
 * in use: that one stays. */
static struct hermes_opened give_up(struct hermes_secure *secure,
                                    const struct base_step_world *world,
                                    struct hermes_session *session)
{
    const struct hermes_keys *const other = &session->keys[1 - session->cur];
    if (session->keys[session->cur].phase != 0 || !other->is_live || !other->is_confirmed ||
        session->old_until_ns <= world->now_ns)
        return hermes_session_down(secure, session);
    hermes_keys_drop(secure, session, session->cur);
    session->cur = 1 - session->cur;
    hermes_repeat_end(secure, session);
    return hermes_nothing();
}

static uint64_t interval_most(const struct hermes_session *session)
{
    return session->repeat == HERMES_REPEAT_FINISH ? HERMES_FINISH_MAX_NS : HERMES_REPEAT_MAX_NS;
}

static struct hermes_opened due(struct hermes_secure *secure, const struct base_step_world *world,
                                struct hermes_session *session)
{
    if (session->owes_up) {
        session->owes_up = false;
        hermes_schedule(secure, session);
        return (struct hermes_opened){ .kind = HERMES_UP, .peer = hermes_peer_of(secure, session) };
    }
    if (session->repeat != HERMES_REPEAT_NOTHING) {
        if (session->repeat_ns > world->now_ns) {
            hermes_schedule(secure, session);
            return hermes_nothing();
        }
        if (world->now_ns >= session->deadline_ns)
            return give_up(secure, world, session);
        session->repeats++;
        session->interval_ns *= session->interval_ns < interval_most(session) / 2 ? 2 : 1;
        repeat_send(world, session);
        repeat_plan(world, session);
    } else if (session->keys[1 - session->cur].is_live) {
        if (session->old_until_ns <= world->now_ns)
            hermes_keys_drop(secure, session, 1 - session->cur);
    } else if (rekey_at(secure, session) <= world->now_ns) {
        hermes_rekey_begin(secure, world, session);
    }
    hermes_schedule(secure, session);
    return hermes_nothing();
}

struct hermes_opened hermes_secure_timer(struct hermes_secure *secure,
                                         const struct base_step_world *world)
{
    struct hermes_session *session;
    struct hermes_opened opened = hermes_nothing();
    while (opened.kind == HERMES_NOTHING &&
           (session = hermes_wake_due(secure, world->now_ns)) != NULL)
        opened = due(secure, world, session);
    return opened;
}

uint64_t hermes_secure_wake_ns(const struct hermes_secure *secure)
{
    return secure->wake[1];
}
