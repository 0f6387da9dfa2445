/* ifr_zeroed.h - one block of cleared memory for a structure of fixed size. */
#ifndef IFR_ZEROED_H
#define IFR_ZEROED_H

#include <stddef.h>

enum { IFR_ZEROED_ALIGN = 64 };

/* `size` bytes of zeros at a multiple of IFR_ZEROED_ALIGN, touched, so that no later access waits
 * for the system; in large pages when there are 4 MiB or more and the system has them. NULL when
 * there is not enough. Released by free(). */
void *ifr_zeroed_new(size_t size);

#endif
