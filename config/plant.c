/* The words an asset is described by. They are a closed list, because a limit set that is for
 * `coal` must not be missed by an asset that says `Coal`. Standards.md 12 #12: a standard is keyed
 * on firing and use, not on t/h alone. */
#include "config/plant.h"

#include "config/load_asset.h"
#include "config/section.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct plant_key {
    const char *key;
    size_t offset; /* in struct asset */
    const char *words[8];
} KEYS[] = {
    {"fuel", offsetof(struct asset, fuel), {"coal", "biomass", "oil", "gas", NULL}},
    {"firing",
     offsetof(struct asset, firing),
     {"stoker", "spreader", "fluidised", "pulverised", "burner", "turbine", NULL}},
    {"use", offsetof(struct asset, use), {"power", "heating", "process", NULL}},
    {"carrier", offsetof(struct asset, carrier), {"steam", "hot-water", "organic", NULL}},
    {"built", offsetof(struct asset, built), {"new", "existing", NULL}},
    {"area", offsetof(struct asset, area), {"general", "special", "key", "built-up", NULL}},
    {"place", offsetof(struct asset, place), {"hebei", "tianjin", "henan", "liaoning", NULL}},
};
#define KEY_COUNT (sizeof KEYS / sizeof *KEYS)

static const struct plant_key *
find_key(const char *key)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (!strcmp(KEYS[i].key, key))
            return &KEYS[i];
    return NULL;
}

bool
plant_is_key(const char *key)
{
    return find_key(key);
}

const char *
plant_word(const struct asset *asset, const char *key)
{
    const struct plant_key *known = find_key(key);
    const char *word = NULL;
    if (known)
        memcpy(&word, (const char *)asset + known->offset, sizeof word);
    return word || !known ? word : "";
}

void
plant_check_word(struct load *load, const struct yaml_node *node, const char *what, const char *key,
                 const char *word)
{
    const struct plant_key *known = find_key(key);
    char list[120] = "";
    size_t used = 0;
    for (const char *const *one = known->words; *one; one++) {
        if (!strcmp(*one, word))
            return;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", *one);
    }
    load_mistake(load, node, "'%s' of %s is '%.40s'; it must be one of %s", key, what, word, list);
}

/* t/h of steam for boilers; a capacity of another kind (m3/d of a wastewater plant) is only said.
 */
static void
read_capacity(struct load_asset *in)
{
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "capacity");
    const char *what = load_printf(in->load, "'capacity' of %s", in->what);
    const struct unit *unit;
    double value;
    in->asset->capacity_t_h = NAN;
    if (!node || !section_quantity(in->load, node, what, &value, &unit))
        return;
    if (value <= 0)
        load_mistake(in->load, node, "%s must be more than 0", what);
    else if (unit)
        units_convert(value, unit, units_find("t/h"), &in->asset->capacity_t_h);
}

#define ANNUAL_MAX 32

/* annual: {so2: 12.5 t}, as the permit says it. */
static void
read_annual(struct load_asset *in)
{
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "annual");
    const struct yaml_node *child = node && node->shape == YAML_MAP ? node->first : NULL;
    struct annual *annual = arena_take(in->load->arena, ANNUAL_MAX * sizeof *annual);
    for (; child && in->asset->annual_count < ANNUAL_MAX; child = child->next) {
        const char *what = load_printf(in->load, "'%.40s' in 'annual' of %s", child->key, in->what);
        const struct unit *unit;
        double tonnes;
        if (!section_quantity(in->load, child, what, &tonnes, &unit))
            continue;
        if (!unit || !units_convert(tonnes, unit, units_find("t"), &tonnes) || tonnes < 0) {
            load_mistake(in->load, child, "%s must be a mass like 12.5 t", what);
            continue;
        }
        annual[in->asset->annual_count++] = (struct annual){
            .pollutant = arena_text(in->load->arena, child->key), .tonnes = tonnes};
    }
    in->asset->annual = annual;
}

void
load_plant(struct load_asset *in)
{
    read_capacity(in);
    read_annual(in);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        const struct yaml_node *node = yaml_find(in->node, KEYS[i].key);
        if (node && node->shape == YAML_TEXT)
            plant_check_word(in->load, node, in->what, KEYS[i].key, node->text);
    }
}
