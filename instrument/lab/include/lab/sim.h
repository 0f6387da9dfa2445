/* sim.h - virtual time: step machines on a fabric, one seed = one history, byte for byte.
 *
 * Host i has the address fd00::i+1 and the port 9000; what is sent elsewhere is gone. Time starts
 * at 1 s and jumps from event to event. What machines tell goes to the simulation's own `tell`.
 * Crash and restart, clocks and randomness are the simulation's; a machine's secrets come from the
 * seed.
 *
 * At one time changes of the network come first, then calls that were planned (in the order of
 * their planning), packets, and timers (by host). A machine that still wants its timer in the past
 * after it was called is called again 1 us later, so that time goes on.
 *
 * Ownership states are the caller's and must outlive the simulation, or their crash
 * Threads   one simulation, one thread
 */
#ifndef LAB_SIM_H
#define LAB_SIM_H

#include <base/step.h>
#include <lab/fabric.h>

struct lab_sim;

struct lab_sim_config {
    const struct lab_topology *topology; /* its changes happen so long after the start, at 1 s */
    uint64_t seed;
    size_t memory_max;   /* of the fabric */
    size_t header_bytes; /* of UDP and IP that count on the wire; 48 for IPv6 */
    bool has_corrupt;    /* hand corrupt datagrams to machines; else they are dropped, as UDP's
                            checksum does */
    void (*tell)(void *context, uint32_t host, uint64_t now_ns,
                 const void *event); /* may be NULL */
    /* What machines get as their secrets, repeatable; NULL: it follows from the seed. */
    void (*secret)(void *context, uint32_t host, void *out, size_t size);
    void *context;
};

/* The topology is borrowed. Errors: those of lab_fabric_new; a change of the topology that is not
 * possible (why says which), of those that the links alone decide. */
BASE_MUST_USE base_err lab_sim_new(const struct lab_sim_config *config, struct lab_sim **sim,
                                   struct base_why *why);
void lab_sim_free(struct lab_sim *sim);
struct base_address lab_sim_address(uint32_t host);
/* Let a machine live at a host, from now on: its `start` is called. An occupied host is EEXIST. */
BASE_MUST_USE base_err lab_sim_start(struct lab_sim *sim, uint32_t host,
                                     const struct base_step *step, void *state);
/* It is gone, with what it had not sent; packets to it are lost until another start. */
void lab_sim_crash(struct lab_sim *sim, uint32_t host);
/* Call `act` with the world of a host, now; not from within a call of that host's machine. A host
 * that is crashed is left out. */
void lab_sim_call(struct lab_sim *sim, uint32_t host,
                  void (*act)(void *context, void *state, const struct base_step_world *world),
                  void *context);
/* Call `act` at a time (of virtual time, not in the past: ERANGE; ENOMEM). */
BASE_MUST_USE base_err lab_sim_at(struct lab_sim *sim, uint64_t at_ns,
                                  void (*act)(void *context, struct lab_sim *sim), void *context);
/* Run until a time (everything due at it included), or, until UINT64_MAX, while something is left
 * to happen; the time reached. */
uint64_t lab_sim_run(struct lab_sim *sim, uint64_t until_ns);
uint64_t lab_sim_now(const struct lab_sim *sim);
struct lab_fabric *lab_sim_fabric(struct lab_sim *sim);
/* A digest of everything that happened so far: times, hosts, bytes that came and bytes that were
 * sent. Equal seeds, equal digests. */
uint64_t lab_sim_digest(const struct lab_sim *sim);
uint64_t lab_sim_steps(const struct lab_sim *sim); /* calls of machines so far */

#endif
