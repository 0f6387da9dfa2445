/* gate_read_alert.c - the entries of `alerts`, and the values that every part of a gate file has.
 */
#include "gate_read_internal.h"

#include <base/units.h>

#include <stdio.h>
#include <string.h>

/* --- values --------------------------------------------------------------------------------- */

base_err result_gate_keep(struct result_gate_reader *reader, const char *text, const char **out)
{
    *out = text != NULL ? base_arena_text(reader->arena, text) : NULL;
    return text == NULL || *out != NULL
               ? BASE_OK
               : base_fail(reader->yaml.why, BASE_ENOMEM, 0, "%s: no memory", reader->yaml.path);
}

base_err result_gate_fail_value(struct result_gate_reader *reader, const yaml_node_t *mapping,
                                const char *key, const char *sentence)
{
    return result_yaml_fail(&reader->yaml, BASE_EINVALID,
                            result_yaml_line(&reader->yaml, mapping, key), "%s: %s", key, sentence);
}

base_err result_gate_take_word(struct result_gate_reader *reader, const yaml_node_t *mapping,
                               const char *key, const char *text, const char *const *words,
                               unsigned *out)
{
    char known[200] = "";
    if (text == NULL)
        return BASE_OK;
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (strcmp(text, words[i]) == 0) {
            *out = i;
            return BASE_OK;
        }
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i > 0 ? ", " : "",
                 words[i]);
    }
    return result_yaml_fail(&reader->yaml, BASE_EINVALID,
                            result_yaml_line(&reader->yaml, mapping, key),
                            "%s: '%.60s' is not one of %s", key, text, known);
}

/* --- alerts --------------------------------------------------------------------------------- */

static const char *const alert_keys[] = { "command", "webhook", "slack", "email" };
static const cyaml_schema_field_t alert_fields[] = {
    RESULT_GATE_FIELD("command", result_gate_text_alert, targets[0]),
    RESULT_GATE_FIELD("webhook", result_gate_text_alert, targets[1]),
    RESULT_GATE_FIELD("slack", result_gate_text_alert, targets[2]),
    RESULT_GATE_FIELD("email", result_gate_text_alert, targets[3]),
    RESULT_GATE_FIELD("on", result_gate_text_alert, on),
    RESULT_GATE_FIELD("from", result_gate_text_alert, from),
    RESULT_GATE_FIELD("smtp", result_gate_text_alert, smtp),
    RESULT_GATE_FIELD("user", result_gate_text_alert, user),
    RESULT_GATE_FIELD("password", result_gate_text_alert, password),
    RESULT_GATE_FIELD("timeout", result_gate_text_alert, timeout),
    RESULT_GATE_FIELD("retries", result_gate_text_alert, retries),
    CYAML_FIELD_END
};
const cyaml_schema_value_t result_gate_alert_schema = { CYAML_VALUE_MAPPING(
    CYAML_FLAG_DEFAULT, struct result_gate_text_alert, alert_fields) };

static base_err check_alert(struct result_gate_reader *reader,
                            const struct result_gate_text_alert *text, const yaml_node_t *node,
                            struct result_alert *alert)
{
    size_t count = 0;
    for (unsigned i = 0; i < sizeof alert_keys / sizeof alert_keys[0]; i++)
        if (text->targets[i] != NULL) {
            alert->kind = (enum result_alert_kind)i;
            count++;
        }
    const bool is_mail = alert->kind == RESULT_ALERT_MAIL;
    if (count != 1)
        return result_yaml_fail(&reader->yaml, BASE_EINVALID, result_yaml_line_of(node),
                                "an alert has one of the keys command, webhook, slack, email");
    if (is_mail && (text->from == NULL || text->smtp == NULL))
        return result_yaml_fail(&reader->yaml, BASE_EINVALID, result_yaml_line_of(node),
                                "email needs the key '%s', as in %s",
                                text->from == NULL ? "from" : "smtp",
                                text->from == NULL ? "ci@example.org" : "smtps://mail.example.org");
    if (!is_mail &&
        (text->from != NULL || text->smtp != NULL || text->user != NULL || text->password != NULL))
        return result_yaml_fail(&reader->yaml, BASE_EINVALID, result_yaml_line_of(node),
                                "from, smtp, user and password belong to email, not to %s",
                                alert_keys[alert->kind]);
    return BASE_OK;
}

static base_err take_times(struct result_gate_reader *reader,
                           const struct result_gate_text_alert *text, const yaml_node_t *node,
                           struct result_alert *alert)
{
    struct base_why why = { 0 };
    uint64_t ns = 0, retries = RESULT_ALERT_RETRIES;
    alert->timeout_ms = RESULT_ALERT_TIMEOUT_MS;
    if (text->timeout != NULL) {
        if (base_units_parse_time(text->timeout, &ns, &why) != BASE_OK)
            return result_gate_fail_value(reader, node, "timeout", why.text);
        alert->timeout_ms = ns / 1000000;
        if (alert->timeout_ms < 1 || alert->timeout_ms > 300000)
            return result_gate_fail_value(reader, node, "timeout",
                                          "it is not between 1 ms and 5 min");
    }
    if (text->retries != NULL &&
        base_units_parse_count(text->retries, 0, 10, &retries, &why) != BASE_OK)
        return result_gate_fail_value(reader, node, "retries", why.text);
    alert->retries = (unsigned)retries;
    return BASE_OK;
}

base_err result_gate_take_alert(struct result_gate_reader *reader,
                                const struct result_gate_text_alert *text, const yaml_node_t *node)
{
    static const char *const ons[] = { "failure", "always", "change", NULL };
    struct result_alert alert = { .line = result_yaml_line_of(node) };
    unsigned on = RESULT_ALERT_FAILURE;
    base_err err = check_alert(reader, text, node, &alert);
    if (err == BASE_OK)
        err = result_gate_take_word(reader, node, "on", text->on, ons, &on);
    if (err == BASE_OK)
        err = take_times(reader, text, node, &alert);
    if (err == BASE_OK)
        err = result_gate_keep(reader, text->targets[alert.kind], &alert.target);
    if (err == BASE_OK)
        err = result_gate_keep(reader, text->from, &alert.from);
    if (err == BASE_OK)
        err = result_gate_keep(reader, text->smtp, &alert.smtp);
    if (err == BASE_OK)
        err = result_gate_keep(reader, text->user, &alert.user);
    if (err == BASE_OK)
        err = result_gate_keep(reader, text->password, &alert.password);
    alert.on = (enum result_alert_on)on;
    if (err == BASE_OK)
        reader->gate->alerts[reader->gate->alert_count++] = alert;
    return err;
}
