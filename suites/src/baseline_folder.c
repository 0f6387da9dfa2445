/* baseline_folder.c - the folder gets its final name when it is locked already, so that no other
 * process ever sees one that is in use and not locked. */
#define _GNU_SOURCE
#include "baseline_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define PREFIX     "bpi-perf-baseline-"
#define NEW_PREFIX ".new-" PREFIX /* until it is locked */
#define UNUSED     "XXXXXX"

enum { NEW_LIFE_S = 60 }; /* a new folder is locked within microseconds */

/* Files only: nobody makes folders in it. */
static void empty(int folder)
{
    const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy >= 0 ? fdopendir(copy) : NULL;
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
        (void)unlinkat(folder, entry->d_name, 0);
    if (entries != NULL)
        closedir(entries);
    else if (copy >= 0)
        close(copy);
}

/* Ours, a folder, and held by nobody: what a process that was killed left behind. */
static void remove_left(int place, const char *name, time_t changed_before)
{
    struct stat what;
    const int folder = openat(place, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0)
        return;
    if (fstat(folder, &what) == 0 && what.st_uid == geteuid() && what.st_mtime <= changed_before &&
        flock(folder, LOCK_EX | LOCK_NB) == 0) {
        empty(folder);
        (void)unlinkat(place, name, AT_REMOVEDIR);
    }
    close(folder);
}

static void sweep(const char *path)
{
    DIR *place = opendir(path);
    const time_t now = time(NULL);
    for (const struct dirent *entry; place != NULL && (entry = readdir(place)) != NULL;) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
            remove_left(dirfd(place), entry->d_name, now + NEW_LIFE_S);
        else if (strncmp(entry->d_name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0)
            remove_left(dirfd(place), entry->d_name, now - NEW_LIFE_S);
    }
    if (place != NULL)
        closedir(place);
}

static base_err fail_place(struct base_why *why, const char *place, const char *problem)
{
    return base_fail(why, BASE_EIO, 0, "%s: %s", place, problem);
}

static bool is_in_memory(const char *place)
{
    struct statfs what;
    return statfs(place, &what) == 0 && (what.f_type == TMPFS_MAGIC || what.f_type == RAMFS_MAGIC);
}

base_err baseline_folder_open_in(struct baseline_folder *folder, const char *place,
                                 struct base_why *why)
{
    char first[BASELINE_PATH_SIZE];
    *folder = (struct baseline_folder){ .file = -1 };
    const int size = snprintf(first, sizeof first, "%s/" NEW_PREFIX UNUSED, place);
    if (size < 0 || (size_t)size >= sizeof first - 64)
        return fail_place(why, place, "the path is too long");
    if (is_in_memory(place))
        return fail_place(why, place, "it is kept in memory, not on a disk");
    sweep(place);
    if (mkdtemp(first) == NULL)
        return fail_place(why, place, strerror(errno));
    const char *unique = first + strlen(first) - strlen(UNUSED);
    folder->file = open(first, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    (void)snprintf(folder->path, sizeof folder->path, "%s/" PREFIX "%s", place, unique);
    if (folder->file >= 0 && flock(folder->file, LOCK_EX | LOCK_NB) == 0 &&
        rename(first, folder->path) == 0)
        return BASE_OK;
    (void)fail_place(why, place, strerror(errno));
    if (folder->file >= 0)
        close(folder->file);
    (void)rmdir(first);
    *folder = (struct baseline_folder){ .file = -1 };
    return BASE_EIO;
}

base_err baseline_folder_open(struct baseline_folder *folder, struct base_why *why)
{
    const char *const given = getenv("TMPDIR");
    const char *const places[] = { given != NULL && *given != '\0' ? given : "/var/tmp", "/var/tmp",
                                   "." };
    struct base_why first = { 0 }, last = { 0 };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (baseline_folder_open_in(folder, places[i], i == 0 ? &first : &last) == BASE_OK)
            return BASE_OK;
    return base_fail(why, BASE_EIO, 0,
                     "the index needs a folder on a disk; %s; %s; set TMPDIR to one", first.text,
                     last.text);
}

void baseline_folder_close(struct baseline_folder *folder)
{
    if (folder->path[0] != '\0') {
        empty(folder->file);
        (void)rmdir(folder->path);
        close(folder->file);
    }
    *folder = (struct baseline_folder){ .file = -1 };
}
