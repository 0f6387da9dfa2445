/* one.h - one. */
#include <stats/two.h>
