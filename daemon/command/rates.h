/* How fast a sender may command: a bucket of tokens each (a person, or a destination for what
 * nobody signed). And how many refusals of a sender are recorded singly, so that a flood does not
 * fill the store. Pure: time comes from the caller. Bounded: names come from the site file only,
 * a stranger cannot make new ones. */
#ifndef DAEMON_COMMAND_RATES_H
#define DAEMON_COMMAND_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATES_SENDERS        128
#define RATES_BURST          20
#define RATES_REFUSALS       10 /* a minute, recorded singly */
#define RATES_REFUSALS_IN_MS 60000

struct rate {
    char name[80];
    int64_t tokens; /* thousandths of one command */
    int64_t filled_mono_ms;
    int64_t minute_mono_ms; /* of refusals: when it began; 0: none is counted */
    uint32_t refusals;      /* in it */
};

struct rates {
    struct rate senders[RATES_SENDERS];
    size_t count;
};

/* True when that sender may send one more now. */
bool rates_take(struct rates *rates, const char *name, uint32_t a_minute, uint32_t burst,
                int64_t mono_ms);

/* Counts a refusal; true when it is to be recorded by itself. */
bool rates_refusal(struct rates *rates, const char *name, int64_t mono_ms);

/* Minutes that are over: the refusals that were not recorded singly, sender after sender. 0 when
 * there are no more; call until then. */
uint32_t rates_flood(struct rates *rates, int64_t mono_ms, const char **ret_name);

#endif
