/* notify.c - libcurl for HTTP and SMTP; a command gets its input as a file in memory, so that one
 * that does not read it cannot hold anybody up. */
#define _GNU_SOURCE
#include "notify.h"

#include "signals.h"

#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HOST_SIZE = 200, WAIT_FIRST_MS = 200, WAIT_MOST_MS = 2000, ADDRESS_MAX = 50 };

/* --- a command ------------------------------------------------------------------------------ */

static int memory_file(struct base_span body)
{
    const int file = memfd_create("alert", MFD_CLOEXEC);
    size_t done = 0;
    while (file >= 0 && done < body.size) {
        const ssize_t size = write(file, body.data + done, body.size - done);
        if (size <= 0 && errno != EINTR) {
            close(file);
            return -1;
        }
        done += size > 0 ? (size_t)size : 0;
    }
    if (file >= 0)
        (void)lseek(file, 0, SEEK_SET);
    return file;
}

/* In its own process group, so that what it starts ends with it. Its output is not ours: it goes to
 * standard error. */
static pid_t start(const char *line, int input)
{
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    (void)setpgid(0, 0);
    if (dup2(input, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        _exit(126);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

/* 1: ended; 0: not in time; -1: interrupted. */
static int wait_for(pid_t pid, uint64_t timeout_ms)
{
    const int file = (int)syscall(SYS_pidfd_open, pid, 0);
    struct pollfd one = { .fd = file, .events = POLLIN };
    const int got = file >= 0 ? poll(&one, 1, (int)timeout_ms) : 1;
    if (file >= 0)
        close(file);
    return got < 0 ? -1 : got;
}

static base_err send_command(const struct result_alert *alert, struct base_span body,
                             struct base_why *why)
{
    const int input = memory_file(body);
    const pid_t pid = input >= 0 ? start(alert->target, input) : -1;
    int status = 0;
    if (input >= 0)
        close(input);
    if (pid < 0)
        return base_fail(why, BASE_EIO, 0, "command '%.80s': cannot start: %s", alert->target,
                         strerror(errno));
    (void)setpgid(pid, pid); /* whoever is first */
    const int ended = wait_for(pid, alert->timeout_ms);
    if (ended <= 0)
        (void)kill(-pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (ended < 0)
        return base_fail(why, BASE_EINTERRUPTED, 0, "command '%.80s': interrupted", alert->target);
    if (ended == 0)
        return base_fail(why, BASE_ETIMEOUT, 0, "command '%.80s': not ended within %lu ms",
                         alert->target, (unsigned long)alert->timeout_ms);
    if (WIFSIGNALED(status))
        return base_fail(why, BASE_ECRASHED, 0, "command '%.80s': killed by signal %d",
                         alert->target, WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return base_fail(why, BASE_ECRASHED, 0, "command '%.80s': status %d", alert->target,
                         WEXITSTATUS(status));
    return BASE_OK;
}

/* --- what HTTP and SMTP share --------------------------------------------------------------- */

/* "https://example.org:8080" of an address: no user, no password, no path. */
static const char *host_of(const char *url, char out[HOST_SIZE])
{
    const char *start = strstr(url, "://");
    const size_t scheme = start != NULL ? (size_t)(start - url) : 0;
    const char *host = start != NULL ? start + 3 : url;
    const size_t size = strcspn(host, "/?#");
    const char *at = memrchr(host, '@', size);
    const char *from = at != NULL ? at + 1 : host;
    snprintf(out, HOST_SIZE, "%.*s%s%.*s", (int)(scheme < 10 ? scheme : 10), url,
             start != NULL ? "://" : "", (int)(size - (size_t)(from - host)), from);
    return out;
}

static bool begins(const char *url, const char *one, const char *other)
{
    return strncmp(url, one, strlen(one)) == 0 || strncmp(url, other, strlen(other)) == 0;
}

/* What is put into a request must not break out of its line. */
static bool is_plain(const char *text)
{
    for (const char *at = text; *at != '\0'; at++)
        if ((unsigned char)*at <= ' ' || *at == 0x7f)
            return false;
    return *text != '\0';
}

static size_t drop(char *data, size_t size, size_t count, void *context)
{
    (void)data;
    (void)context;
    return size * count;
}

static int stop_if_interrupted(void *context, curl_off_t a, curl_off_t b, curl_off_t c,
                               curl_off_t d)
{
    (void)context, (void)a, (void)b, (void)c, (void)d;
    return cli_signals_interrupted;
}

static void set_common(CURL *curl, const struct result_alert *alert, const char *url,
                       const char *protocols, char *error)
{
    const long timeout = (long)alert->timeout_ms;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, stop_if_interrupted);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "bpi-perf/" CLI_VERSION);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
}

/* Would another attempt make sense? */
static bool is_passing(CURLcode code, long answer, bool is_mail)
{
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
        code == CURLE_OPERATION_TIMEDOUT || code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR ||
        code == CURLE_RECV_ERROR)
        return true;
    return is_mail ? answer >= 400 && answer < 500
                   : code == CURLE_OK && (answer == 429 || answer >= 500);
}

static void pause_before(unsigned attempt)
{
    const unsigned doubled = attempt < 4 ? WAIT_FIRST_MS << attempt : WAIT_MOST_MS;
    const unsigned ms = doubled < WAIT_MOST_MS ? doubled : WAIT_MOST_MS;
    const struct timespec time = { ms / 1000, (long)(ms % 1000) * 1000000 };
    (void)nanosleep(&time, NULL); /* an interrupt ends it: the next attempt sees it */
}

static base_err fail_at(const struct result_alert *alert, const char *url, CURLcode code,
                        long answer, const char *error, unsigned attempts, struct base_why *why)
{
    char host[HOST_SIZE], tries[40] = "";
    static const char *const names[] = { "command", "webhook", "slack", "email" };
    host_of(url, host);
    if (attempts > 1)
        snprintf(tries, sizeof tries, ", %u times", attempts);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return base_fail(why, BASE_EINTERRUPTED, 0, "%s %s: interrupted", names[alert->kind], host);
    if (code == CURLE_OPERATION_TIMEDOUT)
        return base_fail(why, BASE_ETIMEOUT, 0, "%s %s: no answer within %lu ms%s",
                         names[alert->kind], host, (unsigned long)alert->timeout_ms, tries);
    if (code == CURLE_OK)
        return base_fail(why, BASE_EIO, 0, "%s %s: answered with HTTP status %ld%s",
                         names[alert->kind], host, answer, tries);
    return base_fail(why, BASE_EIO, 0, "%s %s: %s%s", names[alert->kind], host,
                     code == CURLE_COULDNT_RESOLVE_HOST || *error == '\0' ? curl_easy_strerror(code)
                                                                          : error,
                     tries);
}

static base_err perform(CURL *curl, const struct result_alert *alert, const char *url,
                        const char *error, struct base_why *why)
{
    const bool is_mail = alert->kind == RESULT_ALERT_MAIL;
    for (unsigned attempt = 0;; attempt++) {
        long answer = 0;
        const CURLcode code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer);
        if (code == CURLE_OK && (is_mail || (answer >= 200 && answer < 300)))
            return BASE_OK;
        if (attempt >= alert->retries || cli_signals_interrupted ||
            !is_passing(code, answer, is_mail))
            return fail_at(alert, url, code, answer, error, attempt + 1, why);
        pause_before(attempt);
    }
}

/* --- HTTP ----------------------------------------------------------------------------------- */

static base_err send_http(CURL *curl, const struct result_alert *alert, struct base_span body,
                          struct base_why *why)
{
    char error[CURL_ERROR_SIZE] = "";
    if (!begins(alert->target, "https://", "http://") || !is_plain(alert->target))
        return base_fail(why, BASE_EINVALID, 0, "%s: the address does not begin with https://",
                         alert->kind == RESULT_ALERT_SLACK ? "slack" : "webhook");
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (headers == NULL)
        return base_fail(why, BASE_ENOMEM, 0, "no memory for an alert");
    set_common(curl, alert, alert->target, "http,https", error);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.size);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)body.data);
    const base_err err = perform(curl, alert, alert->target, error, why);
    curl_slist_free_all(headers);
    return err;
}

/* --- mail ----------------------------------------------------------------------------------- */

/* A header's text as encoded words where it is not ASCII, no character cut in two.
 * Source   RFC 2047 sections 2 and 5 */
static base_err put_header_text(struct base_buf *out, const char *text)
{
    enum { WORD_MOST = 60 };
    bool is_ascii = true;
    size_t used = 0;
    for (const char *at = text; *at != '\0'; at++)
        is_ascii = is_ascii && (unsigned char)*at < 0x80;
    if (is_ascii)
        return base_buf_put_text(out, text);
    base_err err = base_buf_put_text(out, "=?UTF-8?Q?");
    for (const char *at = text; err == BASE_OK && *at != '\0'; at++) {
        const bool is_start = ((unsigned char)*at & 0xc0) != 0x80;
        if (is_start && used > WORD_MOST - 12) {
            err = base_buf_put_text(out, "?=\r\n =?UTF-8?Q?");
            used = 0;
        }
        if (err == BASE_OK)
            err = base_buf_printf(out, "=%02X", (unsigned char)*at);
        used += 3;
    }
    return err == BASE_OK ? base_buf_put_text(out, "?=") : err;
}

static base_err add_header(struct curl_slist **list, const char *name, const char *text)
{
    struct base_buf line = { 0 };
    base_err err = base_buf_printf(&line, "%s: ", name);
    if (err == BASE_OK)
        err = put_header_text(&line, text);
    struct curl_slist *more = err == BASE_OK && base_buf_text(&line) != NULL
                                  ? curl_slist_append(*list, base_buf_text(&line))
                                  : NULL;
    base_buf_done(&line);
    if (more == NULL)
        return BASE_ENOMEM;
    *list = more;
    return BASE_OK;
}

static base_err check_address(const char *address, struct base_why *why)
{
    if (is_plain(address) && strchr(address, '@') != NULL && strpbrk(address, "<>") == NULL)
        return BASE_OK;
    return base_fail(why, BASE_EINVALID, 0, "email: '%.80s' is not an address", address);
}

/* The addresses of "a@b, c@d", each checked. */
static base_err split_addresses(const char *text, struct curl_slist **list, struct base_why *why)
{
    char *copy = strdup(text);
    char *rest = copy;
    base_err err = copy != NULL ? BASE_OK : BASE_ENOMEM;
    for (size_t i = 0; err == BASE_OK && rest != NULL; i++) {
        char *one = strsep(&rest, ",");
        one += strspn(one, " ");
        one[strcspn(one, " ")] = '\0';
        err = i < ADDRESS_MAX
                  ? check_address(one, why)
                  : base_fail(why, BASE_EINVALID, 0, "email: more than %d addresses", ADDRESS_MAX);
        struct curl_slist *more = err == BASE_OK ? curl_slist_append(*list, one) : NULL;
        if (err == BASE_OK && more == NULL)
            err = BASE_ENOMEM;
        *list = more != NULL ? more : *list;
    }
    free(copy);
    return err;
}

static base_err make_headers(const struct result_alert *alert, const char *subject,
                             struct curl_slist **headers)
{
    char date[64];
    struct tm tm;
    const time_t now = time(NULL);
    if (gmtime_r(&now, &tm) == NULL ||
        strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm) == 0)
        return BASE_EIO;
    CLI_TRY(add_header(headers, "Date", date));
    CLI_TRY(add_header(headers, "From", alert->from));
    CLI_TRY(add_header(headers, "To", alert->target));
    return add_header(headers, "Subject", subject);
}

/* libcurl makes the message: quoted-printable, so that no line is too long. */
static base_err make_body(CURL *curl, struct base_span body, curl_mime **mime)
{
    *mime = curl_mime_init(curl);
    curl_mimepart *part = *mime != NULL ? curl_mime_addpart(*mime) : NULL;
    if (part == NULL || curl_mime_data(part, (const char *)body.data, body.size) != CURLE_OK ||
        curl_mime_type(part, "text/plain; charset=utf-8") != CURLE_OK ||
        curl_mime_encoder(part, "quoted-printable") != CURLE_OK)
        return BASE_ENOMEM;
    return BASE_OK;
}

/* A password goes over an encrypted connection or not at all. */
static void set_mail(CURL *curl, const struct result_alert *alert)
{
    const bool has_secret = alert->password != NULL;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)(has_secret ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, alert->from);
    if (alert->user != NULL)
        curl_easy_setopt(curl, CURLOPT_USERNAME, alert->user);
    if (alert->password != NULL)
        curl_easy_setopt(curl, CURLOPT_PASSWORD, alert->password);
}

static base_err send_mail(CURL *curl, const struct result_alert *alert, const char *subject,
                          struct base_span body, struct base_why *why)
{
    char error[CURL_ERROR_SIZE] = "";
    struct curl_slist *headers = NULL, *to = NULL;
    curl_mime *mime = NULL;
    if (!begins(alert->smtp, "smtps://", "smtp://") || !is_plain(alert->smtp))
        return base_fail(why, BASE_EINVALID, 0,
                         "email: smtp does not begin with smtps:// or smtp://");
    base_err err = check_address(alert->from, why);
    if (err == BASE_OK)
        err = split_addresses(alert->target, &to, why);
    if (err == BASE_OK)
        err = make_headers(alert, subject, &headers);
    if (err == BASE_OK)
        err = make_body(curl, body, &mime);
    if (err == BASE_OK) {
        set_common(curl, alert, alert->smtp, "smtp,smtps", error);
        set_mail(curl, alert);
        curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_MIMEPOST, mime);
        err = perform(curl, alert, alert->smtp, error, why);
    } else if (err == BASE_ENOMEM) {
        (void)base_fail(why, err, 0, "no memory for an alert");
    }
    curl_mime_free(mime);
    curl_slist_free_all(headers);
    curl_slist_free_all(to);
    return err;
}

base_err cli_notify(const struct result_alert *alert, const char *subject, struct base_span body,
                    struct base_why *why)
{
    if (alert->kind == RESULT_ALERT_COMMAND)
        return send_command(alert, body, why);
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return base_fail(why, BASE_EIO, 0, "libcurl cannot be used");
    CURL *curl = curl_easy_init();
    base_err err = BASE_ENOMEM;
    if (curl == NULL)
        (void)base_fail(why, BASE_ENOMEM, 0, "no memory for an alert");
    else if (alert->kind == RESULT_ALERT_MAIL)
        err = send_mail(curl, alert, subject, body, why);
    else
        err = send_http(curl, alert, body, why);
    curl_easy_cleanup(curl);
    curl_global_cleanup();
    return err;
}
