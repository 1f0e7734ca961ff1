/* All findings of the stage, limits' and judges', for what is the same for each of them. Order:
 * limits by the points of the site, then assets by judge. */
#ifndef DAEMON_ASSESS_FINDINGS_H
#define DAEMON_ASSESS_FINDINGS_H

#include "daemon/assess/state.h"

struct finding_walk { /* zeroed before the first */
    uint32_t limit;
    uint16_t asset, finding;
    unsigned judge;
};

/* NULL behind the last. */
struct finding *findings_next(const struct assess *assess, struct finding_walk *walk);

/* The open event with that identity, or NULL. */
struct finding *findings_find(const struct assess *assess, const char *store, uint64_t sequence);

/* Whether an event of the asset is open; `context` is the assess. */
bool findings_has_open(const void *context, const struct asset *asset);

void findings_escalate(const struct assess *assess, const struct turn *turn);

#endif
