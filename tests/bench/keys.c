/* A bitmap a log; logs are few and looked for one by one. */
#include "tests/bench/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOGS         64
#define SEQUENCE_MAX (1ULL << 32)

struct log_keys {
    char *name;
    uint8_t *bits;
    size_t size;
};

static struct log_keys logs[LOGS];
static size_t log_count;

static void
give_up(const char *why)
{
    fprintf(stderr, "mqsink: %s\n", why);
    exit(EXIT_FAILURE);
}

static struct log_keys *
find_log(const char *name)
{
    for (size_t i = 0; i < log_count; i++)
        if (strcmp(logs[i].name, name) == 0)
            return &logs[i];
    if (log_count == LOGS)
        give_up("more stores and streams than a benchmark has");
    logs[log_count].name = strdup(name);
    if (logs[log_count].name == NULL)
        give_up("no memory");
    return &logs[log_count++];
}

static void
make_room(struct log_keys *log, size_t at)
{
    size_t size = 2 * at + 4096;

    uint8_t *bits = realloc(log->bits, size);
    if (bits == NULL)
        give_up("no memory");
    memset(bits + log->size, 0, size - log->size);
    log->bits = bits;
    log->size = size;
}

bool
keys_mark(const char *log, uint64_t sequence)
{
    struct log_keys *found = find_log(log);

    if (sequence >= SEQUENCE_MAX)
        give_up("a sequence that no benchmark reaches");
    size_t at = (size_t)(sequence / 8);
    uint8_t bit = (uint8_t)(1U << sequence % 8);
    if (at >= found->size)
        make_room(found, at);
    if ((found->bits[at] & bit) != 0)
        return false;
    found->bits[at] |= bit;
    return true;
}
