/* flow_make.c - keys are a bijection of the flow's number (splitmix64's mix), so that distinct
 * numbers have distinct keys without a table; ranks are scattered over the numbers by a step that
 * shares no factor with their count. */
#include <mfn/flow_make.h>

#include <mfn/flow_trace.h>

#include <assert.h>
#include <string.h>

enum {
    ETHERNET_SIZE = 14,
    IPV4_SIZE = 20,
    IPV6_SIZE = 40,
    TRANSPORT_SIZE = 20,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    TTL = 64,
    NS_PER_S = 1000000000,
};

#define EXPONENT_MAX 100.0
#define GOLDEN_RATIO 0.6180339887498949

/* Steele, Lea & Flood, OOPSLA 2014, variant 13 of Stafford: a bijection of 64 bits. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        const uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static base_err options_check(const struct mfn_flow_make_options *options, struct base_why *why)
{
    if (options->flow_count < 1 || options->flow_count > MFN_FLOW_MAKE_COUNT_MAX)
        return base_fail(why, BASE_ERANGE, 0, "%llu flows cannot be made, 1 to 2^53 can",
                         (unsigned long long)options->flow_count);
    if (!(options->exponent >= 0 && options->exponent < EXPONENT_MAX))
        return base_fail(why, BASE_ERANGE, 0,
                         "the exponent %g is not a number from 0 (uniform) to below %g",
                         options->exponent, EXPONENT_MAX);
    if (options->key_size != MFN_FLOW_KEY_IPV4 && options->key_size != MFN_FLOW_KEY_HASHED &&
        options->key_size != MFN_FLOW_KEY_IPV6)
        return base_fail(why, BASE_EINVALID, 0,
                         "keys of %zu bytes cannot be made, of 13, 32 or 37 can",
                         options->key_size);
    return BASE_OK;
}

base_err mfn_flow_make_init(const struct mfn_flow_make_options *options, struct mfn_flow_make *out,
                            struct base_why *why)
{
    base_err err = options_check(options, why);
    if (err != BASE_OK)
        return err;
    const uint64_t count = options->flow_count;
    struct mfn_flow_make make = { .options = *options };
    base_rng_init(&make.rng, options->seed);
    if (options->exponent > 0)
        err = base_zipf_init(&make.zipf, count, options->exponent);
    if (err != BASE_OK)
        return base_fail(why, err, 0, "the exponent %g does not work for %llu flows",
                         options->exponent, (unsigned long long)count);
    make.key_seed = base_rng_u64(&make.rng);
    make.offset = base_rng_below(&make.rng, count);
    make.step = (uint64_t)((double)count * GOLDEN_RATIO) | 1;
    while (common_divisor(make.step, count) != 1)
        make.step += 2;
    *out = make;
    return BASE_OK;
}

uint64_t mfn_flow_make_index(const struct mfn_flow_make *make, uint64_t rank)
{
    assert(rank < make->options.flow_count);
    return (uint64_t)(((unsigned __int128)rank * make->step + make->offset) %
                      make->options.flow_count);
}

uint64_t mfn_flow_make_next(struct mfn_flow_make *make)
{
    if (make->options.exponent > 0)
        return mfn_flow_make_index(make, base_zipf_next(&make->zipf, &make->rng));
    return base_rng_below(&make->rng, make->options.flow_count);
}

/* Most significant byte first: one seed, one key, on every machine. */
static void put_be(uint8_t *out, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        out[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
}

/* `first` is the bijection; what else a key has is drawn from it. */
static void ipv4_key(uint64_t first, uint8_t *key)
{
    const uint64_t second = mix(first + 1);
    put_be(key, first >> 32, 4);
    put_be(key + 4, second >> 32, 4);
    put_be(key + 8, first, 4);
    key[12] = (second & 3) != 0 ? PROTOCOL_TCP : PROTOCOL_UDP;
}

/* Both networks in 2001:db8::/32, the one of documentation. */
static void ipv6_key(uint64_t first, uint8_t *key)
{
    const uint64_t second = mix(first + 1), third = mix(first + 2);
    put_be(key, 0x20010db8, 4);
    put_be(key + 4, third >> 32, 4);
    put_be(key + 8, first, 8);
    put_be(key + 16, 0x20010db8, 4);
    put_be(key + 20, third, 4);
    put_be(key + 24, second, 8);
    put_be(key + 32, mix(first + 3), 4);
    key[36] = (second & 3) != 0 ? PROTOCOL_TCP : PROTOCOL_UDP;
}

void mfn_flow_make_key(const struct mfn_flow_make *make, uint64_t index, void *out)
{
    const uint64_t first = mix(index + make->key_seed);
    uint8_t *const key = out;
    switch (make->options.key_size) {
    case MFN_FLOW_KEY_IPV4:
        ipv4_key(first, key);
        break;
    case MFN_FLOW_KEY_IPV6:
        ipv6_key(first, key);
        break;
    default:
        for (uint64_t i = 0; i < MFN_FLOW_KEY_HASHED / 8; i++)
            put_be(key + 8 * i, i == 0 ? first : mix(first + i), 8);
    }
}

static void ipv4_header(const uint8_t *key, size_t size, uint8_t *ip)
{
    ip[0] = 0x45;
    put_be(ip + 2, size, 2);
    ip[6] = 0x40; /* don't fragment */
    ip[8] = TTL;
    ip[9] = key[12];
    memcpy(ip + 12, key, 8);
    uint32_t sum = 0;
    for (int i = 0; i < IPV4_SIZE; i += 2)
        sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    put_be(ip + 10, ~sum & 0xffff, 2);
}

static void ipv6_header(const uint8_t *key, size_t size, uint8_t *ip)
{
    ip[0] = 0x60;
    put_be(ip + 4, size - IPV6_SIZE, 2);
    ip[6] = key[36];
    ip[7] = TTL;
    memcpy(ip + 8, key, 32);
}

static void transport_header(const uint8_t *ports, uint32_t protocol, size_t size, uint8_t *out)
{
    memcpy(out, ports, 4);
    if (protocol == PROTOCOL_UDP)
        put_be(out + 4, size, 2);
    if (protocol == PROTOCOL_TCP) {
        out[12] = 5 << 4; /* words of header */
        out[13] = 0x10;   /* ACK */
    }
}

base_err mfn_flow_make_frame(const void *key, size_t key_size, size_t frame_size, uint8_t *out)
{
    if (key_size != MFN_FLOW_KEY_IPV4 && key_size != MFN_FLOW_KEY_IPV6)
        return BASE_EINVALID;
    const bool is_ipv4 = key_size == MFN_FLOW_KEY_IPV4;
    const size_t headers = ETHERNET_SIZE + (is_ipv4 ? IPV4_SIZE : IPV6_SIZE);
    if (frame_size < headers + TRANSPORT_SIZE || frame_size > MFN_FLOW_MAKE_FRAME_MAX)
        return BASE_ERANGE;
    const uint8_t *const bytes = key;
    memset(out, 0, frame_size);
    out[0] = out[6] = 2; /* locally administered addresses */
    out[11] = 1;
    put_be(out + 12, is_ipv4 ? 0x0800 : 0x86dd, 2);
    if (is_ipv4)
        ipv4_header(bytes, frame_size - ETHERNET_SIZE, out + ETHERNET_SIZE);
    else
        ipv6_header(bytes, frame_size - ETHERNET_SIZE, out + ETHERNET_SIZE);
    transport_header(bytes + key_size - 5, bytes[key_size - 1], frame_size - headers,
                     out + headers);
    return BASE_OK;
}

static void put_u32(const struct mfn_flow_make_file *file, uint64_t value, uint8_t *out)
{
    put_be(out, file->is_big_endian ? value : __builtin_bswap32((uint32_t)value), 4);
}

base_err mfn_flow_make_file_begin(const struct mfn_flow_make_file *file, struct base_buf *out)
{
    assert(file->snaplen >= 1 && file->snaplen <= MFN_FLOW_TRACE_PACKET_MAX);
    uint8_t header[24] = { 0 };
    put_u32(file, file->is_ns ? 0xa1b23c4d : 0xa1b2c3d4, header);
    header[file->is_big_endian ? 5 : 4] = 2; /* version 2.4 */
    header[file->is_big_endian ? 7 : 6] = 4;
    put_u32(file, file->snaplen, header + 16);
    put_u32(file, file->link, header + 20);
    return base_buf_put(out, header, sizeof header);
}

base_err mfn_flow_make_file_put(const struct mfn_flow_make_file *file, uint64_t time_ns,
                                struct base_span frame, struct base_buf *out)
{
    if (time_ns / NS_PER_S > UINT32_MAX || frame.size > UINT32_MAX)
        return BASE_ERANGE;
    const size_t captured = frame.size < file->snaplen ? frame.size : file->snaplen;
    uint8_t header[16];
    put_u32(file, time_ns / NS_PER_S, header);
    put_u32(file, time_ns % NS_PER_S / (file->is_ns ? 1 : 1000), header + 4);
    put_u32(file, captured, header + 8);
    put_u32(file, frame.size, header + 12);
    const base_err err = base_buf_reserve(out, sizeof header + captured);
    if (err != BASE_OK)
        return err;
    const base_err first = base_buf_put(out, header, sizeof header);
    return first != BASE_OK ? first : base_buf_put(out, frame.data, captured);
}
