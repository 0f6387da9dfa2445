/* err.c */
#include <bench/case.h>
#include <jansson.h>
#include <base/gone.h>
