/* What a store does to the files it finds: small files cut by a power failure, a second daemon, a
 * file that is not ours, a reader whose file is gone for a moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/open.c"

#include "base/clock.h"
#include "tests/unit/store_park.h"

#include <stdlib.h>

struct bench {
    char directory[64];
    struct site *site;
    struct store *store;
};

static void
open_store(struct bench *bench)
{
    struct store_options options = {.directory = bench->directory, .commit_every_ms = 20};
    struct store_hooks hooks = {0};
    char error[200] = "";

    int result = store_open(&options, &bench->store, error);
    assert_string_equal(error, "");
    assert_int_equal(result, 0);
    assert_int_equal(store_register(bench->store, bench->site), 0);
    assert_int_equal(store_start(bench->store, &hooks), 0);
}

static int
set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);

    snprintf(bench->directory, sizeof bench->directory, "/tmp/parkgate-open-XXXXXX");
    assert_non_null(mkdtemp(bench->directory));
    bench->site = store_park_load(bench->directory, STORE_PARK);
    open_store(bench);
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
    snprintf(command, sizeof command, "rm -rf %s", bench->directory);
    assert_int_equal(system(command), 0);
    free(bench);
    return 0;
}

static void
append_durable(struct bench *bench)
{
    struct scan scan;
    int64_t until_mono_ms = clock_mono_ms() + 10000;

    store_park_scan(bench->site, "cems", 1, &scan);
    assert_int_equal(store_append_scan(bench->store, &scan), 1);
    store_hand_over(bench->store, true, clock_mono_ms());
    while (atomic_load(&bench->store->face.durable[STREAM_SAMPLE]) == 0) {
        assert_true(clock_mono_ms() < until_mono_ms);
        clock_sleep_until_ns(clock_mono_ns() + 1000000);
    }
}

/* The power went while the small files were made: they are made again. */
static void
power_cut_at_the_first_start_leaves_no_half_file(void **state)
{
    struct bench *bench = *state;
    static const char *const NAMES[] = {"gateway-id", "key.pem"};
    char path[128];

    for (int i = 0; i < 2; i++) {
        store_close(bench->store);
        snprintf(path, sizeof path, "%s/%s", bench->directory, NAMES[i]);
        assert_int_equal(unlink(path), 0);
        strcat(path, ".new");
        FILE *half = fopen(path, "w");
        fputs("half", half);
        fclose(half);
        open_store(bench);
        assert_int_not_equal(access(path, F_OK), 0);
    }
    assert_int_equal(strlen(store_gateway_id(bench->store)), 32);
}

static void
second_daemon_is_refused(void **state)
{
    struct bench *bench = *state;
    struct store_options options = {.directory = bench->directory};
    struct store *second = NULL;
    char error[200] = "";

    assert_int_equal(store_open(&options, &second, error), -EWOULDBLOCK);
    assert_non_null(strstr(error, "another parkgated"));
}

/* Not our file: refused, and not a byte of it changed. */
static void
foreign_file_is_left_alone(void **state)
{
    struct bench *bench = *state;
    struct store_options options = {.directory = bench->directory};
    struct store *store = NULL;
    char error[200] = "";
    char command[400];

    store_close(bench->store);
    bench->store = NULL;
    snprintf(command, sizeof command,
             "cd %s && rm parkgate.db && sqlite3 parkgate.db 'CREATE TABLE t(a)' && "
             "cp parkgate.db before",
             bench->directory);
    if (system(command) != 0)
        skip();
    assert_int_equal(store_open(&options, &store, error), -EPROTO);
    snprintf(command, sizeof command, "cmp -s %s/before %s/parkgate.db", bench->directory,
             bench->directory);
    assert_int_equal(system(command), 0);
}

static void
reader_tries_again_to_open(void **state)
{
    struct bench *bench = *state;
    struct reader *reader = NULL;
    struct chunk chunk;
    char path[128];
    char hidden[128];

    append_durable(bench);
    assert_int_equal(reader_open(store_face(bench->store), &reader), 0);
    snprintf(path, sizeof path, "%s/parkgate.db", bench->directory);
    snprintf(hidden, sizeof hidden, "%s/hidden", bench->directory);
    assert_int_equal(rename(path, hidden), 0);
    atomic_fetch_add(&bench->store->face.epoch, 2);
    assert_false(reader_store_changed(reader));
    assert_int_equal(rename(hidden, path), 0);
    assert_true(reader_store_changed(reader));
    assert_int_equal(reader_read(reader, STREAM_SAMPLE, 1, 1, &chunk), 1);
    assert_int_equal(reader_read(reader, STREAM_SAMPLE, 2, 1, &chunk), 0);
    reader_close(reader);
}

int
main(void)
{
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH_TEST(power_cut_at_the_first_start_leaves_no_half_file),
        BENCH_TEST(second_daemon_is_refused),
        BENCH_TEST(foreign_file_is_left_alone),
        BENCH_TEST(reader_tries_again_to_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
