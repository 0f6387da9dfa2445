/* ifr_service.h - what the commands do: a small table of functions, so that any registry can stand
 * behind a transport, and any transport before a registry.
 */
#ifndef MFN_IFR_SERVICE_H
#define MFN_IFR_SERVICE_H

#include <mfn/ifr_command.h>

enum { MFN_IFR_METRICS_SIZE_MAX = 32768 };

/* What a server noticed of a component, which said its number in a Registration. Of a ring's
 * questions it says Heard at most once a second, with a sent_ns of 0. */
enum mfn_ifr_notice_kind {
    MFN_IFR_NOTICE_ANNOUNCED, /* a connection is now this component's */
    MFN_IFR_NOTICE_HEARD,     /* another frame came from it, or a ring's question */
    MFN_IFR_NOTICE_ENDED,     /* that connection ended, or became another component's */
};

struct mfn_ifr_notice {
    enum mfn_ifr_notice_kind kind;
    uint32_t component_id;
    uint64_t sent_ns; /* Heard: when the component wrote the frame, as the frame says */
    uint64_t now_ns;  /* CLOCK_MONOTONIC, as sent_ns should be */
};

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
    /* Each of these may be NULL. Metrics appends text of at most MFN_IFR_METRICS_SIZE_MAX bytes;
     * `server` are the transport's counters. */
    base_err (*metrics)(void *context, const struct mfn_ifr_counters *server, struct base_buf *out);
    void (*notice)(void *context, const struct mfn_ifr_notice *notice);
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
