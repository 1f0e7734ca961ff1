/* voc: of an asset, and the points made for it behind those of its two ends (load_flue.c): removal
 * and collection efficiency, the life of an adsorbent, the gas-liquid ratio of a loading. What a
 * technology cannot do without a point is said here and, of its rules, in voc_rules.c. */
#include "config/voc.h"

#include "config/flue.h"
#include "config/load_asset.h"
#include "config/section.h"
#include "config/voc_parts.h"

#include <math.h>
#include <string.h>

/* Words of `technology`. */
static const struct word {
    const char *word;
    enum voc_technology technology;
} WORDS[] = {{"rto", VOC_RTO},
             {"rco", VOC_CATALYTIC},
             {"catalytic", VOC_CATALYTIC},
             {"adsorption", VOC_ADSORPTION},
             {"rotor", VOC_ROTOR},
             {"absorption", VOC_ABSORPTION},
             {"vapour-recovery", VOC_RECOVERY}};

#define COUNT(list)    (sizeof(list) / sizeof *(list))

#define REFERENCE_O2   3.0 /* %, GB 37822-2019 */
#define TRIGGER        3.0 /* kg/h NMHC, GB 37822-2019; in key areas: */
#define TRIGGER_IN_KEY 2.0
#define NO_GUARD       100.0 /* % O2: measured values have no correction to guard */

const char *
voc_of(const struct voc_reading *in, const char *key)
{
    return load_printf(in->asset->load, "'%s' of %s", key, in->what);
}

/* ---- points ---- */

static const struct point *
add(const struct voc_reading *in, const char *name, const char *unit, const struct derivation *how)
{
    return derivations_add(in->asset->load, in->asset->node, in->asset->asset, name, unit, how);
}

static bool
take(const struct voc_reading *in, struct derivation *how, const struct point *point,
     const char *unit)
{
    return derivations_take(in->asset->load, in->asset->node, how, point, unit);
}

static const struct point *
find(const struct voc_reading *in, const struct yaml_node *section, const char *key)
{
    const struct yaml_node *node = yaml_find(section, key);
    if (!node || node->shape != YAML_TEXT)
        return NULL;
    return names_find_point(in->asset->load, node, voc_of(in, key), node->text, &in->asset->from);
}

static const struct flue_gas_points *
nmhc_of(const struct flue_end *end)
{
    for (uint8_t i = 0; i < end->count; i++)
        if (!strcmp(end->gases[i].name, "nmhc"))
            return &end->gases[i];
    return NULL;
}

/* The mean of an hour, weighted by what came in, is 1 - mass out / mass in over the scans at which
 * both ends were valid (standards.md 12 #8). */
static void
make_removal(const struct voc_reading *in)
{
    const struct flue *flue = in->asset->asset->flue;
    const struct flue_gas_points *inlet = nmhc_of(&flue->inlet), *outlet = nmhc_of(&flue->outlet);
    struct derivation how = {.op = DERIVE_REMOVAL};
    in->voc->inlet_rate = inlet ? inlet->rate : NULL;
    if (!inlet || !inlet->mass || !outlet || !outlet->rate)
        return;
    how.weight = inlet->mass;
    if (take(in, &how, inlet->rate, "kg/h") && take(in, &how, outlet->rate, "kg/h"))
        in->voc->removal = add(in, "removal-efficiency", "%", &how);
}

/* ---- collection ---- */

static void
take_rates(const struct voc_reading *in, const struct yaml_node *node, const char *key,
           struct derivation *how)
{
    struct load *load = in->asset->load;
    const struct yaml_node *child = node->shape == YAML_LIST ? node->first : node;
    for (; child; child = node->shape == YAML_LIST ? child->next : NULL) {
        if (how->input_count == DERIVATION_INPUTS) {
            load_mistake(load, child, "%s: more than %d points in all", voc_of(in, key),
                         DERIVATION_INPUTS);
            return;
        }
        const struct point *point = child->shape == YAML_TEXT
                                        ? names_find_point(load, child, voc_of(in, key),
                                                           child->text, &in->asset->from)
                                        : NULL;
        if (point && !take(in, how, point, "kg/h"))
            return;
        if (child->shape != YAML_TEXT)
            load_mistake(load, child, "%s must be POINT or [POINT, ...]", voc_of(in, key));
    }
}

static void
make_collection(const struct voc_reading *in)
{
    struct load *load = in->asset->load;
    const struct yaml_node *node = section_form(&SCHEMA_VOC, in->node, "collection");
    struct derivation how = {.op = DERIVE_COLLECTION}, mass = {.op = DERIVE_INTEGRAL};
    if (!node)
        return;
    section_read(load, &SCHEMA_VOC_COLLECTION, node, voc_of(in, "collection"), in->voc);
    const struct yaml_node *captured = section_form(&SCHEMA_VOC_COLLECTION, node, "captured");
    const struct yaml_node *fugitive = section_form(&SCHEMA_VOC_COLLECTION, node, "fugitive");
    if (captured)
        take_rates(in, captured, "captured", &how);
    else if (in->voc->inlet_rate)
        take(in, &how, in->voc->inlet_rate, "kg/h");
    else
        load_mistake_at_key(load, node,
                            "%s lacks 'captured', and there is no nmhc-inlet-rate in its place",
                            voc_of(in, "collection"));
    how.numbers[0] = how.input_count;
    if (!how.input_count || !fugitive)
        return;
    take_rates(in, fugitive, "fugitive", &how);
    if (how.input_count == how.numbers[0])
        return;
    struct derivation total = how;
    total.op = DERIVE_TOTAL;
    total.numbers[0] = 0;
    const struct point *rate = add(in, "collection-total", "kg/h", &total);
    if (rate && take(in, &mass, rate, "kg/h"))
        how.weight = add(in, "collection-mass", "kg", &mass);
    if (how.weight)
        add(in, "collection-efficiency", "%", &how);
}

/* ---- adsorbent ---- */

static void
make_life(const struct voc_reading *in, const struct yaml_node *node, const struct point *rate,
          struct voc_life life)
{
    struct derivation how = {.op = DERIVE_LIFE, .numbers = {life.used}};
    const struct point *changed = find(in, node, "changed-when");
    if (!rate || !take(in, &how, rate, "") || (changed && !take(in, &how, changed, "")))
        return;
    add(in, life.name, life.unit, &how);
}

static void
make_carbon(const struct voc_reading *in)
{
    struct load *load = in->asset->load;
    struct asset *asset = in->asset->asset;
    const struct yaml_node *node = section_form(&SCHEMA_VOC, in->node, "carbon");
    struct voc_carbon *carbon = in->carbon;
    section_default(&SCHEMA_VOC_CARBON, carbon);
    if (!node)
        return;
    section_read(load, &SCHEMA_VOC_CARBON, node, voc_of(in, "carbon"), carbon);
    bool by_treatment = asset->treatment.point;
    if (!(carbon->hours > 0) && !(carbon->mass > 0))
        load_mistake_at_key(load, node, "%s needs 'hours' or 'mass': after what it is spent",
                            voc_of(in, "carbon"));
    if (carbon->hours > 0 && !by_treatment && !asset->production.point)
        load_mistake_at_key(load, node,
                            "%s: hours of running cannot be counted without treatment: or "
                            "production: {running-when: ...}",
                            voc_of(in, "carbon"));
    else if (carbon->hours > 0) {
        struct derivation runs = {.op = DERIVE_CONDITION, .numbers = {by_treatment}};
        const char *name = by_treatment ? "treatment-running" : "production-running";
        make_life(in, node, add(in, name, "", &runs),
                  (struct voc_life){"carbon-hours", "h", carbon->used_hours});
    }
    if (!(carbon->mass > 0))
        return;
    struct derivation rest = {.op = DERIVE_REST};
    const struct flue_gas_points *outlet = nmhc_of(&asset->flue->outlet);
    if (!in->voc->removal || !outlet) {
        load_mistake_at_key(load, node,
                            "%s: what it takes up cannot be counted without nmhc-inlet-rate and "
                            "nmhc-rate: concentration and flow of both ends",
                            voc_of(in, "carbon"));
        return;
    }
    rest.input_count = 2;
    rest.inputs[0] = in->voc->inlet_rate;
    rest.inputs[1] = outlet->rate;
    make_life(in, node, add(in, "adsorbed-rate", "kg/h", &rest),
              (struct voc_life){"carbon-mass", "kg", carbon->used_mass});
}

/* ---- loading ---- */

/* Amount since the scan before, of a flow or of a counter; standard state stays what it is. */
static const struct point *
amount_of(const struct voc_reading *in, const struct yaml_node *section, const char *key)
{
    static const struct {
        const char *kind, *unit, *amount;
        enum derivation_op op;
    } KINDS[] = {{"flow", "m3/h", "m3", DERIVE_INTEGRAL},
                 {"standard flow", "Nm3/h", "Nm3", DERIVE_INTEGRAL},
                 {"volume", "m3", "m3", DERIVE_DIFFERENCE},
                 {"standard volume", "Nm3", "Nm3", DERIVE_DIFFERENCE}};
    struct load *load = in->asset->load;
    const struct point *point = find(in, section, key);
    const struct unit *unit = point && *point->unit ? units_find(point->unit) : NULL;
    if (!point)
        return NULL;
    for (size_t i = 0; unit && i < COUNT(KINDS); i++) {
        struct derivation how = {.op = KINDS[i].op};
        if (strcmp(unit->kind, KINDS[i].kind) != 0)
            continue;
        take(in, &how, point, KINDS[i].unit);
        return add(in, load_printf(load, "%s-volume", key), KINDS[i].amount, &how);
    }
    load_mistake(load, yaml_find(section, key),
                 "%s: point '%s.%s' is in %s; it must be a flow (m3/h) or a volume (m3)",
                 voc_of(in, key), point->device->name, point->name, unit ? unit->key : "no unit");
    return NULL;
}

static void
make_loading(const struct voc_reading *in)
{
    struct load *load = in->asset->load;
    const struct yaml_node *node = section_form(&SCHEMA_VOC, in->node, "loading");
    section_default(&SCHEMA_VOC_LOADING, in->loading);
    if (!node)
        return;
    section_read(load, &SCHEMA_VOC_LOADING, node, voc_of(in, "loading"), in->loading);
    const struct point *vapour = amount_of(in, node, "vapour");
    const struct point *liquid = amount_of(in, node, "liquid");
    struct derivation how = {.op = DERIVE_LOADING, .numbers = {in->loading->quiet_ms}};
    if (vapour && liquid && take(in, &how, vapour, "") && take(in, &how, liquid, ""))
        add(in, "gas-liquid-ratio", "", &how);
}

/* ---- technology ---- */

static void
read_technology(const struct voc_reading *in)
{
    const struct load_asset *asset = in->asset;
    const char *word = asset->asset->technology;
    for (size_t i = 0; i < COUNT(WORDS); i++)
        if (!strcmp(WORDS[i].word, word)) {
            in->voc->technology = WORDS[i].technology;
            return;
        }
    load_warning(asset->load, asset->node,
                 "%s: technology %s%.40s%s: temperatures and the like are not judged; known are "
                 "rto, rco, catalytic, adsorption, rotor, absorption, vapour-recovery",
                 asset->what, *word ? "'" : "is not given", word, *word ? "' is not known" : "");
}

bool
voc_is(const struct voc *voc, enum voc_technology technology)
{
    return voc->technology == technology ||
           (technology == VOC_RTO && voc->oxidiser == VOC_OXIDISER_RTO) ||
           (technology == VOC_CATALYTIC && voc->oxidiser == VOC_OXIDISER_CATALYTIC);
}

/* standards.md 12 #8; where the choice is made it must be seen what hangs on it. */
#define FACTOR                                                                                     \
    "3 %% O2 makes 12 times the value of it at 19.5 %% O2 in the outlet and 36 times at 20.5 %%"

/* Measured values hold while the outlet has no more oxygen than the inlet; no correction: no guard.
 */
static void
use_measured(const struct voc_reading *in, const struct yaml_node *node, struct flue *flue)
{
    struct load *load = in->asset->load;
    if (flue->reference_o2 > 0) {
        load_mistake_at_key(load, node,
                            "'basis' of %s: measured, but its flue: {reference-o2: %g} corrects it",
                            in->what, flue->reference_o2);
        return;
    }
    in->voc->o2 = flue->o2;
    flue->o2_guard = NO_GUARD;
    if (!flue->o2)
        load_warning(load, node,
                     "%s: basis measured holds only while the outlet has no more O2 than the "
                     "inlet, which nobody sees without a point 'o2'",
                     in->what);
}

static void
use_corrected(const struct voc_reading *in, const struct yaml_node *node, struct flue *flue)
{
    struct load *load = in->asset->load;
    if (!flue->o2) {
        load_mistake_at_key(load, node, "'basis' of %s: corrected-3 needs a point 'o2'", in->what);
        return;
    }
    if (!(flue->reference_o2 > 0))
        flue->reference_o2 = REFERENCE_O2;
    if (nmhc_of(&flue->outlet))
        derivations_corrected(load, node, in->asset->asset, &in->asset->from, "nmhc",
                              flue->reference_o2);
    load_warning(load, node, "%s: basis corrected-3: " FACTOR, in->what);
}

static void
check_basis(const struct voc_reading *in)
{
    struct load *load = in->asset->load;
    const struct yaml_node *node = in->node ? in->node : in->asset->node;
    struct flue *flue = (struct flue *)in->asset->asset->flue;
    bool burns = voc_is(in->voc, VOC_RTO) || voc_is(in->voc, VOC_CATALYTIC);
    bool said = in->node && yaml_find(in->node, "oxidiser"); /* also that there is none */
    if (in->voc->technology == VOC_ROTOR && !said)
        load_warning(load, node,
                     "%s: what burns the desorbed gas of the rotor is not said, so that neither it "
                     "nor its O2 basis is judged here: write oxidiser: rto or catalytic, unless "
                     "it is an asset of its own",
                     in->what);
    if (burns && in->voc->basis == VOC_BASIS_UNSAID)
        load_mistake_at_key(load, node,
                            "%s lacks 'basis', which an oxidiser must say: corrected-3 where the "
                            "waste gas itself needs added air (the burner's does not count), else "
                            "measured; " FACTOR,
                            in->what);
    else if (burns && in->voc->basis == VOC_BASIS_MEASURED)
        use_measured(in, node, flue);
    else if (burns)
        use_corrected(in, node, flue);
    else if (in->voc->basis == VOC_BASIS_CORRECTED)
        load_mistake_at_key(load, node,
                            "'basis' of %s: only what burns is corrected to 3 %% O2; without an "
                            "oxidiser the measured value holds",
                            in->what);
}

static void
say_what_is_missing(const struct voc_reading *in)
{
    const struct load_asset *asset = in->asset;
    if (in->voc->technology == VOC_RECOVERY)
        return;
    if (!in->voc->inlet_rate)
        load_warning(asset->load, asset->node,
                     "%s: no points 'nmhc-inlet' and 'flow-inlet': neither its initial rate nor "
                     "its removal of NMHC is judged",
                     asset->what);
    else if (!in->voc->removal)
        load_warning(asset->load, asset->node,
                     "%s: no points 'nmhc' and 'flow' of both ends: its removal of NMHC is not "
                     "judged",
                     asset->what);
}

void
load_voc(struct load_asset *asset)
{
    struct load *load = asset->load;
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, asset->node, "voc");
    if (asset->asset->kind != ASSET_VOC_TREATMENT) {
        if (node)
            load_mistake_at_key(load, node, "'voc' of %s goes with kind: voc-treatment",
                                asset->what);
        return;
    }
    struct voc *voc = arena_take(load->arena, sizeof *voc);
    struct voc_reading *in = arena_take(load->scratch, sizeof *in);
    *in = (struct voc_reading){
        .asset = asset,
        .node = node,
        .what = load_printf(load, "'voc' of %s", asset->what),
        .voc = voc,
        .carbon = arena_take(load->scratch, sizeof *in->carbon),
        .loading = arena_take(load->scratch, sizeof *in->loading),
    };
    section_default(&SCHEMA_VOC, voc);
    section_default(&SCHEMA_VOC_COLLECTION, voc);
    if (node)
        section_read(load, &SCHEMA_VOC, node, in->what, voc);
    if (!(voc->trigger > 0))
        voc->trigger = !strcmp(asset->asset->area, "key") ? TRIGGER_IN_KEY : TRIGGER;
    asset->asset->voc = voc;
    asset->voc = in;
    in->flue_corrects = asset->asset->flue->reference_o2 > 0;
    read_technology(in);
    check_basis(in);
    voc->o2_inlet = derivations_input(load, asset->inputs, &asset->from, "o2-inlet");
    derivations_use(load, asset->asset, voc->o2_inlet);
    make_removal(in);
    make_collection(in);
    make_carbon(in);
    make_loading(in);
    say_what_is_missing(in);
}
