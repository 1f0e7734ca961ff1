/* The readings of one point, or of all points of a device, in the order of their times: those of
 * stream sample and those of trend merged, whichever held the device's scans at the time. Where it
 * stands is told by sequences, which no compaction and no restart changes, so that another walk can
 * go on there. It unpacks one segment of each stream at a time. */
#ifndef DAEMON_STORE_WALK_H
#define DAEMON_STORE_WALK_H

#include "daemon/store/reader.h"
#include "daemon/store/record.h"

struct walk_reading {
    int64_t utc_ms;
    const struct registry_point *point;
    struct record_value value;
};

/* Where a walk stands: the scans that sample and trend come to next, and how many values of the
 * earlier of the two are gone through already. Valid for the same point and the same times. */
struct walk_place {
    uint64_t sample, trend;
    uint32_t values;
};

struct walk_options {
    const char *file;              /* of a store; or NULL: */
    const struct store_face *face; /* of the running store */
    const char *point;             /* "device.point", or "device" for all of its points */
    int64_t from_utc_ms, until_utc_ms;
    const struct walk_place *after; /* NULL: from the beginning */
    bool (*gave_up)(void *context); /* asked at each segment; or NULL */
    void *context;
};

struct walk;

/* 0 or negative errno with a sentence: -ENOENT: the store has no such point. */
int walk_open(const struct walk_options *options, struct walk **ret_walk, char ret_error[200]);
void walk_close(struct walk *walk);

/* False at the end, or when the store cannot be read any further (walk_failed), or it was given
 * up. The value's text and words are valid until the next call. */
bool walk_next(struct walk *walk, struct walk_reading *ret_reading);
bool walk_failed(const struct walk *walk);

/* Behind the reading that walk_next gave last. */
void walk_tell(const struct walk *walk, struct walk_place *ret_place);

/* Names of points and devices, the store's id. */
struct reader *walk_reader(struct walk *walk);

/* Share of the records that were gone through, 0 to 1. */
double walk_progress(const struct walk *walk);

/* Scans that had no known time and were left out. */
unsigned long long walk_untimed(const struct walk *walk);

/* "device.point" apart; "device" leaves the point "". False: too long. */
bool walk_split(const char *point, char ret_device[64], char ret_name[64]);

/* Number of the device, 0: the store has none of that name. Number of the next point behind
 * `behind` (0: the first) of that device and name ("": any), 0: no more. */
uint32_t walk_device(struct reader *reader, const char *device);
uint32_t walk_point(struct reader *reader, const char *device, const char *name, uint32_t behind);

#endif
