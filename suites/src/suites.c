/* suites.c - the table of suites. A new suite is one word here. */
#include <suite/suite.h>

#define SUITE_MAP(X) X(null) X(enc) X(crypto) X(stats) X(ifr) X(alm) X(baseline) X(net) X(exec)

#define SUITE_ROW(name) &suite_##name,

const struct suite *const suite_table[] = { SUITE_MAP(SUITE_ROW) };
const size_t suite_table_count = sizeof suite_table / sizeof suite_table[0];
