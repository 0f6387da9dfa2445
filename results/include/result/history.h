/* history.h - every run that was made on this machine, in one SQLite file.
 *
 * The life of a run: result_history_begin (a row "running", with the process that makes it),
 * result_history_add_case after each finished case (its own transaction: what is finished is not
 * lost when the program is killed), result_history_finish (the final signed document). A run whose
 * process is gone is "interrupted": it is loaded as a document that holds exactly the cases that
 * were finished. Opening and listing mark such runs.
 *
 * Several processes may use one file at once; a writer waits for another up to the busy time.
 * The file must be on a local disk (SQLite's write-ahead log needs shared memory).
 *
 * Threads   one handle, one thread
 * Errors    of every function, besides its own: ETIMEOUT (locked by another process), EIO
 * (read-only, cannot be opened, disk error), EFULL (disk full or limit reached), ECORRUPT (not a
 *           history, or damaged), ENOMEM; why (may be NULL) names the file and says what to do
 */
#ifndef RESULT_HISTORY_H
#define RESULT_HISTORY_H

#include <result/run.h>

struct result_history;

/* A zeroed struct means the defaults in brackets. */
struct result_history_options {
    const char *path;   /* [history.db in $BPI_PERF_STATE_DIR, $XDG_STATE_HOME/bpi-perf or
                           ~/.local/state/bpi-perf] */
    uint32_t busy_ms;   /* how long to wait for another writer [10 000] */
    uint64_t bytes_max; /* the file grows no larger [no limit] */
};

/* Open, make or migrate a history.
 *
 *   options   NULL: all defaults
 *   history   out: release with result_history_close
 *
 * Errors   EUNSUPPORTED (made by a newer program); EINVALID (no folder known)
 */
BASE_MUST_USE base_err result_history_open(const struct result_history_options *options,
                                           struct result_history **history, struct base_why *why);
void result_history_close(struct result_history *history); /* accepts NULL */

/* The file's path; lives as long as the handle. */
const char *result_history_path(const struct result_history *history);

/* Keep the head of a run that starts now in this process; its cases are not looked at.
 * Errors: EEXIST (the id is there), EINVALID (not a valid run) */
BASE_MUST_USE base_err result_history_begin(struct result_history *history,
                                            const struct result_run *run, struct base_why *why);

/* Keep a finished case. Errors: ENOTFOUND (no running run of this id), EINVALID */
BASE_MUST_USE base_err result_history_add_case(struct result_history *history, const char *run_id,
                                               const struct result_case *item,
                                               struct base_why *why);

/* Keep the final document, signed or not, with the state it says. A run that was never begun is
 * added: so documents of others are imported. Errors: EEXIST (finished before), EINVALID */
BASE_MUST_USE base_err result_history_finish(struct result_history *history,
                                             const struct result_run *run, struct base_why *why);

struct result_history_entry {
    const char *id;
    const char *started;
    const char *ended; /* NULL: not known */
    const char *command;
    const char *state; /* "running", "complete", "interrupted" */
    size_t case_count;
    const char *host;     /* value of the host fact "name"; "" without */
    const char *revision; /* the build fact "project_revision", else "git_revision"; "" without */
    bool is_signed;
};

/* All runs, newest first.
 *   entries   out: array in the arena */
BASE_MUST_USE base_err result_history_list(struct result_history *history, struct base_arena *arena,
                                           struct result_history_entry **entries, size_t *count,
                                           struct base_why *why);

/* Load a run.
 *
 *   which   the name of a baseline, an id or the beginning of one (any case), "latest", or
 *           "latest~N": N runs before it. "latest" passes over runs that are still running; a name
 *           wins over the beginning of an id
 *   run     out: release with result_run_done. A run that is still running loads like an
 *           interrupted one
 *
 * Errors   ENOTFOUND; EINVALID (the beginning fits several: why names them); those of
 *          result_run_read
 */
BASE_MUST_USE base_err result_history_load(struct result_history *history, const char *which,
                                           struct result_run *run, struct base_why *why);

/* Forget a run, and the names that it has; `which` as above, but not a baseline's name. Errors:
 * ENOTFOUND, EINVALID (ambiguous, or still running) */
BASE_MUST_USE base_err result_history_remove(struct result_history *history, const char *which,
                                             struct base_why *why);

/* A name for a run: what later ones are compared with. */
struct result_history_baseline {
    const char *name;
    const char *run_id;
    const char *started;
    const char *command;
    const char *revision; /* as in result_history_entry */
};

enum { RESULT_BASELINE_NAME_MAX = 64 };

/* May a baseline be called so? Letters, digits, '-' and '_', at most RESULT_BASELINE_NAME_MAX, not
 * a '-' first, nor "latest". Errors: EINVALID; why says what is right */
BASE_MUST_USE base_err result_baseline_check(const char *name, struct base_why *why);

/* Give a run a name, or the name another run; `which` as for result_history_remove.
 * Errors: EINVALID (the name; a beginning that fits several; a run that is still running),
 * ENOTFOUND
 */
BASE_MUST_USE base_err result_history_set_baseline(struct result_history *history, const char *name,
                                                   const char *which, struct base_why *why);

/* Forget a name; its run stays. Errors: ENOTFOUND */
BASE_MUST_USE base_err result_history_remove_baseline(struct result_history *history,
                                                      const char *name, struct base_why *why);

/* All names, in their order.
 *   baselines   out: array in the arena */
BASE_MUST_USE base_err result_history_baselines(struct result_history *history,
                                                struct base_arena *arena,
                                                struct result_history_baseline **baselines,
                                                size_t *count, struct base_why *why);

/* One case over time. */
struct result_history_point {
    const char *run_id;
    const char *started;
    const char *revision;
    struct result_estimate median_ns;
    struct result_estimate normalised_ns;
    const char *host; /* as in an entry */
};

/* The case's results (status "ok") in all finished and interrupted runs, oldest first; none is not
 * an error.
 *   points   out: array in the arena */
BASE_MUST_USE base_err result_history_trend(struct result_history *history, const char *case_id,
                                            struct base_arena *arena,
                                            struct result_history_point **points, size_t *count,
                                            struct base_why *why);

/* The ids of all cases that some finished or interrupted run measured, in alphabetical order.
 *   ids   out: array in the arena */
BASE_MUST_USE base_err result_history_cases(struct result_history *history,
                                            struct base_arena *arena, const char ***ids,
                                            size_t *count, struct base_why *why);

/* How fast a host was at a moment: one step of each reference kernel. */
struct result_history_speed {
    uint64_t when_ms; /* Unix time */
    double core_ns;   /* NaN: not measured */
    double memory_ns;
    double wide_ns;
    double cache_ns;
};

BASE_MUST_USE base_err result_history_add_speed(struct result_history *history, const char *host_id,
                                                const struct result_history_speed *speed,
                                                struct base_why *why);

/* The newest `limit` speeds of a host, oldest first.
 *   speeds   out: array in the arena */
BASE_MUST_USE base_err result_history_speeds(struct result_history *history, const char *host_id,
                                             size_t limit, struct base_arena *arena,
                                             struct result_history_speed **speeds, size_t *count,
                                             struct base_why *why);

#endif
