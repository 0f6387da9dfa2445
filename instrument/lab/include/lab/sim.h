/* sim.h - virtual time: step machines on a fabric, one seed = one history, byte for byte.
 *
 * Host i has the address fd00::i+1 and the port 9000. Time starts at 1 s and jumps from event to
 * event. What machines tell goes to the simulation's own `tell`. Crash and restart, clocks and
 * randomness are the simulation's; a machine's secrets come from the seed.
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
    const struct lab_topology *topology; /* its changes are carried out at their times */
    uint64_t seed;
    size_t memory_max;   /* of the fabric */
    size_t header_bytes; /* of UDP and IP that count on the wire; 48 for IPv6 */
    void (*tell)(void *context, uint32_t host, uint64_t now_ns,
                 const void *event); /* may be NULL */
    void *context;
};

BASE_MUST_USE base_err lab_sim_new(const struct lab_sim_config *config, struct lab_sim **sim,
                                   struct base_why *why);
void lab_sim_free(struct lab_sim *sim);
struct base_address lab_sim_address(uint32_t host);
/* Let a machine live at a host, from now on: its `start` is called. An occupied host is EEXIST. */
BASE_MUST_USE base_err lab_sim_start(struct lab_sim *sim, uint32_t host,
                                     const struct base_step *step, void *state);
/* It is gone, with what it had not sent; packets to it are lost until another start. */
void lab_sim_crash(struct lab_sim *sim, uint32_t host);
/* Call `act` with the world of a host, now or at a time (ns of virtual time, not in the past). A
 * host that is crashed then is left out. */
void lab_sim_call(struct lab_sim *sim, uint32_t host,
                  void (*act)(void *context, void *state, const struct base_step_world *world),
                  void *context);
BASE_MUST_USE base_err lab_sim_at(struct lab_sim *sim, uint64_t at_ns,
                                  void (*act)(void *context, struct lab_sim *sim), void *context);
/* Run until a time, or until nothing is left to happen; the time reached. */
uint64_t lab_sim_run(struct lab_sim *sim, uint64_t until_ns);
uint64_t lab_sim_now(const struct lab_sim *sim);
struct lab_fabric *lab_sim_fabric(struct lab_sim *sim);
/* A digest of everything that happened so far: times, hosts, bytes. Equal seeds, equal digests. */
uint64_t lab_sim_digest(const struct lab_sim *sim);
uint64_t lab_sim_steps(const struct lab_sim *sim); /* calls of machines so far */

#endif
