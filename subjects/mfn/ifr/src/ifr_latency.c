/* ifr_latency.c - counts per bound; what is up to a bound is added up when it is asked for, so that
 * no count is ever cumulated twice. */
#include <mfn/ifr_latency.h>

static const uint64_t bounds_ns[MFN_IFR_LATENCY_BOUNDS] = {
    25,      50,       100,      250,      500,       1000,      2500,      5000,
    10000,   25000,    50000,    100000,   250000,    500000,    1000000,   2500000,
    5000000, 10000000, 25000000, 50000000, 100000000, 250000000, 500000000, 1000000000,
};

uint64_t mfn_ifr_latency_bound_ns(unsigned i)
{
    return i < MFN_IFR_LATENCY_BOUNDS ? bounds_ns[i] : UINT64_MAX;
}

void mfn_ifr_latency_add(struct mfn_ifr_latency *latency, uint64_t ns)
{
    unsigned i = 0;
    while (i < MFN_IFR_LATENCY_BOUNDS && ns > bounds_ns[i])
        i++;
    latency->counts[i]++;
    latency->sum_ns += ns;
}

uint64_t mfn_ifr_latency_up_to(const struct mfn_ifr_latency *latency, unsigned i)
{
    uint64_t count = 0;
    for (unsigned k = 0; k <= i && k <= MFN_IFR_LATENCY_BOUNDS; k++)
        count += latency->counts[k];
    return count;
}
