/* cbor.h - CBOR. */
