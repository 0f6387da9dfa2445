/* alm_policy.c - policies and their words. */
#include <mfn/alm_balance.h>

#include <assert.h>
#include <string.h>

static const char *const policy_words[] = {
#define POLICY_WORD(name, word) word,
    MFN_ALM_POLICY_MAP(POLICY_WORD)
#undef POLICY_WORD
};

const char *mfn_alm_policy_name(enum mfn_alm_policy policy)
{
    assert((unsigned)policy < MFN_ALM_POLICY_COUNT);
    return policy_words[policy];
}

base_err mfn_alm_policy_of(const char *word, enum mfn_alm_policy *out, struct base_why *why)
{
    for (unsigned i = 0; i < MFN_ALM_POLICY_COUNT; i++) {
        if (strcmp(word, policy_words[i]) == 0) {
            *out = (enum mfn_alm_policy)i;
            return BASE_OK;
        }
    }
#define POLICY_LIST(name, word) " " word
    return base_fail(why, BASE_ENOTFOUND, 0,
                     "balancing policy: '%.60s' is none of" MFN_ALM_POLICY_MAP(POLICY_LIST), word);
#undef POLICY_LIST
}
