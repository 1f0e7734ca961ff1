/* The lines that the log keeps in memory: in order, cut, the oldest overwritten, read by one thread
 * while others write. */
#include "base/log.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>

static struct log_line line;

static int terminal;

/* What the tests write is nothing to be read. */
static int
be_quiet(void **state)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)state;
    terminal = dup(STDERR_FILENO);
    int result = nowhere < 0 || dup2(nowhere, STDERR_FILENO) < 0;
    close(nowhere);
    return result;
}

static int
be_heard(void **state)
{
    (void)state;
    int result = dup2(terminal, STDERR_FILENO) < 0;
    close(terminal);
    return result;
}

/* The newest line. */
static const struct log_line *
newest(void)
{
    assert_true(log_recall(log_count() - 1, &line));
    return &line;
}

static void
a_line_is_kept_as_it_was_written(void **state)
{
    uint64_t before = log_count();

    (void)state;
    log_warning("destination %s: \"%d\"", "centre", 7);
    assert_int_equal(log_count(), before + 1);
    assert_string_equal(newest()->text, "destination centre: \"7\"");
    assert_int_equal(line.level, LOG_LEVEL_WARNING);
    assert_true(line.utc_ms > 1700000000000 && line.utc_ms <= clock_utc_ms());
    log_info("a\nb\x1b[31m");
    assert_string_equal(newest()->text, "a?b?[31m");
    log_info("%s", "");
    assert_string_equal(newest()->text, "");
}

static void
what_is_not_shown_is_not_kept(void **state)
{
    uint64_t before = log_count();

    (void)state;
    log_debug("nothing");
    assert_int_equal(log_count(), before);
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("something");
    assert_string_equal(newest()->text, "something");
    assert_int_equal(line.level, LOG_LEVEL_DEBUG);
    log_set_level(LOG_LEVEL_INFO);
}

static void
a_long_line_is_cut_between_characters(void **state)
{
    char text[1500];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    log_info("%s", text);
    assert_int_equal(strlen(newest()->text), LOG_KEPT_TEXT - 1);
    for (size_t shift = 0; shift < 3; shift++) { /* U+6C34, three bytes */
        for (size_t i = shift; i + 3 < sizeof text; i += 3)
            memcpy(text + i, "\xE6\xB0\xB4", 4);
        log_info("%s", text);
        size_t length = strlen(newest()->text);
        assert_int_equal((length - shift) % 3, 0);
        assert_true(length <= LOG_KEPT_TEXT - 1 && length > LOG_KEPT_TEXT - 7);
    }
    memset(text, 'x', sizeof text - 1);
    for (size_t length = LOG_KEPT_TEXT - 2; length <= LOG_KEPT_TEXT; length++) {
        log_info("%.*s", (int)length, text);
        assert_int_equal(strlen(newest()->text),
                         length < LOG_KEPT_TEXT ? length : LOG_KEPT_TEXT - 1);
    }
}

static void
the_oldest_are_overwritten(void **state)
{
    uint64_t begin = log_count();
    char text[40];

    (void)state;
    for (unsigned i = 0; i < 2 * LOG_KEPT + 5; i++)
        log_info("line %u", i);
    uint64_t end = log_count();
    assert_int_equal(end, begin + 2 * LOG_KEPT + 5);
    assert_false(log_recall(end, &line));
    assert_false(log_recall(end - LOG_KEPT - 1, &line));
    assert_false(log_recall(0, &line));
    assert_false(log_recall(UINT64_MAX, &line));
    for (uint64_t i = end - LOG_KEPT; i < end; i++) {
        snprintf(text, sizeof text, "line %u", (unsigned)(i - begin));
        assert_true(log_recall(i, &line));
        assert_string_equal(line.text, text);
    }
}

#define WRITERS 3
#define LINES   20000

static void *
write_many(void *context)
{
    char letter = *(const char *)context, text[200];

    memset(text, letter, sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < LINES; i++)
        log_info("%s", text);
    return NULL;
}

/* Each line is of one letter: what is recalled is never half of one and half of another. */
static void
a_reader_never_sees_half_a_line(void **state)
{
    uint64_t until = log_count() + (uint64_t)WRITERS * LINES;
    pthread_t threads[WRITERS];
    char letters[WRITERS] = {'a', 'b', 'c'};

    (void)state;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &letters[i]), 0);
    while (log_count() < until) {
        uint64_t written = log_count();
        if (!log_recall(written - 1, &line))
            continue;
        char letter[2] = {line.text[0], '\0'};
        if (line.text[0] != 'l') /* of the test before */
            assert_int_equal(strspn(line.text, letter), 199);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_true(log_recall(until - 1, &line));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_kept_as_it_was_written, be_quiet, be_heard),
        cmocka_unit_test_setup_teardown(what_is_not_shown_is_not_kept, be_quiet, be_heard),
        cmocka_unit_test_setup_teardown(a_long_line_is_cut_between_characters, be_quiet, be_heard),
        cmocka_unit_test_setup_teardown(the_oldest_are_overwritten, be_quiet, be_heard),
        cmocka_unit_test_setup_teardown(a_reader_never_sees_half_a_line, be_quiet, be_heard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
