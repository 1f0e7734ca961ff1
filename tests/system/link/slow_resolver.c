/* In front of libc's resolver (LD_PRELOAD): a name that ends in ".slow" takes 8 s to not resolve,
 * one that ends in ".dead" does not at once. */
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

static int
ends_with(const char *text, const char *end)
{
    size_t length = text ? strlen(text) : 0, most = strlen(end);
    return length >= most && strcmp(text + length - most, end) == 0;
}

int
getaddrinfo(const char *restrict name, const char *restrict service,
            const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (ends_with(name, ".slow")) {
        sleep(8);
        return EAI_AGAIN;
    }
    if (ends_with(name, ".dead"))
        return EAI_NONAME;
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(name, service, hints, found);
}
