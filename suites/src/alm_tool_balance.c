/* alm_tool_balance.c - the policies side by side on a user's servers, as text or JSON. */
#include "alm_text.h"
#include "alm_tool_play.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERVERS_TEXT_MAX_BYTES = 1 << 20, CLIENTS_A_SERVER = 4, NAME_WIDTH_MAX = 40 };

struct balance {
    const struct suite_alm_balance *asked;
    struct alm_tool_servers servers;
    struct alm_tool_plan plan;
    bool is_wanted[MFN_ALM_POLICY_COUNT];
    unsigned wanted_count;
    struct alm_tool_outcome *outcomes; /* [MFN_ALM_POLICY_COUNT] */
};

static base_err load_servers(struct balance *b, struct base_why *why)
{
    const struct suite_alm_balance *const asked = b->asked;
    struct base_buf text = { 0 };
    if (asked->path == NULL)
        return alm_tool_servers_make(&b->servers, asked->server_count, why);
    base_err err = base_buf_read_file(&text, asked->path, SERVERS_TEXT_MAX_BYTES, why);
    if (err == BASE_OK) {
        err = alm_tool_servers_read(&b->servers, base_buf_span(&text), why);
        if (err != BASE_OK)
            (void)base_fail_prefix(why, err, "%s", alm_text_source(asked->path));
    }
    base_buf_done(&text);
    return err;
}

static base_err take_policies(struct balance *b, struct base_why *why)
{
    const char *at = b->asked->policies != NULL ? b->asked->policies : SUITE_ALM_POLICIES;
    for (;; at++) {
        char word[64];
        enum mfn_alm_policy policy;
        const size_t size = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)size, at);
        const base_err err = mfn_alm_policy_of(word, &policy, why);
        if (err != BASE_OK)
            return err;
        b->wanted_count += !b->is_wanted[policy];
        b->is_wanted[policy] = true;
        at += size;
        if (*at == '\0')
            return BASE_OK;
    }
}

static uint32_t heaviest(const struct alm_tool_servers *servers)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < servers->count; i++)
        if (servers->items[i].weight > servers->items[best].weight)
            best = i;
    return best;
}

static base_err find_down(struct balance *b, struct base_why *why)
{
    const char *const name = b->asked->down;
    b->plan.down = heaviest(&b->servers);
    if (name == NULL)
        return BASE_OK;
    const char *words[SUITE_ALM_SERVERS_MAX + 1] = { 0 };
    for (uint32_t i = 0; i < b->servers.count; i++) {
        words[i] = b->servers.items[i].name;
        if (strcmp(words[i], name) == 0) {
            b->plan.down = i;
            return BASE_OK;
        }
    }
    const char *const nearest = b->asked->nearest != NULL ? b->asked->nearest(name, words) : NULL;
    if (nearest != NULL)
        return base_fail(why, BASE_ENOTFOUND, 0, "no server '%.100s'; the nearest is '%s'", name,
                         nearest);
    return base_fail(why, BASE_ENOTFOUND, 0, "no server '%.100s' among %u", name, b->servers.count);
}

static base_err play_all(struct balance *b, struct base_why *why)
{
    base_err err = BASE_OK;
    b->outcomes = calloc(MFN_ALM_POLICY_COUNT, sizeof *b->outcomes);
    if (b->outcomes == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "out of memory");
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT && err == BASE_OK; policy++) {
        b->plan.policy = (enum mfn_alm_policy)policy;
        if (b->is_wanted[policy])
            err = alm_tool_play(&b->plan, &b->outcomes[policy], why);
    }
    return err;
}

static double moved_share(const struct alm_tool_outcome *outcome)
{
    return outcome->flows_seen > 0 ? (double)outcome->flows_moved / outcome->flows_seen : 0;
}

/* One line of the overview. */
static void write_policy(struct alm_text *text, const struct balance *b, int policy)
{
    const struct alm_tool_outcome *const o = &b->outcomes[policy];
    const struct alm_tool_spread before = alm_tool_spread_of(&b->servers, &o->before, UINT32_MAX);
    alm_text_put(text, "%-26s %7.3f %7.3f %8.3f %6u", mfn_alm_policy_name(b->plan.policy),
                 before.busiest, before.idlest, o->before.latency_ms, o->before.peak);
    if (b->servers.count > 1) {
        const struct alm_tool_spread after =
            alm_tool_spread_of(&b->servers, &o->after, b->plan.down);
        alm_text_put(text, " | %5u %6.1f%% %7.3f %7.3f %8.3f %6u", o->lost, 100 * moved_share(o),
                     after.busiest, after.idlest, o->after.latency_ms, o->after.peak);
    }
    alm_text_put(text, "\n");
}

static void write_servers(struct alm_text *text, const struct balance *b, int policy)
{
    const struct alm_tool_outcome *const o = &b->outcomes[policy];
    size_t width = 6;
    for (uint32_t i = 0; i < b->servers.count; i++) {
        const size_t own = alm_text_width(b->servers.items[i].name);
        width = own > width ? own : width;
    }
    width = width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
    alm_text_put(text, "\n%s: requests\n  %-*s %6s %10s %7s %12s %12s\n",
                 mfn_alm_policy_name((enum mfn_alm_policy)policy), (int)width, "server", "weight",
                 "latency ms", "fair", "before", "after");
    for (uint32_t i = 0; i < b->servers.count; i++) {
        const struct alm_tool_server *const server = &b->servers.items[i];
        char latency[ALM_TEXT_NUMBER_SIZE];
        alm_text_put(text, "  ");
        alm_text_name(text, server->name, width);
        alm_text_put(text, " %6u %10s %6.2f%% %12llu", server->weight,
                     alm_text_number(server->latency_ms, latency),
                     100.0 * server->weight / (double)b->servers.weight_sum,
                     (unsigned long long)o->before.requests[i]);
        if (i == b->plan.down)
            alm_text_put(text, " %12s\n", "down");
        else
            alm_text_put(text, " %12llu\n", (unsigned long long)o->after.requests[i]);
    }
}

static void write_text(struct alm_text *text, struct balance *b)
{
    const char *const down = b->servers.items[b->plan.down].name;
    alm_text_put(text, "%u server%s, %llu requests of %u clients in virtual time", b->servers.count,
                 b->servers.count == 1 ? "" : "s", (unsigned long long)b->plan.request_count,
                 b->plan.client_count);
    if (b->servers.count > 1)
        alm_text_put(text, "; then %s is down, and as many follow", down);
    alm_text_put(text,
                 "\nbusiest, idlest: a server's requests by its fair share, which is its "
                 "weight's; latency: mean in ms\npeak: most requests under way at one server");
    if (b->servers.count > 1)
        alm_text_put(text,
                     "; lost: requests under way at %s; moved: flows of other servers\n"
                     "that went elsewhere",
                     down);
    alm_text_put(text, "\n\n%-26s %7s %7s %8s %6s", "policy", "busiest", "idlest", "latency",
                 "peak");
    if (b->servers.count > 1)
        alm_text_put(text, " | %5s %7s %7s %7s %8s %6s", "lost", "moved", "busiest", "idlest",
                     "latency", "peak");
    alm_text_put(text, "\n");
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        b->plan.policy = (enum mfn_alm_policy)policy;
        if (b->is_wanted[policy])
            write_policy(text, b, policy);
    }
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++)
        if (b->is_wanted[policy] && (b->asked->is_verbose || b->wanted_count == 1))
            write_servers(text, b, policy);
}

static void put_tally(struct alm_text *text, const struct balance *b, const char *name,
                      const struct alm_tool_tally *tally, uint32_t without)
{
    const struct alm_tool_spread spread = alm_tool_spread_of(&b->servers, tally, without);
    alm_text_put(text,
                 ",\n\"%s\":{\"busiest\":%.6g,\"idlest\":%.6g,\"latency_ms_mean\":%.9g,"
                 "\"peak\":%u,\"requests\":[",
                 name, spread.busiest, spread.idlest, tally->latency_ms, tally->peak);
    for (uint32_t i = 0; i < b->servers.count; i++)
        alm_text_put(text, "%s%llu", i > 0 ? "," : "", (unsigned long long)tally->requests[i]);
    alm_text_put(text, "]}");
}

static void write_json(struct alm_text *text, struct balance *b)
{
    bool is_first = true;
    alm_text_put(text, "{\"servers\":[");
    for (uint32_t i = 0; i < b->servers.count; i++) {
        char latency[ALM_TEXT_NUMBER_SIZE];
        alm_text_put(text, "%s\n{\"name\":", i > 0 ? "," : "");
        alm_text_json(text, b->servers.items[i].name);
        alm_text_put(text, ",\"weight\":%u,\"latency_ms\":%s}", b->servers.items[i].weight,
                     alm_text_number(b->servers.items[i].latency_ms, latency));
    }
    alm_text_put(text, "],\n\"requests\":%llu,\"clients\":%u,\"flows\":%d,\"seed\":%llu,\"down\":",
                 (unsigned long long)b->plan.request_count, b->plan.client_count, ALM_TOOL_FLOWS,
                 (unsigned long long)b->plan.seed);
    alm_text_json(text, b->servers.items[b->plan.down].name);
    alm_text_put(text, ",\n\"policies\":[");
    for (int policy = 0; policy < MFN_ALM_POLICY_COUNT; policy++) {
        const struct alm_tool_outcome *const o = &b->outcomes[policy];
        if (!b->is_wanted[policy])
            continue;
        alm_text_put(text,
                     "%s\n{\"policy\":\"%s\",\"requests_lost\":%u,\"flows_seen\":%u,"
                     "\"flows_moved\":%u",
                     is_first ? "" : ",", mfn_alm_policy_name((enum mfn_alm_policy)policy), o->lost,
                     o->flows_seen, o->flows_moved);
        put_tally(text, b, "before", &o->before, UINT32_MAX);
        if (b->servers.count > 1)
            put_tally(text, b, "after", &o->after, b->plan.down);
        else
            alm_text_put(text, ",\n\"after\":null");
        alm_text_put(text, "}");
        is_first = false;
    }
    alm_text_put(text, "]}\n");
}

base_err suite_alm_balance(const struct suite_alm_balance *asked, struct base_buf *out,
                           struct base_why *why)
{
    struct balance b = { .asked = asked };
    struct alm_text text = { .out = out };
    base_err err = take_policies(&b, why);
    if (err == BASE_OK)
        err = load_servers(&b, why);
    if (err == BASE_OK)
        err = find_down(&b, why);
    if (err == BASE_OK) {
        b.plan.servers = &b.servers;
        b.plan.request_count = asked->request_count;
        b.plan.client_count =
            asked->client_count > 0 ? asked->client_count : CLIENTS_A_SERVER * b.servers.count;
        b.plan.seed = asked->seed;
        err = play_all(&b, why);
    }
    if (err == BASE_OK) {
        (asked->is_json ? write_json : write_text)(&text, &b);
        if (text.err != BASE_OK)
            err = base_fail(why, text.err, 0, "the answer: %s", base_err_text(text.err));
    }
    free(b.outcomes);
    alm_tool_servers_done(&b.servers);
    return err;
}
