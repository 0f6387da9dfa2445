/* profile.h - a profile of a case, after it was measured, in a worker of its own; files of it.
 *
 * FOLDER/NAME.folded, .html, .speedscope.json and .pb.gz, where NAME is the case's id made fit for
 * a file's name (".alloc" is added for allocations), and one line of FOLDER/index.jsonl.
 */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "cli.h"

#include <bench/drive.h>
#include <prof/stacks.h>

#define CLI_PROFILE_TIME_NS UINT64_C(2000000000)
enum { CLI_PROFILE_NAME_SIZE = 200 };

/* Where a case spends its time.
 *
 *   out      initialised by this call, on success only; to be released with prof_stacks_done
 *
 * Errors   EUNSUPPORTED (the kernel does not allow it), those of bench_drive_observe
 */
BASE_MUST_USE base_err cli_profile_case(const struct bench_launch *launch,
                                        const struct bench_target *target,
                                        const struct bench_plan *plan, struct prof_stacks *out,
                                        struct base_why *why);

/* The same for a given time of batches. */
BASE_MUST_USE base_err cli_profile_time(const struct bench_launch *launch,
                                        const struct bench_target *target,
                                        const struct bench_plan *plan, uint64_t duration_ns,
                                        struct prof_stacks *out, struct base_why *why);

/* Where a case allocates. Errors: EUNSUPPORTED (the worker cannot tell), as above */
BASE_MUST_USE base_err cli_profile_allocations(const struct bench_launch *launch,
                                               const struct bench_target *target,
                                               const struct bench_plan *plan,
                                               struct prof_stacks *out, struct base_why *why);

/* Can stacks be sampled here? Tried on this process. Errors: EUNSUPPORTED */
BASE_MUST_USE base_err cli_profile_check(struct base_why *why);

/* Write the files of one profile; sorts the tree. The folder is made. Errors: EIO, ENOMEM */
BASE_MUST_USE base_err cli_profile_write(const char *folder, const char *id,
                                         struct prof_stacks *stacks, struct base_why *why);

/* Write the difference of two profiles of a case as FOLDER/NAME.diff.html.
 * Errors: EINVALID (time against allocations), EIO, ENOMEM */
BASE_MUST_USE base_err cli_profile_diff_write(const char *folder, const char *id,
                                              const struct prof_stacks *baseline,
                                              const struct prof_stacks *current,
                                              struct base_why *why);

/* The page of a difference. Errors: as above */
BASE_MUST_USE base_err cli_profile_diff_page(const char *title, const char *subtitle,
                                             const struct prof_stacks *baseline,
                                             const struct prof_stacks *current,
                                             struct base_buf *out, struct base_why *why);

/* Make an id fit for the name of a file: '/' becomes "__" and ':' "--"; anything else that could
 * not stand in one, or a long id, becomes '-' with a number at the end that tells such ids apart.
 */
void cli_profile_name(const char *id, char out[CLI_PROFILE_NAME_SIZE]);

/* After a case was measured: what --profile and --alloc-profile ask for. Errors: as above */
BASE_MUST_USE base_err cli_profile_job(const struct cli_args *args,
                                       const struct bench_launch *launch,
                                       const struct bench_target *target,
                                       const struct bench_plan *plan, struct base_why *why);

/* Before anything is measured: can it work at all? Errors: EUNSUPPORTED, EIO */
BASE_MUST_USE base_err cli_profile_prepare(const struct cli_args *args, struct base_why *why);

/* Read kind, items and period from the index beside a folded file; what it does not say stays.
 *   path     of the folded file */
void cli_profile_about(const char *path, struct prof_about *about);

#endif
