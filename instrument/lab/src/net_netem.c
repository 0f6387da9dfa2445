/* net_netem.c - the kernel's own emulator of links, which this laboratory does not drive: it is
 * asked for so that people can compare, and the answer says which of two reasons there is. The
 * kernel is asked as tc would, in a network namespace of its own.
 *
 * Source  rtnetlink(7), RTM_NEWQDISC */
#define _GNU_SOURCE
#include "net_internal.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOPBACK = 1, STATUS_UNKNOWN = 255 };

struct wish {
    struct nlmsghdr head;
    struct tcmsg tc;
    struct rtattr kind_head;
    char kind[8];
    struct rtattr options_head;
    struct tc_netem_qopt options;
};

/* An errno of the kernel's answer, 0 when it has netem. */
static int ask(void)
{
    const struct wish wish = {
        .head = { .nlmsg_len = sizeof wish,
                  .nlmsg_type = RTM_NEWQDISC,
                  .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE },
        .tc = { .tcm_ifindex = LOOPBACK, .tcm_parent = TC_H_ROOT },
        .kind_head = { sizeof(struct rtattr) + sizeof "netem", TCA_KIND },
        .kind = "netem",
        .options_head = { sizeof(struct rtattr) + sizeof(struct tc_netem_qopt), TCA_OPTIONS },
        .options = { .limit = 1000 },
    };
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    struct {
        struct nlmsghdr head;
        struct nlmsgerr error;
        char more[512];
    } answer;
    if (fd < 0 || send(fd, &wish, sizeof wish, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0)
        return STATUS_UNKNOWN;
    return answer.head.nlmsg_type == NLMSG_ERROR ? -answer.error.error : STATUS_UNKNOWN;
}

static int ask_apart(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
            _exit(STATUS_UNKNOWN);
        _exit(ask());
    }
    int status = 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_UNKNOWN;
}

base_err lab_netem_refuse(struct base_why *why)
{
    static const char instead[] = "use the back end tun, which needs no module";
    const int error = ask_apart();
    if (error == 0)
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "netem: this kernel has it, but the laboratory does not drive it; %s",
                         instead);
    if (error == STATUS_UNKNOWN)
        return base_fail(why, BASE_EUNSUPPORTED, 0,
                         "netem: whether this kernel has it cannot be found out without a network "
                         "namespace; %s",
                         instead);
    return base_fail(why, BASE_EUNSUPPORTED, 0,
                     "netem: this kernel has none: adding the queueing discipline to a device says "
                     "\"%s\" (its module sch_netem is not there); %s",
                     strerror(error), instead);
}
