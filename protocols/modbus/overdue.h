/* Requests on a serial line that stayed without their answer: it may still come, and has neither
 * number nor address in it. A few are remembered by what their answers would look like. Pure. */
#ifndef PROTOCOLS_MODBUS_OVERDUE_H
#define PROTOCOLS_MODBUS_OVERDUE_H

#include "protocols/modbus/frame.h"

#define OVERDUE_MOST 4 /* the oldest is forgotten; its unit has been silent for long then */

struct overdue {
    struct {
        uint8_t unit, function;
        uint16_t count;
    } requests[OVERDUE_MOST];
    uint8_t count;
};

/* On TCP nothing is remembered: there the transaction id tells. */
void overdue_remember(struct overdue *overdue, const struct frame_request *request);

/* The unit has answered: slaves answer in order, so nothing of it is on its way. */
void overdue_forget(struct overdue *overdue, uint8_t unit);

/* Could an overdue answer be taken for the answer to this? */
bool overdue_looks_like(const struct overdue *overdue, const struct frame_request *request);

#endif
