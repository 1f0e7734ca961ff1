/* Rows of the table of keys: working conditions and the exemptions of a permit. Part of
 * config/schema.h. No standard gives numbers for recognising conditions: defaults are ours [I]. The
 * hours of HJ 953 (4 / 2 / 1) could not be confirmed: no exemption unless the site file gives it
 * (standards.md 12 #6). */
#include "config/load_marks.h"
#include "config/schema.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define DAY_MS      86400000

static const struct schema_key WORK[] = {
    {.name = "o2-air",
     .type = SCHEMA_NUMBER,
     .low = 15,
     .high = 20.9,
     .fallback = "19.5",
     SCHEMA_AT(work, o2_air),
     .en = "With the fuel off, oxygen (percent) from here up is air: out of service (no standard "
           "gives a number).",
     .zh = "燃料停止时含氧量(%)达到此值视为空气,即停运(标准未规定数值)。"},
    {.name = "o2-below",
     .type = SCHEMA_NUMBER,
     .low = 3,
     .high = 20,
     .fallback = "15",
     SCHEMA_AT(work, o2_below),
     .en = "A start-up is over when oxygen (percent) is below this (no standard gives a number).",
     .zh = "启炉后含氧量(%)低于此值视为启炉结束(标准未规定数值)。"},
    {.name = "warm",
     .type = SCHEMA_NUMBER,
     .low = 0,
     .high = 1000,
     .fallback = "60",
     SCHEMA_AT(work, warm),
     .en = "Waste gas above this temperature (degC) with the fuel off: banked fire, not out of "
           "service (no standard gives a number).",
     .zh = "燃料停止而烟温(degC)高于此值为压火而非停运(标准未规定数值)。"},
    {.name = "load-above",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a share like 30 %, or a quantity in the unit of the load",
     .en = "A start-up is over when the load is above this; a share is of capacity; 30 % unless "
           "said (no standard gives a number).",
     .zh = "负荷高于此值视为启炉结束;百分数相对 capacity;默认 30 %(标准未规定数值)。"},
    {.name = "startup-max",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 60000,
     .high = 7 * DAY_MS,
     .fallback = "4h",
     SCHEMA_AT(work, startup_max_ms),
     .en = "A start-up is proposed for so long at most (HJ 953's 4 h could not be confirmed).",
     .zh = "启炉工况最长提示时间(HJ 953 的 4 小时未能核实)。"},
    {.name = "shutdown-max",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 60000,
     .high = 7 * DAY_MS,
     .fallback = "1h",
     SCHEMA_AT(work, shutdown_max_ms),
     .en = "From so long after the fuel went off warm gas is banked fire, no shutdown any more "
           "(HJ 953's 1 h could not be confirmed).",
     .zh = "燃料停止超过此时间仍有余温为压火,不再是停炉(HJ 953 的 1 小时未能核实)。"},
    {.name = "fuel-off",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 0,
     .high = DAY_MS,
     .fallback = "10min",
     SCHEMA_AT(work, off_ms),
     .en = "How long the fuel must have been off until a shutdown is proposed, so that a burner "
           "that cycles is running (no standard gives a number).",
     .zh = "燃料须停止多久才提示停炉,以免间歇燃烧误判(标准未规定数值)。"},
    {.name = "steady",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 0,
     .high = DAY_MS,
     .fallback = "5min",
     SCHEMA_AT(work, steady_ms),
     .en = "How long oxygen and load must have been so until a start-up is over (no standard gives "
           "a number).",
     .zh = "含氧量与负荷须持续多久启炉才结束(标准未规定数值)。"},
};

const struct schema_section SCHEMA_WORK = {
    .path = "assets.NAME.work",
    .keys = WORK,
    .count = COUNT(WORK),
    .en = "How start-up, shutdown, banked fire and out of service are recognised; they are only "
          "proposed, a named person marks them.",
    .zh = "启炉、停炉、压火、停运如何识别;仅作提示,由署名人员标记。"};

static const struct schema_key EXEMPTION[] = {
    {.name = "startup",
     .type = SCHEMA_QUANTITY,
     .unit = "s",
     .low = 0,
     .high = 100 * 3600,
     .fallback = "0h",
     SCHEMA_AT(load_exemption, startup_s),
     .en = "Hours of one start-up that the permit exempts; none unless said (HJ 953's could not be "
           "confirmed).",
     .zh = "许可证对一次启炉豁免的小时数;默认无(HJ 953 的数值未能核实)。"},
    {.name = "shutdown",
     .type = SCHEMA_QUANTITY,
     .unit = "s",
     .low = 0,
     .high = 100 * 3600,
     .fallback = "0h",
     SCHEMA_AT(load_exemption, shutdown_s),
     .en = "Hours of one shutdown that the permit exempts; none unless said (HJ 953's could not be "
           "confirmed).",
     .zh = "许可证对一次停炉豁免的小时数;默认无(HJ 953 的数值未能核实)。"},
    {.name = "a-year",
     .type = SCHEMA_QUANTITY,
     .unit = "s",
     .low = 0,
     .high = 8784 * 3600,
     .fallback = "8784h",
     SCHEMA_AT(load_exemption, year_s),
     .en =
         "Hours a calendar year (UTC+08:00) that the permit exempts at most; 8784h, which is all, "
         "unless said.",
     .zh = "许可证每自然年(UTC+08:00)最多豁免的小时数;默认 8784h,即不限。"},
};

const struct schema_section SCHEMA_EXEMPTION = {
    .path = "assets.NAME.exemptions.POLLUTANT",
    .keys = EXEMPTION,
    .count = COUNT(EXEMPTION),
    .en = "Hours of start-up and shutdown that the permit exempts for the pollutant, once a named "
          "person has marked them in time.",
    .zh = "许可证对该污染物豁免的启停炉小时数,须由署名人员按时标记。"};
