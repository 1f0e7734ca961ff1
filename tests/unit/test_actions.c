/* What events do: when an action is on, when it is released, and what is told of it. */
#include "daemon/engine_actions.c"
#include "tests/unit/events_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static struct stage stage;
static struct actions *actions;
static struct order *asked; /* the order that waits for an answer */
static unsigned asked_count, note_count;
static struct note noted;
static int64_t mono_ms;

/* The gate to lines of this machine, played. */
struct gpio_line {
    unsigned number;
    bool on;
};
static struct gpio_line line;
static int gpio_error;
static bool line_is_open;

int
gpio_open(const char *chip, unsigned number, bool active_low, bool on, struct gpio_line **ret_line)
{
    assert_string_equal(chip, "/dev/gpiochip0");
    assert_true(active_low);
    if (gpio_error)
        return gpio_error;
    line = (struct gpio_line){number, on};
    line_is_open = true;
    *ret_line = &line;
    return 0;
}

void
gpio_close(struct gpio_line *closed)
{
    if (closed)
        line_is_open = false;
}

int
gpio_set(struct gpio_line *set, bool on)
{
    set->on = on;
    return gpio_error;
}

static void
take_order(void *context, struct order *order)
{
    (void)context;
    asked = order;
    asked_count++;
}

static void
take_note(void *context, const struct note *note)
{
    (void)context;
    noted = *note;
    note_count++;
}

static void
answer(enum order_result result, const char *reason)
{
    struct order *back = asked;
    assert_non_null(back);
    asked = NULL;
    back->result = result;
    snprintf(back->reason, sizeof back->reason, "%s", reason);
    queue_post(back->done, &back);
    actions_tick(actions, mono_ms);
}

static void
begin_with(const char *tail)
{
    const struct actions_outlet outlet = {.order = take_order, .note = take_note};
    assert_int_equal(stage_begin(&stage, tail), 0);
    assert_int_equal(actions_new(stage.site, &outlet, &actions), 0);
    asked = NULL;
    asked_count = note_count = 0;
    gpio_error = 0;
    mono_ms = 1000;
}

static int
end_stage(void **state)
{
    (void)state;
    actions_free(actions);
    stage_end(&stage);
    return 0;
}

static void
want(const struct event *open, size_t count)
{
    actions_want(actions, open, count, mono_ms);
}

static const struct event SO2 = {
    .kind = "exceedance.warning", .subject = "stack.so2", .severity = SEVERITY_WARNING};

static const char HORN[] = "actions:\n"
                           "  horn: {events: [bypass.open, \"exceedance.*\"], write: a.horn, "
                           "value: 3, release: 2}\n";

static void
a_write_goes_to_the_bus_and_is_taken_back(void **state)
{
    (void)state;
    begin_with(HORN);
    want(NULL, 0);
    assert_int_equal(asked_count, 0); /* nothing is written at a start */
    want(&SO2, 1);
    assert_int_equal(asked_count, 1);
    assert_int_equal(asked->kind, ORDER_WRITE);
    assert_string_equal(asked->device, "a");
    assert_string_equal(asked->point, "horn");
    assert_string_equal(asked->who, "rule horn");
    assert_true(asked->value == 3);
    want(&SO2, 1);
    assert_int_equal(asked_count, 1); /* one at a time */
    answer(ORDER_DONE, "");
    assert_string_equal(noted.kind, "action.taken");
    assert_string_equal(noted.subject, "horn");
    assert_string_equal(noted.text, "by rule: a.horn = 3, for exceedance.warning of stack.so2");
    want(NULL, 0);
    assert_true(asked->value == 2);
    answer(ORDER_DONE, "");
    assert_string_equal(noted.kind, "action.released");
    assert_string_equal(noted.text, "by rule: a.horn = 2");
    assert_int_equal(note_count, 2);
}

static void
what_closes_while_the_write_is_under_way_is_released_behind_it(void **state)
{
    (void)state;
    begin_with(HORN);
    want(&SO2, 1);
    want(NULL, 0);
    assert_int_equal(asked_count, 1);
    answer(ORDER_DONE, ""); /* the tick sees that it is not wanted any more */
    assert_int_equal(asked_count, 2);
    assert_true(asked->value == 2);
    answer(ORDER_DONE, "");
}

static void
a_failure_is_told_once_and_tried_again(void **state)
{
    (void)state;
    begin_with(HORN);
    want(&SO2, 1);
    answer(ORDER_FAILED, "no answer");
    assert_string_equal(noted.kind, "action.failed");
    assert_int_equal(noted.severity, SEVERITY_WARNING);
    assert_string_equal(noted.text,
                        "by rule: a.horn = 3, for exceedance.warning of stack.so2: no answer");
    mono_ms += RETRY_MS - 1;
    actions_tick(actions, mono_ms);
    assert_int_equal(asked_count, 1);
    mono_ms++;
    actions_tick(actions, mono_ms);
    assert_int_equal(asked_count, 2);
    answer(ORDER_FAILED, "no answer");
    assert_int_equal(note_count, 1);
    mono_ms += RETRY_MS;
    actions_tick(actions, mono_ms);
    answer(ORDER_DONE, "");
    assert_int_equal(note_count, 2);
    assert_string_equal(noted.kind, "action.taken");
}

static void
only_what_asks_for_it_turns_it_on(void **state)
{
    (void)state;
    begin_with("actions: {horn: {events: \"exceedance.*\", assets: stack, severity: alarm, "
               "write: a.horn}}\n");
    struct event event = SO2;
    want(&event, 1); /* not severe enough */
    event.severity = SEVERITY_ALARM;
    event.subject = "stack-2.so2";
    want(&event, 1);
    event.subject = "stack.so2";
    event.kind = "exceedances";
    want(&event, 1);
    assert_int_equal(asked_count, 0);
    event.kind = "exceedance.hour";
    want(&event, 1);
    assert_int_equal(asked_count, 1);
    answer(ORDER_DONE, "");
}

static void
an_acknowledgement_releases_where_the_site_says_so(void **state)
{
    (void)state;
    struct event event = SO2;
    begin_with("actions:\n"
               "  horn: {events: \"exceedance.*\", write: a.horn, until: acknowledgement}\n"
               "  lamp: {events: \"exceedance.*\", gpio: /dev/gpiochip0, line: 17, "
               "active-low: true}\n");
    want(&event, 1);
    answer(ORDER_DONE, "");
    assert_true(line_is_open && line.on && line.number == 17);
    event.details[0] = (struct detail){.key = "acknowledged_by", .kind = VALUE_TEXT};
    event.details[0].as.text = "Zhang Wei";
    event.detail_count = 1;
    want(&event, 1);
    assert_true(asked->value == 0);
    answer(ORDER_DONE, "");
    assert_true(line.on); /* until closing */
    want(NULL, 0);
    assert_false(line.on);
    assert_string_equal(noted.text, "by rule: /dev/gpiochip0 line 17 off");
}

static void
a_line_that_fails_is_opened_anew(void **state)
{
    (void)state;
    begin_with("actions: {lamp: {events: \"exceedance.*\", gpio: /dev/gpiochip0, line: 17, "
               "active-low: true}}\n");
    gpio_error = -EBUSY;
    want(&SO2, 1);
    assert_string_equal(noted.kind, "action.failed");
    gpio_error = 0;
    mono_ms += RETRY_MS;
    actions_tick(actions, mono_ms);
    assert_string_equal(noted.kind, "action.taken");
    assert_true(line.on);
}

static void
what_was_on_at_a_crash_is_released_at_the_start(void **state)
{
    (void)state;
    uint8_t bytes[200];
    struct buf saved;
    buf_init(&saved, bytes, sizeof bytes);
    begin_with(HORN);
    want(&SO2, 1);
    actions_save(actions, &saved); /* the answer did not come any more */
    assert_false(saved.overflow);
    end_stage(NULL);
    begin_with(HORN);
    actions_load(actions, saved.data, saved.length);
    want(NULL, 0);
    assert_int_equal(asked_count, 1);
    assert_true(asked->value == 2);
    answer(ORDER_DONE, "");
    assert_string_equal(noted.kind, "action.released");
}

static void
a_reload_keeps_what_stays_and_tells_what_goes(void **state)
{
    (void)state;
    const struct actions_outlet outlet = {.order = take_order, .note = take_note};
    struct stage other;
    struct actions *next;
    begin_with(HORN);
    want(&SO2, 1);
    answer(ORDER_DONE, "");
    assert_int_equal(stage_begin(&other, HORN), 0);
    assert_int_equal(actions_new(other.site, &outlet, &next), 0);
    actions_carry(next, actions, mono_ms);
    end_stage(NULL);
    stage = other;
    actions = next;
    want(&SO2, 1);
    assert_int_equal(asked_count, 1); /* it is on already */
    assert_int_equal(stage_begin(&other, ""), 0);
    assert_int_equal(actions_new(other.site, &outlet, &next), 0);
    actions_carry(next, actions, mono_ms);
    assert_string_equal(noted.kind, "action.failed");
    assert_string_equal(noted.text,
                        "by rule: a.horn = 2: the new site file does not have it any more: left as "
                        "it was");
    end_stage(NULL);
    stage = other;
    actions = next;
}

/* ---- the site file ---- */

static void
assert_mistake(const char *tail, const char *sentence)
{
    struct stage wrong;
    assert_int_not_equal(stage_load(&wrong, tail), 0);
    if (!strstr(wrong.warnings, sentence))
        fail_msg("'%s' has no '%s'", wrong.warnings, sentence);
}

static void
mistakes_are_told_with_their_place(void **state)
{
    (void)state;
    assert_mistake("actions: {horn: {events: x.y, write: a.so2}}\n", "a.so2 may not be written");
    assert_mistake("actions: {horn: {events: x.y}}\n", "either 'write' or 'gpio'");
    assert_mistake("actions: {horn: {events: x.y, gpio: /dev/gpiochip0, write: a.horn}}\n",
                   "either 'write' or 'gpio'");
    assert_mistake("actions: {horn: {events: X, write: a.horn}}\n", "'X' is no kind of event");
    assert_mistake("actions: {horn: {events: x.y, assets: stock, write: a.horn}}\n",
                   "there is no asset 'stock'");
    assert_mistake("events: {escalate: {after: 1 min, kind: \"x.*\"}}\n",
                   "a kind of event like bypass.open");
    assert_mistake("events: {escalate: {kind: x.y}}\n", "after");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_write_goes_to_the_bus_and_is_taken_back, end_stage),
        cmocka_unit_test_teardown(what_closes_while_the_write_is_under_way_is_released_behind_it,
                                  end_stage),
        cmocka_unit_test_teardown(a_failure_is_told_once_and_tried_again, end_stage),
        cmocka_unit_test_teardown(only_what_asks_for_it_turns_it_on, end_stage),
        cmocka_unit_test_teardown(an_acknowledgement_releases_where_the_site_says_so, end_stage),
        cmocka_unit_test_teardown(a_line_that_fails_is_opened_anew, end_stage),
        cmocka_unit_test_teardown(what_was_on_at_a_crash_is_released_at_the_start, end_stage),
        cmocka_unit_test_teardown(a_reload_keeps_what_stays_and_tells_what_goes, end_stage),
        cmocka_unit_test(mistakes_are_told_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
