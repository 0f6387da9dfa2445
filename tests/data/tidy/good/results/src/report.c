/* report.c - shows. */
#include <base/err.h>
#include <stats/mean.h>
