/* Shapes: every kind of record the daemon writes is taken apart and put together again; what is
 * not ours is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/record.h"
#include "daemon/store/shape.h"

#include <math.h>
#include <string.h>

#include "tests/unit/record_examples.h"

#define MOST 256

static uint8_t shape_memory[BYTES + 16], back_memory[BYTES];
static uint64_t leaf_words[MOST];
static struct buf shape;
static struct leaves leaves;

/* The record lies in memory of just its size, so that a sanitizer sees a read past it. */
static bool
take(const void *bytes, size_t length, size_t capacity)
{
    uint8_t *exact = malloc(length > 0 ? length : 1);

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    struct bytes record = {exact, exact + length, false};
    buf_init(&shape, shape_memory, sizeof shape_memory);
    leaves = (struct leaves){.origin = exact, .words = leaf_words, .capacity = capacity};
    bool taken = shape_take(&record, &shape, &leaves);
    free(exact);
    return taken;
}

struct texts {
    const uint8_t *record;
    const uint8_t *holes;
};

static uint64_t
next_word(void *context, size_t hole)
{
    (void)context;
    assert_true(hole < leaves.count);
    return leaf_words[hole];
}

static void
next_text(void *context, size_t hole, struct buf *buf)
{
    const struct texts *from = context;
    const uint8_t *at = from->record + (leaf_words[hole] >> 24);

    if (from->holes[hole] == HOLE_TEXT)
        cbor_put_text(buf, (const char *)at, leaf_words[hole] & 0xFFFFFF);
    else
        cbor_put_bytes(buf, at, leaf_words[hole] & 0xFFFFFF);
}

/* Takes it apart and puts it together under another sequence, which has to be all that differs. */
static void
expect_back(const struct buf *record, uint64_t sequence, const struct buf *expected)
{
    uint8_t holes[MOST];
    size_t count = 0;
    struct buf back;
    struct texts from = {record->data, holes};
    struct filler filler = {sequence, next_word, next_text, &from};

    assert_true(take(record->data, record->length, MOST));
    struct bytes bytes = {shape.data, shape.data + shape.length, false};
    assert_true(shape_holes(bytes, holes, MOST, &count));
    assert_int_equal(count, leaves.count);
    buf_init(&back, back_memory, sizeof back_memory);
    assert_true(shape_put(bytes, &filler, &back));
    assert_int_equal(back.length, expected->length);
    assert_memory_equal(back.data, expected->data, expected->length);
    size_t fewer;
    assert_false(shape_holes(bytes, holes, count - 1, &fewer));
    for (size_t room = 0; room < count; room++)
        assert_false(take(record->data, record->length, room));
}

/* ---- what is ours ---- */

static void
test_examples_of_each_stream(void **state)
{
    (void)state;
    for (enum stream stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        struct buf record = encode(stream);
        expect_back(&record, 5, &record);
    }
}

/* The head of a record is one byte, a version and a stream one byte each: then the sequence. */
static void
test_the_sequence_is_not_in_the_shape(void **state)
{
    static const uint64_t SEQUENCES[] = {0, 23, 24, 255, 256, 65536, UINT32_MAX, UINT64_MAX};
    static uint8_t other_memory[BYTES], shape_before[BYTES];
    struct scan scan = make_scan();
    struct buf other;

    (void)state;
    struct buf record = encode(STREAM_TREND);
    assert_true(take(record.data, record.length, MOST));
    size_t length = shape.length;
    memcpy(shape_before, shape.data, length);
    for (size_t i = 0; i < sizeof SEQUENCES / sizeof *SEQUENCES; i++) {
        buf_init(&other, other_memory, sizeof other_memory);
        record_put_scan(&other, STREAM_TREND, SEQUENCES[i], &scan);
        expect_back(&record, SEQUENCES[i], &other);
        assert_true(take(other.data, other.length, MOST));
        assert_int_equal(shape.length, length);
        assert_memory_equal(shape.data, shape_before, length);
    }
}

static void
put_back_scan(const struct scan *scan)
{
    struct buf record;

    buf_init(&record, memory, sizeof memory);
    record_put_scan(&record, STREAM_SAMPLE, 70000, scan);
    assert_false(record.overflow);
    expect_back(&record, 70000, &record);
}

static void
test_each_kind_of_value(void **state)
{
    static const double NUMBERS[] = {0,       -0.0,        65504,    -65504,       0x1p-24, 0x1p-25,
                                     DBL_MAX, FLT_MAX,     1e-310,   (double)0.1F, 0.1,     1e300,
                                     65505,   (double)NAN, INFINITY, 0x1p-14};
    static const uint64_t NATURALS[] = {0, 23, 24, 65535, INT64_MAX, 1ULL << 63, UINT64_MAX};
    static const int64_t INTEGERS[] = {0, -1, -24, -25, INT64_MIN, INT64_MAX};
    struct scan scan = make_scan();

    (void)state;
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        values[0] = (struct value){.kind = VALUE_NUMBER, .as.number = NUMBERS[i]};
        put_back_scan(&scan);
    }
    for (size_t i = 0; i < sizeof NATURALS / sizeof *NATURALS; i++) {
        values[0] = (struct value){.kind = VALUE_NATURAL, .as.natural = NATURALS[i]};
        put_back_scan(&scan);
    }
    for (size_t i = 0; i < sizeof INTEGERS / sizeof *INTEGERS; i++) {
        values[0] = (struct value){.kind = VALUE_INTEGER, .as.integer = INTEGERS[i]};
        put_back_scan(&scan);
    }
    scan.at.clock = CLOCK_UNKNOWN;
    put_back_scan(&scan);
    for (int i = 0; i < 4; i++)
        values[i].kind = VALUE_ABSENT;
    put_back_scan(&scan);
}

/* Texts with and without length, of length 23, 24, 255, 256; and one that is not UTF-8. */
static void
test_texts(void **state)
{
    static const uint16_t LENGTHS[] = {0, 1, 23, 24, 255, 256, 600};
    static char long_text[600];
    struct scan scan = make_scan();

    (void)state;
    memset(long_text, 'p', sizeof long_text);
    scan.text = long_text;
    for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++) {
        values[2].text_length = LENGTHS[i];
        put_back_scan(&scan);
    }
    long_text[0] = (char)0xFF;
    put_back_scan(&scan);
}

static void
test_statistics_and_events_without_numbers(void **state)
{
    struct statistic statistic = make_statistic();
    struct event event = make_event();
    struct buf record;

    (void)state;
    statistic.min = statistic.max = statistic.mean = statistic.sum = (double)NAN;
    buf_init(&record, memory, sizeof memory);
    record_put_statistic(&record, STREAM_PERIOD, 1, &AT, &statistic);
    expect_back(&record, 1, &record);
    event.value = event.peak = event.limit = (double)NAN;
    event.point = NULL;
    event.duration_ms = -1;
    event.opened_sequence = 0;
    event.opened_store[0] = 0;
    event.detail_count = 0;
    buf_clear(&record);
    record_put_event(&record, 1, &event);
    expect_back(&record, 1, &record);
}

static void
test_events_with_details(void **state)
{
    struct event event = make_event();
    struct buf record;

    (void)state;
    for (size_t i = 0; i < EVENT_DETAILS; i++) {
        static const char *const KEYS[EVENT_DETAILS] = {
            "a",  "b",  "c",  "d",  "e",   "f",   "g",   "h",   "aa",  "bb",  "cc",  "dd",
            "ee", "ff", "gg", "hh", "aaa", "bbb", "ccc", "ddd", "eee", "fff", "ggg", "hhh"};
        static const enum value_kind KINDS[] = {VALUE_TEXT, VALUE_INTEGER, VALUE_NUMBER};
        event.details[i] = (struct detail){.key = KEYS[i], .kind = KINDS[i % 3]};
        event.details[i].as.number = 0.25;
        if (i % 3 == 0)
            event.details[i].as.text = i == 0 ? "" : "\xE9\x98\x80\xE9\x97\xA8";
    }
    event.detail_count = EVENT_DETAILS;
    buf_init(&record, memory, sizeof memory);
    record_put_event(&record, 1, &event);
    assert_false(record.overflow);
    expect_back(&record, 1, &record);
}

/* ---- what is not ours ---- */

#define REFUSED(...)                                                                               \
    assert_false(take((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), MOST))
#define TAKEN(...)                                                                                 \
    assert_true(take((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), MOST))

static void
test_items_we_do_not_write(void **state)
{
    (void)state;
    TAKEN(0x84, 1, 5, 7, 0xF6);
    REFUSED(0x84, 1, 5, 7, 0xC0, 0x01);            /* tag */
    REFUSED(0x84, 1, 5, 7, 0xD8, 0x20, 0x61, 'a'); /* tag of a byte */
    REFUSED(0xC1, 0x84, 1, 5, 7, 0xF6);            /* tagged as a whole */
    REFUSED(0x84, 1, 5, 7, 0xF7);                  /* undefined */
    REFUSED(0x84, 1, 5, 7, 0xE0);                  /* simple value: our hole */
    REFUSED(0x84, 1, 5, 7, 0xE5);                  /* simple value: our hole */
    REFUSED(0x84, 1, 5, 7, 0xF8, 0xFF);            /* simple value of a byte */
    REFUSED(0x84, 1, 5, 7, 0xFF);                  /* break */
    REFUSED(0x84, 1, 5, 7, 0x1C);                  /* reserved */
    REFUSED(0x84, 1, 5, 7, 0x3B, 255, 255, 255, 255, 255, 255, 255, 255); /* below INT64_MIN */
    TAKEN(0x84, 1, 5, 7, 0x3B, 127, 255, 255, 255, 255, 255, 255, 255);
    REFUSED(0x84, 1, 5, 0x20, 0xF6); /* a sequence below zero */
    REFUSED(0x84, 1, 5, 0xF6, 0xF6); /* none */
    REFUSED(0xA1, 1, 5);             /* no array */
    REFUSED(0x00);
    assert_false(take("", 0, MOST));
}

static void
test_indefinite_lengths(void **state)
{
    (void)state;
    REFUSED(0x9F, 1, 5, 7, 0xFF);
    REFUSED(0x84, 1, 5, 7, 0x9F, 0xFF);
    REFUSED(0x84, 1, 5, 7, 0xBF, 0xFF);
    REFUSED(0x84, 1, 5, 7, 0x7F, 0x61, 'a', 0xFF);
    REFUSED(0x84, 1, 5, 7, 0x5F, 0x41, 'a', 0xFF);
    REFUSED(0x84, 1, 5, 7, 0xA1, 0x9F, 0xFF, 0);
}

static void
test_keys(void **state)
{
    (void)state;
    TAKEN(0x84, 1, 5, 7, 0xA2, 3, 0xF6, 4, 0xF6);
    REFUSED(0x84, 1, 5, 7, 0xA2, 4, 0xF6, 3, 0xF6);                 /* descend */
    REFUSED(0x84, 1, 5, 7, 0xA2, 0x18, 24, 0xF6, 3, 0xF6);          /* descend */
    REFUSED(0x84, 1, 5, 7, 0xA1, 0x20, 0xF6);                       /* below zero */
    REFUSED(0x84, 1, 5, 7, 0xA1, 0x41, 'a', 0xF6);                  /* bytes */
    REFUSED(0x84, 1, 5, 7, 0xA1, 0x80, 0xF6);                       /* an array */
    REFUSED(0x84, 1, 5, 7, 0xA1, 0xF6, 0xF6);                       /* null */
    REFUSED(0x84, 1, 5, 7, 0xA1, 3);                                /* no value */
    REFUSED(0x84, 1, 5, 7, 0xBB, 255, 0, 0, 0, 0, 0, 0, 0);         /* 2^64 - 2^56 pairs */
    REFUSED(0x9B, 255, 255, 255, 255, 255, 255, 255, 255, 1, 5, 7); /* 2^64 - 1 items */
}

static void
test_depth(void **state)
{
    uint8_t deep[64] = {0x84, 1, 5, 7};
    size_t deepest = 0;

    (void)state;
    for (size_t depth = 1; depth < 50; depth++) {
        memset(deep + 4, 0x81, depth);
        deep[4 + depth] = 0x01;
        if (take(deep, 5 + depth, MOST))
            deepest = depth;
        memset(deep + 4, 0xA1, depth); /* {1: {1: ... 1}} cannot be so: keys stand between */
        for (size_t i = 0; i < depth && 2 * i + 6 < sizeof deep; i++) {
            deep[4 + 2 * i] = 0xA1;
            deep[5 + 2 * i] = 0x01;
        }
        if (2 * depth + 5 < sizeof deep) {
            deep[4 + 2 * depth] = 0x01;
            assert_int_equal(take(deep, 5 + 2 * depth, MOST), deepest == depth);
        }
    }
    assert_in_range(deepest, 2, 8); /* an evidence has two; and there is an end */
}

static void
test_records_cut_or_with_bytes_behind(void **state)
{
    (void)state;
    for (enum stream stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        struct buf record = encode(stream);
        for (size_t length = 0; length < record.length; length++)
            assert_false(take(record.data, length, MOST));
        buf_byte(&record, 0);
        assert_false(take(record.data, record.length, MOST));
    }
}

/* A shape that does not fit its buffer is no shape. */
static void
test_no_room_for_the_shape(void **state)
{
    (void)state;
    struct buf record = encode(STREAM_EVENT);
    assert_true(take(record.data, record.length, MOST));
    size_t length = shape.length;
    for (size_t room = 0; room < length; room++) {
        struct bytes bytes = {record.data, record.data + record.length, false};
        leaves.count = 0;
        buf_init(&shape, shape_memory, room);
        assert_false(shape_take(&bytes, &shape, &leaves));
    }
}

/* ---- shapes nobody vouches for ---- */

static uint64_t
any_word(void *context, size_t hole)
{
    const size_t *listed = context;

    assert_true(hole < *listed);
    return hole;
}

static void
any_text(void *context, size_t hole, struct buf *buf)
{
    const size_t *listed = context;

    assert_true(hole < *listed);
    cbor_put_text(buf, "", 0);
}

/* True where its holes can be listed and it can be put together, from those holes alone. */
static bool
is_whole(const uint8_t *bytes, size_t length)
{
    uint8_t *exact = malloc(length > 0 ? length : 1);
    uint8_t holes[MOST];
    struct buf back;
    size_t listed;
    struct filler filler = {1, any_word, any_text, &listed};

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    struct bytes given = {exact, exact + length, false};
    buf_init(&back, back_memory, sizeof back_memory);
    bool whole = shape_holes(given, holes, MOST, &listed) && shape_put(given, &filler, &back);
    shape_subject(given);
    free(exact);
    return whole;
}

static void
try_cut_and_changed(uint8_t *bytes, size_t length)
{
    assert_true(is_whole(bytes, length));
    for (size_t i = 0; i < length; i++) {
        uint8_t kept = bytes[i];
        assert_false(is_whole(bytes, i));
        for (unsigned byte = 0; byte < 256; byte++) {
            bytes[i] = (uint8_t)byte;
            is_whole(bytes, length);
        }
        bytes[i] = kept;
    }
    assert_false(is_whole(bytes, length + 1)); /* whatever stands behind */
}

static void
test_shapes_cut_and_changed(void **state)
{
    (void)state;
    for (enum stream stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        uint8_t bytes[BYTES] = {0};
        struct buf record = encode(stream);
        assert_true(take(record.data, record.length, MOST));
        memcpy(bytes, shape.data, shape.length);
        try_cut_and_changed(bytes, shape.length);
    }
}

static uint64_t
subject_of(const uint8_t *bytes, size_t length)
{
    return shape_subject((struct bytes){bytes, bytes + length, false});
}

static void
test_subject(void **state)
{
    static const uint32_t NUMBERS[] = {1, 23, 24, 255, 256, 65535, 65536, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++) {
        device.number = NUMBERS[i];
        struct buf record = encode(STREAM_SAMPLE);
        assert_true(take(record.data, record.length, MOST));
        assert_int_equal(subject_of(shape.data, shape.length), NUMBERS[i]);
        for (size_t cut = 0; cut < 8; cut++)
            assert_int_equal(subject_of(shape.data, cut), 0);
    }
    device.number = 7;
    struct buf record = encode(STREAM_EVENT); /* a kind stands there, and evidence has a store */
    assert_true(take(record.data, record.length, MOST));
    assert_int_equal(subject_of(shape.data, shape.length), 0);
    record = encode(STREAM_EVIDENCE);
    assert_true(take(record.data, record.length, MOST));
    assert_int_equal(subject_of(shape.data, shape.length), 0);
    record = encode(STREAM_MINUTE);
    assert_true(take(record.data, record.length, MOST));
    assert_int_equal(subject_of(shape.data, shape.length), 300); /* a point */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples_of_each_stream),
        cmocka_unit_test(test_the_sequence_is_not_in_the_shape),
        cmocka_unit_test(test_each_kind_of_value),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_statistics_and_events_without_numbers),
        cmocka_unit_test(test_events_with_details),
        cmocka_unit_test(test_items_we_do_not_write),
        cmocka_unit_test(test_indefinite_lengths),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_records_cut_or_with_bytes_behind),
        cmocka_unit_test(test_no_room_for_the_shape),
        cmocka_unit_test(test_shapes_cut_and_changed),
        cmocka_unit_test(test_subject),
    };
    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
