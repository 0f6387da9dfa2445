/* http_client.h - an HTTP/1.1 client for GETs over one kept connection to a port of this host.
 *
 * It reads what it needs and no more: the status, Content-Length and Connection. A server that
 * wants to close is connected to again before the next question.
 * Threads   one object, one thread
 */
#ifndef SUITE_HTTP_CLIENT_H
#define SUITE_HTTP_CLIENT_H

#include "http_service.h"

#include <stdbool.h>

enum {
    HTTP_HEAD_MAX = 8192, /* bytes of status and headers of an answer */
    HTTP_TIMEOUT_S = 10,
};

struct http_client {
    int socket; /* -1: there is none */
    uint16_t port;
    bool is_closing;     /* the server closes after this answer */
    struct base_why why; /* of the last failure */
    base_err broken;     /* once not BASE_OK, for good */
    char request[SUITE_HTTP_PATH_MAX + 64];
    char tail[48]; /* what stands behind the path */
    size_t tail_size;
    char head[HTTP_HEAD_MAX + 1];
};

/* The caller's memory; it is cleared. Errors: EIO */
BASE_MUST_USE base_err http_client_open(struct http_client *client, uint16_t port,
                                        struct base_why *why);

/* As suite_http_get. */
BASE_MUST_USE base_err http_client_get(struct http_client *client, const char *path, char *out,
                                       size_t out_size, size_t *size);
void http_client_close(struct http_client *client);

#endif
