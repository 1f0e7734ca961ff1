/* The rules that a VOC treatment brings, by its technology: process values that must keep to a
 * bound while it is used. Each has a name, under which `rules:` changes or switches it off. Numbers
 * and their sources: standards.md 6.1, 6.2, 12 #14; HJ 1093, HJ 2026, HJ 2027 and notice 65 of 2021
 * are from memory there (11 #5), so that none of them is more than a default.
 *
 * They are judged while production runs, or, where the site does not say when it does, while the
 * treatment runs. Equal to the bound is no event, as everywhere (docs/voc.md). */
#include "config/flue.h"
#include "config/rules.h"
#include "config/section.h"
#include "config/voc_parts.h"

#include <string.h>

#define HJ1093         "HJ 1093-2020"
#define HJ2026         "HJ 2026-2013"
#define HJ2027         "HJ 2027-2013"
#define NOTICE65       "环大气〔2021〕65号"
#define OF(technology) (1U << (technology))
#define OXIDISERS      (OF(VOC_RTO) | OF(VOC_CATALYTIC))

/* Rules on readings; delay and gate are the asset's. */
static const struct row {
    unsigned technologies;
    struct rule rule;
} ROWS[] = {
    {OF(VOC_RTO),
     {.name = "chamber-temperature",
      .kind = "process.temperature",
      .role = "chamber-temperature",
      .side = SIDE_BELOW,
      .value = 760,
      .unit = "degC",
      .source = HJ1093 ", " NOTICE65,
      .title_zh = "燃烧室温度偏低",
      .title_en = "combustion chamber too cold"}},
    {OF(VOC_RTO),
     {.name = "residence-time",
      .kind = "process.residence-time",
      .role = "residence-time",
      .side = SIDE_BELOW,
      .value = 0.75,
      .unit = "s",
      .missing = RULE_MISSING_SILENT,
      .source = HJ1093,
      .title_zh = "燃烧室停留时间偏短",
      .title_en = "residence in the chamber too short"}},
    {OF(VOC_CATALYTIC),
     {.name = "catalyst-inlet-temperature",
      .kind = "process.temperature",
      .role = "catalyst-inlet-temperature",
      .side = SIDE_BELOW,
      .value = 300,
      .unit = "degC",
      .source = NOTICE65,
      .title_zh = "催化床入口温度偏低",
      .title_en = "catalyst inlet too cold"}},
    {OF(VOC_CATALYTIC),
     {.name = "catalyst-inlet-hot",
      .kind = "process.temperature",
      .role = "catalyst-inlet-temperature",
      .side = SIDE_ABOVE,
      .value = 500,
      .unit = "degC",
      .missing = RULE_MISSING_SILENT,
      .source = HJ2027 " (doubtful)",
      .title_zh = "催化床入口温度偏高",
      .title_en = "catalyst inlet too hot"}},
    {OF(VOC_CATALYTIC),
     {.name = "catalyst-temperature",
      .kind = "process.temperature",
      .role = "catalyst-temperature",
      .side = SIDE_ABOVE,
      .value = 700,
      .unit = "degC",
      .missing = RULE_MISSING_SILENT,
      .severity = RULE_ALARM,
      .source = HJ2027,
      .title_zh = "催化床温度过高",
      .title_en = "catalyst too hot"}},
    {OF(VOC_CATALYTIC),
     {.name = "entering-gas-temperature",
      .kind = "process.temperature",
      .role = "temperature-inlet",
      .side = SIDE_ABOVE,
      .value = 400,
      .unit = "degC",
      .missing = RULE_MISSING_SILENT,
      .source = HJ2027,
      .title_zh = "进入催化装置的废气温度过高",
      .title_en = "gas entering the catalytic unit too hot"}},
    {OF(VOC_CATALYTIC),
     {.name = "space-velocity-high",
      .kind = "process.space-velocity",
      .role = "space-velocity",
      .side = SIDE_ABOVE,
      .value = 40000,
      .missing = RULE_MISSING_SILENT,
      .source = HJ2027,
      .title_zh = "催化床空速过高",
      .title_en = "space velocity too high"}},
    {OF(VOC_CATALYTIC),
     {.name = "space-velocity-low",
      .kind = "process.space-velocity",
      .role = "space-velocity",
      .side = SIDE_BELOW,
      .value = 10000,
      .missing = RULE_MISSING_SILENT,
      .source = HJ2027,
      .title_zh = "催化床空速过低",
      .title_en = "space velocity too low"}},
    {OXIDISERS,
     {.name = "lel",
      .kind = "process.lel",
      .role = "lel",
      .side = SIDE_ABOVE,
      .value = 25,
      .unit = "%LEL",
      .severity = RULE_ALARM,
      .source = HJ1093 ", " HJ2027,
      .title_zh = "进气可燃物浓度过高(LEL)",
      .title_en = "too near to the explosive limit"}},
    {OF(VOC_ADSORPTION) | OF(VOC_ROTOR),
     {.name = "adsorber-temperature",
      .kind = "process.temperature",
      .role = "adsorber-temperature",
      .side = SIDE_ABOVE,
      .value = 40,
      .unit = "degC",
      .source = HJ2026,
      .title_zh = "进入吸附装置的废气温度过高",
      .title_en = "gas to the adsorber too hot"}},
    {OF(VOC_ROTOR),
     {.name = "desorption-cold",
      .kind = "process.temperature",
      .role = "desorption-temperature",
      .side = SIDE_BELOW,
      .value = 180,
      .unit = "degC",
      .source = "usual practice (no standard known)",
      .title_zh = "转轮脱附温度偏低",
      .title_en = "desorption air too cold"}},
    {OF(VOC_ROTOR),
     {.name = "desorption-hot",
      .kind = "process.temperature",
      .role = "desorption-temperature",
      .side = SIDE_ABOVE,
      .value = 220,
      .unit = "degC",
      .missing = RULE_MISSING_SILENT,
      .source = "usual practice (no standard known)",
      .title_zh = "转轮脱附温度偏高",
      .title_en = "desorption air too hot"}},
};

static enum rule_gate
gate_of(const struct asset *asset)
{
    return asset->production.point ? RULE_PRODUCTION : RULE_TREATMENT;
}

/* A rule on readings like those of the table. */
static void
add_reading(const struct voc_reading *in, struct rule rule)
{
    rule.delay_ms = in->voc->delay_ms;
    rule.gate = gate_of(in->asset->asset);
    if (rule.severity == RULE_INFO)
        rule.severity = RULE_WARNING;
    rules_add(in->asset, &rule);
}

/* ---- numbers that hang on the technology ---- */

static void
add_dust(const struct voc_reading *in)
{
    static const struct {
        double most;
        const char *source;
    } DUST[VOC_END] = {[VOC_RTO] = {5, HJ1093},
                       [VOC_CATALYTIC] = {10, HJ2027},
                       [VOC_ADSORPTION] = {1, HJ2026},
                       [VOC_ROTOR] = {1, HJ2026}};
    const struct flue_end *inlet = &in->asset->asset->flue->inlet;
    struct rule rule = {.name = "inlet-dust",
                        .kind = "process.dust",
                        .role = "pm-inlet",
                        .side = SIDE_ABOVE,
                        .value = DUST[in->voc->technology].most,
                        .unit = "mg/m3",
                        .missing = RULE_MISSING_SILENT,
                        .source = DUST[in->voc->technology].source,
                        .title_zh = "进气颗粒物浓度过高",
                        .title_en = "too much dust at the inlet"};
    for (uint8_t i = 0; i < inlet->count; i++)
        if (!strcmp(inlet->gases[i].name, "pm"))
            rule.point = inlet->gases[i].dry;
    if (rule.value > 0)
        add_reading(in, rule);
}

static void
add_velocities(const struct voc_reading *in)
{
    static const double MOST[] = {
        [VOC_BED_GRANULAR] = 0.6, [VOC_BED_FIBRE] = 0.15, [VOC_BED_HONEYCOMB] = 1.2};
    struct rule bed = {.name = "bed-velocity",
                       .kind = "process.velocity",
                       .role = "bed-velocity",
                       .side = SIDE_ABOVE,
                       .value = MOST[in->voc->bed],
                       .unit = "m/s",
                       .source = HJ2026,
                       .title_zh = "吸附床气速过高",
                       .title_en = "gas too fast in the bed"};
    struct rule hood = {.name = "hood-velocity",
                        .kind = "collection.hood",
                        .role = "hood-velocity",
                        .side = SIDE_BELOW,
                        .value = in->voc->hood_least,
                        .unit = "m/s",
                        .missing = RULE_MISSING_SILENT,
                        .source = "GB 37822-2019",
                        .title_zh = "集气罩控制风速不足",
                        .title_en = "too little draught at the hood"};
    if (in->voc->bed != VOC_BED_UNSAID)
        add_reading(in, bed);
    if (in->voc->hood_least > 0)
        add_reading(in, hood);
}

/* ---- bounds that the site gives ---- */

struct bounded {
    const char *key; /* of voc:, and the role */
    const char *kind;
    const char *low, *high; /* names of its rules */
    const char *zh, *en;
};

static const struct bounded BOUNDED[] = {
    {"pressure-drop", "process.pressure-drop", "pressure-drop-low", "pressure-drop-high",
     "压差超出范围", "pressure drop out of bounds"},
    {"absorbent-flow", "process.absorbent", "absorbent-flow-low", "absorbent-flow-high",
     "吸收液循环量超出范围", "flow of the absorbent out of bounds"},
    {"absorbent-ph", "process.absorbent", "absorbent-ph-low", "absorbent-ph-high",
     "吸收液 pH 超出范围", "pH of the absorbent out of bounds"},
    {"system-pressure", "recovery.pressure", "system-pressure-low", "system-pressure-high",
     "油气回收系统压力超出范围", "pressure of the vapour recovery out of bounds"},
};

static void
add_bound(const struct voc_reading *in, const struct bounded *of, const struct yaml_node *section,
          enum limit_side side)
{
    struct load *load = in->asset->load;
    const struct yaml_node *node = section_form(&SCHEMA_VOC_BOUNDS, section,
                                                side == SIDE_BELOW ? "at-least" : "at-most");
    const struct unit *unit = NULL;
    struct rule rule = {.name = side == SIDE_BELOW ? of->low : of->high,
                        .kind = of->kind,
                        .role = of->key,
                        .side = side,
                        .source = "site file",
                        .title_zh = of->zh,
                        .title_en = of->en};
    if (!node || !section_quantity(load, node, voc_of(in, of->key), &rule.value, &unit))
        return;
    rule.unit = unit ? unit->key : NULL;
    add_reading(in, rule);
}

static void
add_bounds(const struct voc_reading *in)
{
    struct load_asset *asset = in->asset;
    for (size_t i = 0; i < sizeof BOUNDED / sizeof *BOUNDED; i++) {
        const struct bounded *of = &BOUNDED[i];
        const struct yaml_node *node = section_form(&SCHEMA_VOC, in->node, of->key);
        if (node) {
            char nothing = 0;
            section_read(asset->load, &SCHEMA_VOC_BOUNDS, node, voc_of(in, of->key), &nothing);
            add_bound(in, of, node, SIDE_BELOW);
            add_bound(in, of, node, SIDE_ABOVE);
        } else if (derivations_input(asset->load, asset->inputs, &asset->from, of->key)) {
            load_warning(asset->load, asset->node,
                         "%s: nothing is said about the bounds of '%s': it is not judged; write "
                         "voc: {%s: {at-least: ..., at-most: ...}}",
                         asset->what, of->key, of->key);
        }
    }
}

/* ---- means and totals ---- */

static void
add_efficiencies(const struct voc_reading *in)
{
    const struct voc *voc = in->voc;
    struct rule design = {.name = "design-removal",
                          .kind = "removal.below-design",
                          .point = voc->removal,
                          .side = SIDE_BELOW,
                          .unit = "%",
                          .averaging = AVERAGING_HOUR,
                          .severity = RULE_WARNING,
                          .title_zh = "去除率低于工艺设计值",
                          .title_en = "removal below what the technology is made for"};
    switch (voc->technology) {
    case VOC_RTO:
        design.value = voc->chambers > 2 ? 98 : 95;
        design.source = HJ1093;
        break;
    case VOC_CATALYTIC:
        design.value = 97;
        design.source = HJ2027;
        break;
    case VOC_ADSORPTION:
        design.value = 90;
        design.source = HJ2026;
        break;
    default: break;
    }
    if (design.point && design.value > 0)
        rules_add(in->asset, &design);
    struct rule collection = {.name = "collection-efficiency",
                              .kind = "collection.low",
                              .point = derivations_find(in->asset->asset, "collection-efficiency"),
                              .side = SIDE_BELOW,
                              .value = voc->collection_least,
                              .unit = "%",
                              .averaging = AVERAGING_HOUR,
                              .severity = RULE_WARNING,
                              .source = "site file",
                              .title_zh = "收集效率偏低",
                              .title_en = "collection efficiency too low"};
    if (collection.point && collection.value > 0)
        rules_add(in->asset, &collection);
}

static void
add_life(const struct voc_reading *in, const char *point, double most, const char *names[2])
{
    double warning = most * in->carbon->warning / 100;
    struct rule rule = {.name = names[0],
                        .kind = "carbon.due",
                        .point = derivations_find(in->asset->asset, point),
                        .side = SIDE_ABOVE,
                        .value = warning,
                        .severity = RULE_WARNING,
                        .source = "site file",
                        .title_zh = "吸附剂即将到期",
                        .title_en = "adsorbent soon to be changed"};
    if (!rule.point)
        return;
    rules_add(in->asset, &rule);
    rule.name = names[1];
    rule.kind = "carbon.spent";
    rule.value = most;
    rule.severity = RULE_ALARM;
    rule.title_zh = "吸附剂已到期";
    rule.title_en = "adsorbent spent";
    rules_add(in->asset, &rule);
}

static void
add_ratio(const struct voc_reading *in)
{
    const struct point *ratio = derivations_find(in->asset->asset, "gas-liquid-ratio");
    struct rule rule = {.name = "gas-liquid-ratio-low",
                        .kind = "recovery.gas-liquid-ratio",
                        .point = ratio,
                        .side = SIDE_BELOW,
                        .value = in->loading->least,
                        .severity = RULE_WARNING,
                        .source = "GB 20952 (from memory)",
                        .title_zh = "气液比偏低",
                        .title_en = "gas-liquid ratio too low"};
    if (!ratio)
        return;
    rules_add(in->asset, &rule);
    rule.name = "gas-liquid-ratio-high";
    rule.side = SIDE_ABOVE;
    rule.value = in->loading->most;
    rule.title_zh = "气液比偏高";
    rule.title_en = "gas-liquid ratio too high";
    rules_add(in->asset, &rule);
}

/* Limits were read before: the first corrected one gives the asset its reference. */
static void
check_limits(const struct voc_reading *in)
{
    const struct load_asset *asset = in->asset;
    double reference_o2 = asset->asset->flue->reference_o2;
    if (in->voc->basis == VOC_BASIS_MEASURED && reference_o2 > 0 && !in->flue_corrects)
        load_mistake_at_key(asset->load, in->node,
                            "'basis' of %s: measured, but a limit corrects to %g %% O2", in->what,
                            reference_o2);
}

void
load_voc_rules(struct load_asset *asset)
{
    const struct voc_reading *in = asset->voc;
    if (!in)
        return;
    check_limits(in);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        for (unsigned t = VOC_RTO; t < VOC_END; t++)
            if (ROWS[i].technologies & OF(t) && voc_is(in->voc, (enum voc_technology)t)) {
                add_reading(in, ROWS[i].rule);
                break; /* a rotor with an oxidiser may be both */
            }
    add_dust(in);
    add_velocities(in);
    add_bounds(in);
    add_efficiencies(in);
    add_life(in, "carbon-hours", in->carbon->hours,
             (const char *[]){"carbon-hours-due", "carbon-hours-spent"});
    add_life(in, "carbon-mass", in->carbon->mass,
             (const char *[]){"carbon-mass-due", "carbon-mass-spent"});
    add_ratio(in);
}
