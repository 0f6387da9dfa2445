/* emulator_ahead.h - the emulator comes before other processes, as far as it may.
 *
 * It asks for the highest nice value and the shortest slice. With a core of its own it runs there
 * in real time (SCHED_FIFO), too, but for a rest of 15 ms after each 200: a process that never
 * rested would be stopped for 50 ms of each second (sched(7), sched_rt_runtime_us), and nothing
 * that is bound to this core would ever run.
 *
 * Threads   the emulator's process
 * Source    sched(7), sched_setattr(2)
 */
#ifndef LAB_EMULATOR_AHEAD_H
#define LAB_EMULATOR_AHEAD_H

#include <base/err.h>

#include <stdbool.h>
#include <stdint.h>

struct lab_ahead {
    bool has_turns, is_in_real_time;
    uint64_t turn_ns; /* when it goes from one to the other */
};

/* core: -1: any. What is not allowed is done without. Errors: ERANGE (no such core for this
 * process). */
BASE_MUST_USE base_err lab_ahead_begin(struct lab_ahead *ahead, int core, struct base_why *why);
/* When it has turns, and it is turn_ns. */
void lab_ahead_turn(struct lab_ahead *ahead, uint64_t now_ns);

#endif
