/* cbor_reason.c - the list of reasons as text. */
#include <bpi/cbor_read.h>

#include <inttypes.h>

#define ROW(name, err, text) { #name, BASE_##err, text },
static const struct {
    const char *name;
    base_err err;
    const char *text;
} reasons[] = { BPI_CBOR_REASON_MAP(ROW) };
#undef ROW

const char *bpi_cbor_reason_name(enum bpi_cbor_reason reason)
{
    return (unsigned)reason < BPI_CBOR_REASON_COUNT ? reasons[reason].name : "?";
}

const char *bpi_cbor_reason_text(enum bpi_cbor_reason reason)
{
    return (unsigned)reason < BPI_CBOR_REASON_COUNT ? reasons[reason].text : "unknown reason";
}

base_err bpi_cbor_reason_err(enum bpi_cbor_reason reason)
{
    return (unsigned)reason < BPI_CBOR_REASON_COUNT ? reasons[reason].err : BASE_EINVALID;
}

static base_err why_of(const struct bpi_cbor_fault *fault, struct base_why *why)
{
    if (fault->reason == BPI_CBOR_FINE)
        return BASE_OK;
    return base_fail(why, bpi_cbor_reason_err(fault->reason), fault->at,
                     "byte %" PRIu64 ": %s (%s)", fault->at, bpi_cbor_reason_text(fault->reason),
                     bpi_cbor_reason_name(fault->reason));
}

base_err bpi_cbor_reader_why(const struct bpi_cbor_reader *reader, struct base_why *why)
{
    return why_of(&reader->fault, why);
}

base_err bpi_cbor_validate(struct base_span input, const struct bpi_cbor_options *options,
                           struct base_why *why)
{
    struct bpi_cbor_fault fault;
    return bpi_cbor_check(input, options, &fault) == BASE_OK ? BASE_OK : why_of(&fault, why);
}
