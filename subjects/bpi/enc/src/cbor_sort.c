/* cbor_sort.c - sorting keys through one machine word each.
 *
 * The bytes that all keys share are skipped; the next eight (or a length and six) make a rank. Of
 * the ranks only the bits that differ between keys are kept, packed above the key's index in one
 * word, and the words are sorted by radix: no comparison, no unpredictable branch. "key_000" to
 * "key_099" have eight such bits. Keys whose ranks are equal are then compared in full: insertion
 * for a few, heap sort for many, so that no input is quadratic. */
#include <bpi/cbor_sort.h>

#include <assert.h>

enum {
    DIGIT_BITS = 8,
    INSERTION_MAX = 16,
    SIZE_CAP = 0x1fff, /* of a length in a rank, beside three bits of major type */
};

struct keys {
    const uint8_t *base;
    size_t stride;
    enum bpi_cbor_rule rule;
};

/* Eight bits at most of each byte of the rank: where they are, and how many. */
struct field {
    unsigned shift;
    unsigned bits;
};

static inline struct base_span key_at(const struct keys *keys, size_t index)
{
    return *(const struct base_span *)(const void *)(keys->base + index * keys->stride);
}

enum bpi_cbor_rule bpi_cbor_rule_of_encoded(enum bpi_cbor_order order)
{
    assert(order <= BPI_CBOR_ORDER_LENGTH_FIRST);
    return order == BPI_CBOR_ORDER_CORE    ? BPI_CBOR_RULE_BYTES
           : order == BPI_CBOR_ORDER_CTAP2 ? BPI_CBOR_RULE_MAJOR_LENGTH
                                           : BPI_CBOR_RULE_LENGTH;
}

/* The head of a text rises with its length, so that all but TEXT order texts by length first. */
enum bpi_cbor_rule bpi_cbor_rule_of_texts(enum bpi_cbor_order order)
{
    assert(order <= BPI_CBOR_ORDER_TEXT);
    return order == BPI_CBOR_ORDER_TEXT ? BPI_CBOR_RULE_BYTES : BPI_CBOR_RULE_LENGTH;
}

int bpi_cbor_compare(enum bpi_cbor_rule rule, struct base_span a, struct base_span b)
{
    if (rule == BPI_CBOR_RULE_MAJOR_LENGTH && a.size > 0 && b.size > 0 &&
        a.data[0] >> 5 != b.data[0] >> 5)
        return a.data[0] < b.data[0] ? -1 : 1;
    const int by_size = (a.size > b.size) - (a.size < b.size);
    if (rule != BPI_CBOR_RULE_BYTES && by_size != 0)
        return by_size;
    const size_t common = a.size < b.size ? a.size : b.size;
    const int by_bytes = common == 0 ? 0 : memcmp(a.data, b.data, common);
    return by_bytes != 0 ? by_bytes : by_size;
}

static inline uint64_t load_64(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return __builtin_bswap64(word);
}

static inline uint64_t load_32(const uint8_t *from)
{
    uint32_t word;
    memcpy(&word, from, 4);
    return __builtin_bswap32(word);
}

/* The eight bytes from `skip` on, the first one on top, zeros behind the end. */
static inline uint64_t prefix_of(struct base_span key, size_t skip)
{
    const size_t rest = key.size - skip;
    if (rest >= 8)
        return load_64(key.data + skip);
    if (rest == 0)
        return 0;
    if (key.size >= 8)
        return load_64(key.data + key.size - 8) << (8 * (8 - rest));
    if (key.size >= 4) {
        const uint64_t tail = load_32(key.data + key.size - 4) << (8 * (8 - key.size));
        return (load_32(key.data) << 32 | (uint32_t)tail) << (8 * skip);
    }
    uint64_t word = 0;
    for (size_t i = skip; i < key.size; i++)
        word |= (uint64_t)key.data[i] << (56 - 8 * (i - skip));
    return word;
}

/* The first `most` bytes that a and b share. */
static size_t common_prefix(struct base_span a, struct base_span b, size_t most)
{
    size_t at = 0;
    while (at < most && a.data[at] == b.data[at])
        at++;
    return at;
}

/* The bytes that all keys share when they share at least eight. */
static size_t common_to_all(const struct keys *keys, size_t count, size_t least)
{
    const struct base_span first = key_at(keys, 0);
    for (size_t i = 1; i < count && least > 8; i++)
        least = common_prefix(first, key_at(keys, i), least);
    return least;
}

/* The eight bytes of every key from where the keys stop being all alike. */
static void load_prefixes(const struct keys *keys, uint64_t *words, size_t count)
{
    uint64_t differ = 0;
    size_t least = SIZE_MAX;
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        const struct base_span key = key_at(keys, i);
        words[i] = prefix_of(key, 0);
        differ |= words[i] ^ words[0];
        least = key.size < least ? key.size : least;
        most = key.size > most ? key.size : most;
    }
    size_t skip = differ != 0 ? (size_t)__builtin_clzll(differ) / 8 : 8;
    if (least <= skip)
        skip = least;
    else if (differ == 0)
        skip = common_to_all(keys, count, least);
    if (most > 8)
        for (size_t i = 0; skip > 0 && i < count; i++)
            words[i] = prefix_of(key_at(keys, i), skip);
    else
        for (size_t i = 0; i < count; i++)
            words[i] = skip == 8 ? 0 : words[i] << (8 * skip);
}

/* A length at its cap hides the bytes too: such keys tie, and are compared in full. */
static inline uint64_t rank_of(enum bpi_cbor_rule rule, struct base_span key, uint64_t prefix)
{
    const bool has_major = rule == BPI_CBOR_RULE_MAJOR_LENGTH && key.size > 0;
    const uint64_t major = has_major ? (uint64_t)(key.data[0] >> 5) << 61 : 0;
    if (key.size >= SIZE_CAP)
        return major | (uint64_t)SIZE_CAP << 48;
    return major | (uint64_t)key.size << 48 | prefix >> 16;
}

/* Prefixes to ranks; returns the bits in which they differ. */
static uint64_t load_ranks(const struct keys *keys, uint64_t *words, size_t count)
{
    load_prefixes(keys, words, count);
    uint64_t differ = 0;
    for (size_t i = 0; i < count; i++) {
        if (keys->rule != BPI_CBOR_RULE_BYTES)
            words[i] = rank_of(keys->rule, key_at(keys, i), words[i]);
        differ |= words[i] ^ words[0];
    }
    return differ;
}

/* Of each byte of `differ`, the bits from its lowest to its highest set one, top byte first. */
static unsigned fields_of(uint64_t differ, struct field *fields, unsigned *total)
{
    unsigned count = 0;
    *total = 0;
    for (unsigned at = 64; at > 0; at -= 8) {
        const unsigned byte = differ >> (at - 8) & 0xff;
        if (byte == 0)
            continue;
        const unsigned low = (unsigned)__builtin_ctz(byte);
        const unsigned bits = 32 - (unsigned)__builtin_clz(byte) - low;
        fields[count++] = (struct field){ at - 8 + low, bits };
        *total += bits;
    }
    return count;
}

/* Ranks to words: what differs, then the index. Returns the bits of rank kept. */
static unsigned pack(const uint64_t *ranks, uint64_t *words, size_t count, uint64_t differ,
                     unsigned index_bits)
{
    struct field fields[8];
    unsigned total;
    const unsigned field_count = fields_of(differ, fields, &total);
    const unsigned surplus = total + index_bits > 64 ? total + index_bits - 64 : 0;
    memset(words, 0, count * sizeof *words);
    for (const struct field *field = fields; field < fields + field_count; field++) {
        const struct field f = *field;
        const uint64_t mask = (UINT64_C(1) << f.bits) - 1;
        for (size_t i = 0; i < count; i++)
            words[i] = words[i] << f.bits | (ranks[i] >> f.shift & mask);
    }
    for (size_t i = 0; i < count; i++)
        words[i] = words[i] >> surplus << index_bits | i;
    return total - surplus;
}

static void insertion_sort(uint64_t *words, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const uint64_t word = words[i];
        size_t at = i;
        for (; at > 0 && words[at - 1] > word; at--)
            words[at] = words[at - 1];
        words[at] = word;
    }
}

static void radix_pass(const uint64_t *from, uint64_t *to, size_t count, unsigned shift,
                       unsigned bits)
{
    uint32_t place[1 << DIGIT_BITS];
    const uint64_t mask = (UINT64_C(1) << bits) - 1;
    memset(place, 0, sizeof *place << bits);
    for (size_t i = 0; i < count; i++)
        place[from[i] >> shift & mask]++;
    uint32_t sum = 0;
    for (size_t digit = 0; digit <= mask; digit++) {
        const uint32_t many = place[digit];
        place[digit] = sum;
        sum += many;
    }
    for (size_t i = 0; i < count; i++)
        to[place[from[i] >> shift & mask]++] = from[i];
}

/* Sort by the `bits` bits from `shift` up; returns which of the two arrays holds the result. */
static uint64_t *sort_words(uint64_t *words, uint64_t *spare, size_t count, unsigned shift,
                            unsigned bits)
{
    if (count <= INSERTION_MAX) {
        insertion_sort(words, count);
        return words;
    }
    const unsigned passes = (bits + DIGIT_BITS - 1) / DIGIT_BITS;
    for (unsigned pass = 0; pass < passes; pass++) {
        const unsigned digit = (bits + passes - 1 - pass) / passes;
        radix_pass(words, spare, count, shift, digit);
        shift += digit;
        uint64_t *const swap = words;
        words = spare;
        spare = swap;
    }
    return words;
}

static int compare_at(const struct keys *keys, uint64_t a, uint64_t b)
{
    return bpi_cbor_compare(keys->rule, key_at(keys, a), key_at(keys, b));
}

static void sift_down(const struct keys *keys, uint64_t *heap, size_t at, size_t count)
{
    const uint64_t index = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && compare_at(keys, heap[child], heap[child + 1]) < 0)
            child++;
        if (compare_at(keys, index, heap[child]) >= 0)
            break;
        heap[at] = heap[child];
    }
    heap[at] = index;
}

static void heap_sort(const struct keys *keys, uint64_t *run, size_t count)
{
    for (size_t at = count / 2; at-- > 0;)
        sift_down(keys, run, at, count);
    for (size_t end = count; end-- > 1;) {
        const uint64_t largest = run[0];
        run[0] = run[end];
        run[end] = largest;
        sift_down(keys, run, 0, end);
    }
}

/* Indices whose ranks are equal, by their keys in full. Errors: EEXIST */
static base_err sort_ties(const struct keys *keys, uint64_t *run, size_t count, size_t *duplicate)
{
    if (count > INSERTION_MAX) {
        heap_sort(keys, run, count);
    } else {
        for (size_t i = 1; i < count; i++) {
            const uint64_t index = run[i];
            size_t at = i;
            for (; at > 0 && compare_at(keys, run[at - 1], index) > 0; at--)
                run[at] = run[at - 1];
            run[at] = index;
        }
    }
    for (size_t i = 1; i < count; i++) {
        if (compare_at(keys, run[i - 1], run[i]) == 0) {
            if (duplicate != NULL)
                *duplicate = (size_t)(run[i] > run[i - 1] ? run[i] : run[i - 1]);
            return BASE_EEXIST;
        }
    }
    return BASE_OK;
}

/* Words to indices, with the runs of equal ranks settled. */
static base_err unpack(const struct keys *keys, const uint64_t *words, uint64_t *order,
                       size_t count, unsigned index_bits, size_t *duplicate)
{
    const uint64_t mask = (UINT64_C(1) << index_bits) - 1;
    uint64_t ties = 0;
    uint64_t before = ~words[0];
    for (size_t i = 0; i < count; i++) {
        ties += (words[i] ^ before) <= mask;
        before = words[i];
    }
    for (size_t start = 0; ties > 0 && start < count;) {
        const uint64_t rank = words[start] >> index_bits;
        size_t end = start;
        for (; end < count && words[end] >> index_bits == rank; end++)
            order[end] = words[end] & mask;
        const base_err err = sort_ties(keys, order + start, end - start, duplicate);
        if (err != BASE_OK)
            return err;
        start = end;
    }
    for (size_t i = 0; ties == 0 && i < count; i++)
        order[i] = words[i] & mask;
    return BASE_OK;
}

base_err bpi_cbor_sort_keys(const struct base_span *keys, size_t stride, size_t count,
                            enum bpi_cbor_rule rule, uint64_t *work, size_t *duplicate)
{
    assert(stride >= sizeof *keys && stride % _Alignof(struct base_span) == 0);
    if (count > BPI_CBOR_SORT_COUNT_MAX)
        return BASE_ERANGE;
    if (count == 0)
        return BASE_OK;
    const struct keys all = { (const uint8_t *)keys, stride, rule };
    uint64_t *const spare = work + count;
    const uint64_t differ = load_ranks(&all, work, count);
    const unsigned index_bits = 64 - (unsigned)__builtin_clzll(count);
    const unsigned bits = pack(work, spare, count, differ, index_bits);
    const uint64_t *const sorted = sort_words(spare, work, count, index_bits, bits);
    return unpack(&all, sorted, work, count, index_bits, duplicate);
}
