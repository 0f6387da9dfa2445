/* ifr_discover.c - readdir, and a connect that does not wait. */
#define _GNU_SOURCE
#include <mfn/ifr_discover.h>

#include <base/listen.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_MAX = 80, STEM_MAX = 20 };

static const char ending[] = ".sock";

/* The component that a file name says. */
static bool name_parse(const char *name, uint32_t *component_id)
{
    char stem[STEM_MAX + 1];
    const size_t size = strlen(name), end = sizeof ending - 1;
    if (size <= end || size - end > STEM_MAX || strcmp(name + size - end, ending) != 0)
        return false;
    memcpy(stem, name, size - end);
    stem[size - end] = '\0';
    return mfn_ifr_component_parse(stem, component_id, NULL) == BASE_OK;
}

/* Does somebody listen? False is only said when it is certain that nobody does. */
static bool is_alive(const char *path)
{
    int fd;
    const base_err err = base_listen_connect(path, "component", &fd, NULL);
    if (err == BASE_OK)
        close(fd);
    return err != BASE_ENOTFOUND;
}

/* Returns whether it was a component's socket. */
static bool look_at(int folder_fd, const char *folder, const char *name, uint64_t now_ns,
                    struct mfn_ifr_components *components)
{
    char path[FOLDER_MAX + STEM_MAX + sizeof ending + 1];
    uint32_t component_id;
    struct stat found;
    if (!name_parse(name, &component_id) ||
        fstatat(folder_fd, name, &found, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISSOCK(found.st_mode))
        return false;
    const struct mfn_ifr_member *const member = mfn_ifr_components_find(components, component_id);
    if (member != NULL && member->connection_count > 0)
        return true;
    const int size = snprintf(path, sizeof path, "%.*s/%.*s", FOLDER_MAX, folder,
                              (int)(STEM_MAX + sizeof ending - 1), name);
    if (size >= (int)sizeof path)
        return false;
    const enum mfn_ifr_state state = is_alive(path) ? MFN_IFR_RUNNING : MFN_IFR_FAILED;
    return mfn_ifr_components_set(components, component_id, state, now_ns) == BASE_OK;
}

base_err mfn_ifr_discover(const char *folder, uint64_t now_ns,
                          struct mfn_ifr_components *components, size_t *count,
                          struct base_why *why)
{
    const size_t size = strlen(folder);
    if (size == 0 || size > FOLDER_MAX)
        return base_fail(why, BASE_EINVALID, 0,
                         "the folder's name \"%s\" has %zu bytes, and 1 to %d are possible", folder,
                         size, FOLDER_MAX);
    DIR *const open_folder = opendir(folder);
    if (open_folder == NULL)
        return base_fail(why, errno == ENOENT ? BASE_ENOTFOUND : BASE_EIO, 0,
                         "%s: cannot look for components: %s", folder, strerror(errno));
    const struct dirent *entry;
    *count = 0;
    for (int i = 0; i < MFN_IFR_DISCOVER_MAX && (entry = readdir(open_folder)) != NULL; i++)
        *count += look_at(dirfd(open_folder), folder, entry->d_name, now_ns, components);
    closedir(open_folder);
    return BASE_OK;
}
