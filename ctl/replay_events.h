/* The events a store holds against those a replay finds: both come in record by record, are put
 * together to episodes, and are compared at the end. Only kinds that assess makes take part: a
 * start, a lost broker, a gap are nothing a judgement can repeat. */
#ifndef CTL_REPLAY_EVENTS_H
#define CTL_REPLAY_EVENTS_H

#include "ctl/replay_print.h"
#include "daemon/record.h"

#include <stddef.h>

/* What one record says, whoever wrote it. */
struct sighting {
    const char *kind, *subject, *averaging;
    size_t kind_length, subject_length, averaging_length;
    enum event_phase phase;
    uint64_t opened; /* sequence of the opening record */
    int64_t at_utc_ms, since_utc_ms;
    double peak, limit;
    int64_t periods;
};

struct episodes {
    struct episode *all;
    size_t count, capacity, first; /* first: those before it are matched */
};

struct replay_span {
    int64_t lead_utc_ms, from_utc_ms, until_utc_ms;
    int64_t end_utc_ms; /* how far was judged: closings of the last periods come behind `until` */
};

/* Events of the gateway itself (docs/payloads) are left out. False: not of assess. */
bool episodes_is_judged(const char *kind, size_t length);

/* 0 or -ENOMEM. */
int episodes_add(struct episodes *episodes, const struct sighting *sighting);
void episodes_free(struct episodes *episodes);

/* Those that touch [from, until). What opened before the lead-in has no comparable opening and
 * peak, and where the replay does not find it, nobody knows. What closed behind end_utc_ms was open
 * then. */
void episodes_compare(struct episodes *stored, struct episodes *found,
                      const struct replay_span *span, struct replay_print *print,
                      struct replay_summary *summary);

#endif
