/* What is sent again, what comes of it, and that it ends: the arithmetic of
 * daemon/forward/resend.c. */
#include "daemon/forward/resend.c"
#include "daemon/forward/window.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct resend resend;
static struct window window;
static struct resend_choice choice;

static int
set_up(void **state)
{
    (void)state;
    memset(&resend, 0, sizeof resend);
    memset(&window, 0, sizeof window);
    window_reset(&window, 8);
    return 0;
}

static void
add(enum stream stream, uint64_t first, uint64_t last)
{
    struct forward_resend asked = {.stream = stream, .first = first, .last = last, .who = "li"};

    assert_true(resend_add(&resend, &asked));
}

/* The choice's first records, so many, are under way. */
static uint64_t
send(uint64_t records)
{
    struct flight flight = {.cargo = CARGO_RESEND,
                            .stream = choice.stream,
                            .job = choice.job,
                            .first = choice.first,
                            .last = choice.first + records - 1};

    resend_sent(&resend, choice.job, flight.first, flight.last);
    return window_add(&window, &flight);
}

static void
acknowledge(uint64_t token)
{
    struct flight flight;

    assert_true(window_take(&window, token, &flight));
    resend_acknowledged(&resend, flight.job, flight.first, flight.last);
}

static void
assert_choice(enum stream stream, uint64_t first, uint64_t last)
{
    assert_true(resend_choose(&resend, &choice));
    assert_int_equal(choice.stream, stream);
    assert_int_equal(choice.first, first);
    assert_int_equal(choice.last, last);
}

static void
test_a_job_from_its_beginning_to_its_end(void **state)
{
    struct resend_job job;

    (void)state;
    add(STREAM_TREND, 5, 20);
    assert_choice(STREAM_TREND, 5, 20);
    uint64_t first = send(6);
    assert_choice(STREAM_TREND, 11, 20);
    uint64_t second = send(10);
    assert_false(resend_choose(&resend, &choice));
    acknowledge(second); /* out of order */
    assert_false(resend_take_finished(&resend, &job));
    acknowledge(first);
    assert_true(resend_take_finished(&resend, &job));
    assert_int_equal(job.done.acknowledged, 16);
    assert_int_equal(job.missing_first, 0);
    assert_string_equal(job.who, "li");
    assert_int_equal(resend.count, 0);
}

static void
test_oldest_job_first(void **state)
{
    struct resend_job job;

    (void)state;
    add(STREAM_TREND, 5, 6);
    add(STREAM_EVENT, 1, 1);
    assert_choice(STREAM_TREND, 5, 6);
    uint64_t trend = send(2);
    assert_choice(STREAM_EVENT, 1, 1);
    acknowledge(send(1));
    assert_true(resend_take_finished(&resend, &job));
    assert_int_equal(job.stream, STREAM_EVENT);
    acknowledge(trend);
    assert_true(resend_take_finished(&resend, &job));
    assert_int_equal(job.stream, STREAM_TREND);
}

static void
test_no_more_than_so_many(void **state)
{
    struct forward_resend asked = {.stream = STREAM_TREND, .first = 1, .last = 2};
    struct forward_resend none = {.stream = STREAM_TREND, .first = 3, .last = 2};

    (void)state;
    assert_false(resend_add(&resend, &none));
    for (int i = 0; i < RESEND_JOBS; i++)
        assert_true(resend_add(&resend, &asked));
    assert_false(resend_add(&resend, &asked));
}

static void
test_a_connection_is_lost(void **state)
{
    (void)state;
    add(STREAM_TREND, 1, 9);
    assert_choice(STREAM_TREND, 1, 9);
    uint64_t first = send(3);
    assert_choice(STREAM_TREND, 4, 9);
    send(3);
    acknowledge(first);
    window_reset(&window, 8);
    resend_rewind(&resend, &window);
    assert_choice(STREAM_TREND, 4, 9);
}

static void
test_a_refused_message_goes_out_again(void **state)
{
    struct flight flight;

    (void)state;
    add(STREAM_TREND, 1, 9);
    assert_choice(STREAM_TREND, 1, 9);
    uint64_t refused = send(3);
    assert_choice(STREAM_TREND, 4, 9);
    send(6);
    assert_true(window_take(&window, refused, &flight));
    resend_rewind(&resend, &window);
    assert_choice(STREAM_TREND, 1, 3);
}

static void
test_what_is_gone_is_named(void **state)
{
    struct resend_job job;

    (void)state;
    add(STREAM_SAMPLE, 10, 30);
    assert_choice(STREAM_SAMPLE, 10, 30);
    resend_missing(&resend, choice.job, 10, 14, CURSOR_EVICTED);
    assert_choice(STREAM_SAMPLE, 15, 30);
    resend_missing(&resend, choice.job, 20, 20, CURSOR_REJECTED);
    assert_choice(STREAM_SAMPLE, 15, 19);
    acknowledge(send(5));
    assert_choice(STREAM_SAMPLE, 21, 30);
    acknowledge(send(10));
    assert_true(resend_take_finished(&resend, &job));
    assert_int_equal(job.done.acknowledged, 15);
    assert_int_equal(job.done.evicted, 5);
    assert_int_equal(job.done.rejected, 1);
    assert_int_equal(job.missing_first, 10);
    assert_int_equal(job.missing_last, 20);
}

static void
test_another_store(void **state)
{
    struct resend_job job;

    (void)state;
    add(STREAM_TREND, 1, 100);
    assert_choice(STREAM_TREND, 1, 100);
    send(10);
    assert_choice(STREAM_TREND, 11, 100);
    acknowledge(send(10));
    window_reset(&window, 8);
    resend_lose_all(&resend);
    assert_true(resend_take_finished(&resend, &job));
    assert_int_equal(job.done.acknowledged, 10);
    assert_int_equal(job.done.evicted, 90);
    assert_false(resend_take_finished(&resend, &job));
}

/* Acknowledgements with more holes than a cursor keeps: some are forgotten and sent again. */
static void
test_many_holes(void **state)
{
    struct resend_job job;

    (void)state;
    add(STREAM_TREND, 1, 400);
    uint32_t number = resend.jobs[0].number;
    resend_sent(&resend, number, 1, 400);
    for (uint64_t i = 2; i <= 400; i += 2)
        resend_acknowledged(&resend, number, i, i);
    for (uint64_t i = 1; i <= 400; i += 2)
        resend_acknowledged(&resend, number, i, i);
    for (int rounds = 0; !resend_take_finished(&resend, &job); rounds++) {
        assert_true(rounds < 400);
        resend_rewind(&resend, &window);
        assert_true(resend_choose(&resend, &choice));
        acknowledge(send(choice.last - choice.first + 1));
    }
    assert_int_equal(job.done.acknowledged, 400);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_job_from_its_beginning_to_its_end, set_up),
        cmocka_unit_test_setup(test_oldest_job_first, set_up),
        cmocka_unit_test_setup(test_no_more_than_so_many, set_up),
        cmocka_unit_test_setup(test_a_connection_is_lost, set_up),
        cmocka_unit_test_setup(test_a_refused_message_goes_out_again, set_up),
        cmocka_unit_test_setup(test_what_is_gone_is_named, set_up),
        cmocka_unit_test_setup(test_another_store, set_up),
        cmocka_unit_test_setup(test_many_holes, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
