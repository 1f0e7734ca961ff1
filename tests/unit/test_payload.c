/* Payloads byte for byte against tests/unit/payload/NAME.json; a ctest of its own validates those
 * files against the schemas of docs/payloads. The store is a few records in memory. With REBASELINE
 * set in the environment the files are written instead. */
#include "daemon/forward/payload.c"
#include "daemon/forward/payload_record.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "payload_store.c"

/* ---- records ---- */

static struct device device = {.name = "cems", .number = 1};
static struct point points[5];

static struct stamp
at(uint64_t number)
{
    return (struct stamp){.utc_ms = 1800000000000 + (int64_t)number * 1000,
                          .mono_ms = 7000 + (int64_t)number * 1000,
                          .boot = 3,
                          .clock = CLOCK_SYNCHRONISED};
}

static void
add(struct buf *buf)
{
    assert_false(buf->overflow);
    assert_true(count < RECORDS);
    memcpy(records[count].body, buf->data, buf->length);
    records[count++].length = buf->length;
}

static void
add_scan(const struct stamp *when, struct value *values, uint16_t value_count, char *text)
{
    static uint16_t words[] = {0x7FC0, 0x0001};
    uint8_t memory[2048];
    struct buf buf;
    struct scan scan = {.device = &device,
                        .at = *when,
                        .count = value_count,
                        .values = values,
                        .words = words,
                        .word_count = 2,
                        .text = text};
    device.points = points;
    device.point_count = value_count;
    for (uint16_t i = 0; i < value_count; i++)
        points[i].number = i + 1U;
    buf_init(&buf, memory, sizeof memory);
    record_put_scan(&buf, kind, count + 1, &scan);
    add(&buf);
}

static void
add_plain(const struct stamp *when)
{
    struct value value = {.kind = VALUE_NUMBER, .as.number = 31.2};
    add_scan(when, &value, 1, NULL);
}

static void
add_event(const struct event *event)
{
    uint8_t memory[2048];
    struct buf buf;
    buf_init(&buf, memory, sizeof memory);
    record_put_event(&buf, count + 1, event);
    add(&buf);
}

/* ---- building ---- */

static struct payload_source source;
static struct buf payload;
static struct payload_sent sent;

static int
build(uint64_t from, uint64_t until, size_t limit)
{
    struct chunk chunk;
    if (reader_read(&reader, kind, from, until, &chunk) != 1)
        return -ENOENT;
    payload_begin(&source, &reader, &chunk);
    return payload_build(&source, until, 7, limit, &payload, &sent);
}

static int
build_next(uint64_t until, size_t limit)
{
    return payload_build(&source, until, 7, limit, &payload, &sent);
}

static void
compare(const char *name)
{
    char path[200];
    static char golden[20000];
    snprintf(path, sizeof path, "tests/unit/payload/%s.json", name);
    if (getenv("REBASELINE")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fprintf(file, "%s\n", buf_string(&payload));
        fclose(file);
    }
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(golden, 1, sizeof golden - 1, file);
    fclose(file);
    golden[length ? length - 1 : 0] = '\0'; /* the last newline */
    assert_string_equal(buf_string(&payload), golden);
}

static int
setup(void **state)
{
    (void)state;
    count = 0;
    per_segment = RECORDS;
    kind = STREAM_SAMPLE;
    is_volatile = false;
    has_key = true;
    memset(points, 0, sizeof points);
    return buf_new(&payload, 16384);
}

static int
teardown(void **state)
{
    (void)state;
    buf_free(&payload);
    return 0;
}

/* ---- tests ---- */

static void
test_samples(void **state)
{
    (void)state;
    char text[] = "ab\"\x01\xE4\xB8\xAD";
    struct stamp when = at(0);
    struct value values[5] = {
        {.kind = VALUE_NUMBER, .as.number = -0.0},
        {.kind = VALUE_NUMBER, .as.number = 28.4, .quality = QUALITY_MAINTENANCE},
        {.kind = VALUE_NATURAL, .as.natural = UINT64_MAX},
        {.kind = VALUE_INTEGER, .as.integer = INT64_MIN},
        {.kind = VALUE_TEXT, .text_length = 7},
    };
    add_scan(&when, values, 5, text);
    when = at(1);
    values[0] = (struct value){
        .kind = VALUE_NONE, .quality = QUALITY_NOT_A_NUMBER, .word_count = 2, .word_at = 0};
    values[1] = (struct value){.kind = VALUE_NONE, .quality = QUALITY_EXCEPTION, .detail = 2};
    values[2].kind = VALUE_ABSENT;
    add_scan(&when, values, 5, text);
    assert_int_equal(build(1, 2, 16000), 0);
    assert_int_equal(sent.first, 1);
    assert_int_equal(sent.last, 2);
    compare("samples");
}

static void
test_clock_unknown(void **state)
{
    (void)state;
    struct stamp when = at(0);
    when.clock = CLOCK_UNKNOWN;
    is_volatile = true;
    has_key = false;
    kind = STREAM_TREND;
    add_plain(&when);
    assert_int_equal(build(1, 1, 16000), 0);
    compare("clock-unknown");
}

static void
test_placed_by_the_time_zero(void **state)
{
    (void)state;
    struct stamp when = at(0);
    when.clock = CLOCK_UNKNOWN;
    zero_utc_ms = 1780000000000;
    kind = STREAM_TREND;
    add_plain(&when);
    assert_int_equal(build(1, 1, 16000), 0);
    zero_utc_ms = 0;
    compare("clock-placed");
}

static struct event
event_of(enum event_phase phase)
{
    return (struct event){.kind = "exceedance.hour",
                          .phase = phase,
                          .severity = SEVERITY_ALARM,
                          .subject = "boiler-3.so2",
                          .at = at(5),
                          .since = at(5),
                          .duration_ms = -1,
                          .value = (double)NAN,
                          .peak = (double)NAN,
                          .limit = (double)NAN,
                          .averaging = ""};
}

static void
test_events(void **state)
{
    (void)state;
    kind = STREAM_EVENT;
    points[0].number = 1;
    struct event event = event_of(PHASE_OPENED);
    event.point = &points[0];
    event.value = 51.5;
    event.peak = 60;
    event.limit = 50;
    event.averaging = "1 h";
    add_event(&event);
    event.phase = PHASE_CLOSED;
    event.opened_sequence = 1;
    snprintf(event.opened_store, sizeof event.opened_store, "%s",
             "0123456789abcdef0123456789abcdef");
    event.since = at(2);
    event.since.boot = 2;
    event.since.clock = CLOCK_RESTORED;
    event.duration_ms = 3000;
    event.details[0] = (struct detail){"mean", VALUE_NUMBER, {.number = 55}};
    event.details[1] = (struct detail){"text", VALUE_TEXT, {.text = "why"}};
    event.details[2] = (struct detail){"periods", VALUE_INTEGER, {.integer = 3}};
    event.details[3] = (struct detail){"very-large", VALUE_NUMBER, {.number = 1e300}};
    event.detail_count = 4;
    add_event(&event);
    event = event_of(PHASE_NOTED);
    event.kind = "gateway.started";
    event.severity = SEVERITY_INFO;
    event.subject = "gateway";
    add_event(&event);
    assert_int_equal(build(1, 3, 16000), 0);
    compare("events");
}

static void
test_evidence(void **state)
{
    (void)state;
    uint8_t memory[2048];
    struct buf buf;
    struct evidence_value values[] = {
        {at(1), 49.5, QUALITY_GOOD}, {at(2), (double)NAN, QUALITY_TIMEOUT}, {at(3), 51, 0}};
    struct evidence evidence = {.store = "0123456789abcdef0123456789abcdef",
                                .opened_sequence = 17,
                                .kind = "exceedance.realtime",
                                .point = &points[0],
                                .at = at(4),
                                .values = values,
                                .value_count = 3};
    kind = STREAM_EVIDENCE;
    points[0].number = 1;
    values[0].at.boot = 2;
    values[1].at.clock = CLOCK_UNKNOWN;
    buf_init(&buf, memory, sizeof memory);
    record_put_evidence(&buf, 1, &evidence);
    add(&buf);
    assert_int_equal(build(1, 1, 16000), 0);
    compare("evidence");
}

static void
test_statistics(void **state)
{
    (void)state;
    uint8_t memory[2048];
    struct buf buf;
    struct stamp when = at(60);
    struct statistic statistic = {.point = &points[0],
                                  .period = PERIOD_HOUR,
                                  .start_utc_ms = 1800000000000,
                                  .end_utc_ms = 1800003600000,
                                  .revision = 2,
                                  .min = 1,
                                  .max = 2.5,
                                  .mean = 1.75,
                                  .sum = 1e21,
                                  .count = 3600,
                                  .valid = 3599,
                                  .expected = 3600,
                                  .letter = 'N'};
    kind = STREAM_PERIOD;
    points[0].number = 1;
    for (int i = 0; i < 2; i++) {
        buf_init(&buf, memory, sizeof memory);
        record_put_statistic(&buf, kind, count + 1, &when, &statistic);
        add(&buf);
        statistic.min = statistic.max = statistic.mean = statistic.sum = (double)NAN;
        statistic.valid = 0;
        statistic.letter = 'B';
    }
    assert_int_equal(build(1, 2, 16000), 0);
    compare("statistics");
}

static void
test_unknown_point(void **state)
{
    (void)state;
    struct value values[5];
    struct stamp when = at(0);
    for (int i = 0; i < 5; i++)
        values[i] = (struct value){.kind = VALUE_ABSENT};
    values[4] = (struct value){.kind = VALUE_NUMBER, .as.number = 2};
    add_scan(&when, values, 5, NULL);
    records[0].body[records[0].length - 6] = 9; /* point 5 becomes 9: the registry has none */
    assert_int_equal(build(1, 1, 16000), 0);
    assert_non_null(strstr(buf_string(&payload), "\"point-9\":2"));
}

/* A payload ends where boot or clock state change; the next goes on with the chain. */
static void
test_one_boot_one_clock(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 9; i++) {
        struct stamp when = at(i);
        when.boot = i < 3 ? 3 : 4;
        when.clock = i < 6 ? CLOCK_RESTORED : CLOCK_SYNCHRONISED;
        add_plain(&when);
    }
    uint8_t chain[STORE_HASH];
    assert_int_equal(build(1, 9, 16000), 0);
    assert_int_equal(sent.last, 3);
    assert_int_equal(build_next(9, 16000), 0);
    assert_int_equal(sent.first, 4);
    assert_int_equal(sent.last, 6);
    assert_int_equal(build_next(9, 16000), 0);
    assert_int_equal(sent.last, 9);
    assert_int_equal(build_next(9, 16000), -ENODATA);
    chain_before(10, chain);
    assert_memory_equal(source.chain, chain, STORE_HASH);
}

static void
test_splits_by_size(void **state)
{
    (void)state;
    uint64_t expected = 1;
    for (uint64_t i = 0; i < 300; i++) {
        struct stamp when = at(i);
        add_plain(&when);
    }
    assert_int_equal(build(1, 300, 3000), 0);
    for (;;) {
        assert_int_equal(sent.first, expected);
        assert_true(payload.length <= 3000);
        expected = sent.last + 1;
        if (expected > 300)
            break;
        assert_int_equal(build_next(300, 3000), 0);
    }
    assert_int_equal(expected, 301);
}

/* Segments do not show: a payload goes on from one to the next, and stops where it must. */
static void
test_spans_segments(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 40; i++) {
        struct stamp when = at(i);
        add_plain(&when);
    }
    per_segment = 7;
    assert_int_equal(build(3, 33, 16000), 0);
    assert_int_equal(sent.first, 3);
    assert_int_equal(sent.last, 33);
    uint8_t chain[STORE_HASH];
    chain_before(34, chain);
    assert_memory_equal(source.chain, chain, STORE_HASH);
    assert_int_equal(build_next(40, 16000), 0); /* and when more became durable */
    assert_int_equal(sent.first, 34);
    assert_int_equal(sent.last, 40);
}

/* One record may be larger than the limit; one that does not fit the buffer is given up alone. */
static void
test_large_record(void **state)
{
    (void)state;
    struct stamp when = at(0);
    add_plain(&when);
    add_plain(&when);
    assert_int_equal(build(1, 2, 10), 0);
    assert_int_equal(sent.last, 1);
    assert_int_equal(build_next(2, 10), 0);
    assert_int_equal(sent.first, 2);
    payload.capacity = 600;
    assert_int_equal(build(1, 2, 16000), -EMSGSIZE);
    assert_int_equal(sent.first, 1);
    assert_int_equal(sent.last, 1);
    payload.capacity = 16384;
    uint8_t chain[STORE_HASH];
    assert_int_equal(build_next(2, 16000), 0);
    assert_int_equal(sent.first, 2);
    chain_before(3, chain);
    assert_memory_equal(source.chain, chain, STORE_HASH);
}

static void
test_damaged_record(void **state)
{
    (void)state;
    struct stamp when = at(0);
    for (int i = 0; i < 3; i++)
        add_plain(&when);
    records[1].body[records[1].length - 2] = 0xFF; /* a map that never ends */
    assert_int_equal(build(1, 3, 16000), 0);
    assert_int_equal(sent.last, 1);
    assert_int_equal(build_next(3, 16000), -EBADMSG);
    assert_int_equal(sent.first, 2);
    assert_int_equal(build_next(3, 16000), 0);
    assert_int_equal(sent.first, 3);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_samples),
        TEST(test_clock_unknown),
        TEST(test_events),
        TEST(test_placed_by_the_time_zero),
        TEST(test_evidence),
        TEST(test_statistics),
        TEST(test_unknown_point),
        TEST(test_splits_by_size),
        TEST(test_one_boot_one_clock),
        TEST(test_spans_segments),
        TEST(test_large_record),
        TEST(test_damaged_record),
    };
    return cmocka_run_group_tests_name("payload", tests, NULL, NULL);
}
