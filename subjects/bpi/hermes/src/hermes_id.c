/* hermes_id.c - the name of a node, as text. */
#include <bpi/hermes.h>

#include <sodium.h>
#include <string.h>

enum { DIGITS = 2 * BPI_HERMES_ID_SIZE };

base_err bpi_hermes_id_parse(const char *text, struct bpi_hermes_id *id, struct base_why *why)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    const size_t good = strspn(text, digits);
    const size_t size = strlen(text);
    if (good < size && good < DIGITS)
        return base_fail(why, BASE_EPARSE, good,
                         "node id: character %zu is no hexadecimal digit; an id is %d of them",
                         good + 1, DIGITS);
    if (size != DIGITS)
        return base_fail(why, BASE_EPARSE, good, "node id: %zu characters, an id is %d digits",
                         size, DIGITS);
    sodium_hex2bin(id->bytes, sizeof id->bytes, text, size, NULL, NULL, NULL);
    return BASE_OK;
}

const char *bpi_hermes_id_print(const struct bpi_hermes_id *id, char out[BPI_HERMES_ID_TEXT_SIZE])
{
    return sodium_bin2hex(out, BPI_HERMES_ID_TEXT_SIZE, id->bytes, sizeof id->bytes);
}
