/* step.c - Internet addresses as text. The C library knows both forms of the numbers; what is
 * left is the port and the brackets (RFC 3986, 3.2.2). */
#include <base/step.h>

#include <arpa/inet.h>
#include <stdio.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static base_err refuse(const char *text, struct base_why *why)
{
    return base_fail(why, BASE_EPARSE, 0,
                     "\"%.80s\" is not an address like 10.0.0.1:9000 or [fd00::1]:9000", text);
}

/* 0 .. 65535 in one to five digits, and nothing after them. */
static bool parse_port(const char *text, uint16_t *port)
{
    unsigned value = 0;
    size_t i = 0;
    for (; i < 5 && text[i] >= '0' && text[i] <= '9'; i++)
        value = value * 10 + (unsigned)(text[i] - '0');
    if (i == 0 || text[i] != '\0' || value > UINT16_MAX)
        return false;
    *port = (uint16_t)value;
    return true;
}

base_err base_address_parse(const char *text, struct base_address *address, struct base_why *why)
{
    char host[INET6_ADDRSTRLEN];
    struct base_address a = { 0 };
    const bool is_6 = text[0] == '[';
    const char *const from = text + is_6;
    const char *const end = is_6 ? strstr(from, "]:") : strchr(from, ':');
    if (end == NULL || (size_t)(end - from) >= sizeof host ||
        !parse_port(end + (is_6 ? 2 : 1), &a.port))
        return refuse(text, why);
    memcpy(host, from, (size_t)(end - from));
    host[end - from] = '\0';
    if (!is_6)
        memcpy(a.ip, mapped, sizeof mapped);
    if (inet_pton(is_6 ? AF_INET6 : AF_INET, host, a.ip + (is_6 ? 0 : sizeof mapped)) != 1)
        return refuse(text, why);
    *address = a;
    return BASE_OK;
}

const char *base_address_print(const struct base_address *address, char *out)
{
    char host[INET6_ADDRSTRLEN] = "";
    const bool is_4 = memcmp(address->ip, mapped, sizeof mapped) == 0;
    inet_ntop(is_4 ? AF_INET : AF_INET6, address->ip + (is_4 ? sizeof mapped : 0), host,
              sizeof host);
    snprintf(out, BASE_ADDRESS_TEXT_SIZE, is_4 ? "%s:%u" : "[%s]:%u", host,
             (unsigned)address->port);
    return out;
}
