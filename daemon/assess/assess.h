/* Stage 2: qualify, derive, aggregate, judge. Pure and deterministic: no clock, no I/O, no memory
 * taken while running; the same calls give the same output, byte for byte, on every build. Time
 * comes in with the scans and ticks. Used by the engine, by parkgatectl and by the replay tests. */
#ifndef DAEMON_ASSESS_H
#define DAEMON_ASSESS_H

#include "base/buf.h"
#include "daemon/model.h"

/* Where what assess finds goes. `event` returns the sequence the record was given; for an opening
 * record that is the identity of the event. */
struct assess_outlet {
    uint64_t (*event)(void *context, const struct event *event);
    void (*evidence)(void *context, const struct evidence *evidence);
    void (*statistic)(void *context, const struct statistic *statistic);
    void *context;
    const char *store; /* id of the store that numbers the events now */
    /* A scan of derived points, to be stored before what it leads to; or NULL: nobody wants it. */
    void (*scan)(void *context, const struct scan *scan);
};

struct assess;

/* 0 or -ENOMEM. The site must outlive it. */
int assess_new(const struct site *site, struct assess **ret_assess);
void assess_free(struct assess *assess);

/* Qualify: sets quality and nothing else of the scan's values (promise 8). Run before the scan is
 * stored, so that the store keeps the qualified scan. */
void assess_qualify(struct assess *assess, struct scan *scan);

/* Derive, aggregate, judge a qualified scan. */
void assess_scan(struct assess *assess, const struct scan *scan,
                 const struct assess_outlet *outlet);

/* A scan that was qualified and stored before, judged once more (restore): what qualify remembers
 * of it comes back as well. */
void assess_again(struct assess *assess, const struct scan *scan,
                  const struct assess_outlet *outlet);

/* Time goes on: closes periods that have ended (a grace of 2 s for scans under way) and tells open
 * events anew where that is due. To be called about once a second. A delay runs out with a reading,
 * never with a tick: only a reading shows that something still holds. */
void assess_tick(struct assess *assess, const struct stamp *now,
                 const struct assess_outlet *outlet);

/* The whole state (open periods, open events) as deterministic CBOR with a version. False if it did
 * not fit. */
bool assess_save(const struct assess *assess, struct buf *ret_state);

/* Bytes that assess_save writes at most, for the buffer it needs. */
size_t assess_state_size(const struct assess *assess);

/* Takes over a saved state, into one that has seen nothing yet, as far as points and limits are
 * still the same (by registry number and meaning). What is no longer judged is closed through the
 * outlet, at the time of the state's newest call, with the reason "configuration". 0, or -EINVAL
 * when the state is of another version or damaged (nothing taken). */
int assess_load(struct assess *assess, const void *state, size_t length,
                const struct assess_outlet *outlet);

/* A scan that was judged before the saved state, oldest first, behind assess_load: only what the
 * evidence of events to come is made of. Those of the last hour at most are of use. */
void assess_recall(struct assess *assess, const struct scan *scan);

/* The events open now, in order of opening, for the alarms page. Returns how many were written. */
size_t assess_open_events(const struct assess *assess, struct event *ret_events, size_t capacity);

/* HJ 212 letter and stable name of a quality ("timeout"); the same names travel in payloads. */
char quality_letter(enum quality quality);
const char *quality_name(enum quality quality);
bool quality_is_valid(enum quality quality); /* counts in means and verdicts */

#endif
