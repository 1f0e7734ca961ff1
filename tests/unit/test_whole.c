/* All of assess on the sites of config/examples and tests/replay, which have every part there is:
 * whatever comes in, the state fits into what assess_state_size says, is the same after a restart,
 * and nothing is allocated while it runs. Readings are random, of all qualities, with numbers that
 * no instrument should give; people declare with the longest texts there are; the clock is unknown,
 * set back and set ahead. */
#include "base/calendar.h"
#include "config/loader.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/declare.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define START_MS 1795190400000LL /* 2026-11-21T00:00:00+08:00 */
#define ROUNDS   400
#define OPEN_MAX 512

static struct whole {
    struct site *site;
    struct assess *assess;
    struct assess_outlet outlet;
    struct stamp now;
    uint64_t sequence, random;
    struct value *values;
    struct event open[OPEN_MAX];
    size_t largest, events;
} whole;

/* ---- allocations: linked with --wrap ---- */

static unsigned allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *
__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
    allocations++;
    return __real_realloc(memory, size);
}

/* ---- outlet ---- */

static uint64_t
take_event(void *context, const struct event *event)
{
    (void)context;
    (void)event;
    whole.events++;
    return ++whole.sequence + UINT32_MAX;
}

static void
take_evidence(void *context, const struct evidence *evidence)
{
    (void)context;
    (void)evidence;
}

static void
take_statistic(void *context, const struct statistic *statistic)
{
    (void)context;
    (void)statistic;
}

static void
report(void *context, bool warning, const char *line)
{
    (void)context;
    if (!warning)
        print_message("%s\n", line);
}

/* ---- what comes in ---- */

static unsigned
below(unsigned most)
{
    whole.random = whole.random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)((whole.random >> 33) % most);
}

static double
random_number(void)
{
    static const double ODD[] = {-1, 0, -0.0, 1e308, -1e308, 5e-324, 21, 20.9, 100, 1};
    switch (below(12)) {
    case 0: return NAN;
    case 1: return below(2) ? INFINITY : -INFINITY;
    case 2: return ODD[below(sizeof ODD / sizeof *ODD)];
    default: return below(1000000) / 1237.0;
    }
}

static void
read_device(const struct device *device)
{
    static const uint8_t QUALITIES[] = {QUALITY_SET,         QUALITY_STOPPED, QUALITY_CALIBRATION,
                                        QUALITY_MAINTENANCE, QUALITY_FAULT,   QUALITY_TIMEOUT};
    struct scan scan = {
        .device = device, .at = whole.now, .count = device->point_count, .values = whole.values};
    for (uint16_t i = 0; i < scan.count; i++) {
        bool bad = below(8) == 0;
        whole.values[i] = (struct value){.kind = VALUE_NUMBER};
        whole.values[i].as.number = random_number();
        if (bad)
            whole.values[i].quality = QUALITIES[below(sizeof QUALITIES)];
    }
    assess_qualify(whole.assess, &scan);
    assess_scan(whole.assess, &scan, &whole.outlet);
}

static void
fill(char *text, size_t size)
{
    memset(text, 'x', size - 1);
    text[size - 1] = '\0';
}

static void
declare(enum declaration_kind kind, const char *subject, const char *word)
{
    struct declaration said = {.kind = kind};
    char why[DECLARATION_WHY];
    uint64_t sequence;
    int64_t hour = calendar_start(whole.now.utc_ms, CALENDAR_HOUR_MS);
    snprintf(said.subject, sizeof said.subject, "%s", subject);
    snprintf(said.word, sizeof said.word, "%s", word);
    fill(said.by, sizeof said.by);
    fill(said.reason, sizeof said.reason);
    said.from_utc_ms = kind == DECLARE_MARK ? hour - 5 * CALENDAR_HOUR_MS : whole.now.utc_ms;
    said.until_utc_ms = kind == DECLARE_MARK ? hour : whole.now.utc_ms + 5 * CALENDAR_HOUR_MS;
    assess_declare(whole.assess, &said, &whole.now, &whole.outlet, &sequence, why);
}

static void
acknowledge_all(void)
{
    size_t count = assess_open_events(whole.assess, whole.open, OPEN_MAX);
    for (size_t i = 0; i < count; i++) {
        struct declaration said = {.kind = DECLARE_ACKNOWLEDGE,
                                   .sequence = whole.open[i].opened_sequence};
        char why[DECLARATION_WHY];
        uint64_t sequence;
        snprintf(said.word, sizeof said.word, "false-alarm");
        snprintf(said.store, sizeof said.store, "%s", whole.open[i].opened_store);
        fill(said.by, sizeof said.by);
        assess_declare(whole.assess, &said, &whole.now, &whole.outlet, &sequence, why);
    }
}

static void
declare_something(void)
{
    static const char *const MODES[] = {"start-up", "shutdown", "maintenance", "emergency-yellow",
                                        "emergency-red"};
    static const char *const MARKS[] = {"startup", "fault", "banked", "carbon-changed"};
    for (uint16_t i = 0; i < whole.site->asset_count; i++) {
        const char *name = whole.site->assets[i].name;
        declare(DECLARE_MODE, name, MODES[below(5)]);
        declare(DECLARE_MARK, name, MARKS[below(4)]);
        declare(DECLARE_MAINTENANCE, name, below(2) ? "on" : "off");
    }
    for (uint16_t i = 0; i < whole.site->device_count; i++) {
        declare(DECLARE_MAINTENANCE, whole.site->devices[i].name, below(3) ? "off" : "on");
        declare(DECLARE_CALIBRATED, whole.site->devices[i].name, "");
    }
    acknowledge_all();
}

static void
pass_time(void)
{
    int64_t later_ms = below(20) ? 1000 + below(300000) : 1000LL * below(100000);
    whole.now.mono_ms += later_ms;
    whole.now.utc_ms += later_ms;
    if (below(60) == 0) {
        whole.now.boot++;
        whole.now.mono_ms = 1000;
        whole.now.clock = CLOCK_UNKNOWN;
    } else if (below(10) == 0) {
        whole.now.clock = CLOCK_SYNCHRONISED;
    }
    if (below(80) == 0)
        whole.now.utc_ms += below(2) ? -3 * CALENDAR_HOUR_MS : 40LL * 24 * CALENDAR_HOUR_MS;
}

/* ---- what is true of it ---- */

static void
save(struct buf *ret_saved)
{
    assert_int_equal(buf_new(ret_saved, assess_state_size(whole.assess)), 0);
    assert_true(assess_save(whole.assess, ret_saved));
    whole.largest = ret_saved->length > whole.largest ? ret_saved->length : whole.largest;
}

static void
restart_from(const struct buf *saved)
{
    assess_free(whole.assess);
    assert_int_equal(assess_new(whole.site, &whole.assess), 0);
    assert_int_equal(assess_load(whole.assess, saved->data, saved->length, &whole.outlet), 0);
}

/* What was loaded says the same when it is saved; but for what a load itself makes of it (evidence
 * looks whether its events are still open), which a second one must not change any more. */
static void
check_restart(const struct buf *saved)
{
    struct buf once, twice;
    restart_from(saved);
    save(&once);
    assert_int_equal(saved->length, once.length);
    restart_from(&once);
    save(&twice);
    assert_int_equal(once.length, twice.length);
    assert_memory_equal(once.data, twice.data, once.length);
    buf_free(&once);
    buf_free(&twice);
}

static void
check_state(bool restarts)
{
    struct buf saved;
    save(&saved);
    if (restarts)
        check_restart(&saved);
    buf_free(&saved);
}

static void
run(int round)
{
    unsigned before = allocations;
    pass_time();
    for (uint16_t i = 0; i < whole.site->device_count; i++)
        if (!whole.site->devices[i].asset && below(10))
            read_device(&whole.site->devices[i]);
    assess_tick(whole.assess, &whole.now, &whole.outlet);
    if (round % 37 == 5)
        declare_something();
    assert_int_equal(allocations, before);
    if (round % 8 == 0)
        check_state(round % 40 == 0);
}

static void
check_site(const char *path)
{
    struct loader_options options = {.share = "config", .report = report};
    whole = (struct whole){.now = {START_MS, 1000, 1, CLOCK_SYNCHRONISED}, .random = 1};
    whole.outlet = (struct assess_outlet){.event = take_event,
                                          .evidence = take_evidence,
                                          .statistic = take_statistic,
                                          .store = "0123456789abcdef0123456789abcdef"};
    if (loader_load(path, &options, &whole.site))
        fail_msg("%s", path);
    for (uint32_t i = 0; i < whole.site->point_count; i++)
        whole.site->points[i].number = UINT32_MAX - i;
    for (uint16_t i = 0; i < whole.site->device_count; i++)
        whole.site->devices[i].number = UINT32_MAX - i;
    whole.values = calloc(whole.site->point_count + 1, sizeof *whole.values);
    assert_int_equal(assess_new(whole.site, &whole.assess), 0);
    for (int i = 0; i < ROUNDS; i++)
        run(i);
    print_message("%s: %zu events, state at most %zu of %zu bytes\n", path, whole.events,
                  whole.largest, assess_state_size(whole.assess));
    assess_free(whole.assess);
    free(whole.values);
    site_free(whole.site);
}

static unsigned
check_folder(const char *folder)
{
    struct dirent **entries;
    unsigned checked = 0;
    int count = scandir(folder, &entries, NULL, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        const char *dot = strrchr(entries[i]->d_name, '.');
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (dot && !strcmp(dot, ".yaml")) {
            check_site(path);
            checked++;
        }
        free(entries[i]);
    }
    free(entries);
    return checked;
}

static void
examples(void **state)
{
    (void)state;
    assert_true(check_folder("config/examples") >= 8);
}

static void
recorded_sites(void **state)
{
    (void)state;
    assert_true(check_folder("tests/replay") >= 8);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(recorded_sites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
