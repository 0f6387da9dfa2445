/* load.h - a run from wherever it is: a document of our own, an id of the history, a file or folder
 * of another tool. What a file is, is told by its contents, not by its name. */
#ifndef CLI_LOAD_H
#define CLI_LOAD_H

#include "cli.h"

#include <result/interop.h>
#include <result/run.h>

/* What an import had to say; the texts live in the run. */
struct cli_load_notes {
    const struct result_interop *format; /* NULL: a document of our own */
    struct result_import_notes notes;
};

/* Every format: those of results, and HdrHistogram's. NULL after the last one. */
const struct result_interop *cli_interop_at(size_t index);
const struct result_interop *cli_interop_find(const char *name);

/* Load a run.
 *
 *   which   a path ("-": standard input), a criterion folder (FOLDER@NAME: another of its baselines
 *           than "new"), or an id of the history ("latest")
 *   run     out: written only on OK; release with result_run_done
 *   notes   out
 *
 * Errors   ENOTFOUND, EINVALID (no format that is known), ERANGE (too large), those of
 *          result_run_read, result_history_load and the imports; why names the file
 */
BASE_MUST_USE base_err cli_load_run(const char *which, struct result_run *run,
                                    struct cli_load_notes *notes, struct base_why *why);

/* The same for a file that is said to be of one format. */
BASE_MUST_USE base_err cli_load_as(const char *path, const struct result_interop *format,
                                   struct result_run *run, struct cli_load_notes *notes,
                                   struct base_why *why);

/* Is there a file or folder of that name that holds a run, rather than a program? So `compare A B`
 * tells documents from programs. Looks at the first bytes only. */
bool cli_load_is_document(const char *path);

/* Say the notes as remarks on standard error, with the file's name before them. */
void cli_load_say(const char *which, const struct cli_load_notes *notes);

#endif
