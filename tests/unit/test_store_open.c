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

static atomic_bool told_saved;

static void
take_note(void *context, const struct note *note)
{
    (void)context;
    if (strcmp(note->kind, "store.saved") == 0)
        atomic_store(&told_saved, true);
}

static void
open_store(struct bench *bench)
{
    struct store_options options = {.directory = bench->directory, .commit_every_ms = 20};
    struct store_hooks hooks = {.note = take_note};
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

static void
append_rounds(struct bench *bench, uint64_t count)
{
    struct scan scan;

    for (uint64_t i = 1; i <= count; i++) {
        store_park_scan(bench->site, "cems", (double)i, &scan);
        assert_int_equal(store_append_scan(bench->store, &scan), i);
        store_hand_over(bench->store, true, clock_mono_ms());
        store_settle(bench->store, clock_mono_ms() + 10000);
    }
}

/* Rubbish over a tenth of the file, from its middle on. */
static void
damage(const char *path)
{
    struct stat file;
    FILE *stream = fopen(path, "r+b");

    assert_non_null(stream);
    assert_int_equal(fstat(fileno(stream), &file), 0);
    assert_int_equal(fseek(stream, file.st_size / 2, SEEK_SET), 0);
    for (long i = 0; i < file.st_size / 10; i++)
        fputc((int)(i * 37 + 11), stream);
    fclose(stream);
}

/* Counts what is there, and that the chain holds within each chunk. */
static uint64_t
count_sound(const char *path)
{
    struct reader *reader = NULL;
    struct record record;
    struct chunk chunk;
    char error[200] = "";
    uint64_t records = 0;

    assert_int_equal(reader_open_file(path, &reader, error), 0);
    uint64_t until = reader_durable(reader, STREAM_SAMPLE);
    uint64_t next = 1;
    while (reader_read(reader, STREAM_SAMPLE, next, until, &chunk) == 1) {
        while (chunk_next(&chunk, &record))
            records++;
        assert_int_equal(chunk.next, chunk.last + 1);
        next = chunk.last + 1;
    }
    reader_close(reader);
    return records;
}

static void
what_reads_of_a_damaged_file_is_saved(void **state)
{
    struct bench *bench = *state;
    char path[128];
    char id[33];

    append_rounds(bench, 600);
    snprintf(id, sizeof id, "%s", store_id(bench->store));
    store_close(bench->store);
    snprintf(path, sizeof path, "%s/parkgate.db", bench->directory);
    damage(path);
    open_store(bench);
    assert_string_not_equal(store_id(bench->store), id);
    assert_string_equal(store_predecessor(bench->store), id);
    int64_t until_mono_ms = clock_mono_ms() + 20000;
    while (!atomic_load(&told_saved)) {
        assert_true(clock_mono_ms() < until_mono_ms);
        clock_sleep_until_ns(clock_mono_ns() + 1000000);
    }
    store_close(bench->store);
    bench->store = NULL;
    snprintf(path, sizeof path, "%s/parkgate.db.quarantine-1.saved", bench->directory);
    uint64_t saved = count_sound(path);
    assert_true(saved >= 300 && saved < 600); /* a tenth of the file was rubbish */
}

static void
key_may_be_a_credential(void **state)
{
    struct bench *bench = *state;
    uint8_t own[32];
    uint8_t given[32];
    uint8_t read[32];
    char command[400];
    char credentials[128];

    assert_true(store_public_key(bench->store, own));
    store_close(bench->store);
    bench->store = NULL;
    snprintf(credentials, sizeof credentials, "%s/credentials", bench->directory);
    snprintf(command, sizeof command,
             "umask 077; mkdir %s && openssl genpkey -algorithm ed25519 -out %s/gateway.key",
             credentials, credentials);
    assert_int_equal(system(command), 0);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", credentials, 1), 0);
    open_store(bench);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_true(store_public_key(bench->store, given));
    assert_memory_not_equal(own, given, 32);
    assert_true(key_read_public(bench->directory, read));
    assert_memory_equal(own, read, 32); /* its own stays as it was */
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
        BENCH_TEST(what_reads_of_a_damaged_file_is_saved),
        BENCH_TEST(key_may_be_a_credential),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
