/* host.c */
#include <stats/one.h>
