/* ifr_host.c - the registry is made after the fork, so that its memory is the other process's only.
 * That process answers once, with a base_why: how its beginning went. */
#define _GNU_SOURCE
#include "ifr_host.h"

#include "ifr_filled.h"
#include "suite_child.h"

#include <mfn/ifr_server.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Standard error and one more stay; the opener's other descriptors must not live on here. */
static void keep_descriptor(int keep)
{
    const int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        _exit(1);
    if (keep > STDERR_FILENO + 1)
        close_range(STDERR_FILENO + 1, (unsigned)keep - 1, 0);
    close_range((unsigned)keep + 1, ~0U, 0);
}

static base_err begin(const struct ifr_host *host, const struct ifr_query *query,
                      struct mfn_ifr_server **server, struct base_why *why)
{
    struct mfn_ifr_registry *registry;
    const base_err err = ifr_filled_new(query, &(struct ifr_filled_options){ 0 }, &registry, why);
    if (err != BASE_OK)
        return err;
    const struct mfn_ifr_server_options options = { .path = host->path,
                                                    .service = mfn_ifr_registry_service(registry) };
    return mfn_ifr_server_open(&options, server, why);
}

static void host_main(const struct ifr_host *host, const struct ifr_query *query, bool is_spinning,
                      int keep)
{
    struct base_why why = { 0 };
    struct mfn_ifr_server *server = NULL;
    why.err = begin(host, query, &server, &why);
    const bool is_told = send(keep, &why, sizeof why, MSG_NOSIGNAL) == (ssize_t)sizeof why;
    if (!is_told || why.err != BASE_OK)
        _exit(1);
    while (is_spinning && mfn_ifr_server_step(server, 0) == BASE_OK)
        continue;
    if (!is_spinning && mfn_ifr_server_run(server) != BASE_OK)
        _exit(1);
    _exit(0);
}

static base_err make_folder(struct ifr_host *host, struct base_why *why)
{
    char folder[IFR_HOST_PATH_SIZE] = "/tmp/bpi-ifr-XXXXXX";
    if (mkdtemp(folder) == NULL)
        return base_fail(why, BASE_EIO, 0, "%s: no folder for a socket: %s", folder,
                         strerror(errno));
    memcpy(host->folder, folder, sizeof folder);
    snprintf(host->path, sizeof host->path, "%.40s/socket", folder);
    return BASE_OK;
}

static base_err hear(int keep, struct base_why *why)
{
    struct base_why told;
    ssize_t got;
    do
        got = recv(keep, &told, sizeof told, MSG_WAITALL);
    while (got < 0 && errno == EINTR);
    if (got != (ssize_t)sizeof told)
        return base_fail(why, BASE_EIO, 0, "the registry's process ended before it could serve");
    if (told.err != BASE_OK)
        return base_fail(why, told.err, 0, "the registry's process: %s", told.text);
    return BASE_OK;
}

base_err ifr_host_open(struct ifr_host *host, const struct ifr_query *query, bool is_spinning,
                       struct base_why *why)
{
    *host = (struct ifr_host){ 0 };
    int ends[2];
    base_err err = make_folder(host, why);
    if (err != BASE_OK)
        return err;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        ifr_host_close(host);
        return base_fail(why, BASE_EIO, 0, "no socket pair: %s", strerror(errno));
    }
    const pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        keep_descriptor(ends[1]);
        suite_child_begin(parent);
        host_main(host, query, is_spinning, ends[1]);
    }
    const int problem = errno;
    close(ends[1]);
    host->pid = pid > 0 ? pid : 0;
    err = pid > 0 ? hear(ends[0], why)
                  : base_fail(why, BASE_EIO, 0, "no process for a registry: %s", strerror(problem));
    close(ends[0]);
    if (err != BASE_OK)
        ifr_host_close(host);
    return err;
}

void ifr_host_hide(struct ifr_host *host)
{
    if (host->folder[0] == '\0')
        return;
    unlink(host->path);
    rmdir(host->folder);
    host->folder[0] = '\0';
}

void ifr_host_close(struct ifr_host *host)
{
    if (host->pid > 0) {
        kill(host->pid, SIGKILL); /* not waited for yet, so the number is still this process's */
        while (waitpid(host->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    host->pid = 0;
    ifr_host_hide(host);
}
