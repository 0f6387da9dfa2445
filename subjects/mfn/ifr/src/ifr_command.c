/* ifr_command.c - the payloads of commands and responses, field by field. */
#include <mfn/ifr_command.h>

#include "ifr_le.h"

#include <assert.h>

enum { HEAD_SIZE = 4 };

_Static_assert(MFN_IFR_COUNTERS_SIZE <= MFN_IFR_SENTENCE_MAX, "an answer holds the counters");

const char *mfn_ifr_result_text(unsigned result)
{
    static const char *const texts[] = {
#define TEXT(name, number, text, err) [number] = text,
        MFN_IFR_RESULT_MAP(TEXT)
#undef TEXT
    };
    return texts[result < MFN_IFR_RESULT_COUNT ? result : MFN_IFR_RESULT_INTERNAL];
}

base_err mfn_ifr_result_err(unsigned result)
{
    static const base_err errs[] = {
#define ERR(name, number, text, err) [number] = err,
        MFN_IFR_RESULT_MAP(ERR)
#undef ERR
    };
    return errs[result < MFN_IFR_RESULT_COUNT ? result : MFN_IFR_RESULT_INTERNAL];
}

enum mfn_ifr_result mfn_ifr_result_of(base_err err)
{
    switch (err) {
    case BASE_OK:
        return MFN_IFR_RESULT_OK;
    case BASE_EINVALID:
    case BASE_ERANGE:
    case BASE_EUNSUPPORTED:
        return MFN_IFR_RESULT_INVALID;
    case BASE_ENOTFOUND:
        return MFN_IFR_RESULT_NOT_FOUND;
    case BASE_ENOMEM:
        return MFN_IFR_RESULT_NO_MEMORY;
    case BASE_EFULL:
        return MFN_IFR_RESULT_FULL;
    case BASE_EPROTOCOL:
    case BASE_ECORRUPT:
        return MFN_IFR_RESULT_PROTOCOL;
    default:
        return MFN_IFR_RESULT_INTERNAL;
    }
}

static void value_encode(const struct mfn_ifr_value *value, uint8_t *out)
{
    mfn_ifr_put32(out, value->component_id);
    out[4] = value->flow_type;
    out[5] = value->priority;
    mfn_ifr_put16(out + 6, value->flags);
    mfn_ifr_put64(out + 8, value->timestamp_ns);
    mfn_ifr_put32(out + 16, value->size);
}

static void value_decode(const uint8_t *in, struct mfn_ifr_value *value)
{
    *value = (struct mfn_ifr_value){
        .component_id = mfn_ifr_get32(in),
        .flow_type = in[4],
        .priority = in[5],
        .flags = mfn_ifr_get16(in + 6),
        .timestamp_ns = mfn_ifr_get64(in + 8),
        .size = mfn_ifr_get32(in + 16),
    };
}

static void counters_encode(const struct mfn_ifr_counters *counters, uint8_t *out)
{
#define PUT(name)                                                                                  \
    mfn_ifr_put64(out, counters->name);                                                            \
    out += 8;
    MFN_IFR_COUNTER_MAP(PUT)
#undef PUT
}

static void counters_decode(const uint8_t *in, struct mfn_ifr_counters *counters)
{
#define GET(name)                                                                                  \
    counters->name = mfn_ifr_get64(in);                                                            \
    in += 8;
    MFN_IFR_COUNTER_MAP(GET)
#undef GET
}

static bool has_key(unsigned command)
{
    return command < MFN_IFR_COMMAND_STATS;
}

size_t mfn_ifr_request_encode(const struct mfn_ifr_request *request, uint8_t *out)
{
    assert(request->command > MFN_IFR_COMMAND_NONE && request->command < MFN_IFR_COMMAND_COUNT);
    assert(!has_key(request->command) || mfn_ifr_key_size_is_valid(request->key_size));
    size_t size = HEAD_SIZE;
    memset(out, 0, HEAD_SIZE);
    out[0] = (uint8_t)request->command;
    if (request->command == MFN_IFR_COMMAND_REGISTER) {
        value_encode(&request->value, out + size);
        size += MFN_IFR_VALUE_SIZE;
    }
    if (has_key(request->command)) {
        out[1] = (uint8_t)request->key_size;
        memcpy(out + size, request->key, request->key_size);
        size += request->key_size;
    }
    return size;
}

static base_err request_head_check(struct base_span payload, struct base_why *why)
{
    if (payload.size < HEAD_SIZE)
        return base_fail(why, BASE_EINVALID, payload.size,
                         "a command of %zu bytes is shorter than its head of 4", payload.size);
    const unsigned command = payload.data[0], key_size = payload.data[1];
    if (command == MFN_IFR_COMMAND_NONE || command >= MFN_IFR_COMMAND_COUNT)
        return base_fail(why, BASE_EINVALID, 0, "command %u is not between 1 and 6", command);
    if (mfn_ifr_get16(payload.data + 2) != 0)
        return base_fail(why, BASE_EINVALID, 2, "reserved 0x%x is not 0",
                         mfn_ifr_get16(payload.data + 2));
    if (has_key(command) ? !mfn_ifr_key_size_is_valid(key_size) : key_size != 0)
        return base_fail(why, BASE_EINVALID, 1, "key_size %u is not %s", key_size,
                         has_key(command) ? "13, 32 or 37" : "0");
    return BASE_OK;
}

base_err mfn_ifr_request_decode(struct base_span payload, struct mfn_ifr_request *request,
                                struct base_why *why)
{
    const base_err err = request_head_check(payload, why);
    if (err != BASE_OK)
        return err;
    const enum mfn_ifr_command command = (enum mfn_ifr_command)payload.data[0];
    const size_t key_size = payload.data[1];
    const size_t before =
        HEAD_SIZE + (command == MFN_IFR_COMMAND_REGISTER ? MFN_IFR_VALUE_SIZE : 0);
    if (payload.size != before + key_size)
        return base_fail(why, BASE_EINVALID, payload.size,
                         "command %u with a key of %zu bytes has %zu bytes and not %zu", command,
                         key_size, payload.size, before + key_size);
    *request = (struct mfn_ifr_request){
        .command = command,
        .key = payload.data + before,
        .key_size = key_size,
    };
    if (command == MFN_IFR_COMMAND_REGISTER)
        value_decode(payload.data + HEAD_SIZE, &request->value);
    return BASE_OK;
}

size_t mfn_ifr_answer_encode(const struct mfn_ifr_answer *answer, uint8_t *out)
{
    memset(out, 0, HEAD_SIZE);
    out[0] = (uint8_t)answer->result;
    out[1] = (uint8_t)answer->command;
    uint8_t *const body = out + HEAD_SIZE;
    if (answer->result != MFN_IFR_RESULT_OK) {
        const size_t size = strnlen(answer->sentence, MFN_IFR_SENTENCE_MAX);
        memcpy(body, answer->sentence, size);
        return HEAD_SIZE + size;
    }
    if (answer->command == MFN_IFR_COMMAND_LOOKUP) {
        value_encode(&answer->value, body);
        return HEAD_SIZE + MFN_IFR_VALUE_SIZE;
    }
    if (answer->command == MFN_IFR_COMMAND_STATS) {
        counters_encode(&answer->counters, body);
        return HEAD_SIZE + MFN_IFR_COUNTERS_SIZE;
    }
    return HEAD_SIZE;
}

/* The sentence came from another process: what is not printable ASCII is shown as '?'. */
static void sentence_decode(struct base_span body, char *sentence)
{
    for (size_t i = 0; i < body.size; i++) {
        const uint8_t c = body.data[i];
        sentence[i] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
    }
    sentence[body.size] = '\0';
}

static base_err body_decode(struct base_span body, struct mfn_ifr_answer *answer,
                            struct base_why *why)
{
    size_t right = 0;
    if (answer->result == MFN_IFR_RESULT_OK && answer->command == MFN_IFR_COMMAND_LOOKUP)
        right = MFN_IFR_VALUE_SIZE;
    if (answer->result == MFN_IFR_RESULT_OK && answer->command == MFN_IFR_COMMAND_STATS)
        right = MFN_IFR_COUNTERS_SIZE;
    const bool is_sentence = answer->result != MFN_IFR_RESULT_OK;
    if (!is_sentence && answer->command == MFN_IFR_COMMAND_METRICS)
        return BASE_OK;
    if (is_sentence ? body.size > MFN_IFR_SENTENCE_MAX : body.size != right)
        return base_fail(why, BASE_EPROTOCOL, HEAD_SIZE,
                         "the answer to command %u with result %u has %zu bytes behind its head",
                         answer->command, answer->result, body.size);
    if (is_sentence)
        sentence_decode(body, answer->sentence);
    else if (answer->command == MFN_IFR_COMMAND_LOOKUP)
        value_decode(body.data, &answer->value);
    else if (answer->command == MFN_IFR_COMMAND_STATS)
        counters_decode(body.data, &answer->counters);
    return BASE_OK;
}

base_err mfn_ifr_answer_decode(struct base_span payload, struct mfn_ifr_answer *answer,
                               struct base_why *why)
{
    if (payload.size != 1 && payload.size < HEAD_SIZE)
        return base_fail(why, BASE_EPROTOCOL, 0, "an answer of %zu bytes has neither 1 nor 4",
                         payload.size);
    answer->result = payload.data[0];
    answer->command = MFN_IFR_COMMAND_NONE;
    answer->sentence[0] = '\0';
    if (payload.size == 1)
        return BASE_OK;
    if (payload.data[1] >= MFN_IFR_COMMAND_COUNT)
        return base_fail(why, BASE_EPROTOCOL, 1, "an answer to command %u is not to one of ours",
                         payload.data[1]);
    answer->command = (enum mfn_ifr_command)payload.data[1];
    return body_decode(base_span_of(payload.data + HEAD_SIZE, payload.size - HEAD_SIZE), answer,
                       why);
}
