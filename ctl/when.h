/* Times as people write them. */
#ifndef CTL_WHEN_H
#define CTL_WHEN_H

#include <stdbool.h>
#include <stdint.h>

/* "now", "-90s", "-15m", "-2h", "-7d", "+2h", "2026-11-21", "2026-11-21T08:00",
 * "2026-11-21T08:00:30" (UTC+08:00), with "Z" behind it UTC. */
bool when_parse(const char *text, int64_t now_utc_ms, int64_t *ret_utc_ms);

/* "10s", "5m", "1h", "1d": a span that divides a day. */
bool when_parse_span(const char *text, int64_t *ret_ms);

#endif
