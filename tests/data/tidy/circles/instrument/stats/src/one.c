/* one.c */
#include <probe/host.h>
