/* alm_health.h - is a server well? Two pure state machines: health checks and a circuit breaker.
 *
 * Health checks ask at intervals and believe `fall` bad answers in a row, or `rise` good ones; the
 * probe itself is the driver's. The breaker judges real requests: it opens when too many of the
 * last ones failed, lets a few through after a while (half-open), and closes when those succeed.
 * Time is an argument in nanoseconds of any clock that does not go back.
 *
 * Ownership everything is the caller's
 * Source    Nygard, "Release It!" (2007), chapter 5; the window of counts as in the published
 *           description of resilience4j's count-based sliding window
 */
#ifndef MFN_ALM_HEALTH_H
#define MFN_ALM_HEALTH_H

#include <base/err.h>

#include <stdbool.h>

enum { MFN_ALM_WINDOW_MAX = 64 };

#define MFN_ALM_TIME_MAX_NS (UINT64_C(1) << 62) /* of clocks and intervals: 146 years */

struct mfn_alm_health_options {
    uint64_t interval_ns; /* from one probe to the next, 1 .. MFN_ALM_TIME_MAX_NS */
    uint64_t timeout_ns;  /* without an answer for so long a probe has failed, as above */
    uint32_t rise, fall;  /* answers in a row that are believed, 1 or more */
};

struct mfn_alm_health {
    bool is_up;
    bool is_sent;    /* a probe is under way */
    uint32_t streak; /* answers in a row that speak against is_up */
    uint64_t sent_ns, next_ns;
};

/* Errors: ERANGE with a sentence in why (may be NULL). */
BASE_MUST_USE base_err mfn_alm_health_check(const struct mfn_alm_health_options *options,
                                            struct base_why *why);

/* The first probe is due at first_ns. */
void mfn_alm_health_init(struct mfn_alm_health *health, bool is_up, uint64_t first_ns);

/* True: send a probe now (it counts as sent). A probe that got no answer in time is counted as
 * failed first. */
bool mfn_alm_health_due(struct mfn_alm_health *health, const struct mfn_alm_health_options *options,
                        uint64_t now_ns);

/* The answer to the probe under way; without one (it came after the time limit) nothing happens. */
void mfn_alm_health_answer(struct mfn_alm_health *health,
                           const struct mfn_alm_health_options *options, bool is_good);

enum mfn_alm_breaker_state { MFN_ALM_CLOSED, MFN_ALM_OPEN, MFN_ALM_HALF_OPEN };

struct mfn_alm_breaker_options {
    uint32_t window;      /* of the last outcomes that count, 1 .. 64 */
    uint32_t minimum;     /* outcomes before it may open, 1 .. window */
    double failure_rate;  /* it opens at this fraction of failures or more, in (0, 1] */
    uint64_t open_ns;     /* from opening to the first trial, 1 .. MFN_ALM_TIME_MAX_NS */
    uint32_t trial_count; /* requests let through half-open; all must succeed; 1 or more */
};

struct mfn_alm_breaker {
    enum mfn_alm_breaker_state state;
    uint32_t count;          /* outcomes in the window */
    uint64_t failures;       /* a bit each, the latest lowest */
    uint32_t trials, passed; /* half-open: started, succeeded */
    uint64_t due_ns;         /* when the state changes by time alone; UINT64_MAX: it does not */
};

/* Errors: ERANGE with a sentence in why (may be NULL). */
BASE_MUST_USE base_err mfn_alm_breaker_check(const struct mfn_alm_breaker_options *options,
                                             struct base_why *why);

/* Closed, with no outcomes. */
void mfn_alm_breaker_init(struct mfn_alm_breaker *breaker);

/* May a request be sent? Closed: yes. Open: no. Half-open: while trials are left. */
static inline bool mfn_alm_breaker_admits(const struct mfn_alm_breaker *breaker,
                                          const struct mfn_alm_breaker_options *options)
{
    return breaker->state == MFN_ALM_CLOSED ||
           (breaker->state == MFN_ALM_HALF_OPEN && breaker->trials < options->trial_count);
}

/* A request was sent; half-open it is a trial. */
void mfn_alm_breaker_started(struct mfn_alm_breaker *breaker);

/* A request ended. Open, outcomes of requests sent before are not counted; half-open no more than
 * trials were sent. */
void mfn_alm_breaker_finished(struct mfn_alm_breaker *breaker,
                              const struct mfn_alm_breaker_options *options, bool is_good,
                              uint64_t now_ns);

/* Open and due: half-open. Half-open for open_ns without a verdict (trials were lost): new
 * trials. */
void mfn_alm_breaker_tick(struct mfn_alm_breaker *breaker,
                          const struct mfn_alm_breaker_options *options, uint64_t now_ns);

#endif
