/* The names of modes, as site files, declarations and payloads say them. */
#include "config/modes.h"

#include <string.h>

static const char *const NAMES[MODE_COUNT] = {
    [MODE_NORMAL] = "normal",
    [MODE_START_UP] = "start-up",
    [MODE_SHUTDOWN] = "shutdown",
    [MODE_MAINTENANCE] = "maintenance",
    [MODE_EMERGENCY_YELLOW] = "emergency-yellow",
    [MODE_EMERGENCY_ORANGE] = "emergency-orange",
    [MODE_EMERGENCY_RED] = "emergency-red",
    [MODE_SEASONAL] = "seasonal",
};

const char *
modes_name(enum mode mode)
{
    return NAMES[mode];
}

enum mode
modes_find(const char *name)
{
    enum mode mode = MODE_NORMAL;
    while (mode < MODE_COUNT && strcmp(NAMES[mode], name) != 0)
        mode++;
    return mode;
}
