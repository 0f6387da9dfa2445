/* aa_replay.h - the pairs that `accuracy aa` saved, judged again under several settings. */
#ifndef ACCURACY_AA_REPLAY_H
#define ACCURACY_AA_REPLAY_H

#include <base/err.h>

#include <stdio.h>

/* Print the tables of one or more files, in Markdown.
 *
 *   files   [count] open at their beginnings; stay the caller's
 *   names   [count] for sentences
 *
 * Errors   EPARSE (a line that is no comparison; why->at is the line), ERANGE, ENOMEM */
BASE_MUST_USE base_err aa_replay_print(FILE *const *files, const char *const *names, size_t count,
                                       FILE *out, struct base_why *why);

#endif
