/* What load_events.c gives to others. Internal to config/. */
#ifndef CONFIG_LOAD_EVENTS_H
#define CONFIG_LOAD_EVENTS_H

#include "config/load.h"

/* One kind of event or a list, each like bypass.open or exceedance.*, at the key of the node. */
const char *const *load_event_kinds(struct load *load, const struct yaml_node *node,
                                    const char *what, uint8_t *ret_count);

#endif
