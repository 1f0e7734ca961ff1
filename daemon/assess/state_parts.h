/* Between the halves of the state. Internal to daemon/assess. */
#ifndef DAEMON_ASSESS_STATE_PARTS_H
#define DAEMON_ASSESS_STATE_PARTS_H

#include "daemon/assess/exchange.h"
#include "daemon/assess/state.h"

/* One pass of reading; `turn` is NULL in the first one, which changes nothing. */
struct state_load {
    struct assess *assess;
    struct exchange exchange;
    const struct turn *turn;
};

void state_save_limits(struct exchange *exchange, const struct watch_list *list);
void state_load_limit(struct state_load *load);
size_t state_limits_size(const struct watch_list *list);

void state_save_assets(struct exchange *exchange, const struct judges *judges);
void state_load_assets(struct state_load *load);
size_t state_assets_size(const struct judges *judges);

#endif
