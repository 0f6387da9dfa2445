/* suite_ifr.c - the flow registry: its tables, filter, cache, transports and the whole, beside
 * what others have. */
#include <suite/suite.h>

#include "ifr_service_cases.h"
#include "ifr_table_cases.h"
#include "suite_claims.h"

SUITE_CLAIMS(ifr);

static const struct bench_case *const ifr_cases[] = { IFR_TABLE_CASES IFR_SERVICE_CASES };

const struct suite suite_ifr = {
    .name = "ifr",
    .doc = "the flow registry: tables, filter, cache, transports",
    .cases = ifr_cases,
    .case_count = SUITE_COUNT(ifr_cases),
    .claims_yaml = suite_claims_ifr,
};
