/* ifr_command.h - what stands in the payload of a Command and of the Response to it.
 *
 * Every frame a client sends is answered by exactly one frame, in order, so that an answer has the
 * sequence of its question. Numbers are little-endian. Command:
 *
 *   offset  size  field
 *        0     1  command, enum mfn_ifr_command
 *        1     1  key_size: 13, 32 or 37; 0 for Stats, Attach and Metrics
 *        2     2  reserved, 0
 *        4     n  Lookup, Remove: the key. Register: a value, and the key behind it.
 *                 Stats, Attach, Metrics: nothing
 *
 * Response:
 *
 *        0     1  result, enum mfn_ifr_result
 *        1     1  command that is answered, 0 for none
 *        2     2  reserved, 0
 *        4     n  result 0: Lookup: a value; Stats: counters; Metrics: text; else nothing.
 *                 other results: a sentence in ASCII, 0 .. 160 bytes
 *
 * (An Event and a Registration are answered by a Response of one byte, the result.) A value:
 *
 *        0     4  component_id
 *        4     1  flow_type
 *        5     1  priority
 *        6     2  flags
 *        8     8  timestamp_ns
 *       16     4  size
 *
 * Attach asks for a ring (ifr_ring.h): with the first byte of the Response come two descriptors
 * (SCM_RIGHTS), the ring's memory and the bell that wakes the server. Questions may then go either
 * way; those over the ring are answered over the ring. Metrics, everything as the text that
 * Prometheus reads, is too long for a ring and asked over the socket alone.
 *
 * Counters: numbers of 8 bytes in the order of MFN_IFR_COUNTER_MAP. Registration: LE32 component
 * id. Heartbeat: answered by a Heartbeat with the same payload. Discovery: an empty one is answered
 * by a Discovery with LE32 count and for each component that is connected LE32 component id, LE32
 * milliseconds since it was last heard.
 *
 * Everything here is pure and does not allocate. Threads: no shared state.
 * Source   the seed's IPC of layer 1 and its C header; layout of the payloads: ours
 */
#ifndef MFN_IFR_COMMAND_H
#define MFN_IFR_COMMAND_H

#include <base/buf.h>
#include <mfn/ifr_record.h>

enum mfn_ifr_command {
    MFN_IFR_COMMAND_NONE,
    MFN_IFR_COMMAND_LOOKUP,
    MFN_IFR_COMMAND_REGISTER,
    MFN_IFR_COMMAND_REMOVE,
    MFN_IFR_COMMAND_STATS,
    MFN_IFR_COMMAND_ATTACH,
    MFN_IFR_COMMAND_METRICS,
    MFN_IFR_COMMAND_COUNT
};

/* X(name, number, sentence, error a client's caller sees) */
#define MFN_IFR_RESULT_MAP(X)                                                                      \
    X(OK, 0, "done", BASE_OK)                                                                      \
    X(INVALID, 1, "the request is not valid", BASE_EINVALID)                                       \
    X(NOT_FOUND, 2, "no such flow", BASE_ENOTFOUND)                                                \
    X(NO_MEMORY, 3, "the registry is out of memory", BASE_ENOMEM)                                  \
    X(FULL, 4, "the registry is full", BASE_EFULL)                                                 \
    X(PROTOCOL, 5, "the frame breaks the protocol", BASE_EPROTOCOL)                                \
    X(BUSY, 6, "too many clients", BASE_EFULL)                                                     \
    X(DENIED, 7, "this user may not connect", BASE_EINVALID)                                       \
    X(INTERNAL, 8, "the registry failed", BASE_EIO)                                                \
    X(UNHEALTHY, 9, "the registry is not healthy", BASE_EIO)

enum mfn_ifr_result {
#define MFN_IFR_RESULT_ENUM(name, number, text, err) MFN_IFR_RESULT_##name = number,
    MFN_IFR_RESULT_MAP(MFN_IFR_RESULT_ENUM)
#undef MFN_IFR_RESULT_ENUM
        MFN_IFR_RESULT_COUNT
};

/* The sentence and the error of a result; the result of an error. Unknown numbers are INTERNAL. */
const char *mfn_ifr_result_text(unsigned result);
base_err mfn_ifr_result_err(unsigned result);
enum mfn_ifr_result mfn_ifr_result_of(base_err err);

/* X(name): the first ten are filled by the registry, the others by the server. */
#define MFN_IFR_COUNTER_MAP(X)                                                                     \
    X(lookups)                                                                                     \
    X(hits)                                                                                        \
    X(misses)                                                                                      \
    X(cache_hits)                                                                                  \
    X(filter_rejects)                                                                              \
    X(registrations)                                                                               \
    X(removals)                                                                                    \
    X(active_flows)                                                                                \
    X(component_count)                                                                             \
    X(memory_bytes)                                                                                \
    X(uptime_ns)                                                                                   \
    X(client_count)                                                                                \
    X(clients_accepted)                                                                            \
    X(clients_refused)                                                                             \
    X(frames)                                                                                      \
    X(bad_frames)

struct mfn_ifr_counters {
#define MFN_IFR_COUNTER_FIELD(name) uint64_t name;
    MFN_IFR_COUNTER_MAP(MFN_IFR_COUNTER_FIELD)
#undef MFN_IFR_COUNTER_FIELD
};

enum {
    MFN_IFR_VALUE_SIZE = 20,
    MFN_IFR_COUNTERS_SIZE = sizeof(struct mfn_ifr_counters),
    MFN_IFR_SENTENCE_MAX = 160,
    MFN_IFR_REQUEST_SIZE_MAX = 4 + MFN_IFR_VALUE_SIZE + MFN_IFR_KEY_IPV6,
    MFN_IFR_ANSWER_SIZE_MAX = 4 + MFN_IFR_SENTENCE_MAX, /* also holds counters */
};

struct mfn_ifr_request {
    enum mfn_ifr_command command;
    const uint8_t *key; /* [key_size]; of a decoded request: inside the payload */
    size_t key_size;
    struct mfn_ifr_value value; /* Register */
};

struct mfn_ifr_answer {
    unsigned result;                  /* enum mfn_ifr_result, or a number a newer server invented */
    enum mfn_ifr_command command;     /* answered */
    struct mfn_ifr_value value;       /* Lookup that found */
    struct mfn_ifr_counters counters; /* Stats */
    char sentence[MFN_IFR_SENTENCE_MAX + 1]; /* result is not 0; "" when there is none */
};

/* Write a request; answers its size.
 *
 *   request   valid: a known command, with a key of a valid size if it has one
 *   out       [MFN_IFR_REQUEST_SIZE_MAX]
 */
size_t mfn_ifr_request_encode(const struct mfn_ifr_request *request, uint8_t *out);

/* Errors: EINVALID, one sentence; `at` is the offset in the payload. */
BASE_MUST_USE base_err mfn_ifr_request_decode(struct base_span payload,
                                              struct mfn_ifr_request *request,
                                              struct base_why *why);

/* Write an answer; answers its size. A sentence is cut at MFN_IFR_SENTENCE_MAX.
 *
 *   out       [MFN_IFR_ANSWER_SIZE_MAX]
 */
size_t mfn_ifr_answer_encode(const struct mfn_ifr_answer *answer, uint8_t *out);

/* Also reads an answer of one byte; the text of Metrics is left to the caller, payload.data + 4.
 * Errors: EPROTOCOL */
BASE_MUST_USE base_err mfn_ifr_answer_decode(struct base_span payload,
                                             struct mfn_ifr_answer *answer, struct base_why *why);

#endif
