/* What a judge of assets is: one for bypasses, one for electricity, one for rules, ... A judge sees
 * an asset's newest readings whenever one of its devices was read, its closed periods, and the
 * seconds; what it finds are findings. To add one: a file, and its row in judges.c. */
#ifndef DAEMON_ASSESS_JUDGE_H
#define DAEMON_ASSESS_JUDGE_H

#include "base/arena.h"
#include "daemon/assess/exchange.h"
#include "daemon/assess/finding.h"
#include "daemon/assess/latest.h"
#include "daemon/assess/mode.h"

/* What a judge sees in one call. */
struct judging {
    const struct site *site;
    const struct latest *latest; /* by point index; see latest_of */
    const struct asset *asset;
    const struct device *device; /* whose scan came; NULL on a tick */
    enum truth production;       /* the asset's conditions; unknown where the site has none */
    enum truth treatment;
    double production_value, treatment_value; /* of their points; NaN */
    struct stamp production_since, treatment_since;
    enum mode mode;                 /* of the asset, now */
    const struct mode_order *order; /* the load or stop order of that mode for the asset, or NULL */
    const struct watch_list *list;  /* the limits, as they are judged */
    const struct turn *turn;
};

/* What a judge of one asset consists of besides its own state. */
struct judge_seat {
    const struct asset *asset;
    struct finding *findings; /* zeroed; init makes them */
    uint16_t finding_count;
    void *state;
    size_t state_size; /* bytes; its saved form takes at most four times as many */
};

struct judge {
    const char *name; /* in saved states: never changed */
    bool keeps;       /* its own state is taken whatever the site says about the asset now */

    /* How much it needs for the asset; no findings: it has nothing to judge there. */
    void (*measure)(const struct asset *asset, uint16_t *ret_findings, size_t *ret_state_size);

    /* On zeroed findings and state. The arena is for what depends on the site alone; it is NULL
     * when a saved state was no good and the seat is made new once more. */
    void (*init)(struct judge_seat *seat, struct arena *arena);

    /* One of the asset's devices was read (in->device), or a second went by (NULL). */
    void (*step)(struct judge_seat *seat, const struct judging *in);

    /* A closed period of a point of one of the asset's devices, derived ones too; or NULL. */
    void (*period)(struct judge_seat *seat, const struct statistic *statistic,
                   const struct judging *in);

    /* The judge's own state both ways as exactly one array, findings apart; or NULL. It is only
     * read back while the site says the same about the asset. */
    void (*exchange)(struct judge_seat *seat, struct exchange *exchange);
};

extern const struct judge JUDGE_MODE, JUDGE_FLUE, JUDGE_BYPASS;
extern const struct judge JUDGE_TREATMENT;
extern const struct judge JUDGE_POWER_EDGES, JUDGE_POWER_LOAD, JUDGE_POWER_ORDER,
    JUDGE_POWER_SIGNAL;

extern const struct judge JUDGE_RULE;
extern const struct judge JUDGE_MARKS;
extern const struct judge JUDGE_VOC;
extern const struct judge JUDGE_WATER;

#endif
