/* hermes_message.c - encoders write into room that fits the largest; decoders walk a cursor that
 * knows when it was asked for more than there is. */
#include "hermes_message_internal.h"

#include <string.h>

static const uint8_t message_tag[4] = { 'H', 'M', 's', '1' };
static const uint8_t record_tag[4] = { 'H', 'M', 'r', '1' };

struct reader {
    const uint8_t *at, *end;
    bool is_short;
};

static const uint8_t *get(struct reader *in, size_t size)
{
    static const uint8_t zeros[HERMES_SIGNATURE_SIZE];
    if ((size_t)(in->end - in->at) < size) {
        in->is_short = true;
        return zeros;
    }
    const uint8_t *const at = in->at;
    in->at += size;
    return at;
}

static uint64_t get_number(struct reader *in, size_t size)
{
    const uint8_t *const bytes = get(in, size);
    uint64_t number = 0;
    for (size_t i = size; i-- > 0;)
        number = number << 8 | bytes[i];
    return number;
}

static uint8_t *put(uint8_t *out, const void *data, size_t size)
{
    memcpy(out, data, size);
    return out + size;
}

static uint8_t *put_number(uint8_t *out, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(number >> 8 * i);
    return out + size;
}

static uint8_t *put_kind(uint8_t *out, enum hermes_kind kind)
{
    return put_number(out, HERMES_MESSAGE_VERSION << 4 | (unsigned)kind, 1);
}

base_err hermes_message_kind(struct base_span message, enum hermes_kind *kind)
{
    if (message.size == 0 || message.data[0] >> 4 != HERMES_MESSAGE_VERSION)
        return BASE_EPROTOCOL;
    const unsigned number = message.data[0] & 15;
    if (number < HERMES_TO_ONE || number >= HERMES_KINDS)
        return BASE_EPROTOCOL;
    *kind = (enum hermes_kind)number;
    return BASE_OK;
}

static uint8_t *put_body(uint8_t *out, const struct hermes_envelope *envelope)
{
    out = put_number(out, (unsigned)envelope->name.class << 4 | (unsigned)envelope->type, 1);
    out = put_number(out, envelope->is_shaping, 1);
    out = put_number(out, envelope->name.incarnation, 8);
    return put_number(out, envelope->name.counter, 6);
}

size_t hermes_envelope_head(const struct hermes_envelope *envelope, uint8_t *out)
{
    uint8_t *at = put_number(put_kind(out, envelope->kind), envelope->hops, 1);
    if (envelope->kind != HERMES_RELAYED)
        return (size_t)(put_body(at, envelope) - out);
    memset(at, 0, HERMES_SIGNATURE_SIZE);
    at = put(at + HERMES_SIGNATURE_SIZE, message_tag, sizeof message_tag);
    at = put(put_body(at, envelope), envelope->name.origin.bytes, BPI_HERMES_ID_SIZE);
    return (size_t)(at - out);
}

uint8_t *hermes_envelope_sign_at(uint8_t *message, size_t size, struct base_span *signed_part)
{
    const size_t skipped = 2 + HERMES_SIGNATURE_SIZE;
    *signed_part = base_span_of(message + skipped, size - skipped);
    return message + 2;
}

static base_err get_body(struct reader *in, struct hermes_envelope *envelope)
{
    const unsigned both = (unsigned)get_number(in, 1);
    const unsigned flags = (unsigned)get_number(in, 1);
    envelope->name.incarnation = get_number(in, 8);
    envelope->name.counter = get_number(in, 6);
    if (in->is_short || flags > (envelope->kind == HERMES_RELAYED) ||
        (both & 15) >= BPI_HERMES_TYPES)
        return BASE_EPROTOCOL;
    envelope->type = (enum bpi_hermes_type)(both & 15);
    envelope->is_shaping = flags == 1;
    envelope->name.class = bpi_hermes_type_class(envelope->type);
    return both >> 4 == (unsigned)envelope->name.class ? BASE_OK : BASE_EPROTOCOL;
}

base_err hermes_envelope_decode(struct base_span message, struct hermes_envelope *envelope)
{
    struct hermes_envelope e = { .name.origin = envelope->name.origin };
    base_err err = hermes_message_kind(message, &e.kind);
    if (err != BASE_OK || e.kind > HERMES_RELAYED)
        return BASE_EPROTOCOL;
    struct reader in = { message.data + 1, message.data + message.size, false };
    e.hops = (uint32_t)get_number(&in, 1);
    if (e.kind == HERMES_RELAYED) {
        e.signature = get(&in, HERMES_SIGNATURE_SIZE);
        e.signed_part = base_span_of(in.at, (size_t)(in.end - in.at));
        if (memcmp(get(&in, sizeof message_tag), message_tag, sizeof message_tag) != 0)
            return BASE_EPROTOCOL;
    }
    err = get_body(&in, &e);
    if (e.kind == HERMES_RELAYED)
        memcpy(e.name.origin.bytes, get(&in, BPI_HERMES_ID_SIZE), BPI_HERMES_ID_SIZE);
    e.payload = base_span_of(in.at, (size_t)(in.end - in.at));
    if (err != BASE_OK || in.is_short || e.hops < 1 || e.hops > HERMES_HOPS_MAX ||
        (e.kind != HERMES_RELAYED && e.hops != 1) || e.payload.size < 1 ||
        e.payload.size > BPI_HERMES_MESSAGE_MAX)
        return BASE_EPROTOCOL;
    *envelope = e;
    return BASE_OK;
}

static uint8_t *put_address(uint8_t *out, const struct base_address *address)
{
    return put_number(put(out, address->ip, sizeof address->ip), address->port, 2);
}

static void get_address(struct reader *in, struct base_address *address)
{
    memcpy(address->ip, get(in, sizeof address->ip), sizeof address->ip);
    address->port = (uint16_t)get_number(in, 2);
}

static uint8_t *put_record(uint8_t *out, const struct hermes_record *record)
{
    out = put(out, record->signature, sizeof record->signature);
    out = put_number(put(out, record->id.bytes, BPI_HERMES_ID_SIZE), record->version, 8);
    return put_address(out, &record->address);
}

static void get_record(struct reader *in, struct hermes_record *record)
{
    memcpy(record->signature, get(in, sizeof record->signature), sizeof record->signature);
    memcpy(record->id.bytes, get(in, BPI_HERMES_ID_SIZE), BPI_HERMES_ID_SIZE);
    record->version = get_number(in, 8);
    get_address(in, &record->address);
}

void hermes_record_signed(const struct hermes_record *record, uint8_t *out)
{
    out = put(put(out, record_tag, sizeof record_tag), record->id.bytes, BPI_HERMES_ID_SIZE);
    put_address(put_number(out, record->version, 8), &record->address);
}

static uint8_t *put_name(uint8_t *out, const struct hermes_name *name)
{
    out = put_number(put_number(out, (unsigned)name->class, 1), name->incarnation, 8);
    return put(put_number(out, name->counter, 6), name->origin.bytes, BPI_HERMES_ID_SIZE);
}

static base_err get_name(struct reader *in, struct hermes_name *name)
{
    const unsigned class = (unsigned)get_number(in, 1);
    name->incarnation = get_number(in, 8);
    name->counter = get_number(in, 6);
    memcpy(name->origin.bytes, get(in, BPI_HERMES_ID_SIZE), BPI_HERMES_ID_SIZE);
    name->class = (enum bpi_hermes_class) class;
    return class < BPI_HERMES_CLASSES ? BASE_OK : BASE_EPROTOCOL;
}

size_t hermes_control_encode(const struct hermes_control *control, uint8_t *out)
{
    uint8_t *at = put_kind(out, control->kind);
    switch (control->kind) {
    case HERMES_HELLO:
        at = put_address(at, &control->address);
        break;
    case HERMES_MEMBERS:
        at = put_number(put_number(at, control->wants_answer, 1), control->count, 1);
        for (size_t i = 0; i < control->count; i++)
            at = put_record(at, &control->records[i]);
        break;
    case HERMES_NEIGHBOR:
        at = put_number(at, (unsigned)control->verb, 1);
        break;
    case HERMES_IHAVE:
    case HERMES_GRAFT:
    case HERMES_WANT:
        at = put_number(at, control->count, 1);
        for (size_t i = 0; i < control->count; i++)
            at = put_name(at, &control->names[i]);
        break;
    default:
        break;
    }
    return (size_t)(at - out);
}

static base_err get_members(struct reader *in, struct hermes_control *control)
{
    const uint64_t flags = get_number(in, 1);
    control->count = (size_t)get_number(in, 1);
    control->wants_answer = flags == 1;
    if (flags > 1 || control->count > HERMES_RECORDS_MAX)
        return BASE_EPROTOCOL;
    for (size_t i = 0; i < control->count; i++)
        get_record(in, &control->records[i]);
    return BASE_OK;
}

static base_err get_names(struct reader *in, struct hermes_control *control)
{
    control->count = (size_t)get_number(in, 1);
    if (control->count < 1 || control->count > HERMES_NAMES_MAX)
        return BASE_EPROTOCOL;
    base_err err = BASE_OK;
    for (size_t i = 0; i < control->count && err == BASE_OK; i++)
        err = get_name(in, &control->names[i]);
    return err;
}

base_err hermes_control_decode(struct base_span message, struct hermes_control *control)
{
    base_err err = hermes_message_kind(message, &control->kind);
    if (err != BASE_OK)
        return err;
    struct reader in = { message.data + 1, message.data + message.size, false };
    control->count = 0;
    switch (control->kind) {
    case HERMES_HELLO:
        get_address(&in, &control->address);
        break;
    case HERMES_MEMBERS:
        err = get_members(&in, control);
        break;
    case HERMES_NEIGHBOR:
        control->verb = (enum hermes_verb)get_number(&in, 1);
        err = control->verb < HERMES_VERBS ? BASE_OK : BASE_EPROTOCOL;
        break;
    case HERMES_IHAVE:
    case HERMES_GRAFT:
    case HERMES_WANT:
        err = get_names(&in, control);
        break;
    case HERMES_PRUNE:
        break;
    default:
        return BASE_EPROTOCOL;
    }
    return err == BASE_OK && !in.is_short && in.at == in.end ? BASE_OK : BASE_EPROTOCOL;
}

/* Murmur3's finalizer: every bit of the input reaches every bit of the output. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 33) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ x >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return x ^ x >> 33;
}

struct bpi_hermes_message_id hermes_name_id(const struct hermes_name *name)
{
    uint64_t origin;
    memcpy(&origin, name->origin.bytes, sizeof origin);
    struct bpi_hermes_message_id id;
    put_number(put_number(id.bytes, mix(origin + mix(name->incarnation)), 8),
               name->counter | (uint64_t)name->class << 48, 8);
    return id;
}
