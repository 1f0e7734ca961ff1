/* What a named person says about the plant, for assess to heed and the store to keep: an event
 * record each, so that a later replay finds it (daemon/store/declared.h reads it back). No
 * functions. */
#ifndef DAEMON_DECLARATION_H
#define DAEMON_DECLARATION_H

#include <stdbool.h>
#include <stdint.h>

struct queue;

enum declaration_kind {
    DECLARE_MODE,        /* subject: asset or "gateway"; word: the mode, "normal" ends it */
    DECLARE_MAINTENANCE, /* subject: device, "device.point" or asset; word: "on" or "off" */
    DECLARE_CALIBRATED,  /* subject: device or "device.point"; at from_utc_ms */
    DECLARE_MARK,        /* subject: asset; word: working condition or reason; hours from..until */
    DECLARE_ACKNOWLEDGE, /* store and sequence: the event; word: reason code */
};

struct declaration {
    enum declaration_kind kind;
    char subject[80];
    char word[40];
    char pollutant[40];                /* of a mark; "": all */
    char by[64];                       /* who says so: never empty */
    char reason[160];                  /* free text, UTF-8 */
    int64_t from_utc_ms, until_utc_ms; /* [from, until) */
    char store[33];
    uint64_t sequence;
};

#define DECLARATION_WHY 200

/* One on its way: it belongs to whoever made it, from when it was posted to the engine until its
 * pointer comes back through `done`. */
struct declaring {
    struct declaration said; /* from_utc_ms 0: now */
    struct queue *done;      /* struct declaring * */
    bool refused;
    char why[DECLARATION_WHY]; /* refused: what a person reads */
    uint64_t recorded;         /* the sequence of its event */
};

#endif
