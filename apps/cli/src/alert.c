/* alert.c - from a gate's alerts to messages. */
#include "alert.h"

#include "notify.h"

#include <base/log.h>

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "command", "webhook", "slack", "email", NULL };

static base_err read_option(const struct cli_args *args, const char *text,
                            struct result_alert *alert, struct base_why *why)
{
    const size_t size = strcspn(text, "=");
    unsigned kind = 0;
    while (kinds[kind] != NULL &&
           (strlen(kinds[kind]) != size || strncmp(kinds[kind], text, size) != 0))
        kind++;
    if (kinds[kind] == NULL || text[size] == '\0' || text[size + 1] == '\0')
        return base_fail(why, BASE_EINVALID, 0,
                         "--alert: '%.80s' is not command=LINE, webhook=URL, slack=URL or "
                         "email=ADDRESS",
                         text);
    *alert = (struct result_alert){ .kind = (enum result_alert_kind)kind,
                                    .target = text + size + 1,
                                    .timeout_ms = RESULT_ALERT_TIMEOUT_MS,
                                    .retries = RESULT_ALERT_RETRIES };
    if (alert->kind != RESULT_ALERT_MAIL)
        return BASE_OK;
    alert->from = cli_text(args, "mail-from", NULL);
    alert->smtp = cli_text(args, "smtp", NULL);
    if (alert->from == NULL || alert->smtp == NULL)
        return base_fail(why, BASE_EINVALID, 0,
                         "--alert email=... needs --smtp URL and --mail-from ADDRESS");
    return BASE_OK;
}

base_err cli_alert_options(const struct cli_args *args, struct base_arena *arena,
                           struct result_gate *gate, struct base_why *why)
{
    static const char *const ons[] = { "failure", "always", "change" };
    struct result_alert *all =
        base_arena_array(arena, gate->alert_count + args->value_count + 1, sizeof *all);
    if (all == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for the alerts");
    if (gate->alert_count > 0)
        memcpy(all, gate->alerts, gate->alert_count * sizeof *all);
    for (size_t i = 0; i < args->value_count; i++)
        if (strcmp(args->values[i].option->name, "alert") == 0)
            CLI_TRY(read_option(args, args->values[i].text, &all[gate->alert_count++], why));
    const char *on = cli_text(args, "alert-on", NULL);
    for (size_t i = 0; on != NULL && i < gate->alert_count; i++)
        for (unsigned k = 0; k < sizeof ons / sizeof ons[0]; k++)
            if (strcmp(on, ons[k]) == 0)
                all[i].on = (enum result_alert_on)k;
    gate->alerts = all;
    return BASE_OK;
}

/* ${NAME} as a whole value is that variable; NULL when there is none. Anything else is itself. */
static const char *expand(const char *text, struct base_arena *arena, const char **missing)
{
    const size_t size = text != NULL ? strlen(text) : 0;
    if (size < 4 || strncmp(text, "${", 2) != 0 || text[size - 1] != '}')
        return text;
    const char *name = base_arena_text_of(arena, text + 2, size - 3);
    const char *value = name != NULL ? getenv(name) : NULL;
    if (value != NULL && *value != '\0')
        return value;
    *missing = name != NULL ? name : "?";
    return NULL;
}

static base_err deliver(const struct result_gate_report *report, struct result_alert alert,
                        struct base_why *why)
{
    struct base_arena arena = { 0 };
    struct base_buf body = { 0 }, subject = { 0 };
    const char *missing = NULL;
    alert.target = expand(alert.target, &arena, &missing);
    alert.from = expand(alert.from, &arena, &missing);
    alert.smtp = expand(alert.smtp, &arena, &missing);
    alert.user = expand(alert.user, &arena, &missing);
    alert.password = expand(alert.password, &arena, &missing);
    base_err err = BASE_OK;
    if (missing != NULL)
        err = base_fail(why, BASE_ENOTFOUND, 0, "%s: the environment has no %s", kinds[alert.kind],
                        missing);
    if (err == BASE_OK && (result_gate_write_alert(report, alert.kind, &body) != BASE_OK ||
                           result_gate_write_headline(report, &subject) != BASE_OK))
        err = base_fail(why, BASE_ENOMEM, 0, "no memory for an alert");
    if (err == BASE_OK)
        err = cli_notify(&alert, base_buf_text(&subject), base_buf_span(&body), why);
    base_buf_done(&body);
    base_buf_done(&subject);
    base_arena_done(&arena);
    return err;
}

/* Asked for once, and only when somebody wants to know: asking is what keeps the outcome. */
static bool is_change(const struct result_gate_report *report)
{
    struct base_why why = { 0 };
    bool is_asked = false, is_changed = true;
    for (size_t i = 0; i < report->gate->alert_count; i++)
        is_asked = is_asked || report->gate->alerts[i].on == RESULT_ALERT_CHANGE;
    if (is_asked &&
        result_gate_changed(report->gate->name, report->outcome, &is_changed, &why) != BASE_OK)
        base_log(BASE_LOG_WARNING, "what this gate said before is not known: %s", why.text);
    return is_changed;
}

void cli_alert_all(const struct result_gate_report *report)
{
    const bool is_changed = is_change(report);
    const bool is_failed = report->outcome != RESULT_GATE_PASSED;
    for (size_t i = 0; i < report->gate->alert_count; i++) {
        const struct result_alert *alert = &report->gate->alerts[i];
        struct base_why why = { 0 };
        const bool is_due = alert->on == RESULT_ALERT_ALWAYS ||
                            (alert->on == RESULT_ALERT_FAILURE && is_failed) ||
                            (alert->on == RESULT_ALERT_CHANGE && is_changed);
        if (is_due && deliver(report, *alert, &why) != BASE_OK)
            base_log(BASE_LOG_WARNING, "an alert was not delivered: %s", why.text);
    }
}
