/* Walks the table of keys: finding, describing, printing. The rows themselves stand in
 * schema_field.c, schema_asset.c and schema_place.c. */
#include "config/schema.h"

#include "config/text.h"

#include <string.h>

static const struct schema_section *const SECTIONS[] = {
    &SCHEMA_SITE,
    &SCHEMA_GATEWAY,
    &SCHEMA_BUS,
    &SCHEMA_DEVICE,
    &SCHEMA_MAP,
    &SCHEMA_POINT,
    &SCHEMA_ASSET,
    &SCHEMA_FLUE,
    &SCHEMA_WATER,
    &SCHEMA_MODE,
    &SCHEMA_ORDER,
    &SCHEMA_PRODUCTION,
    &SCHEMA_TREATMENT,
    &SCHEMA_POWER,
    &SCHEMA_VOC,
    &SCHEMA_VOC_BOUNDS,
    &SCHEMA_VOC_COLLECTION,
    &SCHEMA_VOC_LOADING,
    &SCHEMA_VOC_CARBON,
    &SCHEMA_BYPASS,
    &SCHEMA_BYPASS_MASS,
    &SCHEMA_OWN_POINT,
    &SCHEMA_RULE,
    &SCHEMA_LIMIT,
    &SCHEMA_LIMIT_USE,
    &SCHEMA_LIMITS_SET,
    &SCHEMA_LIMITS_ROW,
    &SCHEMA_DESTINATION,
    &SCHEMA_PERSON,
    &SCHEMA_STORE,
    &SCHEMA_KEEP,
    &SCHEMA_PERIODS,
    &SCHEMA_EVENTS,
    &SCHEMA_EVIDENCE,
    &SCHEMA_ESCALATE,
    &SCHEMA_DURING,
    &SCHEMA_ACTION,
    &SCHEMA_STATUS,
    &SCHEMA_CALIBRATION,
    &SCHEMA_WORK,
    &SCHEMA_EXEMPTION,
};

const struct schema_key *
schema_key_at(const struct schema_section *section, size_t i)
{
    for (; section; section = section->base) {
        if (i < section->count)
            return &section->keys[i];
        i -= section->count;
    }
    return NULL;
}

const struct schema_key *
schema_find_key(const struct schema_section *section, const char *name)
{
    const struct schema_key *key;
    for (size_t i = 0; (key = schema_key_at(section, i)); i++)
        if (!strcmp(key->name, name))
            return key;
    return NULL;
}

static void
print_choices(const struct schema_key *key, char *ret_text, size_t size)
{
    size_t used = 0;
    for (const struct schema_choice *choice = key->choices; choice->word && used < size; choice++)
        used += (size_t)snprintf(ret_text + used, size - used, "%s%s", used ? ", " : "one of ",
                                 choice->word);
}

void
schema_print_form(const struct schema_key *key, char *ret_text, size_t size)
{
    const struct unit *unit = key->unit ? units_find(key->unit) : NULL;
    switch (key->type) {
    case SCHEMA_TEXT: snprintf(ret_text, size, "a text"); break;
    case SCHEMA_NAME:
        snprintf(ret_text, size, "a name: a small letter, then small letters, digits and '-'");
        break;
    case SCHEMA_NATURAL: snprintf(ret_text, size, "a whole number"); break;
    case SCHEMA_NUMBER: snprintf(ret_text, size, "a number"); break;
    case SCHEMA_QUANTITY:
        snprintf(ret_text, size, "a %s with its unit, like %s", unit ? unit->kind : "quantity",
                 key->fallback ? key->fallback : key->form);
        break;
    case SCHEMA_UNIT: snprintf(ret_text, size, "a unit, like mg/m3"); break;
    case SCHEMA_BOOL: snprintf(ret_text, size, "true or false"); break;
    case SCHEMA_CHOICE: print_choices(key, ret_text, size); break;
    case SCHEMA_FORM: snprintf(ret_text, size, "%s", key->form); break;
    }
}

static void
print_bounds(FILE *out, const struct schema_key *key)
{
    char low[40], high[40];
    if (key->low == 0 && key->high == 0)
        return;
    if (key->type == SCHEMA_QUANTITY) {
        text_print_quantity(key->low, units_find(key->unit), low, sizeof low);
        text_print_quantity(key->high, units_find(key->unit), high, sizeof high);
        fprintf(out, "; from %s to %s", low, high);
    } else {
        fprintf(out, "; from %.15g to %.15g", key->low, key->high);
    }
}

static void
print_key(FILE *out, const struct schema_key *key)
{
    char form[240];
    schema_print_form(key, form, sizeof form);
    fprintf(out, "  %s: %s", key->name, form);
    print_bounds(out, key);
    if (key->required)
        fprintf(out, "; required");
    else if (key->fallback && *key->fallback)
        fprintf(out, "; %s unless said", key->fallback);
    fprintf(out, "\n      %s\n      %s\n", key->en, key->zh);
}

void
schema_print(FILE *out)
{
    for (size_t i = 0; i < sizeof SECTIONS / sizeof *SECTIONS; i++) {
        const struct schema_section *section = SECTIONS[i];
        const struct schema_key *key;
        fprintf(out, "%s%s\n    %s\n    %s\n", i ? "\n" : "", section->path, section->en,
                section->zh);
        for (size_t k = 0; (key = schema_key_at(section, k)); k++)
            print_key(out, key);
    }
}
