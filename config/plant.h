/* What plant an asset is, in the words limit sets are keyed on. Internal to config/. */
#ifndef CONFIG_PLANT_H
#define CONFIG_PLANT_H

#include "config/load.h"

bool plant_is_key(const char *key);

/* What the asset says under a key (fuel, firing, use, carrier, built, area, place): "" where it
 * says nothing, NULL where there is no such key. */
const char *plant_word(const struct asset *asset, const char *key);

/* A mistake when the word is none of the key's. */
void plant_check_word(struct load *load, const struct yaml_node *node, const char *what,
                      const char *key, const char *word);

#endif
