/* hermes_names.c - the words of the wire's numbers, and the defaults. */
#include <bpi/hermes.h>

#include <string.h>
#include <strings.h>

static const char *const class_texts[BPI_HERMES_CLASSES] = { "Consensus", "Auction", "ShadowData" };

static const struct {
    const char *text;
    enum bpi_hermes_class class;
} types[BPI_HERMES_TYPES] = {
#define TYPE_ROW(name, text, class) { text, BPI_HERMES_##class },
    BPI_HERMES_TYPE_MAP(TYPE_ROW)
#undef TYPE_ROW
};

const char *bpi_hermes_class_text(enum bpi_hermes_class class)
{
    return (unsigned)class < BPI_HERMES_CLASSES ? class_texts[class] : "unknown class";
}

const char *bpi_hermes_type_text(enum bpi_hermes_type type)
{
    return (unsigned)type < BPI_HERMES_TYPES ? types[type].text : "unknown type";
}

enum bpi_hermes_class bpi_hermes_type_class(enum bpi_hermes_type type)
{
    return (unsigned)type < BPI_HERMES_TYPES ? types[type].class : BPI_HERMES_SHADOW_DATA;
}

base_err bpi_hermes_class_parse(const char *text, enum bpi_hermes_class *class,
                                struct base_why *why)
{
    for (int i = 0; i < BPI_HERMES_CLASSES; i++) {
        if (strcasecmp(text, class_texts[i]) == 0 || (text[0] == '0' + i && text[1] == '\0')) {
            *class = (enum bpi_hermes_class)i;
            return BASE_OK;
        }
    }
    return base_fail(why, BASE_EPARSE, 0,
                     "\"%.40s\" is no traffic class: Consensus (0), Auction (1) or ShadowData (2)",
                     text);
}

base_err bpi_hermes_type_parse(const char *text, enum bpi_hermes_type *type, struct base_why *why)
{
    for (int i = 0; i < BPI_HERMES_TYPES; i++) {
        if (strcasecmp(text, types[i].text) == 0) {
            *type = (enum bpi_hermes_type)i;
            return BASE_OK;
        }
    }
#define TYPE_WORD(name, text, class) " " text
    return base_fail(why, BASE_EPARSE, 0,
                     "\"%.40s\" is no message type: one of" BPI_HERMES_TYPE_MAP(TYPE_WORD), text);
#undef TYPE_WORD
}

void bpi_hermes_defaults(struct bpi_hermes_config *config)
{
    const uint64_t second_ns = UINT64_C(1000000000);
    *config = (struct bpi_hermes_config){
        .max_neighbors = 8,
        .direct_max = 64,
        .members_max = 16384,
        .mtu_bytes = 1500,
        .deadline_ns = { 1 * second_ns, 5 * second_ns, 30 * second_ns },
        .auction_retries = 2,
        .inactive_ns = 300 * second_ns,
        .rekey_ns = 120 * second_ns,
        .peer_memory_bytes = (size_t)4 << 20,
    };
}
