/* made_frame.h - random frames whose flow is known because they were made with it. */
#ifndef MODEL_MADE_FRAME_H
#define MODEL_MADE_FRAME_H

#include <base/rng.h>
#include <mfn/flow_packet.h>

enum { MADE_FRAME_MAX = 4096 };

struct made_frame {
    uint8_t bytes[MADE_FRAME_MAX];
    uint32_t size;
    uint32_t link;
    uint32_t needed; /* with fewer bytes captured the answer is "cut" */
    struct mfn_flow_key key;
};

/* Any link type, 0 to 3 tags, both versions, options, extension headers, fragments, any protocol,
 * padding behind; about one in five is broken in one of the ways there is a reason for. */
void made_frame_random(struct made_frame *out, struct base_rng *rng);

#endif
