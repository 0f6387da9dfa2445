/* baseline_folder.h - a folder on a disk for the files of one measurement, which does not outlive
 * it for long.
 *
 * The folder is locked while its process lives (flock, which ends with the process, however that
 * ends); who opens the next one removes those that nobody holds.
 */
#ifndef BASELINE_FOLDER_H
#define BASELINE_FOLDER_H

#include <base/err.h>

enum { BASELINE_PATH_SIZE = 1024 };

struct baseline_folder {
    char path[BASELINE_PATH_SIZE]; /* "" when there is none */
    int file;                      /* descriptor of the folder, which holds the lock */
};

/* Make a folder in the first of TMPDIR, /var/tmp and the working folder that can be written and is
 * not kept in memory (tmpfs, ramfs).
 * Errors: EIO (there is none; why says what is wrong with each) */
BASE_MUST_USE base_err baseline_folder_open(struct baseline_folder *folder, struct base_why *why);
/* The same in one place. Errors: EIO */
BASE_MUST_USE base_err baseline_folder_open_in(struct baseline_folder *folder, const char *place,
                                               struct base_why *why);

/* Remove the folder with its files. A zeroed one is accepted. */
void baseline_folder_close(struct baseline_folder *folder);

#endif
