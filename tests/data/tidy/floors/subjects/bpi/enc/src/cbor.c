/* cbor.c */
#include <bpi/cbor.h>
#include <bench/case.h>
