/* Letters: flue gas and everything else is normal from 75 % normal readings, else D; of waste water
 * one abnormal reading makes the period abnormal (HJ 212-2017 6.6, standards.md 1.9), and the
 * letter is the worst one seen [I]. Not arrived is abnormal, B.
 *
 * Validity: gas by counts of valid parts (HJ 75-2017, HJ 76-2017 app. B, standards.md 4.2), minutes
 * and everything else by the share of what was due (HJ 356-2019, standards.md 12 #2 and #3). */
#include "daemon/assess/validity.h"

#include "base/calendar.h"

#include <string.h>

#define LETTERS "NSTFMCDB"

uint8_t
validity_rank(char letter)
{
    const char *at = letter ? strchr(LETTERS, letter) : NULL;
    return at ? (uint8_t)(at - LETTERS) : validity_rank('D');
}

static uint8_t
or_default(uint8_t rule, uint8_t fallback)
{
    return rule ? rule : fallback;
}

struct period_rules
validity_rules(const struct period_rules *rules)
{
    static const struct period_rules fallback = PERIOD_RULES_DEFAULT;
    return (struct period_rules){
        .minutes_an_hour = or_default(rules->minutes_an_hour, fallback.minutes_an_hour),
        .hours_a_day = or_default(rules->hours_a_day, fallback.hours_a_day),
        .days_a_month = or_default(rules->days_a_month, fallback.days_a_month),
        .days_in_february = or_default(rules->days_in_february, fallback.days_in_february),
        .percent = or_default(rules->percent, fallback.percent),
    };
}

bool
validity_needs_extra(const struct point *point)
{
    return point->weighted || point->validity != VALIDITY_SHARE;
}

uint32_t
validity_expected(const struct point *point, int64_t length_ms)
{
    bool steady = point->every_ms && !point->once && !point->on_change;
    return steady ? (uint32_t)(length_ms / point->every_ms) : 0;
}

/* ---- letters ---- */

static char
gas_letter(const struct tally *tally, uint32_t expected)
{
    uint64_t due = expected ? expected : tally->count;
    return tally->valid && (uint64_t)tally->valid * 4 >= due * 3 ? 'N' : 'D';
}

/* One result less than due may lie on the other side of the boundary; more have not arrived. */
static char
water_letter(const struct tally_sum *sum, uint32_t expected)
{
    if (sum->tally.count + 1 < expected + sum->extra.excused)
        return 'B';
    return LETTERS[sum->extra.worst];
}

char
validity_letter(const struct validity_case *of)
{
    if (!of->sum->tally.count)
        return 'B';
    if (of->point->validity == VALIDITY_WATER)
        return water_letter(of->sum, of->expected);
    return gas_letter(&of->sum->tally, of->expected);
}

/* ---- validity ---- */

/* Valid parts the period of a gas needs; 0: it goes by the share. Five and ten minutes have no rule
 * of their own: the share of their minutes. */
static uint8_t
parts_needed(const struct validity_case *of, const struct period_rules *rules)
{
    bool is_february = of->length_ms <= 29 * CALENDAR_DAY_MS;
    switch (of->period) {
    case PERIOD_FIVE_MINUTES: return (uint8_t)((5 * rules->percent + 99) / 100);
    case PERIOD_TEN_MINUTES: return (uint8_t)((10 * rules->percent + 99) / 100);
    case PERIOD_HOUR: return rules->minutes_an_hour;
    case PERIOD_DAY: return rules->hours_a_day;
    case PERIOD_MONTH: return is_february ? rules->days_in_february : rules->days_a_month;
    default: return 0;
    }
}

/* Only what is read each minute has valid minutes to count. */
static bool
goes_by_parts(const struct point *point)
{
    return point->validity == VALIDITY_GAS && validity_expected(point, CALENDAR_MINUTE_MS) > 0;
}

bool
validity_is_valid(const struct validity_case *of, const struct period_rules *rules)
{
    const struct tally *tally = &of->sum->tally;
    const struct tally_extra *extra = &of->sum->extra;
    uint64_t due = of->expected ? of->expected : tally->count;
    uint8_t parts = goes_by_parts(of->point) ? parts_needed(of, rules) : 0;
    if (!tally->valid)
        return false;
    if (of->point->weighted && !(tally_whole(extra->weight, extra->weight_low) > 0))
        return false;
    if (parts)
        return extra->valid_parts >= parts;
    return (uint64_t)tally->valid * 100 >= due * rules->percent;
}
