/* hermes_fec.c - parity is made one fragment at a time, into the packet it is sent in; recovery
 * solves only for what is missing (a Cauchy matrix as large as the loss, not as the block) and
 * works through the fragments in columns, so that it needs no second copy of them. */
#include "hermes_fec_internal.h"

#include <assert.h>
#include <isa-l/erasure_code.h>
#include <string.h>

enum { TABLE = 32, COLUMN = 256, TRIES = 24, FRAGMENT_MIN = 32 };

static const double cheap_share = 0.1, cheap_losses = 2;

double hermes_fec_failure(unsigned count, unsigned parity, double loss)
{
    if (loss <= 0)
        return 0;
    const double p = loss < 0.5 ? loss : 0.5;
    double term = 1;
    for (unsigned i = 0; i < count; i++)
        term *= 1 - p;
    double sum = 0;
    for (unsigned i = 0; i <= parity && i <= count; i++) {
        sum += term;
        term *= p / (1 - p) * (double)(count - i) / (double)(i + 1);
    }
    return sum < 1 ? 1 - sum : 0;
}

static unsigned parity_for(unsigned data, double loss, double failure_max)
{
    unsigned parity = 0;
    while (parity < HERMES_FEC_PARITY_MAX &&
           hermes_fec_failure(data + parity, parity, loss) > failure_max)
        parity++;
    return parity;
}

struct hermes_fec_plan hermes_fec_plan(size_t size, size_t fragment_max, double loss,
                                       double failure_max)
{
    assert(size > 0 && fragment_max > 0 && size <= HERMES_FEC_DATA_MAX * fragment_max);
    const unsigned least = (unsigned)((size + fragment_max - 1) / fragment_max);
    struct hermes_fec_plan best = { 0 };
    size_t best_cost = SIZE_MAX;
    for (unsigned tried = least; tried <= HERMES_FEC_DATA_MAX && tried < least + TRIES; tried++) {
        const size_t fragment = (size + tried - 1) / tried;
        if (tried > least && fragment < FRAGMENT_MIN)
            break;
        const unsigned data = (unsigned)((size + fragment - 1) / fragment);
        const unsigned parity = parity_for(data, loss, failure_max);
        const size_t cost = (data + parity) * (fragment + HERMES_FEC_HEADERS);
        if (cost < best_cost) {
            best_cost = cost;
            best = (struct hermes_fec_plan){ data, parity, (uint32_t)fragment };
        }
    }
    return best;
}

double hermes_fec_late(unsigned count, unsigned parity, unsigned part, double loss)
{
    assert(part <= count);
    double whole = 1;
    for (unsigned i = 0; i < part; i++)
        whole *= 1 - (loss < 0.5 ? loss : 0.5);
    const double late = hermes_fec_failure(count, parity, loss) -
                        whole * hermes_fec_failure(count - part, parity, loss);
    return late > 0 ? late : 0;
}

static unsigned parity_shared(unsigned data, unsigned part, double loss, double failure_max)
{
    unsigned parity = 1;
    while (parity < HERMES_FEC_PARITY_MAX &&
           hermes_fec_late(data + parity, parity, part, loss) > failure_max)
        parity++;
    return parity;
}

struct hermes_fec_share hermes_fec_share(unsigned data, unsigned part, double loss,
                                         double failure_max)
{
    const double cheap = (cheap_share + cheap_losses * loss) * data;
    const double least = failure_max > HERMES_FEC_FAILURE ? failure_max : HERMES_FEC_FAILURE;
    const unsigned wanted = parity_shared(data, part, loss, failure_max);
    unsigned parity = parity_shared(data, part, loss, least);
    while (parity < wanted && parity + 1 <= cheap)
        parity++;
    return (struct hermes_fec_share){ parity, parity == wanted && parity <= cheap };
}

unsigned hermes_fec_repair(unsigned missing, double loss, double failure_max)
{
    return missing + parity_for(missing, loss, failure_max);
}

static uint8_t coefficient(unsigned index, unsigned column)
{
    return gf_inv((uint8_t)(index ^ column));
}

void hermes_fec_parity(const uint8_t *data, unsigned count, size_t size, unsigned index,
                       uint8_t *out)
{
    assert(count >= 1 && count <= HERMES_FEC_DATA_MAX);
    assert(index >= count && index <= HERMES_FEC_INDEX_MAX);
    uint8_t row[HERMES_FEC_DATA_MAX], tables[TABLE * HERMES_FEC_DATA_MAX];
    uint8_t *from[HERMES_FEC_DATA_MAX];
    for (unsigned i = 0; i < count; i++) {
        row[i] = coefficient(index, i);
        from[i] = (uint8_t *)data + i * size;
    }
    ec_init_tables((int)count, 1, row, tables);
    ec_encode_data((int)size, (int)count, 1, tables, from, &out);
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    uint8_t piece[COLUMN];
    for (size_t at = 0; at < size; at += COLUMN) {
        const size_t part = size - at < COLUMN ? size - at : COLUMN;
        memcpy(piece, a + at, part);
        memcpy(a + at, b + at, part);
        memcpy(b + at, piece, part);
    }
}

/* Data into the slots of their own; parity ends up in the slots of what is missing. */
static void order(uint8_t *slots, unsigned count, size_t size, uint8_t *index)
{
    for (unsigned i = 0; i < count;) {
        const uint8_t home = index[i];
        if (home >= count || home == i) {
            i++;
            continue;
        }
        assert(index[home] != home);
        swap(slots + i * size, slots + home * size, size);
        index[i] = index[home];
        index[home] = home;
    }
}

/* missing = A^-1 (parity + C known), as one matrix over the slots as they stand. */
static void decode_matrix(unsigned count, const uint8_t *index, const uint8_t *lost,
                          unsigned lost_count, uint8_t *matrix)
{
    uint8_t a[HERMES_FEC_DATA_MAX * HERMES_FEC_DATA_MAX];
    uint8_t inverse[HERMES_FEC_DATA_MAX * HERMES_FEC_DATA_MAX];
    for (unsigned i = 0; i < lost_count; i++)
        for (unsigned j = 0; j < lost_count; j++)
            a[i * lost_count + j] = coefficient(index[lost[i]], lost[j]);
    const int is_singular = gf_invert_matrix(a, inverse, (int)lost_count);
    assert(is_singular == 0);
    (void)is_singular;
    for (unsigned i = 0; i < lost_count; i++) {
        uint8_t *const row = matrix + i * count;
        for (unsigned column = 0; column < count; column++) {
            row[column] = 0;
            for (unsigned j = 0; index[column] == column && j < lost_count; j++)
                row[column] ^=
                    gf_mul(inverse[i * lost_count + j], coefficient(index[lost[j]], column));
        }
        for (unsigned j = 0; j < lost_count; j++)
            row[lost[j]] = inverse[i * lost_count + j];
    }
}

void hermes_fec_recover(uint8_t *slots, unsigned count, size_t size, uint8_t *index)
{
    assert(count >= 1 && count <= HERMES_FEC_DATA_MAX);
    order(slots, count, size, index);
    uint8_t lost[HERMES_FEC_DATA_MAX];
    unsigned lost_count = 0;
    for (unsigned i = 0; i < count; i++)
        if (index[i] != i)
            lost[lost_count++] = (uint8_t)i;
    if (lost_count == 0)
        return;
    uint8_t matrix[HERMES_FEC_DATA_MAX * HERMES_FEC_DATA_MAX];
    uint8_t tables[TABLE * HERMES_FEC_DATA_MAX * HERMES_FEC_DATA_MAX];
    uint8_t columns[HERMES_FEC_DATA_MAX][COLUMN];
    uint8_t *from[HERMES_FEC_DATA_MAX], *to[HERMES_FEC_DATA_MAX];
    decode_matrix(count, index, lost, lost_count, matrix);
    ec_init_tables((int)count, (int)lost_count, matrix, tables);
    for (unsigned i = 0; i < lost_count; i++)
        to[i] = columns[i];
    for (size_t at = 0; at < size; at += COLUMN) {
        const size_t part = size - at < COLUMN ? size - at : COLUMN;
        for (unsigned i = 0; i < count; i++)
            from[i] = slots + i * size + at;
        ec_encode_data((int)part, (int)count, (int)lost_count, tables, from, to);
        for (unsigned i = 0; i < lost_count; i++)
            memcpy(slots + lost[i] * size + at, columns[i], part);
    }
}
