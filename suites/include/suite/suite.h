/* suite.h - a suite: an explicit table of cases with the claims that are judged on them.
 *
 * One file is one suite: suites/src/suite_<name>.c, and suites/claims/<name>.yaml beside it.
 */
#ifndef SUITE_SUITE_H
#define SUITE_SUITE_H

#include <bench/case.h>

struct suite {
    const char *name;                      /* "enc" */
    const char *doc;                       /* one sentence */
    const struct bench_case *const *cases; /* [case_count] */
    size_t case_count;
    const char *claims_yaml; /* text of suites/claims/<name>.yaml, embedded; NULL: no claims */
};

extern const struct suite suite_null;
extern const struct suite suite_enc;
extern const struct suite suite_crypto;
extern const struct suite suite_ifr;
extern const struct suite suite_alm;
extern const struct suite suite_baseline;
extern const struct suite suite_net;
extern const struct suite suite_stats;
extern const struct suite suite_exec;

/* All suites, in the order they are shown. */
extern const struct suite *const suite_table[];
extern const size_t suite_table_count;

#endif
