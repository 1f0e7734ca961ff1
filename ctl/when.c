#include "ctl/when.h"

#include "base/calendar.h"

#include <stdlib.h>
#include <string.h>

static bool
take_span(const char *text, int64_t *ret_ms)
{
    static const struct {
        char letter;
        int64_t ms;
    } UNITS[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    char *end;
    long long count = strtoll(text, &end, 10);

    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++)
        if (*end == UNITS[i].letter && end[1] == '\0' && end != text && count > 0 &&
            count < 1000000) {
            *ret_ms = count * UNITS[i].ms;
            return true;
        }
    return false;
}

bool
when_parse(const char *text, int64_t now_utc_ms, int64_t *ret_utc_ms)
{
    int64_t span_ms;

    if (strcmp(text, "now") == 0) {
        *ret_utc_ms = now_utc_ms;
        return true;
    }
    if (*text != '-' && *text != '+')
        return calendar_parse_time(text, ret_utc_ms);
    if (!take_span(text + 1, &span_ms))
        return false;
    *ret_utc_ms = *text == '-' ? now_utc_ms - span_ms : now_utc_ms + span_ms;
    return true;
}

bool
when_parse_span(const char *text, int64_t *ret_ms)
{
    return take_span(text, ret_ms) && CALENDAR_DAY_MS % *ret_ms == 0;
}
