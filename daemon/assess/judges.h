/* The assets as they are judged: their conditions, derived points and judges. */
#ifndef DAEMON_ASSESS_JUDGES_H
#define DAEMON_ASSESS_JUDGES_H

#include "daemon/assess/derive.h"
#include "daemon/assess/judge.h"
#include "daemon/assess/qualify.h"

#define JUDGES_MAX 16

struct judged_asset {
    const struct asset *asset;
    struct condition_state production, treatment;
    enum mode told; /* to the limits */
    struct derive derive;
    struct judge_seat seats[JUDGES_MAX]; /* by judge; without findings: it has nothing to do */
};

struct judges {
    const struct site *site;
    struct latest *latest; /* by point index */
    struct judged_asset *assets;
    const struct watch_list *list; /* whoever owns all three sets these */
    const struct qualify *qualify;
    uint16_t asset_count;
    struct judges_uses {
        struct judged_asset **assets;
        uint16_t count;
    } * of_device; /* by device index: the assets that look at it */
};

extern const struct judge *const JUDGES[];
extern const unsigned JUDGE_COUNT;

void judges_init(struct judges *judges, const struct site *site, struct arena *arena);

/* A scan's values become the newest ones, and the conditions see them. */
void judges_take(struct judges *judges, const struct scan *scan);

/* The derived scan that this scan makes of an asset, or NULL: call with i = 0, 1, ... while i is
 * below judges->of_device[...].count. `between`: it is not counted (pacing.h). */
struct derive *judges_derive(struct judges *judges, const struct scan *scan, bool between,
                             uint16_t i);

/* The judges of all assets that look at the device. */
void judges_step(struct judges *judges, const struct device *device, const struct turn *turn);
void judges_period(struct judges *judges, const struct statistic *statistic,
                   const struct turn *turn);
void judges_tick(struct judges *judges, const struct turn *turn);

#endif
