/* What the files of `parkgatectl command` share. */
#ifndef CTL_COMMAND_PARTS_H
#define CTL_COMMAND_PARTS_H

#include "ctl/remote.h"

#include <jansson.h>

#define COMMAND_GATEWAYS 1024

struct command_line {
    struct remote_options remote; /* broker NULL: this machine's socket */
    const char *socket;
    const char *park, *prefix;
    const char *gateways[COMMAND_GATEWAYS]; /* the one "all": every one that is known there */
    int gateway_count;
    const char *sign, *as; /* NULL: unsigned */
    const char *output;
    int64_t timeout_ms; /* without an answer */
};

/* NAME=VALUE and JSON objects into one; false after a sentence. */
bool command_take_members(json_t *members, int count, char **words);

/* Over the broker; the exit code. */
int command_send(const struct command_line *line, const char *verb, json_t *members);

#endif
