/* fuzz_flow_packet.c - hostile frames: two bytes of link type, two of bytes that were not captured,
 * the rest is the frame. A key and its size belong together, a batch says what single calls say,
 * and whatever part was captured gives the same answer or "cut". */
#include <mfn/flow_packet.h>

#include <stdlib.h>
#include <string.h>

enum { HEAD = 4, FRAME_MAX = 2048, BATCH = 11 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void need(bool is_true)
{
    if (!is_true)
        abort();
}

static void check_key(const struct mfn_flow_key *key)
{
    static const uint8_t zeros[MFN_FLOW_KEY_IPV6];
    char text[MFN_FLOW_TEXT_SIZE];
    need(key->result < MFN_FLOW_RESULT_COUNT && key->unused == 0);
    need(key->size == 0 || key->size == MFN_FLOW_KEY_IPV4 || key->size == MFN_FLOW_KEY_IPV6);
    need((key->result <= MFN_FLOW_FRAGMENT) == (key->size != 0));
    need(memcmp(key->bytes + key->size, zeros, sizeof key->bytes - key->size) == 0);
    need((mfn_flow_key_text(key->bytes, key->size, text)[0] != '\0') == (key->size != 0));
    if (key->result == MFN_FLOW_NO_PORTS || key->result == MFN_FLOW_FRAGMENT)
        need(memcmp(key->bytes + key->size - 5, zeros, 4) == 0);
}

static void check_cut(uint32_t link, const struct mfn_flow_frame *frame,
                      const struct mfn_flow_key *whole)
{
    for (uint32_t size = frame->size < 100 ? frame->size : 100; size-- > 0;) {
        uint8_t *const exact = malloc(size > 0 ? size : 1);
        need(exact != NULL);
        memcpy(exact, frame->data, size);
        const uint32_t wire = frame->wire_size > frame->size ? frame->wire_size : frame->size;
        struct mfn_flow_key key;
        mfn_flow_packet_key(link, &(struct mfn_flow_frame){ exact, size, wire }, &key);
        need(key.result == MFN_FLOW_CUT || memcmp(&key, whole, sizeof key) == 0);
        free(exact);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD || size > FRAME_MAX)
        return 0;
    const uint32_t link = (uint32_t)data[0] << 8 | data[1];
    struct mfn_flow_frame frames[BATCH];
    struct mfn_flow_key keys[BATCH], single;
    for (size_t i = 0; i < BATCH; i++)
        frames[i] = (struct mfn_flow_frame){ data + HEAD, (uint32_t)(size - HEAD),
                                             (uint32_t)(size - HEAD) + data[2] * 256u + data[3] };
    mfn_flow_packet_key(link, frames, &single);
    check_key(&single);
    const size_t found = mfn_flow_packet_keys(link, frames, BATCH, keys);
    need(found == (single.size != 0 ? BATCH : 0));
    for (size_t i = 0; i < BATCH; i++)
        need(memcmp(&keys[i], &single, sizeof single) == 0);
    check_cut(link, frames, &single);
    return 0;
}
