/* suite_child.c - the signals of a forked service. */
#define _GNU_SOURCE
#include "suite_child.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

void suite_child_begin(pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}
