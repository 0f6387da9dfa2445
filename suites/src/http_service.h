/* http_service.h - the same questions over HTTP: what people put a registry or a route service
 * behind when they do not think about it.
 *
 * A process of its own answers HTTP/1.1 GETs on 127.0.0.1 with libmicrohttpd, in one thread over
 * epoll, and one client asks it over one connection that is kept. Everything is done to be kind to
 * HTTP: no date, no logging, no encryption, TCP_NODELAY on both ends, a client that looks at
 * nothing but the status, Content-Length and Connection.
 *
 * The service is forked: it has a copy of all memory of that moment, so what the answers are made
 * of is built before, and no descriptor of the caller but standard error. It ends with
 * suite_http_close, and with the thread that opened it, however that ends.
 * Threads   one object, one thread
 * Source    RFC 9110, RFC 9112
 */
#ifndef SUITE_HTTP_SERVICE_H
#define SUITE_HTTP_SERVICE_H

#include <base/err.h>

enum {
    SUITE_HTTP_PATH_MAX = 1000, /* bytes of a path */
    SUITE_HTTP_BODY_MAX = 65536 /* bytes of an answer */
};

/* Answer one GET; runs in the service's process.
 *
 *   path   as sent, e.g. "/flows/3f.."; starts with '/'
 *   out    [out_size] the body, JSON text; out_size is SUITE_HTTP_BODY_MAX
 *
 * Returns the size of the body, 1 .. out_size; 0: there is no such thing (404).
 */
typedef size_t (*suite_http_answer)(void *context, const char *path, char *out, size_t out_size);

struct suite_http;

/* Fork the service, on a port of the kernel's choice, and connect to it. Binding the calling thread
 * to a processor before binds the service.
 *
 * Errors   EIO (no process, socket or connection; the service could not begin), ENOMEM
 */
BASE_MUST_USE base_err suite_http_open(suite_http_answer answer, void *context,
                                       struct suite_http **out, struct base_why *why);

/* One GET and its answer.
 *
 *   path   '/' and printable ASCII without blanks, at most SUITE_HTTP_PATH_MAX bytes
 *   out    [out_size] the body
 *   size   written with BASE_OK
 *
 * Errors   ENOTFOUND  status 404
 *          EINVALID   the path is not as above; nothing was sent
 *          EIO        the service is gone or did not answer within ten seconds
 *          EPROTOCOL  the answer is not HTTP, or has another status than 200 and 404
 *          EFULL      the body is larger than out_size
 *          After the last three every later call answers the same.
 */
BASE_MUST_USE base_err suite_http_get(struct suite_http *http, const char *path, char *out,
                                      size_t out_size, size_t *size);

/* What the last failure of suite_http_get was, in a sentence; "" when there was none. */
const char *suite_http_why(const struct suite_http *http);

/* The service's process, for those who look at its memory or end it. */
long suite_http_process(const struct suite_http *http);

/* End the service and wait for it; NULL is allowed. */
void suite_http_close(struct suite_http *http);

#endif
