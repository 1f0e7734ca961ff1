/* modes: of a site, what brings a mode by itself; orders: of an asset, what a mode asks of it. */
#include "config/modes.h"

#include "config/conditions.h"
#include "config/load_asset.h"
#include "config/section.h"
#include "config/text.h"

#include <stdio.h>
#include <string.h>

#define MODES_MAX  64
#define ORDERS_MAX MODE_COUNT

static bool
read_mode(struct load *load, const struct yaml_node *node, const char *text, enum mode *ret_mode)
{
    enum mode mode = modes_find(text);
    if (mode != MODE_COUNT && mode != MODE_NORMAL) {
        *ret_mode = mode;
        return true;
    }
    load_mistake(load, node,
                 "'%.40s' is no mode; there are start-up, shutdown, maintenance, emergency-yellow, "
                 "emergency-orange, emergency-red, seasonal",
                 text);
    return false;
}

/* "05-01" */
static void
read_day(struct load *load, const struct yaml_node *node, uint8_t *month, uint8_t *day)
{
    static const int DAYS[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned m, d;
    char end;
    if (!node)
        return;
    if (node->shape != YAML_TEXT || sscanf(node->text, "%2u-%2u%c", &m, &d, &end) != 2 || m < 1 ||
        m > 12 || d < 1 || (int)d > DAYS[m]) {
        load_mistake(load, node, "'%s' must be a day of the year like \"05-01\"", node->key);
        return;
    }
    *month = (uint8_t)m;
    *day = (uint8_t)d;
}

/* "08:00-18:30" */
static void
read_hours(struct load *load, const struct yaml_node *node, struct mode_rule *rule)
{
    unsigned h1, m1, h2, m2;
    char end;
    if (!node)
        return;
    if (node->shape != YAML_TEXT ||
        sscanf(node->text, "%2u:%2u-%2u:%2u%c", &h1, &m1, &h2, &m2, &end) != 4 || h1 > 23 ||
        m1 > 59 || m2 > 59 || h2 * 60 + m2 > 24 * 60) {
        load_mistake(load, node, "'hours' must be like \"08:00-18:30\"");
        return;
    }
    rule->from_minute = (uint16_t)(h1 * 60 + m1);
    rule->until_minute = (uint16_t)(h2 * 60 + m2);
}

static const struct asset *
find_asset(struct load *load, const struct yaml_node *node)
{
    for (uint16_t i = 0; i < load->site->asset_count; i++)
        if (!strcmp(load->site->assets[i].name, node->text))
            return &load->site->assets[i];
    load_mistake(load, node, "there is no asset '%.60s'", node->text);
    return NULL;
}

/* The signal's device must be one that the asset looks at. */
static void
use_signal(struct load *load, const struct mode_rule *rule)
{
    for (uint16_t i = 0; i < load->site->asset_count; i++)
        if (!rule->asset || rule->asset == &load->site->assets[i])
            derivations_use(load, &load->site->assets[i], rule->when.point);
}

static void
read_rule(struct load *load, const struct yaml_node *node, struct mode_rule *rule)
{
    const char *what = load_printf(load, "mode '%.60s'", node->key);
    const struct names_from nowhere = {.count = 0};
    section_default(&SCHEMA_MODE, &rule->when);
    section_read(load, &SCHEMA_MODE, node, what, &rule->when);
    rule->name = arena_text(load->arena, node->key);
    const struct yaml_node *mode = section_form(&SCHEMA_MODE, node, "mode");
    const struct yaml_node *when = section_form(&SCHEMA_MODE, node, "when");
    const struct yaml_node *asset = section_form(&SCHEMA_MODE, node, "asset");
    const struct yaml_node *from = section_form(&SCHEMA_MODE, node, "from");
    const struct yaml_node *until = section_form(&SCHEMA_MODE, node, "until");
    const struct yaml_node *hours = section_form(&SCHEMA_MODE, node, "hours");
    if (mode)
        read_mode(load, mode, mode->text, &rule->mode);
    if (asset)
        rule->asset = find_asset(load, asset);
    if (when)
        conditions_read(load, when, load_printf(load, "'when' of %s", what), &nowhere, &rule->when);
    if (!when == !(from || hours))
        load_mistake(load, node,
                     "%s must have either a signal (when) or a time (from, until, hours)", what);
    if (!from != !until)
        load_mistake(load, node, "%s must have both from and until", what);
    read_day(load, from, &rule->from_month, &rule->from_day);
    read_day(load, until, &rule->until_month, &rule->until_day);
    read_hours(load, hours, rule);
    use_signal(load, rule);
}

/* An asset keeps what so many signals said last. */
static void
check_signals(struct load *load, const struct yaml_node *node)
{
    for (uint16_t a = 0; a < load->site->asset_count; a++) {
        const struct asset *asset = &load->site->assets[a];
        unsigned count = 0;
        for (uint16_t i = 0; i < load->site->mode_count; i++) {
            const struct mode_rule *rule = &load->site->modes[i];
            count += rule->when.point && (!rule->asset || rule->asset == asset);
        }
        if (count > MODE_SIGNALS)
            load_mistake(load, node, "asset '%s' would follow %u signals of modes; at most %d",
                         asset->name, count, MODE_SIGNALS);
    }
}

void
load_modes(struct load *load, const struct yaml_node *node)
{
    uint32_t count = section_count_names(load, node, "mode");
    if (count > MODES_MAX) {
        load_mistake(load, node, "there are %u modes; at most %d", count, MODES_MAX);
        return;
    }
    struct mode_rule *rules = arena_take(load->arena, (count + 1) * sizeof *rules);
    for (const struct yaml_node *child = count ? node->first : NULL; child; child = child->next)
        read_rule(load, child, &rules[load->site->mode_count++]);
    load->site->modes = rules;
    check_signals(load, node);
}

static void
read_share(struct load *load, const struct yaml_node *node, const char *what, double *ret_share)
{
    const struct unit *unit, *percent = units_find("%");
    double share;
    what = load_printf(load, "'load' of %s", what);
    if (!section_quantity(load, node, what, &share, &unit))
        return;
    if (!unit || !units_convert(share, unit, percent, &share) || share <= 0 || share > 100)
        load_mistake(load, node, "%s must be a share like 50 %%", what);
    else
        *ret_share = share / 100;
}

/* {load: 50 %, rated: 200 kW} or the word stop. */
static void
read_order(struct load_asset *in, const struct yaml_node *node, struct mode_order *order)
{
    struct load *load = in->load;
    const char *what = load_printf(load, "order '%.40s' of %s", node->key, in->what);
    const struct point *point = in->asset->production.point;
    order->most_share = 1;
    if (node->shape == YAML_TEXT && !strcmp(node->text, "stop")) {
        order->stop = true;
        return;
    }
    if (node->shape != YAML_MAP) {
        load_mistake(load, node, "%s must be stop, or {load: 50 %%, rated: 200 kW}", what);
        return;
    }
    section_read(load, &SCHEMA_ORDER, node, what, order);
    const struct yaml_node *share = section_form(&SCHEMA_ORDER, node, "load");
    if (share)
        read_share(load, share, what, &order->most_share);
    const struct yaml_node *rated = section_form(&SCHEMA_ORDER, node, "rated");
    if (rated && point)
        conditions_quantity(load, rated, load_printf(load, "'rated' of %s", what), point, false,
                            &order->rated);
}

void
load_orders(struct load_asset *in)
{
    struct load *load = in->load;
    const struct yaml_node *node = section_form(&SCHEMA_ASSET, in->node, "orders");
    if (!node)
        return;
    if (!in->asset->production.point)
        load_mistake(load, node,
                     "'orders' of %s need production: {running-when: ...}, to see whether it runs",
                     in->what);
    struct mode_order *orders = arena_take(load->arena, ORDERS_MAX * sizeof *orders);
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        struct mode_order *order = &orders[in->asset->order_count];
        if (in->asset->order_count == ORDERS_MAX ||
            !read_mode(load, child, child->key, &order->mode))
            continue;
        read_order(in, child, order);
        in->asset->order_count++;
    }
    in->asset->orders = orders;
}
