/* Dates are counted, not looked up: days since 1970 are turned into year, month and day within eras
 * of 400 Gregorian years (146097 days), with years that begin in March so that the leap day is the
 * last one. Holds for every instant whose Beijing year is 0..9999; printing is clamped to that. */
#include "base/calendar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ERA_DAYS        146097
#define EPOCH_FROM_ZERO 719468 /* days from 0000-03-01 to 1970-01-01 */
#define FIRST_UTC_MS    (-62167219200000LL - CALENDAR_OFFSET_MS) /* 0000-01-01 in Beijing */
#define LAST_UTC_MS     (253402300799999LL - CALENDAR_OFFSET_MS) /* end of 9999 in Beijing */

struct date {
    int year, month, day; /* 1.. */
};

static int64_t
floor_div(int64_t value, int64_t by)
{
    int64_t quotient = value / by;
    return value % by < 0 ? quotient - 1 : quotient;
}

/* Days before the first of a month, counted from March (0) to February (11): 31 and 30 alternate in
 * groups of five months that have 153 days. */
static int
days_before_month(int from_march)
{
    return (153 * from_march + 2) / 5;
}

static int64_t
days_from_date(int year, int month, int day)
{
    int from_march = (month + 9) % 12;
    int64_t shifted = month <= 2 ? year - 1 : year;
    int64_t era = floor_div(shifted, 400);
    int64_t of_era = shifted - era * 400;
    int64_t day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + days_before_month(from_march);
    return era * ERA_DAYS + day_of_era + day - 1 - EPOCH_FROM_ZERO;
}

static struct date
date_from_days(int64_t days)
{
    int64_t era = floor_div(days + EPOCH_FROM_ZERO, ERA_DAYS);
    int day = (int)(days + EPOCH_FROM_ZERO - era * ERA_DAYS);
    /* The last day of a 4-, 100- or 400-year group is its leap day: without the leap days passed so
     * far every year has 365. */
    int year = (day - day / 1460 + day / 36524 - day / (ERA_DAYS - 1)) / 365;
    int of_year = day - (365 * year + year / 4 - year / 100);
    int from_march = (5 * of_year + 2) / 153;
    int month = from_march < 10 ? from_march + 3 : from_march - 9;
    return (struct date){
        .year = (int)(era * 400) + year + (month <= 2),
        .month = month,
        .day = of_year - days_before_month(from_march) + 1,
    };
}

static int64_t
day_of(int64_t utc_ms)
{
    return floor_div(utc_ms + CALENDAR_OFFSET_MS, CALENDAR_DAY_MS);
}

static int64_t
clamp(int64_t utc_ms)
{
    if (utc_ms < FIRST_UTC_MS)
        return FIRST_UTC_MS;
    return utc_ms > LAST_UTC_MS ? LAST_UTC_MS : utc_ms;
}

int64_t
calendar_start(int64_t utc_ms, int64_t span_ms)
{
    return floor_div(utc_ms + CALENDAR_OFFSET_MS, span_ms) * span_ms - CALENDAR_OFFSET_MS;
}

int64_t
calendar_month_start(int64_t utc_ms)
{
    struct date date = date_from_days(day_of(clamp(utc_ms)));
    return days_from_date(date.year, date.month, 1) * CALENDAR_DAY_MS - CALENDAR_OFFSET_MS;
}

int64_t
calendar_month_end(int64_t utc_ms)
{
    struct date date = date_from_days(day_of(clamp(utc_ms)));
    bool december = date.month == 12;
    int64_t days = days_from_date(december ? date.year + 1 : date.year,
                                  december ? 1 : date.month + 1, 1);
    return days * CALENDAR_DAY_MS - CALENDAR_OFFSET_MS;
}

static void
print_digits(char *ret_text, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        ret_text[i] = (char)('0' + value % 10);
}

void
calendar_print_date(int64_t utc_ms, char ret_text[11])
{
    struct date date = date_from_days(day_of(clamp(utc_ms)));
    memcpy(ret_text, "0000-00-00", 11);
    print_digits(ret_text, date.year, 4);
    print_digits(ret_text + 5, date.month, 2);
    print_digits(ret_text + 8, date.day, 2);
}

void
calendar_print_time(int64_t utc_ms, char ret_text[30])
{
    utc_ms = clamp(utc_ms);
    int of_day = (int)(utc_ms + CALENDAR_OFFSET_MS -
                       day_of(utc_ms) * CALENDAR_DAY_MS); /* < 86400000 */
    calendar_print_date(utc_ms, ret_text);
    memcpy(ret_text + 10, "T00:00:00.000+08:00", 20);
    print_digits(ret_text + 11, of_day / 3600000, 2);
    print_digits(ret_text + 14, of_day / 60000 % 60, 2);
    print_digits(ret_text + 17, of_day / 1000 % 60, 2);
    print_digits(ret_text + 20, of_day % 1000, 3);
}

bool
calendar_parse_time(const char *text, int64_t *ret_utc_ms)
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
    *ret_utc_ms = days_from_date(year, month, day) * CALENDAR_DAY_MS + hour * CALENDAR_HOUR_MS +
                  minute * CALENDAR_MINUTE_MS + second * 1000LL - (utc ? 0 : CALENDAR_OFFSET_MS);
    return true;
}
