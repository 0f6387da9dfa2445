/* sampler.h - where a process spends its time, by looking at its stack again and again.
 *
 * The kernel's CPU clock interrupts the process (no hardware counter is needed), and with each
 * interrupt comes the registers' state and a copy of the stack's top, from which callers are found
 * by unwind tables; code needs no frame pointers. Threads and children that start later are seen
 * too. Time inside the kernel is shown where that is permitted, else the tree says it is hidden.
 *
 * A sample that the kernel or this program could not keep is counted, never made up.
 * Threads   one object, one thread; it has a helper thread that empties the kernel's buffers
 * Source    perf_event_open(2)
 */
#ifndef PROF_SAMPLER_H
#define PROF_SAMPLER_H

#include <prof/stacks.h>

struct prof_sampler;

struct prof_sampler_options {
    uint32_t rate_per_s; /* samples of one second of a processor [997]; not a round number, so that
                            it does not fall into step with the code; 1 .. 20000 */
    uint32_t stack_size; /* bytes of the stack that are copied [16384]; a multiple of 8, < 65536 */
    bool is_user_only;   /* leave the kernel out though it could be seen */
};

/* Watch a process and its children, sampling switched off.
 *
 *   stacks   where samples are added; outlives the object
 *
 * Errors   EUNSUPPORTED (the kernel does not allow it: why says which setting does), ENOTFOUND (no
 *          such process), EINVALID, ENOMEM
 */
BASE_MUST_USE base_err prof_sampler_open(int pid, const struct prof_sampler_options *options,
                                         struct prof_stacks *stacks, struct prof_sampler **sampler,
                                         struct base_why *why);

/* Sampling on or off, at any time. */
void prof_sampler_run(struct prof_sampler *sampler, bool is_on);

/* Processor's time of all samples so far, in ns, and bytes that wait to be collected (17 KiB a
 * sample; past 512 MiB samples are lost). Cheap; to be called with sampling on or off. */
double prof_sampler_seen_ns(struct prof_sampler *sampler, size_t *waiting_size);

/* Name what was sampled and add it to the tree; sampling is off. To be called while the processes
 * live, at the latest before they are ended: their symbols are looked up by then.
 * Errors: ENOMEM, EFULL */
BASE_MUST_USE base_err prof_sampler_collect(struct prof_sampler *sampler, struct base_why *why);

void prof_sampler_close(struct prof_sampler *sampler); /* accepts NULL */

#endif
