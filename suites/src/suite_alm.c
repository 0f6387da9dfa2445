/* suite_alm.c - the routing layer: paths, tables of routes, servers, caches, and what others have
 * for them. */
#include <suite/suite.h>

#include "alm_path_cases.h"
#include "alm_pipeline_case.h"
#include "alm_select_cases.h"
#include "alm_service_cases.h"
#include "alm_table_cases.h"
#include "alm_traffic_cases.h"
#include "suite_claims.h"

SUITE_CLAIMS(alm);

static const struct bench_case *const alm_cases[] = {
    ALM_PATH_CASES ALM_TABLE_CASES ALM_SELECT_CASES ALM_SERVICE_CASES ALM_TRAFFIC_CASES &
    alm_case_pipeline
};

const struct suite suite_alm = {
    .name = "alm",
    .doc = "the routing layer: paths, tables, servers, caches",
    .cases = alm_cases,
    .case_count = SUITE_COUNT(alm_cases),
    .claims_yaml = suite_claims_alm,
};
