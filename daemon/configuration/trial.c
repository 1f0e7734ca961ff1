#include "daemon/configuration/trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TOLD 3 /* by name; the rest is counted */

struct missing {
    char *why;
    size_t count;
};

static void add(struct missing *missing, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
add(struct missing *missing, const char *format, ...)
{
    size_t length = strlen(missing->why);
    va_list arguments;

    if (++missing->count > TOLD || length + 80 > 180)
        return;
    if (length > 0)
        length += (size_t)snprintf(missing->why + length, 200 - length, "; ");
    va_start(arguments, format);
    vsnprintf(missing->why + length, 200 - length - 20, format, arguments);
    va_end(arguments);
}

bool
trial_allows(const char *allow, const char *name)
{
    size_t length = strlen(name);

    while (*allow != '\0') {
        allow += strspn(allow, ", ");
        size_t word = strcspn(allow, ", ");
        if (word == length && word > 0 && !strncmp(allow, name, word))
            return true;
        allow += word;
    }
    return false;
}

static const struct trial_device *
find_device(const struct trial_view *view, const char *name)
{
    for (size_t i = 0; i < view->device_count; i++)
        if (!strcmp(view->devices[i].name, name))
            return &view->devices[i];
    return NULL;
}

static const struct trial_destination *
find_destination(const struct trial_view *view, const char *name)
{
    for (size_t i = 0; i < view->destination_count; i++)
        if (!strcmp(view->destinations[i].name, name))
            return &view->destinations[i];
    return NULL;
}

bool
trial_keeps_origin(const struct trial_view *next, const char *origin, const char *allow)
{
    return *origin == '\0' || find_destination(next, origin) != NULL || trial_allows(allow, origin);
}

static bool
has_answering(const struct trial_view *view, const char *bus)
{
    for (size_t i = 0; i < view->device_count; i++)
        if (!strcmp(view->devices[i].bus, bus) && view->devices[i].good)
            return true;
    return false;
}

static bool
is_excused(const struct trial_device *device, const char *allow)
{
    return trial_allows(allow, device->name) || trial_allows(allow, device->bus);
}

static bool
is_bus_excused(const struct trial_view *view, const char *bus, const char *allow)
{
    for (size_t i = 0; i < view->device_count; i++)
        if (!strcmp(view->devices[i].bus, bus) && !is_excused(&view->devices[i], allow))
            return false;
    return true;
}

/* A bus that lost its answering devices to another bus, or to nobody, may be the wrong line: also
 * when the devices themselves are no longer in the file. */
static void
look_at_buses(const struct trial_view *before, const struct trial_view *now, const char *allow,
              struct missing *missing)
{
    for (size_t i = 0; i < now->device_count; i++) {
        const char *bus = now->devices[i].bus;
        size_t first = 0;
        while (strcmp(now->devices[first].bus, bus) != 0)
            first++;
        if (first != i || !has_answering(before, bus) || has_answering(now, bus) ||
            is_bus_excused(now, bus, allow))
            continue;
        add(missing, "no device on bus %.31s answers any more", bus);
    }
}

static void
look_at_devices(const struct trial_view *before, const struct trial_view *now, const char *allow,
                struct missing *missing)
{
    for (size_t i = 0; i < now->device_count; i++) {
        const struct trial_device *device = &now->devices[i];
        const struct trial_device *old = find_device(before, device->name);
        bool must = device->fresh || old == NULL || old->good;
        if (must && !device->good && !is_excused(device, allow))
            add(missing, "%sdevice %.31s on bus %.31s does not answer",
                device->fresh || old == NULL ? "new or changed " : "", device->name, device->bus);
    }
}

static void
look_at_destinations(const struct trial_view *before, const struct trial_view *now,
                     const struct trial_terms *terms, struct missing *missing)
{
    for (size_t i = 0; i < now->destination_count; i++) {
        const struct trial_destination *destination = &now->destinations[i];
        const struct trial_destination *old = find_destination(before, destination->name);
        bool must = (old != NULL && old->up) || !strcmp(destination->name, terms->origin);
        if (must && !destination->up && !trial_allows(terms->allow, destination->name))
            add(missing, "destination %.31s is not connected", destination->name);
    }
    if (!trial_keeps_origin(now, terms->origin, terms->allow))
        add(missing, "destination %.31s, which it was proposed over, is gone", terms->origin);
}

enum trial_verdict
trial_judge(const struct trial_view *before, const struct trial_view *now,
            const struct trial_terms *terms, char ret_why[200])
{
    struct missing missing = {.why = ret_why};

    ret_why[0] = '\0';
    if (terms->mistake[0] != '\0') {
        snprintf(ret_why, 200, "%.190s", terms->mistake);
        return TRIAL_FAILED;
    }
    look_at_destinations(before, now, terms, &missing);
    look_at_buses(before, now, terms->allow, &missing);
    look_at_devices(before, now, terms->allow, &missing);
    size_t told = missing.count < TOLD ? missing.count : TOLD;
    if (missing.count > told) {
        size_t length = strlen(ret_why);
        snprintf(ret_why + length, 200 - length, " (and %zu more)", missing.count - told);
    }
    if (missing.count == 0 && terms->elapsed_ms >= TRIAL_LEAST_MS)
        return TRIAL_PROVEN;
    if (terms->elapsed_ms < terms->within_ms)
        return TRIAL_WAITING;
    return TRIAL_FAILED;
}
