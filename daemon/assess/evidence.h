/* What the devices of an asset read around its events, for the evidence stream (docs/events.md).
 *
 * A ring of the newest scans of each device that an asset looks at; memory is bounded by the site
 * (config/events.h). An asset has at most one course of evidence at a time: it begins with an
 * opening, goes on while any event of the asset is open, and ends a while after the last closing.
 * It bears the id of the event that began it; within it no reading is told twice and none is lost.
 * The state keeps how far a course has come, not the rings: whoever restores feeds the last scans
 * again (evidence_recall). */
#ifndef DAEMON_ASSESS_EVIDENCE_H
#define DAEMON_ASSESS_EVIDENCE_H

#include "base/arena.h"
#include "daemon/assess/events.h"
#include "daemon/assess/exchange.h"

#define EVIDENCE_VALUES 240 /* readings in one record at most */
#define EVIDENCE_KIND   48

struct evidence_row {
    int64_t utc_ms, mono_ms;
    uint32_t boot;
    uint8_t clock; /* enum clock_state */
};

/* Row i has numbers[i * points ...]; quality EVIDENCE_ABSENT: not read in that scan. */
struct evidence_ring {
    const struct device *device;
    struct evidence_row *rows;
    double *numbers;
    uint8_t *qualities;
    uint32_t capacity, next, count;
};

/* What has been told of one device: everything up to that scan. */
struct evidence_told {
    uint32_t boot;
    int64_t mono_ms;
};

struct evidence_course {
    const struct asset *asset;
    bool running;
    bool closing; /* nothing is open any more; `closed` says since when */
    bool unsure;  /* whether anything still is open has to be looked at */
    bool behind;  /* what is there was more than could be told at once */
    char kind[EVIDENCE_KIND], store[33];
    uint64_t sequence;
    struct stamp began, copied, closed;
    struct evidence_told *told; /* by the asset's devices */
};

struct evidence_keeper {
    const struct site *site;
    struct evidence_ring *rings;     /* by device index */
    struct evidence_course *courses; /* by asset index */
    struct evidence_value *scratch;
    /* Whether an event of the asset is open: only who made the findings knows. */
    bool (*is_open)(const void *context, const struct asset *asset);
    const void *context;
};

void evidence_init(struct evidence_keeper *keeper, const struct site *site, struct arena *arena);

/* False: the site keeps no evidence of that asset. */
bool evidence_covers(const struct evidence_keeper *keeper, const struct asset *asset);

/* A scan comes in, before anything judges it. */
void evidence_take(struct evidence_keeper *keeper, const struct scan *scan,
                   const struct turn *turn);

/* The same for a scan of before the saved state, without telling anything. */
void evidence_recall(struct evidence_keeper *keeper, const struct scan *scan);

/* The id of the event whose evidence is running, or false. */
bool evidence_id(const struct evidence_keeper *keeper, const struct asset *asset, char *ret_id,
                 size_t size);

/* An event of the asset got its number; an event of it was closed. */
void evidence_opened(struct evidence_keeper *keeper, const struct asset *asset,
                     const struct event_state *event, const char *kind, const struct turn *turn);
void evidence_closed(struct evidence_keeper *keeper, const struct asset *asset,
                     const struct turn *turn);

/* One asset's course as part of the state, an array. Loading into NULL reads over it. */
void evidence_exchange(struct exchange *exchange, struct evidence_course *course);
size_t evidence_state_size(const struct asset *asset);

#endif
