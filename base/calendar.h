/* Calendar at fixed UTC+08:00 (Asia/Shanghai has had no daylight saving since 1991): never a
 * time-zone database, because a minimal image falls back to UTC silently (standards.md 12 #20).
 * Pure arithmetic on UTC milliseconds; periods are [start, end). */
#ifndef BASE_CALENDAR_H
#define BASE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALENDAR_MINUTE_MS 60000LL
#define CALENDAR_HOUR_MS   3600000LL
#define CALENDAR_DAY_MS    86400000LL
#define CALENDAR_OFFSET_MS 28800000LL

/* Start of the span-long period (span divides a Beijing day) that holds utc_ms. */
int64_t calendar_start(int64_t utc_ms, int64_t span_ms);
int64_t calendar_month_start(int64_t utc_ms);
int64_t calendar_month_end(int64_t utc_ms);

/* "2026-11-21" (11 bytes with NUL), the Beijing date that holds utc_ms. */
void calendar_print_date(int64_t utc_ms, char ret_text[11]);

/* "2026-11-21T12:00:00.123+08:00" (30 bytes with NUL). */
void calendar_print_time(int64_t utc_ms, char ret_text[30]);

/* "2026-11-21", "2026-11-21T08:00", "2026-11-21T08:00:30": UTC+08:00; with "Z" behind it UTC. */
bool calendar_parse_time(const char *text, int64_t *ret_utc_ms);

#endif
