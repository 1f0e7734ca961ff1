/* Rows of the table of keys: modes and orders. Part of config/schema.h. */
#include "config/modes.h"
#include "config/schema.h"
#include "config/yaml.h"

static const struct schema_key MODE[] = {
    {.name = "mode",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .required = true,
     .form =
         "start-up, shutdown, maintenance, emergency-yellow, emergency-orange, emergency-red or "
         "seasonal",
     .en = "The mode it brings.",
     .zh = "进入的模式。"},
    {.name = "asset",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "an asset's name",
     .en = "Whose mode; all assets unless said.",
     .zh = "对象资产;不写则为全部。"},
    {.name = "when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "DEVICE.POINT or DEVICE.POINT > 3 A",
     .en = "The signal that brings it.",
     .zh = "触发信号。"},
    {.name = "delay",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 0,
     .high = 86400000,
     .fallback = "0s",
     SCHEMA_AT(condition, delay_ms),
     .en = "How long the signal must have held.",
     .zh = "信号须持续的时间。"},
    {.name = "from",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a day of the year like \"05-01\"",
     .en = "First day of the season.",
     .zh = "季节开始日。"},
    {.name = "until",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a day of the year like \"10-01\"",
     .en = "The day behind its last.",
     .zh = "季节结束日(不含)。"},
    {.name = "hours",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "hours of the day like \"08:00-18:00\"",
     .en = "Hours of the day, Beijing time; all unless said.",
     .zh = "每日时段(北京时间);不写则全天。"},
};

const struct schema_section SCHEMA_MODE = {
    .path = "modes.NAME",
    .keys = MODE,
    .count = sizeof MODE / sizeof *MODE,
    .en = "What brings a mode by itself: a signal or the calendar.",
    .zh = "自动进入的模式:由信号或日历触发。"};

static const struct schema_key ORDER[] = {
    {.name = "load",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .required = true,
     .form = "a share like 50 %",
     .en = "Production may run at most at this share of its rated value.",
     .zh = "生产负荷不得超过额定值的该比例。"},
    {.name = "rated",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .required = true,
     .form = "a quantity like 200 kW",
     .en = "The rated value, in the unit of the production condition's point.",
     .zh = "额定值,单位同生产判断测点。"},
};

const struct schema_section SCHEMA_ORDER = {.path = "assets.NAME.orders.MODE",
                                            .keys = ORDER,
                                            .count = sizeof ORDER / sizeof *ORDER,
                                            .en = "What a mode orders: the word stop, or a load.",
                                            .zh = "该模式下的要求:stop(停产)或限产负荷。"};
