/* Makes the points of an asset that are derived from other points. Internal to config/. */
#ifndef CONFIG_DERIVATIONS_H
#define CONFIG_DERIVATIONS_H

#include "config/derivation.h"
#include "config/names.h"

#define DERIVATIONS_MAX 96 /* an asset */

/* Adds the asset's point `name` in `unit` ("" for none), made as `how` says, and returns it; the
 * first one makes the asset's device. NULL after a mistake at the node (the asset's: too many, or
 * the asset has the name of a device). A point of that name that is there already is returned when
 * it is made in the same way. */
struct point *derivations_add(struct load *load, const struct yaml_node *node, struct asset *asset,
                              const char *name, const char *unit, const struct derivation *how);

/* Adds an input (NULL: one that is not there), to be converted into `unit`. False after a mistake:
 * its unit is of another kind. A point without a unit is taken to be in it. */
bool derivations_take(struct load *load, const struct yaml_node *node, struct derivation *how,
                      const struct point *point, const char *unit);

/* The asset's point of that name, or NULL. */
struct point *derivations_find(const struct asset *asset, const char *name);

/* A point for a role of the asset: the one that `inputs` (a mapping ROLE: POINT, may be NULL)
 * names, else the point of that name among the asset's own and its devices'; NULL without a mistake
 * where there is none. */
struct point *derivations_input(struct load *load, const struct yaml_node *inputs,
                                const struct names_from *from, const char *role);

/* The O2-corrected value of a pollutant of the asset ("so2") at that reference, made when it is not
 * there yet: "so2-corrected" at the asset's own reference, "so2-corrected-o2-6" at another. NULL
 * after a mistake that says what is missing. Defined by the flue part (load_flue.c). */
struct point *derivations_corrected(struct load *load, const struct yaml_node *node,
                                    struct asset *asset, const struct names_from *from,
                                    const char *pollutant, double reference_o2);

/* When all is read: whose scans lead, which devices the asset looks at. */
void derivations_finish(struct load *load, struct asset *asset, const struct names_from *from);

/* The asset looks at the point's device as well. */
void derivations_use(struct load *load, struct asset *asset, const struct point *point);

#endif
