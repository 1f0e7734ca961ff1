/* What a judge may find about a subject: at most one open event of one kind. The same for every
 * judge, so that alarms, updates, acknowledgement, saved states and closings by configuration are
 * written once. */
#ifndef DAEMON_ASSESS_FINDING_H
#define DAEMON_ASSESS_FINDING_H

#include "daemon/assess/condition.h"
#include "daemon/assess/events.h"

struct finding {
    struct event_state event;
    struct hold hold;    /* holds, but not yet for its delay */
    const char *kind;    /* code of the glossary, standards.md 13; static text */
    const char *subject; /* "boiler-3", "boiler-3.so2" */
    const struct asset *asset;
    const struct point *point;   /* shown with the event, or NULL */
    const struct series *series; /* of that point, or NULL */
    enum severity severity;
    enum limit_side side; /* which way the value is worse */
    double limit;         /* NaN: none */
    const char *averaging;
    /* Adds details, keys ascending; NULL: none. `owner` is for it. */
    void (*describe)(const struct finding *finding, struct event *draft);
    const void *owner;
};

/* A finding of an asset's judge, nothing open. The subject is copied by whoever makes it. */
void finding_init(struct finding *finding, const char *kind, const struct asset *asset);

/* The event as its next record would say it; only its phase is left open. */
void finding_draft(const struct finding *finding, const struct stamp *at, struct event *ret_event);

/* TRUE for delay_ms opens, dated from the first time; FALSE closes; UNKNOWN leaves what is open
 * open and pauses what is pending. `value` is observed while it is wrong. */
void finding_judge(struct finding *finding, enum truth wrong, uint32_t delay_ms, double value,
                   const struct turn *turn);

/* At once, for who keeps delays himself; false when there was no room for the record. `reason` is
 * static text or NULL. */
bool finding_open(struct finding *finding, const struct stamp *since, double value,
                  const struct turn *turn);
bool finding_close(struct finding *finding, const char *reason, const struct turn *turn);
bool finding_update(struct finding *finding, const struct turn *turn);

/* A moment, not a span: one record of phase "noted". The finding itself does not change. */
void finding_note(const struct finding *finding, double value, const struct turn *turn);

bool finding_is_open(const struct finding *finding);

/* A person has seen it: an update says who, when and why. False when it is not open, or when there
 * was no room for the record. A later word replaces an earlier one. */
bool finding_acknowledge(struct finding *finding, const char *by, const char *code,
                         const struct turn *turn);

/* One severity more where the site says that it has been open for long enough: once, told by an
 * update. What is an alarm already stays one, and nothing is told. */
void finding_escalate(struct finding *finding, const struct turn *turn);

/* Tells an open event anew where that is due. */
void finding_tick(struct finding *finding, const struct turn *turn);

#endif
