/* What comes again is known again, and how fast a sender may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/command/rates.c"
#include "daemon/command/repeats.c"

static struct repeats repeats;
static struct rates rates;
static const struct repeat *earlier;

static int
set_up(void **state)
{
    (void)state;
    memset(&repeats, 0, sizeof repeats);
    memset(&rates, 0, sizeof rates);
    earlier = NULL;
    return 0;
}

static enum repeats_verdict
look(const char *sender, const char *id, uint8_t content)
{
    uint8_t digest[32] = {content};

    return repeats_look(&repeats, sender, id, digest, &earlier);
}

static uint64_t
begin(const char *sender, const char *id, uint8_t content)
{
    uint8_t digest[32] = {content};

    return repeats_begin(&repeats, sender, id, digest);
}

static void
test_same(void **state)
{
    (void)state;
    assert_int_equal(look("li-wei", "a", 1), REPEATS_NEW);
    uint64_t number = begin("li-wei", "a", 1);
    assert_int_equal(look("li-wei", "a", 1), REPEATS_SAME);
    assert_true(earlier->is_running);
    repeats_finish(&repeats, number, "failed", "no answer");
    assert_int_equal(look("li-wei", "a", 1), REPEATS_SAME);
    assert_false(earlier->is_running);
    assert_string_equal(earlier->result, "failed");
    assert_string_equal(earlier->reason, "no answer");
    assert_int_equal(look("li-wei", "a", 2), REPEATS_OTHER);
    assert_int_equal(look("wang-fang", "a", 1), REPEATS_NEW);
    assert_int_equal(look("li-wei", "b", 1), REPEATS_NEW);
}

static void
test_without_id(void **state)
{
    (void)state;
    assert_int_equal(begin("li-wei", "", 1), 0);
    assert_int_equal(look("li-wei", "", 1), REPEATS_NEW);
    repeats_finish(&repeats, 0, "done", "");
}

static void
test_ring(void **state)
{
    char id[16];

    (void)state;
    uint64_t running = begin("li-wei", "long", 1);
    for (int i = 0; i < 3 * REPEATS; i++) {
        snprintf(id, sizeof id, "%d", i);
        repeats_finish(&repeats, begin("li-wei", id, 1), "done", "");
    }
    assert_int_equal(look("li-wei", "0", 1), REPEATS_NEW);
    assert_int_equal(look("li-wei", "190", 1), REPEATS_SAME);
    assert_int_equal(look("li-wei", "long", 1), REPEATS_SAME); /* while it runs */
    repeats_finish(&repeats, running, "done", "");
    for (int i = 0; i < REPEATS; i++) {
        snprintf(id, sizeof id, "n%d", i);
        repeats_finish(&repeats, begin("li-wei", id, 1), "done", "");
    }
    assert_int_equal(look("li-wei", "long", 1), REPEATS_NEW);
    repeats_finish(&repeats, running, "done", "too late");
}

static void
test_digest(void **state)
{
    static struct command command = {.payload = (char *)"{}", .length = 2, .verb = "read"};
    uint8_t a[32], b[32];

    (void)state;
    assert_true(repeats_digest(&command, a));
    snprintf(command.verb, sizeof command.verb, "write");
    assert_true(repeats_digest(&command, b));
    assert_memory_not_equal(a, b, 32);
}

static unsigned
count(const char *name, uint32_t a_minute, int64_t from_ms, int64_t to_ms)
{
    unsigned taken = 0;

    for (int64_t at = from_ms; at < to_ms; at += 10)
        taken += rates_take(&rates, name, a_minute, RATES_BURST, at);
    return taken;
}

static void
test_rate(void **state)
{
    (void)state;
    assert_int_equal(count("li-wei", 60, 1000, 1300), RATES_BURST); /* at once */
    assert_in_range(count("li-wei", 60, 1300, 61300), 59, 61);      /* one a second */
    assert_int_equal(count("wang-fang", 60, 61300, 61500), RATES_BURST);
    assert_false(rates_take(&rates, "li-wei", 60, RATES_BURST, 61310));
    assert_int_equal(count("li-wei", 60, 7200000, 7200300), RATES_BURST);
    assert_true(rates_take(&rates, "li-wei", 6000, RATES_BURST, INT64_MAX / 2));
}

static void
test_many_senders(void **state)
{
    char name[16];

    (void)state;
    for (int i = 0; i < 3 * RATES_SENDERS; i++) {
        snprintf(name, sizeof name, "s%d", i);
        assert_true(rates_take(&rates, name, 60, 1, 1000 + i));
        assert_false(rates_take(&rates, name, 60, 1, 1000 + i));
    }
    assert_int_equal(rates.count, RATES_SENDERS);
}

static void
test_flood(void **state)
{
    const char *name = NULL;
    unsigned recorded = 0;

    (void)state;
    for (int i = 0; i < 500; i++)
        recorded += rates_refusal(&rates, "somebody over centre", 1000 + i);
    assert_true(rates_refusal(&rates, "li-wei", 1000));
    assert_int_equal(recorded, RATES_REFUSALS);
    assert_int_equal(rates_flood(&rates, 60000, &name), 0);
    assert_int_equal(rates_flood(&rates, 61000, &name), 490);
    assert_string_equal(name, "somebody over centre");
    assert_int_equal(rates_flood(&rates, 61000, &name), 0);
    assert_true(rates_refusal(&rates, "somebody over centre", 61001));
    assert_int_equal(rates_flood(&rates, 200000, &name), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_same, set_up),
        cmocka_unit_test_setup(test_without_id, set_up),
        cmocka_unit_test_setup(test_ring, set_up),
        cmocka_unit_test_setup(test_digest, set_up),
        cmocka_unit_test_setup(test_rate, set_up),
        cmocka_unit_test_setup(test_many_senders, set_up),
        cmocka_unit_test_setup(test_flood, set_up),
    };
    return cmocka_run_group_tests_name("repeats", tests, NULL, NULL);
}
