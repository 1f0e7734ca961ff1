/* A site file as a tree (config/yaml.h) written out again: as YAML that a person reads, or as JSON.
 * What matters survives (order, and what is text and what is a number); comments do not. */
#ifndef DAEMON_CONFIGURATION_DOCUMENT_H
#define DAEMON_CONFIGURATION_DOCUMENT_H

#include "base/json.h"
#include "config/yaml.h"

/* Block style, two blanks a level. What does not fit sets text->overflow. */
void document_print(struct buf *text, const struct yaml_node *root);

/* One JSON value. */
void document_write(struct json *json, const struct yaml_node *node);

#endif
