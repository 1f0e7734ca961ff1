/* What events do (docs/events.md): while an open event asks for an action it is on, else it is off.
 * Only the engine's thread calls these, except actions_new and actions_free. */
#ifndef DAEMON_ENGINE_ACTIONS_H
#define DAEMON_ENGINE_ACTIONS_H

#include "base/buf.h"
#include "daemon/model.h"

struct actions;

struct actions_outlet {
    void (*order)(void *context, struct order *order); /* to its bus, or back */
    void (*note)(void *context, const struct note *note);
    void *context;
};

/* 0 or -ENOMEM. The site must outlive it. */
int actions_new(const struct site *site, const struct actions_outlet *outlet,
                struct actions **ret_actions);
void actions_free(struct actions *actions); /* accepts NULL; no order may be under way */

/* The events open now. What they ask for is begun. */
void actions_want(struct actions *actions, const struct event *open, size_t count, int64_t mono_ms);

/* About once a second: takes what came back from the buses, tries again what did not work. */
void actions_tick(struct actions *actions, int64_t mono_ms);

/* Names of what is on, for the next start. */
void actions_save(const struct actions *actions, struct buf *ret_state);
void actions_load(struct actions *actions, const void *state, size_t length);

/* A reload: what is on and stays in the new site stays on; what does not is told. The buses of the
 * old site have ended. */
void actions_carry(struct actions *to, struct actions *from, int64_t mono_ms);

#endif
