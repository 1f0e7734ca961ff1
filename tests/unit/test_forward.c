/* What the centre sends: commands, each handed to the desk or answered, and acknowledgements. */
#include "daemon/forward/inbound.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define COMMANDS 4

static struct inbound *inbound;
static struct command spare, commands[COMMANDS], *submitted;

static struct command *
claim_one(void *context)
{
    (void)context;
    for (int i = 0; i < COMMANDS; i++)
        if (!atomic_exchange(&commands[i].busy, true))
            return &commands[i];
    return NULL;
}

static void
submit(void *context, struct command *command)
{
    (void)context;
    submitted = command;
}

static int
setup(void **state)
{
    (void)state;
    memset(&spare, 0, sizeof spare);
    memset(commands, 0, sizeof commands);
    submitted = NULL;
    inbound = calloc(1, sizeof *inbound);
    snprintf(inbound->base, sizeof inbound->base, "parkgate/v1/park/box/");
    inbound->destination = "centre";
    inbound->claim = claim_one;
    inbound->submit = submit;
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    for (int i = 0; i < COMMANDS; i++)
        free(commands[i].payload);
    for (int i = 0; i < INBOUND_SLOTS; i++)
        free(inbound->slots[i].payload);
    free(inbound);
    return 0;
}

static struct inbound_slot *
arrive(const char *topic, const char *payload, const char *response, const char *correlation)
{
    struct mqtt_event event = {
        .kind = MQTT_MESSAGE,
        .topic = topic,
        .payload = payload,
        .payload_length = strlen(payload),
        .response_topic = response,
        .correlation = correlation,
        .correlation_length = correlation ? strlen(correlation) : 0,
    };
    return inbound_put(inbound, &event);
}

/* Sends it on and gives the slot back, as the destination's thread does. */
static struct command *
pass(struct inbound_slot *slot)
{
    assert_non_null(slot);
    submitted = NULL;
    struct command *answered = inbound_command(inbound, slot, &spare);
    inbound_give_back(inbound, slot);
    return answered;
}

static struct command *
at_desk(const char *topic, const char *payload, const char *response, const char *correlation)
{
    assert_null(pass(arrive(topic, payload, response, correlation)));
    assert_non_null(submitted);
    assert_true(atomic_load(&submitted->busy));
    return submitted;
}

static void
test_command_5(void **state)
{
    (void)state;
    struct command *command = at_desk("parkgate/v1/park/box/command/status", "{\"a\":1}",
                                      "parkgate/v1/park/box/reply/status/me", "AB");
    assert_string_equal(command->verb, "status");
    assert_string_equal(command->destination, "centre");
    assert_string_equal(command->reply_topic, "parkgate/v1/park/box/reply/status/me");
    assert_string_equal(command->response_topic, "parkgate/v1/park/box/reply/status/me");
    assert_int_equal(command->correlation_length, 2);
    assert_memory_equal(command->correlation, "AB", 2);
    assert_string_equal(command->payload, "{\"a\":1}");
    assert_int_equal(command->length, 7);
    assert_string_equal(command->why, "");
    assert_false(command->retained);
}

static void
test_command_3_1_1(void **state)
{
    (void)state;
    struct command *command = at_desk("parkgate/v1/park/box/command/help", "", NULL, NULL);
    assert_string_equal(command->reply_topic, "parkgate/v1/park/box/reply/help");
    assert_string_equal(command->response_topic, "");
    assert_string_equal(command->payload, "");
    assert_int_equal(command->length, 0);
}

/* The desk answers and records these: they go there with the reason. */
static void
test_wrong_ones(void **state)
{
    (void)state;
    const char *status = "parkgate/v1/park/box/command/status";
    struct command *command = at_desk(status, "{}", "some/where/else", NULL);
    assert_non_null(strstr(command->why, "must lie under reply/"));
    assert_string_equal(command->reply_topic, "parkgate/v1/park/box/reply/status");
    command = at_desk(status, "{}", "parkgate/v1/park/box/reply/#", NULL);
    assert_non_null(strstr(command->why, "must lie under reply/"));
    command = at_desk("parkgate/v1/park/box/command/../rm", "{}", NULL, NULL);
    assert_non_null(strstr(command->why, "unknown verb"));
    assert_string_equal(command->verb, "unknown");
    struct mqtt_event event = {.kind = MQTT_MESSAGE,
                               .topic = status,
                               .payload = "{}",
                               .payload_length = 2,
                               .retained = true};
    assert_null(pass(inbound_put(inbound, &event)));
    assert_true(submitted->retained);
    assert_null(pass(arrive("parkgate/v1/park/other/command/status", "", NULL, NULL)));
    assert_null(submitted);
}

static void
test_sizes(void **state)
{
    static char large[COMMAND_PAYLOAD_MOST + 2];
    const char *status = "parkgate/v1/park/box/command/status";
    const char *propose = "parkgate/v1/park/box/command/propose";

    (void)state;
    memset(large, ' ', sizeof large - 1);
    assert_non_null(strstr(at_desk(propose, large, NULL, NULL)->why, "too large"));
    assert_int_equal(submitted->length, 0);
    large[COMMAND_PAYLOAD_MOST] = '\0';
    assert_string_equal(at_desk(propose, large, NULL, NULL)->why, "");
    assert_int_equal(submitted->length, COMMAND_PAYLOAD_MOST);
    large[INBOUND_PAYLOAD + 1] = '\0';
    assert_non_null(strstr(at_desk(status, large, NULL, "AB")->why, "too large"));
    assert_int_equal(submitted->correlation_length, 2);
    large[INBOUND_PAYLOAD] = '\0';
    assert_string_equal(at_desk(status, large, NULL, NULL)->why, "");
    char correlation[66];
    memset(correlation, 'c', 65);
    correlation[65] = '\0';
    atomic_store(&commands[0].busy, false);
    free(commands[0].payload);
    assert_non_null(strstr(at_desk(status, "{}", NULL, correlation)->why, "too large"));
    assert_int_equal(submitted->correlation_length, 0);
}

/* What could not be published to, or only cut short, is no place for an answer. */
static void
test_odd_responses(void **state)
{
    static const char *const ENDS[] = {"a\x01z", "a\x7f", "\xc3", "\xe4\xb8\xad", "a\nb"};
    const char *status = "parkgate/v1/park/box/command/status";
    char long_one[INBOUND_TOPIC + 1], asked[64];

    (void)state;
    for (size_t i = 0; i < sizeof ENDS / sizeof ENDS[0]; i++) {
        snprintf(asked, sizeof asked, "parkgate/v1/park/box/reply/%s", ENDS[i]);
        const struct command *command = at_desk(status, "{}", asked, NULL);
        assert_non_null(strstr(command->why, "letters of ASCII"));
        assert_string_equal(command->reply_topic, "parkgate/v1/park/box/reply/status");
        teardown(state);
        setup(state);
    }
    memset(long_one, 'x', sizeof long_one);
    memcpy(long_one, "parkgate/v1/park/box/reply/", 27);
    long_one[INBOUND_TOPIC] = '\0';
    assert_non_null(strstr(at_desk(status, "{}", long_one, NULL)->why, "at most 255"));
    assert_string_equal(submitted->reply_topic, "parkgate/v1/park/box/reply/status");
    long_one[INBOUND_TOPIC - 1] = '\0';
    assert_string_equal(at_desk(status, "{}", long_one, NULL)->why, "");
    assert_string_equal(submitted->reply_topic, long_one);
    memset(long_one + 27, '/', 200);
    assert_non_null(strstr(at_desk(status, "{}", long_one, NULL)->why, "32 levels"));
}

/* Only two proposals at a time, however many slots there are. */
static void
test_proposals(void **state)
{
    static char large[INBOUND_PAYLOAD + 2];
    const char *propose = "parkgate/v1/park/box/command/propose";
    struct inbound_slot *slots[INBOUND_LARGE];

    (void)state;
    memset(large, ' ', sizeof large - 1);
    for (int i = 0; i < INBOUND_LARGE; i++)
        assert_non_null(slots[i] = arrive(propose, large, NULL, NULL));
    assert_null(arrive(propose, large, NULL, NULL));
    assert_non_null(arrive(propose, "{}", NULL, NULL));
    inbound_give_back(inbound, slots[0]);
    assert_non_null(arrive(propose, large, NULL, NULL));
    assert_null(arrive(propose, large, NULL, NULL));
}

static void
assert_busy(const struct command *answered, const char *id)
{
    json_error_t error;

    assert_ptr_equal(answered, &spare);
    assert_null(submitted);
    json_t *reply = json_loadb(answered->reply, answered->reply_length, 0, &error);
    assert_non_null(reply);
    assert_int_equal(json_integer_value(json_object_get(reply, "v")), 1);
    assert_string_equal(json_string_value(json_object_get(reply, "verb")), "help");
    assert_string_equal(json_string_value(json_object_get(reply, "result")), "refused");
    assert_string_equal(json_string_value(json_object_get(reply, "id")), id);
    assert_non_null(strstr(json_string_value(json_object_get(reply, "reason")), "busy"));
    json_decref(reply);
}

static void
test_busy(void **state)
{
    (void)state;
    const char *help = "parkgate/v1/park/box/command/help";
    for (int i = 0; i < COMMANDS; i++)
        at_desk(help, "", NULL, NULL); /* it keeps them all */
    assert_busy(pass(arrive(help, "", NULL, "me")), "6d65");
    assert_busy(pass(arrive(help, "{\"id\":\"q-1\"}", NULL, NULL)), "q-1");
    assert_busy(pass(arrive(help, "{\"id\":17}", NULL, NULL)), "17");
    assert_busy(pass(arrive(help, "{\"id\":", NULL, NULL)), "");
    free(commands[2].payload);
    atomic_store(&commands[2].busy, false);
    assert_ptr_equal(at_desk(help, "", NULL, NULL), &commands[2]);
}

static void
test_slots_end(void **state)
{
    (void)state;
    struct inbound_slot *slot = NULL;
    for (int i = 0; i < INBOUND_SLOTS; i++) {
        slot = arrive("parkgate/v1/park/box/command/help", "", NULL, NULL);
        assert_non_null(slot);
    }
    assert_null(arrive("parkgate/v1/park/box/command/help", "", NULL, NULL));
    inbound_give_back(inbound, slot);
    assert_ptr_equal(arrive("parkgate/v1/park/box/command/help", "", NULL, NULL), slot);
}

static char marked[512];

static void
mark(void *context, enum stream stream, uint64_t first, uint64_t last)
{
    (void)context;
    size_t length = strlen(marked);
    snprintf(marked + length, sizeof marked - length, "%d:%llu-%llu ", (int)stream,
             (unsigned long long)first, (unsigned long long)last);
}

static int
confirm(const char *payload, char error[200])
{
    struct inbound_slot *slot = arrive("parkgate/v1/park/box/acknowledge", payload, NULL, NULL);
    assert_true(inbound_is_acknowledge(inbound, slot));
    marked[0] = error[0] = '\0';
    int rc = inbound_acknowledge(slot, "abc", mark, NULL, error);
    inbound_give_back(inbound, slot);
    return rc;
}

static void
test_acknowledge(void **state)
{
    (void)state;
    char error[200];
    assert_int_equal(
        confirm("{\"v\":1,\"store\":\"abc\",\"stream\":\"sample\",\"ranges\":[[1,7],[9,9]]}",
                error),
        0);
    assert_string_equal(marked, "5:1-7 5:9-9 ");
    assert_int_equal(confirm("[{\"store\":\"abc\",\"stream\":\"event\",\"ranges\":[[1,2]]},"
                             "{\"store\":\"old\",\"stream\":\"event\",\"ranges\":[[1,90]]},"
                             "{\"store\":\"abc\",\"stream\":\"trend\",\"ranges\":[]}]",
                             error),
                     0);
    assert_string_equal(marked, "1:1-2 ");
    assert_int_equal(confirm("", error), 0); /* a retained message that was cleared */
    assert_string_equal(marked, "");
}

static void
test_acknowledge_refused(void **state)
{
    (void)state;
    char error[200];
    const struct {
        const char *payload, *error;
    } cases[] = {
        {"{\"store\":\"abc\",\"stream\":\"samples\",\"ranges\":[[1,2]]}", "\"stream\" must be"},
        {"{\"store\":1,\"stream\":\"sample\",\"ranges\":[[1,2]]}", "\"store\" must be"},
        {"{\"store\":\"abc\",\"stream\":\"sample\",\"ranges\":[[2,1]]}", "a range must be"},
        {"{\"store\":\"abc\",\"stream\":\"sample\",\"ranges\":[[0,1]]}", "a range must be"},
        {"{\"store\":\"abc\",\"stream\":\"sample\",\"ranges\":[[1,2,3]]}", "a range must be"},
        {"{\"store\":\"abc\",\"stream\":\"sample\",\"ranges\":[[1.5,2]]}", "a range must be"},
        {"{\"store\":\"abc\",\"stream\":\"sample\",\"ranges\":7}", "\"ranges\" must be"},
        {"[{\"store\":\"abc\",\"stream\":\"sample\",\"ranges\":[[1,2]]},7]", "\"store\" must be"},
        {"7", "not JSON"},
        {"{", "not JSON"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(confirm(cases[i].payload, error), -EINVAL);
        assert_non_null(strstr(error, cases[i].error));
        assert_string_equal(marked, "");
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_command_5),   TEST(test_command_3_1_1),
        TEST(test_wrong_ones),  TEST(test_sizes),
        TEST(test_proposals),   TEST(test_odd_responses),
        TEST(test_busy),        TEST(test_slots_end),
        TEST(test_acknowledge), TEST(test_acknowledge_refused),
    };
    return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
