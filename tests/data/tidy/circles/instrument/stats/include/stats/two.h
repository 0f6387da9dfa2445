/* two.h - two. */
#include <stats/one.h>
