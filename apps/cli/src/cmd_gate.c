/* cmd_gate.c - a gate file on a run, a baseline, a comparison; the judgement itself is the results'
 * business. */
#include "alert.h"
#include "claims.h"
#include "commands.h"
#include "option_rows.h"
#include "output.h"
#include "show.h"

#include <result/gate.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct cli_option cli_gate_options[] = {
    { .name = "file",
      .letter = 'f',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "the gate file: budgets, claims, alerts",
      .fallback = "gate.yaml" },
    { .name = "run",
      .kind = CLI_FILE,
      .value_name = "RUN",
      .doc = "judge this run: a file, or an id of the history",
      .fallback = "the newest run; none with --comparison" },
    { .name = "baseline",
      .kind = CLI_FILE,
      .value_name = "RUN",
      .doc = "the run that relative budgets are relative to: a file, or an id of the history" },
    { .name = "comparison",
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "times from a comparison that was made with --json, in place of --baseline" },
    { .name = "format",
      .kind = CLI_WORD,
      .value_name = "FORMAT",
      .choices = "text,json,csv,markdown,junit",
      .doc = "text, json, csv, markdown (a comment on a pull request) or junit",
      .fallback = "text" },
    FLAG("json", 'j', "the same as --format json"),
    { .name = "output",
      .letter = 'o',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "write the report to a file",
      .fallback = "standard output" },
    TEXT("save", CLI_FILE, "FILE", "write the JSON document to a file as well"),
    TEXT("junit", CLI_FILE, "FILE", "write JUnit XML to a file as well"),
    TEXT("markdown", CLI_FILE, "FILE", "write the Markdown comment to a file as well"),
    FLAG("github", 0,
         "annotate the failures for GitHub Actions, and append to the files that "
         "$GITHUB_STEP_SUMMARY and $GITHUB_OUTPUT name"),
    TEXT("alert", CLI_TEXT, "KIND=TARGET",
         "tell somebody besides those of the file: command=LINE, webhook=URL, slack=URL or "
         "email=ADDRESS; ${NAME} as TARGET is that variable; may be repeated"),
    { .name = "alert-on",
      .kind = CLI_WORD,
      .value_name = "WHEN",
      .choices = "failure,always,change",
      .doc = "when all of them are told: failure, always, or change of the outcome",
      .fallback = "what the file says, else failure" },
    TEXT("smtp", CLI_TEXT, "URL",
         "the server of --alert email=..., as in smtps://mail.example.org"),
    TEXT("mail-from", CLI_TEXT, "ADDRESS", "the sender of --alert email=..."),
    FLAG("init", 0, "write a commented gate file to standard output and do nothing else"),
    { 0 },
};

struct gate {
    struct base_arena arena;
    struct result_gate gate;
    struct result_run run, baseline;
    struct result_comparison comparison;
    struct result_gate_input input;
    struct result_gate_report report;
};

static void gate_done(struct gate *gate)
{
    result_gate_report_done(&gate->report);
    result_comparison_done(&gate->comparison);
    result_run_done(&gate->run);
    result_run_done(&gate->baseline);
    base_arena_done(&gate->arena);
}

/* --- in ------------------------------------------------------------------------------------- */

/* A file of the command line that cannot be read is a mistake there. */
static base_err read_named(const char *path, size_t size_max, struct base_buf *text,
                           struct base_why *why)
{
    const base_err err = base_buf_read_file(text, path, size_max, why);
    return err == BASE_EIO ? BASE_ENOTFOUND : err;
}

static base_err load_file(const struct cli_args *args, struct gate *gate, struct base_why *why)
{
    const char *path = cli_text(args, "file", "gate.yaml");
    struct base_buf text = { 0 };
    if (!cli_has(args, "file") && access(path, F_OK) != 0)
        return base_fail(why, BASE_ENOTFOUND, 0,
                         "there is no gate.yaml here; name one with --file FILE, or begin with "
                         "'bpi-perf gate --init >gate.yaml'");
    base_err err = read_named(path, RESULT_GATE_FILE_SIZE_MAX, &text, why);
    if (err == BASE_OK)
        err = result_gate_read(base_buf_span(&text), path, &gate->arena, &gate->gate, why);
    base_buf_done(&text);
    return err;
}

static base_err load_run(const struct cli_args *args, const char *option, const char *fallback,
                         struct result_run *run, struct base_why *why)
{
    const base_err err = cli_show_load(cli_text(args, option, fallback), run, why);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "--%s", option);
}

static base_err load_comparison(const char *path, struct gate *gate, struct base_why *why)
{
    struct base_buf text = { 0 };
    base_err err = read_named(path, RESULT_COMPARISON_SIZE_MAX, &text, why);
    if (err == BASE_OK)
        err = result_comparison_read(base_buf_span(&text), path, &gate->comparison, why);
    base_buf_done(&text);
    return err == BASE_OK ? err : base_fail_prefix(why, err, "--comparison");
}

/* The comparison of a file, else one made of the two runs. */
static base_err compare(const struct cli_args *args, struct gate *gate, struct base_why *why)
{
    const struct result_compare_options options = {
        .threshold = gate->gate.threshold,
        .confidence = 1 - gate->gate.significance,
    };
    if (cli_has(args, "comparison"))
        CLI_TRY(load_comparison(cli_text(args, "comparison", ""), gate, why));
    else if (gate->input.baseline != NULL)
        CLI_TRY(result_compare(&gate->baseline, &gate->run, &options, &gate->comparison, why));
    else
        return BASE_OK;
    gate->input.comparison = &gate->comparison;
    return BASE_OK;
}

/* The claims of a file, whose path is relative to the gate file's folder. */
static base_err load_claim_file(struct gate *gate, const char *name, struct result_claim **claims,
                                size_t *count, struct base_why *why)
{
    const char *slash = strrchr(gate->gate.path, '/');
    const int folder = slash != NULL && *name != '/' ? (int)(slash + 1 - gate->gate.path) : 0;
    const char *path = base_arena_printf(&gate->arena, "%.*s%s", folder, gate->gate.path, name);
    struct base_buf text = { 0 };
    if (path == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for a path");
    base_err err = read_named(path, RESULT_CLAIM_FILE_SIZE_MAX, &text, why);
    if (err == BASE_OK)
        err = result_claims_read(base_buf_span(&text), path, &gate->arena, claims, count, why);
    base_buf_done(&text);
    return err;
}

static base_err load_claims(struct gate *gate, struct base_why *why)
{
    const struct result_gate *file = &gate->gate;
    struct result_claim *all = NULL, *more = NULL;
    size_t count = 0, more_count = 0;
    if (!file->is_own_claims_only && (file->is_all_claims || file->claim_count > 0))
        CLI_TRY(cli_claims_read(file->is_all_claims ? gate->input.run : NULL, &gate->arena, &all,
                                &count, why));
    for (size_t i = 0; i < file->claim_file_count; i++) {
        CLI_TRY(load_claim_file(gate, file->claim_files[i], &more, &more_count, why));
        struct result_claim *both =
            base_arena_array(&gate->arena, count + more_count + 1, sizeof *both);
        if (both == NULL)
            return base_fail(why, BASE_ENOMEM, 0, "no memory for the claims");
        if (count > 0)
            memcpy(both, all, count * sizeof *both);
        memcpy(both + count, more, more_count * sizeof *both);
        all = both;
        count += more_count;
    }
    gate->input.claims = all;
    gate->input.claim_count = count;
    return BASE_OK;
}

static base_err load_all(const struct cli_args *args, struct gate *gate, struct base_why *why)
{
    const bool is_run_needed = cli_has(args, "run") || !cli_has(args, "comparison");
    CLI_TRY(load_file(args, gate, why));
    CLI_TRY(cli_alert_options(args, &gate->arena, &gate->gate, why));
    if (is_run_needed) {
        CLI_TRY(load_run(args, "run", "latest", &gate->run, why));
        gate->input.run = &gate->run;
    }
    if (cli_has(args, "baseline")) {
        if (!is_run_needed)
            return base_fail(why, BASE_EINVALID, 0,
                             "--baseline with --comparison needs --run RUN too");
        CLI_TRY(load_run(args, "baseline", "", &gate->baseline, why));
        gate->input.baseline = &gate->baseline;
    }
    CLI_TRY(compare(args, gate, why));
    return load_claims(gate, why);
}

/* --- out ------------------------------------------------------------------------------------ */

static const char *format_of(const struct cli_args *args)
{
    const char *format = "text";
    for (size_t i = 0; i < args->value_count; i++) { /* the last one wins */
        const char *name = args->values[i].option->name;
        if (strcmp(name, "json") == 0)
            format = name;
        else if (strcmp(name, "format") == 0)
            format = args->values[i].text;
    }
    return format;
}

static base_err write_file(const struct result_gate_report *report, const char *format,
                           const char *path, struct base_why *why)
{
    struct base_buf out = { 0 };
    base_err err = result_gate_write(report, format, &(struct result_page){ 0 }, &out);
    if (err == BASE_OK)
        err = cli_output_write(base_buf_span(&out), path, why);
    base_buf_done(&out);
    return err;
}

static base_err append(const char *path, struct base_span bytes, struct base_why *why)
{
    const int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0)
        return base_fail(why, BASE_EIO, 0, "%s: cannot open: %s", path, strerror(errno));
    const ssize_t done = write(file, bytes.data, bytes.size);
    const bool is_closed = close(file) == 0;
    if (done != (ssize_t)bytes.size || !is_closed)
        return base_fail(why, BASE_EIO, 0, "%s: cannot write", path);
    return BASE_OK;
}

static base_err write_github(const struct result_gate_report *report, struct base_why *why)
{
    const char *summary = getenv("GITHUB_STEP_SUMMARY"), *output = getenv("GITHUB_OUTPUT");
    struct base_buf text = { 0 };
    base_err err = BASE_OK;
    if (summary != NULL && *summary != '\0') {
        err = result_gate_write(report, "markdown", &(struct result_page){ 0 }, &text);
        if (err == BASE_OK)
            err = append(summary, base_buf_span(&text), why);
    }
    base_buf_clear(&text);
    if (err == BASE_OK && output != NULL && *output != '\0') {
        err = result_gate_write_outputs(report, &text);
        if (err == BASE_OK)
            err = append(output, base_buf_span(&text), why);
    }
    base_buf_done(&text);
    return err;
}

/* Annotations stand where a report for people stands, else on standard error: GitHub reads both. */
static base_err annotate(const struct cli_args *args, const struct result_gate_report *report,
                         struct base_buf *out, struct base_why *why)
{
    struct base_buf lines = { 0 };
    base_err err = result_gate_write_annotations(report, &lines);
    if (err == BASE_OK && strcmp(format_of(args), "text") == 0 && !cli_has(args, "output"))
        err = base_buf_put(out, lines.data, lines.size);
    else if (err == BASE_OK)
        err = fwrite(lines.data, 1, lines.size, stderr) == lines.size
                  ? BASE_OK
                  : base_fail(why, BASE_EIO, 0, "standard error: cannot write");
    base_buf_done(&lines);
    return err;
}

static base_err write_all(const struct cli_args *args, const struct result_gate_report *report,
                          struct base_buf *out, struct base_why *why)
{
    static const struct {
        const char *option, *format;
    } files[] = { { "save", "json" }, { "junit", "junit" }, { "markdown", "markdown" } };
    const struct result_report_options options = cli_show_options(args);
    CLI_TRY(result_gate_write(report, format_of(args), &options.page, out));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (cli_has(args, files[i].option))
            CLI_TRY(write_file(report, files[i].format, cli_text(args, files[i].option, ""), why));
    if (!cli_has(args, "github"))
        return BASE_OK;
    CLI_TRY(annotate(args, report, out, why));
    return write_github(report, why);
}

static int judge(const struct cli_args *args, struct gate *gate)
{
    static const int statuses[] = { CLI_FINE, CLI_REFUTED, CLI_UNMEASURED };
    struct base_why why = { 0 };
    struct base_buf out = { 0 };
    base_err err = load_all(args, gate, &why);
    if (err == BASE_OK)
        err = result_gate_judge(&gate->gate, &gate->input, &gate->report, &why);
    if (err != BASE_OK)
        return cli_complain(err, &why);
    err = write_all(args, &gate->report, &out, &why);
    cli_alert_all(&gate->report);
    const int status =
        cli_output_finish(&out, cli_text(args, "output", NULL), statuses[gate->report.outcome]);
    if (err == BASE_OK)
        return status;
    (void)cli_complain(err, &why);
    return CLI_UNMEASURED;
}

static int show_example(void)
{
    struct base_buf out = { 0 };
    if (base_buf_put_text(&out, result_gate_example()) != BASE_OK)
        return cli_complain(BASE_ENOMEM, NULL);
    return cli_output_finish(&out, NULL, CLI_FINE);
}

int cli_cmd_gate(const struct cli_args *args)
{
    static struct gate gate; /* one a process */
    if (cli_has(args, "init"))
        return show_example();
    gate = (struct gate){ 0 };
    const int status = judge(args, &gate);
    gate_done(&gate);
    return status;
}
