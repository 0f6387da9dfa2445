/* net_control.c - the caller asks, the emulator answers. */
#define _GNU_SOURCE
#include "net_internal.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_TIMEOUT_MS = 10000 };

/* Somebody else may have waited for it: then its status is not known. */
static int status_of(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED ? W_EXITCODE(info->si_status, 0)
                                       : W_EXITCODE(0, info->si_status);
}

bool lab_net_is_ended(struct lab_net *net)
{
    siginfo_t info = { 0 };
    if (net->is_ended)
        return true;
    const int result = waitid(P_PIDFD, (id_t)net->emulator_pidfd, &info, WEXITED | WNOHANG);
    if (result == 0 && info.si_pid == 0)
        return false;
    net->is_ended = true;
    net->emulator_status = result == 0 ? status_of(&info) : 0;
    return true;
}

void lab_net_kill(struct lab_net *net)
{
    (void)!syscall(SYS_pidfd_send_signal, net->emulator_pidfd, SIGKILL, NULL, 0);
}

/* Its socket is closed; the rest of its end takes a moment. */
static base_err fail_ended(struct lab_net *net, struct base_why *why)
{
    struct pollfd wait = { net->emulator_pidfd, POLLIN, 0 };
    (void)!poll(&wait, 1, ANSWER_TIMEOUT_MS);
    (void)lab_net_is_ended(net);
    return base_fail(why, BASE_EIO, 0, "the emulator has ended");
}

/* The reply to the last request. What was asked before and given up may still be answered. */
static base_err reply_receive(struct lab_net *net, struct lab_reply *reply, struct base_why *why)
{
    const uint64_t until_ns = lab_clock_ns() + ANSWER_TIMEOUT_MS * UINT64_C(1000000);
    base_err err;
    do {
        const uint64_t now_ns = lab_clock_ns();
        const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
        err = lab_pass_receive(net->control, reply, sizeof *reply, NULL, NULL,
                               (int)((left_ns + 999999) / 1000000), why);
    } while (!err && reply->number != net->request_count);
    return err;
}

base_err lab_net_ask(struct lab_net *net, const struct lab_request *request, const void *more,
                     size_t more_size, struct lab_reply *reply, struct base_why *why)
{
    struct lab_request numbered = *request;
    numbered.number = ++net->request_count;
    const struct iovec parts[2] = { { &numbered, sizeof numbered }, { (void *)more, more_size } };
    const struct msghdr message = { .msg_iov = (struct iovec *)parts,
                                    .msg_iovlen = more_size > 0 ? 2 : 1 };
    ssize_t n;
    do
        n = sendmsg(net->control, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
        return fail_ended(net, why);
    if (n < 0)
        return base_fail(why, BASE_EIO, 0, "the emulator: sendmsg: %s", strerror(errno));
    const base_err err = reply_receive(net, reply, why);
    if (err == BASE_ECLOSED)
        return fail_ended(net, why);
    if (err)
        return base_fail_prefix(why, BASE_EIO, "the emulator");
    return reply->err ? base_fail(why, reply->err, 0, "%s", reply->text) : BASE_OK;
}

base_err lab_net_begin(struct lab_net *net, struct base_why *why)
{
    const struct lab_request request = { .kind = LAB_REQUEST_BEGIN, .at_ns = lab_clock_ns() };
    struct lab_reply reply;
    return lab_net_ask(net, &request, NULL, 0, &reply, why);
}

/* Pointers mean nothing over there: arrays follow the request. */
base_err lab_net_change(struct lab_net *net, const struct lab_change *change, struct base_why *why)
{
    const struct lab_request request = { .kind = LAB_REQUEST_CHANGE, .change = *change };
    const struct lab_link_config *const link = &change->config;
    const size_t size_max = LAB_MESSAGE_MAX - sizeof request;
    struct base_buf arrays = { 0 };
    base_err err = BASE_OK;
    if (change->kind == LAB_PARTITION) {
        if (!change->side)
            return base_fail(why, BASE_EINVALID, 0, "a partition without its sides");
        err = base_buf_put(&arrays, change->side, net->plan_host_count);
    } else if (change->kind == LAB_SET) {
        if (net->config.has_offload && link->mtu_bytes > 0)
            return lab_net_mtu_refuse(why);
        if (link->jitter_count > size_max / sizeof(int64_t) ||
            link->loss_count > size_max - link->jitter_count * sizeof(int64_t))
            return base_fail(why, BASE_ERANGE, 0,
                             "traces of %zu delays and %zu losses are more than the %zu bytes that "
                             "a change can bring along",
                             link->jitter_count, link->loss_count, size_max);
        if (link->jitter_count > 0)
            err = base_buf_put(&arrays, link->jitter_trace, link->jitter_count * sizeof(int64_t));
        if (!err && link->loss_count > 0)
            err = base_buf_put(&arrays, link->loss_trace, link->loss_count);
    }
    struct lab_reply reply;
    if (err)
        err = base_fail(why, err, 0, "no memory for a change");
    else
        err = lab_net_ask(net, &request, arrays.data, arrays.size, &reply, why);
    base_buf_done(&arrays);
    return err;
}

base_err lab_net_relay_port(struct lab_net *net, uint32_t from, uint32_t to, uint16_t service,
                            bool is_tcp, uint16_t *port, struct base_why *why)
{
    if (net->back_end != LAB_BACK_RELAY)
        return base_fail(why, BASE_EUNSUPPORTED, 0, "hosts have addresses, and need no relay");
    if (from >= net->host_count || to >= net->host_count)
        return base_fail(why, BASE_ERANGE, 0, "host %u is not one of %u",
                         from >= net->host_count ? from : to, net->host_count);
    const struct lab_request request = {
        .kind = LAB_REQUEST_RELAY, .from = from, .to = to, .port = service, .is_tcp = is_tcp
    };
    struct lab_reply reply;
    const base_err err = lab_net_ask(net, &request, NULL, 0, &reply, why);
    if (!err)
        *port = reply.port;
    return err;
}
