/* ifr_service.h - what the commands do: a small table of functions, so that any registry can stand
 * behind a transport, and any transport before a registry.
 */
#ifndef MFN_IFR_SERVICE_H
#define MFN_IFR_SERVICE_H

#include <mfn/ifr_command.h>

/* Every function is called by the one thread of the transport, with a key of 13, 32 or 37 bytes
 * that need not be aligned and is valid during the call. None may wait.
 * Errors of find, insert and remove: ENOTFOUND, EFULL, ENOMEM, EINVALID (e.g. a size of key that
 * this registry does not keep); others reach the client as a failure of the registry. */
struct mfn_ifr_service {
    void *context;
    base_err (*find)(void *context, const void *key, size_t key_size, struct mfn_ifr_value *out);
    base_err (*insert)(void *context, const void *key, size_t key_size,
                       const struct mfn_ifr_value *value);
    base_err (*remove)(void *context, const void *key, size_t key_size);
    void (*stats)(void *context, struct mfn_ifr_counters *out); /* out is zeroed before */
};

/* Do what the payload of a Command says and write the payload of the Response; answers its size.
 *
 *   server   counters the transport adds to Stats (its own fields only); NULL: none
 *   out      [MFN_IFR_ANSWER_SIZE_MAX]
 *
 * A payload that is no command gives an answer with result INVALID and a sentence.
 */
size_t mfn_ifr_service_answer(const struct mfn_ifr_service *service, struct base_span payload,
                              const struct mfn_ifr_counters *server, uint8_t *out);

/* The payload of a Response without a body: a result and a sentence (NULL: that of the result). */
size_t mfn_ifr_service_refuse(enum mfn_ifr_result result, const char *sentence, uint8_t *out);

#endif
