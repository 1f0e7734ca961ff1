/* The store as its users see it: append, commit, read back, restart, kill, a disk that fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/store.c"

#include "daemon/store/record.h"
#include "tests/unit/store_park.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct bench {
    char directory[64];
    struct site *site;
    struct store *store;
    struct board *cursors;
};

static atomic_int notes_seen;
static char last_note[64];

static void
on_note(void *context, const struct note *note)
{
    (void)context;
    snprintf(last_note, sizeof last_note, "%s", note->kind);
    atomic_fetch_add(&notes_seen, 1);
}

static void
open_store_with(struct bench *bench, size_t pending_bytes, const char *pragma)
{
    struct store_options options = {.directory = bench->directory,
                                    .volatile_directory = bench->directory,
                                    .commit_every_ms = 20,
                                    .retry_ms = 50,
                                    .pending_bytes = pending_bytes};
    struct store_hooks hooks = {.cursors = bench->cursors, .note = on_note};
    char error[200] = "";

    int result = store_open(&options, &bench->store, error);
    assert_string_equal(error, "");
    assert_int_equal(result, 0);
    assert_int_equal(store_begin_boot(bench->store, "boot-a", 1), 1);
    assert_int_equal(store_register(bench->store, bench->site), 0);
    if (pragma != NULL)
        assert_int_equal(database_run(bench->store->durable, pragma, ""), 0);
    assert_int_equal(store_start(bench->store, &hooks), 0);
}

static void
open_store(struct bench *bench, size_t pending_bytes)
{
    open_store_with(bench, pending_bytes, NULL);
}

static int
set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    snprintf(bench->directory, sizeof bench->directory, "/tmp/parkgate-store-XXXXXX");
    assert_non_null(mkdtemp(bench->directory));
    bench->site = store_park_load(bench->directory, STORE_PARK);
    assert_int_equal(board_new(4, sizeof(struct cursors), &bench->cursors), 0);
    open_store(bench, 0);
    *state = bench;
    return 0;
}

static int
tear_down(void **state)
{
    struct bench *bench = *state;
    char command[128];

    store_close(bench->store);
    site_free(bench->site);
    board_free(bench->cursors);
    snprintf(command, sizeof command, "rm -rf %s", bench->directory);
    assert_int_equal(system(command), 0);
    free(bench);
    return 0;
}

static void
wait_durable(struct bench *bench, enum stream stream, uint64_t sequence)
{
    int64_t until_mono_ms = clock_mono_ms() + 10000;

    while (atomic_load(&bench->store->face.durable[stream]) < sequence) {
        assert_true(clock_mono_ms() < until_mono_ms);
        store_hand_over(bench->store, true, clock_mono_ms());
        clock_sleep_until_ns(clock_mono_ns() + 1000000);
    }
}

static uint64_t
append(struct bench *bench, const char *device, double value)
{
    struct scan scan;

    store_park_scan(bench->site, device, value, &scan);
    return store_append_scan(bench->store, &scan);
}

/* Reads the whole stream, checks sequences and chain; returns how many records there were. */
static uint64_t
walk(struct reader *reader, enum stream stream)
{
    uint8_t chain[STORE_HASH] = {0};
    uint64_t from = 1;
    uint64_t records = 0;
    struct chunk chunk;
    struct record record;

    while (reader_read(reader, stream, from, UINT64_MAX >> 8, &chunk) == 1) {
        assert_int_equal(chunk.first, from);
        assert_memory_equal(chunk.previous, chain, STORE_HASH);
        while (chunk_next(&chunk, &record)) {
            assert_int_equal(record.sequence, from++);
            record_chain(chain, &record);
            records++;
        }
        assert_int_equal(from, chunk.last + 1);
    }
    return records;
}

static void
test_scan_comes_back_as_it_was(void **state)
{
    struct bench *bench = *state;
    struct reader *reader = NULL;
    struct chunk chunk;
    struct record record;
    struct cbor_cursor cursor;
    struct record_head head;
    struct record_scan scan;
    struct record_value value;

    assert_int_equal(append(bench, "cems", -0.0), 1);
    assert_int_equal(append(bench, "cems", (double)NAN), 2);
    wait_durable(bench, STREAM_SAMPLE, 2);
    assert_int_equal(reader_open(store_face(bench->store), &reader), 0);
    assert_int_equal(reader_read(reader, STREAM_SAMPLE, 1, 2, &chunk), 1);
    assert_true(chunk_next(&chunk, &record));
    cbor_cursor_init(&cursor, record.body, record.length);
    assert_true(record_take_head(&cursor, &head));
    assert_int_equal(head.at.utc_ms, 1780000000000);
    assert_true(record_take_scan(&cursor, &scan));
    assert_string_equal(reader_device(reader, scan.device), "cems");
    assert_true(record_take_value(&scan, &value));
    assert_string_equal(reader_point(reader, value.point)->name, "so2");
    assert_int_equal(value.kind, VALUE_NUMBER);
    assert_true(signbit(value.number));
    assert_true(record_take_value(&scan, &value));
    assert_memory_equal(value.text, "boiler-3", 8);
    assert_true(record_take_value(&scan, &value));
    assert_true(value.natural == UINT64_MAX);
    assert_false(record_take_value(&scan, &value));
    assert_true(chunk_next(&chunk, &record));
    cbor_cursor_init(&cursor, record.body, record.length);
    assert_true(record_take_head(&cursor, &head) && record_take_scan(&cursor, &scan));
    assert_true(record_take_value(&scan, &value));
    assert_int_equal(value.kind, VALUE_NONE);
    assert_int_equal(value.quality, QUALITY_NOT_A_NUMBER);
    assert_int_equal(value.word_bytes, 4);
    assert_memory_equal(value.words, "\x7f\xc0\x00\x01", 4);
    reader_close(reader);
}

static void
test_restart_goes_on(void **state)
{
    struct bench *bench = *state;
    struct reader *reader = NULL;
    char id[33];

    for (int i = 0; i < 100; i++)
        assert_int_equal(append(bench, "meter", i), (uint64_t)i + 1);
    snprintf(id, sizeof id, "%s", store_id(bench->store));
    store_close(bench->store); /* commits what was only appended */
    open_store(bench, 0);
    assert_string_equal(store_id(bench->store), id);
    assert_int_equal(append(bench, "meter", 100.5), 101);
    wait_durable(bench, STREAM_TREND, 101);
    assert_int_equal(reader_open(store_face(bench->store), &reader), 0);
    assert_int_equal(walk(reader, STREAM_TREND), 101);
    assert_int_equal(store_last_utc_ms(bench->store), 1780000000000);
    reader_close(reader);
}

static void
test_numbers_of_points_are_for_ever(void **state)
{
    struct bench *bench = *state;
    uint32_t so2 = bench->site->points[0].number;
    uint32_t power = site_find_point(bench->site, "meter", "power")->number;
    char changed[2000];

    snprintf(changed, sizeof changed, "%s", STORE_PARK);
    memcpy(strstr(changed, "type: float32, unit: kW"), "type: u32, unit: kW    ", 23);
    struct site *site = store_park_load(bench->directory, changed);
    assert_int_equal(store_register(bench->store, site), 0);
    assert_int_equal(site->points[0].number, so2);
    assert_int_not_equal(site_find_point(site, "meter", "power")->number, power);
    site_free(bench->site);
    bench->site = site;
}

static void
test_cursor_is_kept(void **state)
{
    struct bench *bench = *state;
    struct cursors cursors = {0};
    struct cursors kept;
    struct reader *reader = NULL;

    append(bench, "cems", 1);
    wait_durable(bench, STREAM_SAMPLE, 1);
    cursor_mark(&cursors.streams[STREAM_SAMPLE], 1, 1, CURSOR_ACKNOWLEDGED);
    cursor_mark(&cursors.streams[STREAM_EVENT], 5, 7, CURSOR_ACKNOWLEDGED);
    assert_true(board_put(bench->cursors, 0, &cursors, sizeof cursors));
    store_close(bench->store);
    board_free(bench->cursors);
    assert_int_equal(board_new(4, sizeof(struct cursors), &bench->cursors), 0);
    open_store(bench, 0);
    assert_int_equal(reader_open(store_face(bench->store), &reader), 0);
    assert_true(reader_cursors(reader, bench->site->destinations[0].number, &kept));
    assert_int_equal(kept.streams[STREAM_SAMPLE].low, 1);
    assert_int_equal(kept.streams[STREAM_EVENT].count, 1);
    assert_int_equal(kept.streams[STREAM_EVENT].ranges[0].last, 7);
    assert_false(reader_cursors(reader, 999, &kept));
    reader_close(reader);
}

static void
test_state_comes_back_with_its_heads(void **state)
{
    struct bench *bench = *state;
    uint8_t memory[16];
    char got[16];
    uint64_t heads[STREAM_END];
    struct buf buf;
    struct reader *reader = NULL;

    append(bench, "cems", 1);
    buf_init(&buf, memory, sizeof memory);
    buf_text(&buf, "hello");
    store_append_state(bench->store, "assess", &buf);
    append(bench, "cems", 2);
    store_close(bench->store);
    open_store(bench, 0);
    assert_int_equal(reader_open(store_face(bench->store), &reader), 0);
    assert_int_equal(reader_state(reader, "assess", got, sizeof got, heads), 5);
    assert_memory_equal(got, "hello", 5);
    assert_int_equal(heads[STREAM_SAMPLE], 1);
    assert_int_equal(reader_state(reader, "none", got, sizeof got, heads), 0);
    reader_close(reader);
}

static void
test_readings_are_refused_before_events(void **state)
{
    struct bench *bench = *state;
    struct event event = {.kind = "gap", .phase = PHASE_NOTED, .subject = "x", .averaging = ""};
    struct store_loss loss;
    uint64_t appended = 0;

    store_close(bench->store);
    open_store(bench, 4 * 40 * 1024);
    while (append(bench, "cems", 1) != 0)
        appended++; /* never handed over: one batch fills up */
    assert_true(appended > 10);
    assert_true(store_append_event(bench->store, &event) != 0);
    assert_true(store_take_loss(bench->store, &loss));
    assert_int_equal(loss.records, 1);
    assert_int_equal(loss.values, 3);
    assert_false(store_take_loss(bench->store, &loss));
    wait_durable(bench, STREAM_EVENT, 1);
    assert_int_equal(append(bench, "cems", 1), appended + 1);
    assert_int_equal(atomic_load(&store_counters(bench->store)->lost_values), 3);
}

static void
test_newer_format_is_refused_and_left_alone(void **state)
{
    struct bench *bench = *state;
    struct store_options options = {.directory = bench->directory};
    struct store *store = NULL;
    char error[200] = "";
    char command[200];

    store_close(bench->store);
    bench->store = NULL;
    snprintf(command, sizeof command, "sqlite3 %s/parkgate.db 'PRAGMA user_version=3'",
             bench->directory);
    if (system(command) != 0)
        skip();
    assert_int_equal(store_open(&options, &store, error), -EPROTO);
    assert_non_null(strstr(error, "newer"));
    snprintf(command, sizeof command, "sqlite3 %s/parkgate.db 'PRAGMA user_version=2'",
             bench->directory);
    assert_int_equal(system(command), 0);
    open_store(bench, 0);
}

static void
test_unreadable_file_is_set_aside(void **state)
{
    struct bench *bench = *state;
    char path[128];
    char id[33];

    snprintf(id, sizeof id, "%s", store_id(bench->store));
    store_close(bench->store);
    snprintf(path, sizeof path, "%s/parkgate.db", bench->directory);
    FILE *file = fopen(path, "w");
    fputs("this is not a database, but it is long enough to look like a file of some kind", file);
    fclose(file);
    open_store(bench, 0);
    assert_string_not_equal(store_id(bench->store), id);
    assert_string_not_equal(store_predecessor(bench->store), "");
    snprintf(path, sizeof path, "%s/parkgate.db.quarantine-1", bench->directory);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(append(bench, "cems", 1), 1);
    wait_durable(bench, STREAM_SAMPLE, 1);
}

/* A connection that SQLite has made read-only: every commit fails until it is opened anew. */
static void
test_failed_disk_goes_on_in_memory_and_comes_back(void **state)
{
    struct bench *bench = *state;
    struct reader *reader = NULL;

    append(bench, "cems", 1);
    wait_durable(bench, STREAM_SAMPLE, 1);
    store_close(bench->store);
    open_store_with(bench, 0, "PRAGMA query_only=1");
    assert_int_equal(reader_open(store_face(bench->store), &reader), 0);
    atomic_store(&notes_seen, 0);
    assert_int_equal(append(bench, "cems", 2), 2);
    wait_durable(bench, STREAM_SAMPLE, 2); /* in the volatile file, or back on the disk already */
    int64_t until_mono_ms = clock_mono_ms() + 10000;
    while (atomic_load(&notes_seen) < 2 && clock_mono_ms() < until_mono_ms)
        clock_sleep_until_ns(clock_mono_ns() + 1000000);
    assert_int_equal(atomic_load(&notes_seen), 2); /* failed, recovered */
    assert_string_equal(last_note, "store.recovered");
    assert_true(reader_store_changed(reader));
    assert_false(reader_is_volatile(reader));
    assert_int_equal(append(bench, "cems", 3), 3);
    wait_durable(bench, STREAM_SAMPLE, 3);
    assert_int_equal(walk(reader, STREAM_SAMPLE), 3);
    assert_true(atomic_load(&store_counters(bench->store)->volatile_records) >= 1);
    assert_int_equal(atomic_load(&store_counters(bench->store)->lost_records), 0);
    reader_close(reader);
}

static void
test_retention_cuts_the_front_and_trend_first(void **state)
{
    struct bench *bench = *state;
    struct segment oldest;

    for (int i = 0; i < 60; i++) {
        append(bench, "meter", i);
        append(bench, "cems", i);
        wait_durable(bench, STREAM_SAMPLE, (uint64_t)i + 1);
    }
    store_close(bench->store);
    bench->store = NULL;
    struct store_options options = {.directory = bench->directory};
    char error[200];
    assert_int_equal(store_open(&options, &bench->store, error), 0);
    struct store *store = bench->store;
    bool trend_left = true;
    uint64_t front = 1;
    while (trend_left) { /* a slice has a bound in time: how much one cuts is open */
        assert_int_equal(schema_oldest_segment(store->durable, STREAM_SAMPLE, &oldest), 1);
        assert_int_equal(oldest.first, 1); /* while there is trend, nothing but trend */
        assert_true(retain_run(store, store->durable, 0));
        trend_left = schema_oldest_segment(store->durable, STREAM_TREND, &oldest) == 1;
        uint64_t now = trend_left ? oldest.first : 61;
        assert_true(now > front && now <= front + 32);
        front = now;
        assert_int_equal(atomic_load(&store->face.oldest[STREAM_TREND]), front);
        assert_int_equal(atomic_load(&store->counters.evicted_records[STREAM_TREND]), front - 1);
    }
    while (retain_run(store, store->durable, 0))
        continue;
    assert_int_equal(atomic_load(&store->face.oldest[STREAM_SAMPLE]), 61);
}

/* What a child reported as durable is there after kill -9, and the chain is whole. */
static void
write_until_killed(struct bench *bench, int report)
{
    for (uint64_t i = 1;; i++) {
        append(bench, "meter", (double)i);
        if (i % 3 != 0)
            continue;
        store_hand_over(bench->store, true, clock_mono_ms());
        uint64_t durable = atomic_load(&bench->store->face.durable[STREAM_TREND]);
        if (write(report, &durable, sizeof durable) != sizeof durable)
            _exit(1);
    }
}

static void
test_kill_loses_nothing_durable(void **state)
{
    struct bench *bench = *state;
    struct reader *reader = NULL;

    srand(7);
    for (int round = 0; round < 10; round++) {
        int ends[2];
        uint64_t durable = 0;
        uint64_t reported;
        store_close(bench->store);
        bench->store = NULL;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            open_store(bench, 0);
            write_until_killed(bench, ends[1]);
        }
        close(ends[1]);
        int reports = 20 + rand() % 200;
        while (reports-- > 0 && read(ends[0], &reported, sizeof reported) == sizeof reported)
            durable = reported;
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &reported, sizeof reported) == sizeof reported)
            durable = reported;
        close(ends[0]);
        open_store(bench, 0);
        assert_int_equal(reader_open(store_face(bench->store), &reader), 0);
        assert_true(walk(reader, STREAM_TREND) >= durable);
        reader_close(reader);
    }
}

int
main(void)
{
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_scan_comes_back_as_it_was),
        BENCH_TEST(test_restart_goes_on),
        BENCH_TEST(test_numbers_of_points_are_for_ever),
        BENCH_TEST(test_cursor_is_kept),
        BENCH_TEST(test_state_comes_back_with_its_heads),
        BENCH_TEST(test_readings_are_refused_before_events),
        BENCH_TEST(test_newer_format_is_refused_and_left_alone),
        BENCH_TEST(test_unreadable_file_is_set_aside),
        BENCH_TEST(test_failed_disk_goes_on_in_memory_and_comes_back),
        BENCH_TEST(test_retention_cuts_the_front_and_trend_first),
        BENCH_TEST(test_kill_loses_nothing_durable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
