/* Rows of the table of keys: points made by expressions, and rules. Part of config/schema.h. */
#include "config/expressions.h"
#include "config/rules.h"
#include "config/schema.h"
#include "config/yaml.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const struct schema_key OWN_POINT[] = {
    {.name = "expression",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .required = true,
     .form = "an expression, like a.power + b.power",
     .en = "What it is made of (docs/expressions.md).",
     .zh = "由哪些测点计算(见 docs/expressions.md)。"},
    {.name = "unit",
     .type = SCHEMA_UNIT,
     .fallback = "",
     SCHEMA_AT(load_own_point, unit),
     .en = "Its unit; without it, what comes of the expression.",
     .zh = "单位;不写则由表达式得出。"},
    {.name = "range",
     .type = SCHEMA_FORM,
     .shapes = YAML_LIST,
     .form = "[lowest, highest]",
     .en = "Plausible values; others are kept and marked.",
     .zh = "合理范围;超出的值保留并加标记。"},
};

const struct schema_section SCHEMA_OWN_POINT = {
    .path = "assets.NAME.points.NAME",
    .keys = OWN_POINT,
    .count = COUNT(OWN_POINT),
    .en = "A point made of other points; an expression alone will do.",
    .zh = "由其他测点计算的测点;可只写表达式。"};

static const struct schema_choice GATES[] = {{"always", RULE_ALWAYS},
                                             {"running", RULE_PRODUCTION},
                                             {"treatment", RULE_TREATMENT},
                                             {NULL, 0}};

static const struct schema_choice SEVERITIES[] = {
    {"info", RULE_INFO}, {"warning", RULE_WARNING}, {"alarm", RULE_ALARM}, {NULL, 0}};

static const struct schema_choice AVERAGINGS[] = {{"instant", AVERAGING_INSTANT},
                                                  {"minute", AVERAGING_MINUTE},
                                                  {"five-minutes", AVERAGING_FIVE_MINUTES},
                                                  {"ten-minutes", AVERAGING_TEN_MINUTES},
                                                  {"hour", AVERAGING_HOUR},
                                                  {"day", AVERAGING_DAY},
                                                  {NULL, 0}};

#define EXPRESSION_FORM "an expression that is true or false, like h2s > 0.06 mg/m3"

static const struct schema_key RULE[] = {
    {.name = "when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = EXPRESSION_FORM,
     .en = "The event opens when this has been true for the delay (docs/expressions.md).",
     .zh = "持续成立达到 delay 即产生事件(见 docs/expressions.md)。"},
    {.name = "until",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = EXPRESSION_FORM,
     .en = "The event closes when this is true; unless said, when 'when' is not true any more.",
     .zh = "成立时事件结束;不写则 when 不再成立时结束。"},
    {.name = "point",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "POINT or DEVICE.POINT",
     .en = "In place of 'when': the point that at-most or at-least is about.",
     .zh = "代替 when:at-most 或 at-least 所指的测点。"},
    {.name = "at-most",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a quantity, like 50 mg/m3",
     .en = "An event when strictly above.",
     .zh = "严格大于即产生事件。"},
    {.name = "at-least",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a quantity, like 760 degC",
     .en = "An event when strictly below.",
     .zh = "严格小于即产生事件。"},
    {.name = "hysteresis",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a quantity, like 1 mg/m3",
     .en = "How far back the point must come; with averaging: instant only.",
     .zh = "须回落多少;仅用于实时值。"},
    {.name = "averaging",
     .type = SCHEMA_CHOICE,
     .choices = AVERAGINGS,
     .fallback = "instant",
     SCHEMA_AT(rule, averaging),
     .en = "Which mean of the point is compared, when its period closes.",
     .zh = "比较测点的哪种均值(周期结束时判断)。"},
    {.name = "delay",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 0,
     .high = 86400000,
     .fallback = "0s",
     SCHEMA_AT(rule, delay_ms),
     .en = "How long it must hold; with averaging: instant only.",
     .zh = "须持续的时间;仅用于实时值。"},
    {.name = "only",
     .type = SCHEMA_CHOICE,
     .choices = GATES,
     .fallback = "always",
     SCHEMA_AT(rule, gate),
     .en = "running: only while production runs; treatment: only while the treatment runs.",
     .zh = "running:仅在生产运行时;treatment:仅在治理设施运行时;always:始终。"},
    {.name = "severity",
     .type = SCHEMA_CHOICE,
     .choices = SEVERITIES,
     .fallback = "warning",
     SCHEMA_AT(rule, severity),
     .en = "Severity of the event.",
     .zh = "事件级别。"},
    {.name = "kind",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a code like odour.complaint-risk",
     .en = "Kind of the event; rule.NAME unless said (docs/event-kinds.md).",
     .zh = "事件类型代码;默认 rule.NAME(见 docs/event-kinds.md)。"},
    {.name = "title",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT | YAML_MAP,
     .form = "a text, or {zh: TEXT, en: TEXT}",
     .en = "What the event is called, for people.",
     .zh = "事件名称(给人看)。"},
    {.name = "source",
     .type = SCHEMA_TEXT,
     SCHEMA_AT(rule, source),
     .en = "Where the rule comes from: standard and clause, permit.",
     .zh = "规则出处:标准条款或许可证。"},
    {.name = "off",
     .type = SCHEMA_TEXT,
     SCHEMA_AT(rule, off),
     .en = "Switches a rule of the asset's kind off, with the reason why.",
     .zh = "停用该类资产自带的规则,并写明理由。"},
};

const struct schema_section SCHEMA_RULE = {
    .path = "assets.NAME.rules.NAME",
    .keys = RULE,
    .count = COUNT(RULE),
    .en =
        "A rule: 'when' or a point with at-most or at-least; or, under the name of a rule that the "
        "kind of asset brings, what is to be different.",
    .zh = "一条规则:when,或测点加 at-most / at-least;若名称为该类资产自带的规则,则只写要修改的"
          "内容。"};
