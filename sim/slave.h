/* The slaves of the park: each device of the site answers requests with what its points show. A
 * device serves the registers from its first to its last point in a table (those between without a
 * point read 0) and answers exception 2 outside, 1 to a function it does not know, 3 to a bad
 * count. It misbehaves when it is told to. Knows no wire. */
#ifndef SIM_SLAVE_H
#define SIM_SLAVE_H

#include "sim/frame.h"
#include "sim/signals.h"
#include "sim/step.h"

struct slave_counters {
    uint64_t requests, answers, exceptions, silences, registers;
};

struct slaves;

/* The signals must outlive the slaves. 0 or -ENOMEM. */
int slaves_new(const struct site *site, struct signals *signals, struct slaves **ret_slaves);
void slaves_free(struct slaves *slaves);

/* The device behaves like this until until_ms (0: until told otherwise). */
void slaves_tell(struct slaves *slaves, const struct device *device, const struct step *step,
                 int64_t until_ms);

/* Ends what has lasted long enough. */
void slaves_advance(struct slaves *slaves, int64_t now_ms);

struct slave_answer {
    uint8_t unit;
    uint8_t pdu[FRAME_PDU];
    size_t length;
    uint32_t late_ms, drip_ms; /* 0: as usual */
    bool noise;
};

/* False: nobody answers. */
bool slaves_answer(struct slaves *slaves, const struct bus *bus, uint8_t unit, const uint8_t *pdu,
                   size_t length, struct slave_answer *ret_answer);

const struct slave_counters *slaves_counters(const struct slaves *slaves,
                                             const struct device *device);

#endif
