/* Records to bytes and back: the bytes of format version 1 as docs/store.md has them, and damage of
 * every kind, which must end in a refusal and never in a read past the record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/record.c"

#include "tests/unit/record_examples.h"

static struct cbor_cursor
open_record(const struct buf *buf, enum stream stream)
{
    struct cbor_cursor cursor;
    struct record_head head;

    cbor_cursor_init(&cursor, buf->data, buf->length);
    assert_true(record_take_head(&cursor, &head));
    assert_int_equal(head.stream, stream);
    assert_int_equal(head.sequence, 5);
    assert_memory_equal(&head.at, &AT, sizeof AT);
    return cursor;
}

/* ---- one form ---- */

static void
a_scan_has_these_bytes(void **state)
{
    static const uint8_t EXPECTED[] = {
        0x8B, 0x01, 0x05, 0x05,                               /* 11 items, version, stream, no. */
        0x1B, 0x00, 0x00, 0x01, 0x9E, 0x70, 0x44, 0x88, 0x00, /* UTC */
        0x02, 0x19, 0x13, 0x88, 0x02,                         /* boot, mono, clock */
        0x07,                                                 /* device */
        0xA4,                                                 /* values by ascending number */
        0x03, 0xF6,                                           /* 3: none */
        0x04, 0xF6,                                           /* 4: none */
        0x09, 0xF9, 0x4F, 0xD0,                               /* 9: 31.25 as a half */
        0x19, 0x01, 0x2C, 0x68, 'b',  'o',  'i',  'l',  'e',  'r', '-', '3', /* 300: text */
        0xA2,                                                                /* qualities */
        0x03, 0x82, 0x18, 0x62, 0x02,                                        /* 3: exception 2 */
        0x04, 0x82, 0x18, 0x52, 0x00,                                        /* 4: not a number */
        0xA1, 0x04, 0x44, 0x7F, 0xC0, 0x00, 0x01,                            /* words of 4 */
    };
    (void)state;
    struct buf buf = encode(STREAM_SAMPLE);
    assert_int_equal(buf.length, sizeof EXPECTED);
    assert_memory_equal(buf.data, EXPECTED, sizeof EXPECTED);
}

static void
an_unknown_clock_has_no_time(void **state)
{
    struct scan scan = make_scan();
    struct buf buf;
    struct cbor_cursor cursor;
    struct record_head head;

    (void)state;
    scan.at.clock = CLOCK_UNKNOWN;
    buf_init(&buf, memory, sizeof memory);
    record_put_scan(&buf, STREAM_TREND, 1, &scan);
    assert_int_equal(buf.data[4], 0xF6);
    cbor_cursor_init(&cursor, buf.data, buf.length);
    assert_true(record_take_head(&cursor, &head));
    assert_int_equal(head.at.clock, CLOCK_UNKNOWN);
    assert_int_equal(head.at.utc_ms, 0);
    assert_int_equal(head.at.mono_ms, 5000);
}

static void
what_was_not_read_is_not_there(void **state)
{
    struct scan scan = make_scan();
    struct buf buf;
    struct record_scan taken;
    struct record_value value;

    (void)state;
    for (int i = 0; i < 4; i++)
        scan.values[i].kind = VALUE_ABSENT;
    buf_init(&buf, memory, sizeof memory);
    record_put_scan(&buf, STREAM_SAMPLE, 5, &scan);
    struct cbor_cursor cursor = open_record(&buf, STREAM_SAMPLE);
    assert_true(record_take_scan(&cursor, &taken));
    assert_int_equal(taken.values_left, 0);
    assert_false(record_take_value(&taken, &value));
}

/* The keys as encoded: "text", "values", "records", though texts compare otherwise. */
static void
details_ascend_by_their_encoded_keys(void **state)
{
    struct event event = make_event();
    struct record_event taken;
    struct buf buf;
    size_t length = 0;

    (void)state;
    event.details[0] = (struct detail){.key = "records", .kind = VALUE_INTEGER, .as.integer = 5};
    event.details[1] = (struct detail){.key = "text", .kind = VALUE_TEXT, .as.text = "x"};
    event.details[2] = (struct detail){.key = "values", .kind = VALUE_INTEGER, .as.integer = 7};
    event.detail_count = 3;
    buf_init(&buf, memory, sizeof memory);
    record_put_event(&buf, 5, &event);
    struct cbor_cursor cursor = open_record(&buf, STREAM_EVENT);
    assert_true(record_take_event(&cursor, &taken));
    assert_memory_equal(cbor_take_text(&taken.details, &length), "text", 4);
    cbor_skip(&taken.details);
    assert_memory_equal(cbor_take_text(&taken.details, &length), "values", 6);
    assert_int_equal(cbor_take_integer(&taken.details), 7);
    assert_memory_equal(cbor_take_text(&taken.details, &length), "records", 7);
    assert_int_equal(cbor_take_integer(&taken.details), 5);
}

/* What JSON cannot hold either is null: a receiver rebuilds the same bytes. */
static void
what_is_no_number_and_no_text_is_null(void **state)
{
    static char broken[][9] = {"\xff\xfe", "\xc0\xaf", "\xed\xa0\x80", "abc\xe8\xb6",
                               "\xf4\x90\x80\x80"};
    static const double NUMBERS[] = {(double)INFINITY, -(double)INFINITY, (double)NAN};
    struct record_scan taken;
    struct record_value value;
    struct buf buf;

    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct scan scan = make_scan();
        scan.values[1] = (struct value){.kind = VALUE_NUMBER, .as.number = NUMBERS[i % 3]};
        scan.values[3] = (struct value){.kind = VALUE_TEXT};
        scan.values[3].text_length = (uint16_t)strlen(broken[i]);
        scan.text = broken[i];
        scan.values[2].kind = VALUE_ABSENT;
        buf_init(&buf, memory, sizeof memory);
        record_put_scan(&buf, STREAM_SAMPLE, 5, &scan);
        struct cbor_cursor cursor = open_record(&buf, STREAM_SAMPLE);
        assert_true(record_take_scan(&cursor, &taken));
        assert_true(record_take_value(&taken, &value));
        assert_int_equal(value.kind, VALUE_NONE);
        assert_true(record_take_value(&taken, &value));
        assert_int_equal(value.point, 4);
        assert_int_equal(value.kind, VALUE_NONE);
    }
}

/* ---- there and back ---- */

static void
a_scan_comes_back(void **state)
{
    struct record_scan scan;
    struct record_value value;

    (void)state;
    struct buf buf = encode(STREAM_SAMPLE);
    struct cbor_cursor cursor = open_record(&buf, STREAM_SAMPLE);
    assert_true(record_take_scan(&cursor, &scan));
    assert_int_equal(scan.device, 7);
    assert_true(record_take_value(&scan, &value));
    assert_int_equal(value.point, 3);
    assert_int_equal(value.kind, VALUE_NONE);
    assert_int_equal(value.quality, QUALITY_EXCEPTION);
    assert_int_equal(value.detail, 2);
    assert_null(value.words);
    assert_true(record_take_value(&scan, &value));
    assert_int_equal(value.point, 4);
    assert_int_equal(value.quality, QUALITY_NOT_A_NUMBER);
    assert_int_equal(value.word_bytes, 4);
    assert_memory_equal(value.words, "\x7f\xc0\x00\x01", 4);
    assert_true(record_take_value(&scan, &value));
    assert_int_equal(value.point, 9);
    assert_int_equal(value.kind, VALUE_NUMBER);
    assert_true(value.number == 31.25);
    assert_int_equal(value.quality, QUALITY_GOOD);
    assert_true(record_take_value(&scan, &value));
    assert_int_equal(value.point, 300);
    assert_int_equal(value.kind, VALUE_TEXT);
    assert_int_equal(value.text_length, 8);
    assert_memory_equal(value.text, "boiler-3", 8);
    assert_false(record_take_value(&scan, &value));
    assert_int_equal(scan.values_left, 0);
}

/* Bit for bit, for every double that is a number. */
static void
doubles_come_back_as_they_were(void **state)
{
    static const double DOUBLES[] = {
        0.0,     -0.0,     1.0,    -1.5,         0.1,     1e-310,  -4.9406564584124654e-324,
        DBL_MAX, -DBL_MAX, 65504., 65504.000001, FLT_MIN, FLT_MAX, 5.9604644775390625e-8};
    (void)state;
    for (size_t i = 0; i < sizeof DOUBLES / sizeof DOUBLES[0]; i++) {
        struct scan scan = make_scan();
        struct record_scan taken;
        struct record_value value;
        struct buf buf;
        scan.values[1] = (struct value){.kind = VALUE_NUMBER, .as.number = DOUBLES[i]};
        buf_init(&buf, memory, sizeof memory);
        record_put_scan(&buf, STREAM_TREND, 5, &scan);
        struct cbor_cursor cursor = open_record(&buf, STREAM_TREND);
        assert_true(record_take_scan(&cursor, &taken));
        assert_true(record_take_value(&taken, &value));
        assert_int_equal(value.point, 3);
        assert_memory_equal(&value.number, &DOUBLES[i], sizeof value.number);
    }
}

static void
integers_come_back_as_they_were(void **state)
{
    static const int64_t INTEGERS[] = {-1, -24, -25, -256, -257, INT32_MIN, INT64_MIN};
    struct record_scan taken;
    struct record_value value;
    struct buf buf;

    (void)state;
    for (size_t i = 0; i < sizeof INTEGERS / sizeof INTEGERS[0]; i++) {
        struct scan scan = make_scan();
        scan.values[1] = (struct value){.kind = VALUE_INTEGER, .as.integer = INTEGERS[i]};
        scan.values[3] = (struct value){.kind = VALUE_NATURAL, .as.natural = UINT64_MAX};
        buf_init(&buf, memory, sizeof memory);
        record_put_scan(&buf, STREAM_TREND, 5, &scan);
        struct cbor_cursor cursor = open_record(&buf, STREAM_TREND);
        assert_true(record_take_scan(&cursor, &taken));
        assert_true(record_take_value(&taken, &value));
        assert_int_equal(value.kind, VALUE_INTEGER);
        assert_true(value.integer == INTEGERS[i]);
        assert_true(record_take_value(&taken, &value));
        assert_int_equal(value.kind, VALUE_NATURAL);
        assert_true(value.natural == UINT64_MAX);
    }
}

static void
a_statistic_comes_back(void **state)
{
    struct record_statistic statistic;

    (void)state;
    struct buf buf = encode(STREAM_PERIOD);
    struct cbor_cursor cursor = open_record(&buf, STREAM_PERIOD);
    assert_true(record_take_statistic(&cursor, &statistic));
    assert_int_equal(statistic.point, 300);
    assert_int_equal(statistic.period, PERIOD_HOUR);
    assert_int_equal(statistic.start_utc_ms, 1780000000000);
    assert_int_equal(statistic.end_utc_ms, 1780003600000);
    assert_int_equal(statistic.revision, 1);
    assert_true(statistic.min == -1.5 && statistic.max == DBL_MAX && statistic.mean == 0.1);
    assert_true(isnan(statistic.sum));
    assert_int_equal(statistic.count, 3600);
    assert_int_equal(statistic.valid, 3000);
    assert_int_equal(statistic.expected, 3601);
    assert_int_equal(statistic.letter, 'N');
    assert_int_equal(cursor.left, 0);
}

static void
assert_text(const struct record_text *taken, const char *expected)
{
    assert_int_equal(taken->length, strlen(expected));
    assert_memory_equal(taken->text, expected, taken->length);
}

static void
an_event_comes_back(void **state)
{
    struct record_event event;
    size_t length = 0;

    (void)state;
    struct buf buf = encode(STREAM_EVENT);
    struct cbor_cursor cursor = open_record(&buf, STREAM_EVENT);
    assert_true(record_take_event(&cursor, &event));
    assert_text(&event.kind, "exceedance.hour");
    assert_text(&event.opened_store, "0123456789abcdef0123456789abcdef");
    assert_text(&event.subject, "boiler-3.so2");
    assert_text(&event.averaging, "1 h");
    assert_int_equal(event.phase, PHASE_CLOSED);
    assert_int_equal(event.severity, SEVERITY_ALARM);
    assert_int_equal(event.opened_sequence, 12);
    assert_int_equal(event.point, 9);
    assert_int_equal(event.since.clock, CLOCK_UNKNOWN);
    assert_int_equal(event.since.mono_ms, -4);
    assert_int_equal(event.since.boot, 1);
    assert_int_equal(event.duration_ms, 3600000);
    assert_true(event.value == 36.5 && event.peak == 50 && isnan(event.limit));
    assert_int_equal(event.detail_count, 2);
    assert_memory_equal(cbor_take_text(&event.details, &length), "by", 2);
    assert_memory_equal(cbor_take_text(&event.details, &length), "valve", 5);
    assert_memory_equal(cbor_take_text(&event.details, &length), "no", 2);
    assert_int_equal(cbor_take_integer(&event.details), -2);
    assert_int_equal(event.details.left, 0);
}

static void
evidence_comes_back(void **state)
{
    struct record_evidence evidence;

    (void)state;
    struct buf buf = encode(STREAM_EVIDENCE);
    struct cbor_cursor cursor = open_record(&buf, STREAM_EVIDENCE);
    assert_true(record_take_evidence(&cursor, &evidence));
    assert_text(&evidence.store, "0123456789abcdef0123456789abcdef");
    assert_text(&evidence.kind, "exceedance.hour");
    assert_int_equal(evidence.opened_sequence, 12);
    assert_int_equal(evidence.point, 9);
    assert_int_equal(evidence.value_count, 2);
    assert_int_equal(cbor_take_array(&evidence.values), 6);
    assert_int_equal(cbor_take_integer(&evidence.values), AT.utc_ms);
    assert_int_equal(cbor_take_natural(&evidence.values), 2);
    assert_int_equal(cbor_take_integer(&evidence.values), 5000);
    assert_int_equal(cbor_take_natural(&evidence.values), CLOCK_SYNCHRONISED);
    assert_true(signbit(cbor_take_double(&evidence.values)));
    assert_int_equal(cbor_take_natural(&evidence.values), QUALITY_GOOD);
    cbor_skip(&evidence.values);
    assert_false(evidence.values.failed);
    assert_int_equal(evidence.values.left, 0);
}

static void
what_does_not_fit_is_said(void **state)
{
    struct scan scan = make_scan();
    struct event event = make_event();
    struct buf buf;

    (void)state;
    struct buf whole = encode(STREAM_SAMPLE);
    size_t needed = whole.length;
    buf_init(&buf, memory, needed);
    record_put_scan(&buf, STREAM_SAMPLE, 5, &scan);
    assert_false(buf.overflow);
    buf_init(&buf, memory, needed - 1);
    record_put_scan(&buf, STREAM_SAMPLE, 5, &scan);
    assert_true(buf.overflow);
    buf_init(&buf, memory, 40);
    record_put_event(&buf, 5, &event);
    assert_true(buf.overflow);
}

/* ---- damage ---- */

struct taken {
    bool whole; /* the record was taken to its end */
    size_t values;
};

static struct taken
take_scan(struct cbor_cursor *cursor)
{
    struct record_scan scan;
    struct record_value value;
    struct taken taken = {0};
    size_t expected;

    if (!record_take_scan(cursor, &scan))
        return taken;
    expected = scan.values_left;
    while (record_take_value(&scan, &value))
        taken.values++;
    taken.whole = taken.values == expected;
    assert_int_equal(scan.values_left, expected - taken.values);
    return taken;
}

/* Takes a copy in memory of just that size: the address sanitizer sees a read past it. */
static struct taken
take_copy(const uint8_t *bytes, size_t length, enum stream stream)
{
    uint8_t *copy = malloc(length > 0 ? length : 1);
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_event event;
    struct record_evidence evidence;
    struct record_statistic statistic;
    struct taken taken = {0};

    assert_non_null(copy);
    memcpy(copy, bytes, length);
    cbor_cursor_init(&cursor, copy, length);
    if (record_take_head(&cursor, &head)) {
        assert_in_range(head.stream, STREAM_EVENT, STREAM_TREND);
        if (stream == STREAM_EVENT)
            taken.whole = record_take_event(&cursor, &event);
        else if (stream == STREAM_EVIDENCE)
            taken.whole = record_take_evidence(&cursor, &evidence);
        else if (stream >= STREAM_SAMPLE)
            taken = take_scan(&cursor);
        else
            taken.whole = record_take_statistic(&cursor, &statistic);
    }
    free(copy);
    return taken;
}

static void
a_cut_record_is_never_a_whole_one(void **state)
{
    (void)state;
    for (enum stream stream = STREAM_PERIOD; stream < STREAM_END; stream++) {
        struct buf buf = encode(stream);
        assert_true(take_copy(buf.data, buf.length, stream).whole);
        for (size_t length = 0; length < buf.length; length++)
            assert_false(take_copy(buf.data, length, stream).whole);
    }
}

/* Details and readings are walked by the caller, who has their number and a cursor that fails. */
static void
a_cut_list_is_noticed_by_who_walks_it(void **state)
{
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_event event;
    struct record_evidence evidence;

    (void)state;
    struct buf buf = encode(STREAM_EVENT);
    cbor_cursor_init(&cursor, buf.data, buf.length - 1);
    assert_true(record_take_head(&cursor, &head) && record_take_event(&cursor, &event));
    for (size_t i = 0; i < 2 * event.detail_count; i++)
        cbor_skip(&event.details);
    assert_true(event.details.failed);
    buf = encode(STREAM_EVIDENCE);
    cbor_cursor_init(&cursor, buf.data, buf.length - 1);
    assert_true(record_take_head(&cursor, &head) && record_take_evidence(&cursor, &evidence));
    for (size_t i = 0; i < evidence.value_count; i++)
        cbor_skip(&evidence.values);
    assert_true(evidence.values.failed);
}

/* Every byte changed to every other value: an answer each time, in bounds (the sanitizers look). */
static void
damage_at_every_position_ends_in_an_answer(void **state)
{
    size_t refused = 0;

    (void)state;
    for (enum stream stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        struct buf buf = encode(stream);
        for (size_t at = 0; at < buf.length; at++)
            for (unsigned change = 1; change < 256; change++) {
                buf.data[at] ^= (uint8_t)change;
                refused += !take_copy(buf.data, buf.length, stream).whole;
                buf.data[at] ^= (uint8_t)change;
            }
    }
    assert_true(refused > 10000);
}

static void
another_version_is_refused(void **state)
{
    (void)state;
    for (enum stream stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        struct buf buf = encode(stream);
        buf.data[buf.data[0] == 0x98 ? 2 : 1] = 2;
        assert_false(take_copy(buf.data, buf.length, stream).whole);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scan_has_these_bytes),
        cmocka_unit_test(an_unknown_clock_has_no_time),
        cmocka_unit_test(what_was_not_read_is_not_there),
        cmocka_unit_test(details_ascend_by_their_encoded_keys),
        cmocka_unit_test(what_is_no_number_and_no_text_is_null),
        cmocka_unit_test(a_scan_comes_back),
        cmocka_unit_test(doubles_come_back_as_they_were),
        cmocka_unit_test(integers_come_back_as_they_were),
        cmocka_unit_test(a_statistic_comes_back),
        cmocka_unit_test(an_event_comes_back),
        cmocka_unit_test(evidence_comes_back),
        cmocka_unit_test(what_does_not_fit_is_said),
        cmocka_unit_test(a_cut_record_is_never_a_whole_one),
        cmocka_unit_test(a_cut_list_is_noticed_by_who_walks_it),
        cmocka_unit_test(damage_at_every_position_ends_in_an_answer),
        cmocka_unit_test(another_version_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
