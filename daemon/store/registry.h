/* Identity: what a number in a record means, for ever. A device, point, destination or boot gets a
 * number that is never used again; a point whose unit, scale or meaning changes gets a new one;
 * `was:` carries a number over to a new name. */
#ifndef DAEMON_STORE_REGISTRY_H
#define DAEMON_STORE_REGISTRY_H

#include "config/site.h"
#include "daemon/store/database.h"

/* Fills in every number of the site and each device's by_number; inside a transaction of the
 * caller. 0 or negative errno. */
int registry_number_site(struct database *database, struct site *site);

/* The number of a kernel boot, made if it is new. 0 on failure. */
/* The boot's time zero, kept once. */
int registry_place_boot(struct database *database, uint32_t boot, int64_t zero_utc_ms);
bool registry_boot_is_placed(struct database *database, uint32_t boot);
uint32_t registry_boot(struct database *database, const char *boot_id, int64_t utc_ms);

/* Copies everything but the segments from the store file at `path` into a new one. */
int registry_copy(struct database *target, const char *path);

#endif
