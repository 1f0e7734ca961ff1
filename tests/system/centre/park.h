/* A site of two devices and records that are known beforehand: every kind of value, quality and
 * clock a payload can carry. */
#ifndef TESTS_CENTRE_PARK_H
#define TESTS_CENTRE_PARK_H

#include "daemon/store/store.h"

struct park {
    struct store *store;
    struct site site;
    uint32_t boot;
    uint64_t turn;             /* number of the next scan */
    uint64_t last[STREAM_END]; /* sequence of the last record appended */
};

void park_make(struct park *park, struct destination *destinations, uint16_t count, uint32_t boot);

/* One scan of each device; false when the store has no room. */
bool park_append_scan(struct park *park);

/* An event opened and closed, its evidence, a minute and an hour. */
void park_append_events(struct park *park);

#endif
