/* One description of a field list for both directions: written to a buf, or read back. Each
 * function returns the value that stands now: the given one when writing, the read one when
 * reading. */
#ifndef DAEMON_ASSESS_EXCHANGE_H
#define DAEMON_ASSESS_EXCHANGE_H

#include "base/cbor.h"
#include "daemon/assess/aggregate.h"
#include "daemon/assess/watch.h"

/* Exactly one of the two is there. */
struct exchange {
    struct buf *out;
    struct cbor_cursor *in;
};

/* An array of exactly `count`; reading another length fails. */
void exchange_array(struct exchange *exchange, size_t count);

/* An array whose length is data. */
size_t exchange_count(struct exchange *exchange, size_t count);

/* At most `max`; reading more fails and gives 0. */
uint64_t exchange_natural(struct exchange *exchange, uint64_t value, uint64_t max);
int64_t exchange_integer(struct exchange *exchange, int64_t value);
double exchange_number(struct exchange *exchange, double value);
bool exchange_flag(struct exchange *exchange, bool value);

/* In place; reading fails when it does not fit. */
void exchange_text(struct exchange *exchange, char *text, size_t size);

void exchange_stamp(struct exchange *exchange, struct stamp *stamp);
void exchange_span(struct exchange *exchange, struct aggregate_span *span);
void exchange_tally(struct exchange *exchange, struct tally *tally);
void exchange_series(struct exchange *exchange, struct series *series);
void exchange_hold(struct exchange *exchange, struct hold *hold);
void exchange_event(struct exchange *exchange, struct event_state *event);
void exchange_condition(struct exchange *exchange, struct condition_state *condition);

#endif
