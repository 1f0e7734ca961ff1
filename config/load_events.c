/* events: and actions: of a site file. What evidence takes in memory is known here, so that a site
 * that is too large for it is told so when it is checked and not when an event opens. */
#include "config/load_events.h"

#include "config/events.h"
#include "config/load_asset.h"
#include "config/names.h"
#include "config/section.h"

#include <string.h>

#define ENTRIES_MAX 64

/* ---- evidence ---- */

static void
mark_devices(const struct site *site, bool *looked_at)
{
    for (uint16_t a = 0; a < site->asset_count; a++)
        for (uint16_t d = 0; d < site->assets[a].device_count; d++)
            looked_at[site->assets[a].devices[d]->index] = true;
}

static uint64_t
memory_of(const struct site *site, const bool *looked_at, uint32_t before_ms)
{
    uint64_t bytes = 0;
    for (uint16_t i = 0; i < site->device_count; i++)
        if (looked_at[i])
            bytes += (uint64_t)events_rows(&site->devices[i], before_ms) *
                     EVENTS_ROW_BYTES(site->devices[i].point_count);
    return bytes;
}

/* Halved until it fits: whoever reads the warning wants to know the order, not the last second. */
static void
fit_evidence(struct load *load, const struct yaml_node *node)
{
    struct event_rules *rules = &load->site->events;
    uint32_t asked_ms = rules->before_ms;
    bool *looked_at = arena_take(load->scratch, load->site->device_count + 1U);
    mark_devices(load->site, looked_at);
    while (rules->before_ms && memory_of(load->site, looked_at, rules->before_ms) > rules->memory)
        rules->before_ms /= 2;
    if (rules->before_ms != asked_ms)
        load_warning(load, node,
                     "the readings of %u s for evidence take more than %u KiB: only %u s before an "
                     "event are kept; 'memory' of 'evidence' gives it more",
                     asked_ms / 1000, rules->memory / 1024, rules->before_ms / 1000);
}

/* ---- escalation ---- */

static bool
is_kind(const char *text, bool star)
{
    size_t length = strlen(text);
    size_t word = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-");
    return length && (word == length || (star && word == length - 1 && word && text[word] == '*' &&
                                         text[word - 1] == '.'));
}

static void
read_escalation(struct load *load, const struct yaml_node *node, struct escalation *escalation)
{
    section_default(&SCHEMA_ESCALATE, escalation);
    section_read(load, &SCHEMA_ESCALATE, node, "'escalate' of 'events'", escalation);
    if (escalation->kind && !is_kind(escalation->kind, false))
        load_mistake(load, yaml_find(node, "kind"),
                     "'kind' of 'escalate' is a kind of event like bypass.open");
}

static void
read_escalations(struct load *load, const struct yaml_node *node)
{
    struct event_rules *rules = &load->site->events;
    const struct yaml_node *first = node->shape == YAML_LIST ? node->first : node;
    uint32_t count = node->shape == YAML_LIST ? node->count : 1;
    if (count > ENTRIES_MAX) {
        load_mistake(load, node, "'escalate' has %u entries; at most %d", count, ENTRIES_MAX);
        return;
    }
    struct escalation *list = arena_take(load->arena, (count + 1U) * sizeof *list);
    rules->escalations = list;
    for (const struct yaml_node *child = first; child && rules->escalation_count < count;
         child = child->next) {
        if (child->shape == YAML_MAP)
            read_escalation(load, child, &list[rules->escalation_count++]);
        else
            load_mistake(load, child, "an entry of 'escalate' is {kind: KIND, after: 30 min}");
    }
}

/* ---- actions ---- */

/* One text or a list of them, as nodes. */
static const struct yaml_node *
texts_of(struct load *load, const struct yaml_node *node, const char *what, uint32_t *ret_count)
{
    const struct yaml_node *first = node->shape == YAML_LIST ? node->first : node;
    *ret_count = node->shape == YAML_LIST ? node->count : 1;
    if (*ret_count > ENTRIES_MAX) {
        load_mistake(load, node, "'%s' of %s has more than %d entries", node->key, what,
                     ENTRIES_MAX);
        *ret_count = 0;
    }
    for (const struct yaml_node *child = first; child && *ret_count; child = child->next) {
        if (child->shape == YAML_TEXT && (node->shape == YAML_LIST || child == first))
            continue;
        if (node->shape != YAML_LIST)
            break;
        load_mistake(load, child, "'%s' of %s must be a list of names", node->key, what);
        *ret_count = 0;
    }
    return first;
}

const char *const *
load_event_kinds(struct load *load, const struct yaml_node *node, const char *what,
                 uint8_t *ret_count)
{
    uint32_t count;
    const struct yaml_node *child = texts_of(load, node, what, &count);
    const char **kinds = arena_take(load->arena, (count + 1U) * sizeof *kinds);
    for (uint32_t i = 0; i < count; i++, child = child->next) {
        if (!is_kind(child->text, true))
            load_mistake(load, child,
                         "'%s' of %s: '%.60s' is no kind of event; they are like bypass.open or "
                         "exceedance.*",
                         node->key, what, child->text);
        kinds[i] = arena_text(load->arena, child->text);
    }
    *ret_count = (uint8_t)count;
    return kinds;
}

static const struct asset *
find_asset(const struct site *site, const char *name)
{
    for (uint16_t i = 0; i < site->asset_count; i++)
        if (!strcmp(site->assets[i].name, name))
            return &site->assets[i];
    return NULL;
}

static void
read_assets(struct load *load, const struct yaml_node *node, const char *what,
            struct action *action)
{
    uint32_t count;
    const struct yaml_node *child = texts_of(load, node, what, &count);
    const struct asset **assets = arena_take(load->arena, (count + 1U) * sizeof *assets);
    for (uint32_t i = 0; i < count; i++, child = child->next) {
        const struct asset *asset = find_asset(load->site, child->text);
        if (asset)
            assets[action->asset_count++] = asset;
        else
            load_mistake(load, child, "'assets' of %s: there is no asset '%.60s'", what,
                         child->text);
    }
    action->assets = assets;
}

static void
read_target(struct load *load, const struct yaml_node *node, const char *what,
            struct action *action)
{
    const struct yaml_node *write = section_form(&SCHEMA_ACTION, node, "write");
    const struct names_from all = {.count = 0};
    if (!write == !action->chip) {
        load_mistake(load, node, "%s must have either 'write' or 'gpio'", what);
        return;
    }
    if (!write)
        return;
    action->point = names_find_point(load, write, load_printf(load, "'write' of %s", what),
                                     write->text, &all);
    if (action->point && !action->point->writable)
        load_mistake(load, write,
                     "'write' of %s: %s.%s may not be written; 'writable' of the device would have "
                     "to name it",
                     what, action->point->device->name, action->point->name);
}

static void
read_action(struct load *load, const struct yaml_node *node, struct action *action)
{
    const char *what = load_printf(load, "action '%.60s'", node->key);
    action->name = arena_text(load->arena, node->key);
    if (node->shape != YAML_MAP) {
        load_mistake(load, node, "%s must be a mapping like {events: bypass.open, write: D.P}",
                     what);
        return;
    }
    section_default(&SCHEMA_ACTION, action);
    section_read(load, &SCHEMA_ACTION, node, what, action);
    const struct yaml_node *kinds = section_form(&SCHEMA_ACTION, node, "events");
    const struct yaml_node *assets = section_form(&SCHEMA_ACTION, node, "assets");
    if (kinds)
        action->kinds = load_event_kinds(load, kinds, what, &action->kind_count);
    if (assets)
        read_assets(load, assets, what, action);
    read_target(load, node, what, action);
}

static void
read_actions(struct load *load, const struct yaml_node *node)
{
    struct event_rules *rules = &load->site->events;
    uint32_t count = section_count_names(load, node, "action");
    if (count > ENTRIES_MAX) {
        load_mistake(load, node, "there are %u actions; at most %d", count, ENTRIES_MAX);
        return;
    }
    struct action *list = arena_take(load->arena, (count + 1U) * sizeof *list);
    rules->actions = list;
    const struct yaml_node *child = count ? node->first : NULL;
    for (; child && rules->action_count < count; child = child->next)
        read_action(load, child, &list[rules->action_count++]);
}

void
load_events(struct load *load, const struct yaml_node *root)
{
    const struct yaml_node *node = section_form(&SCHEMA_SITE, root, "events");
    const struct yaml_node *actions = section_form(&SCHEMA_SITE, root, "actions");
    struct event_rules *rules = &load->site->events;
    section_default(&SCHEMA_EVIDENCE, rules);
    if (node)
        section_read(load, &SCHEMA_EVENTS, node, "'events'", rules);
    const struct yaml_node *evidence = node ? section_form(&SCHEMA_EVENTS, node, "evidence") : NULL;
    const struct yaml_node *escalate = node ? section_form(&SCHEMA_EVENTS, node, "escalate") : NULL;
    if (evidence)
        section_read(load, &SCHEMA_EVIDENCE, evidence, "'evidence' of 'events'", rules);
    load_faster_derived(load);
    fit_evidence(load, evidence ? evidence : root);
    if (escalate)
        read_escalations(load, escalate);
    if (actions)
        read_actions(load, actions);
}
