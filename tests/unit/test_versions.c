/* Kept versions of the site file: what is in force after every step, when the disk fails at each of
 * its operations, and when the power goes at each of them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* The n-th operation on the disk fails (`fails`), or ends the process (`dies`). */
static int operations, fails_at, dies_at;

static int
goes_wrong(void)
{
    operations++;
    if (operations == dies_at)
        _exit(77);
    return operations == fails_at;
}

static ssize_t
faulty_write(int fd, const void *bytes, size_t length)
{
    if (goes_wrong())
        return -1;
    return write(fd, bytes, length);
}

static int
faulty_fsync(int fd)
{
    (void)fd; /* a process that ends loses nothing of what it wrote: no need to wait for the disk */
    return goes_wrong() ? -1 : 0;
}

static int
faulty_renameat(int from, const char *old, int to, const char *new)
{
    return goes_wrong() ? -1 : renameat(from, old, to, new);
}

static int
faulty_unlinkat(int directory, const char *name, int flags)
{
    return goes_wrong() ? -1 : unlinkat(directory, name, flags);
}

#define write    faulty_write
#define fsync    faulty_fsync
#define renameat faulty_renameat
#define unlinkat faulty_unlinkat
#include "daemon/configuration/keep.c"
#undef write
#undef fsync
#undef renameat
#undef unlinkat
#include "daemon/configuration/versions.c"
#include "daemon/configuration/versions_files.c"

#include <sys/wait.h>

static char place[64], local_file[100];
static struct configuration *configuration;
static struct configuration_news news;

static void
write_local(const char *text)
{
    FILE *file = fopen(local_file, "w");

    fputs(text, file);
    fclose(file);
}

static void
open_again(void)
{
    configuration_free(configuration);
    configuration = NULL;
    assert_int_equal(configuration_open(place, local_file, NULL, &configuration, &news), 0);
}

static int
set_up(void **state)
{
    (void)state;
    operations = fails_at = dies_at = 0;
    strcpy(place, "/tmp/test_versions.XXXXXX");
    assert_non_null(mkdtemp(place));
    snprintf(local_file, sizeof local_file, "%s/site.yaml", place);
    write_local("local\n");
    open_again();
    return 0;
}

static int
tear_down(void **state)
{
    char command[120];

    (void)state;
    configuration_free(configuration);
    configuration = NULL;
    snprintf(command, sizeof command, "rm -r %s", place);
    return system(command);
}

static uint64_t
propose_text(const char *text)
{
    struct version version = {.who = "li-wei", .why = "test", .origin = "centre", .when_utc_ms = 5};

    int error = configuration_propose(configuration, &version, text, strlen(text));
    return error == 0 ? version.number : 0;
}

static uint64_t
prove(const char *text)
{
    uint64_t number = propose_text(text);

    assert_int_equal(configuration_begin_trial(configuration, number, 1000), 0);
    assert_int_equal(configuration_end_trial(configuration, true, "proven"), 0);
    return number;
}

static void
expect_state(uint64_t number, enum version_state state)
{
    struct version version;

    assert_true(configuration_find(configuration, number, &version));
    assert_string_equal(version_state_name(version.state), version_state_name(state));
}

static void
expect_text(uint64_t number, const char *expected)
{
    char *text;
    size_t length;

    assert_int_equal(configuration_read(configuration, number, &text, &length), 0);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
    free(text);
}

static void
is_kept(void **state)
{
    struct version version;

    (void)state;
    assert_int_equal(configuration_in_force(configuration), 0);
    assert_int_equal(propose_text("one\n"), 1);
    assert_int_equal(propose_text("two\n"), 2);
    open_again();
    assert_int_equal(news.count, 0);
    expect_text(0, "local\n");
    expect_text(1, "one\n");
    assert_true(configuration_find(configuration, 2, &version));
    assert_string_equal(version.who, "li-wei");
    assert_string_equal(version.why, "test");
    assert_string_equal(version.origin, "centre");
    assert_int_equal(version.when_utc_ms, 5);
    assert_int_equal(version.state, VERSION_PROPOSED);
    assert_int_equal(propose_text("three\n"), 3);
}

static void
is_proven(void **state)
{
    (void)state;
    assert_int_equal(prove("one\n"), 1);
    open_again();
    assert_int_equal(configuration_in_force(configuration), 1);
    expect_state(1, VERSION_PROVEN);
    assert_int_equal(prove("two\n"), 2);
    open_again();
    assert_int_equal(configuration_in_force(configuration), 2);
    expect_state(1, VERSION_RETIRED);
    assert_int_equal(news.count, 0);
}

static void
is_rolled_back(void **state)
{
    (void)state;
    prove("one\n");
    propose_text("two\n");
    configuration_begin_trial(configuration, 2, 1000);
    assert_int_equal(configuration_begin_trial(configuration, 1, 1000), -EBUSY);
    assert_int_equal(configuration_on_trial(configuration), 2);
    assert_int_equal(configuration_end_trial(configuration, false, "cems does not answer"), 0);
    open_again();
    assert_int_equal(configuration_in_force(configuration), 1);
    expect_state(2, VERSION_ROLLED_BACK);
}

static void
restarts_on_trial(void **state)
{
    (void)state;
    prove("one\n");
    propose_text("two\n");
    configuration_begin_trial(configuration, 2, 1000);
    open_again();
    assert_int_equal(configuration_in_force(configuration), 1);
    assert_int_equal(configuration_on_trial(configuration), 0);
    expect_state(2, VERSION_ROLLED_BACK);
    assert_int_equal(news.count, 1);
    assert_string_equal(news.list[0].kind, "configuration.rolled-back");
    open_again();
    assert_int_equal(news.count, 0); /* told once */
}

static void
local_wins(void **state)
{
    (void)state;
    prove("one\n");
    assert_false(configuration_local_changed(configuration));
    write_local("local, changed\n");
    assert_true(configuration_local_changed(configuration));
    open_again();
    assert_int_equal(configuration_in_force(configuration), 0);
    expect_state(1, VERSION_RETIRED);
    assert_string_equal(news.list[0].kind, "configuration.local-wins");
    open_again();
    assert_int_equal(news.count, 0);
}

static void
goes_back(void **state)
{
    (void)state;
    prove("one\n");
    prove("two\n");
    propose_text("three\n");
    assert_int_equal(configuration_go_back(configuration, 3, ""), -EPERM);
    assert_int_equal(configuration_go_back(configuration, 9, ""), -ENOENT);
    assert_int_equal(configuration_go_back(configuration, 1, "back"), 0);
    open_again();
    assert_int_equal(configuration_in_force(configuration), 1);
    expect_state(2, VERSION_RETIRED);
    assert_int_equal(configuration_go_back(configuration, 0, "local"), 0);
    open_again();
    assert_int_equal(configuration_in_force(configuration), 0);
}

static void
forgets_the_oldest(void **state)
{
    struct version list[VERSIONS_ROOM];

    (void)state;
    prove("one\n");
    for (int i = 0; i < 30; i++)
        assert_int_equal(propose_text("more\n"), 2 + i);
    assert_int_equal(configuration_list(configuration, list, VERSIONS_ROOM), CONFIGURATION_KEPT);
    assert_int_equal(list[0].number, 31);
    assert_int_equal(list[CONFIGURATION_KEPT - 1].number, 1); /* in force: never forgotten */
    open_again();
    assert_int_equal(configuration_list(configuration, list, VERSIONS_ROOM), CONFIGURATION_KEPT);
    expect_text(1, "one\n");
    assert_int_equal(propose_text("next\n"), 32);
}

static void
damage(const char *name, const char *text)
{
    char path[120];

    snprintf(path, sizeof path, "%s/configuration/%s", place, name);
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

static void
survives_damage(void **state)
{
    (void)state;
    prove("one\n");
    damage("active", "{\"number\": 1, \"local_di");
    open_again();
    assert_int_equal(configuration_in_force(configuration), 0);
    prove("two\n");
    damage("0002.json", "[]");
    open_again();
    assert_int_equal(configuration_in_force(configuration), 0);
    assert_string_equal(news.list[0].kind, "configuration.local-wins");
    damage("trial", "nonsense");
    damage("0099.json", "{\"number\": 7}");
    damage("0099.yaml", "x");
    open_again();
    assert_false(configuration_find(configuration, 99, &(struct version){0}));
    assert_int_equal(propose_text("three\n"), 100);
}

static void
too_long(void **state)
{
    char *text = calloc(1, CONFIGURATION_TEXT_MOST + 2);

    (void)state;
    memset(text, 'x', CONFIGURATION_TEXT_MOST + 1);
    struct version version = {0};
    assert_int_equal(
        configuration_propose(configuration, &version, text, CONFIGURATION_TEXT_MOST + 1), -EFBIG);
    assert_int_equal(configuration_propose(configuration, &version, text, CONFIGURATION_TEXT_MOST),
                     0);
    free(text);
}

/* The life of a version in front of the n-th operation: proposed, on trial, proven; then another
 * one, rolled back. */
static void
live(void)
{
    uint64_t number = propose_text("two\n");

    if (configuration_begin_trial(configuration, number, 1000) == 0)
        configuration_end_trial(configuration, true, "proven");
    number = propose_text("three\n");
    if (configuration_begin_trial(configuration, number, 1000) == 0)
        configuration_end_trial(configuration, false, "broken");
    configuration_go_back(configuration, 1, "back");
}

/* Whatever stands there: it opens, something whole is in force, and nothing is on trial. */
static void
expect_whole(void)
{
    open_again();
    uint64_t number = configuration_in_force(configuration);
    assert_true(number <= 2);
    assert_int_equal(configuration_on_trial(configuration), 0);
    expect_text(number, number == 0 ? "local\n" : number == 1 ? "one\n" : "two\n");
    if (number != 0)
        expect_state(number, VERSION_PROVEN);
    open_again();
    assert_int_equal(configuration_in_force(configuration), number);
    assert_int_equal(news.count, 0);
}

static int
count_operations(void)
{
    set_up(NULL);
    prove("one\n");
    operations = 0;
    live();
    int all = operations;
    tear_down(NULL);
    assert_true(all > 30);
    return all;
}

static void
disk_fails(void **state)
{
    int all = count_operations();

    (void)state;
    for (int n = 1; n <= all; n++) {
        set_up(NULL);
        prove("one\n");
        operations = 0;
        fails_at = n;
        errno = EIO;
        live();
        fails_at = 0;
        uint64_t number = configuration_in_force(configuration);
        open_again();
        assert_int_equal(configuration_in_force(configuration), number);
        expect_whole();
        tear_down(NULL);
    }
}

static void
power_goes(void **state)
{
    int all = count_operations();

    (void)state;
    for (int n = 1; n <= all; n++) {
        set_up(NULL);
        prove("one\n");
        pid_t child = fork();
        if (child == 0) {
            operations = 0;
            dies_at = n;
            live();
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(WEXITSTATUS(status), 77);
        expect_whole();
        tear_down(NULL);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_proven, set_up, tear_down),
        cmocka_unit_test_setup_teardown(is_rolled_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(restarts_on_trial, set_up, tear_down),
        cmocka_unit_test_setup_teardown(local_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_the_oldest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(survives_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(too_long, set_up, tear_down),
        cmocka_unit_test(disk_fails),
        cmocka_unit_test(power_goes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
