/* A named person's word on its way through the engine: like an order it comes by pointer and goes
 * back through its own queue, but nothing of it waits. */
#include "base/clock.h"
#include "daemon/assess/declare.h"
#include "daemon/engine_parts.h"

void
engine_declare(struct engine *engine, struct declaring *declaring)
{
    struct assess_outlet outlet = engine_outlet(engine);

    timekeeper_stamp(engine->parts.timekeeper, clock_mono_ms(), &engine->now);
    declaring->refused = assess_declare(engine->assess, &declaring->said, &engine->now, &outlet,
                                        &declaring->recorded, declaring->why) != 0;
    engine->alarms_changed = true;
    engine->urgent = true;
    queue_post(declaring->done, &declaring);
}

static void
pass_note(void *context, const struct note *note)
{
    engine_note(context, note);
}

static void
pass_order(void *context, struct order *order)
{
    const struct engine *engine = context;

    engine->parts.order(engine->parts.context, order);
}

struct actions_outlet
engine_actions_outlet(struct engine *engine)
{
    return (struct actions_outlet){.order = pass_order, .note = pass_note, .context = engine};
}
