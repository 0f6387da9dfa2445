/* flow_key.c - keys as text, both ways. */
#include <mfn/flow_packet.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { ICMP = 1, ICMPV6 = 58, WORDS_MAX = 5 };

static const struct {
    uint32_t number;
    const char *name;
} protocols[] = {
    { ICMP, "icmp" },    { 6, "tcp" },    { 17, "udp" },      { 33, "dccp" },
    { ICMPV6, "icmp6" }, { 132, "sctp" }, { 136, "udplite" },
};

enum { PROTOCOL_COUNT = sizeof protocols / sizeof protocols[0] };

/* ---- writing ---- */

static uint32_t be16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static const char *protocol_name(uint32_t protocol)
{
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (protocols[i].number == protocol)
            return protocols[i].name;
    return NULL;
}

const char *mfn_flow_key_text(const void *key, size_t key_size, char *out)
{
    out[0] = '\0';
    if (key_size != MFN_FLOW_KEY_IPV4 && key_size != MFN_FLOW_KEY_IPV6)
        return out;
    const uint8_t *const bytes = key;
    const bool is_ipv4 = key_size == MFN_FLOW_KEY_IPV4;
    const size_t size = is_ipv4 ? 4 : 16;
    const uint32_t source = be16(bytes + 2 * size), destination = be16(bytes + 2 * size + 2);
    const uint32_t protocol = bytes[key_size - 1];
    char from[INET6_ADDRSTRLEN] = "", to[INET6_ADDRSTRLEN] = "", number[16];
    inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes, from, sizeof from);
    inet_ntop(is_ipv4 ? AF_INET : AF_INET6, bytes + size, to, sizeof to);
    snprintf(number, sizeof number, "protocol %u", protocol);
    const char *const name = protocol_name(protocol) != NULL ? protocol_name(protocol) : number;
    const char *const open = is_ipv4 ? "" : "[", *const close = is_ipv4 ? "" : "]";
    if (protocol == (is_ipv4 ? ICMP : ICMPV6))
        snprintf(out, MFN_FLOW_TEXT_SIZE, "%s > %s %s %u/%u", from, to, name, source, destination);
    else
        snprintf(out, MFN_FLOW_TEXT_SIZE, "%s%s%s:%u > %s%s%s:%u %s", open, from, close, source,
                 open, to, close, destination, name);
    return out;
}

/* ---- reading ---- */

/* The text in words: source, destination, and what stands behind them. */
struct words {
    char memory[MFN_FLOW_TEXT_SIZE];
    char *source;
    char *rest[WORDS_MAX]; /* destination, protocol, and one more or NULL */
    size_t rest_count;
};

static bool words_split(const char *text, struct words *words)
{
    char *state = NULL, *blanks = NULL;
    if (strlen(text) >= sizeof words->memory)
        return false;
    strcpy(words->memory, text);
    char *arrow = strchr(words->memory, '>');
    if (arrow == NULL)
        arrow = strstr(words->memory, " - ");
    if (arrow == NULL)
        return false;
    arrow += *arrow == ' ';
    *arrow = '\0';
    words->source = strtok_r(words->memory, " \t", &blanks);
    if (words->source == NULL || strtok_r(NULL, " \t", &blanks) != NULL)
        return false;
    words->rest_count = 0;
    for (char *word = strtok_r(arrow + 1, " \t", &state); word != NULL;
         word = strtok_r(NULL, " \t", &state)) {
        if (words->rest_count == WORDS_MAX)
            return false;
        words->rest[words->rest_count++] = word;
    }
    return words->rest_count == 2 || words->rest_count == 3;
}

/* Digits only, up to `most`. */
static bool number_parse(const char *text, uint32_t most, uint32_t *out)
{
    uint32_t number = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && number <= most; i++)
        number = 10 * number + (uint32_t)(text[i] - '0');
    if (i == 0 || text[i] != '\0' || number > most)
        return false;
    *out = number;
    return true;
}

static bool protocol_parse(const struct words *words, uint32_t *out)
{
    const char *const name = words->rest[1];
    if (strcasecmp(name, "protocol") == 0)
        return words->rest_count == 3 && number_parse(words->rest[2], 255, out);
    for (size_t i = 0; i < PROTOCOL_COUNT; i++)
        if (strcasecmp(name, protocols[i].name) == 0) {
            *out = protocols[i].number;
            return true;
        }
    return false;
}

struct end {
    uint8_t address[16];
    size_t size; /* 4, 16 */
    uint32_t port;
};

static bool address_parse(const char *text, struct end *end)
{
    const bool is_ipv6 = strchr(text, ':') != NULL;
    end->size = is_ipv6 ? 16 : 4;
    return inet_pton(is_ipv6 ? AF_INET6 : AF_INET, text, end->address) == 1;
}

/* "10.0.0.1:80", "[::1]:80"; the word is cut in two. */
static bool end_parse(char *word, struct end *end)
{
    char *const colon = strrchr(word, ':');
    if (colon == NULL || !number_parse(colon + 1, UINT16_MAX, &end->port))
        return false;
    *colon = '\0';
    if (word[0] != '[')
        return strchr(word, ':') == NULL && address_parse(word, end);
    if (colon[-1] != ']')
        return false;
    colon[-1] = '\0';
    return strchr(word, ':') != NULL && address_parse(word + 1, end);
}

/* "8/0" */
static bool type_and_code_parse(char *word, struct end *source, struct end *destination)
{
    char *const slash = strchr(word, '/');
    if (slash == NULL)
        return false;
    *slash = '\0';
    return number_parse(word, UINT16_MAX, &source->port) &&
           number_parse(slash + 1, UINT16_MAX, &destination->port);
}

/* Both forms; a word that has a form of its own has three behind the arrow. */
static bool ends_parse(struct words *words, uint32_t protocol, struct end *source,
                       struct end *destination)
{
    const bool is_number = strcasecmp(words->rest[1], "protocol") == 0;
    const bool is_icmp = !is_number && words->rest_count == 3;
    if (is_icmp) {
        const size_t size = protocol == ICMP ? 4 : 16;
        return (protocol == ICMP || protocol == ICMPV6) && address_parse(words->source, source) &&
               address_parse(words->rest[0], destination) && source->size == size &&
               destination->size == size &&
               type_and_code_parse(words->rest[2], source, destination);
    }
    return end_parse(words->source, source) && end_parse(words->rest[0], destination) &&
           source->size == destination->size &&
           protocol != (source->size == 4 ? (uint32_t)ICMP : (uint32_t)ICMPV6);
}

static void key_put(const struct end *source, const struct end *destination, uint32_t protocol,
                    struct mfn_flow_key *out)
{
    const size_t size = source->size;
    const uint8_t ports[4] = { (uint8_t)(source->port >> 8), (uint8_t)source->port,
                               (uint8_t)(destination->port >> 8), (uint8_t)destination->port };
    *out = (struct mfn_flow_key){ .size = (uint8_t)(2 * size + 5) };
    memcpy(out->bytes, source->address, size);
    memcpy(out->bytes + size, destination->address, size);
    memcpy(out->bytes + 2 * size, ports, sizeof ports);
    out->bytes[2 * size + 4] = (uint8_t)protocol;
}

base_err mfn_flow_key_parse(const char *text, struct mfn_flow_key *out, struct base_why *why)
{
    struct words words;
    struct end source = { 0 }, destination = { 0 };
    uint32_t protocol = 0;
    if (words_split(text, &words) && protocol_parse(&words, &protocol) &&
        ends_parse(&words, protocol, &source, &destination)) {
        key_put(&source, &destination, protocol, out);
        return BASE_OK;
    }
    return base_fail(why, BASE_EPARSE, 0,
                     "\"%.100s\" is no flow, as \"10.0.0.1:443 > 10.0.0.2:5555 tcp\", "
                     "\"[2001:db8::1]:53 > [2001:db8::2]:53 udp\" and "
                     "\"10.0.0.1 > 10.0.0.2 icmp 8/0\" are",
                     text);
}
