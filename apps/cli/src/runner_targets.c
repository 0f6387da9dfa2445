/* runner_targets.c - a target is a claim whose bound stands in the configuration: it is judged as
 * every claim is, on each case it speaks of, and the worst of these verdicts is its own. */
#include "runner.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum how {
    HOW_BELOW,     /* a time below the bound */
    HOW_ABOVE,     /* a share above it */
    HOW_LESS_TIME, /* ours takes so many per cent less time than `against` */
    HOW_FASTER,    /* `against` takes so many per cent more time than ours */
};

struct target {
    const char *key;       /* of the configuration */
    const char *what;      /* the sentence's subject */
    const char *case_name; /* every case of this name that `where` lets through */
    const char *where;     /* "key=ipv4"; NULL: all */
    const char *against;   /* a case of this name with the same arguments; NULL: none */
    const char *metric;
    enum how how;
    const char *unit;
};

static const struct target targets[] = {
    { "targets.layer1_ifr.exact_matching_latency_ms", "an exact match through the whole registry",
      "ifr/registry", NULL, NULL, "mean_ns", HOW_BELOW, "ms" },
    { "targets.layer1_ifr.hash_table_lookup_ns", "a lookup in the flow table", "ifr/lookup", NULL,
      NULL, "median_ns", HOW_BELOW, "ns" },
    { "targets.layer1_ifr.bloom_filter_lookup_ns", "a negative lookup in the filter", "ifr/filter",
      "keys=miss", NULL, "median_ns", HOW_BELOW, "ns" },
    { "targets.layer1_ifr.unix_socket_round_trip_us", "a lookup over the Unix socket", "ifr/socket",
      NULL, NULL, "median_ns", HOW_BELOW, "us" },
    { "targets.layer1_ifr.cache_hit_rate_percent",
      "the share of hits of a cache of 10 % of the flows", "ifr/cache", "percent=10", NULL,
      "fact.hit_ratio", HOW_ABOVE, "%" },
    { "targets.layer1_ifr.target_improvement_percent", "a lookup over the Unix socket",
      "ifr/socket", "cores=any", "ifr/registry.http", "here_ns", HOW_LESS_TIME, "" },
    { "targets.layer3_alm.dijkstra_pathfinding_ms", "the shortest paths from a node to all",
      "alm/dijkstra", NULL, NULL, "median_ns", HOW_BELOW, "ms" },
    { "targets.layer3_alm.multipath_routing_ms", "the question for the K shortest paths",
      "alm/kpaths", NULL, NULL, "median_ns", HOW_BELOW, "ms" },
    { "targets.layer3_alm.load_balancing_us", "the choice of a server", "alm/select", NULL, NULL,
      "median_ns", HOW_BELOW, "us" },
    { "targets.layer3_alm.topology_adaptation_ms", "taking in that 10 % of a topology changed",
      "alm/adapt", "change=10", NULL, "median_ns", HOW_BELOW, "ms" },
    { "targets.layer3_alm.target_improvement_percent", "a route", "alm/route_service", NULL,
      "alm/route.http", "here_ns", HOW_FASTER, "" },
};
enum { TARGETS = sizeof targets / sizeof targets[0] };

/* What of a layer stands beside what of the baseline. */
static const struct comparison {
    const char *id;
    const char *what;
    const char *case_name, *where;
    const char *against;
} comparisons[] = {
    { "baseline.layer1", "a lookup over the Unix socket; a flow registered and looked up over TCP",
      "ifr/socket", "cores=any", "baseline/register" },
    { "baseline.layer3", "a route computed; a route searched in an index on disk, and written",
      "alm/route_service", "cache=off", "baseline/route" },
};
enum { COMPARISONS = sizeof comparisons / sizeof comparisons[0] };

bool cli_runner_is_compared(const char *case_name)
{
    for (size_t i = 0; i < TARGETS; i++)
        if (targets[i].against != NULL && strcmp(targets[i].against, case_name) == 0)
            return true;
    return false;
}

const struct cli_runner_layer cli_runner_layers[CLI_RUNNER_LAYERS] = {
    { "layer1", "Layer1-IFR", "IFR", "ifr" },
    { "layer2", "Layer2-DSR", "DSR", NULL },
    { "layer3", "Layer3-ALM", "ALM", "alm" },
    { "layer4", "Layer4-CPE", "CPE", NULL },
    { "integration", "Integration", "all layers together", NULL },
};

const struct cli_runner_layer *cli_runner_layer_of(const struct result_case *one)
{
    for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++)
        if (cli_runner_layers[i].suite != NULL &&
            strcmp(cli_runner_layers[i].suite, one->suite) == 0)
            return &cli_runner_layers[i];
    return NULL;
}

const char *cli_runner_missing(const struct cli_runner_layer *layer, struct base_arena *arena)
{
    const char *text =
        base_arena_printf(arena, "%s (%s) is not there yet", layer->name, layer->title);
    return text != NULL ? text : "a layer is not there yet";
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool cli_runner_is_target(const struct result_verdict *verdict)
{
    return begins(verdict->id, "targets.");
}

bool cli_runner_is_own(const struct result_verdict *verdict)
{
    return cli_runner_layer_of_verdict(verdict) != NULL;
}

bool cli_runner_is_comparison(const struct result_verdict *verdict)
{
    return begins(verdict->id, "baseline.layer");
}

const struct cli_runner_layer *cli_runner_layer_of_verdict(const struct result_verdict *verdict)
{
    static const char *const prefixes[] = { "targets.", "baseline.", "missing." };
    for (size_t k = 0; k < sizeof prefixes / sizeof prefixes[0]; k++)
        for (size_t i = 0; i < CLI_RUNNER_LAYERS; i++)
            if (begins(verdict->id, prefixes[k]) &&
                begins(verdict->id + strlen(prefixes[k]), cli_runner_layers[i].name))
                return &cli_runner_layers[i];
    return NULL;
}

static const char *value_of(const struct result_case *one, const char *name, size_t size)
{
    for (size_t i = 0; i < one->args.count; i++)
        if (strlen(one->args.items[i].name) == size &&
            strncmp(one->args.items[i].name, name, size) == 0)
            return one->args.items[i].value;
    return NULL;
}

/* Does a case have the arguments "a=1,b=2"? Those it does not have do not matter. */
static bool is_where(const struct result_case *one, const char *where)
{
    for (const char *at = where != NULL ? where : ""; *at != '\0'; at += *at == ',') {
        const size_t name = strcspn(at, "="), size = strcspn(at, ",");
        const char *value = value_of(one, at, name);
        if (value != NULL &&
            (strlen(value) != size - name - 1 || strncmp(value, at + name + 1, strlen(value)) != 0))
            return false;
        at += size;
    }
    return true;
}

/* The case of another name that has the same values wherever both have an argument. */
static const struct result_case *beside(const struct result_run *run, const struct result_case *one,
                                        const char *name)
{
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *other = &run->cases[i];
        bool is_alike = strcmp(other->name, name) == 0;
        for (size_t k = 0; is_alike && k < other->args.count; k++) {
            const char *arg = other->args.items[k].name;
            const char *value = value_of(one, arg, strlen(arg));
            is_alike = value == NULL || strcmp(value, other->args.items[k].value) == 0;
        }
        if (is_alike)
            return other;
    }
    return NULL;
}

/* The worst first: what is shown to be missed, what could not be judged, what is open. */
static int badness(const struct result_verdict *verdict)
{
    switch (result_state_of(verdict->state)) {
    case RESULT_STATE_REFUTED:
        return 3;
    case RESULT_STATE_NOT_RUN:
        return 2;
    case RESULT_STATE_UNDECIDED:
        return 1;
    default:
        return 0;
    }
}

/* Judge `like` on every case of its name and keep the worst verdict. */
static base_err judge_worst(const struct result_claim *like, const char *case_name,
                            const char *where, const char *against, struct result_run *run,
                            struct result_verdict *out)
{
    int worst = -1;
    for (size_t i = 0; i < run->case_count; i++) {
        const struct result_case *one = &run->cases[i];
        if (strcmp(one->name, case_name) != 0 || !is_where(one, where))
            continue;
        struct result_claim *claim = base_arena_array(&run->arena, 1, sizeof *claim);
        struct result_verdict *verdict = NULL;
        if (claim == NULL)
            return BASE_ENOMEM;
        *claim = *like;
        claim->case_id = one->id;
        if (against != NULL) {
            const struct result_case *other = beside(run, one, against);
            claim->against = other != NULL ? other->id : against;
        }
        CLI_TRY(result_claims_judge(claim, 1, run, &run->arena, &verdict));
        if (badness(verdict) > worst)
            *out = *verdict;
        worst = badness(verdict) > worst ? badness(verdict) : worst;
    }
    if (worst >= 0)
        return BASE_OK;
    const char *metric = base_arena_printf(&run->arena, "%s %s", case_name, like->metric);
    const char *reason = base_arena_printf(&run->arena, "no case %s was measured", case_name);
    *out = (struct result_verdict){ .id = like->id,
                                    .sentence = like->sentence,
                                    .metric = metric,
                                    .bound = like->bound_text,
                                    .state = result_state_text(RESULT_STATE_NOT_RUN),
                                    .why = reason,
                                    .measured = { NAN, NAN, NAN } };
    return metric != NULL && reason != NULL ? BASE_OK : BASE_ENOMEM;
}

static const char *bound_of(const struct target *target, double number, struct base_arena *arena)
{
    switch (target->how) {
    case HOW_BELOW:
        return base_arena_printf(arena, "< %.10g %s", number, target->unit);
    case HOW_ABOVE:
        return base_arena_printf(arena, "> %.10g %s", number, target->unit);
    case HOW_LESS_TIME:
        return base_arena_printf(arena, "<= %.6g", 1 - number / 100);
    case HOW_FASTER:
        return base_arena_printf(arena, "<= %.6g", 1 / (1 + number / 100));
    }
    return NULL;
}

static const char *sentence_of(const struct target *target, double number, struct base_arena *arena)
{
    switch (target->how) {
    case HOW_BELOW:
        return base_arena_printf(arena, "%s takes less than %.10g %s", target->what, number,
                                 target->unit);
    case HOW_ABOVE:
        return base_arena_printf(arena, "%s is above %.10g %s", target->what, number, target->unit);
    case HOW_LESS_TIME:
        return base_arena_printf(arena, "%s takes %.10g %% less time than over HTTP", target->what,
                                 number);
    case HOW_FASTER:
        return base_arena_printf(arena, "%s over HTTP takes %.10g %% more time", target->what,
                                 number);
    }
    return NULL;
}

static base_err judge_target(const struct cli_runner *runner, const struct target *target,
                             struct result_run *run, struct result_verdict *out)
{
    const double number = cli_runner_setting(&runner->config, target->key)->number;
    struct result_claim claim = { .id = target->key,
                                  .sentence = sentence_of(target, number, &run->arena),
                                  .bound_text = bound_of(target, number, &run->arena),
                                  .metric = target->metric };
    if (claim.sentence == NULL || claim.bound_text == NULL)
        return BASE_ENOMEM;
    CLI_TRY(result_bound_parse(claim.bound_text, &claim.bound, NULL));
    return judge_worst(&claim, target->case_name, target->where, target->against, run, out);
}

static base_err judge_comparison(const struct comparison *row, struct result_run *run,
                                 struct result_verdict *out)
{
    struct result_claim claim = {
        .id = row->id, .sentence = row->what, .bound_text = "< 1", .metric = "median_ns"
    };
    CLI_TRY(result_bound_parse(claim.bound_text, &claim.bound, NULL));
    return judge_worst(&claim, row->case_name, row->where, row->against, run, out);
}

static base_err say_missing(const struct cli_runner_layer *layer, struct result_run *run,
                            struct result_verdict *out)
{
    const char *id = base_arena_printf(&run->arena, "missing.%s", layer->name);
    const char *sentence =
        base_arena_printf(&run->arena, "%s (%s) is measured", layer->name, layer->title);
    *out = (struct result_verdict){ .id = id,
                                    .sentence = sentence,
                                    .metric = "cases of the layer",
                                    .bound = "> 0",
                                    .state = result_state_text(RESULT_STATE_NOT_RUN),
                                    .why = cli_runner_missing(layer, &run->arena),
                                    .measured = { NAN, NAN, NAN } };
    return id != NULL && sentence != NULL ? BASE_OK : BASE_ENOMEM;
}

static bool is_measured(const struct cli_runner *runner, const char *id)
{
    const struct result_verdict like = { .id = id };
    const struct cli_runner_layer *layer = cli_runner_layer_of_verdict(&like);
    const size_t index = (size_t)(layer - cli_runner_layers);
    return layer != NULL && runner->is_wanted[index] && !runner->is_missing[index];
}

base_err cli_runner_judge(const struct cli_runner *runner, struct result_run *run,
                          struct base_why *why)
{
    const size_t most = run->verdict_count + TARGETS + COMPARISONS + CLI_RUNNER_LAYERS;
    struct result_verdict *all = base_arena_array(&run->arena, most, sizeof *all);
    size_t count = run->verdict_count;
    base_err err = all != NULL ? BASE_OK : BASE_ENOMEM;
    if (err == BASE_OK && count > 0)
        memcpy(all, run->verdicts, count * sizeof *all);
    for (size_t i = 0; err == BASE_OK && i < TARGETS; i++)
        if (is_measured(runner, targets[i].key))
            err = judge_target(runner, &targets[i], run, &all[count++]);
    for (size_t i = 0; err == BASE_OK && runner->has_baseline && i < COMPARISONS; i++)
        if (is_measured(runner, comparisons[i].id))
            err = judge_comparison(&comparisons[i], run, &all[count++]);
    for (size_t i = 0; err == BASE_OK && i < CLI_RUNNER_LAYERS; i++)
        if (runner->is_missing[i])
            err = say_missing(&cli_runner_layers[i], run, &all[count++]);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "the targets cannot be judged: %s", base_err_text(err));
    run->verdicts = all;
    run->verdict_count = count;
    return BASE_OK;
}

base_err cli_runner_case_state(const struct cli_runner *runner, const struct result_run *run,
                               const struct result_case *one, struct base_arena *arena,
                               enum result_state *state)
{
    struct result_verdict *verdict = NULL;
    const struct result_verdict *worst = NULL;
    for (size_t i = 0; i < TARGETS; i++) {
        const struct target *target = &targets[i];
        if (strcmp(target->case_name, one->name) != 0 || !is_where(one, target->where) ||
            target->against != NULL)
            continue;
        const double number = cli_runner_setting(&runner->config, target->key)->number;
        struct result_claim claim = { .id = target->key,
                                      .sentence = "",
                                      .case_id = one->id,
                                      .bound_text = bound_of(target, number, arena),
                                      .metric = target->metric };
        if (claim.bound_text == NULL)
            return BASE_ENOMEM;
        CLI_TRY(result_bound_parse(claim.bound_text, &claim.bound, NULL));
        CLI_TRY(result_claims_judge(&claim, 1, run, arena, &verdict));
        if (worst == NULL || badness(verdict) > badness(worst))
            worst = verdict;
    }
    *state = worst != NULL ? result_state_of(worst->state) : RESULT_STATE_NOT_RUN;
    return BASE_OK;
}

struct result_estimate cli_runner_improvement(const struct result_verdict *verdict)
{
    const struct result_estimate *ratio = &verdict->measured;
    return (struct result_estimate){ 1 - ratio->value, 1 - ratio->high, 1 - ratio->low };
}
