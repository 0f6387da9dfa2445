/* hermes_tool_members.c - "ID@HOST:PORT" into a member. */
#define _GNU_SOURCE
#include "hermes_tool.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_SIZE = 254 /* RFC 1035, 2.3.4, and a zero */ };

struct entry {
    bool has_id;
    struct bpi_hermes_id id;
    char host[HOST_SIZE];
    char port[6];
};

static base_err refuse(const char *text, struct base_why *why)
{
    return base_fail(why, BASE_EPARSE, 0,
                     "\"%.120s\" is neither HOST:PORT nor ID@HOST:PORT (an IPv6 address stands in "
                     "brackets, a port is 1 .. 65535)",
                     text);
}

static bool port_take(const char *text, char *out)
{
    const size_t size = strlen(text);
    if (size == 0 || size > 5 || strspn(text, "0123456789") != size)
        return false;
    const long port = strtol(text, NULL, 10);
    snprintf(out, 6, "%ld", port);
    return port >= 1 && port <= UINT16_MAX;
}

static bool host_take(const char *text, const char *colon, char *out)
{
    const bool is_6 = text[0] == '[';
    const char *const from = text + is_6;
    const char *const end = is_6 ? colon - 1 : colon;
    if (is_6 && (end <= from || *end != ']'))
        return false;
    const size_t size = (size_t)(end - from);
    if (size == 0 || size >= HOST_SIZE || (!is_6 && memchr(from, ':', size) != NULL) ||
        strcspn(from, " \t\r\n@[]") < size)
        return false;
    memcpy(out, from, size);
    out[size] = '\0';
    return true;
}

static base_err entry_parse(const char *text, struct entry *out, struct base_why *why)
{
    const char *const at = strchr(text, '@');
    const char *const address = at != NULL ? at + 1 : text;
    const char *const colon = strrchr(address, ':');
    struct entry entry = { .has_id = at != NULL };
    if (colon == NULL || !port_take(colon + 1, entry.port) ||
        !host_take(address, colon, entry.host))
        return refuse(text, why);
    if (at != NULL) {
        char id[BPI_HERMES_ID_TEXT_SIZE];
        if ((size_t)(at - text) >= sizeof id)
            return base_fail(why, BASE_EPARSE, 0,
                             "\"%.120s\": before @ stands an id of %zu digits, and it has 64", text,
                             (size_t)(at - text));
        memcpy(id, text, (size_t)(at - text));
        id[at - text] = '\0';
        const base_err err = bpi_hermes_id_parse(id, &entry.id, why);
        if (err != BASE_OK)
            return base_fail_prefix(why, err, "\"%.120s\"", text);
    }
    *out = entry;
    return BASE_OK;
}

base_err suite_hermes_bootstrap_check(const char *text, struct base_why *why)
{
    struct entry entry;
    return entry_parse(text, &entry, why);
}

static struct base_address address_of(const struct sockaddr *found)
{
    struct base_address address = { 0 };
    if (found->sa_family == AF_INET6) {
        const struct sockaddr_in6 *const name = (const struct sockaddr_in6 *)found;
        memcpy(address.ip, &name->sin6_addr, sizeof address.ip);
        address.port = ntohs(name->sin6_port);
    } else {
        const struct sockaddr_in *const name = (const struct sockaddr_in *)found;
        address.ip[10] = address.ip[11] = 0xff;
        memcpy(address.ip + 12, &name->sin_addr, 4);
        address.port = ntohs(name->sin_port);
    }
    return address;
}

base_err hermes_tool_member_find(const char *text, int family, struct bpi_hermes_member *member,
                                 struct base_why *why)
{
    struct entry entry;
    struct addrinfo *found = NULL;
    const struct addrinfo wanted = { .ai_family = family, .ai_socktype = SOCK_DGRAM };
    const base_err err = entry_parse(text, &entry, why);
    if (err != BASE_OK)
        return err;
    const int status = getaddrinfo(entry.host, entry.port, &wanted, &found);
    if (status != 0)
        return base_fail(why, BASE_ENOTFOUND, 0, "bootstrap node %.120s: %s", text,
                         gai_strerror(status));
    const bool is_known =
        found->ai_family == AF_INET || found->ai_family == AF_INET6; /* the first is preferred */
    if (is_known)
        *member =
            (struct bpi_hermes_member){ .address = address_of(found->ai_addr), .id = entry.id };
    freeaddrinfo(found);
    return is_known
               ? BASE_OK
               : base_fail(why, BASE_ENOTFOUND, 0, "bootstrap node %.120s has no address", text);
}
