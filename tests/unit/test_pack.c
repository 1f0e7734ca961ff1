/* Packing: the same bytes come back, and from bodies that are cut, changed or lie come an error or
 * other records, within bounds of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/pack_parts.h"
#include "daemon/store/record.h"

#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <string.h>

#include "tests/unit/record_examples.h"

/* What everything holds after a body that lies: the frames may say sixteen times PACK_PLAIN_MAX,
 * the records once, with half as much again in reserve: 25.5. The rest has to be little beside it.
 */
#define BOUND    (32 * PACK_PLAIN_MAX)
#define MOST     ((size_t)20000)
#define SEQUENCE UINT64_C(250) /* of the first record: heads of two, then three bytes */

struct bench {
    struct packer *packer;
    struct buf plain, back, body; /* body: what was packed, in memory of its own */
    enum codec codec;             /* of body */
};

static uint64_t
draw(void)
{
    static uint64_t state = 20240607;

    state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    uint64_t mixed = (state ^ state >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);
#define MEMORY __sanitizer_get_current_allocated_bytes()
#else
#define MEMORY (mallinfo2().uordblks + mallinfo2().hblkhd)
#endif

static int
set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    assert_int_equal(packer_new(&bench->packer), 0);
    *state = bench;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *bench = *state;

    packer_free(bench->packer);
    buf_free(&bench->plain);
    buf_free(&bench->back);
    buf_free(&bench->body);
    free(bench);
    return 0;
}

/* ---- records ---- */

static void
add(struct bench *bench, const struct buf *record)
{
    uint32_t length = (uint32_t)record->length;

    assert_false(record->overflow);
    assert_int_equal(packer_reserve(&bench->plain, bench->plain.length + length + 4), 0);
    buf_append(&bench->plain, &length, sizeof length);
    buf_append(&bench->plain, record->data, length);
}

/* A scan as a device delivers them: numbers that wander, now and then something else. */
static void
add_scan(struct bench *bench, uint32_t number, uint64_t sequence, bool quiet)
{
    struct scan scan = make_scan();
    struct buf record = {memory, 0, sizeof memory, false};

    device.number = number;
    scan.at.utc_ms += (int64_t)sequence * 1000;
    scan.at.mono_ms += (int64_t)sequence * 1000;
    values[0].as.number = (double)(sequence % 977) / 10;
    if (!quiet) {
        values[1] = (struct value){.kind = VALUE_NATURAL, .as.natural = draw()};
        values[0].kind = (uint8_t)(draw() % 3); /* absent, none, number */
        values[2].text_length = (uint16_t)(draw() % 9);
        if (draw() % 8 == 0)
            memcpy(&values[0].as.number, &(uint64_t){draw()}, sizeof(double));
        if (draw() % 4 == 0)
            values[1] = (struct value){.kind = VALUE_INTEGER, .as.integer = (int64_t)draw()};
        if (draw() % 4 == 0)
            scan.at.clock = CLOCK_UNKNOWN;
    }
    record_put_scan(&record, draw() % 2 == 0 ? STREAM_SAMPLE : STREAM_TREND, sequence, &scan);
    add(bench, &record);
    device.number = 7;
}

static void
add_other(struct bench *bench, uint64_t sequence)
{
    struct statistic statistic = make_statistic();
    struct event event = make_event();
    struct evidence evidence = make_evidence();
    struct buf record = {memory, 0, sizeof memory, false};

    switch (draw() % 3) {
    case 0:
        statistic.mean = (double)(draw() % 5000) / 100;
        record_put_statistic(&record, STREAM_PERIOD, sequence, &AT, &statistic);
        break;
    case 1:
        event.opened_sequence = draw() % 2 == 0 ? draw() : 0;
        event.detail_count = draw() % 3;
        event.since.clock = draw() % 2 == 0 ? CLOCK_SET : CLOCK_UNKNOWN;
        record_put_event(&record, sequence, &event);
        break;
    default:
        evidence.value_count = 1 + draw() % 2;
        evidence.opened_sequence = draw() % 1000;
        record_put_evidence(&record, sequence, &evidence);
    }
    add(bench, &record);
}

static void
add_mixture(struct bench *bench, size_t records)
{
    buf_clear(&bench->plain);
    for (size_t i = 0; i < records; i++) {
        uint64_t sequence = SEQUENCE + i;
        switch (draw() % 6) {
        case 0: add_other(bench, sequence); break;
        case 1: add_scan(bench, (uint32_t)draw(), sequence, false); break; /* a shape of its own */
        case 2: add_scan(bench, 1 + (uint32_t)(draw() % 300), sequence, false); break;
        default: add_scan(bench, 1 + (uint32_t)(draw() % 5), sequence, true);
        }
    }
}

static void
add_repeating(struct bench *bench, size_t records)
{
    buf_clear(&bench->plain);
    for (size_t i = 0; i < records; i++)
        add_scan(bench, 7, SEQUENCE + i, true);
}

/* ---- there and back ---- */

static void
pack_plain(struct bench *bench, int level)
{
    struct packed packed;

    assert_int_equal(
        pack(bench->packer, bench->plain.data, bench->plain.length, SEQUENCE, level, &packed), 0);
    assert_true(packed.length <= bench->plain.length);
    assert_int_equal(pack_plain_length(&packed), bench->plain.length);
    buf_clear(&bench->body);
    assert_int_equal(packer_reserve(&bench->body, packed.length), 0);
    buf_append(&bench->body, packed.body, packed.length);
    bench->codec = packed.codec;
}

static struct packed
packed_of(const struct bench *bench)
{
    return (struct packed){bench->codec, bench->body.data, bench->body.length};
}

static void
expect_back(struct bench *bench, int level)
{
    pack_plain(bench, level);
    struct packed packed = packed_of(bench);
    buf_clear(&bench->back);
    assert_int_equal(packer_reserve(&bench->back, 3), 0);
    buf_text(&bench->back, "abc");
    assert_int_equal(unpack(bench->packer, &packed, SEQUENCE, &bench->back), 0);
    assert_int_equal(bench->back.length, 3 + bench->plain.length);
    assert_memory_equal(bench->back.data, "abc", 3);
    assert_memory_equal(bench->back.data + 3, bench->plain.data, bench->plain.length);
}

static void
test_mixtures(void **state)
{
    struct bench *bench = *state;

    for (int round = 0; round < 200; round++) {
        add_mixture(bench, round % 4 == 0 ? 1 : 1 + draw() % 200);
        expect_back(bench, round % 2 == 0 ? 1 : 9);
    }
    add_mixture(bench, MOST);
    expect_back(bench, 1);
}

/* One device, one shape: what the format is for. */
static void
test_scans_that_repeat_become_small(void **state)
{
    struct bench *bench = *state;

    add_repeating(bench, MOST);
    expect_back(bench, 1);
    assert_int_equal(bench->codec, CODEC_COLUMNS);
    assert_true(bench->body.length < bench->plain.length / 10);
    add_repeating(bench, 100);
    expect_back(bench, 1);
    assert_true(bench->body.length < bench->plain.length / 3);
}

/* What unpack_device gives, against the scans of that device among bench->plain. */
static void
expect_device(struct bench *bench, uint32_t number)
{
    struct packed packed = packed_of(bench);
    struct bytes rest = {bench->plain.data, bench->plain.data + bench->plain.length, false};
    size_t at = 0;

    buf_clear(&bench->back);
    assert_int_equal(unpack_device(bench->packer, &packed, SEQUENCE, number, &bench->back), 0);
    while (rest.at < rest.end) {
        struct cbor_cursor cursor;
        struct record_head head;
        struct record_scan scan;
        uint32_t length;
        const uint8_t *record = bytes_take(&rest, 4);
        memcpy(&length, record, 4);
        cbor_cursor_init(&cursor, bytes_take(&rest, length), length);
        if (!record_take_head(&cursor, &head) || !record_take_scan(&cursor, &scan) ||
            scan.device != number)
            continue;
        assert_true(at + 4 + length <= bench->back.length);
        assert_memory_equal(bench->back.data + at, record, 4 + length);
        at += 4 + length;
    }
    assert_int_equal(bench->back.length, at);
}

static void
test_one_device(void **state)
{
    struct bench *bench = *state;
    static const uint32_t NUMBERS[] = {1, 2, 23, 24, 256, 70000, 3000000000, 99};

    buf_clear(&bench->plain);
    for (size_t i = 0; i < 3000; i++) {
        uint32_t any = (uint32_t)draw();
        add_scan(bench, draw() % 50 == 0 ? any : NUMBERS[draw() % 7], SEQUENCE + i,
                 draw() % 8 != 0);
    }
    expect_back(bench, 1);
    assert_int_equal(bench->codec, CODEC_COLUMNS);
    for (size_t i = 0; i < 8; i++) /* 99 is not there */
        expect_device(bench, NUMBERS[i]);
}

static void
put_plain(struct bench *bench, const void *bytes, size_t length)
{
    buf_clear(&bench->plain);
    assert_int_equal(packer_reserve(&bench->plain, length), 0);
    buf_append(&bench->plain, bytes, length);
}

/* Not records of ours, or none at all: they come back all the same. */
static void
test_what_has_no_shape(void **state)
{
    struct bench *bench = *state;
    static const char *const BODIES[] = {"x", "\0\0\0", "\xFF\xFF\xFF\xFF\x80", "\4\0\0\0\x83\1\5",
                                         "\1\0\0\0\xF6"};
    static const size_t LENGTHS[] = {1, 4, 5, 7, 5};

    for (size_t i = 0; i < sizeof BODIES / sizeof *BODIES; i++) {
        put_plain(bench, BODIES[i], LENGTHS[i]);
        expect_back(bench, 1);
    }
    add_mixture(bench, 500);
    bench->plain.data[bench->plain.length / 2] ^= 0xFF;
    expect_back(bench, 1);
}

/* A record without a hole but the sequence: columns there are none. */
static void
test_no_columns(void **state)
{
    struct bench *bench = *state;

    put_plain(bench, "\5\0\0\0\x83\1\5\x18\xFA", 9);
    expect_back(bench, 1);
    put_plain(bench, "\1\0\0\0\x80\1\0\0\0\x80", 10);
    expect_back(bench, 1);
}

/* ---- bodies nobody vouches for ---- */

/* An error or records, whole or of a device, and memory within bounds. Returns unpack's result. */
static int
try_body(struct bench *bench, enum codec codec, const void *bytes, size_t length)
{
    uint8_t *exact = malloc(length > 0 ? length : 1);
    int result = 0;

    assert_non_null(exact);
    memcpy(exact, bytes, length);
    struct packed packed = {codec, exact, length};
    for (uint32_t pass = 0; pass < 2; pass++) {
        uint32_t number = pass == 0 ? 7 : 0; /* one device's, then all */
        buf_clear(&bench->back);
        result = unpack_device(bench->packer, &packed, SEQUENCE, number, &bench->back);
        assert_true(result == 0 || result == -EBADMSG);
        assert_true(MEMORY <= BOUND);
    }
    if (result == 0)
        assert_int_equal(bench->back.length, pack_plain_length(&packed));
    free(exact);
    return result;
}

static void
try_cut_and_changed(struct bench *bench, size_t tries)
{
    struct buf *body = &bench->body;
    bool all = body->length <= tries;

    for (size_t i = 0; i < (all ? body->length : tries); i++) {
        size_t at = all ? i : draw() % body->length;
        uint8_t kept = body->data[at];
        assert_int_equal(try_body(bench, bench->codec, body->data, at), -EBADMSG);
        body->data[at] = (uint8_t)(kept ^ (1 + draw() % 255));
        try_body(bench, bench->codec, body->data, body->length);
        body->data[at] = (uint8_t)(kept ^ 1U << draw() % 8);
        try_body(bench, bench->codec, body->data, body->length);
        body->data[at] = kept;
    }
    assert_int_equal(try_body(bench, bench->codec, body->data, body->length), 0);
}

static void
test_bodies_cut_and_changed(void **state)
{
    struct bench *bench = *state;

    for (int round = 0; round < 30; round++) {
        add_mixture(bench, 1 + draw() % (round < 27 ? 30 : 1000));
        pack_plain(bench, 1);
        if (bench->codec != CODEC_PLAIN)
            try_cut_and_changed(bench, 200);
    }
}

/* The same body with nothing compressed, so that a changed byte changes what it says. After unpack
 * the packer holds index and frames as they are then. */
static void
lay_bare(struct bench *bench)
{
    const struct packer *packer = bench->packer;
    struct bytes head = {bench->body.data, bench->body.data + bench->body.length, false};
    struct packed packed = packed_of(bench);
    struct buf index, *body = &bench->body;
    uint64_t counts[5] = {0}; /* plain, records, groups, length of the index, 0: not compressed */

    buf_clear(&bench->back);
    assert_int_equal(unpack(bench->packer, &packed, SEQUENCE, &bench->back), 0);
    for (size_t i = 0; i < 3; i++)
        counts[i] = bytes_varint(&head);
    struct bytes walk = {packer->index.data, packer->index.data + packer->index.length, false};
    const uint8_t *two = bytes_take(&walk, 2);
    bytes_varint(&walk);
    bytes_take(&walk, (two[1] & 15) * (counts[1] - 1));
    for (size_t g = 0; g < counts[2] && bytes_varint(&walk) != 0; g++)
        bytes_take(&walk, bytes_varint(&walk));
    assert_int_equal(buf_new(&index, packer->index.length), 0);
    buf_append(&index, packer->index.data, (size_t)(walk.at - packer->index.data));
    while (walk.at < walk.end) {
        for (size_t i = 0; i < 3; i++)
            buf_varint(&index, bytes_varint(&walk));
        bytes_varint(&walk);
        buf_varint(&index, 0); /* stored as it is */
    }
    counts[3] = index.length;
    buf_clear(body);
    assert_int_equal(packer_reserve(body, index.length + packer->planes.length + 60), 0);
    for (size_t i = 0; i < 5; i++)
        buf_varint(body, counts[i]);
    buf_append(body, index.data, index.length);
    buf_append(body, packer->planes.data, packer->planes.length);
    assert_false(walk.failed || index.overflow || body->overflow);
    buf_free(&index);
}

static void
test_bare_bodies_cut_and_changed(void **state)
{
    struct bench *bench = *state;

    for (int round = 0; round < 20; round++) {
        size_t scans = 50 + draw() % 500;
        add_repeating(bench, scans);
        for (size_t i = draw() % 20; i > 0; i--)
            add_other(bench, SEQUENCE + scans++);
        pack_plain(bench, 1);
        lay_bare(bench);
        try_cut_and_changed(bench, 300);
    }
}

/* Counts with nothing behind them, and a shape that says it goes on behind the index. */
static void
test_counts_with_nothing_behind(void **state)
{
    static const uint8_t GROUPS[] = "\x80\x80\x80\4\x80\x80\x80\4\x80\x80\x80\4\3\0\0\0"; /* 8 Mi */
    static const uint8_t SHAPE[] = {100, 1, 1, 7, 0, 0, 0, 0, 1, 0x7F, 0x8B, 0x1B};

    assert_int_equal(try_body(*state, CODEC_COLUMNS, SHAPE, sizeof SHAPE), -EBADMSG);
    assert_int_equal(try_body(*state, CODEC_COLUMNS, GROUPS, sizeof GROUPS), -EBADMSG);
}

static void
test_counts_that_lie(void **state)
{
    struct bench *bench = *state;
    static const uint64_t SAID[] = {0, 1, 20, 1000, 1 << 23, 1 << 26, INT64_MAX, UINT64_MAX};
    struct buf lie;

    add_repeating(bench, 100);
    pack_plain(bench, 1);
    lay_bare(bench);
    assert_int_equal(buf_new(&lie, bench->body.length + 50), 0);
    for (size_t i = 0; i < 5 * sizeof SAID / sizeof *SAID; i++) {
        struct bytes rest = {bench->body.data, bench->body.data + bench->body.length, false};
        bool is_true = false;
        buf_clear(&lie);
        for (size_t count = 0; count < 5; count++) {
            uint64_t truth = bytes_varint(&rest);
            is_true |= count == i % 5 && SAID[i / 5] == truth;
            buf_varint(&lie, count == i % 5 ? SAID[i / 5] : truth);
        }
        buf_append(&lie, rest.at, (size_t)(rest.end - rest.at));
        assert_int_equal(try_body(bench, CODEC_COLUMNS, lie.data, lie.length),
                         is_true ? 0 : -EBADMSG);
    }
    buf_free(&lie);
}

static void
test_other_codecs(void **state)
{
    struct bench *bench = *state;
    static uint8_t zeros[1 << 20], body[4096] = {1}; /* says one byte, holds a MiB */
    struct packed packed = {(enum codec)3, body, sizeof body};

    assert_int_equal(unpack(bench->packer, &packed, 1, &bench->back), -EPROTO);
    size_t length = ZSTD_compress(body + 1, sizeof body - 1, zeros, sizeof zeros, 1);
    assert_false(ZSTD_isError(length));
    assert_int_equal(try_body(bench, CODEC_ZSTD, body, 1 + length), -EBADMSG);
    memcpy(body, "\x81\x80\x80\4", 4); /* PACK_PLAIN_MAX + 1 */
    packed.codec = CODEC_ZSTD;
    assert_int_equal(pack_plain_length(&packed), 0);
    assert_int_equal(try_body(bench, CODEC_ZSTD, body, sizeof body), -EBADMSG);
    assert_int_equal(try_body(bench, CODEC_ZSTD, "", 0), -EBADMSG);
    assert_int_equal(try_body(bench, CODEC_PLAIN, "", 0), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        BENCH_TEST(test_mixtures),
        BENCH_TEST(test_scans_that_repeat_become_small),
        BENCH_TEST(test_one_device),
        BENCH_TEST(test_what_has_no_shape),
        BENCH_TEST(test_no_columns),
        BENCH_TEST(test_bodies_cut_and_changed),
        BENCH_TEST(test_bare_bodies_cut_and_changed),
        BENCH_TEST(test_counts_with_nothing_behind),
        BENCH_TEST(test_counts_that_lie),
        BENCH_TEST(test_other_codecs),
    };
    return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
