/* "paint-meter.power > 15 kW". Internal to config/. */
#ifndef CONFIG_CONDITIONS_H
#define CONFIG_CONDITIONS_H

#include "config/names.h"

/* Reads the text of the node into the condition (its delay is left alone). `what` is
 * "'running-when' of asset 'x'". Leaves point NULL after a mistake. */
void conditions_read(struct load *load, const struct yaml_node *node, const char *what,
                     const struct names_from *from, struct condition *condition);

/* hysteresis: of a mapping, for each of its conditions that compares. */
void conditions_read_hysteresis(struct load *load, const struct yaml_node *node, const char *what,
                                struct condition *const *conditions, size_t count);

/* A quantity in the unit of the point, or a mistake and false. */
bool conditions_quantity(struct load *load, const struct yaml_node *node, const char *what,
                         const struct point *point, bool is_difference, double *ret_value);

#endif
