/* link_preset.c - named conditions. Each row names where its figures come from; what was chosen
 * and not found is said to be chosen. */
#include <lab/link.h>

#include <string.h>

#define MS(x)    (UINT64_C(1000000) * (x))
#define US(x)    (UINT64_C(1000) * (x))
#define MBITS(x) (UINT64_C(1000000) * (x))

static const struct preset {
    const char *name, *doc;
    struct lab_link_config config;
} presets[] = {
    /* The specification's conditions: latency and loss, and no more. */
    { "local", "1 ms, no loss", { .delay_ns = MS(1) } },
    { "internet",
      "50 ms, 1 % lost",
      { .delay_ns = MS(50), .loss = LAB_LOSS_BERNOULLI, .loss_share = 0.01 } },
    { "poor",
      "200 ms, 5 % lost",
      { .delay_ns = MS(200), .loss = LAB_LOSS_BERNOULLI, .loss_share = 0.05 } },
    { "large",
      "100 ms, 2 % lost",
      { .delay_ns = MS(100), .loss = LAB_LOSS_BERNOULLI, .loss_share = 0.02 } },
    /* Half of a round trip of 500 us within a data centre: J. Dean, "Designs, Lessons and Advice
     * from Building Large Distributed Systems", LADIS 2009. Rate: IEEE 802.3, 1000BASE-T; MTU of
     * Ethernet: RFC 894. */
    { "lan",
      "250 us, 1 Gbit/s",
      { .delay_ns = US(250), .rate_bits = MBITS(1000), .mtu_bytes = 1500 } },
    /* Half of a round trip of 150 ms from California to the Netherlands: Dean, as above. Loss 1e-3:
     * the bound of classes 0 to 4 in ITU-T Y.1541 (12/2011), table 1. Rate and deviation chosen. */
    { "wan",
      "75 ms +- 1 ms, 0.1 % lost, 100 Mbit/s",
      { .delay_ns = MS(75),
        .jitter = LAB_JITTER_NORMAL,
        .jitter_ns = MS(1),
        .loss = LAB_LOSS_BERNOULLI,
        .loss_share = 0.001,
        .rate_bits = MBITS(100),
        .mtu_bytes = 1500 } },
    /* Median round trip 69.5 ms, 13 Mbit/s down: Huang et al., "A close examination of performance
     * and power characteristics of 4G LTE networks", MobiSys 2012. The long tail and the deep queue
     * (half a second: Jiang et al., "Tackling bufferbloat in 3G/4G networks", IMC 2012, saw more)
     * are chosen. */
    { "lte",
      "32 ms and a tail of 3 ms, 13 Mbit/s, deep queue",
      { .delay_ns = MS(32),
        .jitter = LAB_JITTER_PARETO,
        .jitter_ns = MS(3),
        .rate_bits = MBITS(13),
        .queue_bytes = MBITS(13) / 8 / 2,
        .mtu_bytes = 1500 } },
    /* Up and down once, at the edge of the view 279.0 ms, one bit in 1e7 wrong (a packet of 1500
     * bytes in 833 lost): RFC 2488, 2. Rate chosen. */
    { "satellite",
      "279 ms, 0.12 % lost, 50 Mbit/s",
      { .delay_ns = MS(279),
        .loss = LAB_LOSS_BERNOULLI,
        .loss_share = 0.0012,
        .rate_bits = MBITS(50),
        .mtu_bytes = 1500 } },
    /* Losses come in bursts: Carvalho, Angeja & Navarro, "A new packet loss model of the IEEE
     * 802.11g wireless network", IEEE Trans. Consumer Electronics 51 (2005) 809, who also show that
     * two states are not all of it. The figures are chosen: 2 % lost in bursts of 5 on average. */
    { "wifi",
      "2 ms and a tail of 1 ms, 2 % lost in bursts, 30 Mbit/s",
      { .delay_ns = MS(2),
        .jitter = LAB_JITTER_PARETO,
        .jitter_ns = MS(1),
        .loss = LAB_LOSS_GILBERT_ELLIOTT,
        .good_to_bad = 0.2 * 0.02 / 0.98,
        .bad_to_good = 0.2,
        .loss_bad = 1,
        .rate_bits = MBITS(30),
        .mtu_bytes = 1500 } },
};

enum { PRESETS = sizeof presets / sizeof *presets };

const char *lab_link_preset_name(size_t i, const char **doc)
{
    if (i >= PRESETS)
        return NULL;
    if (doc != NULL)
        *doc = presets[i].doc;
    return presets[i].name;
}

base_err lab_link_preset(const char *name, struct lab_link_config *config, struct base_why *why)
{
    char names[200] = "";
    for (size_t i = 0; i < PRESETS; i++) {
        if (strcmp(name, presets[i].name) == 0) {
            *config = presets[i].config;
            return BASE_OK;
        }
        strncat(names, i > 0 ? ", " : "", sizeof names - strlen(names) - 1);
        strncat(names, presets[i].name, sizeof names - strlen(names) - 1);
    }
    return base_fail(why, BASE_ENOTFOUND, 0, "no preset is called \"%.40s\"; there are %s", name,
                     names);
}
