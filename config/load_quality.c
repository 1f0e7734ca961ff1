/* status: of devices and register maps. A map's rules are read once, against its own points, so
 * that a mistake in it is told once; each device of the map gets them for its points. A device's
 * own rules stand beside those of its map, except that a rule which looks at the same point takes
 * the place of the map's. Rules may look at points of other devices, so this is read when all
 * devices are laid out. Unless it names them, no rule is about points that are looked at
 * themselves. */

#include "config/load_quality.h"
#include "config/conditions.h"
#include "config/section.h"
#include "config/text.h"

#include <string.h>

/* ---- lists of points ---- */

void
load_point_list(struct load *load, const struct yaml_node *node, const char *what,
                const struct device *device, struct point_list *ret_list)
{
    bool *named = arena_take(load->scratch, device->point_count + 1U);
    uint16_t *list = arena_take(load->arena, (device->point_count + 1U) * sizeof *list);
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        uint16_t i = 0;
        while (i < device->point_count &&
               (child->shape != YAML_TEXT || strcmp(device->points[i].name, child->text) != 0))
            i++;
        if (i < device->point_count)
            named[i] = true;
        else if (!load->devices[device->index].points.unsure)
            load_mistake(load, child, "'of' of %s: there is no point '%.60s'", what,
                         child->shape == YAML_TEXT ? child->text : "...");
    }
    if (!node->first)
        load_mistake(load, node, "'of' of %s is empty: it would be about no point", what);
    *ret_list = (struct point_list){.list = list};
    for (uint16_t i = 0; i < device->point_count; i++)
        if (named[i])
            list[ret_list->count++] = i;
}

static bool
is_looked_at(const struct load_status *status, const struct point *point)
{
    for (uint16_t i = 0; i < status->count; i++)
        if (status->rules[i].when.point == point)
            return true;
    return false;
}

void
load_all_points(struct load *load, const struct load_status *status, const struct device *device,
                struct point_list *ret_list)
{
    uint16_t *list = arena_take(load->arena, (device->point_count + 1U) * sizeof *list);
    *ret_list = (struct point_list){.list = list};
    for (uint16_t i = 0; i < device->point_count; i++)
        if (!is_looked_at(status, &device->points[i]))
            list[ret_list->count++] = i;
}

/* ---- words ---- */

static bool
find_state(const char *word, enum instrument_state *ret_state)
{
    for (const struct schema_choice *choice = SCHEMA_STATES; choice->word; choice++)
        if (!strcmp(choice->word, word)) {
            *ret_state = (enum instrument_state)choice->value;
            return true;
        }
    return false;
}

static const char *
state_words(struct load *load)
{
    const char *words = SCHEMA_STATES->word;
    for (const struct schema_choice *choice = SCHEMA_STATES + 1; choice->word; choice++)
        words = load_printf(load, "%s, %s", words, choice->word);
    return words;
}

/* Bits a status point has; 32 where that is not known. */
static unsigned
width(const struct point *point)
{
    if (!point)
        return 32;
    if (point->type == TYPE_BOOL || point->type == TYPE_BITS)
        return point->bit_count;
    if (point->type == TYPE_U8 || point->type == TYPE_S8)
        return 8;
    return point->registers < 2 ? 16 : 32;
}

static bool
has_word(const struct status_rule *rule, uint64_t word)
{
    for (uint16_t i = 0; i < rule->word_count; i++)
        if (rule->words[i].word == word)
            return true;
    return false;
}

static void
read_word(struct load *load, const struct yaml_node *node, const char *what,
          struct status_rule *rule, struct status_word *words)
{
    uint64_t word, most = rule->form == STATUS_BITS ? width(rule->when.point) - 1 : UINT32_MAX;
    enum instrument_state means;
    if (!text_read_natural(node->key, &word) || word > most)
        load_mistake_at_key(load, node, "%s: '%.40s' is not a whole number from 0 to %llu", what,
                            node->key, (unsigned long long)most);
    else if (node->shape != YAML_TEXT || !find_state(node->text, &means))
        load_mistake(load, node, "%s: %s means '%.40s'; it must be one of %s", what, node->key,
                     node->shape == YAML_TEXT ? node->text : "...", state_words(load));
    else if (rule->form == STATUS_BITS && means == INSTRUMENT_RUNNING)
        load_mistake(
            load, node,
            "%s: no bit can mean running; that is when no other bit is set. For a bit that "
            "is set while it runs, write {when: not POINT, means: stopped}",
            what);
    else if (has_word(rule, word))
        load_mistake_at_key(load, node, "%s has %s twice", what, node->key);
    else if (rule->word_count == STATUS_WORDS)
        load_mistake_at_key(load, node, "%s has more than %d words", what, STATUS_WORDS);
    else
        words[rule->word_count++] = (struct status_word){(uint32_t)word, means};
}

static void
read_words(struct load *load, const struct yaml_node *node, const char *what,
           struct status_rule *rule)
{
    size_t most = node->count < STATUS_WORDS ? node->count : STATUS_WORDS;
    struct status_word *words = arena_take(load->arena, (most + 1) * sizeof *words);
    what = load_printf(load, "'%s' of %s", node->key, what);
    rule->words = words;
    for (const struct yaml_node *child = node->first; child; child = child->next)
        read_word(load, child, what, rule, words);
    if (!node->first)
        load_mistake(load, node, "%s is empty: every value would be a fault", what);
}

/* ---- one rule ---- */

/* One device, or a register map as if it were one, while it is read. */
struct owner {
    struct load *load;
    struct device *device;
    struct names_from from;
    bool is_map;
    const char *what; /* "'status' of device 'x'" */
};

static bool
is_foreign(const struct owner *in, const struct yaml_node *node)
{
    const char *name = strncmp(node->text, "not ", 4) ? node->text : node->text + 4;
    size_t length = strcspn(name, " <>");
    if (!in->is_map || !memchr(name, '.', length))
        return false;
    load_mistake(in->load, node,
                 "'%s' of %s names a point of another device; a register map knows only its own, "
                 "so this belongs into the site file",
                 node->key, in->what);
    return true;
}

static void
refuse_beside(const struct owner *in, const struct yaml_node *node, const char *beside,
              const char *const *keys)
{
    for (; *keys; keys++) {
        const struct yaml_node *child = yaml_find(node, *keys);
        if (child)
            load_mistake_at_key(in->load, child,
                                "%s has '%s' beside '%s'; it must be point with "
                                "values or bits, or when with means",
                                in->what, *keys, beside);
    }
}

static void
read_when(const struct owner *in, const struct yaml_node *node, const struct yaml_node *when,
          struct status_rule *rule)
{
    static const char *const OTHERS[] = {"point", "values", "bits", NULL};
    const struct yaml_node *means = yaml_find(node, "means");
    rule->form = STATUS_WHEN;
    refuse_beside(in, node, "when", OTHERS);
    if (!means)
        load_mistake(in->load, node, "%s lacks 'means': one of %s", in->what,
                     state_words(in->load));
    else if (rule->means == INSTRUMENT_RUNNING && means->shape == YAML_TEXT &&
             !strcmp(means->text, "running"))
        load_mistake(in->load, means,
                     "'means' of %s is running; say when it does not run: {when: not POINT, means: "
                     "stopped}",
                     in->what);
    if (!is_foreign(in, when))
        conditions_read(in->load, when, load_printf(in->load, "'when' of %s", in->what), &in->from,
                        &rule->when);
}

static void
check_type(const struct owner *in, const struct yaml_node *node, const struct status_rule *rule)
{
    const struct point *point = rule->when.point;
    bool is_float = point && (point->type == TYPE_FLOAT32 || point->type == TYPE_FLOAT64);
    if (point && point->type == TYPE_STRING)
        load_mistake(in->load, node, "'point' of %s is a text; a status word is a number",
                     in->what);
    else if (is_float && rule->form == STATUS_BITS)
        load_mistake(in->load, node, "'point' of %s is a %s, which has no bits to look at",
                     in->what, site_type_name(point->type));
}

static void
read_word_rule(const struct owner *in, const struct yaml_node *node, struct status_rule *rule)
{
    static const char *const OTHERS[] = {"means", NULL};
    const struct yaml_node *point = section_form(&SCHEMA_STATUS, node, "point");
    const struct yaml_node *values = section_form(&SCHEMA_STATUS, node, "values");
    const struct yaml_node *bits = section_form(&SCHEMA_STATUS, node, "bits");
    rule->form = values ? STATUS_VALUES : STATUS_BITS;
    refuse_beside(in, node, values ? "values" : "bits", OTHERS);
    if (!yaml_find(node, "point") || !yaml_find(node, "values") == !yaml_find(node, "bits")) {
        load_mistake(in->load, node,
                     "%s must have point with either values or bits, or when with means", in->what);
        return;
    }
    if (point && !is_foreign(in, point))
        rule->when.point = names_find_point(in->load, point,
                                            load_printf(in->load, "'point' of %s", in->what),
                                            point->text, &in->from);
    if (point)
        check_type(in, point, rule);
    if (values || bits)
        read_words(in->load, values ? values : bits, in->what, rule);
}

static void
read_rule(const struct owner *in, const struct yaml_node *node, struct load_status *status)
{
    struct status_rule rule = {.form = STATUS_VALUES};
    section_default(&SCHEMA_STATUS, &rule);
    section_read(in->load, &SCHEMA_STATUS, node, in->what, &rule);
    if (node->shape != YAML_MAP)
        return;
    if (status->count == STATUS_RULES) {
        load_mistake(in->load, node, "%s has more than %d entries", in->what, STATUS_RULES);
        return;
    }
    const struct yaml_node *when = section_form(&SCHEMA_STATUS, node, "when");
    const struct yaml_node *of = section_form(&SCHEMA_STATUS, node, "of");
    if (yaml_find(node, "when"))
        rule.form = STATUS_WHEN;
    else
        read_word_rule(in, node, &rule);
    if (when)
        read_when(in, node, when, &rule);
    if (of)
        load_point_list(in->load, of, in->what, in->device, &rule.of);
    if (!rule.when.point)
        return;
    if (!of)
        status->unsaid |= 1U << status->count;
    status->rules[status->count++] = rule;
}

static void
read_rules(const struct owner *in, const struct yaml_node *node, struct load_status *status)
{
    if (node->shape == YAML_MAP)
        read_rule(in, node, status);
    else
        for (const struct yaml_node *child = node->first; child; child = child->next)
            read_rule(in, child, status);
}

/* ---- maps and devices ---- */

void
load_map_status(struct load *load, const struct yaml_node *node, const char *name,
                struct load_map *map)
{
    struct site *site = load->site, *stand_in = arena_take(load->scratch, sizeof *stand_in);
    struct load_device *devices = load->devices, *entry = arena_take(load->scratch, sizeof *entry);
    struct device *device = arena_take(load->scratch, sizeof *device);
    device->name = name;
    device->point_count = (uint16_t)map->points.count;
    device->points = arena_take(load->scratch, (map->points.count + 1) * sizeof *device->points);
    for (uint16_t i = 0; i < device->point_count; i++) {
        device->points[i] = map->points.list[i].point;
        device->points[i].device = device;
    }
    map->status = arena_take(load->scratch, sizeof *map->status);
    map->status->rules = arena_take(load->scratch, STATUS_RULES * sizeof *map->status->rules);
    map->status->points = device->points;
    entry->points = map->points;
    stand_in->devices = device;
    stand_in->device_count = 1;
    load->site = stand_in;
    load->devices = entry;
    struct owner in = {.load = load,
                       .device = device,
                       .from = {.devices = {device}, .count = 1},
                       .is_map = true,
                       .what = "'status' of this map"};
    read_rules(&in, node, map->status);
    load->site = site;
    load->devices = devices;
}

/* The map's rules, as far as none of the device's own looks at the same point. */
static void
add_of_map(const struct owner *in, const struct yaml_node *node, const struct load_status *of_map,
           struct load_status *status)
{
    struct load_status own = *status;
    for (uint16_t i = 0; i < of_map->count; i++) {
        struct status_rule rule = of_map->rules[i];
        rule.when.point = in->device->points + (rule.when.point - of_map->points);
        if (is_looked_at(&own, rule.when.point))
            continue;
        if (status->count == STATUS_RULES) {
            load_mistake(in->load, node, "%s has more than %d entries with those of its map",
                         in->what, STATUS_RULES);
            return;
        }
        if (of_map->unsaid >> i & 1U)
            status->unsaid |= 1U << status->count;
        status->rules[status->count++] = rule;
    }
}

static void
load_device_quality(struct load *load, struct device *device, const struct load_device *entry)
{
    const struct yaml_node *node = section_form(&SCHEMA_DEVICE, entry->node, "status");
    const struct yaml_node *calibration = section_form(&SCHEMA_DEVICE, entry->node, "calibration");
    const struct load_status *of_map = entry->from ? entry->from->status : NULL;
    if (!node && !of_map && !calibration)
        return;
    struct device_quality *quality = arena_take(load->arena, sizeof *quality);
    struct load_status status = {
        .rules = arena_take(load->arena, STATUS_RULES * sizeof *status.rules)};
    struct owner in = {.load = load,
                       .device = device,
                       .from = {.devices = {device}, .count = 1},
                       .what = load_printf(load, "'status' of device '%s'", device->name)};
    if (node)
        read_rules(&in, node, &status);
    if (of_map)
        add_of_map(&in, entry->node, of_map, &status);
    for (uint16_t i = 0; i < status.count; i++)
        if (status.unsaid >> i & 1U)
            load_all_points(load, &status, device, &status.rules[i].of);
    quality->statuses = status.rules;
    quality->status_count = status.count;
    if (calibration)
        load_calendars(load, calibration, device, &status, quality);
    device->quality = quality;
}

void
load_quality(struct load *load)
{
    struct site *site = load->site;
    for (uint16_t d = 0; d < site->device_count; d++)
        load_device_quality(load, &site->devices[d], &load->devices[d]);
}

void
load_quality_samples(struct load *load)
{
    struct site *site = load->site;
    for (uint16_t d = 0; d < site->device_count; d++) {
        const struct device_quality *quality = site->devices[d].quality;
        for (uint16_t i = 0; site->devices[d].sample && quality && i < quality->status_count; i++) {
            const struct point *point = quality->statuses[i].when.point;
            site->points[point->index].sample = true;
            site->devices[point->device->index].sample = true;
        }
    }
}
