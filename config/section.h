/* Reads one mapping of a site file by its section of the table of keys. Internal to config/. */
#ifndef CONFIG_SECTION_H
#define CONFIG_SECTION_H

#include "config/load.h"
#include "config/units.h"

/* Puts the defaults of all keys (also the base's) into the struct. */
void section_default(const struct schema_section *section, void *target);

/* Puts in what the mapping says; reports unknown keys, wrong types, values out of bounds, and
 * required keys that are not there. `what` names the mapping in sentences: "bus 'stack-line'". */
void section_read(struct load *load, const struct schema_section *section,
                  const struct yaml_node *node, const char *what, void *target);

/* The value of a SCHEMA_FORM key when it is there and has the right shape, else NULL. */
const struct yaml_node *section_form(const struct schema_section *section,
                                     const struct yaml_node *node, const char *key);

/* How many entries a mapping of named things has, with a mistake for each name that is none. */
uint32_t section_count_names(struct load *load, const struct yaml_node *node, const char *what);

/* A quantity with a unit of the table: its value, or a mistake and false. */
bool section_quantity(struct load *load, const struct yaml_node *node, const char *what,
                      double *ret_value, const struct unit **ret_unit);

#endif
