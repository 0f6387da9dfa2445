/* domain_internal.h - what is prepared once for every domain. */
#ifndef BPI_DOMAIN_INTERNAL_H
#define BPI_DOMAIN_INTERNAL_H

#include <bpi/domain.h>

#include "sha256.h"

#include <blake3.h>

/* A BLAKE3 hasher without its stack of subtrees, which is empty at the start. */
enum { BPI_BLAKE3_HEAD_SIZE = offsetof(blake3_hasher, cv_stack) };

/* Hash states that have taken in the domain: a message starts as a copy of one. */
struct bpi_domain_start {
    alignas(8) uint8_t blake3[BPI_BLAKE3_HEAD_SIZE];
    SHA256_CTX sha256;
};

/* Prepared on first use. */
const struct bpi_domain_start *bpi_domain_start_of(enum bpi_domain domain, enum bpi_form form);

#endif
