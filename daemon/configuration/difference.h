/* What differs between two site files, member by member: for who proposes one, and for the record.
 * Pure. */
#ifndef DAEMON_CONFIGURATION_DIFFERENCE_H
#define DAEMON_CONFIGURATION_DIFFERENCE_H

#include "base/json.h"
#include "config/yaml.h"

#define DIFFERENCE_MOST 200
#define DIFFERENCE_PATH 160

struct difference_entry {
    char path[DIFFERENCE_PATH];             /* "devices.cems.every", "limits[2].limit" */
    const struct yaml_node *before, *after; /* NULL: it is not there */
};

struct difference {
    struct difference_entry list[DIFFERENCE_MOST];
    size_t count, rest;
};

/* The trees must outlive the result; either may be NULL (nothing). */
void difference_find(const struct yaml_node *before, const struct yaml_node *after,
                     struct difference *ret_difference);

/* "difference":[{path, before, after}], within `room` bytes, and "difference_rest" where some did
 * not fit. A value longer than 300 bytes is cut and given as text; what could be a secret is not
 * shown (docs/configuration.md). */
void difference_write(struct json *json, const struct difference *difference, size_t room);

#endif
