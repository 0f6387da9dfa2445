/* topology_link.c - the settings of a link by name; a table of keys, the same for YAML, schedules
 * and command lines. */
#include "topology_internal.h"

#include <base/units.h>

#include <stdio.h>
#include <string.h>

enum key_kind {
    KEY_PRESET,
    KEY_TIME,
    KEY_SHARE,
    KEY_JITTER,
    KEY_DISTRIBUTION,
    KEY_LOSS,
    KEY_BURST, /* one of Gilbert's and Elliott's four */
    KEY_RATE,
    KEY_QUEUE,
    KEY_SIZE,
    KEY_MTU,
    KEY_DOWN
};

#define AT(field) offsetof(struct lab_link_config, field)

static const struct link_key {
    const char *name;
    enum key_kind kind;
    size_t at;
} keys[] = {
    { "preset", KEY_PRESET, 0 },
    { "latency", KEY_TIME, AT(delay_ns) },
    { "jitter", KEY_JITTER, AT(jitter_ns) },
    { "jitter_distribution", KEY_DISTRIBUTION, AT(jitter) },
    { "packet_loss", KEY_LOSS, AT(loss_share) },
    { "good_to_bad", KEY_BURST, AT(good_to_bad) },
    { "bad_to_good", KEY_BURST, AT(bad_to_good) },
    { "loss_good", KEY_BURST, AT(loss_good) },
    { "loss_bad", KEY_BURST, AT(loss_bad) },
    { "bandwidth", KEY_RATE, AT(rate_bits) },
    { "queue", KEY_QUEUE, AT(queue) },
    { "queue_size", KEY_SIZE, AT(queue_bytes) },
    { "codel_target", KEY_TIME, AT(codel_target_ns) },
    { "codel_interval", KEY_TIME, AT(codel_interval_ns) },
    { "reorder", KEY_SHARE, AT(reorder) },
    { "duplicate", KEY_SHARE, AT(duplicate) },
    { "corrupt", KEY_SHARE, AT(corrupt) },
    { "mtu", KEY_MTU, AT(mtu_bytes) },
    { "down", KEY_DOWN, AT(is_down) },
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0], MTU_MAX = 65535 };

const char *lab_link_key_name(size_t i)
{
    return i < KEY_COUNT ? keys[i].name : NULL;
}

static const struct link_key *key_of(const char *name)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

bool lab_link_has_key(const char *key)
{
    return key_of(key) != NULL;
}

/* ---- what the keys' values are ---- */

static base_err set_distribution(struct lab_link_config *config, const char *value,
                                 struct base_why *why)
{
    static const char *const names[] = { "none", "uniform", "normal", "pareto" };
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], value) == 0) {
            config->jitter = (enum lab_jitter)i;
            return BASE_OK;
        }
    return base_fail(why, BASE_EPARSE, 0, "'%s' is not none, uniform, normal or pareto", value);
}

/* Uniform, unless another distribution was named. */
static base_err set_jitter(struct lab_link_config *config, const char *value, struct base_why *why)
{
    LAB_TRY(base_units_parse_time(value, &config->jitter_ns, why));
    if (config->jitter_ns == 0)
        config->jitter = LAB_JITTER_NONE;
    else if (config->jitter == LAB_JITTER_NONE || config->jitter == LAB_JITTER_TRACE)
        config->jitter = LAB_JITTER_UNIFORM;
    return BASE_OK;
}

static base_err set_burst(struct lab_link_config *config, double *field, const char *value,
                          struct base_why *why)
{
    double share = 0;
    LAB_TRY(base_units_parse_percent(value, &share, why));
    if (config->loss != LAB_LOSS_GILBERT_ELLIOTT) {
        config->loss = LAB_LOSS_GILBERT_ELLIOTT;
        config->good_to_bad = config->bad_to_good = config->loss_good = 0;
        config->loss_bad = 1; /* Gilbert's: everything is lost in the bad state */
    }
    *field = share;
    return BASE_OK;
}

/* Without a limit nothing waits: what a preset said of the queue goes with it. */
static base_err set_rate(struct lab_link_config *config, const char *value, struct base_why *why)
{
    config->rate_bits = 0;
    if (strcmp(value, "unlimited") == 0) {
        config->queue = LAB_QUEUE_DROP_TAIL;
        config->queue_bytes = 0;
        return BASE_OK;
    }
    LAB_TRY(base_units_parse_bitrate(value, &config->rate_bits, why));
    if (config->rate_bits > 0)
        return BASE_OK;
    return base_fail(why, BASE_ERANGE, 0,
                     "'%s' lets nothing through; write unlimited for no limit, and cut a link to "
                     "stop it",
                     value);
}

static base_err set_queue(struct lab_link_config *config, const char *value, struct base_why *why)
{
    if (strcmp(value, "drop-tail") != 0 && strcmp(value, "codel") != 0)
        return base_fail(why, BASE_EPARSE, 0, "'%s' is not drop-tail or codel", value);
    config->queue = *value == 'c' ? LAB_QUEUE_CODEL : LAB_QUEUE_DROP_TAIL;
    return BASE_OK;
}

static base_err set_down(struct lab_link_config *config, const char *value, struct base_why *why)
{
    if (strcmp(value, "true") != 0 && strcmp(value, "false") != 0)
        return base_fail(why, BASE_EPARSE, 0, "'%s' is not true or false", value);
    config->is_down = *value == 't';
    return BASE_OK;
}

static base_err set_mtu(struct lab_link_config *config, const char *value, struct base_why *why)
{
    uint64_t bytes = 0;
    LAB_TRY(base_units_parse_count(value, LAB_LINK_MTU_MIN, MTU_MAX, &bytes, why));
    config->mtu_bytes = (uint32_t)bytes;
    return BASE_OK;
}

static base_err set_loss(struct lab_link_config *config, const char *value, struct base_why *why)
{
    LAB_TRY(base_units_parse_percent(value, &config->loss_share, why));
    config->loss = config->loss_share > 0 ? LAB_LOSS_BERNOULLI : LAB_LOSS_NONE;
    return BASE_OK;
}

static base_err set(struct lab_link_config *config, const struct link_key *key, const char *value,
                    struct base_why *why)
{
    void *const field = (char *)config + key->at;
    switch (key->kind) {
    case KEY_PRESET:
        return lab_link_preset(value, config, why);
    case KEY_TIME:
        return base_units_parse_time(value, field, why);
    case KEY_SHARE:
        return base_units_parse_percent(value, field, why);
    case KEY_JITTER:
        return set_jitter(config, value, why);
    case KEY_DISTRIBUTION:
        return set_distribution(config, value, why);
    case KEY_LOSS:
        return set_loss(config, value, why);
    case KEY_BURST:
        return set_burst(config, field, value, why);
    case KEY_RATE:
        return set_rate(config, value, why);
    case KEY_QUEUE:
        return set_queue(config, value, why);
    case KEY_SIZE:
        return base_units_parse_size(value, false, field, why);
    case KEY_MTU:
        return set_mtu(config, value, why);
    case KEY_DOWN:
        return set_down(config, value, why);
    }
    return BASE_EINVALID;
}

base_err lab_link_set(struct lab_link_config *config, const char *key, const char *value,
                      struct base_why *why)
{
    const struct link_key *const row = key_of(key);
    if (row == NULL) {
        char names[320] = "";
        for (size_t i = 0; i < KEY_COUNT; i++) {
            const size_t used = strlen(names);
            snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "", keys[i].name);
        }
        return base_fail(why, BASE_ENOTFOUND, 0, "'%.32s' is none of %s", key, names);
    }
    struct lab_link_config changed = *config;
    const base_err err = set(&changed, row, value, why);
    if (err != BASE_OK)
        return base_fail_prefix(why, err, "%s", key);
    *config = changed;
    return BASE_OK;
}

double lab_link_loss(const struct lab_link_config *config)
{
    switch (config->loss) {
    case LAB_LOSS_NONE:
        return 0;
    case LAB_LOSS_BERNOULLI:
        return config->loss_share;
    case LAB_LOSS_GILBERT_ELLIOTT: {
        const double moves = config->good_to_bad + config->bad_to_good;
        const double bad = moves > 0 ? config->good_to_bad / moves : 0;
        return (1 - bad) * config->loss_good + bad * config->loss_bad;
    }
    case LAB_LOSS_TRACE: {
        size_t lost = 0;
        for (size_t i = 0; i < config->loss_count; i++)
            lost += config->loss_trace[i] != 0;
        return config->loss_count > 0 ? (double)lost / (double)config->loss_count : 0;
    }
    }
    return 0;
}
