/* fuzz_hermes_message.c - hostile messages inside a session: what decodes encodes again to the same
 * bytes, and nothing is read past the end. */
#include "hermes_message_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_envelope(const struct hermes_envelope *envelope, const uint8_t *data, size_t size)
{
    uint8_t head[HERMES_RELAYED_HEAD_SIZE];
    const size_t head_size = hermes_envelope_head(envelope, head);
    need(head_size + envelope->payload.size == size);
    need(envelope->payload.data == data + head_size);
    if (envelope->kind == HERMES_RELAYED) {
        need(envelope->signature == data + 2);
        memcpy(head + 2, envelope->signature, HERMES_SIGNATURE_SIZE);
    }
    need(memcmp(head, data, head_size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of the exact size, so that a sanitizer sees the first byte past it. */
    uint8_t *const copy = malloc(size + (size == 0));
    need(copy != NULL);
    if (size > 0)
        memcpy(copy, data, size);
    struct hermes_envelope envelope = { 0 };
    struct hermes_control control;
    const base_err as_envelope = hermes_envelope_decode(base_span_of(copy, size), &envelope);
    const base_err as_control = hermes_control_decode(base_span_of(copy, size), &control);
    need(as_envelope != BASE_OK || as_control != BASE_OK);
    if (as_envelope == BASE_OK)
        check_envelope(&envelope, copy, size);
    if (as_control == BASE_OK) {
        uint8_t again[HERMES_CONTROL_MAX];
        need(hermes_control_encode(&control, again) == size);
        need(memcmp(again, copy, size) == 0);
    }
    free(copy);
    return 0;
}
