/* Rows of the table of keys: status words and the calibration calendar. Part of config/schema.h. */
#include "config/quality.h"
#include "config/schema.h"
#include "config/yaml.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

const struct schema_choice SCHEMA_STATES[] = {
    {"running", INSTRUMENT_RUNNING},         {"calibration", INSTRUMENT_CALIBRATION},
    {"maintenance", INSTRUMENT_MAINTENANCE}, {"fault", INSTRUMENT_FAULT},
    {"back-purge", INSTRUMENT_BACK_PURGE},   {"standby", INSTRUMENT_STANDBY},
    {"stopped", INSTRUMENT_STOPPED},         {NULL, 0}};

static const struct schema_key STATUS[] = {
    {.name = "point",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "POINT or DEVICE.POINT",
     .en = "The status word, with values or bits; of this device unless said.",
     .zh = "状态字测点,与 values 或 bits 同用;默认属于本设备。"},
    {.name = "values",
     .type = SCHEMA_FORM,
     .shapes = YAML_MAP,
     .form = "{0: running, 1: maintenance, ...}",
     .en = "What each value of the status word means; any other value is a fault.",
     .zh = "状态字各取值的含义;未列出的值一律视为故障。"},
    {.name = "bits",
     .type = SCHEMA_FORM,
     .shapes = YAML_MAP,
     .form = "{0: fault, 1: calibration, ...}",
     .en = "What each set bit of the status word means (0 is the least); other bits mean nothing.",
     .zh = "状态字各置位的含义(0 为最低位);其余位不理会。"},
    {.name = "when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a condition, like plc.maintenance-key",
     .en = "A digital input or comparison instead of a status word, with means.",
     .zh = "以数字量输入或比较条件代替状态字,与 means 同用。"},
    {.name = "means",
     .type = SCHEMA_CHOICE,
     .choices = SCHEMA_STATES,
     SCHEMA_AT(status_rule, means),
     .en = "What it means when the condition is true.",
     .zh = "条件成立时的含义。"},
    {.name = "of",
     .type = SCHEMA_FORM,
     .shapes = YAML_LIST,
     .form = "[POINT, ...]",
     .en = "The points it is about; all of the device but its status points unless said.",
     .zh = "所涉测点;默认为本设备除状态测点外的全部测点。"},
};

const struct schema_section SCHEMA_STATUS = {
    .path = "status",
    .keys = STATUS,
    .count = COUNT(STATUS),
    .en = "How an instrument says that its values are not to be believed: point with values or "
          "bits, or when with means; several as a list.",
    .zh = "仪表如何声明其数据不可采信:point 配 values 或 bits,或 when 配 means;多项写成列表。"};

static const struct schema_key CALIBRATION[] = {
    {.name = "every",
     .type = SCHEMA_QUANTITY,
     .unit = "s",
     .low = 3600,
     .high = 63244800,
     .required = true,
     .form = "7 days",
     SCHEMA_AT(calendar, every_s),
     .en = "How often it must be calibrated, by permit and technical code; no default.",
     .zh = "校准周期,按许可证和技术规范填写;无默认值。"},
    {.name = "first",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .required = true,
     .form = "a date, like 2026-11-01",
     .en = "The calibration it is counted from while none has been seen.",
     .zh = "尚未观察到校准时,从该次校准起算。"},
    {.name = "grace",
     .type = SCHEMA_QUANTITY,
     .unit = "s",
     .low = 0,
     .high = 2678400,
     .fallback = "0 s",
     SCHEMA_AT(calendar, grace_s),
     .en = "How long after it was due values still count; no standard gives any.",
     .zh = "到期后数据仍有效的宽限;标准未规定。"},
    {.name = "of",
     .type = SCHEMA_FORM,
     .shapes = YAML_LIST,
     .form = "[POINT, ...]",
     .en = "The points it is about; all of the device but its status points unless said.",
     .zh = "所涉测点;默认为本设备除状态测点外的全部测点。"},
};

const struct schema_section SCHEMA_CALIBRATION = {
    .path = "calibration",
    .keys = CALIBRATION,
    .count = COUNT(CALIBRATION),
    .en = "When an instrument must be calibrated; overdue values are not valid. Several as a list.",
    .zh = "校准日历;逾期未校准的数据无效。多项写成列表。"};
