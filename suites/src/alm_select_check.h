/* alm_select_check.h - is a server the one that a policy says? Asked of a pool again and again. */
#ifndef SUITE_ALM_SELECT_CHECK_H
#define SUITE_ALM_SELECT_CHECK_H

#include "alm_select_cases.h"

/* Choose a few thousand times more and judge each choice, or how often each server was chosen, by
 * what the policy's words say of the servers as they are. Errors: EWRONG, ENOMEM */
BASE_MUST_USE base_err alm_select_check_pool(struct alm_select_state *state, struct base_why *why);

#endif
