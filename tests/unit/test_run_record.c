/* Why a start happened, from what the run before left behind. */
#include "daemon/supervise/run_record.c"

#include <stdlib.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

#define BOOT  "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

static char directory[] = "/tmp/parkgate-run-XXXXXX";

static void
forget(void)
{
    char path[64];

    snprintf(path, sizeof path, "%s/run", directory);
    unlink(path);
}

/* A run in another process, which ends as `end` says; the cause the next start sees. */
static enum run_cause
after(void (*end)(struct run_file *file), const char *next_boot)
{
    struct run_file file;

    forget();
    pid_t child = fork();
    if (child == 0) {
        run_file_open(&file, directory, BOOT, 1);
        run_file_watch_abort(&file);
        end(&file);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    assert_int_equal(run_file_open(&file, directory, next_boot, 2), 0);
    enum run_cause cause = file.cause;
    assert_int_equal(file.record.starts, 2);
    run_file_close(&file, RUN_STOPPED, 3);
    return cause;
}

static void
end_well(struct run_file *file)
{
    run_file_close(file, RUN_STOPPED, 2);
}

static void
end_by_command(struct run_file *file)
{
    run_file_close(file, RUN_COMMAND, 2);
}

static void
end_failed(struct run_file *file)
{
    run_file_close(file, RUN_FAILED, 2);
}

static void
end_killed(struct run_file *file)
{
    (void)file;
    kill(getpid(), SIGKILL);
}

static void
end_hung(struct run_file *file)
{
    run_file_set_hung(file, true);
    kill(getpid(), SIGKILL);
}

static void
end_hung_a_while(struct run_file *file)
{
    run_file_set_hung(file, true);
    run_file_set_hung(file, false);
    kill(getpid(), SIGKILL);
}

static void
end_own_abort(struct run_file *file)
{
    (void)file;
    abort();
}

/* As systemd does: from another process. */
static void
end_watchdog(struct run_file *file)
{
    pid_t self = getpid();

    (void)file;
    if (fork() == 0) {
        kill(self, SIGABRT);
        _exit(0);
    }
    for (;;)
        pause();
}

static void
test_causes(void **state)
{
    (void)state;
    assert_int_equal(after(end_well, BOOT), RUN_CAUSE_STOP);
    assert_int_equal(after(end_well, OTHER), RUN_CAUSE_REBOOT);
    assert_int_equal(after(end_by_command, BOOT), RUN_CAUSE_COMMAND);
    assert_int_equal(after(end_failed, BOOT), RUN_CAUSE_FAILED);
    assert_int_equal(after(end_killed, BOOT), RUN_CAUSE_CRASH);
    assert_int_equal(after(end_killed, OTHER), RUN_CAUSE_POWER);
    assert_int_equal(after(end_own_abort, BOOT), RUN_CAUSE_CRASH);
    assert_int_equal(after(end_hung, BOOT), RUN_CAUSE_WATCHDOG);
    assert_int_equal(after(end_hung, OTHER), RUN_CAUSE_POWER);
    assert_int_equal(after(end_hung_a_while, BOOT), RUN_CAUSE_CRASH);
    assert_int_equal(after(end_watchdog, BOOT), RUN_CAUSE_WATCHDOG);
}

/* The default action still comes: a core, an exit status that systemd sees. */
static void
test_abort_kills(void **state)
{
    struct run_file file;
    int status = 0;

    (void)state;
    forget();
    pid_t child = fork();
    if (child == 0) {
        run_file_open(&file, directory, BOOT, 1);
        run_file_watch_abort(&file);
        end_watchdog(&file);
    }
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
test_counts(void **state)
{
    struct run_file file;

    (void)state;
    forget();
    assert_int_equal(run_file_open(&file, directory, BOOT, 1), 0);
    assert_int_equal(file.cause, RUN_CAUSE_FIRST);
    run_file_keep(&file, 1000, 5, 700);
    run_file_keep(&file, 60999, 6, 800); /* too soon */
    assert_int_equal(file.record.written_bytes, 700);
    close(file.fd); /* killed */
    assert_int_equal(run_file_open(&file, directory, BOOT, 9), 0);
    assert_int_equal(file.cause, RUN_CAUSE_CRASH);
    assert_int_equal(file.record.crashes, 1);
    assert_int_equal(file.written_before, 700);
    run_file_keep(&file, 1000, 10, 50);
    assert_int_equal(file.record.written_bytes, 750);
    run_file_keep(&file, 61000, 10, -1);
    assert_int_equal(file.record.written_bytes, 750);
    close(file.fd);
    assert_int_equal(run_file_open(&file, directory, OTHER, 9), 0);
    assert_int_equal(file.record.power_cuts, 1);
    assert_int_equal(file.record.crashes, 1);
    assert_int_equal(file.record.starts, 3);
    run_file_close(&file, RUN_STOPPED, 11);
    run_file_close(&file, RUN_STOPPED, 11); /* -1 is accepted */
    run_file_keep(&file, 1, 1, 1);
}

/* Each byte of the record in turn is another. */
/* By its members: between them lies what nobody wrote. */
static void
assert_same(const struct run_record *one, const struct run_record *other)
{
    assert_string_equal(one->boot_id, other->boot_id);
    assert_int_equal(one->end, other->end);
    assert_int_equal(one->hung, other->hung);
    assert_true(one->starts == other->starts && one->watchdog == other->watchdog);
    assert_true(one->crashes == other->crashes && one->power_cuts == other->power_cuts);
    assert_true(one->written_bytes == other->written_bytes && one->utc_ms == other->utc_ms);
}

static void
test_torn(void **state)
{
    struct run_record record = {.boot_id = BOOT, .starts = 3, .written_bytes = 1234567890123};
    struct run_record read;
    char sector[RUN_RECORD_SECTOR];

    (void)state;
    run_record_print(&record, sector);
    assert_true(run_record_parse(sector, sizeof sector, &read));
    assert_same(&read, &record);
    assert_false(run_record_parse(sector, sizeof sector - 1, &read));
    size_t length = (size_t)(strstr(sector, " check ") - sector);
    for (size_t i = 0; i < length; i++) {
        sector[i] ^= 1;
        assert_false(run_record_parse(sector, sizeof sector, &read));
        sector[i] ^= 1;
    }
    memset(sector, 0, sizeof sector);
    assert_false(run_record_parse(sector, sizeof sector, &read));
    assert_int_equal(run_record_judge(NULL, false, BOOT), RUN_CAUSE_UNKNOWN);
    record = run_record_follow(NULL, RUN_CAUSE_UNKNOWN, BOOT);
    assert_int_equal(record.starts, 1);
}

static void
test_largest(void **state)
{
    struct run_record record = {.boot_id = BOOT,
                                .end = RUN_COMMAND,
                                .hung = true,
                                .starts = UINT64_MAX,
                                .watchdog = UINT64_MAX,
                                .crashes = UINT64_MAX,
                                .power_cuts = UINT64_MAX,
                                .written_bytes = INT64_MAX,
                                .utc_ms = INT64_MIN};
    struct run_record read;
    char sector[RUN_RECORD_SECTOR];

    (void)state;
    run_record_print(&record, sector);
    assert_true(run_record_parse(sector, sizeof sector, &read));
    assert_same(&read, &record);
}

static int
make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static int
remove_directory(void **state)
{
    (void)state;
    forget();
    return rmdir(directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_causes),  cmocka_unit_test(test_abort_kills),
        cmocka_unit_test(test_counts),  cmocka_unit_test(test_torn),
        cmocka_unit_test(test_largest),
    };

    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
