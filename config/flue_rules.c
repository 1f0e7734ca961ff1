/* The rule that a boiler, kiln or incinerator brings where its gas cleaning doses ammonia or urea:
 * slip (standards.md 5.3, DB41/2089-2021, medium confidence: a default, changed or switched off
 * under `rules: {nh3-slip: ...}`). Slurry pH, reagent flow and the filter's pressure drop have no
 * number of general use: the site writes rules for them (docs/waste-gas.md). */
#include "config/load_asset.h"
#include "config/rules.h"

static const struct rule NH3_SLIP = {
    .name = "nh3-slip",
    .kind = "process.nh3-slip",
    .role = "nh3-slip",
    .side = SIDE_ABOVE,
    .value = 8,
    .unit = "mg/m3",
    .averaging = AVERAGING_HOUR,
    .gate = RULE_PRODUCTION,
    .severity = RULE_WARNING,
    .missing = RULE_MISSING_SILENT,
    .source = "DB41/2089-2021",
    .title_zh = "氨逃逸偏高",
    .title_en = "ammonia slip too high",
};

void
load_flue_rules(struct load_asset *in)
{
    enum asset_kind kind = in->asset->kind;
    if (kind == ASSET_BOILER || kind == ASSET_KILN || kind == ASSET_INCINERATOR)
        rules_add(in, &NH3_SLIP);
}
