/* ifr_http_flows.h - the registry's lookup over HTTP: GET /flows/KEY, KEY in hexadecimal digits,
 * answered with a value as a JSON object. */
#ifndef SUITE_IFR_HTTP_FLOWS_H
#define SUITE_IFR_HTTP_FLOWS_H

#include "http_service.h"

#include <mfn/ifr_record.h>

/* The service's side; `registry` is a struct mfn_ifr_registry. A suite_http_answer. */
size_t ifr_http_answer(void *registry, const char *path, char *out, size_t out_size);

/* The client's side. It looks for the numbers where the service puts them, which is less work than
 * reading any JSON would be.
 *
 *   key      [key_size] 1 .. MFN_IFR_KEY_SIZE_MAX bytes
 *
 * Errors   those of suite_http_get; EPROTOCOL (the answer is not such an object)
 */
BASE_MUST_USE base_err ifr_http_find(struct suite_http *http, const void *key, size_t key_size,
                                     struct mfn_ifr_value *out);

#endif
