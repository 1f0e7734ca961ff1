/* HOST, HOST:PORT and [IPV6]:PORT. Pure; nothing is resolved here. */
#ifndef CONFIG_ENDPOINT_H
#define CONFIG_ENDPOINT_H

#include <stdint.h>

struct arena;

/* NULL when it is good, else what is wrong with it. A missing port becomes default_port; with
 * default_port 0 it must be there. */
const char *endpoint_parse(const char *text, uint16_t default_port, struct arena *arena,
                           const char **ret_host, uint16_t *ret_port);

#endif
