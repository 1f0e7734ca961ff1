/* What goes around records: zstd, properties, aliases. */
#include "daemon/forward/parcel.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

const char *
reader_gateway_id(const struct reader *reader)
{
    (void)reader;
    return "00112233445566778899aabbccddeeff";
}

const char *
reader_store_id(const struct reader *reader)
{
    (void)reader;
    return "ffeeddccbbaa99887766554433221100";
}

const char *
payload_stream_name(enum stream stream)
{
    return stream == STREAM_EVENT ? "event" : "sample";
}

static struct parcel parcel;

static struct mqtt_message
wrap(enum stream stream, uint16_t alias_maximum, const char *payload, size_t length)
{
    struct mqtt_message message = {.topic = "t", .payload = payload, .length = length};
    parcel_wrap(&parcel, stream, NULL, alias_maximum, &message);
    return message;
}

static const char *
pair_of(const struct mqtt_message *message, const char *name)
{
    for (size_t i = 0; i < message->pair_count; i++)
        if (strcmp(message->pairs[i].name, name) == 0)
            return message->pairs[i].value;
    return NULL;
}

static void
test_plain(void **state)
{
    (void)state;
    struct destination destination = {.name = "d"};
    assert_int_equal(parcel_open(&parcel, &destination, 1000), 0);
    struct mqtt_message message = wrap(STREAM_EVENT, 0, "{}", 2);
    assert_int_equal(message.length, 2);
    assert_string_equal(message.content_type, "application/json");
    assert_string_equal(pair_of(&message, "v"), "1");
    assert_string_equal(pair_of(&message, "stream"), "event");
    assert_string_equal(pair_of(&message, "gateway"), "00112233445566778899aabbccddeeff");
    assert_string_equal(pair_of(&message, "store"), "ffeeddccbbaa99887766554433221100");
    assert_null(pair_of(&message, "content-encoding"));
    assert_int_equal(message.alias, 0);
    parcel_close(&parcel);
}

static void
test_zstd(void **state)
{
    (void)state;
    static char text[100000], back[100000];
    struct destination destination = {.name = "d", .compress = true};
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "0123456789,"[i * i / 7 % 11];
    assert_int_equal(parcel_open(&parcel, &destination, sizeof text), 0);
    for (int i = 0; i < 3; i++) {
        struct mqtt_message message = wrap(STREAM_SAMPLE, 0, text, sizeof text);
        assert_in_range(message.length, 10, sizeof text / 2);
        assert_memory_equal(message.payload, "\x28\xb5\x2f\xfd", 4);
        assert_string_equal(pair_of(&message, "content-encoding"), "zstd");
        assert_int_equal(ZSTD_decompress(back, sizeof back, message.payload, message.length),
                         sizeof text);
        assert_memory_equal(back, text, sizeof text);
    }
    struct mqtt_message message = wrap(STREAM_SAMPLE, 0, "{\"a\":1}", 7); /* does not shrink */
    assert_string_equal((const char *)message.payload, "{\"a\":1}");
    assert_null(pair_of(&message, "content-encoding"));
    parcel_close(&parcel);
}

static void
test_alias(void **state)
{
    (void)state;
    struct destination destination = {.name = "d"};
    assert_int_equal(parcel_open(&parcel, &destination, 1000), 0);
    struct mqtt_message message = wrap(STREAM_SAMPLE, 3, "{}", 2);
    assert_int_equal(message.alias, 3);
    assert_false(message.alias_is_set); /* until it was acknowledged */
    parcel_acknowledged(&parcel, STREAM_TREND);
    message = wrap(STREAM_SAMPLE, 3, "{}", 2);
    assert_true(message.alias_is_set); /* the same topic */
    message = wrap(STREAM_EVENT, 3, "{}", 2);
    assert_int_equal(message.alias, 1);
    assert_false(message.alias_is_set);
    message = wrap(STREAM_SAMPLE, 2, "{}", 2); /* the broker takes fewer */
    assert_int_equal(message.alias, 0);
    parcel_restart(&parcel);
    message = wrap(STREAM_SAMPLE, 3, "{}", 2);
    assert_false(message.alias_is_set);
    parcel_close(&parcel);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_zstd),
        cmocka_unit_test(test_alias),
    };
    return cmocka_run_group_tests_name("parcel", tests, NULL, NULL);
}
