/* What the centre sends: commands, each answered, and acknowledgements. */
#include "daemon/forward/inbound.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct inbound *inbound;
static struct command spare;

static int
setup(void **state)
{
    (void)state;
    memset(&spare, 0, sizeof spare);
    inbound = calloc(1, sizeof *inbound);
    snprintf(inbound->base, sizeof inbound->base, "parkgate/v1/park/box/");
    return queue_new(sizeof(struct message), 8, 4, &inbound->engine);
}

static int
teardown(void **state)
{
    (void)state;
    queue_free(inbound->engine);
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

static struct command *
at_engine(void)
{
    struct message message;
    if (!queue_take(inbound->engine, 0, &message))
        return NULL;
    assert_int_equal(message.kind, MESSAGE_COMMAND);
    return message.as.command;
}

static void
assert_refused(const struct command *command, const char *verb, const char *reason)
{
    char text[9000];
    json_error_t error;
    assert_non_null(command);
    snprintf(text, sizeof text, "%.*s", (int)command->reply_length, command->reply);
    json_t *reply = json_loads(text, 0, &error);
    assert_non_null(reply);
    assert_int_equal(json_integer_value(json_object_get(reply, "v")), 1);
    assert_string_equal(json_string_value(json_object_get(reply, "verb")), verb);
    assert_string_equal(json_string_value(json_object_get(reply, "result")), "refused");
    assert_non_null(strstr(json_string_value(json_object_get(reply, "reason")), reason));
    json_decref(reply);
    assert_null(at_engine());
}

static void
test_command_5(void **state)
{
    (void)state;
    struct inbound_slot *slot = arrive("parkgate/v1/park/box/command/status", "{\"a\":1}",
                                       "parkgate/v1/park/box/reply/status/me", "AB");
    assert_null(inbound_command(inbound, slot, &spare));
    struct command *command = at_engine();
    assert_non_null(command);
    assert_true(atomic_load(&command->busy));
    assert_true(inbound_has_commands(inbound));
    assert_string_equal(command->verb, "status");
    assert_string_equal(command->id, "4142");
    assert_string_equal(command->reply_topic, "parkgate/v1/park/box/reply/status/me");
    assert_memory_equal(command->correlation, "AB", 2);
    assert_memory_equal(command->body, "{\"a\":1}", 7);
    assert_int_equal(command->body_length, 7);
}

static void
test_command_3_1_1(void **state)
{
    (void)state;
    struct inbound_slot *slot = arrive("parkgate/v1/park/box/command/help", "{\"id\":\"q-1\"}",
                                       NULL, NULL);
    assert_null(inbound_command(inbound, slot, &spare));
    struct command *command = at_engine();
    assert_string_equal(command->id, "q-1");
    assert_string_equal(command->reply_topic, "parkgate/v1/park/box/reply/help");
    slot = arrive("parkgate/v1/park/box/command/help", "{\"id\":17}", NULL, NULL);
    assert_null(inbound_command(inbound, slot, &spare));
    command = at_engine();
    assert_string_equal(command->id, "17");
    slot = arrive("parkgate/v1/park/box/command/help", "", NULL, NULL);
    assert_null(inbound_command(inbound, slot, &spare));
    assert_string_equal(at_engine()->id, "");
}

static void
test_refusals(void **state)
{
    (void)state;
    const char *status = "parkgate/v1/park/box/command/status";
    struct command *refused;
    refused = inbound_command(inbound, arrive(status, "{\"a\":", NULL, NULL), &spare);
    assert_refused(refused, "status", "not JSON: line 1 column 5");
    atomic_store(&refused->busy, false);
    refused = inbound_command(inbound, arrive(status, "[]", NULL, NULL), &spare);
    assert_refused(refused, "status", "must be a JSON object");
    atomic_store(&refused->busy, false);
    refused = inbound_command(inbound, arrive(status, "{\"a\":[[[[[[[[[[1]]]]]]]]]]}", NULL, NULL),
                              &spare);
    assert_refused(refused, "status", "nested deeper than 8");
    atomic_store(&refused->busy, false);
    refused = inbound_command(inbound, arrive(status, "{}", "some/where/else", NULL), &spare);
    assert_refused(refused, "status", "must lie under reply/");
    assert_string_equal(refused->reply_topic, "parkgate/v1/park/box/reply/status");
    atomic_store(&refused->busy, false);
    refused = inbound_command(inbound, arrive(status, "{}", "parkgate/v1/park/box/reply/#", NULL),
                              &spare);
    assert_refused(refused, "status", "must lie under reply/");
    atomic_store(&refused->busy, false);
    refused = inbound_command(
        inbound, arrive("parkgate/v1/park/box/command/../rm", "{}", NULL, NULL), &spare);
    assert_refused(refused, "unknown", "unknown verb");
    atomic_store(&refused->busy, false);
    assert_null(inbound_command(
        inbound, arrive("parkgate/v1/park/other/command/status", "", NULL, NULL), &spare));
    assert_null(at_engine());
}

static void
test_too_large(void **state)
{
    (void)state;
    static char large[INBOUND_PAYLOAD + 100];
    const char *status = "parkgate/v1/park/box/command/status";
    memset(large, ' ', sizeof large - 1);
    struct inbound_slot *slot = arrive(status, large, NULL, NULL);
    assert_true(slot->too_large);
    struct command *refused = inbound_command(inbound, slot, &spare);
    assert_refused(refused, "status", "too large");
    atomic_store(&refused->busy, false);
    large[0] = '{';
    large[2100] = '}';
    large[2101] = '\0';
    assert_refused(inbound_command(inbound, arrive(status, large, NULL, NULL), &spare), "status",
                   "too large");
}

static void
test_busy(void **state)
{
    (void)state;
    const char *help = "parkgate/v1/park/box/command/help";
    for (int i = 0; i < INBOUND_COMMANDS; i++) {
        assert_null(inbound_command(inbound, arrive(help, "", NULL, NULL), &spare));
        assert_non_null(at_engine()); /* it keeps them all */
    }
    struct command *refused = inbound_command(inbound, arrive(help, "", NULL, "me"), &spare);
    assert_ptr_equal(refused, &spare);
    assert_refused(refused, "help", "busy");
    assert_string_equal(refused->id, "6d65");
    atomic_store(&inbound->commands[2].busy, false);
    assert_null(inbound_command(inbound, arrive(help, "", NULL, NULL), &spare));
    assert_ptr_equal(at_engine(), &inbound->commands[2]);
}

/* The engine's inbox is full: also that is answered. */
static void
test_engine_full(void **state)
{
    (void)state;
    struct message message = {.kind = MESSAGE_STOP};
    while (queue_post_reserved(inbound->engine, &message))
        ;
    struct command *refused = inbound_command(
        inbound, arrive("parkgate/v1/park/box/command/help", "", NULL, NULL), &spare);
    assert_non_null(refused);
    assert_non_null(strstr(refused->reply, "busy"));
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
    atomic_store(&slot->busy, false);
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
    atomic_store(&slot->busy, false);
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
        TEST(test_command_5), TEST(test_command_3_1_1), TEST(test_refusals),
        TEST(test_too_large), TEST(test_busy),          TEST(test_engine_full),
        TEST(test_slots_end), TEST(test_acknowledge),   TEST(test_acknowledge_refused),
    };
    return cmocka_run_group_tests_name("forward", tests, NULL, NULL);
}
