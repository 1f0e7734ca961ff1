/* What is wanted follows from the open events alone, so that a restart needs no memory of them;
 * what is on follows from what worked. Where the two differ there is something to do: a write that
 * goes the way of every order, or a line of this machine. One thing at a time for each action, and
 * what did not work is tried again every 10 s but told once. */
#include "daemon/engine_actions.h"

#include "base/cbor.h"
#include "base/log.h"
#include "daemon/event_match.h"
#include "protocols/gpio/gpio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS      10000
#define STATE_VERSION 1

struct doing {
    const struct action *rule;
    bool wanted, on;
    bool busy;    /* its order is under way, */
    bool target;  /* to make it so */
    bool failing; /* the last try was told as a failure */
    int64_t not_before_mono_ms;
    char cause[80]; /* the first event that asks for it */
    struct order order;
    struct gpio_line *line;
};

struct actions {
    struct actions_outlet outlet;
    struct queue *done; /* struct order * */
    struct doing *list;
    uint16_t count;
};

int
actions_new(const struct site *site, const struct actions_outlet *outlet,
            struct actions **ret_actions)
{
    const struct event_rules *rules = &site->events;
    struct actions *actions = calloc(1, sizeof *actions);

    if (actions == NULL)
        return -ENOMEM;
    actions->outlet = *outlet;
    actions->list = calloc(rules->action_count + 1U, sizeof *actions->list);
    if (actions->list == NULL ||
        queue_new(sizeof(struct order *), rules->action_count + 1U, 0, &actions->done) != 0) {
        actions_free(actions);
        return -ENOMEM;
    }
    for (; actions->count < rules->action_count; actions->count++)
        actions->list[actions->count].rule = &rules->actions[actions->count];
    *ret_actions = actions;
    return 0;
}

void
actions_free(struct actions *actions)
{
    if (actions == NULL)
        return;
    for (uint16_t i = 0; i < actions->count; i++)
        gpio_close(actions->list[i].line);
    queue_free(actions->done);
    free(actions->list);
    free(actions);
}

/* ---- what is told ---- */

static void
tell(struct actions *actions, const struct doing *doing, bool worked, const char *reason)
{
    const struct action *rule = doing->rule;
    struct note note = {.kind = !worked         ? "action.failed"
                                : doing->target ? "action.taken"
                                                : "action.released",
                        .phase = PHASE_NOTED,
                        .severity = worked ? SEVERITY_INFO : SEVERITY_WARNING};
    char what[100];

    if (rule->point != NULL)
        snprintf(what, sizeof what, "%.40s.%.40s = %g", rule->point->device->name,
                 rule->point->name, doing->target ? rule->on : rule->off);
    else
        snprintf(what, sizeof what, "%.60s line %u %s", rule->chip, rule->line,
                 doing->target ? "on" : "off");
    snprintf(note.subject, sizeof note.subject, "%s", rule->name);
    int length = snprintf(note.text, sizeof note.text, "by rule: %s%s%s", what,
                          doing->target ? ", for " : "", doing->target ? doing->cause : "");
    if (!worked)
        snprintf(note.text + length, sizeof note.text - (size_t)length, ": %.*s",
                 (int)sizeof note.text - length - 3, reason);
    actions->outlet.note(actions->outlet.context, &note);
}

static void
end(struct actions *actions, struct doing *doing, bool worked, const char *reason, int64_t mono_ms)
{
    if (worked) {
        doing->on = doing->target;
        doing->not_before_mono_ms = mono_ms;
    } else {
        doing->not_before_mono_ms = mono_ms + RETRY_MS;
    }
    if (worked || !doing->failing)
        tell(actions, doing, worked, reason);
    doing->failing = !worked;
}

/* ---- what is done ---- */

static void
begin_write(struct actions *actions, struct doing *doing)
{
    const struct point *point = doing->rule->point;
    struct order *order = &doing->order;

    *order = (struct order){.kind = ORDER_WRITE,
                            .value = doing->target ? doing->rule->on : doing->rule->off,
                            .done = actions->done};
    snprintf(order->device, sizeof order->device, "%s", point->device->name);
    snprintf(order->point, sizeof order->point, "%s", point->name);
    snprintf(order->who, sizeof order->who, "rule %.50s", doing->rule->name);
    doing->busy = true;
    actions->outlet.order(actions->outlet.context, order);
}

static void
set_line(struct actions *actions, struct doing *doing, int64_t mono_ms)
{
    const struct action *rule = doing->rule;
    int error = doing->line != NULL ? gpio_set(doing->line, doing->target)
                                    : gpio_open(rule->chip, rule->line, rule->active_low,
                                                doing->target, &doing->line);

    if (error != 0) {
        gpio_close(doing->line);
        doing->line = NULL;
    }
    end(actions, doing, error == 0, strerror(-error), mono_ms);
}

static void
act(struct actions *actions, struct doing *doing, int64_t mono_ms)
{
    if (doing->busy || doing->wanted == doing->on || mono_ms < doing->not_before_mono_ms)
        return;
    doing->target = doing->wanted;
    if (doing->rule->point != NULL)
        begin_write(actions, doing);
    else
        set_line(actions, doing, mono_ms);
}

static void
take_back(struct actions *actions, int64_t mono_ms)
{
    struct order *order = NULL;

    while (queue_depth(actions->done) > 0 && queue_take(actions->done, 0, &order))
        for (uint16_t i = 0; i < actions->count; i++) {
            struct doing *doing = &actions->list[i];
            if (&doing->order != order)
                continue;
            doing->busy = false;
            end(actions, doing, order->result == ORDER_DONE, order->reason, mono_ms);
        }
}

/* ---- what is wanted ---- */

static bool
is_about(const struct action *rule, const char *subject)
{
    for (uint8_t i = 0; i < rule->asset_count; i++)
        if (event_is_about(subject, rule->assets[i]->name))
            return true;
    return rule->asset_count == 0;
}

static bool
is_acknowledged(const struct event *event)
{
    for (size_t i = 0; i < event->detail_count; i++)
        if (strcmp(event->details[i].key, "acknowledged_by") == 0)
            return true;
    return false;
}

static bool
asks_for(const struct event *event, const struct action *rule)
{
    return event->severity >= rule->severity &&
           event_is_kind(rule->kinds, rule->kind_count, event->kind) &&
           is_about(rule, event->subject) &&
           !(rule->until == ACTION_UNTIL_ACKNOWLEDGED && is_acknowledged(event));
}

void
actions_want(struct actions *actions, const struct event *open, size_t count, int64_t mono_ms)
{
    for (uint16_t i = 0; i < actions->count; i++) {
        struct doing *doing = &actions->list[i];
        const struct event *asking = NULL;
        for (size_t e = 0; e < count && asking == NULL; e++)
            if (asks_for(&open[e], doing->rule))
                asking = &open[e];
        if (asking != NULL && !doing->wanted)
            snprintf(doing->cause, sizeof doing->cause, "%.34s of %.40s", asking->kind,
                     asking->subject);
        doing->wanted = asking != NULL;
        act(actions, doing, mono_ms);
    }
}

void
actions_tick(struct actions *actions, int64_t mono_ms)
{
    take_back(actions, mono_ms);
    for (uint16_t i = 0; i < actions->count; i++)
        act(actions, &actions->list[i], mono_ms);
}

/* ---- from one run to the next ---- */

/* A write may have arrived whose answer did not: what is under way counts as on. A line goes off
 * with the process. */
void
actions_save(const struct actions *actions, struct buf *ret_state)
{
    size_t count = 0;

    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1) {
            cbor_put_array(ret_state, count + 1);
            cbor_put_natural(ret_state, STATE_VERSION);
        }
        for (uint16_t i = 0; i < actions->count; i++) {
            const struct doing *doing = &actions->list[i];
            bool kept = doing->rule->point != NULL && (doing->on || doing->busy);
            if (kept && pass == 0)
                count++;
            else if (kept)
                cbor_put_text(ret_state, doing->rule->name, strlen(doing->rule->name));
        }
    }
}

void
actions_load(struct actions *actions, const void *state, size_t length)
{
    struct cbor_cursor cursor;

    cbor_cursor_init(&cursor, state, length);
    size_t left = cbor_take_array(&cursor);
    if (left == 0 || cbor_take_natural(&cursor) != STATE_VERSION)
        return;
    for (; left > 1 && !cursor.failed; left--) {
        size_t name_length = 0;
        const char *name = cbor_take_text(&cursor, &name_length);
        for (uint16_t i = 0; name != NULL && i < actions->count; i++) {
            const struct action *rule = actions->list[i].rule;
            if (rule->point != NULL && strlen(rule->name) == name_length &&
                memcmp(rule->name, name, name_length) == 0)
                actions->list[i].on = true;
        }
    }
}

static bool
is_same_place(const struct action *a, const struct action *b)
{
    if (strcmp(a->name, b->name) != 0 || (a->point == NULL) != (b->point == NULL))
        return false;
    if (a->point == NULL)
        return strcmp(a->chip, b->chip) == 0 && a->line == b->line &&
               a->active_low == b->active_low;
    return strcmp(a->point->device->name, b->point->device->name) == 0 &&
           strcmp(a->point->name, b->point->name) == 0 && a->on == b->on;
}

void
actions_carry(struct actions *to, struct actions *from, int64_t mono_ms)
{
    take_back(from, mono_ms);
    for (uint16_t i = 0; i < from->count; i++) {
        struct doing *old = &from->list[i], *now = NULL;
        for (uint16_t n = 0; n < to->count && now == NULL; n++)
            if (is_same_place(to->list[n].rule, old->rule))
                now = &to->list[n];
        if (now != NULL) {
            now->on = old->on;
            now->wanted = old->wanted;
            now->failing = old->failing;
            now->line = old->line;
            memcpy(now->cause, old->cause, sizeof now->cause);
            old->line = NULL;
        } else if (old->on && old->rule->point != NULL) {
            old->target = false;
            tell(to, old, false, "the new site file does not have it any more: left as it was");
        }
    }
}
