/* ifr_table_own.h - the two tables of the flow registry as kinds. */
#ifndef SUITE_IFR_TABLE_OWN_H
#define SUITE_IFR_TABLE_OWN_H

#include "ifr_table_kind.h"

#include <mfn/ifr_record.h>

extern const struct ifr_kind ifr_kind_own;   /* ifr_table.h */
extern const struct ifr_kind ifr_kind_robin; /* ifr_robin.h */

/* The record that carries a 64-bit value. */
static inline struct mfn_ifr_value ifr_own_value(uint64_t value)
{
    return (struct mfn_ifr_value){ .component_id = (uint32_t)(value >> 32),
                                   .timestamp_ns = value,
                                   .size = (uint32_t)value };
}

#endif
