/* Fills a store with one of everything a record can hold, for readers that share no code with it
 * (cbor.py) and for the seeds of fuzz_segment: every stream, several segments a stream, a restart
 * in between, points whose numbers do not ascend, values at the edges of their types. */
#include "base/clock.h"
#include "daemon/store/store.h"
#include "tests/unit/store_park.h"

#include <float.h>

#define ROUNDS 12

static const double NUMBERS[ROUNDS] = {
    0.0,     -0.0,    1.0,       31.2,    65504.0,   65505.0, 5.960464477539063e-8,
    DBL_MAX, DBL_MIN, -4.1e-320, 1.0e-45, 16777217.0};

struct fill {
    const char *directory;
    struct site *site;
    struct store *store;
};

static void
open_store(struct fill *fill)
{
    struct store_options options = {.directory = fill->directory, .commit_every_ms = 1000};
    struct store_hooks hooks = {0};
    char error[200] = "";

    if (store_open(&options, &fill->store, error) != 0 ||
        store_begin_boot(fill->store, "boot-of-the-test", 1) == 0 ||
        store_register(fill->store, fill->site) != 0 || store_start(fill->store, &hooks) != 0) {
        fprintf(stderr, "store_fill: %s: %s\n", fill->directory, error);
        exit(1);
    }
}

/* The clock is unknown in every third round: then there is no time in the record. */
static struct stamp
stamp_of(int round)
{
    struct stamp at = {.utc_ms = 1780000000000 + round * 1000, .mono_ms = 5000 + round, .boot = 1};

    at.clock = round % 3 == 0 ? CLOCK_UNKNOWN : CLOCK_SYNCHRONISED;
    return at;
}

static void
append_scans(struct fill *fill, int round)
{
    static const uint64_t NATURALS[] = {UINT64_MAX, 0, 23, 24, 256, 65536};
    struct scan scan;

    store_park_scan(fill->site, "cems", round % 4 == 3 ? (double)NAN : NUMBERS[round], &scan);
    scan.at = stamp_of(round);
    if (round % 2 == 0) {
        scan.values[2].as.natural = NATURALS[round / 2 % 6];
    } else {
        scan.values[2].kind = VALUE_INTEGER;
        scan.values[2].as.integer = -(INT64_MAX >> (round * 5));
        scan.values[1].quality = QUALITY_EXCEPTION;
        scan.values[1].detail = 2;
    }
    store_append_scan(fill->store, &scan);
    store_park_scan(fill->site, "meter", NUMBERS[round], &scan);
    scan.at = stamp_of(round);
    if (round % 5 == 4)
        scan.values[0].kind = VALUE_ABSENT;
    store_append_scan(fill->store, &scan);
}

static void
append_statistics(struct fill *fill, int round)
{
    struct stamp at = stamp_of(round);
    struct statistic statistic = {.point = &fill->site->points[0],
                                  .period = round % 2 == 0 ? PERIOD_MINUTE : PERIOD_HOUR,
                                  .start_utc_ms = 1780000000000,
                                  .end_utc_ms = 1780000060000,
                                  .revision = (uint32_t)round,
                                  .min = NUMBERS[round],
                                  .max = round % 3 == 0 ? (double)NAN : NUMBERS[round],
                                  .mean = -31.25,
                                  .sum = 1e300,
                                  .count = 12,
                                  .valid = 11,
                                  .expected = 12,
                                  .letter = 'N'};

    store_append_statistic(fill->store, &at, &statistic);
}

static uint64_t
append_event(struct fill *fill, int round, uint64_t opened)
{
    struct event event = {.kind = "exceedance.realtime",
                          .phase = opened == 0 ? PHASE_OPENED : PHASE_CLOSED,
                          .severity = SEVERITY_ALARM,
                          .opened_sequence = opened,
                          .subject = "boiler.so2",
                          .point = &fill->site->points[0],
                          .at = stamp_of(round),
                          .since = stamp_of(round + 1),
                          .duration_ms = opened == 0 ? -1 : 15000,
                          .value = NUMBERS[round],
                          .peak = (double)NAN,
                          .limit = 35,
                          .averaging = "instant",
                          .detail_count = 3};

    if (opened != 0)
        snprintf(event.opened_store, sizeof event.opened_store, "%s", store_id(fill->store));
    event.details[0] = (struct detail){.key = "records", .kind = VALUE_INTEGER};
    event.details[0].as.integer = -round;
    event.details[1] = (struct detail){.key = "text", .kind = VALUE_TEXT};
    event.details[1].as.text = "\xe8\xb6\x85\xe6\xa0\x87";
    event.details[2] = (struct detail){.key = "values", .kind = VALUE_NUMBER};
    event.details[2].as.number = NUMBERS[round];
    return store_append_event(fill->store, &event);
}

static void
append_evidence(struct fill *fill, int round, uint64_t opened)
{
    struct evidence_value values[3];
    struct evidence evidence = {.opened_sequence = opened,
                                .kind = "exceedance.realtime",
                                .point = &fill->site->points[0],
                                .at = stamp_of(round),
                                .values = values,
                                .value_count = (size_t)(round % 4)};

    snprintf(evidence.store, sizeof evidence.store, "%s", store_id(fill->store));
    for (int i = 0; i < 3; i++) {
        double number = i == 1 ? (double)NAN : NUMBERS[round];
        values[i] = (struct evidence_value){.at = stamp_of(round + i), .number = number};
        values[i].quality = i == 1 ? QUALITY_TIMEOUT : QUALITY_GOOD;
    }
    store_append_evidence(fill->store, &evidence);
}

/* Each round is a commit of its own, so that every stream gets several segments. */
static void
append_round(struct fill *fill, int round)
{
    append_scans(fill, round);
    append_statistics(fill, round);
    uint64_t opened = append_event(fill, round, 0);
    append_evidence(fill, round, opened);
    append_event(fill, round, opened);
    if (round % 2 == 0)
        store_hand_over(fill->store, true, clock_mono_ms());
}

/* The registry knows so2 under another meaning first: its number is then the highest of its
 * device, and the map keys of a scan do not stand in the order of the points. */
static struct site *
load_site(const char *directory, struct fill *fill)
{
    char first[sizeof STORE_PARK];

    memcpy(first, STORE_PARK, sizeof first);
    memcpy(strstr(first, "float32, unit: mg/m3"), "u32,     unit: mg/m3", 20);
    fill->site = store_park_load(directory, first);
    open_store(fill);
    store_close(fill->store);
    site_free(fill->site);
    return store_park_load(directory, STORE_PARK);
}

int
main(int argc, char **argv)
{
    struct fill fill = {.directory = argc == 2 ? argv[1] : NULL};

    if (argc != 2) {
        fprintf(stderr, "usage: store_fill DIRECTORY\n");
        return 2;
    }
    fill.site = load_site(fill.directory, &fill);
    open_store(&fill);
    for (int round = 0; round < ROUNDS; round++) {
        append_round(&fill, round);
        if (round != ROUNDS / 2)
            continue;
        store_close(fill.store);
        open_store(&fill);
    }
    store_close(fill.store);
    site_free(fill.site);
    return 0;
}
