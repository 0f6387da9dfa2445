/* cmd_ifr.c - the flow registry as a server, and the questions to one. Unlike elsewhere, what was
 * not found there is status 1, and a server that does not answer is status 3. */
#include "commands.h"
#include "option_rows.h"
#include "output.h"
#include "signals.h"

#include <base/log.h>
#include <suite/ifr.h>

#include <string.h>

#define SOCKET_ROW                                                                                 \
    {                                                                                              \
        .name = "socket", .kind = CLI_FILE, .value_name = "PATH",                                  \
        .doc = "the server's Unix socket", .fallback = SUITE_IFR_SOCKET                            \
    }

const struct cli_option cli_ifr_serve_options[] = {
    SOCKET_ROW,
    COUNT("flows", 1, 4294967296.0,
          "room for so many flows of each kind of key to begin with; it "
          "grows",
          "65536"),
    { .name = "policy",
      .kind = CLI_WORD,
      .value_name = "POLICY",
      .choices = "sieve,tinylfu,lru,lfu,fifo,random",
      .doc = "which flow leaves the cache: sieve, tinylfu, lru, lfu, fifo or random",
      .fallback = "sieve" },
    COUNT("cache", 0, 1073741824, "flows of each kind of key that are cached; 0: no cache", "4096"),
    TIME("cache-ttl", "a cached flow is looked up again after this", "never"),
    { .name = "false-positives",
      .kind = CLI_SHARE,
      .value_name = "SHARE",
      .low = 0,
      .high = 0.5,
      .doc = "share of the unknown flows that the filter lets through; 0: no filter",
      .fallback = "0.01" },
    TIME("flow-age", "a flow that was not registered again for so long is forgotten", "never"),
    COUNT("clients", 1, 8000, "clients at the same time", "1000"),
    TEXT("group", CLI_TEXT, "NAME",
         "members of this group may connect too; else only this user and root"),
    FLAG("large-pages", 0, "ask the kernel for 2 MiB pages: quicker lookups, more memory"),
    { 0 },
};

const struct cli_option cli_ifr_link_options[] = {
    SOCKET_ROW,
    TIME("timeout", "how long the server may take to answer", "1s"),
    { 0 },
};

const struct cli_option cli_ifr_ask_options[] = {
    FLAG("ring", 0, "ask through memory shared with the server"),
    { 0 },
};

const struct cli_option cli_ifr_lookup_options[] = {
    FLAG("json", 'j', "as JSON"),
    { 0 },
};

const struct cli_option cli_ifr_register_options[] = {
    TEXT("component", CLI_TEXT, "ID",
         "who serves the flow: transport, consensus, container, security, orchestration, "
         "networking, scheduler, or a number"),
    { .name = "type",
      .kind = CLI_TEXT,
      .value_name = "TYPE",
      .doc = "command, data, event, metrics, security, health, or a number up to 255",
      .fallback = "data" },
    COUNT("priority", 0, 255, "kept with the flow", "0"),
    COUNT("size", 0, 4294967295.0, "bytes of payload, kept with the flow", "0"),
    { .name = "input",
      .letter = 'i',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "register the flow of every packet of this pcap or pcapng file" },
    { 0 },
};

const struct cli_option cli_ifr_stats_options[] = {
    { .name = "format",
      .letter = 'f',
      .kind = CLI_WORD,
      .value_name = "FORMAT",
      .choices = "text,json,prometheus",
      .doc = "text, json, or prometheus: all metrics as Prometheus reads them",
      .fallback = "text" },
    { 0 },
};

/* The words' fault is status 2, the world's is 3. */
static int complain(base_err err, const struct base_why *why)
{
    const int status = cli_complain(err, why);
    return err == BASE_EPARSE || err == BASE_ERANGE ? CLI_USAGE
           : status == CLI_USAGE                    ? CLI_UNMEASURED
                                                    : status;
}

static int finish(base_err err, const struct base_why *why, struct base_buf *out)
{
    if (err == BASE_OK)
        return cli_output_finish(out, NULL, CLI_FINE);
    base_buf_done(out);
    return complain(err, why);
}

/* ---- serve ---- */

static void say_opened(const char *path)
{
    base_log(BASE_LOG_INFO, "serving on %s; Ctrl-C ends", path);
}

static uint64_t count_of(const struct cli_args *args, const char *name, uint64_t fallback)
{
    const struct cli_value *const value = cli_value(args, name);
    return value != NULL ? value->count : fallback;
}

static uint64_t time_of(const struct cli_args *args, const char *name, uint64_t fallback_ns)
{
    const struct cli_value *const value = cli_value(args, name);
    return value != NULL ? value->ns : fallback_ns;
}

int cli_cmd_ifr_serve(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    struct suite_ifr_serve serve = suite_ifr_serve_defaults();
    const struct cli_value *const share = cli_value(args, "false-positives");
    serve.path = cli_text(args, "socket", serve.path);
    serve.group = cli_text(args, "group", NULL);
    serve.policy = cli_text(args, "policy", serve.policy);
    serve.flow_count = count_of(args, "flows", serve.flow_count);
    serve.cache_count = count_of(args, "cache", serve.cache_count);
    serve.client_max = count_of(args, "clients", 0);
    serve.cache_ttl_ns = time_of(args, "cache-ttl", 0);
    serve.flow_age_ns = time_of(args, "flow-age", 0);
    serve.false_positive_rate = share != NULL ? share->number : serve.false_positive_rate;
    serve.want_large_pages = cli_has(args, "large-pages");
    serve.stop = &cli_signals_interrupted;
    serve.opened = say_opened;
    const base_err err = suite_ifr_serve(&serve, &out, &why);
    return finish(err, &why, &out);
}

/* ---- asking ---- */

static struct suite_ifr_link link_of(const struct cli_args *args)
{
    return (struct suite_ifr_link){
        .path = cli_text(args, "socket", SUITE_IFR_SOCKET),
        .timeout_ns = time_of(args, "timeout", UINT64_C(1000000000)),
        .wants_ring = cli_option_find(args->command, "ring") != NULL && cli_has(args, "ring"),
    };
}

/* The words of a key, with blanks between: so it may be typed with or without quotes. */
static base_err key_of(const struct cli_args *args, struct base_buf *key)
{
    base_err err = BASE_OK;
    for (size_t i = 0; i < args->operand_count && err == BASE_OK; i++)
        err = base_buf_printf(key, "%s%s", i > 0 ? " " : "", args->operands[i]);
    return err;
}

static int not_there(const struct base_buf *key, const char *path)
{
    base_log(BASE_LOG_INFO, "%s: no such flow: %s", path, (const char *)key->data);
    return CLI_REFUTED;
}

int cli_cmd_ifr_lookup(const struct cli_args *args)
{
    struct base_buf key = { 0 }, out = { 0 };
    struct base_why why = { 0 };
    bool is_there = false;
    const struct suite_ifr_link link = link_of(args);
    base_err err = key_of(args, &key);
    if (err == BASE_OK)
        err = suite_ifr_lookup(&link, base_buf_text(&key),
                               cli_has(args, "json") ? SUITE_IFR_JSON : SUITE_IFR_TEXT, &out,
                               &is_there, &why);
    const int status =
        err == BASE_OK && !is_there ? not_there(&key, link.path) : finish(err, &why, &out);
    base_buf_done(&key);
    return status;
}

static base_err register_words(const struct cli_args *args, const struct suite_ifr_flow *flow,
                               struct base_buf *out, struct base_why *why)
{
    const struct suite_ifr_link link = link_of(args);
    const char *const file = cli_text(args, "input", NULL);
    struct base_buf key = { 0 };
    if (file != NULL && args->operand_count > 0)
        return base_fail(why, BASE_EPARSE, 0, "give a key or --input, not both");
    if (file != NULL)
        return suite_ifr_register_trace(&link, file, flow, out, why);
    if (args->operand_count == 0)
        return base_fail(why, BASE_EPARSE, 0, "a key is missing, or --input FILE");
    base_err err = key_of(args, &key);
    if (err == BASE_OK)
        err = suite_ifr_register(&link, base_buf_text(&key), flow, why);
    base_buf_done(&key);
    return err;
}

int cli_cmd_ifr_register(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const struct suite_ifr_flow flow = {
        .component = cli_text(args, "component", NULL),
        .type = cli_text(args, "type", "data"),
        .priority = (uint32_t)count_of(args, "priority", 0),
        .size = (uint32_t)count_of(args, "size", 0),
    };
    if (flow.component == NULL) {
        (void)base_fail(&why, BASE_EINVALID, 0, "say who serves the flow: --component ID");
        return cli_complain_usage(args, &why);
    }
    const base_err err = register_words(args, &flow, &out, &why);
    return finish(err, &why, &out);
}

int cli_cmd_ifr_remove(const struct cli_args *args)
{
    struct base_buf key = { 0 }, out = { 0 };
    struct base_why why = { 0 };
    bool was_there = false;
    const struct suite_ifr_link link = link_of(args);
    base_err err = key_of(args, &key);
    if (err == BASE_OK)
        err = suite_ifr_remove(&link, base_buf_text(&key), &was_there, &why);
    const int status =
        err == BASE_OK && !was_there ? not_there(&key, link.path) : finish(err, &why, &out);
    base_buf_done(&key);
    return status;
}

int cli_cmd_ifr_stats(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const struct suite_ifr_link link = link_of(args);
    const char *const format = cli_text(args, "format", "text");
    const base_err err = suite_ifr_stats(&link,
                                         strcmp(format, "json") == 0         ? SUITE_IFR_JSON
                                         : strcmp(format, "prometheus") == 0 ? SUITE_IFR_PROMETHEUS
                                                                             : SUITE_IFR_TEXT,
                                         &out, &why);
    return finish(err, &why, &out);
}
