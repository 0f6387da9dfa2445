/* fuzz_cbor_sort.c - any bytes cut into keys and sorted by each rule. What must hold: the order is
 * a permutation in which every key is larger than the one before; equal keys, and only they, are
 * refused. The first byte is the rule; then a size and that many bytes of key, again and again. */
#include <bpi/cbor_sort.h>

#include <stdlib.h>

enum { KEYS_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
    if (!holds)
        abort();
}

/* Each key in memory of its own, so that a read past its end is seen. */
static size_t cut(const uint8_t *data, size_t size, struct base_span *keys)
{
    size_t count = 0;
    for (size_t at = 0; at < size && count < KEYS_MAX; count++) {
        const size_t want = data[at] % 40;
        const size_t left = size - at - 1;
        const size_t take = want < left ? want : left;
        uint8_t *const key = malloc(take > 0 ? take : 1);
        memcpy(key, data + at + 1, take);
        keys[count] = base_span_of(key, take);
        at += 1 + take;
    }
    return count;
}

static bool has_equal(const struct base_span *keys, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (keys[i].size == keys[index].size &&
            memcmp(keys[i].data, keys[index].data, keys[i].size) == 0)
            return true;
    return false;
}

static void check_order(const struct base_span *keys, size_t count, enum bpi_cbor_rule rule,
                        const uint64_t *order)
{
    static bool seen[KEYS_MAX];
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < count; i++) {
        expect(order[i] < count && !seen[order[i]]);
        seen[order[i]] = true;
        expect(i == 0 || bpi_cbor_compare(rule, keys[order[i - 1]], keys[order[i]]) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct base_span keys[KEYS_MAX];
    uint64_t work[BPI_CBOR_SORT_WORK_WORDS * KEYS_MAX];
    const enum bpi_cbor_rule rule = (enum bpi_cbor_rule)(data[0] % 3);
    const size_t count = cut(data + 1, size - 1, keys);
    size_t duplicate = 0;
    const base_err err = bpi_cbor_sort_keys(keys, sizeof keys[0], count, rule, work, &duplicate);
    if (err == BASE_EEXIST) {
        expect(duplicate < count && has_equal(keys, duplicate));
    } else {
        expect(err == BASE_OK);
        check_order(keys, count, rule, work);
    }
    for (size_t i = 0; i < count; i++)
        free((void *)(uintptr_t)keys[i].data);
    return 0;
}
