/* The engine's own memory and the steps of its life that stand in engine_life.c. Only for
 * engine*.c. */
#ifndef DAEMON_ENGINE_PARTS_H
#define DAEMON_ENGINE_PARTS_H

#include "base/thread.h"
#include "daemon/assess/assess.h"
#include "daemon/engine.h"
#include "daemon/engine_actions.h"
#include "daemon/notes.h"

struct engine {
    struct engine_parts parts;
    struct engine_counters counters;
    const struct site *site;
    struct assess *assess;
    struct notes notes;
    struct stamp now; /* of the message or tick being worked on */
    struct buf state, page;
    struct actions *actions, *next_actions;
    struct assess *next_assess; /* taken by engine_prepare, used by engine_adopt */
    struct buf next_state;
    struct device_counters *next_devices;
    const struct destination_counters *next_destinations;
    struct event *alarms;
    struct headroom *headroom;
    uint64_t seen_dropped_scans, seen_dropped_values;
    int64_t ticked_mono_ms, saved_mono_ms, looped_mono_ms, steered_mono_ms;
    bool urgent, alarms_changed, stopping, steered;
    struct thread thread;
};

/* Where what assess finds goes: into the store, numbered at `engine->now`. */
struct assess_outlet engine_outlet(struct engine *engine);

void engine_note(struct engine *engine, const struct note *note);

/* What events do goes out by these. */
struct actions_outlet engine_actions_outlet(struct engine *engine);

/* What a person declared is heeded, recorded and answered. */
void engine_declare(struct engine *engine, struct declaring *declaring);

/* Saves assess, notes and totals; they go to disk with the next commit. */
void engine_save(struct engine *engine);

/* First start: loads the saved state, replays what is behind it, notes start and gap. */
int engine_begin(struct engine *engine, const struct site *site);

/* Reload: the judgement goes on under another site with the state it has. */
void engine_adopt(struct engine *engine, const struct site *site);

void engine_note_stop(struct engine *engine);

#endif
