/* cmd_hermes.c - a node of the overlay, and the questions to one. The words' fault is status 2, the
 * world's is 3; a message that missed somebody is status 1. */
#include "commands.h"
#include "hermes_config.h"
#include "option_rows.h"
#include "output.h"
#include "signals.h"

#include <base/log.h>
#include <base/units.h>

#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

const struct cli_option cli_hermes_node_options[] = {
    TEXT("config", CLI_FILE, "FILE", "settings, in TOML or YAML"),
    { 0 },
};

const struct cli_option cli_hermes_link_options[] = {
    { .name = "socket",
      .kind = CLI_FILE,
      .value_name = "PATH",
      .doc = "the node's control socket",
      .fallback = "hermes.sock in the state folder" },
    TIME("timeout", "how long the node may take to answer", "60s"),
    { 0 },
};

const struct cli_option cli_hermes_send_options[] = {
    TEXT("to", CLI_TEXT, "ID", "the id of a node, or all"),
    TEXT("type", CLI_TEXT, "TYPE", "type of the message, which decides its class"),
    TEXT("payload", CLI_TEXT, "TEXT", "the message"),
    { .name = "input",
      .letter = 'i',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "the message is this file's bytes; -: standard input" },
    FLAG("no-wait", 0, "do not wait to hear whom it reached"),
    { 0 },
};

const struct cli_option cli_hermes_subscribe_options[] = {
    TEXT("type", CLI_TEXT, "TYPE", "only messages of this type"),
    { .name = "class",
      .kind = CLI_WORD,
      .value_name = "CLASS",
      .choices = "Consensus,Auction,ShadowData",
      .doc = "only messages of this class: Consensus, Auction or ShadowData" },
    COUNT("count", 1, 1e15, "end after so many messages", "never"),
    FLAG("json", 'j', "a line of JSON each"),
    { 0 },
};

const struct cli_option cli_hermes_status_options[] = {
    FLAG("json", 'j', "as JSON"),
    { 0 },
};

const struct cli_option cli_hermes_id_options[] = {
    { .name = "key",
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "the key file",
      .fallback = "hermes.key in the state folder" },
    FLAG("create", 0, "make the key when the file is not there"),
    { 0 },
};

static int complain(base_err err, const struct base_why *why)
{
    const int status = cli_complain(err, why);
    return err == BASE_EPARSE || err == BASE_ERANGE ? CLI_USAGE
           : status == CLI_USAGE                    ? CLI_UNMEASURED
                                                    : status;
}

static int finish(base_err err, const struct base_why *why, struct base_buf *out, int status)
{
    if (err == BASE_OK)
        return cli_output_finish(out, NULL, status);
    base_buf_done(out);
    return complain(err, why);
}

/* ---- node ---- */

static void say(const char *sentence)
{
    base_log(BASE_LOG_INFO, "%s", sentence);
}

static void warn(const char *sentence)
{
    base_log(BASE_LOG_WARNING, "%s", sentence);
}

int cli_cmd_hermes_node(const struct cli_args *args)
{
    struct base_arena arena = { 0 };
    struct base_why why = { 0 };
    struct suite_hermes_node node = suite_hermes_node_defaults();
    const char *const path = cli_text(args, "config", NULL);
    if (path != NULL) {
        const base_err err = cli_hermes_config_read(path, &arena, &node, &why);
        if (err != BASE_OK) {
            base_arena_done(&arena);
            (void)cli_complain(err, &why);
            return err == BASE_ENOMEM ? CLI_UNMEASURED : CLI_USAGE;
        }
    }
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* else every timer of the node is 50 us late */
    node.stop = &cli_signals_interrupted;
    node.say = say;
    node.warn = warn;
    node.status = isatty(STDERR_FILENO) ? say : NULL;
    const base_err err = suite_hermes_node(&node, &why);
    base_arena_done(&arena);
    return err == BASE_OK ? CLI_FINE : complain(err, &why);
}

/* ---- asking ---- */

static struct suite_hermes_link link_of(const struct cli_args *args)
{
    const struct cli_value *const timeout = cli_value(args, "timeout");
    return (struct suite_hermes_link){
        .path = cli_text(args, "socket", NULL),
        .timeout_ns = timeout != NULL ? timeout->ns : UINT64_C(60000000000),
        .stop = &cli_signals_interrupted,
    };
}

static base_err payload_of(const struct cli_args *args, struct base_buf *payload,
                           struct base_why *why)
{
    const char *const text = cli_text(args, "payload", NULL);
    const char *const file = cli_text(args, "input", NULL);
    if ((text == NULL) == (file == NULL))
        return base_fail(why, BASE_EPARSE, 0, "give the message: --payload TEXT or --input FILE");
    if (text != NULL)
        return base_buf_put_text(payload, text);
    return base_buf_read_file(payload, file, SUITE_HERMES_MESSAGE_MAX, why);
}

static base_err sent_write(const struct suite_hermes_message *message,
                           const struct suite_hermes_sent *sent, struct base_buf *out)
{
    char time[BASE_UNITS_TEXT_SIZE];
    if (!message->is_waiting)
        return base_buf_printf(out, "%s\n", sent->id);
    return base_buf_printf(out, "%s reached %u of %u in %s\n", sent->id,
                           sent->addressees - sent->missed, sent->addressees,
                           base_units_print_time((double)sent->duration_ns, 3, time));
}

int cli_cmd_hermes_send(const struct cli_args *args)
{
    struct base_buf payload = { 0 }, out = { 0 };
    struct base_why why = { 0 };
    struct suite_hermes_sent sent = { 0 };
    const struct suite_hermes_link link = link_of(args);
    struct suite_hermes_message message = { .to = cli_text(args, "to", NULL),
                                            .type = cli_text(args, "type", NULL),
                                            .is_waiting = !cli_has(args, "no-wait") };
    if (message.to == NULL || message.type == NULL) {
        (void)base_fail(&why, BASE_EINVALID, 0, "say %s",
                        message.to == NULL ? "to whom: --to ID, or --to all"
                                           : "what it is: --type TYPE");
        return cli_complain_usage(args, &why);
    }
    base_err err = payload_of(args, &payload, &why);
    const bool is_words = err != BASE_OK && err != BASE_ENOMEM; /* or the file that was named */
    message.payload = base_buf_span(&payload);
    if (err == BASE_OK)
        err = suite_hermes_send(&link, &message, &sent, &why);
    base_buf_done(&payload);
    if (err == BASE_OK)
        err = sent_write(&message, &sent, &out);
    const bool has_missed = sent.missed > 0 || sent.addressees == 0;
    const int status =
        finish(err, &why, &out, message.is_waiting && has_missed ? CLI_REFUTED : CLI_FINE);
    return is_words ? CLI_USAGE : status;
}

static void say_subscribed(void)
{
    base_log(BASE_LOG_INFO, "listening; Ctrl-C ends");
}

static base_err show_line(void *context, struct base_span line, struct base_why *why)
{
    const base_err err = cli_output_write(line, NULL, why);
    *(bool *)context = err == BASE_ECLOSED;
    return err;
}

int cli_cmd_hermes_subscribe(const struct cli_args *args)
{
    struct base_why why = { 0 };
    const struct suite_hermes_link link = link_of(args);
    const struct cli_value *const count = cli_value(args, "count");
    bool is_pipe_closed = false;
    const struct suite_hermes_filter filter = { .type = cli_text(args, "type", NULL),
                                                .class = cli_text(args, "class", NULL),
                                                .count = count != NULL ? count->count : 0,
                                                .is_json = cli_has(args, "json"),
                                                .opened = say_subscribed,
                                                .show = show_line,
                                                .context = &is_pipe_closed };
    const base_err err = suite_hermes_subscribe(&link, &filter, &why);
    if (err == BASE_OK || (err == BASE_EINTERRUPTED && filter.count == 0))
        return CLI_FINE; /* Ctrl-C is how it ends */
    if (is_pipe_closed)
        return CLI_PIPE_CLOSED;
    return complain(err, &why);
}

int cli_cmd_hermes_status(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const struct suite_hermes_link link = link_of(args);
    const base_err err = suite_hermes_status(&link, cli_has(args, "json"), &out, &why);
    return finish(err, &why, &out, CLI_FINE);
}

int cli_cmd_hermes_id(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    char id[SUITE_HERMES_ID_TEXT_SIZE];
    base_err err = suite_hermes_id(cli_text(args, "key", NULL), cli_has(args, "create"), id, &why);
    if (err == BASE_OK)
        err = base_buf_printf(&out, "%s\n", id);
    return finish(err, &why, &out, CLI_FINE);
}
