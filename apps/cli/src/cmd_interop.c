/* cmd_interop.c - files of other tools in, files of other tools out. */
#include "commands.h"
#include "load.h"
#include "option_rows.h"
#include "output.h"
#include "show.h"

#include <base/log.h>
#include <result/history.h>
#include <result/sign.h>

#include <string.h>

#define FORMATS "gbench,hyperfine,benchfmt,criterion,bencher,openmetrics,hdr"

const struct cli_option cli_export_options[] = {
    { .name = "format",
      .letter = 'f',
      .kind = CLI_WORD,
      .value_name = "FORMAT",
      .choices = FORMATS,
      .doc = "gbench (google/benchmark JSON), hyperfine (JSON), benchfmt (Go benchmarks, for "
             "benchstat), criterion (a folder), bencher (Bencher Metric Format), openmetrics or "
             "hdr (HdrHistogram log)" },
    { .name = "output",
      .letter = 'o',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "write to this file, for criterion into this folder (FOLDER@NAME: as that baseline)",
      .fallback = "standard output" },
    { 0 },
};

const struct cli_option cli_import_options[] = {
    { .name = "format",
      .letter = 'f',
      .kind = CLI_WORD,
      .value_name = "FORMAT",
      .choices = FORMATS,
      .doc =
          "what the file is: gbench, hyperfine, benchfmt, criterion, bencher, openmetrics or hdr",
      .fallback = "told by its contents" },
    TEXT("save", CLI_FILE, "FILE", "write our own signed document to a file; - is standard output"),
    FLAG("no-history", 0, "do not keep the run in the history"),
    { 0 },
};

/* --- export ----------------------------------------------------------------------------------- */

static base_err export_run(const struct cli_args *args, const struct result_run *run,
                           const struct result_interop *format, struct base_buf *out,
                           struct base_why *why)
{
    size_t left_out = 0;
    const char *place = cli_text(args, "output", NULL);
    if (format->is_folder && (place == NULL || strcmp(place, "-") == 0))
        return base_fail(why, BASE_EINVALID, 0, "%s is a folder: write --output FOLDER",
                         format->title);
    if (format->is_folder)
        CLI_TRY(format->export_folder(run, place, &left_out, why));
    else
        CLI_TRY(format->export(run, out, &left_out, why));
    if (left_out > 0)
        base_log(BASE_LOG_INFO, "%zu of %zu cases have nothing that %s can hold and are left out",
                 left_out, run->case_count, format->title);
    return BASE_OK;
}

int cli_cmd_export(const struct cli_args *args)
{
    struct result_run run = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const char *name = cli_text(args, "format", NULL);
    if (name == NULL) {
        (void)base_fail(&why, BASE_EINVALID, 0, "export needs --format FORMAT: one of %s", FORMATS);
        return cli_complain_usage(args, &why);
    }
    const struct result_interop *format = cli_interop_find(name);
    base_err err = cli_show_load(args->operands[0], &run, &why);
    if (err == BASE_OK)
        err = export_run(args, &run, format, &out, &why);
    result_run_done(&run);
    if (err != BASE_OK) {
        base_buf_done(&out);
        return cli_complain(err, &why);
    }
    if (!format->is_folder)
        return cli_output_finish(&out, cli_text(args, "output", NULL), CLI_FINE);
    base_buf_done(&out);
    return CLI_FINE;
}

/* --- import ----------------------------------------------------------------------------------- */

static base_err keep(const struct result_run *run, bool *is_new, struct base_why *why)
{
    struct result_history *history = NULL;
    CLI_TRY(result_history_open(NULL, &history, why));
    const base_err err = result_history_finish(history, run, why);
    result_history_close(history);
    *is_new = err == BASE_OK;
    return err == BASE_EEXIST ? BASE_OK : err; /* the same file was imported before */
}

static base_err sign(struct result_run *run, struct base_why *why)
{
    struct result_key key;
    CLI_TRY(result_key_open(&key, why));
    const base_err err = result_sign_run(run, &key, why);
    result_key_done(&key);
    return err;
}

static base_err save(const struct result_run *run, const char *place, struct base_why *why)
{
    struct base_buf out = { 0 };
    base_err err = result_run_write_why(run, &out, why);
    if (err == BASE_OK)
        err = cli_output_write(base_buf_span(&out), place, why);
    base_buf_done(&out);
    return err;
}

static base_err load(const struct cli_args *args, struct result_run *run, struct base_why *why)
{
    struct cli_load_notes notes;
    const char *path = args->operands[0], *format = cli_text(args, "format", NULL);
    CLI_TRY(format != NULL ? cli_load_as(path, cli_interop_find(format), run, &notes, why)
                           : cli_load_run(path, run, &notes, why));
    cli_load_say(path, &notes);
    return BASE_OK;
}

static base_err import_run(const struct cli_args *args, struct result_run *run,
                           struct base_buf *out, struct base_why *why)
{
    const char *place = cli_text(args, "save", NULL);
    const bool is_kept = !cli_has(args, "no-history");
    bool is_new = false;
    if (!is_kept && place == NULL)
        return base_fail(why, BASE_EINVALID, 0,
                         "with --no-history say where it should go: --save FILE");
    CLI_TRY(load(args, run, why));
    if (run->key == NULL) /* a document of our own keeps its signature */
        CLI_TRY(sign(run, why));
    if (place != NULL)
        CLI_TRY(save(run, place, why));
    if (is_kept)
        CLI_TRY(keep(run, &is_new, why));
    if (place != NULL && strcmp(place, "-") == 0)
        return BASE_OK;
    return base_buf_printf(out, "%s: run %s, %zu cases%s\n", args->operands[0], run->id,
                           run->case_count,
                           !is_kept ? ""
                           : is_new ? ", kept in the history"
                                    : ", was in the history before");
}

int cli_cmd_import(const struct cli_args *args)
{
    struct result_run run = { 0 };
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const base_err err = import_run(args, &run, &out, &why);
    result_run_done(&run);
    if (err == BASE_OK)
        return cli_output_finish(&out, NULL, CLI_FINE);
    base_buf_done(&out);
    return cli_complain(err, &why);
}
