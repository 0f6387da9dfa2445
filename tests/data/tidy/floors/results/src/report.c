/* report.c */
#include <bench/case.h>
#include <bpi/cbor.h>
