/* Mistakes inside a text of the site file. Internal to config/. */
#ifndef CONFIG_LOAD_WITHIN_H
#define CONFIG_LOAD_WITHIN_H

#include "config/load.h"

/* At the column-th character (from 1) of the node's text, where the file says it so that it can be
 * found again; a text with escapes is reported at its beginning. */
void load_mistake_within(struct load *load, const struct yaml_node *node, unsigned column,
                         const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
