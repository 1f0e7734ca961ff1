/* Rows of the table of keys: when a period counts. Part of config/schema.h. */
#include "config/schema.h"
#include "config/site.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const struct schema_key PERIODS[] = {
    {.name = "minutes-an-hour",
     .type = SCHEMA_NATURAL,
     .low = 1,
     .high = 60,
     .fallback = "45",
     SCHEMA_AT(period_rules, minutes_an_hour),
     .en = "Valid minutes that make an hour of flue gas valid (HJ 75-2017).",
     .zh = "烟气小时均值有效所需的有效分钟数(HJ 75-2017)。"},
    {.name = "hours-a-day",
     .type = SCHEMA_NATURAL,
     .low = 1,
     .high = 24,
     .fallback = "20",
     SCHEMA_AT(period_rules, hours_a_day),
     .en = "Valid hours that make a day of flue gas valid (HJ 75-2017).",
     .zh = "烟气日均值有效所需的有效小时数(HJ 75-2017)。"},
    {.name = "days-a-month",
     .type = SCHEMA_NATURAL,
     .low = 1,
     .high = 30,
     .fallback = "25",
     SCHEMA_AT(period_rules, days_a_month),
     .en = "Valid days that make a month of flue gas valid (HJ 76-2017 app. B).",
     .zh = "烟气月均值有效所需的有效天数(HJ 76-2017 附录 B)。"},
    {.name = "days-in-february",
     .type = SCHEMA_NATURAL,
     .low = 1,
     .high = 28,
     .fallback = "23",
     SCHEMA_AT(period_rules, days_in_february),
     .en = "The same for February (HJ 76-2017 app. B).",
     .zh = "二月的有效天数(HJ 76-2017 附录 B)。"},
    {.name = "percent",
     .type = SCHEMA_NATURAL,
     .low = 1,
     .high = 100,
     .fallback = "75",
     SCHEMA_AT(period_rules, percent),
     .en = "Share of the due results that makes any other period valid "
           "(water: HJ 356-2019; gas minutes: HJ 212-2017).",
     .zh = "其余时段有效所需的应得数据占比,百分数(废水:HJ 356-2019;烟气分钟:HJ 212-2017)。"},
};

const struct schema_section SCHEMA_PERIODS = {.path = "periods",
                                              .keys = PERIODS,
                                              .count = COUNT(PERIODS),
                                              .en = "When a period counts in verdicts.",
                                              .zh = "时段数据何时有效、可用于评判。"};
