/* Rows of the table of keys: bypasses. Part of config/schema.h. No number here is in a national
 * standard (standards.md 6.3 [I]); the leak rate is encouraged, not required (12 #9). */
#include "config/bypass.h"
#include "config/schema.h"
#include "config/yaml.h"

#define COUNT(rows)    (sizeof(rows) / sizeof *(rows))
#define CONDITION_FORM "DEVICE.POINT > 15 kW, DEVICE.POINT < 3 A, DEVICE.POINT or not DEVICE.POINT"
#define POINT_FORM     "POINT or DEVICE.POINT"

static const struct schema_choice KINDS[] = {{"discharge", BYPASS_DISCHARGE},
                                             {"hot-side", BYPASS_HOT_SIDE},
                                             {"process", BYPASS_PROCESS},
                                             {NULL, 0}};

static const struct schema_choice WHENS[] = {{"production", 0}, {"always", 1}, {NULL, 0}};

static const struct schema_key BYPASS[] = {
    {.name = "kind",
     .type = SCHEMA_CHOICE,
     .choices = KINDS,
     .fallback = "discharge",
     SCHEMA_AT(bypass, kind),
     .en = "discharge goes past the treatment and is an alarm; hot-side (of an RTO) and process "
           "(SCR or economiser temperature, heat recovery) do not.",
     .zh =
         "discharge 为绕过治理设施排放,触发报警;hot-side(RTO 高温旁路)和 process(工艺旁路)不属排放"
         "旁路。"},
    {.name = "when",
     .type = SCHEMA_CHOICE,
     .choices = WHENS,
     .fallback = "production",
     SCHEMA_AT(bypass, always),
     .en = "Whether it counts only while production runs, or always: for outlets where an opening "
           "matters without production too.",
     .zh = "仅在生产运行时计,或始终计(不生产时开启也须关注的旁路)。"},
    {.name = "open-when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = CONDITION_FORM,
     .en = "The bypass valve is open while this holds: the limit switch at the open end.",
     .zh = "满足此条件即为旁路阀开启:开到位信号。"},
    {.name = "closed-when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = CONDITION_FORM,
     .en = "The bypass valve is shut while this holds: the limit switch at the closed end.",
     .zh = "满足此条件即为旁路阀关闭:关到位信号。"},
    {.name = "opening",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = POINT_FORM,
     .en = "The valve's position, in % or degrees.",
     .zh = "旁路阀开度测点,单位为 % 或角度。"},
    {.name = "opening-above",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a quantity, like 2 %",
     .en =
         "It is open when the position is strictly above this; 2 % (1.8 deg) unless said. There is "
         "no national threshold.",
     .zh = "开度严格大于此值即为开启;默认 2 %(1.8 度)。国家标准未规定阈值。"},
    {.name = "flow-when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = CONDITION_FORM,
     .en = "Something flows through the bypass while this holds.",
     .zh = "满足此条件即为旁路有流量。"},
    {.name = "flow",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = POINT_FORM,
     .en = "Flow through the bypass; the point of flow-when unless said.",
     .zh = "旁路流量测点;默认为 flow-when 所用测点。"},
    {.name = "flow-above",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a quantity, like 100 m3/h",
     .en = "Something flows when flow is strictly above this, instead of flow-when; no default: no "
           "national threshold.",
     .zh = "flow 严格大于此值即为有流量,代替 flow-when;无默认值,国家标准未规定阈值。"},
    {.name = "pressure-when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = CONDITION_FORM,
     .en = "The pressure in the bypass duct suggests a flow while this holds: a suspicion only.",
     .zh = "满足此条件即旁路风道压力提示有气流:仅作疑似判断。"},
    {.name = "temperature-when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = CONDITION_FORM,
     .en = "The temperature in the bypass duct suggests a flow while this holds: a suspicion only.",
     .zh = "满足此条件即旁路风道温度提示有气流:仅作疑似判断。"},
    {.name = "safety-when",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = CONDITION_FORM,
     .en =
         "A declared safety opening while this holds: still open, its mass still counts, the event "
         "says so.",
     .zh = "满足此条件即为已申报的安全开启:仍计为开启并计入排放量,事件中注明。"},
    {.name = "hysteresis",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = "a quantity, like 10 m3/h",
     .en = "How far back a compared value must come before the condition ends.",
     .zh = "比较值须回落多少条件才结束。"},
    {.name = "delay",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 0,
     .high = 86400000,
     .fallback = "10s",
     SCHEMA_AT(bypass, delay_ms),
     .en = "How long each signal must have held, both ways; no national value.",
     .zh = "各信号须持续的时间(开启与关闭相同);国家标准未规定。"},
    {.name = "travel",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 0,
     .high = 3600000,
     .fallback = "60s",
     SCHEMA_AT(bypass, travel_ms),
     .en = "How long the valve takes from end to end; position signals that contradict each other "
           "for "
           "longer are a monitoring fault. No national value.",
     .zh = "阀门全行程时间;位置信号相互矛盾超过此时间即为监控失效。国家标准未规定。"},
    {.name = "signal-lost-after",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 1000,
     .high = 86400000,
     .fallback = "60s",
     SCHEMA_AT(bypass, lost_ms),
     .en = "A signal that is bad or missing this long while production runs is a monitoring fault. "
           "No "
           "national value.",
     .zh = "生产运行时信号异常或缺失达到此时间即为监控失效。国家标准未规定。"},
    {.name = "cool-down",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 0,
     .high = 86400000,
     .fallback = "10min",
     SCHEMA_AT(bypass, cool_ms),
     .en = "How long after an opening a warm duct is no suspicion. No national value.",
     .zh = "开启结束后,风道余温在此时间内不作为疑似依据。国家标准未规定。"},
    {.name = "inlet-flow",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = POINT_FORM,
     .en = "Flow into the treatment: what a leak is a share of, and the upper bound of what goes "
           "round "
           "where the bypass has no flow meter.",
     .zh = "进入治理设施的流量:泄漏率的基准;旁路无流量计时,绕行量的上限。"},
    {.name = "leak-share",
     .type = SCHEMA_NUMBER,
     .low = 0,
     .high = 100,
     .fallback = "0.5",
     SCHEMA_AT(bypass, leak_share),
     .en = "Percent of inlet-flow; a shut bypass through which strictly more flows leaks. 0.5 is "
           "encouraged, not required (环大气〔2021〕65号).",
     .zh = "占 inlet-flow 的百分数;关闭的旁路流量严格大于此值即为泄漏。0.5 "
           "为鼓励值,非强制(环大气〔2021〕"
           "65号)。"},
    {.name = "leak-after",
     .type = SCHEMA_QUANTITY,
     .unit = "ms",
     .low = 1000,
     .high = 86400000,
     .fallback = "10min",
     SCHEMA_AT(bypass, leak_delay_ms),
     .en = "How long it must leak. No national value.",
     .zh = "泄漏须持续的时间。国家标准未规定。"},
    {.name = "mass",
     .type = SCHEMA_FORM,
     .shapes = YAML_MAP,
     .form = "{NAME: {concentration: POINT, flow: POINT}}",
     .en = "What goes round the treatment, in kg an event.",
     .zh = "每次事件绕过治理设施的污染物量(kg)。"},
};

const struct schema_section SCHEMA_BYPASS = {
    .path = "assets.NAME.bypass, assets.NAME.bypasses.NAME",
    .keys = BYPASS,
    .count = COUNT(BYPASS),
    .en =
        "When something goes past the treatment: at least one of open-when, closed-when, opening, "
        "flow-when, flow-above, pressure-when and temperature-when.",
    .zh = "何时旁路:open-when、closed-when、opening、flow-when、flow-above、pressure-when、"
          "temperature-when 至少其一。"};

static const struct schema_key MASS[] = {
    {.name = "concentration",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = POINT_FORM,
     .required = true,
     .en = "Concentration before the treatment, on the basis of the flow (wet or dry, actual or "
           "standard).",
     .zh = "治理前浓度,与流量基准(湿/干、工况/标况)一致。"},
    {.name = "flow",
     .type = SCHEMA_FORM,
     .shapes = YAML_TEXT,
     .form = POINT_FORM,
     .en = "Flow that carries it round; the bypass's flow unless said.",
     .zh = "携带该污染物绕行的流量;默认为旁路流量。"},
};

const struct schema_section SCHEMA_BYPASS_MASS = {
    .path = "assets.NAME.bypass.mass.NAME",
    .keys = MASS,
    .count = COUNT(MASS),
    .en = "One pollutant that goes round the treatment, at most six a bypass.",
    .zh = "一种绕过治理设施的污染物,每个旁路至多六种。"};
