/* Files for people to fetch: names, bounds, what goes first, reading from any place. */
#include "daemon/command/files.c"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static char state[] = "/tmp/parkgate-files-XXXXXX";

static int
make_state(void **context)
{
    (void)context;
    strcpy(state, "/tmp/parkgate-files-XXXXXX");
    return mkdtemp(state) == NULL;
}

static int
drop_state(void **context)
{
    char command[100];

    (void)context;
    snprintf(command, sizeof command, "rm -rf %s", state);
    return system(command);
}

static void
make(const char *kind, const char *text, struct file_entry *ret_entry)
{
    struct files_draft draft;

    assert_int_equal(files_begin(state, kind, "line-1", "jsonl", &draft), 0);
    assert_true(files_write(&draft, text, strlen(text)));
    assert_int_equal(files_finish(&draft, state, "li-wei"), 0);
    *ret_entry = draft.entry;
}

static void
a_file_is_found_with_its_digest(void **context)
{
    struct file_entry made, found;
    char bytes[10] = "";

    (void)context;
    make("recording", "abc", &made);
    assert_int_equal(files_find(state, made.name, &found), 0);
    assert_int_equal(found.bytes, 3);
    assert_string_equal(found.who, "li-wei");
    /* FIPS 180-4, the example of one block */
    assert_string_equal(found.sha256,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(files_read(state, made.name, 0, bytes, sizeof bytes), 3);
    assert_memory_equal(bytes, "abc", 3);
    assert_int_equal(files_read(state, made.name, 2, bytes, sizeof bytes), 1);
    assert_memory_equal(bytes, "c", 1);
    assert_int_equal(files_read(state, made.name, 3, bytes, sizeof bytes), 0);
}

static void
files_of_one_second_have_names_of_their_own(void **context)
{
    struct file_entry entries[FILES_MOST], made;

    (void)context;
    for (unsigned i = 0; i < 5; i++)
        make("recording", "abc", &made);
    assert_int_equal(files_list(state, entries), 5);
}

/* Who writes holds a lock; what lies there without was left by a lost supply. */
static void
what_a_lost_supply_left_goes(void **context)
{
    char path[PATH];
    struct files_draft draft;
    struct file_entry made;

    (void)context;
    make("recording", "abc", &made);
    place(state, "recording-old.jsonl", ".part", path);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_int_equal(files_begin(state, "recording", "line-2", "jsonl", &draft), 0);
    make("recording", "abc", &made);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(draft.path, F_OK), 0);
    assert_int_equal(files_finish(&draft, state, "x"), 0);
}

static void *
make_many(void *context)
{
    struct files_draft draft;
    size_t *ret_lost = context;

    for (int i = 0; i < 300; i++) {
        int error = files_begin(state, "diagnostics", "", "zst", &draft);
        if (error == 0)
            error = files_finish(&draft, state, "x");
        if (error != 0 && error != -EEXIST) /* both wanted one name */
            ++*ret_lost;
    }
    return NULL;
}

static void
two_at_once_do_not_sweep_each_other_away(void **context)
{
    pthread_t other;
    size_t lost = 0, lost_there = 0;

    (void)context;
    assert_int_equal(pthread_create(&other, NULL, make_many, &lost_there), 0);
    make_many(&lost);
    pthread_join(other, NULL);
    assert_int_equal(lost + lost_there, 0);
}

static void
nobody_reaches_another_file(void **context)
{
    static const char *const NAMES[] = {"../nonces", "..",   "",        ".hidden",
                                        "a/b",       "a..b", "key pem", "KEY.pem"};
    struct file_entry found;
    char byte;

    (void)context;
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        assert_int_equal(files_find(state, NAMES[i], &found), -ENOENT);
        assert_int_equal(files_read(state, NAMES[i], 0, &byte, 1), -ENOENT);
    }
}

static void
a_subject_that_is_no_name_makes_no_file(void **context)
{
    struct files_draft draft;

    (void)context;
    assert_int_equal(files_begin(state, "recording", "../x", "jsonl", &draft), -EINVAL);
    assert_int_equal(files_begin(state, "recording", "A b", "jsonl", &draft), -EINVAL);
}

static void
what_is_abandoned_or_unfinished_is_not_there(void **context)
{
    struct file_entry entries[FILES_MOST];
    struct files_draft draft, other;

    (void)context;
    assert_int_equal(files_begin(state, "a", "", "x", &draft), 0);
    assert_int_equal(files_begin(state, "b", "", "x", &other), 0);
    assert_int_equal(files_list(state, entries), 0);
    files_abandon(&draft);
    assert_int_equal(access(draft.path, F_OK), -1);
    assert_int_equal(files_finish(&other, state, "x"), 0);
    assert_int_equal(files_list(state, entries), 1);
}

static void
a_file_is_not_larger_than_the_bound(void **context)
{
    char *much = calloc(1, FILES_LARGE);
    struct files_draft draft;

    (void)context;
    assert_non_null(much);
    assert_int_equal(files_begin(state, "a", "", "x", &draft), 0);
    assert_true(files_write(&draft, much, FILES_LARGE));
    assert_false(files_write(&draft, "x", 1));
    assert_int_equal(files_finish(&draft, state, "x"), 0);
    assert_int_equal(draft.entry.bytes, FILES_LARGE);
    free(much);
}

/* The oldest go: by number, and by bytes. */
static void
make_dated(unsigned i, size_t bytes)
{
    char *much = calloc(1, bytes + 1), kind[16];
    struct files_draft draft;

    snprintf(kind, sizeof kind, "f%02u", i);
    assert_int_equal(files_begin(state, kind, "", "x", &draft), 0);
    draft.entry.made_utc_ms = 1000 + i;
    assert_true(files_write(&draft, much, bytes));
    assert_int_equal(files_finish(&draft, state, "x"), 0);
    free(much);
}

static void
the_oldest_go_when_there_are_too_many(void **context)
{
    struct file_entry entries[FILES_MOST];

    (void)context;
    for (unsigned i = 0; i < FILES_MOST + 3; i++)
        make_dated(i, 1);
    assert_int_equal(files_list(state, entries), FILES_MOST);
    assert_int_equal(entries[0].made_utc_ms, 1000 + FILES_MOST + 2);
    assert_int_equal(entries[FILES_MOST - 1].made_utc_ms, 1003);
}

static void
the_oldest_go_when_they_are_too_large(void **context)
{
    struct file_entry entries[FILES_MOST];

    (void)context;
    for (unsigned i = 0; i < 5; i++)
        make_dated(i, FILES_LARGE);
    assert_int_equal(files_list(state, entries), FILES_BYTES / FILES_LARGE);
    assert_int_equal(entries[3].made_utc_ms, 1001);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_is_found_with_its_digest, make_state, drop_state),
        cmocka_unit_test_setup_teardown(files_of_one_second_have_names_of_their_own, make_state,
                                        drop_state),
        cmocka_unit_test_setup_teardown(what_a_lost_supply_left_goes, make_state, drop_state),
        cmocka_unit_test_setup_teardown(two_at_once_do_not_sweep_each_other_away, make_state,
                                        drop_state),
        cmocka_unit_test_setup_teardown(nobody_reaches_another_file, make_state, drop_state),
        cmocka_unit_test_setup_teardown(a_subject_that_is_no_name_makes_no_file, make_state,
                                        drop_state),
        cmocka_unit_test_setup_teardown(what_is_abandoned_or_unfinished_is_not_there, make_state,
                                        drop_state),
        cmocka_unit_test_setup_teardown(a_file_is_not_larger_than_the_bound, make_state,
                                        drop_state),
        cmocka_unit_test_setup_teardown(the_oldest_go_when_there_are_too_many, make_state,
                                        drop_state),
        cmocka_unit_test_setup_teardown(the_oldest_go_when_they_are_too_large, make_state,
                                        drop_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
