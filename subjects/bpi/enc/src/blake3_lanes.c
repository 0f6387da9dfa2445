/* blake3_lanes.c - sixteen compressions in one, for blocks that the official code has no lanes for.
 *
 * The official many-message function only takes whole 64-byte blocks. A one-byte domain in front of
 * 1024 bytes leaves a last block of one byte, which would cost as much as a whole chunk does in
 * its lanes. Here word i of all sixteen blocks is one vector; the compiler turns the vectors into
 * one AVX-512 register, two AVX2 registers or four SSE ones, and the widest is chosen at run time.
 */
#include "blake3_lanes.h"

#if BPI_BLAKE3_LANES

#include <blake3_impl.h>

#include <stdalign.h>
#include <string.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef uint32_t lanes __attribute__((vector_size(4 * BPI_LANES)));

#define ROTATE(x, n) (((x) >> (n)) | ((x) << (32 - (n))))
#define MIX(a, b, c, d, x, y)                                                                      \
    do {                                                                                           \
        v[a] = v[a] + v[b] + (x);                                                                  \
        v[d] = ROTATE(v[d] ^ v[a], 16);                                                            \
        v[c] = v[c] + v[d];                                                                        \
        v[b] = ROTATE(v[b] ^ v[c], 12);                                                            \
        v[a] = v[a] + v[b] + (y);                                                                  \
        v[d] = ROTATE(v[d] ^ v[a], 8);                                                             \
        v[c] = v[c] + v[d];                                                                        \
        v[b] = ROTATE(v[b] ^ v[c], 7);                                                             \
    } while (0)

ALWAYS_INLINE void lanes_round(lanes v[16], const lanes m[16], const uint8_t s[16])
{
    MIX(0, 4, 8, 12, m[s[0]], m[s[1]]);
    MIX(1, 5, 9, 13, m[s[2]], m[s[3]]);
    MIX(2, 6, 10, 14, m[s[4]], m[s[5]]);
    MIX(3, 7, 11, 15, m[s[6]], m[s[7]]);
    MIX(0, 5, 10, 15, m[s[8]], m[s[9]]);
    MIX(1, 6, 11, 12, m[s[10]], m[s[11]]);
    MIX(2, 7, 8, 13, m[s[12]], m[s[13]]);
    MIX(3, 4, 9, 14, m[s[14]], m[s[15]]);
}

/* Word `word` of every lane as one vector; `stride` bytes lie between lanes. */
ALWAYS_INLINE void lanes_gather(const uint8_t *first, size_t stride, size_t word, lanes *out)
{
    alignas(64) uint32_t column[BPI_LANES];
    for (size_t lane = 0; lane < BPI_LANES; lane++)
        memcpy(&column[lane], first + lane * stride + 4 * word, 4);
    memcpy(out, column, sizeof *out);
}

ALWAYS_INLINE void lanes_compress_body(const uint8_t (*blocks)[BPI_LANE_BLOCK_SIZE],
                                       const struct bpi_lane_block *info, uint32_t (*cv)[8])
{
    lanes v[16], m[16];
    const size_t words = (info->size + 3) / 4; /* the rest is padding */
    memset(m, 0, sizeof m);
    for (size_t i = 0; i < words; i++)
        lanes_gather(blocks[0], BPI_LANE_BLOCK_SIZE, i, &m[i]);
    for (size_t i = 0; i < 8; i++)
        lanes_gather((const uint8_t *)cv, sizeof *cv, i, &v[i]);
    const uint32_t tail[4] = { counter_low(info->counter), counter_high(info->counter), info->size,
                               info->flags };
    for (size_t i = 0; i < 4; i++) {
        v[8 + i] = (lanes){ 0 } + IV[i];
        v[12 + i] = (lanes){ 0 } + tail[i];
    }
    for (size_t round = 0; round < 7; round++)
        lanes_round(v, m, MSG_SCHEDULE[round]);
    for (size_t i = 0; i < 8; i++) {
        const lanes word = v[i] ^ v[i + 8];
        for (size_t lane = 0; lane < BPI_LANES; lane++)
            cv[lane][i] = word[lane];
    }
}

static void lanes_compress_plain(const uint8_t (*blocks)[BPI_LANE_BLOCK_SIZE],
                                 const struct bpi_lane_block *info, uint32_t (*cv)[8])
{
    lanes_compress_body(blocks, info, cv);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void lanes_compress_avx2(
    const uint8_t (*blocks)[BPI_LANE_BLOCK_SIZE], const struct bpi_lane_block *info,
    uint32_t (*cv)[8])
{
    lanes_compress_body(blocks, info, cv);
}

__attribute__((target("avx512f"))) static void lanes_compress_avx512(
    const uint8_t (*blocks)[BPI_LANE_BLOCK_SIZE], const struct bpi_lane_block *info,
    uint32_t (*cv)[8])
{
    lanes_compress_body(blocks, info, cv);
}
#endif

void bpi_lanes_compress(const uint8_t (*blocks)[BPI_LANE_BLOCK_SIZE],
                        const struct bpi_lane_block *info, uint32_t (*cv)[8])
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        lanes_compress_avx512(blocks, info, cv);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        lanes_compress_avx2(blocks, info, cv);
        return;
    }
#endif
    lanes_compress_plain(blocks, info, cv);
}

#endif
