/* The points of an asset that are made of other points: conversions, corrections, rates, masses.
 * Each scan of the asset's leading device makes one scan of them. */
#ifndef DAEMON_ASSESS_DERIVE_H
#define DAEMON_ASSESS_DERIVE_H

#include "base/arena.h"
#include "config/derivation.h"
#include "daemon/assess/exchange.h"
#include "daemon/assess/expression_run.h"
#include "daemon/assess/latest.h"

/* What a derivation remembers from scan to scan. */
struct derive_memory {
    bool has;
    double last;     /* the value of the scan before; of a result: its sampling time or slot */
    struct stamp at; /* of that scan */
    double since;    /* weight collected since the last result */
    double later;    /* of it, what belongs to the result after the one that is due */
};

/* Sums of an hour's dry concentration and O2, where both and the corrected value were valid: what
 * the correction of the means is made of. */
struct derive_hour {
    int64_t start_utc_ms;
    double dry, o2;
    uint32_t count;
};

struct derive {
    const struct asset *asset;
    struct scan scan;
    double *weights;                      /* as scan.values; NaN: unweighted */
    struct derive_memory *memories;       /* as scan.values */
    struct derive_hour (*hours)[2];       /* as scan.values: this hour and the one before */
    struct expression_state *expressions; /* as scan.values; of expressions only */
};

/* What it sees besides points. */
struct derive_view {
    const struct latest *latest;
    enum truth production, treatment;
    uint8_t declared; /* maintenance of the asset: nothing made for it is better than that */
    const struct stamp *at;
    bool between;              /* the scan is not counted (pacing.h) */
    const struct derive *made; /* values and weights of the points before this one */
};

void derive_init(struct derive *derive, const struct asset *asset, struct arena *arena);

/* Fills derive->scan and derive->weights; the latest values of the asset's own points go into
 * `latest` as they are made, so that one can be made of another before it. */
void derive_make(struct derive *derive, struct latest *latest, const struct derive_view *view);

/* The adsorbent was changed: what lives counts from nothing (DERIVE_LIFE). False: nothing does. */
bool derive_renew(struct derive *derive, const struct stamp *at);

/* The O2 correction of the means of an hour, for a corrected point; false where there is none. It
 * stands beside the mean of the corrected values, on which the verdict rests: which of the two is
 * meant is not settled (standards.md 4.2, 11 #8). */
bool derive_corrected_mean(const struct derive *derive, const struct point *point,
                           int64_t start_utc_ms, double *ret_mean);

void derive_exchange(struct derive *derive, struct exchange *exchange);

/* What expressions save, at most. */
size_t derive_saved_size(const struct derive *derive);

#endif
