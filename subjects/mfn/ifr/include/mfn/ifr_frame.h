/* ifr_frame.h - HYMF frames: the bytes of one direction of a connection, cut into messages.
 *
 * A frame is a head of 32 bytes and a payload; numbers are little-endian:
 *
 *   offset  size  field
 *        0     4  magic 0x48594D46
 *        4     1  version 1
 *        5     1  type, enum mfn_ifr_frame_type
 *        6     2  reserved, 0
 *        8     4  component_id of the sender
 *       12     4  sequence: 0 for the first frame of the direction, one more for each, modulo 2^32
 *       16     4  payload_size, 0 .. 65536
 *       20     4  CRC-32 of the payload (that of zlib and Ethernet; 0 for an empty one)
 *       24     8  timestamp, nanoseconds of CLOCK_MONOTONIC of the host both ends run on
 *       32     n  payload
 *
 * Encoding and decoding are pure: they see bytes, never a socket. However the bytes are cut into
 * pieces, the decoder yields the same frames and the same error at the same place.
 * Threads   objects are not shared; different objects may be used in parallel
 * Source    the seed's IPC of layer 1
 */
#ifndef MFN_IFR_FRAME_H
#define MFN_IFR_FRAME_H

#include <base/buf.h>

#define MFN_IFR_FRAME_MAGIC UINT32_C(0x48594D46)

enum {
    MFN_IFR_FRAME_VERSION = 1,
    MFN_IFR_FRAME_HEAD_SIZE = 32,
    MFN_IFR_FRAME_PAYLOAD_MAX = 65536,
    MFN_IFR_FRAME_SIZE_MAX = MFN_IFR_FRAME_HEAD_SIZE + MFN_IFR_FRAME_PAYLOAD_MAX,
};

enum mfn_ifr_frame_type {
    MFN_IFR_FRAME_COMMAND,
    MFN_IFR_FRAME_RESPONSE,
    MFN_IFR_FRAME_EVENT,
    MFN_IFR_FRAME_HEARTBEAT,
    MFN_IFR_FRAME_DISCOVERY,
    MFN_IFR_FRAME_REGISTRATION,
    MFN_IFR_FRAME_TYPE_COUNT
};

struct mfn_ifr_frame {
    enum mfn_ifr_frame_type type;
    uint32_t component_id;
    uint32_t sequence;
    uint64_t timestamp_ns;
    struct base_span payload;
};

/* Put the frame after what `out` holds.
 *
 * Cost     one pass over the payload
 * Errors   ERANGE (the payload is over MFN_IFR_FRAME_PAYLOAD_MAX), ENOMEM, EFULL; `out` is then as
 *          before
 */
BASE_MUST_USE base_err mfn_ifr_frame_encode(const struct mfn_ifr_frame *frame,
                                            struct base_buf *out);

/* Fill in the head of a frame whose payload of `size` bytes stands already behind it.
 *
 *   head     [MFN_IFR_FRAME_HEAD_SIZE + size]
 *   frame    its payload is not looked at
 *   size     0 .. MFN_IFR_FRAME_PAYLOAD_MAX
 */
void mfn_ifr_frame_seal(const struct mfn_ifr_frame *frame, uint8_t *head, uint32_t size);

/* The receiving half of a connection. A zeroed decoder is empty and valid; it takes memory with the
 * first byte and never more than MFN_IFR_DECODER_SIZE_MAX. */
struct mfn_ifr_decoder {
    uint8_t *memory;
    size_t capacity;
    size_t begin, end;      /* bytes received and not yet given out */
    uint64_t at;            /* offset in the stream of the byte at `begin` */
    uint32_t sequence;      /* of the next frame */
    struct base_why broken; /* once its err is not BASE_OK, for good */
};

enum {
    MFN_IFR_DECODER_ROOM = 8192, /* at least so much is asked of the caller's read */
    MFN_IFR_DECODER_SIZE_MAX = MFN_IFR_FRAME_SIZE_MAX + MFN_IFR_DECODER_ROOM,
};

void mfn_ifr_decoder_done(struct mfn_ifr_decoder *decoder);

/* Where the next bytes received are to be written: `*room` has `*size` >= 1 bytes, and then
 * mfn_ifr_decoder_add says how many were. Frames given out before are no longer valid.
 *
 * Errors   ENOMEM; EFULL when MFN_IFR_DECODER_SIZE_MAX bytes wait and frames were not taken
 */
BASE_MUST_USE base_err mfn_ifr_decoder_room(struct mfn_ifr_decoder *decoder, uint8_t **room,
                                            size_t *size);
void mfn_ifr_decoder_add(struct mfn_ifr_decoder *decoder, size_t size);

/* Does part of a frame wait for the rest? */
bool mfn_ifr_decoder_is_inside(const struct mfn_ifr_decoder *decoder);

/* The next whole frame, if there is one.
 *
 *   frame    [1] written when *has_frame; its payload is valid until the next call with the decoder
 *   why      its `at` is the offset in the stream of the field that is wrong
 *
 * Cost     one pass over the payload; does not allocate
 * Errors   EPROTOCOL  magic, version, type, reserved, payload_size or sequence is not as above
 *          ECORRUPT   the CRC is not that of the payload
 *          either is answered again by every later call
 */
BASE_MUST_USE base_err mfn_ifr_decoder_next(struct mfn_ifr_decoder *decoder,
                                            struct mfn_ifr_frame *frame, bool *has_frame,
                                            struct base_why *why);

#endif
