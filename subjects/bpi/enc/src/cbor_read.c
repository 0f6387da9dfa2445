/* cbor_read.c - one pass, one small stack. A frame counts the items that its container still wants
 * (keys and values each; an indefinite one starts from an even number that is never used up), so
 * that "even and in a map" is "this is a key". When an item is complete its key is compared with
 * the one before, and containers that have all they want close in turn.
 *
 * Maps of short ASCII texts have a loop of their own, which keeps the same rules in registers: a
 * key's rank is its encoding's first eight bytes as a number, and a larger rank is a larger key. */
#include <bpi/cbor_read.h>

#include <assert.h>

enum { FRAME_ROOT, FRAME_ARRAY, FRAME_MAP, FRAME_TAG, FRAME_CHUNKS };
enum { INFO_BYTES_8 = 24, INFO_BYTES_64 = 27, INFO_INDEFINITE = 31, BREAK_BYTE = 0xff };
enum { TEXT_HEAD = BPI_CBOR_TEXT << 5, LOOK_AHEAD = 32 };

#define ENDLESS   (UINT64_MAX - 1) /* even */
#define HIGH_BITS UINT64_C(0x8080808080808080)

const struct bpi_cbor_options bpi_cbor_strict = { 0 };
const struct bpi_cbor_options bpi_cbor_lenient = {
    .order = BPI_CBOR_ORDER_ANY,
    .allow_long_forms = true,
    .allow_indefinite = true,
    .allow_bad_text = true,
};

static base_err fail(struct bpi_cbor_reader *reader, enum bpi_cbor_reason reason, const uint8_t *at)
{
    reader->fault = (struct bpi_cbor_fault){ reason, (uint64_t)(at - reader->start) };
    return bpi_cbor_reason_err(reason);
}

void bpi_cbor_reader_init(struct bpi_cbor_reader *reader, struct base_span input,
                          const struct bpi_cbor_options *options)
{
    static const uint8_t nothing[1];
    reader->start = input.data != NULL ? input.data : nothing;
    reader->at = reader->start;
    reader->end = reader->start + input.size;
    reader->options = options != NULL ? *options : bpi_cbor_strict;
    if (reader->options.depth_max == 0 || reader->options.depth_max > BPI_CBOR_DEPTH_MAX)
        reader->options.depth_max = BPI_CBOR_DEPTH_MAX;
    if (reader->options.count_max == 0)
        reader->options.count_max = BPI_CBOR_COUNT_MAX;
    if (reader->options.string_max_bytes == 0)
        reader->options.string_max_bytes = BPI_CBOR_STRING_MAX_BYTES;
    reader->fault = (struct bpi_cbor_fault){ BPI_CBOR_FINE, 0 };
    reader->depth = 0;
    reader->frames[0] = (struct bpi_cbor_frame){ .left = 1, .kind = FRAME_ROOT };
}

static inline uint64_t load_64(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return __builtin_bswap64(word);
}

static uint64_t load_big_endian(const uint8_t *from, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | from[i];
    return value;
}

static struct base_span without_head(struct base_span key)
{
    const unsigned info = key.data[0] & 31;
    const size_t head = info < INFO_BYTES_8 ? 1 : 1 + ((size_t)1 << (info - INFO_BYTES_8));
    return base_span_of(key.data + head, key.size - head);
}

/* Negative when a comes before b in the order. */
static int compare_keys(enum bpi_cbor_order order, struct base_span a, struct base_span b)
{
    const size_t common = a.size < b.size ? a.size : b.size;
    const int by_size = (a.size > b.size) - (a.size < b.size);
    if (order == BPI_CBOR_ORDER_TEXT) {
        a = without_head(a);
        b = without_head(b);
        const int by_bytes = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
        return by_bytes != 0 ? by_bytes : (a.size > b.size) - (a.size < b.size);
    }
    if (order == BPI_CBOR_ORDER_CTAP2 && a.data[0] >> 5 != b.data[0] >> 5)
        return a.data[0] < b.data[0] ? -1 : 1;
    if (order != BPI_CBOR_ORDER_CORE && by_size != 0)
        return by_size;
    const int by_bytes = memcmp(a.data, b.data, common);
    return by_bytes != 0 ? by_bytes : by_size;
}

static base_err check_key(struct bpi_cbor_reader *reader, struct bpi_cbor_frame *frame)
{
    const enum bpi_cbor_order order = reader->options.order;
    const struct base_span key = base_span_of(frame->item, (size_t)(reader->at - frame->item));
    const unsigned major = key.data[0] >> 5;
    if (order == BPI_CBOR_ORDER_TEXT && ((major != BPI_CBOR_TEXT && major != BPI_CBOR_BYTES) ||
                                         (key.data[0] & 31) == INFO_INDEFINITE))
        return fail(reader, BPI_CBOR_KEY_TYPE, key.data);
    if (frame->key != NULL) {
        const int sign = compare_keys(order, base_span_of(frame->key, frame->key_size), key);
        if (sign >= 0)
            return fail(reader, sign == 0 ? BPI_CBOR_DUPLICATE_KEY : BPI_CBOR_KEY_ORDER, key.data);
    }
    frame->key = key.data;
    frame->key_size = key.size;
    return BASE_OK;
}

/* The item that ends at reader->at is complete, and perhaps what it is part of. */
static inline base_err complete(struct bpi_cbor_reader *reader)
{
    for (;;) {
        struct bpi_cbor_frame *const frame = &reader->frames[reader->depth];
        if (frame->kind == FRAME_MAP && frame->left % 2 == 0 &&
            reader->options.order != BPI_CBOR_ORDER_ANY) {
            const base_err err = check_key(reader, frame);
            if (err != BASE_OK)
                return err;
        }
        if (--frame->left > 0 || reader->depth == 0)
            return BASE_OK;
        reader->depth--;
    }
}

/* Open a container that wants `left` items. */
static base_err open_frame(struct bpi_cbor_reader *reader, uint8_t kind, uint64_t left,
                           bool is_indefinite, const uint8_t *start)
{
    if (left == 0)
        return complete(reader);
    if (reader->depth == reader->options.depth_max)
        return fail(reader, BPI_CBOR_TOO_DEEP, start);
    struct bpi_cbor_frame *const frame = &reader->frames[++reader->depth];
    frame->left = left;
    frame->item = NULL;
    frame->key = NULL;
    frame->kind = kind;
    frame->chunk_major = *start >> 5;
    frame->is_indefinite = is_indefinite;
    return BASE_OK;
}

static base_err read_string(struct bpi_cbor_reader *reader, struct bpi_cbor_item *item,
                            const uint8_t *start)
{
    if (item->value > (uint64_t)(reader->end - reader->at))
        return fail(reader, BPI_CBOR_TRUNCATED, start);
    if (item->value > reader->options.string_max_bytes)
        return fail(reader, BPI_CBOR_TOO_LONG, start);
    item->string = base_span_of(reader->at, (size_t)item->value);
    if (item->type == BPI_CBOR_TEXT && !reader->options.allow_bad_text) {
        const size_t valid = bpi_cbor_utf8_valid(item->string.data, item->string.size);
        if (valid < item->string.size)
            return fail(reader, BPI_CBOR_UTF8, reader->at + valid);
    }
    reader->at += item->value;
    return complete(reader);
}

static base_err read_container(struct bpi_cbor_reader *reader, const struct bpi_cbor_item *item,
                               const uint8_t *start)
{
    const bool is_map = item->type == BPI_CBOR_MAP;
    const uint64_t room = (uint64_t)(reader->end - reader->at);
    if (item->value > (is_map ? room / 2 : room))
        return fail(reader, BPI_CBOR_TRUNCATED, start);
    if (item->value > reader->options.count_max)
        return fail(reader, BPI_CBOR_TOO_MANY, start);
    return is_map ? open_frame(reader, FRAME_MAP, 2 * item->value, false, start)
                  : open_frame(reader, FRAME_ARRAY, item->value, false, start);
}

static double number_of(uint64_t bits, unsigned width)
{
    if (width == 2)
        return bpi_cbor_float_widen((uint16_t)bits);
    if (width == 4) {
        const uint32_t single_bits = (uint32_t)bits;
        float single;
        memcpy(&single, &single_bits, sizeof single);
        return single;
    }
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Major type 7: simple values and floats. */
static base_err read_simple(struct bpi_cbor_reader *reader, struct bpi_cbor_item *item,
                            const uint8_t *start)
{
    item->type = item->width > 1 ? BPI_CBOR_FLOAT : BPI_CBOR_SIMPLE;
    if (item->width == 1 && item->value < 32)
        return fail(reader, BPI_CBOR_RESERVED_SIMPLE, start);
    if (item->width > 1) {
        item->number = number_of(item->value, item->width);
        uint64_t bits;
        const unsigned narrow = bpi_cbor_float_narrow(item->number, &bits);
        if (!reader->options.allow_long_forms && item->number != item->number &&
            (item->width != 2 || item->value != bits))
            return fail(reader, BPI_CBOR_NAN_NOT_CANONICAL, start);
        if (!reader->options.allow_long_forms && narrow < item->width)
            return fail(reader, BPI_CBOR_FLOAT_NOT_SHORTEST, start);
    }
    return complete(reader);
}

static base_err read_break(struct bpi_cbor_reader *reader, struct bpi_cbor_item *item,
                           const uint8_t *start)
{
    const struct bpi_cbor_frame *const frame = &reader->frames[reader->depth];
    if (!frame->is_indefinite)
        return fail(reader, BPI_CBOR_BREAK_MISPLACED, start);
    if (frame->kind == FRAME_MAP && frame->left % 2 != 0)
        return fail(reader, BPI_CBOR_ODD_MAP, start);
    item->type = BPI_CBOR_BREAK;
    reader->depth--;
    return complete(reader);
}

static base_err read_indefinite(struct bpi_cbor_reader *reader, struct bpi_cbor_item *item,
                                const uint8_t *start)
{
    if (*start == BREAK_BYTE)
        return read_break(reader, item, start);
    if (item->type < BPI_CBOR_BYTES || item->type > BPI_CBOR_MAP)
        return fail(reader, BPI_CBOR_NO_INDEFINITE, start);
    if (reader->frames[reader->depth].kind == FRAME_CHUNKS)
        return fail(reader, BPI_CBOR_CHUNK_TYPE, start);
    if (!reader->options.allow_indefinite)
        return fail(reader, BPI_CBOR_INDEFINITE, start);
    item->is_indefinite = true;
    const uint8_t kind = item->type == BPI_CBOR_MAP     ? FRAME_MAP
                         : item->type == BPI_CBOR_ARRAY ? FRAME_ARRAY
                                                        : FRAME_CHUNKS;
    return open_frame(reader, kind, ENDLESS, true, start);
}

/* The argument after the first byte; reader->at goes behind it. */
static base_err read_argument(struct bpi_cbor_reader *reader, struct bpi_cbor_item *item,
                              unsigned info, const uint8_t *start)
{
    if (info > INFO_BYTES_64)
        return fail(reader, BPI_CBOR_RESERVED_INFO, start);
    const size_t width = (size_t)1 << (info - INFO_BYTES_8);
    if ((size_t)(reader->end - reader->at) < width)
        return fail(reader, BPI_CBOR_TRUNCATED, start);
    const uint64_t value = load_big_endian(reader->at, width);
    reader->at += width;
    item->width = (uint8_t)width;
    item->value = value;
    const uint64_t least = width == 1 ? 24 : UINT64_C(1) << (4 * width);
    if (value < least && item->type != BPI_CBOR_SIMPLE && !reader->options.allow_long_forms)
        return fail(reader, BPI_CBOR_NOT_SHORTEST, start);
    return BASE_OK;
}

static base_err read_body(struct bpi_cbor_reader *reader, struct bpi_cbor_item *item,
                          const uint8_t *start)
{
    switch (item->type) {
    case BPI_CBOR_BYTES:
    case BPI_CBOR_TEXT:
        return read_string(reader, item, start);
    case BPI_CBOR_ARRAY:
    case BPI_CBOR_MAP:
        return read_container(reader, item, start);
    case BPI_CBOR_TAG:
        return open_frame(reader, FRAME_TAG, 1, false, start);
    case BPI_CBOR_SIMPLE:
        return read_simple(reader, item, start);
    default:
        return complete(reader);
    }
}

base_err bpi_cbor_next(struct bpi_cbor_reader *reader, struct bpi_cbor_item *item)
{
    if (reader->fault.reason != BPI_CBOR_FINE)
        return bpi_cbor_reason_err(reader->fault.reason);
    struct bpi_cbor_frame *const frame = &reader->frames[reader->depth];
    const uint8_t *const start = reader->at;
    if (frame->left == 0)
        return fail(reader, BPI_CBOR_NO_MORE, start);
    if (start == reader->end)
        return fail(reader, BPI_CBOR_TRUNCATED, start);
    frame->item = start;
    reader->at = start + 1;
    const unsigned info = *start & 31;
    item->type = (enum bpi_cbor_type)(*start >> 5);
    item->width = 0;
    item->is_indefinite = false;
    item->value = info;
    item->number = 0;
    item->string = base_span_of(start, 0);
    item->offset = (uint64_t)(start - reader->start);
    if (info == INFO_INDEFINITE) {
        item->value = 0;
        return read_indefinite(reader, item, start);
    }
    if (frame->kind == FRAME_CHUNKS && *start >> 5 != frame->chunk_major)
        return fail(reader, BPI_CBOR_CHUNK_TYPE, start);
    if (info >= INFO_BYTES_8) {
        const base_err err = read_argument(reader, item, info, start);
        if (err != BASE_OK)
            return err;
    }
    return read_body(reader, item, start);
}

/* A text of at most 23 ASCII bytes at `at`, with LOOK_AHEAD bytes of input from there: the place
 * after it, or NULL when it is something else.
 *
 * Where the next text starts depends on this one's first byte, and waiting for that load is most of
 * the time. `guess`, the size of the text before, breaks the chain: when it is right, and the
 * branch predictor says so early, the next text is looked at before this one's size is known. */
static inline const uint8_t *scan_short(const uint8_t *at, size_t guess, struct base_span *text)
{
    size_t size = (size_t)*at - TEXT_HEAD;
    if (size == guess) {
        __asm__("" : "+r"(guess)); /* keeps the compiler from seeing that they are the same */
        size = guess;
    } else if (size > BPI_CBOR_SHORT_MAX) {
        return NULL;
    }
    const uint8_t *const data = at + 1;
    uint64_t bits;
    if (size >= 8) {
        uint64_t first, middle, last;
        memcpy(&first, data, 8);
        memcpy(&middle, data + size / 2 - 4, 8);
        memcpy(&last, data + size - 8, 8);
        bits = first | middle | last;
    } else {
        memcpy(&bits, data, 8);
        bits = size == 0 ? 0 : bits << (64 - 8 * size);
    }
    if ((bits & HIGH_BITS) != 0)
        return NULL;
    *text = base_span_of(data, size);
    return data + size;
}

/* The first eight bytes as a number, zeros behind the end. */
static inline uint64_t prefix_of(const uint8_t *from, size_t size)
{
    const unsigned drop = size < 8 ? 8 * (8 - (unsigned)size) : 0;
    return size == 0 ? 0 : load_64(from) >> drop << drop;
}

/* A key's rank: of its encoding, or in TEXT order of the text alone. A larger rank is a larger key;
 * the same rank says nothing. */
static inline uint64_t rank_of(const uint8_t *key, size_t size, enum bpi_cbor_order order)
{
    return order == BPI_CBOR_ORDER_TEXT ? prefix_of(key + 1, size - 1) : prefix_of(key, size);
}

/* Keys of the same rank: does the second come after? Of encodings the size is the same by then, as
 * it is in their first byte. Eight bytes at a time; a key has at most 24. */
static bool is_behind(const uint8_t *last, size_t last_size, const uint8_t *key, size_t size,
                      enum bpi_cbor_order order)
{
    const size_t head = order == BPI_CBOR_ORDER_TEXT ? 1 : 0;
    for (size_t at = head + 8; at < last_size && at < size; at += 8) {
        const uint64_t before = prefix_of(last + at, last_size - at);
        const uint64_t word = prefix_of(key + at, size - at);
        if (word != before)
            return word > before;
    }
    return size > last_size;
}

/* Scan entries of short texts as far as they go: how many were taken. */
static inline __attribute__((always_inline)) size_t scan_entries_of(struct bpi_cbor_reader *reader,
                                                                    struct bpi_cbor_entry *entries,
                                                                    size_t count,
                                                                    enum bpi_cbor_order order)
{
    struct bpi_cbor_frame *const frame = &reader->frames[reader->depth];
    const uint8_t *const end = reader->end;
    const uint8_t *at = reader->at;
    const uint8_t *last = frame->key;
    size_t last_size = frame->key_size;
    if (end - at < 2 * LOOK_AHEAD)
        return 0; /* and there is enough input behind the last key as well */
    uint64_t last_rank = last != NULL ? rank_of(last, last_size, order) : 0;
    size_t taken = 0;
    struct base_span key = { NULL, 0 };
    struct base_span value = { NULL, 0 };
    for (; taken < count && end - at >= 2 * LOOK_AHEAD; taken++) {
        const uint8_t *const middle = scan_short(at, key.size, &key);
        if (middle == NULL)
            break;
        const uint8_t *const next = scan_short(middle, value.size, &value);
        const uint64_t rank = rank_of(at, 1 + key.size, order);
        if (next == NULL || (order != BPI_CBOR_ORDER_ANY && rank < last_rank))
            break;
        if (order != BPI_CBOR_ORDER_ANY && rank == last_rank && last != NULL &&
            !is_behind(last, last_size, at, 1 + key.size, order))
            break;
        if (entries != NULL)
            entries[taken] = (struct bpi_cbor_entry){ key, value };
        last = at;
        last_size = 1 + key.size;
        last_rank = rank;
        at = next;
    }
    reader->at = at;
    frame->key = last;
    frame->key_size = last_size;
    frame->left -= 2 * taken;
    return taken;
}

/* One copy of the loop for each kind of rank: none, of texts, of encodings. */
static size_t scan_entries(struct bpi_cbor_reader *reader, struct bpi_cbor_entry *entries,
                           size_t count)
{
    if (reader->options.order == BPI_CBOR_ORDER_ANY)
        return scan_entries_of(reader, entries, count, BPI_CBOR_ORDER_ANY);
    if (reader->options.order == BPI_CBOR_ORDER_TEXT)
        return scan_entries_of(reader, entries, count, BPI_CBOR_ORDER_TEXT);
    return entries == NULL ? scan_entries_of(reader, NULL, count, BPI_CBOR_ORDER_CORE)
                           : scan_entries_of(reader, entries, count, BPI_CBOR_ORDER_CORE);
}

/* Is the next item a key of a definite map, where the scan can go on? One entry is left to the
 * general way, which closes the map. Ranks of encodings are right for all orders between texts, and
 * for CORE and CTAP2 after any key; those of texts, when the key before has a head of one byte. */
static bool can_scan(const struct bpi_cbor_reader *reader)
{
    const struct bpi_cbor_frame *const frame = &reader->frames[reader->depth];
    const enum bpi_cbor_order order = reader->options.order;
    if (frame->kind != FRAME_MAP || frame->left % 2 != 0 || frame->left <= 2 ||
        frame->is_indefinite || reader->options.string_max_bytes < BPI_CBOR_SHORT_MAX)
        return false;
    if (order == BPI_CBOR_ORDER_LENGTH_FIRST)
        return frame->key == NULL || *frame->key >> 5 == BPI_CBOR_TEXT;
    if (order == BPI_CBOR_ORDER_TEXT)
        return frame->key == NULL || (*frame->key & 31) <= BPI_CBOR_SHORT_MAX;
    return true;
}

static base_err get_string(struct bpi_cbor_reader *reader, enum bpi_cbor_type type,
                           struct base_span *string)
{
    struct bpi_cbor_item item;
    const base_err err = bpi_cbor_next(reader, &item);
    if (err != BASE_OK)
        return err;
    if (item.type != type || item.is_indefinite)
        return fail(reader, BPI_CBOR_OTHER_TYPE, reader->start + item.offset);
    *string = item.string;
    return BASE_OK;
}

base_err bpi_cbor_get_entries(struct bpi_cbor_reader *reader, struct bpi_cbor_entry *entries,
                              size_t count)
{
    const uint32_t depth = reader->depth;
    for (size_t i = 0; i < count; i++) {
        if (reader->fault.reason == BPI_CBOR_FINE && can_scan(reader)) {
            const uint64_t left = reader->frames[depth].left / 2 - 1;
            i += scan_entries(reader, entries + i, left < count - i ? (size_t)left : count - i);
            if (i == count)
                break;
        }
        if (reader->depth != depth || reader->frames[depth].kind != FRAME_MAP)
            return fail(reader, BPI_CBOR_NO_MORE, reader->at);
        base_err err = get_string(reader, BPI_CBOR_TEXT, &entries[i].key);
        if (err == BASE_OK)
            err = get_string(reader, BPI_CBOR_TEXT, &entries[i].value);
        if (err != BASE_OK)
            return err;
    }
    return BASE_OK;
}

/* Read on until no more than `depth` frames are open and, of frame `depth`, `left` items. */
static base_err skip_to(struct bpi_cbor_reader *reader, uint32_t depth, uint64_t left)
{
    struct bpi_cbor_item item;
    for (;;) {
        if (can_scan(reader))
            scan_entries(reader, NULL, (size_t)(reader->frames[reader->depth].left / 2 - 1));
        const base_err err = bpi_cbor_next(reader, &item);
        if (err != BASE_OK)
            return err;
        if (reader->depth < depth || (reader->depth == depth && reader->frames[depth].left <= left))
            return BASE_OK;
    }
}

base_err bpi_cbor_skip(struct bpi_cbor_reader *reader)
{
    const uint32_t depth = reader->depth;
    const uint64_t left = reader->frames[depth].left;
    struct bpi_cbor_item item;
    const base_err err = bpi_cbor_next(reader, &item);
    if (err != BASE_OK || reader->depth <= depth)
        return err;
    return skip_to(reader, depth, left - 1);
}

base_err bpi_cbor_finish(struct bpi_cbor_reader *reader)
{
    if (reader->fault.reason != BPI_CBOR_FINE)
        return bpi_cbor_reason_err(reader->fault.reason);
    if (reader->depth > 0 || reader->frames[0].left > 0)
        return fail(reader, BPI_CBOR_TRUNCATED, reader->at);
    return reader->at == reader->end ? BASE_OK : fail(reader, BPI_CBOR_TRAILING, reader->at);
}

base_err bpi_cbor_check(struct base_span input, const struct bpi_cbor_options *options,
                        struct bpi_cbor_fault *fault)
{
    struct bpi_cbor_reader reader;
    bpi_cbor_reader_init(&reader, input, options);
    base_err err = skip_to(&reader, 0, 0);
    if (err == BASE_OK)
        err = bpi_cbor_finish(&reader);
    if (fault != NULL)
        *fault = reader.fault;
    return err;
}

/* The next item, of that type and definite. */
static base_err next_of(struct bpi_cbor_reader *reader, enum bpi_cbor_type type,
                        struct bpi_cbor_item *item)
{
    const base_err err = bpi_cbor_next(reader, item);
    if (err != BASE_OK)
        return err;
    if (item->type != type || item->is_indefinite)
        return fail(reader, BPI_CBOR_OTHER_TYPE, reader->start + item->offset);
    return BASE_OK;
}

static base_err get_value(struct bpi_cbor_reader *reader, enum bpi_cbor_type type, uint64_t *value)
{
    struct bpi_cbor_item item;
    const base_err err = next_of(reader, type, &item);
    if (err == BASE_OK)
        *value = item.value;
    return err;
}

base_err bpi_cbor_get_uint(struct bpi_cbor_reader *reader, uint64_t *value)
{
    return get_value(reader, BPI_CBOR_UINT, value);
}

base_err bpi_cbor_get_int(struct bpi_cbor_reader *reader, int64_t *value)
{
    struct bpi_cbor_item item;
    const base_err err = bpi_cbor_next(reader, &item);
    if (err != BASE_OK)
        return err;
    if (item.type > BPI_CBOR_NINT)
        return fail(reader, BPI_CBOR_OTHER_TYPE, reader->start + item.offset);
    if (item.value > INT64_MAX)
        return fail(reader, BPI_CBOR_OTHER_RANGE, reader->start + item.offset);
    *value = item.type == BPI_CBOR_UINT ? (int64_t)item.value : -1 - (int64_t)item.value;
    return BASE_OK;
}

base_err bpi_cbor_get_bytes(struct bpi_cbor_reader *reader, struct base_span *bytes)
{
    return get_string(reader, BPI_CBOR_BYTES, bytes);
}

base_err bpi_cbor_get_text(struct bpi_cbor_reader *reader, struct base_span *text)
{
    return get_string(reader, BPI_CBOR_TEXT, text);
}

base_err bpi_cbor_get_array(struct bpi_cbor_reader *reader, uint64_t *count)
{
    return get_value(reader, BPI_CBOR_ARRAY, count);
}

base_err bpi_cbor_get_map(struct bpi_cbor_reader *reader, uint64_t *count)
{
    return get_value(reader, BPI_CBOR_MAP, count);
}

base_err bpi_cbor_get_tag(struct bpi_cbor_reader *reader, uint64_t *tag)
{
    return get_value(reader, BPI_CBOR_TAG, tag);
}

base_err bpi_cbor_get_bool(struct bpi_cbor_reader *reader, bool *value)
{
    struct bpi_cbor_item item;
    const base_err err = next_of(reader, BPI_CBOR_SIMPLE, &item);
    if (err != BASE_OK)
        return err;
    if (item.value != BPI_CBOR_SIMPLE_FALSE && item.value != BPI_CBOR_SIMPLE_TRUE)
        return fail(reader, BPI_CBOR_OTHER_TYPE, reader->start + item.offset);
    *value = item.value == BPI_CBOR_SIMPLE_TRUE;
    return BASE_OK;
}

base_err bpi_cbor_get_float(struct bpi_cbor_reader *reader, double *value)
{
    struct bpi_cbor_item item;
    const base_err err = next_of(reader, BPI_CBOR_FLOAT, &item);
    if (err == BASE_OK)
        *value = item.number;
    return err;
}
