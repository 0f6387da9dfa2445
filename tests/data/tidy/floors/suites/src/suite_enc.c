/* suite_enc.c */
#include <bpi/cbor.h>
#include "../../instrument/measure/src/loop_internal.h"
