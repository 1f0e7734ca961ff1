/* Which events a rule of the site is about. */
#ifndef DAEMON_EVENT_MATCH_H
#define DAEMON_EVENT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* "exceedance.*" is all that begin with "exceedance.". */
static inline bool
event_is_kind(const char *const *kinds, uint8_t count, const char *kind)
{
    for (uint8_t i = 0; i < count; i++) {
        size_t length = strlen(kinds[i]);
        bool star = length > 0 && kinds[i][length - 1] == '*';
        if (star ? strncmp(kinds[i], kind, length - 1) == 0 : strcmp(kinds[i], kind) == 0)
            return true;
    }
    return false;
}

/* Subjects are "boiler-3" or "boiler-3.so2"; names have no dot. */
static inline bool
event_is_about(const char *subject, const char *asset)
{
    size_t length = strcspn(subject, ".");

    return strlen(asset) == length && strncmp(asset, subject, length) == 0;
}

#endif
