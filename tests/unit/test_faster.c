/* During-events: what the loader makes of it and refuses, and which interval open events ask for.
 */
#include "daemon/engine_faster.c"

#include "config/loader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

static const char HEAD[] = "gateway: {park: p, name: g}\n"
                           "buses: {b: {tcp: 127.0.0.1}}\n"
                           "devices:\n"
                           "  a: {bus: b, unit: 1, every: 6s, points: {so2: {holding: 0}}}\n"
                           "  c: {bus: b, unit: 2, every: 5s, points: {dust: {holding: 0}}}\n"
                           "destinations: {d: {mqtt: \"tcp://127.0.0.1\"}}\n"
                           "assets:\n";
#define STACK   "  stack: {kind: generic, from: [a, c], points: {x: \"so2 * 2\"}"
#define CHIMNEY "  chimney: {kind: generic, from: [a, c]"

static struct site *site;
static char heard[2000];
static struct device_counters counters[4];

static void
hear(void *context, bool warning, const char *line)
{
    (void)context;
    (void)warning;
    snprintf(heard + strlen(heard), sizeof heard - strlen(heard), "%s\n", line);
}

static int
load(const char *tail)
{
    char path[] = "/tmp/parkgate-faster-XXXXXX";
    struct loader_options options = {.share = "config", .report = hear};
    int fd = mkstemp(path);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    assert_non_null(out);
    fprintf(out, "%s%s", HEAD, tail);
    fclose(out);
    *heard = '\0';
    site = NULL;
    memset(counters, 0, sizeof counters);
    int error = loader_load(path, &options, &site);
    unlink(path);
    return error;
}

static void
load_well(const char *tail)
{
    if (load(tail) < 0)
        fail_msg("%s", heard);
}

static int
tear_down(void **state)
{
    (void)state;
    site_free(site);
    return 0;
}

static void
assert_refused(const char *tail, const char *sentence)
{
    assert_true(load(tail) < 0);
    if (!strstr(heard, sentence))
        fail_msg("'%s' does not say '%s'", heard, sentence);
}

static void
the_loader_refuses(void **state)
{
    (void)state;
    assert_refused(STACK ", during-events: {every: 4s, devices: [a]}}\n", ":8:");
    assert_refused(STACK ", during-events: {every: 4s, devices: [a]}}\n",
                   "'every' of 'during-events' of asset 'stack' is 4000 ms; the 6000 ms of device "
                   "'a' must be a multiple of it");
    assert_refused(STACK ", during-events: {every: 6s, devices: [a]}}\n",
                   "'a' is read every 6000 ms as it is, which is no slower");
    assert_refused(STACK ", during-events: {every: 1s, devices: [stack]}}\n",
                   "whose points are made of others");
    assert_refused(STACK ", during-events: {every: 1s, devices: [ab]}}\n",
                   "names device 'ab', which does not exist");
    assert_refused(STACK ", during-events: {every: 1s}}\n", "devices");
    assert_refused(STACK ", during-events: {devices: [a]}}\n", "every");
    assert_refused(STACK ", during-events: {every: 1s, devices: a, kinds: [\"by*ss\"]}}\n",
                   "'kinds' of 'during-events' of asset 'stack': 'by*ss' is no kind of event");
}

static void
the_least_interval_is_remembered(void **state)
{
    (void)state;
    load_well(STACK ", during-events: {every: 2s, devices: [a]}}\n" CHIMNEY
                    ", during-events: {every: 1s, devices: [a]}}\n");
    assert_int_equal(site_find_device(site, "a")->faster_ms, 1000);
    assert_int_equal(site_find_device(site, "c")->faster_ms, 0);
    assert_int_equal(site->assets[0].derived->faster_ms, 1000); /* made of what a says */
    assert_int_equal(site->assets[0].faster->every_ms, 2000);
}

static unsigned
asked_of(const char *device, const struct event *open, size_t count)
{
    faster_want(site, open, count, counters);
    return counters[site_find_device(site, device)->index].faster_ms;
}

static void
alarms_of_the_asset_ask(void **state)
{
    (void)state;
    struct event event = {.kind = "bypass.open", .severity = SEVERITY_ALARM, .subject = "stack"};
    load_well(STACK ", during-events: {every: 1s, devices: [a]}}\n" CHIMNEY "}\n");
    assert_int_equal(asked_of("a", &event, 1), 1000);
    assert_int_equal(asked_of("c", &event, 1), 0);
    event.subject = "stack.so2";
    assert_int_equal(asked_of("a", &event, 1), 1000);
    assert_int_equal(asked_of("a", &event, 0), 0);
    event.severity = SEVERITY_WARNING;
    assert_int_equal(asked_of("a", &event, 1), 0);
    event.severity = SEVERITY_ALARM;
    event.subject = "stacks";
    assert_int_equal(asked_of("a", &event, 1), 0);
    event.subject = "chimney";
    assert_int_equal(asked_of("a", &event, 1), 0);
}

static void
kinds_ask_whatever_their_severity(void **state)
{
    (void)state;
    struct event event = {
        .kind = "exceedance.hour", .severity = SEVERITY_INFO, .subject = "stack.so2"};
    load_well(STACK ", during-events: {every: 1s, devices: [a, c], "
                    "kinds: [\"exceedance.*\", bypass.open]}}\n");
    assert_int_equal(asked_of("a", &event, 1), 1000);
    assert_int_equal(asked_of("c", &event, 1), 1000);
    event.kind = "exceedance";
    assert_int_equal(asked_of("a", &event, 1), 0);
    event.kind = "bypass.open";
    assert_int_equal(asked_of("a", &event, 1), 1000);
    event.kind = "bypass.opened";
    event.severity = SEVERITY_ALARM;
    assert_int_equal(asked_of("a", &event, 1), 0);
}

static void
the_fastest_of_several_wins(void **state)
{
    (void)state;
    const struct event events[] = {
        {.kind = "bypass.open", .severity = SEVERITY_ALARM, .subject = "chimney"},
        {.kind = "bypass.open", .severity = SEVERITY_ALARM, .subject = "stack"}};
    load_well(STACK ", during-events: {every: 2s, devices: [a]}}\n" CHIMNEY
                    ", during-events: {every: 1s, devices: [a]}}\n");
    assert_int_equal(asked_of("a", events, 2), 1000);
    assert_int_equal(asked_of("a", events + 1, 1), 2000);
    assert_int_equal(asked_of("a", NULL, 0), 0);
}

#define CASE(test) cmocka_unit_test_teardown(test, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_loader_refuses),          CASE(the_least_interval_is_remembered),
        CASE(alarms_of_the_asset_ask),     CASE(kinds_ask_whatever_their_severity),
        CASE(the_fastest_of_several_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
