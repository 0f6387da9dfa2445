/* cmd_profile.c - the difference of two profiles, of this program or of anybody's folded stacks. */
#include "commands.h"
#include "option_rows.h"
#include "output.h"
#include "profile.h"

#include <prof/write.h>

#include <stdio.h>
#include <string.h>

enum { FOLDED_SIZE_MAX = 256 << 20 };

const struct cli_option cli_profile_diff_options[] = {
    COUNT("baseline-items", 1, 1e18, "items that the first file is of, to compare per item",
          "what the index beside it says"),
    COUNT("current-items", 1, 1e18, "items that the second file is of",
          "what the index beside it says"),
    { .name = "output",
      .letter = 'o',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "write the page to a file",
      .fallback = "standard output" },
    { 0 },
};

static base_err load(const struct cli_args *args, const char *path, const char *items_option,
                     struct prof_stacks *out, struct base_why *why)
{
    struct base_buf text = { 0 };
    const struct cli_value *items = cli_value(args, items_option);
    base_err err = prof_stacks_init(out);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "no memory for %s", path);
    err = base_buf_read_file(&text, path, FOLDED_SIZE_MAX, why);
    if (err == BASE_OK) {
        err = prof_folded_read(base_buf_span(&text), out, why);
        if (err != BASE_OK)
            (void)base_fail_prefix(why, err, "%s", path);
    }
    base_buf_done(&text);
    if (err != BASE_OK) {
        prof_stacks_done(out);
        return err;
    }
    cli_profile_about(path, &out->about);
    if (items != NULL)
        out->about.items = (double)items->count;
    return BASE_OK;
}

static base_err make(const struct cli_args *args, struct base_buf *out, struct base_why *why)
{
    struct prof_stacks baseline, current;
    struct base_arena arena = { 0 };
    CLI_TRY(load(args, args->operands[0], "baseline-items", &baseline, why));
    base_err err = load(args, args->operands[1], "current-items", &current, why);
    if (err == BASE_OK) {
        const char *title =
            base_arena_printf(&arena, "%s \u2192 %s", args->operands[0], args->operands[1]);
        err = cli_profile_diff_page(title != NULL ? title : "difference", "what changed", &baseline,
                                    &current, out, why);
        prof_stacks_done(&current);
    }
    prof_stacks_done(&baseline);
    base_arena_done(&arena);
    return err;
}

int cli_cmd_profile_diff(const struct cli_args *args)
{
    struct base_buf out = { 0 };
    struct base_why why = { 0 };
    const base_err err = make(args, &out, &why);
    if (err == BASE_OK)
        return cli_output_finish(&out, cli_text(args, "output", NULL), CLI_FINE);
    base_buf_done(&out);
    return cli_complain(err, &why);
}
