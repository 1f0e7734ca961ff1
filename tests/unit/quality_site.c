/* Two devices for the tests of qualify: an analyser with so2, nox and a status word, and a PLC with
 * a key. Included by them. */
#include "base/arena.h"
#include "daemon/assess/assess.h"
#include "daemon/assess/qualify.h"

#include <math.h>
#include <string.h>

#define NOON_UTC_MS 1795233600000LL /* 2026-11-21T12:00:00+08:00 */
#define DAY_MS      86400000LL

enum { ANALYSER, PLC };    /* devices */
enum { SO2, NOX, STATUS }; /* points of the analyser */
enum { KEY = 3 };          /* the PLC's, in site->points */

static struct device devices[2];
static struct point points[4];
static struct status_rule rules[3];
static struct calendar calendars[2];
static struct device_quality said;
static struct asset assets[1];
static struct limit limits[2];
static struct site site;
static struct qualify qualify;
static struct arena *arena;
static struct stamp now;
static struct value values[3];

static const uint16_t GASES[] = {SO2, NOX};
static const uint16_t NOX_ALONE[] = {NOX};

/* standards.md 1.14, i12001 */
static const struct status_word WORDS[] = {
    {0, INSTRUMENT_RUNNING},     {1, INSTRUMENT_MAINTENANCE}, {2, INSTRUMENT_FAULT},
    {3, INSTRUMENT_CALIBRATION}, {5, INSTRUMENT_BACK_PURGE},  {9, INSTRUMENT_STANDBY},
    {11, INSTRUMENT_STOPPED},
};

static inline void
site_place(void)
{
    static const char *const names[] = {"so2", "nox", "status", "key"};
    for (unsigned i = 0; i < 4; i++)
        points[i] = (struct point){.name = names[i],
                                   .device = &devices[i == KEY],
                                   .index = i,
                                   .number = 100 + i,
                                   .every_ms = i == KEY ? 5000 : 1000};
    devices[ANALYSER] = (struct device){.name = "cems",
                                        .number = 1,
                                        .every_ms = 1000,
                                        .points = points,
                                        .point_count = 3,
                                        .quality = &said};
    devices[PLC] = (struct device){.name = "plc",
                                   .index = 1,
                                   .number = 2,
                                   .every_ms = 5000,
                                   .points = &points[KEY],
                                   .point_count = 1};
    assets[0] = (struct asset){.name = "boiler-3", .permit = "", .outlet = ""};
    site = (struct site){.devices = devices,
                         .device_count = 2,
                         .points = points,
                         .point_count = 4,
                         .assets = assets,
                         .asset_count = 1,
                         .limits = limits,
                         .maintenance_max_s = 86400};
}

/* Nothing is said; the tests add rules and calendars, then call begin. */
static inline int
set_up(void **state)
{
    (void)state;
    arena = arena_new();
    said = (struct device_quality){.statuses = rules, .calendars = calendars};
    now = (struct stamp){NOON_UTC_MS, 1000000, 7, CLOCK_SYNCHRONISED};
    site_place();
    return 0;
}

static inline int
tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static inline struct status_rule *
add_rule(enum status_form form, struct point *point)
{
    struct status_rule *rule = &rules[said.status_count++];
    *rule = (struct status_rule){.when = {.point = point}, .form = form, .of = {GASES, 2}};
    return rule;
}

static inline void
add_word_rule(void)
{
    struct status_rule *rule = add_rule(STATUS_VALUES, &points[STATUS]);
    rule->words = WORDS;
    rule->word_count = sizeof WORDS / sizeof *WORDS;
}

static inline void
begin(void)
{
    qualify_init(&qualify, &site, arena);
}

static inline void
pass(int64_t ms)
{
    now.utc_ms += ms;
    now.mono_ms += ms;
}

/* One scan of the analyser now; NAN: the status word was not read. */
static inline struct scan
make_scan(double number, double word)
{
    for (unsigned i = 0; i < 3; i++) {
        values[i] = (struct value){.kind = VALUE_NUMBER};
        values[i].as.number = i == STATUS ? word : number;
    }
    if (isnan(word))
        values[STATUS] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_TIMEOUT};
    return (struct scan){.device = &devices[ANALYSER], .at = now, .count = 3, .values = values};
}

/* The quality that so2 gets. */
static inline uint8_t
read_word(double word)
{
    struct scan scan = make_scan(20, word);
    qualify_scan(&qualify, &scan);
    return values[SO2].quality;
}

static inline void
read_key(double number)
{
    struct value value = {.kind = VALUE_NUMBER, .as.number = number};
    struct scan scan = {.device = &devices[PLC], .at = now, .count = 1, .values = &value};
    qualify_scan(&qualify, &scan);
    assert_int_equal(value.quality, QUALITY_GOOD);
}
