/* Runs compiled expressions (config/expression.h), one step a scan. Pure, bounded in memory and in
 * time.
 *
 * Qualities (daemon/value.h)
 * - An input that is not valid makes the result not valid; also in `and` and `or`, whose other side
 *   might decide alone. Of several reasons the worst (highest) is given; a valid result carries the
 *   worst of the qualities it rests on (frozen).
 * - if() rests on its condition and on the branch taken alone.
 * - Division by zero, a root below zero, a result beyond all doubles and clamp() with crossed
 *   bounds are QUALITY_NOT_A_NUMBER. A result that is not valid has the number NaN.
 *
 * Windows
 * - A window is rounded up to slots of whole seconds, at most EXPRESSION_SLOTS; it reaches over the
 * slot of this step and those before, so that (t - window, t] is exact where t is the start of a
 * slot, and else shorter by less than a slot.
 * - avg, min, max take the valid steps in it. They are valid when these are at least 75 % of the
 *   steps due (window / step); else the worst reason of those in it, QUALITY_INVALID_INPUT when
 *   steps are merely missing.
 * - delta(x, w) is x less what stood a window ago: the newest valid step in the slot of t - w or
 *   before it, by at most a quarter of the window or two steps. rate() is that by the time between.
 * - Every window is fed at every step, also in the branch of an if() that is not taken. Time that
 *   goes back begins all windows anew. */
#ifndef DAEMON_ASSESS_EXPRESSION_RUN_H
#define DAEMON_ASSESS_EXPRESSION_RUN_H

#include "base/buf.h"
#include "base/cbor.h"
#include "config/expression.h"

struct expression_value {
    double number;
    uint8_t quality;
};

struct expression_slot;

struct expression_state {
    struct expression_slot *slots;
    int64_t at_ms; /* of the last step; INT64_MIN: none yet */
};

/* Bytes that the windows need; 0 without windows. */
size_t expression_memory(const struct expression *expression);

/* `memory` is as large as that, aligned as by malloc, and outlives the state. */
void expression_begin(struct expression_state *state, const struct expression *expression,
                      void *memory);

/* inputs[i] is of the point expression->inputs[i]. at_ms goes on across restarts. */
struct expression_value expression_step(const struct expression *expression,
                                        struct expression_state *state,
                                        const struct expression_value *inputs, int64_t at_ms);

/* At most this many bytes are saved. */
size_t expression_saved_size(const struct expression *expression);
void expression_save(const struct expression *expression, const struct expression_state *state,
                     struct buf *buf);

/* False, and nothing changed, when it is malformed or of another expression, step or unit. */
bool expression_load(const struct expression *expression, struct expression_state *state,
                     struct cbor_cursor *cursor);

#endif
