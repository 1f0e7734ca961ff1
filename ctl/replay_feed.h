/* What a stored day was made of, in the order in which it was lived through: scans of both streams
 * and event records, merged. One scan at a time is in memory.
 *
 * A scan is given as acquire had made it, as far as the store keeps that: a quality which the site
 * then in force had put on a number is taken off again, for the site that judges now to say its
 * own. Scans of derived points are left out: assess makes them. */
#ifndef CTL_REPLAY_FEED_H
#define CTL_REPLAY_FEED_H

#include "ctl/replay_map.h"
#include "daemon/model.h"
#include "daemon/store/record.h"

enum feed_kind { FEED_END, FEED_SCAN, FEED_EVENT };

/* Both are valid until the next call. */
struct feed_item {
    enum feed_kind kind;
    struct stamp at;
    int64_t utc_ms;              /* of `at`; INT64_MIN: not known */
    struct scan *scan;           /* FEED_SCAN */
    const uint8_t *qualities;    /* as stored, by point */
    const struct record *record; /* FEED_EVENT */
    const struct record_event *event;
};

struct feed;

/* NULL after a sentence on standard error. What is known to be of before from_utc_ms is left out;
 * behind until_utc_ms it goes on, for who asks further. */
struct feed *feed_open(const char *file, const struct replay_map *map, int64_t from_utc_ms,
                       int64_t until_utc_ms);
void feed_close(struct feed *feed);

void feed_next(struct feed *feed, struct feed_item *ret_item);
bool feed_failed(const struct feed *feed);

/* The store's reader of the registry, and its times. */
struct reader *feed_reader(const struct feed *feed);
int64_t feed_place(const struct feed *feed, const struct stamp *at);

#endif
