/* See sim/signals.h. */
#include "sim/signals.h"

#include "config/units.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_MAX 64
#define SIGNAL_NAME  96

struct signal {
    const double *source;         /* in the park; NULL: nobody's quantity */
    int parts;                    /* of the park's unit, as the instrument shows it; 0: all */
    const struct unit *from, *to; /* both NULL: as it is */
    bool set;
    double set_value;
    double held;
};

struct active {
    bool used;
    char name[SIGNAL_NAME];
    double *value;
    bool *set;     /* of a point's signal; NULL for a knob */
    double normal; /* of a knob */
    double first, to;
    int64_t start_ms, over_ms, for_ms;
};

struct signals {
    const struct site *site;
    struct park *park;
    struct signal *signals; /* by point->index */
    bool *held;             /* by device->index */
    struct active active[SETTINGS_MAX];
};

/* The plant that knows most of the device's points. */
static enum plant
guess_plant(const struct park *park, const struct device *device)
{
    enum plant best = PLANT_NONE;
    unsigned most = 0;

    for (enum plant plant = PLANT_BOILER; plant < PLANT_END; plant++) {
        unsigned known = 0;
        const char *unit;
        int parts;

        for (uint16_t i = 0; i < device->point_count; i++)
            known += park_find_quantity(park, plant, device->points[i].name, &unit, &parts) != NULL;
        if (known > most) {
            most = known;
            best = plant;
        }
    }
    return best;
}

static void
tie(struct signals *signals, const struct device *device)
{
    enum plant plant = guess_plant(signals->park, device);

    for (uint16_t i = 0; i < device->point_count; i++) {
        const struct point *point = &device->points[i];
        struct signal *signal = &signals->signals[point->index];
        const char *unit = "";
        double ignored;

        signal->source = park_find_quantity(signals->park, plant, point->name, &unit,
                                            &signal->parts);
        if (signal->source == NULL || strcmp(unit, point->unit) == 0)
            continue;
        signal->from = units_find(unit);
        signal->to = units_find(point->unit);
        if (signal->from == NULL || signal->to == NULL ||
            !units_convert(0.0, signal->from, signal->to, &ignored))
            signal->from = signal->to = NULL;
    }
}

int
signals_new(const struct site *site, struct park *park, struct signals **ret_signals)
{
    struct signals *signals = calloc(1, sizeof *signals);

    if (signals == NULL)
        return -ENOMEM;
    signals->site = site;
    signals->park = park;
    signals->signals = calloc(site->point_count + 1, sizeof *signals->signals);
    signals->held = calloc(site->device_count + 1U, sizeof *signals->held);
    if (signals->signals == NULL || signals->held == NULL) {
        signals_free(signals);
        return -ENOMEM;
    }
    for (uint16_t i = 0; i < site->device_count; i++)
        tie(signals, &site->devices[i]);
    *ret_signals = signals;
    return 0;
}

void
signals_free(struct signals *signals)
{
    if (signals == NULL)
        return;
    free(signals->signals);
    free(signals->held);
    free(signals);
}

static const struct point *
find_point(const struct signals *signals, const char *name)
{
    const char *dot = strchr(name, '.');
    char device[SIGNAL_NAME];

    if (dot == NULL || (size_t)(dot - name) >= sizeof device)
        return NULL;
    memcpy(device, name, (size_t)(dot - name));
    device[dot - name] = '\0';
    return site_find_point(signals->site, device, dot + 1);
}

/* Where the signal's value is put; false when there is none of that name. */
static bool
resolve(const struct signals *signals, const char *name, struct active *ret_active)
{
    const struct point *point = find_point(signals, name);
    struct active active = {.used = true};

    if (strlen(name) >= sizeof active.name)
        return false;
    strcpy(active.name, name);
    if (point != NULL) {
        active.value = &signals->signals[point->index].set_value;
        active.set = &signals->signals[point->index].set;
        active.first = signals_value(signals, point);
    } else {
        active.value = park_find_knob(signals->park, name, &active.normal);
        if (active.value == NULL)
            return false;
        active.first = *active.value;
    }
    *ret_active = active;
    return true;
}

bool
signals_know(const struct signals *signals, const char *name)
{
    struct active ignored;

    return resolve(signals, name, &ignored);
}

static struct active *
find_active(struct signals *signals, const char *name)
{
    for (size_t i = 0; i < SETTINGS_MAX; i++)
        if (signals->active[i].used && strcmp(signals->active[i].name, name) == 0)
            return &signals->active[i];
    return NULL;
}

static struct active *
free_slot(struct signals *signals)
{
    for (size_t i = 0; i < SETTINGS_MAX; i++)
        if (!signals->active[i].used)
            return &signals->active[i];
    return NULL;
}

int
signals_set(struct signals *signals, const struct setting *setting)
{
    struct active active;
    struct active *slot = find_active(signals, setting->name);

    if (!resolve(signals, setting->name, &active))
        return -ENOENT;
    if (slot == NULL)
        slot = free_slot(signals);
    if (slot == NULL)
        return -ENOSPC;
    active.to = setting->to;
    active.start_ms = setting->start_ms;
    active.over_ms = setting->over_ms;
    active.for_ms = setting->for_ms;
    *slot = active;
    return 0;
}

static void
let_go(struct active *active)
{
    if (active->set != NULL)
        *active->set = false;
    else
        *active->value = active->normal;
    active->used = false;
}

int
signals_release(struct signals *signals, const char *name)
{
    struct active *active = find_active(signals, name);

    if (active != NULL)
        let_go(active);
    return active != NULL || signals_know(signals, name) ? 0 : -ENOENT;
}

static void
move(struct active *active, int64_t now_ms)
{
    int64_t age_ms = now_ms - active->start_ms;

    if (age_ms < 0)
        return;
    if (active->for_ms > 0 && age_ms >= active->for_ms) {
        let_go(active);
        return;
    }
    if (active->set != NULL)
        *active->set = true;
    if (age_ms >= active->over_ms)
        *active->value = active->to;
    else
        *active->value = active->first +
                         (active->to - active->first) * (double)age_ms / (double)active->over_ms;
}

void
signals_advance(struct signals *signals, int64_t now_ms)
{
    while (signals->park->now_ms + PARK_STEP_MS <= now_ms) {
        int64_t next_ms = signals->park->now_ms + PARK_STEP_MS;

        for (size_t i = 0; i < SETTINGS_MAX; i++)
            if (signals->active[i].used)
                move(&signals->active[i], next_ms);
        park_advance(signals->park, next_ms);
    }
}

/* A point no plant knows: a wave in the middle half of its range, its phase by its number. */
static double
wave(const struct signals *signals, const struct point *point)
{
    double phase = (double)signals->park->now_ms / 30000.0 + point->index;
    double low = point->has_range ? point->low : 0.0;
    double high = point->has_range ? point->high : 100.0;

    if (point->type == TYPE_BOOL || point->type == TYPE_BITS)
        return 0.0;
    return low + (high - low) * (0.5 + 0.25 * sin(phase));
}

static double
live_value(const struct signals *signals, const struct point *point)
{
    const struct signal *signal = &signals->signals[point->index];
    double value;

    if (signal->set)
        return signal->set_value;
    if (signal->source == NULL)
        return wave(signals, point);
    value = signal->parts != 0 ? rint(*signal->source * signal->parts) / signal->parts
                               : *signal->source;
    if (signal->from != NULL)
        units_convert(value, signal->from, signal->to, &value);
    return value;
}

double
signals_value(const struct signals *signals, const struct point *point)
{
    if (signals->held[point->device->index])
        return signals->signals[point->index].held;
    return live_value(signals, point);
}

void
signals_hold(struct signals *signals, const struct device *device, bool hold)
{
    if (hold && !signals->held[device->index])
        for (uint16_t i = 0; i < device->point_count; i++)
            signals->signals[device->points[i].index].held = live_value(signals,
                                                                        &device->points[i]);
    signals->held[device->index] = hold;
}
