#include "ctl/when.h"

#include "base/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Days since 1970-01-01 of the proleptic Gregorian calendar. */
static int64_t
days_of(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = y / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

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

static bool
take_date(const char *text, int64_t *ret_utc_ms)
{
    int year, month, day, hour = 0, minute = 0, second = 0, used = 0, more = 0;

    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3)
        return false;
    if (text[used] == 'T' || text[used] == ' ') {
        if (sscanf(text + used + 1, "%2d:%2d%n", &hour, &minute, &more) != 2)
            return false;
        used += 1 + more;
        if (text[used] == ':') {
            if (sscanf(text + used + 1, "%2d%n", &second, &more) != 1)
                return false;
            used += 1 + more;
        }
    }
    bool utc = text[used] == 'Z';
    if (strcmp(text + used, "") != 0 && !(utc && text[used + 1] == '\0'))
        return false;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 ||
        second > 60)
        return false;
    *ret_utc_ms = days_of(year, month, day) * CALENDAR_DAY_MS + hour * CALENDAR_HOUR_MS +
                  minute * CALENDAR_MINUTE_MS + second * 1000LL - (utc ? 0 : CALENDAR_OFFSET_MS);
    return true;
}

bool
when_parse(const char *text, int64_t now_utc_ms, int64_t *ret_utc_ms)
{
    int64_t span_ms;

    if (strcmp(text, "now") == 0) {
        *ret_utc_ms = now_utc_ms;
        return true;
    }
    if (*text != '-')
        return take_date(text, ret_utc_ms);
    if (!take_span(text + 1, &span_ms))
        return false;
    *ret_utc_ms = now_utc_ms - span_ms;
    return true;
}

bool
when_parse_span(const char *text, int64_t *ret_ms)
{
    return take_span(text, ret_ms) && CALENDAR_DAY_MS % *ret_ms == 0;
}
