/* cbor_map.c - entries are encoded in place as they come; the end measures their keys, sorts the
 * spans, and copies the entries out and back in order. A map that is in order already is left. */
#include <bpi/cbor_map.h>
#include <bpi/cbor_read.h>

base_err bpi_cbor_map_begin(struct bpi_cbor_writer *writer, struct bpi_cbor_map_work *work,
                            size_t count, enum bpi_cbor_order order, struct bpi_cbor_map *map)
{
    if (count > work->capacity - work->used)
        return BASE_EFULL;
    const base_err err = bpi_cbor_put_map(writer, count);
    if (err != BASE_OK)
        return err;
    *map = (struct bpi_cbor_map){ work, work->used, count, 0, order };
    work->used += count;
    return BASE_OK;
}

base_err bpi_cbor_map_key(struct bpi_cbor_writer *writer, struct bpi_cbor_map *map)
{
    if (map->filled == map->count)
        return BASE_EINVALID;
    map->work->keys[map->first + map->filled++] = base_span_of(writer->at, 0);
    return BASE_OK;
}

static uint64_t offset_in(const struct bpi_cbor_writer *writer, const uint8_t *at)
{
    return (uint64_t)(at - writer->start);
}

/* The bytes of the head before a string of `size` bytes. */
static size_t head_size(size_t size)
{
    return size <= BPI_CBOR_SHORT_MAX ? 1
           : size <= UINT8_MAX        ? 2
           : size <= UINT16_MAX       ? 3
           : size <= UINT32_MAX       ? 5
                                      : 9;
}

/* The key that starts at `at`: its encoding, or with TEXT order its contents. */
static base_err measure_key(struct base_span rest, enum bpi_cbor_order order, struct base_span *key)
{
    const unsigned major = rest.size > 0 ? rest.data[0] >> 5 : BPI_CBOR_SIMPLE;
    const size_t info = rest.size > 0 ? rest.data[0] & 31 : 0;
    const bool is_string = major == BPI_CBOR_TEXT || major == BPI_CBOR_BYTES;
    if (is_string && info <= BPI_CBOR_SHORT_MAX && info < rest.size) {
        const size_t head = order == BPI_CBOR_ORDER_TEXT ? 1 : 0;
        *key = base_span_of(rest.data + head, 1 + info - head);
        return BASE_OK;
    }
    struct bpi_cbor_reader reader;
    bpi_cbor_reader_init(&reader, rest, &bpi_cbor_lenient);
    struct bpi_cbor_item item;
    if (order == BPI_CBOR_ORDER_TEXT) {
        if (bpi_cbor_next(&reader, &item) != BASE_OK || item.is_indefinite || !is_string)
            return BASE_EINVALID;
        *key = item.string;
        return BASE_OK;
    }
    if (bpi_cbor_skip(&reader) != BASE_OK)
        return BASE_EINVALID;
    *key = base_span_of(rest.data, bpi_cbor_offset(&reader));
    return BASE_OK;
}

static base_err measure_keys(const struct bpi_cbor_writer *writer, const struct bpi_cbor_map *map,
                             struct base_span *keys, struct base_why *why)
{
    for (size_t i = 0; i < map->count; i++) {
        const uint8_t *const start = keys[i].data;
        const uint8_t *const end = i + 1 < map->count ? keys[i + 1].data : writer->at;
        const base_err err =
            measure_key(base_span_of(start, (size_t)(end - start)), map->order, &keys[i]);
        if (err != BASE_OK)
            return base_fail(why, err, offset_in(writer, start),
                             "entry %zu of the map has a key that is not one %s", i,
                             map->order == BPI_CBOR_ORDER_TEXT ? "string" : "item");
    }
    return BASE_OK;
}

static const uint8_t *entry_start(const struct bpi_cbor_map *map, struct base_span key)
{
    return map->order == BPI_CBOR_ORDER_TEXT ? key.data - head_size(key.size) : key.data;
}

static base_err move_entries(struct bpi_cbor_writer *writer, const struct bpi_cbor_map *map,
                             const struct base_span *keys, struct base_why *why)
{
    struct bpi_cbor_map_work *const work = map->work;
    uint8_t *const first = writer->start + offset_in(writer, entry_start(map, keys[0]));
    const size_t size = (size_t)(writer->at - first);
    if (size > work->bytes_capacity)
        return base_fail(why, BASE_EFULL, offset_in(writer, first),
                         "sorting a map of %zu bytes needs work memory of that size, not %zu", size,
                         work->bytes_capacity);
    uint8_t *to = work->bytes;
    for (size_t i = 0; i < map->count; i++) {
        const size_t index = (size_t)work->words[i];
        const uint8_t *const start = entry_start(map, keys[index]);
        const uint8_t *const end =
            index + 1 < map->count ? entry_start(map, keys[index + 1]) : writer->at;
        memcpy(to, start, (size_t)(end - start));
        to += end - start;
    }
    memcpy(first, work->bytes, size);
    return BASE_OK;
}

static bool is_in_order(const uint64_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (order[i] != i)
            return false;
    return true;
}

base_err bpi_cbor_map_end(struct bpi_cbor_writer *writer, struct bpi_cbor_map *map,
                          struct base_why *why)
{
    struct base_span *const keys = map->work->keys + map->first;
    map->work->used = map->first;
    if (map->filled != map->count)
        return base_fail(why, BASE_EINVALID, bpi_cbor_written(writer).size,
                         "a map of %zu entries was given %zu", map->count, map->filled);
    if (map->order == BPI_CBOR_ORDER_ANY || map->count == 0)
        return BASE_OK;
    base_err err = measure_keys(writer, map, keys, why);
    if (err != BASE_OK)
        return err;
    const enum bpi_cbor_rule rule = map->order == BPI_CBOR_ORDER_TEXT
                                        ? BPI_CBOR_RULE_BYTES
                                        : bpi_cbor_rule_of_encoded(map->order);
    size_t duplicate = 0;
    err = bpi_cbor_sort_keys(keys, sizeof *keys, map->count, rule, map->work->words, &duplicate);
    if (err == BASE_EEXIST)
        return base_fail(why, err, offset_in(writer, entry_start(map, keys[duplicate])),
                         "entry %zu of the map has the key of an earlier one", duplicate);
    if (err != BASE_OK)
        return base_fail(why, err, bpi_cbor_written(writer).size,
                         "a map of %zu entries is more than %d", map->count,
                         BPI_CBOR_SORT_COUNT_MAX);
    return is_in_order(map->work->words, map->count) ? BASE_OK
                                                     : move_entries(writer, map, keys, why);
}
