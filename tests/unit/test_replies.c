/* Answers on their way back: kept while the connection is down, given back as lost after a minute.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define sender_publish publish_or_not /* the line is this test's */
#include "daemon/forward/replies.c"

static struct sender sender;
static struct inbound inbound;
static struct command commands[3], spare;
static struct queue *answered;
static bool is_up;

bool
sender_publish(struct sender *by, const struct mqtt_message *message, const struct flight *flight,
               int64_t mono_ms)
{
    (void)by;
    (void)message;
    (void)mono_ms;
    assert_int_equal(flight->cargo, CARGO_REPLY);
    return is_up;
}

static int
set_up(void **state)
{
    (void)state;
    memset(&sender, 0, sizeof sender);
    memset(commands, 0, sizeof commands);
    sender.inbound = &inbound;
    is_up = false;
    assert_int_equal(queue_new(sizeof(struct command *), 8, 0, &answered), 0);
    assert_int_equal(queue_new(sizeof(struct link_event), 8, 0, &sender.queue), 0);
    for (int i = 0; i < 3; i++)
        commands[i].answered = answered;
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    queue_free(answered);
    queue_free(sender.queue);
    return 0;
}

static void
assert_back(const struct command *expected, bool lost)
{
    struct command *back = NULL;

    assert_true(queue_depth(answered) > 0);
    queue_take(answered, 0, &back);
    assert_ptr_equal(back, expected);
    assert_int_equal(back->lost, lost);
}

static void
test_kept_while_down(void **state)
{
    (void)state;
    replies_add(&sender, &commands[0], 1000);
    replies_add(&sender, &commands[1], 2000);
    replies_feed(&sender, 3000);
    replies_give_up(&sender, 60999, false);
    assert_int_equal(queue_depth(answered), 0);
    replies_give_up(&sender, 61000, false);
    assert_back(&commands[0], true);
    is_up = true;
    replies_feed(&sender, 61500);
    assert_back(&commands[1], false);
    assert_int_equal(sender.reply_count, 0);
}

static void
test_end(void **state)
{
    struct link_event event = {.kind = LINK_EVENT_REPLY, .command = &commands[2]};

    (void)state;
    replies_add(&sender, &commands[0], 1000);
    replies_add(&sender, &commands[1], 1000);
    assert_true(queue_post(sender.queue, &event));
    replies_give_up(&sender, 1001, true);
    queue_wake(sender.queue); /* a commit, or the stop itself */
    replies_drain(&sender);   /* came after the thread's last look */
    for (int i = 0; i < 3; i++)
        assert_back(&commands[i], true);
}

/* What came in while the destination ended leaks nothing. */
static void
test_slots_at_the_end(void **state)
{
    struct inbound_slot *waiting = &inbound.slots[0], *queued = &inbound.slots[1];
    struct link_event event = {.kind = LINK_EVENT_INBOUND, .slot = queued};

    (void)state;
    for (int i = 0; i < 2; i++) {
        atomic_store(&inbound.slots[i].busy, true);
        inbound.slots[i].payload = malloc(1);
    }
    sender.waiting[sender.waiting_count++] = waiting;
    assert_true(queue_post(sender.queue, &event));
    replies_drain(&sender);
    for (int i = 0; i < 2; i++) {
        assert_false(atomic_load(&inbound.slots[i].busy));
        assert_null(inbound.slots[i].payload);
    }
    assert_int_equal(sender.waiting_count, 0);
}

static void
test_spare(void **state)
{
    (void)state;
    atomic_store(&spare.busy, true);
    replies_add(&sender, &spare, 1000);
    is_up = true;
    replies_feed(&sender, 1000);
    assert_false(atomic_load(&spare.busy));
    assert_int_equal(queue_depth(answered), 0);
}

static void
test_more_than_there_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < SENDER_REPLIES; i++)
        replies_add(&sender, &spare, 1000);
    replies_add(&sender, &commands[0], 1000);
    assert_back(&commands[0], true);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kept_while_down),     TEST(test_end),
        TEST(test_slots_at_the_end),    TEST(test_spare),
        TEST(test_more_than_there_are),
    };
    return cmocka_run_group_tests_name("replies", tests, NULL, NULL);
}
