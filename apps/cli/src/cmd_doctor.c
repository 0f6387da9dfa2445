/* cmd_doctor.c - the machine's examination. The probe reads and judges; the noise floor comes from
 * the reference kernels, measured by the same engine as every case. */
#include "commands.h"
#include "output.h"
#include "plan.h"
#include "show.h"
#include "signals.h"

#include <base/log.h>
#include <jansson.h>
#include <probe/build.h>
#include <probe/doctor.h>
#include <stats/summary.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUILD_FACTS_MAX = 16 };
static const uint64_t watch_ns = 1000000000;

struct doctor {
    struct cli_plan *plan;
    struct probe_host host;
    struct probe_disturb disturb;
    struct probe_floor floor;
    struct probe_report report;
    bool has_disturb;
};

/* Robust: a preempted batch says that the machine is busy, which is a finding of its own. */
static double wander_of(const struct bench_record *record)
{
    size_t count = 0;
    for (size_t i = 0; i < record->process_count; i++)
        count += record->processes[i].batch_count;
    double *values = calloc(count + 1, sizeof *values);
    if (values == NULL || count < 2) {
        free(values);
        return NAN;
    }
    size_t at = 0;
    for (size_t i = 0; i < record->process_count; i++)
        for (size_t k = 0; k < record->processes[i].batch_count; k++)
            values[at++] = record->processes[i].ns[k] / (double)record->processes[i].counts[k];
    stats_sort(values, count);
    const double middle = stats_median_sorted(values, count);
    const double wander = STATS_MAD_SCALE * stats_mad_sorted(values, count) / middle;
    free(values);
    return middle > 0 ? wander : NAN;
}

/* Batches of a reference kernel in two fresh processes. */
static double measure(struct doctor *doctor, const char *name)
{
    const struct bench_plan plan = { .warm_up_ns = 100000000,
                                     .measurement_ns = 1000000000,
                                     .processes = 2,
                                     .is_without_references = true,
                                     .interrupted = &cli_signals_interrupted };
    struct bench_target target = { .name = name };
    struct bench_record record = { 0 };
    double wander = NAN;
    snprintf(target.id, sizeof target.id, "%s", name);
    if (bench_drive_case(&doctor->plan->launch, &plan, &target, NULL, NULL, &record) == BASE_OK) {
        wander = wander_of(&record);
        doctor->floor.clock_cost_ns = record.clock_cost_ns;
        doctor->floor.clock_resolution_ns = record.clock_resolution_ns;
    } else {
        base_log(BASE_LOG_WARNING, "%s cannot be measured: %s", name, record.why.text);
    }
    bench_record_done(&record);
    return wander;
}

static base_err examine(struct doctor *doctor, struct base_why *why)
{
    base_err err = probe_host_read(NULL, &doctor->host);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "the machine cannot be read: %s", base_err_text(err));
    base_log(BASE_LOG_INFO, "watching the machine, then measuring its noise floor: 4 s");
    doctor->has_disturb = probe_disturb_sample(NULL, watch_ns, &doctor->disturb, why) == BASE_OK;
    if (!doctor->has_disturb)
        base_log(BASE_LOG_WARNING, "what disturbs the machine is not known: %s", why->text);
    doctor->floor = (struct probe_floor){ NAN, NAN, NAN, NAN };
    doctor->floor.core_wander = measure(doctor, "reference/core");
    doctor->floor.memory_wander = measure(doctor, "reference/memory");
    if (cli_signals_interrupted)
        return base_fail(why, BASE_EINTERRUPTED, 0, "interrupted");
    err = probe_doctor(&doctor->host, doctor->has_disturb ? &doctor->disturb : NULL, &doctor->floor,
                       NULL, 0, &doctor->report);
    return err == BASE_OK ? err : base_fail(why, err, 0, "out of memory");
}

static enum result_style style_of(enum probe_severity severity)
{
    static const enum result_style styles[] = { RESULT_GOOD, RESULT_DIM, RESULT_WARN, RESULT_BAD };
    return styles[severity];
}

static base_err put_finding(struct base_buf *out, const struct probe_finding *finding,
                            const struct result_page *page)
{
    const size_t width = page->width > 0 ? page->width : 100;
    CLI_TRY(base_buf_printf(out, "%s%-8s%s", result_style_begin(page, style_of(finding->severity)),
                            probe_severity_name(finding->severity),
                            result_style_end(page, style_of(finding->severity))));
    CLI_TRY(cli_wrap(out, finding->what, 8, width));
    if (finding->evidence != NULL && *finding->evidence != '\0') {
        CLI_TRY(base_buf_put_text(out, "        "));
        CLI_TRY(cli_wrap(out, finding->evidence, 8, width));
    }
    if (finding->advice == NULL)
        return BASE_OK;
    CLI_TRY(base_buf_put_text(out, "        -> "));
    return cli_wrap(out, finding->advice, 11, width);
}

static base_err put_text(const struct cli_args *args, const struct doctor *doctor,
                         struct base_buf *out)
{
    static const char *const verdicts[] = {
        "This machine is fit to measure.",
        "This machine is fit to measure; the notes say what its numbers mean.",
        "This machine measures with wider intervals than it could; see the warnings.",
        "Numbers of now should not be compared with others; see what is bad.",
    };
    const struct result_report_options options = cli_show_options(args);
    CLI_TRY(base_buf_put_text(out, "Machine\n"));
    for (size_t i = 0; i < doctor->host.fact_count; i++) {
        CLI_TRY(base_buf_printf(out, "  %-24s", doctor->host.facts[i].name));
        CLI_TRY(cli_wrap(out, doctor->host.facts[i].value, 26,
                         options.page.width > 0 ? options.page.width : 100));
    }
    CLI_TRY(base_buf_put_text(out, "\nFindings\n"));
    for (size_t i = 0; i < doctor->report.finding_count; i++)
        CLI_TRY(put_finding(out, &doctor->report.findings[i], &options.page));
    return base_buf_printf(out, "\n%s\n", verdicts[doctor->report.verdict]);
}

static json_t *facts_as_json(const struct probe_fact *facts, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++)
        json_object_set_new(object, facts[i].name, json_string(facts[i].value));
    return object;
}

static void set_number(json_t *object, const char *name, double number)
{
    if (isfinite(number))
        json_object_set_new(object, name, json_real(number));
}

static base_err put_json(json_t *object, struct base_buf *out)
{
    char *text = object != NULL ? json_dumps(object, JSON_INDENT(2)) : NULL;
    const base_err err = text != NULL ? base_buf_printf(out, "%s\n", text) : BASE_ENOMEM;
    free(text);
    json_decref(object);
    return err;
}

static base_err put_report_json(const struct doctor *doctor, struct base_buf *out)
{
    json_t *findings = json_array(), *floor = json_object();
    for (size_t i = 0; i < doctor->report.finding_count; i++) {
        const struct probe_finding *finding = &doctor->report.findings[i];
        json_array_append_new(findings, json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "severity",
                                                  probe_severity_name(finding->severity), "id",
                                                  finding->id, "what", finding->what, "evidence",
                                                  finding->evidence, "advice", finding->advice));
    }
    set_number(floor, "core_wander", doctor->floor.core_wander);
    set_number(floor, "memory_wander", doctor->floor.memory_wander);
    set_number(floor, "clock_cost_ns", doctor->floor.clock_cost_ns);
    set_number(floor, "clock_resolution_ns", doctor->floor.clock_resolution_ns);
    return put_json(json_pack("{s:s, s:o, s:o, s:o}", "verdict",
                              probe_severity_name(doctor->report.verdict), "host",
                              facts_as_json(doctor->host.facts, doctor->host.fact_count), "floor",
                              floor, "findings", findings),
                    out);
}

static int show_build(const struct cli_args *args)
{
    struct probe_fact facts[BUILD_FACTS_MAX];
    struct base_buf out = { 0 };
    const size_t count = probe_build_facts(facts, BUILD_FACTS_MAX);
    base_err err = BASE_OK;
    if (cli_has(args, "json"))
        err = put_json(facts_as_json(facts, count), &out);
    for (size_t i = 0; err == BASE_OK && !cli_has(args, "json") && i < count; i++)
        err = base_buf_printf(&out, "%-24s%s\n", facts[i].name, facts[i].value);
    return err == BASE_OK ? cli_output_finish(&out, NULL, CLI_FINE) : cli_complain(err, NULL);
}

int cli_cmd_doctor(const struct cli_args *args)
{
    static struct cli_plan plan;
    static struct doctor doctor;
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    if (cli_has(args, "build"))
        return show_build(args);
    doctor.plan = &plan;
    base_err err = cli_plan_self(&plan, &why);
    if (err == BASE_OK)
        err = examine(&doctor, &why);
    if (err == BASE_OK)
        err =
            cli_has(args, "json") ? put_report_json(&doctor, &out) : put_text(args, &doctor, &out);
    const bool is_bad = doctor.report.verdict == PROBE_BAD;
    probe_report_done(&doctor.report);
    probe_disturb_done(&doctor.disturb);
    probe_host_done(&doctor.host);
    cli_plan_done(&plan);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, &why);
    }
    return cli_output_finish(&out, NULL, is_bad ? CLI_REFUTED : CLI_FINE);
}
