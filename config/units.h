/* The closed table of units (config/units/units.c): a number with a unit is read by it, and
 * payloads and catalogues name units by its keys. */
#ifndef CONFIG_UNITS_H
#define CONFIG_UNITS_H

#include <stdbool.h>

struct unit {
    const char *key;  /* "mg/m3" */
    const char *kind; /* dimension: two units of one kind convert into each other */
    double factor;    /* base unit of the kind = value * factor + shift */
    double shift;
    const char *zh, *en;
};

/* NULL where the table has none of that key. */
const struct unit *units_find(const char *key);

/* Converts; false when the kinds differ. */
bool units_convert(double value, const struct unit *from, const struct unit *to, double *ret_value);

/* The same for a distance between two values (a hysteresis): 1 K is 1 degC. */
bool units_convert_difference(double value, const struct unit *from, const struct unit *to,
                              double *ret_value);

/* The i-th unit, NULL behind the last: for help and the catalogue. */
const struct unit *units_at(unsigned i);

#endif
