/* ifr_tool_serve.c - a registry behind a server, in this process and thread, until it is stopped.
 *
 * Whoever may write the socket's folder may put a socket of his own in its place and answer for the
 * registry; so a folder of somebody else is refused. */
#define _GNU_SOURCE
#include "ifr_tool_text.h"

#include <base/listen.h>
#include <mfn/ifr_discover.h>
#include <mfn/ifr_registry.h>
#include <mfn/ifr_server.h>

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    WAIT_MS = 200,
    STEPS = 4096, /* of upkeep between two turns of the server: some 0.1 ms */
    FOLDER_SIZE = sizeof((struct sockaddr_un *)0)->sun_path,
};

struct suite_ifr_serve suite_ifr_serve_defaults(void)
{
    const struct mfn_ifr_registry_options options = mfn_ifr_registry_defaults();
    return (struct suite_ifr_serve){
        .path = SUITE_IFR_SOCKET,
        .flow_count = options.flow_count,
        .false_positive_rate = options.false_positive_rate,
        .cache_count = options.cache_count,
        .policy = mfn_ifr_policy_name(options.cache_policy),
    };
}

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* ---- the folder ---- */

/* Errors: ERANGE */
static base_err folder_of(const char *path, char *out, struct base_why *why)
{
    struct sockaddr_un address;
    const base_err err = base_listen_address(path, &address, why);
    if (err != BASE_OK)
        return err;
    const char *const slash = strrchr(path, '/');
    if (slash == NULL) {
        strcpy(out, ".");
        return BASE_OK;
    }
    const size_t end = slash == path ? 1 : (size_t)(slash - path);
    memcpy(out, path, end);
    out[end] = '\0';
    return BASE_OK;
}

static base_err folder_judge(const char *folder, const struct stat *found, struct base_why *why)
{
    if (!S_ISDIR(found->st_mode))
        return base_fail(why, BASE_EIO, 0, "%s is no folder", folder);
    if (found->st_uid != geteuid() && found->st_uid != 0)
        return base_fail(why, BASE_EIO, 0,
                         "%s belongs to user %u, who could replace the socket: choose another "
                         "--socket",
                         folder, found->st_uid);
    if ((found->st_mode & (S_IWGRP | S_IWOTH)) != 0 && (found->st_mode & S_ISVTX) == 0)
        return base_fail(why, BASE_EIO, 0,
                         "%s may be written by others (mode %04o), who could replace the socket: "
                         "choose another --socket, or chmod go-w",
                         folder, found->st_mode & 07777u);
    return BASE_OK;
}

/* Parents are made for this user alone, so that a group could not reach the folder in them.
 * Errors: ERANGE */
static base_err parent_check(const char *folder, struct base_why *why)
{
    char parent[FOLDER_SIZE];
    struct stat found;
    size_t end = strlen(folder);
    while (end > 0 && folder[end - 1] == '/')
        end--;
    while (end > 0 && folder[end - 1] != '/')
        end--;
    if (end == 0)
        return BASE_OK; /* a name in the working folder */
    memcpy(parent, folder, end);
    parent[end] = '\0';
    if (stat(parent, &found) == 0 || errno != ENOENT)
        return BASE_OK; /* what else is wrong with it is said when the folder is made */
    return base_fail(why, BASE_ERANGE, 0,
                     "%s is not there, and one made now would keep the group out of %s: make it "
                     "first, so that the group may pass",
                     parent, folder);
}

static base_err folder_prepare(const char *folder, bool has_group, gid_t gid, struct base_why *why)
{
    struct stat found;
    if (stat(folder, &found) == 0)
        return folder_judge(folder, &found, why);
    if (errno != ENOENT)
        return base_fail(why, BASE_EIO, 0, "%s: cannot look at it: %s", folder, strerror(errno));
    base_err err = has_group ? parent_check(folder, why) : BASE_OK;
    if (err == BASE_OK)
        err = base_folder_make(folder, why);
    if (err != BASE_OK)
        return err;
    if (has_group && (chown(folder, (uid_t)-1, gid) != 0 || chmod(folder, 0750) != 0))
        return base_fail(why, BASE_EIO, 0, "%s: cannot open it for the group: %s", folder,
                         strerror(errno));
    /* Another may have made it in between. */
    if (stat(folder, &found) != 0)
        return base_fail(why, BASE_EIO, 0, "%s: cannot look at it: %s", folder, strerror(errno));
    return folder_judge(folder, &found, why);
}

static base_err group_find(const char *name, struct mfn_ifr_server_options *out,
                           struct base_why *why)
{
    if (name == NULL)
        return BASE_OK;
    const struct group *const group = getgrnam(name);
    if (group == NULL)
        return base_fail(why, BASE_ERANGE, 0, "group \"%s\" is not known on this machine", name);
    out->has_gid = true;
    out->gid = group->gr_gid;
    return BASE_OK;
}

/* A descriptor for each client, and some for the server. Where nobody asked for a number, fewer
 * will do: the server turns clients away when there is none left. Errors: ERANGE */
static base_err descriptors_allow(uint64_t client_max, struct base_why *why)
{
    const uint64_t client_count = client_max > 0 ? client_max : MFN_IFR_SERVER_CLIENTS;
    enum { OTHERS = 64 };
    struct rlimit limit;
    const uint64_t wanted = client_count + OTHERS;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return BASE_OK;
    const uint64_t most = limit.rlim_max;
    limit.rlim_cur = wanted;
    if ((most >= wanted && setrlimit(RLIMIT_NOFILE, &limit) == 0) || client_max == 0)
        return BASE_OK;
    return base_fail(why, BASE_ERANGE, 0,
                     "%llu clients need %llu open files, and this process may have %llu (ulimit "
                     "-n): give fewer --clients",
                     (unsigned long long)client_count, (unsigned long long)wanted,
                     (unsigned long long)most);
}

/* ---- serving ---- */

struct world {
    char folder[FOLDER_SIZE];
    struct mfn_ifr_registry *registry;
    struct mfn_ifr_server *server;
};

static base_err registry_open(const struct suite_ifr_serve *serve, struct world *world,
                              struct base_why *why)
{
    struct mfn_ifr_registry_options options = {
        .flow_count = serve->flow_count,
        .false_positive_rate = serve->false_positive_rate,
        .filter_bank = serve->false_positive_rate > 0,
        .cache_count = serve->cache_count,
        .cache_ttl_ns = serve->cache_ttl_ns,
        .flow_age_ns = serve->flow_age_ns,
        .want_large_pages = serve->want_large_pages,
    };
    const base_err err = mfn_ifr_policy_parse(serve->policy, &options.cache_policy, why);
    return err == BASE_OK ? mfn_ifr_registry_new(&options, &world->registry, why) : err;
}

static base_err world_open(const struct suite_ifr_serve *serve, struct world *world,
                           struct base_why *why)
{
    struct mfn_ifr_server_options options = { .path = serve->path,
                                              .client_max = (uint32_t)serve->client_max };
    if (serve->client_max > MFN_IFR_SERVER_CLIENTS_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%llu clients are not in 1 .. %d",
                         (unsigned long long)serve->client_max, MFN_IFR_SERVER_CLIENTS_MAX);
    base_err err = descriptors_allow(serve->client_max, why);
    if (err == BASE_OK)
        err = group_find(serve->group, &options, why);
    if (err == BASE_OK)
        err = folder_of(serve->path, world->folder, why);
    if (err == BASE_OK)
        err = registry_open(serve, world, why);
    if (err == BASE_OK)
        err = folder_prepare(world->folder, options.has_gid, options.gid, why);
    if (err != BASE_OK)
        return err;
    options.service = mfn_ifr_registry_service(world->registry);
    return mfn_ifr_server_open(&options, &world->server, why);
}

/* That the folder cannot be searched is no reason not to serve. */
static void discover(const struct world *world, uint64_t now_ns)
{
    size_t count;
    (void)!mfn_ifr_discover(world->folder, now_ns, mfn_ifr_registry_components(world->registry),
                            &count, NULL);
}

static base_err world_run(const struct world *world, const volatile sig_atomic_t *stop,
                          struct base_why *why)
{
    bool is_busy = false;
    uint64_t discover_ns = 0;
    while (stop == NULL || *stop == 0) {
        const base_err err = mfn_ifr_server_step(world->server, is_busy ? 0 : WAIT_MS);
        if (err != BASE_OK)
            return base_fail(why, err, 0, "the server failed: %s", strerror(errno));
        const uint64_t now_ns = clock_ns();
        is_busy = mfn_ifr_registry_step(world->registry, now_ns, STEPS);
        if (now_ns >= discover_ns) {
            discover(world, now_ns);
            discover_ns = now_ns + MFN_IFR_DISCOVER_EACH_NS;
        }
    }
    return BASE_OK;
}

/* As a client would be told. */
static base_err counters_write(const struct world *world, struct base_buf *out)
{
    struct mfn_ifr_counters counters, server;
    mfn_ifr_registry_stats(world->registry, &counters);
    mfn_ifr_server_counters(world->server, &server);
    counters.uptime_ns = server.uptime_ns;
    counters.client_count = server.client_count;
    counters.clients_accepted = server.clients_accepted;
    counters.clients_refused = server.clients_refused;
    counters.frames = server.frames;
    counters.bad_frames = server.bad_frames;
    return ifr_tool_counters_write(&counters, NULL, 0, SUITE_IFR_TEXT, out);
}

base_err suite_ifr_serve(const struct suite_ifr_serve *serve, struct base_buf *out,
                         struct base_why *why)
{
    struct world world = { 0 };
    base_err err = world_open(serve, &world, why);
    if (err == BASE_OK) {
        if (serve->opened != NULL)
            serve->opened(serve->path);
        err = world_run(&world, serve->stop, why);
        const base_err written = counters_write(&world, out);
        err = err == BASE_OK ? written : err;
    }
    mfn_ifr_server_close(world.server);
    mfn_ifr_registry_free(world.registry);
    return err;
}
