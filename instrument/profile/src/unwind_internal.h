/* unwind_internal.h - from registers and a copy of the stack to return addresses, by the unwind
 * tables of the files that a process has loaded, and by frame pointers where there are none.
 * Source: elfutils libdwfl, dwfl_getthread_frames; DWARF 5 section 6.4 */
#ifndef PROF_UNWIND_INTERNAL_H
#define PROF_UNWIND_INTERNAL_H

#include "image_internal.h"

enum { UNWIND_REGISTER_MAX = 33 };

/* Which registers a sample has, in the kernel's numbers; 0: this processor is not supported. */
uint64_t unwind_register_mask(void);

struct unwind_sample {
    const uint64_t *registers; /* [bits of the mask] in the order of the kernel's numbers */
    const uint8_t *stack;      /* [stack_size] what lies at the stack pointer */
    size_t stack_size;
    const uint64_t *chain; /* [chain_count] the kernel's own chain by frame pointers, innermost
                              first, of user space only */
    size_t chain_count;
};

struct unwind; /* of one process with one list of mappings */

struct unwind *unwind_open(struct images *images, const struct maps *maps, int pid);
void unwind_close(struct unwind *unwind);

/* The stack of a sample.
 *
 *   out      [PROF_DEPTH_MAX] addresses, innermost first; all but the first are return addresses
 *   is_whole out: its outer end was found
 *
 * Returns  how many
 */
size_t unwind_stack(struct unwind *unwind, const struct unwind_sample *sample, uint64_t *out,
                    bool *is_whole);

#endif
