/* cmd_cbor.c */
#include <bpi/cbor.h>
