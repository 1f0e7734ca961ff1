/* Has a new site proven itself? Judged from what was good before the change and what is good now;
 * no clock, no I/O (docs/decisions/0012-trial.md). Main takes the views and acts on the verdict. */
#ifndef DAEMON_CONFIGURATION_TRIAL_H
#define DAEMON_CONFIGURATION_TRIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRIAL_LEAST_MS 10000 /* a site that stood so long has shown its first scans */
#define TRIAL_WITHIN_S 120   /* unless asked otherwise */
#define TRIAL_LOW_S    30
#define TRIAL_HIGH_S   600

struct trial_device {
    const char *name, *bus;
    bool good;
    bool fresh; /* of the view behind the change: it or its bus is new or another one */
};

struct trial_destination {
    const char *name;
    bool up;
};

struct trial_view {
    const struct trial_device *devices;
    size_t device_count;
    const struct trial_destination *destinations;
    size_t destination_count;
};

struct trial_terms {
    int64_t elapsed_ms, within_ms;
    const char *allow;   /* names of buses, devices and destinations that need not answer: "a, b" */
    const char *origin;  /* destination it was proposed over; "" for the socket */
    const char *mistake; /* what went wrong in going over; "": nothing */
};

enum trial_verdict { TRIAL_WAITING, TRIAL_PROVEN, TRIAL_FAILED };

/* `ret_why`: what is missing yet (WAITING, FAILED), or "" (PROVEN). */
enum trial_verdict trial_judge(const struct trial_view *before, const struct trial_view *now,
                               const struct trial_terms *terms, char ret_why[200]);

/* False: the new site would cut the gateway off from where the proposal came from. */
bool trial_keeps_origin(const struct trial_view *next, const char *origin, const char *allow);

/* Is the name one of those, separated by commas? */
bool trial_allows(const char *allow, const char *name);

#endif
