/* Which mode an asset is in: by declaration, signal or calendar, always with an event. */
#ifndef DAEMON_ASSESS_MODE_H
#define DAEMON_ASSESS_MODE_H

#include "config/modes.h"
#include "daemon/declaration.h"
#include "daemon/stamp.h"

struct judge_seat;
struct turn;

/* Of the seat of JUDGE_MODE: the most urgent mode, as of its last step. */
enum mode mode_of(const struct judge_seat *seat);

/* When that mode came; 0: not known. */
int64_t mode_since_utc_ms(const struct judge_seat *seat);

/* The order of the asset for that mode, or NULL. */
const struct mode_order *mode_order_of(const struct asset *asset, enum mode mode);

/* May DECLARE_MODE be heeded for the asset of the seat? 0, or -EINVAL with why in a static
 * sentence.
 */
int mode_check(const struct judge_seat *seat, const struct declaration *said,
               const struct stamp *at, const char **ret_why);

/* What mode_check found good, from now on; "normal" ends what was declared before. */
void mode_declare(struct judge_seat *seat, const struct declaration *said, const struct stamp *at);

#endif
