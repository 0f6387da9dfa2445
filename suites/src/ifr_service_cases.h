/* ifr_service_cases.h - the cases of filter, cache, registry and transports with their peers. */
#ifndef SUITE_IFR_SERVICE_CASES_H
#define SUITE_IFR_SERVICE_CASES_H

#include <bench/case.h>

#define IFR_SERVICE_CASES

#endif
