/* A broker that takes TCP connections and refuses MQTT would draw a gateway back and forth for
 * ever: each way back that fails doubles the time until the next look. */
#include "daemon/forward/brokers.h"

#define LOOK_EVERY_MS  60000
#define LOOK_MOST_MS   1800000
#define ANSWERS_WANTED 2

void
brokers_init(struct brokers *brokers, uint8_t count)
{
    *brokers = (struct brokers){.count = count ? count : 1, .look_every_ms = LOOK_EVERY_MS};
}

bool
brokers_fail(struct brokers *brokers)
{
    if (brokers->returning && brokers->look_every_ms < LOOK_MOST_MS)
        brokers->look_every_ms *= 2;
    brokers->returning = false;
    brokers->at = (uint8_t)((brokers->at + 1) % brokers->count);
    if (++brokers->failed < brokers->count)
        return false;
    brokers->failed = brokers->at = 0;
    return true;
}

/* Between three quarters and five quarters of the interval, so that a fleet does not look as one.
 */
static void
look_later(struct brokers *brokers, uint32_t chance, int64_t mono_ms)
{
    int64_t every = brokers->look_every_ms;
    brokers->look_mono_ms = mono_ms + every * 3 / 4 + chance % (every / 2 + 1);
}

void
brokers_connected(struct brokers *brokers, uint32_t chance, int64_t mono_ms)
{
    brokers->failed = brokers->answers = 0;
    look_later(brokers, chance, mono_ms);
}

void
brokers_lost(struct brokers *brokers)
{
    brokers->failed = brokers->answers = 0;
    if (brokers->at == 0)
        brokers->look_every_ms = LOOK_EVERY_MS;
    brokers->returning = false;
}

bool
brokers_should_look(const struct brokers *brokers, int64_t mono_ms)
{
    return brokers->at != 0 && mono_ms >= brokers->look_mono_ms;
}

bool
brokers_looked(struct brokers *brokers, bool answers, uint32_t chance, int64_t mono_ms)
{
    look_later(brokers, chance, mono_ms);
    brokers->answers = answers ? (uint8_t)(brokers->answers + 1) : 0;
    if (brokers->answers < ANSWERS_WANTED)
        return false;
    brokers->answers = 0;
    return true;
}

void
brokers_return(struct brokers *brokers)
{
    brokers->at = brokers->failed = brokers->answers = 0;
    brokers->returning = true;
}
