/* What the numbers in records mean, and which of them a query wants. Taken anew for each scan of a
 * table, within the read transaction of the statement that scans. */
#ifndef EXTENSION_NAMES_H
#define EXTENSION_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;

struct named {
    uint32_t number;
    char *device, *name, *unit; /* of a device: its name in `device`, the others NULL */
    bool wanted;
};

struct names {
    struct named *devices, *points; /* ascending by number; all wanted at first */
    size_t device_count, point_count;
    char *store; /* id of the store file */
};

/* An SQLite code. names_free accepts what is zeroed or half built. */
int names_load(struct names *names, struct sqlite3 *db);
void names_free(struct names *names);

/* NULL: 0, or not in the registry. */
const struct named *names_device(const struct names *names, uint32_t number);
const struct named *names_point(const struct names *names, uint32_t number);

/* Unwants whatever is not of one of these devices, or has not one of these names. */
void names_want_devices(struct names *names, const char *const *wanted, size_t count);
void names_want_points(struct names *names, const char *const *wanted, size_t count);

/* The number of the only device that is wanted; 0: none, or several. */
uint32_t names_one_device(const struct names *names);

#endif
