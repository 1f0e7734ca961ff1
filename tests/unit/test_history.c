/* Command history: the same rows whatever the size of the parts, also when the store was merged in
 * between, opened anew, or the answer went on over another connection; of revisions the highest. */
#include "daemon/command/history_token.c"

#include "base/calendar.h"
#include "base/clock.h"
#include "daemon/command/verbs.h"
#include "daemon/store/store.h"
#include "tests/unit/store_park.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#define START INT64_C(1780000000000)
#define SCANS 150

struct bench {
    char directory[64];
    struct site *site;
    struct store *store;
    struct request_scope scope;
    struct request request;
    atomic_bool stopping;
    json_t *rows; /* of the answers so far */
    char next[HISTORY_TOKEN];
    bool complete;
    unsigned parts, most_rows, give_up_after;
};

static struct bench bench;

/* ---- the daemon around it ---- */

static bool
take_answer(struct request *request, bool last)
{
    assert_true(request->reply.length <= 12 * 1024);
    json_t *answer = json_loadb((const char *)request->reply.data, request->reply.length, 0, NULL);
    if (answer == NULL)
        fail_msg("%.*s", (int)request->reply.length, (const char *)request->reply.data);
    assert_string_equal(json_string_value(json_object_get(answer, "result")),
                        last ? "done" : "accepted");
    json_t *inner = json_object_get(answer, "answer");
    json_array_extend(bench.rows, json_object_get(inner, "rows"));
    snprintf(bench.next, sizeof bench.next, "%s",
             json_string_value(json_object_get(answer, "next")));
    bench.complete = json_is_true(json_object_get(inner, "complete"));
    bench.parts++;
    json_decref(answer);
    return bench.parts != bench.give_up_after;
}

static bool
is_gone(struct request *request)
{
    (void)request;
    return false;
}

static void
open_store(void)
{
    struct store_options options = {
        .directory = bench.directory, .volatile_directory = bench.directory, .commit_every_ms = 20};
    struct store_hooks hooks = {0};
    char error[200] = "";

    assert_int_equal(store_open(&options, &bench.store, error), 0);
    assert_int_equal(store_begin_boot(bench.store, "boot-a", 1), 1);
    assert_int_equal(store_register(bench.store, bench.site), 0);
    assert_int_equal(store_start(bench.store, &hooks), 0);
    bench.scope = (struct request_scope){
        .store = store_face(bench.store), .page_size = 4096, .stopping = &bench.stopping};
    assert_int_equal(request_init(&bench.request, &bench.scope, 16384), 0);
    bench.request.send = take_answer;
    bench.request.is_gone = is_gone;
}

static void
close_store(void)
{
    request_done(&bench.request);
    store_close(bench.store);
}

static int
set_up(void **state)
{
    (void)state;
    memset(&bench, 0, sizeof bench);
    snprintf(bench.directory, sizeof bench.directory, "/tmp/parkgate-history-XXXXXX");
    assert_non_null(mkdtemp(bench.directory));
    bench.site = store_park_load(bench.directory, STORE_PARK);
    bench.rows = json_array();
    open_store();
    return 0;
}

static int
tear_down(void **state)
{
    char command[128];

    (void)state;
    close_store();
    site_free(bench.site);
    json_decref(bench.rows);
    snprintf(command, sizeof command, "rm -rf %s", bench.directory);
    assert_int_equal(system(command), 0);
    return 0;
}

static void
commit(enum stream stream, uint64_t sequence)
{
    struct reader *reader;

    assert_int_equal(reader_open(store_face(bench.store), &reader), 0);
    int64_t until_mono_ms = clock_mono_ms() + 10000;
    while (reader_durable(reader, stream) < sequence) {
        assert_true(clock_mono_ms() < until_mono_ms);
        store_hand_over(bench.store, true, clock_mono_ms());
        clock_sleep_until_ns(clock_mono_ns() + 500000);
    }
    reader_close(reader);
}

/* The i-th scan of the analyser, each a segment of its own; now and then the device's scans go to
 * the other stream. */
static void
add_scan(int i)
{
    struct scan scan;

    store_park_scan(bench.site, "cems", i * 0.5, &scan);
    scan.at.utc_ms = START + i * 1000;
    scan.values[2].as.natural = (uint64_t)i;
    ((struct device *)(uintptr_t)scan.device)->sample = i / 10 % 2 == 0;
    uint64_t sequence = store_append_scan(bench.store, &scan);
    commit(scan.device->sample ? STREAM_SAMPLE : STREAM_TREND, sequence);
}

static void
add_period(const char *device, enum period period, int64_t start_utc_ms, uint32_t revision,
           double mean)
{
    const struct point *point = &site_find_device(bench.site, device)->points[0];
    struct stamp at = {.utc_ms = START + 900000, .boot = 1, .clock = CLOCK_SYNCHRONISED};
    struct statistic statistic = {.point = point,
                                  .period = period,
                                  .start_utc_ms = start_utc_ms,
                                  .end_utc_ms = start_utc_ms + CALENDAR_MINUTE_MS,
                                  .revision = revision,
                                  .min = mean - 1,
                                  .max = mean + 1,
                                  .mean = mean,
                                  .sum = mean,
                                  .count = 12,
                                  .valid = 11,
                                  .expected = 12,
                                  .letter = 'N'};

    assert_int_not_equal(store_append_statistic(bench.store, &at, &statistic), 0);
}

/* ---- asking ---- */

static const char *
ask(const char *point, const char *every, int64_t limit, const char *after)
{
    json_t *body = json_pack("{s:s, s:I, s:I, s:s, s:I}", "point", point, "from", (json_int_t)START,
                             "to", (json_int_t)(START + 3600000), "every", every, "limit",
                             (json_int_t)limit);

    if (after != NULL)
        json_object_set_new(body, "after", json_string(after));
    bench.request.body = body;
    bench.request.parts = 0;
    bench.parts = 0;
    const char *wrong = verb_history(&bench.request);
    json_decref(body);
    return wrong;
}

static json_t *
all_rows(const char *point, const char *every)
{
    json_array_clear(bench.rows);
    const char *wrong = ask(point, every, 1000000, NULL);
    if (wrong != NULL)
        fail_msg("%s", wrong);
    assert_true(bench.complete);
    return json_deep_copy(bench.rows);
}

/* In answers of `limit` rows, each going on behind the one before; in between `meanwhile`. */
static void
assert_same_by_pages(const char *point, const char *every, int64_t limit, void (*meanwhile)(void))
{
    json_t *expected = all_rows(point, every);
    char after[HISTORY_TOKEN] = "";

    json_array_clear(bench.rows);
    for (size_t pages = 0; pages == 0 || !bench.complete; pages++) {
        size_t before = json_array_size(bench.rows);
        assert_true(pages < 10000);
        assert_null(ask(point, every, limit, pages > 0 ? after : NULL));
        assert_true(json_array_size(bench.rows) - before <= (size_t)limit);
        snprintf(after, sizeof after, "%s", bench.next);
        if (meanwhile != NULL && pages == 2)
            meanwhile();
    }
    assert_int_equal(json_array_size(bench.rows), json_array_size(expected));
    assert_true(json_equal(bench.rows, expected));
    json_decref(expected);
}

static void
open_anew(void)
{
    close_store();
    open_store();
}

/* ---- tests ---- */

static void
test_tokens(void **state)
{
    static const char *const WRONG[] = {"",
                                        "x",
                                        "r-1f2e3d4c-0badf00d-3e8-7-2",
                                        "r-1F2E3D4C",
                                        "q-1f2e3d4c-0badf00d-3e8-7-2-0",
                                        "r-1f2e3d4c-0badf00d-3e8-7-2-0 ",
                                        "r-1f2e3d4c-0badf00d-03e8-7-2-0",
                                        "r-1f2e3d4c-0badf00d--8-7-2-0"};
    struct history_token token = {.source = HISTORY_READINGS,
                                  .store = "1f2e3d4c",
                                  .asked = 0x0badf00d,
                                  .a = UINT64_MAX,
                                  .b = 7,
                                  .values = UINT32_MAX,
                                  .rows = 3};
    struct history_token again = {0};
    char text[HISTORY_TOKEN];

    (void)state;
    history_token_print(&token, text);
    assert_true(history_token_parse(text, &again));
    assert_memory_equal(&again.a, &token.a, sizeof again.a);
    assert_int_equal(again.values, UINT32_MAX);
    assert_int_equal(again.rows, 3);
    assert_string_equal(again.store, token.store);
    assert_int_equal(again.asked, token.asked);
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++)
        assert_false(history_token_parse(WRONG[i], &again));
}

static void
test_readings_by_pages(void **state)
{
    (void)state;
    for (int i = 0; i < 45; i++)
        add_scan(i);
    json_t *rows = all_rows("cems.so2", "raw");
    assert_int_equal(json_array_size(rows), 45);
    for (int i = 0; i < 45; i++) {
        json_t *row = json_array_get(rows, (size_t)i);
        assert_int_equal(json_integer_value(json_array_get(row, 0)), START + i * 1000);
        assert_true(json_number_value(json_array_get(row, 1)) == i * 0.5);
    }
    json_decref(rows);
    for (int64_t limit = 1; limit < 8; limit++) {
        assert_same_by_pages("cems.so2", "raw", limit, NULL);
        assert_same_by_pages("cems", "raw", limit, NULL); /* three values a scan */
        assert_same_by_pages("cems", "2", limit, NULL);
        assert_same_by_pages("cems.so2", "10min", limit, open_anew);
    }
    assert_same_by_pages("cems", "raw", 7, open_anew);
    assert_same_by_pages("cems", "5", 2, open_anew);
}

static int scans_added;

static bool
is_merged(enum stream stream)
{
    struct reader *reader;
    struct chunk chunk = {0};

    assert_int_equal(reader_open(store_face(bench.store), &reader), 0);
    int got = reader_read(reader, stream, 1, UINT64_MAX >> 8, &chunk);
    reader_close(reader);
    return got == 1 && chunk.last > 20;
}

/* Until the store has merged the segments of the first scans. */
static void
merge(void)
{
    while (!is_merged(STREAM_SAMPLE)) {
        assert_true(scans_added < 600);
        add_scan(scans_added++);
    }
}

static void
test_merged_in_between(void **state)
{
    char after[HISTORY_TOKEN];

    (void)state;
    for (scans_added = 0; scans_added < 60; scans_added++)
        add_scan(scans_added);
    json_array_clear(bench.rows);
    assert_false(is_merged(STREAM_SAMPLE));
    assert_null(ask("cems", "raw", 46, NULL)); /* in the midst of a scan */
    snprintf(after, sizeof after, "%s", bench.next);
    merge();
    assert_null(ask("cems", "raw", 1000000, after));
    assert_true(bench.complete);
    json_t *pages = json_deep_copy(bench.rows);
    json_t *rows = all_rows("cems", "raw");
    assert_int_equal(json_array_size(rows), (size_t)scans_added * 3);
    assert_true(json_equal(pages, rows));
    json_decref(pages);
    json_decref(rows);
}

static void
test_parts(void **state)
{
    (void)state;
    for (int i = 0; i < SCANS; i++)
        add_scan(i);
    json_t *rows = all_rows("cems", "raw");
    assert_true(bench.parts > 1);
    assert_int_equal(json_array_size(rows), SCANS * 3);
    json_array_clear(bench.rows); /* the client is lost behind the first part */
    bench.give_up_after = 1;
    assert_null(ask("cems", "raw", 1000000, NULL));
    assert_int_equal(bench.parts, 1);
    assert_true(json_array_size(bench.rows) < SCANS * 3);
    bench.give_up_after = 0;
    char after[HISTORY_TOKEN];
    snprintf(after, sizeof after, "%s", bench.next);
    assert_null(ask("cems", "raw", 1000000, after));
    assert_true(json_equal(bench.rows, rows));
    json_decref(rows);
}

static void
test_figures(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        add_scan(i);
    json_t *rows = all_rows("cems.so2", "10");
    json_t *row = json_array_get(rows, 0);
    assert_int_equal(json_integer_value(json_array_get(row, 0)) % 10000, 0);
    assert_true(json_number_value(json_array_get(row, 1)) == 0);
    json_int_t count = json_integer_value(json_array_get(row, 4));
    assert_true(json_number_value(json_array_get(row, 3)) == (double)(count - 1) * 0.5);
    assert_true(json_number_value(json_array_get(row, 2)) == (double)(count - 1) * 0.25);
    json_decref(rows);
}

static void
test_periods(void **state)
{
    int64_t start_utc_ms = START - START % CALENDAR_MINUTE_MS + CALENDAR_MINUTE_MS;

    (void)state;
    for (int i = 0; i < 30; i++) {
        add_period("cems", PERIOD_MINUTE, start_utc_ms + i * CALENDAR_MINUTE_MS, 0, i);
        add_period("meter", PERIOD_MINUTE, start_utc_ms + i * CALENDAR_MINUTE_MS, 0, 1000);
        if (i > 0 && i % 3 == 0)
            add_period("cems", PERIOD_MINUTE, start_utc_ms + (i - 1) * CALENDAR_MINUTE_MS, 1,
                       i - 0.5);
    }
    commit(STREAM_MINUTE, 69);
    json_t *rows = all_rows("cems.so2", "1min");
    assert_int_equal(json_array_size(rows), 30);
    for (int i = 0; i < 30; i++) {
        json_t *row = json_array_get(rows, (size_t)i);
        double mean = i % 3 == 2 && i < 29 ? i + 0.5 : i;
        assert_int_equal(json_integer_value(json_array_get(row, 0)),
                         start_utc_ms + i * CALENDAR_MINUTE_MS);
        assert_true(json_number_value(json_array_get(row, 2)) == mean);
        assert_string_equal(json_string_value(json_array_get(row, 7)), "N");
    }
    json_decref(rows);
    for (int64_t limit = 1; limit < 6; limit++)
        assert_same_by_pages("cems", "1min", limit, open_anew);
}

static void
assert_refused(const char *words, const char *wrong)
{
    assert_non_null(wrong);
    if (strstr(wrong, words) == NULL)
        fail_msg("'%s' is not in: %s", words, wrong);
}

static void
test_refusals(void **state)
{
    char after[HISTORY_TOKEN];

    (void)state;
    for (int i = 0; i < 5; i++)
        add_scan(i);
    assert_refused("no point 'cems.so3'", ask("cems.so3", "raw", 10, NULL));
    assert_refused("no device 'cams'", ask("cams", "raw", 10, NULL));
    assert_refused("'every' is", ask("cems", "7", 10, NULL));
    assert_refused("'every' is", ask("cems", "0", 10, NULL));
    assert_refused("'every' is", ask("cems", "1s", 10, NULL));
    assert_refused("is no token", ask("cems", "raw", 10, "17"));
    assert_null(ask("cems", "raw", 2, NULL));
    snprintf(after, sizeof after, "%s", bench.next);
    assert_refused("another question", ask("cems.so2", "raw", 2, after));
    assert_refused("another question", ask("cems", "1", 2, after));
    after[2] = after[2] == '0' ? '1' : '0';
    assert_refused("another store", ask("cems", "raw", 2, after));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test_setup_teardown(test_readings_by_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_merged_in_between, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_figures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_periods, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
