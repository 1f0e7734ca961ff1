/* A host is a name or an address; whether it exists is the network's to say, not the file's. */
#include "config/endpoint.h"

#include "base/arena.h"
#include "config/text.h"

#include <string.h>

#define HOST_MAX 253

static const char *
check_host(const char *host, size_t length, bool bracketed)
{
    static const char NAME[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    static const char ADDRESS[] = "0123456789abcdefABCDEF:.%";
    if (length == 0)
        return "the host is missing";
    if (length > HOST_MAX)
        return "the host is longer than 253 letters";
    if (strspn(host, bracketed ? ADDRESS : NAME) < length)
        return bracketed ? "between the brackets must stand an IPv6 address"
                         : "a host has letters, digits, '-' and '.' only";
    return NULL;
}

const char *
endpoint_parse(const char *text, uint16_t default_port, struct arena *arena, const char **ret_host,
               uint16_t *ret_port)
{
    bool bracketed = *text == '[';
    const char *host = text + bracketed;
    size_t length = strcspn(host, bracketed ? "]" : ":");
    const char *wrong = check_host(host, length, bracketed);
    if (wrong)
        return wrong;
    const char *rest = host + length;
    if (bracketed && *rest++ != ']')
        return "']' is missing";
    uint64_t port = default_port;
    if (*rest == ':' && (!text_read_natural(rest + 1, &port) || port < 1 || port > 65535))
        return "behind ':' must stand a port from 1 to 65535 (an IPv6 address needs brackets)";
    if (*rest != ':' && *rest)
        return "nothing but ':PORT' may stand behind the host";
    if (port == 0)
        return "the port is missing: HOST:PORT";
    *ret_host = arena_text_n(arena, host, length);
    *ret_port = (uint16_t)port;
    return NULL;
}
