/* JSON merge patch (RFC 7396) upon a site file: what a member says replaces, null removes, the rest
 * stays as it is and where it is. Pure; all memory is the arena's. */
#ifndef DAEMON_CONFIGURATION_MERGE_H
#define DAEMON_CONFIGURATION_MERGE_H

#include "config/yaml.h"

#include <jansson.h>

/* The patched tree, in part the old one's nodes; the old tree is used up. NULL: nested deeper than
 * YAML_DEPTH_MAX, or more than YAML_ENTRIES_MAX entries in one place. */
struct yaml_node *merge_apply(struct arena *arena, struct yaml_node *target, const json_t *patch);

#endif
