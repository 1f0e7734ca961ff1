/* One asset's conditions: discharge past the treatment, and production without treatment. */
#ifndef DAEMON_ASSESS_JUDGE_BYPASS_H
#define DAEMON_ASSESS_JUDGE_BYPASS_H

#include "daemon/assess/condition.h"
#include "daemon/assess/events.h"

enum asset_role { ROLE_PRODUCTION, ROLE_TREATMENT, ROLE_VALVE, ROLE_FLOW, ROLE_COUNT };

struct judged_asset {
    const struct asset *asset;
    const struct series *series[ROLE_COUNT]; /* of the conditions' points; NULL where none */
    struct condition_state conditions[ROLE_COUNT];
    bool touched;                 /* a condition was read since the last settling */
    struct event_state bypass;    /* bypass.open */
    struct event_state treatment; /* treatment.off */
    enum asset_role trigger;      /* of the bypass event: what opened it */
    bool by_valve, by_flow;       /* seen while it was open */
};

enum asset_event { ASSET_EVENT_BYPASS, ASSET_EVENT_TREATMENT, ASSET_EVENT_COUNT };

void judge_bypass_init(struct judged_asset *judged, const struct asset *asset);

const struct condition *judge_bypass_condition(const struct asset *asset, enum asset_role role);

/* A reading of the condition's point: it must be in the series already. */
void judge_bypass_reading(struct judged_asset *judged, enum asset_role role,
                          const struct evidence_value *reading, bool valid,
                          const struct turn *turn);

/* All conditions of a scan were read: opens and closes. */
void judge_bypass_settle(struct judged_asset *judged, const struct turn *turn);

void judge_bypass_tick(struct judged_asset *judged, const struct turn *turn);

struct event_state *judge_bypass_event(struct judged_asset *judged, enum asset_event which);

/* The event as its next record would say it; only its phase is left open. */
void judge_bypass_describe(const struct judged_asset *judged, enum asset_event which,
                           const struct stamp *at, struct event *ret_event);

/* Closes an open event because it is no longer judged. */
void judge_bypass_drop(struct judged_asset *judged, enum asset_event which,
                       const struct turn *turn);

#endif
