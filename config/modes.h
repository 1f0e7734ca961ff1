/* Modes of an asset or of the whole gateway, and the orders that come with them. Part of
 * config/site.h. */
#ifndef CONFIG_MODES_H
#define CONFIG_MODES_H

#include "config/asset.h"

/* Numbers stand in saved states. Of several at once the most urgent counts: modes_are_urgent. */
enum mode {
    MODE_NORMAL,
    MODE_START_UP,
    MODE_SHUTDOWN,
    MODE_MAINTENANCE,
    MODE_EMERGENCY_YELLOW, /* heavy-pollution emergency, 重污染天气 */
    MODE_EMERGENCY_ORANGE,
    MODE_EMERGENCY_RED,
    MODE_SEASONAL,
    MODE_COUNT
};

/* What the enterprise's list (应急减排清单, 一厂一策) orders of an asset in a mode: judged by load
 * and electricity, never by a factor on limits (standards.md 12 #10). */
struct mode_order {
    enum mode mode;
    bool stop;         /* production stands still */
    double most_share; /* of `rated`: production at most so much; 1: no load order */
    double rated;      /* of the production condition's point, in its unit */
};

#define MODE_SIGNALS 16 /* that one asset can follow */

/* What brings a mode by itself: a signal, or days of the year with hours of the day. */
struct mode_rule {
    const char *name;
    enum mode mode;
    const struct asset *asset;                            /* NULL: all */
    struct condition when;                                /* point NULL: by the calendar */
    uint8_t from_month, from_day, until_month, until_day; /* [from, until) each year; 0: all year */
    uint16_t from_minute, until_minute; /* of the Beijing day, [from, until); equal: all day */
};

const char *modes_name(enum mode mode);

/* MODE_COUNT where there is none of that name. */
enum mode modes_find(const char *name);

#endif
