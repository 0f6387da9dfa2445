/* interop.h - files of other benchmark tools: read into a run, written from a run.
 *
 * An import keeps what the file holds and invents nothing. Times that a tool took in fresh
 * processes become processes; repetitions inside one process become batches of one process, whose
 * spread between processes is unknown; a file with aggregates only gives values and intervals
 * without samples. Intervals are made as those of our own runs (stats/estimate.h), with
 * RESULT_IMPORT_DRIFT in them. What could not be kept is said in sentences, the notes, which also
 * stand in the run's configuration ("imported_from", "import_note_1", ...) so that they travel with
 * it.
 *
 * The id of an imported run is made from its time and a digest of the file: the same file is the
 * same run.
 *
 * Threads   no shared state
 */
#ifndef RESULT_INTEROP_H
#define RESULT_INTEROP_H

#include <result/run.h>

enum {
    RESULT_IMPORT_SIZE_MAX = 1 << 26, /* bytes of a file: JSON takes many times that in memory */
    RESULT_IMPORT_NOTE_MAX = 32,
    RESULT_IMPORT_FILE_MAX = 40000, /* files of a folder */
};

/* What two files may differ by though the code is the same, as a standard deviation of one: the
 * larger of the drifts assumed of a host (docs/measuring.md), since no file of others tells whether
 * a benchmark follows the core's speed or the memory's, nor how far processes lie apart. */
#define RESULT_IMPORT_DRIFT 0.06

#define RESULT_IMPORTED_FROM "imported_from" /* of a run's configuration: the title of a format */
#define RESULT_IMPORT_NOTE   "import_note_"
#define RESULT_IMPORT_DATE   "import_date" /* where the run's time is from, if not from the file */

struct result_import_note {
    const char *text; /* one sentence without a full stop, in the run's arena */
};

struct result_import_notes {
    struct result_import_note items[RESULT_IMPORT_NOTE_MAX];
    size_t count;
};

/* What an import is given. */
struct result_import_source {
    const char *path;      /* for the sentences; a folder's is read from */
    struct base_span text; /* of a file */
    uint64_t changed_ms;   /* Unix time of the last change, for files that say no date */
};

/* Read a file (or folder) of this format.
 *
 *   run     out: written only on OK; release with result_run_done. result_run_write accepts it
 *   notes   out: what was dropped or assumed
 *
 * Errors   EPARSE, EINVALID, ERANGE (too large, too many), EIO, ENOMEM; why names the file and the
 *          line or the benchmark
 */
typedef base_err result_import_fn(const struct result_import_source *source, struct result_run *run,
                                  struct result_import_notes *notes, struct base_why *why);

/* Append the run in this format. What the format cannot hold is left out; cases without a result
 * are left out where the format has no place for them, and counted in *left_out.
 * Errors: EINVALID (nothing that the format can hold; why says it), ENOMEM */
typedef base_err result_export_fn(const struct result_run *run, struct base_buf *out,
                                  size_t *left_out, struct base_why *why);

/* The same into a folder, which is made; "FOLDER@NAME" where the format has names for what is in a
 * folder. Errors: also EIO */
typedef base_err result_export_folder_fn(const struct result_run *run, const char *folder,
                                         size_t *left_out, struct base_why *why);

struct result_interop {
    const char *name;      /* "gbench" */
    const char *title;     /* "google/benchmark JSON" */
    const char *extension; /* ".json"; "" for a folder */
    const char *doc;       /* one line */
    bool is_folder;
    bool (*is_like)(struct base_span text); /* does the text look like it? of folders: NULL */
    result_import_fn *import;
    result_export_fn *export;               /* NULL for folders */
    result_export_folder_fn *export_folder; /* NULL for files */
};

/* All formats of this library, in the order in which they are tried. */
extern const struct result_interop *const result_interop_table[];
extern const size_t result_interop_count;

/* The format of that name, or NULL. */
const struct result_interop *result_interop_find(const char *name);

/* The format that the text looks like, or NULL. */
const struct result_interop *result_interop_detect(struct base_span text);

/* Does the text look like a run document of our own? */
bool result_interop_is_run(struct base_span text);

/* Is it one file of a folder that is read as a whole (criterion's)? */
bool result_interop_is_part(struct base_span text);

/* --- for programs that add a format of their own --- */

/* A case of an import: its samples. */
struct result_import_samples {
    size_t process_count;
    const size_t *batch_counts; /* [process_count] >= 1 */
    const uint64_t *items;      /* of all batches, process after process, >= 1 */
    const double *ns;           /* of whole batches, finite, > 0 */
};

struct result_import; /* an import under way */

/* Begin; `title` is the format's. Without result_import_date the run's time is that of the file's
 * last change, and the configuration says so. Errors: ENOMEM */
BASE_MUST_USE base_err result_import_open(const struct result_import_source *source,
                                          const char *title, struct base_why *why,
                                          struct result_import **import);
/* End in failure; accepts NULL. */
void result_import_close(struct result_import *import);

/* The memory that everything of the run lives in. */
struct base_arena *result_import_arena(struct result_import *import);
void result_import_date(struct result_import *import, uint64_t unix_ms);
base_err result_import_fail(const struct result_import *import, base_err err, uint64_t line,
                            const char *format, ...) BASE_PRINTF(4, 5);

/* Say what was dropped or assumed; the same sentence is said once. Errors: ENOMEM */
BASE_MUST_USE base_err result_import_note(struct result_import *import, const char *format, ...)
    BASE_PRINTF(2, 3);

/* A new case without numbers; valid until the next one is added. An id that is there already gets
 * "#2", and a note. Bytes that are not text are escaped. Errors: ERANGE (RESULT_CASE_MAX), EINVALID
 * (an empty or too long name), ENOMEM */
BASE_MUST_USE base_err result_import_case(struct result_import *import, const char *id,
                                          struct result_case **out);

/* The index of the case that has this id; SIZE_MAX: none. And the case of an index. */
size_t result_import_index(const struct result_import *import, const char *id);
struct result_case *result_import_at(struct result_import *import, size_t index);
size_t result_import_count(const struct result_import *import);

/* All numbers of a case from its samples; more than a document can hold are thinned, with a note.
 * Errors: EINVALID (a time that is not positive, with the case's name), ENOMEM */
BASE_MUST_USE base_err result_import_sample(struct result_import *import, struct result_case *one,
                                            const struct result_import_samples *samples);

/* One more batch of a case whose batches are of one process; result_import_settle makes the numbers
 * of all such cases. Errors: ENOMEM */
BASE_MUST_USE base_err result_import_batch(struct result_import *import, size_t index,
                                           uint64_t items, double ns);
BASE_MUST_USE base_err result_import_settle(struct result_import *import);

/* A value whose interval the file gave: low and high may be NaN. The drift that is assumed of a
 * host is added to it. Errors: EINVALID (not positive, or not in order) */
BASE_MUST_USE base_err result_import_value(struct result_import *import, struct result_case *one,
                                           struct result_estimate value);

/* A fact of the machine, the build or the settings; NULL values are passed over. Errors: ENOMEM */
BASE_MUST_USE base_err result_import_host(struct result_import *import, const char *name,
                                          const char *value);
BASE_MUST_USE base_err result_import_build(struct result_import *import, const char *name,
                                           const char *value);
BASE_MUST_USE base_err result_import_config(struct result_import *import, const char *name,
                                            const char *value);

/* A number beside the time, and an argument, of a case. Errors: ENOMEM */
BASE_MUST_USE base_err result_import_counter(struct result_import *import, struct result_case *one,
                                             const char *name, double value, const char *unit);
BASE_MUST_USE base_err result_import_arg(struct result_import *import, struct result_case *one,
                                         const char *name, const char *value);

/* End in success: the run is checked and handed over; the import is released in any case. */
BASE_MUST_USE base_err result_import_finish(struct result_import *import, struct result_run *run,
                                            struct result_import_notes *notes);

/* --- for exports --- */

/* What a tool of repetitions would have seen of a case: one time for each of several fresh
 * processes (the median of its batches: a mean would follow whoever else was busy), else the
 * batches of the one process. Runs of a command are fresh processes all. */
struct result_repetitions {
    size_t count;
    uint64_t *items; /* [count] */
    double *ns;      /* [count] per item */
};

/* Errors: ENOMEM. count 0: the case has no samples */
BASE_MUST_USE base_err result_repetitions_of(const struct result_case *one,
                                             struct base_arena *arena,
                                             struct result_repetitions *out);

/* Has the case a positive time, and not one below what the clock can tell? */
bool result_is_exportable(const struct result_case *one);

/* The best value of a case that has one: median, else mean, else the time at reference speed. */
struct result_estimate result_best_of(const struct result_case *one);

#endif
