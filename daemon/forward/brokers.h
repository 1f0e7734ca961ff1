/* Which of a destination's brokers to try next, and when to look whether the first is back. Pure:
 * time and chance come in; it knows no connection. One that works is kept; the order counts when
 * one does not, and for the way back. Owned by the destination's thread. */
#ifndef DAEMON_FORWARD_BROKERS_H
#define DAEMON_FORWARD_BROKERS_H

#include <stdbool.h>
#include <stdint.h>

struct brokers {
    uint8_t count;
    uint8_t at;            /* in use, or being tried */
    uint8_t failed;        /* in this round */
    uint8_t answers;       /* of the first, in a row */
    bool returning;        /* the attempt under way is the way back to the first */
    int64_t look_every_ms; /* longer with each way back that came to nothing */
    int64_t look_mono_ms;  /* next look at the first */
};

void brokers_init(struct brokers *brokers, uint8_t count);

/* The one at hand failed. True: all of them did, wait before the next round, which begins with the
 * first; false: the next may be tried at once. */
bool brokers_fail(struct brokers *brokers);

/* Connected to the one at hand; chance: any number. */
void brokers_connected(struct brokers *brokers, uint32_t chance, int64_t mono_ms);

/* A connection that had been good was lost: the same one is tried first. */
void brokers_lost(struct brokers *brokers);

/* Connected to another than the first, and it is time to look whether that one answers. */
bool brokers_should_look(const struct brokers *brokers, int64_t mono_ms);

/* The first answered or did not. True: go back to it now. */
bool brokers_looked(struct brokers *brokers, bool answers, uint32_t chance, int64_t mono_ms);

/* The connection was closed for the way back: the first is tried next. */
void brokers_return(struct brokers *brokers);

#endif
