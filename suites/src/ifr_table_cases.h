/* ifr_table_cases.h - the cases of flow tables and their peers, in the order they are shown. */
#ifndef SUITE_IFR_TABLE_CASES_H
#define SUITE_IFR_TABLE_CASES_H

#include <bench/case.h>

#define IFR_TABLE_CASES

#endif
