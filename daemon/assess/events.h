/* One event's life: open, updates, closing, evidence before and after. What it is about is told by
 * the judge that owns it, through a draft. */
#ifndef DAEMON_ASSESS_EVENTS_H
#define DAEMON_ASSESS_EVENTS_H

#include "config/events.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/series.h"

struct evidence_keeper;

/* One call into assess: its time, and where its findings go. */
struct turn {
    const struct stamp *at;
    const struct assess_outlet *outlet;
    uint64_t *opened;                 /* events opened so far: gives their order */
    const struct event_rules *rules;  /* NULL: none */
    struct evidence_keeper *evidence; /* NULL: where nothing of it is told */
};

enum event_stage {
    EVENT_IDLE,
    EVENT_OPEN,
    EVENT_TRAILING, /* closed; evidence waits for a few more readings */
};

#define EVENTS_TRAILING 3 /* readings after the closing that evidence waits for */

struct event_state {
    enum event_stage stage;
    uint8_t awaited; /* readings */
    bool peak_is_new;
    uint64_t sequence; /* of the opening record: the identity, together with `store` */
    char store[33];
    uint64_t order;
    struct stamp since, recorded; /* begin; newest record */
    double value, peak;
    bool escalated;
    char acknowledged_by[64], reason_code[40]; /* by "": not acknowledged */
    int64_t acknowledged_utc_ms;
};

/* Writes what the state knows into a zeroed draft: since, duration, value, peak, identity. */
void events_describe(const struct event_state *state, const struct stamp *at,
                     struct event *ret_draft);

/* Sends the record and goes to the stage it means; opening and closing bring their evidence. False
 * when the record found no room: then the state is as before and the next reading tries again. */
bool events_record(struct event_state *state, struct event *draft, enum event_phase phase,
                   const struct series *series, const struct turn *turn);

/* A new value while pending (`first` for the first one) or open. */
void events_observe(struct event_state *state, double value, enum limit_side side, bool first);

/* A reading came after the closing. */
void events_trail(struct event_state *state, const struct event *draft, const struct series *series,
                  const struct turn *turn);

/* The evidence that still waits goes out now. */
void events_finish(struct event_state *state, const struct event *draft,
                   const struct series *series, const struct turn *turn);

/* An open event is told anew: a new peak at most once a minute, and at each new hour. */
bool events_is_update_due(const struct event_state *state, const struct stamp *now);

/* Appends a detail; keys must come in ascending order. */
void events_detail_text(struct event *draft, const char *key, const char *text);
void events_detail_number(struct event *draft, const char *key, double number);
void events_detail_integer(struct event *draft, const char *key, int64_t integer);

/* The same at its place, whatever stands there already. */
void events_add_text(struct event *draft, const char *key, const char *text);
void events_add_integer(struct event *draft, const char *key, int64_t integer);

/* What people and time have made of an open event: who acknowledged it, one severity more. */
void events_mark(const struct event_state *state, struct event *draft);

#endif
