/* The cursor against a plain set of acknowledged numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/cursor.c"

#include <stdlib.h>

#define SPACE 300

static uint64_t
first_open(const bool *done, uint64_t from, uint64_t until)
{
    while (from <= until && done[from])
        from++;
    return from;
}

static void
compare(const struct cursor *cursor, const bool *done)
{
    struct cursor_range range;
    uint64_t open = 0;

    for (uint64_t i = 1; i <= SPACE; i++)
        open += !done[i];
    assert_int_equal(cursor_count_open(cursor, SPACE), open);
    assert_int_equal(cursor->low, first_open(done, 1, SPACE) - 1);
    for (uint64_t from = 1; from <= SPACE; from += 7) {
        uint64_t expected = first_open(done, from, SPACE);
        bool there = cursor_next_open(cursor, from, SPACE, &range);
        assert_int_equal(there, expected <= SPACE);
        if (!there)
            continue;
        assert_int_equal(range.first, expected);
        for (uint64_t i = range.first; i <= range.last; i++)
            assert_false(done[i]);
        assert_true(range.last == SPACE || done[range.last + 1]);
    }
    if (cursor_last_open(cursor, SPACE, &range)) {
        assert_false(done[range.first]);
        assert_false(done[range.last]);
        assert_true(range.first == 1 || done[range.first - 1]);
        for (uint64_t i = range.last + 1; i <= SPACE; i++)
            assert_true(done[i]);
    } else {
        assert_int_equal(open, 0);
    }
}

static void
test_marks_like_a_set(void **state)
{
    (void)state;
    srand(1);
    for (int round = 0; round < 300; round++) {
        struct cursor cursor = {0};
        bool done[SPACE + 2] = {false};
        for (int step = 0; step < 60; step++) {
            uint64_t first = 1 + (uint64_t)(rand() % SPACE);
            uint64_t last = first + (uint64_t)(rand() % 12);
            if (last > SPACE)
                last = SPACE;
            uint64_t before = cursor.acknowledged;
            uint64_t fresh = 0;
            assert_true(cursor_mark(&cursor, first, last, CURSOR_ACKNOWLEDGED));
            for (uint64_t i = first; i <= last; i++) {
                fresh += !done[i];
                done[i] = true;
            }
            assert_int_equal(cursor.acknowledged - before, fresh);
            compare(&cursor, done);
        }
    }
}

static void
test_sixty_fifth_range_is_refused(void **state)
{
    struct cursor cursor = {0};
    struct cursor before;

    (void)state;
    for (uint64_t i = 0; i < CURSOR_RANGES; i++)
        assert_true(cursor_mark(&cursor, 10 + 2 * i, 10 + 2 * i, CURSOR_ACKNOWLEDGED));
    before = cursor;
    assert_false(cursor_mark(&cursor, 1000, 1000, CURSOR_ACKNOWLEDGED));
    assert_memory_equal(&cursor, &before, sizeof cursor);
    assert_true(cursor_mark(&cursor, 11, 11, CURSOR_ACKNOWLEDGED)); /* joins two */
    assert_true(cursor_mark(&cursor, 1000, 1000, CURSOR_ACKNOWLEDGED));
}

static void
test_fates_are_counted_apart(void **state)
{
    struct cursor cursor = {0};

    (void)state;
    cursor_mark(&cursor, 1, 10, CURSOR_SKIPPED);
    cursor_mark(&cursor, 5, 14, CURSOR_EVICTED);
    cursor_mark(&cursor, 15, 15, CURSOR_REJECTED);
    cursor_mark(&cursor, 1, 20, CURSOR_ACKNOWLEDGED);
    assert_int_equal(cursor.skipped, 10);
    assert_int_equal(cursor.evicted, 4);
    assert_int_equal(cursor.rejected, 1);
    assert_int_equal(cursor.acknowledged, 5);
    assert_int_equal(cursor.low, 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_like_a_set),
        cmocka_unit_test(test_sixty_fifth_range_is_refused),
        cmocka_unit_test(test_fates_are_counted_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
