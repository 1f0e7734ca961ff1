/* Who may: the text that is signed, by a vector made with openssl alone, and every single byte of
 * it that a stranger could want to change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ed25519.h"
#include "daemon/command/authority.c"
#include "daemon/command/envelope.c"
#include "daemon/command/signing.c"

#include <stdlib.h>

/* RFC 8032 section 7.1, test 1: the key; the signatures are openssl's:
 * openssl pkeyutl -sign -inkey KEY -rawin -in TEXT */
static const char KEY[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
static const char BY_TIME[] = "8f01854a781333842ab2141e3a3cb68f3af434b5b030a9c6c7d00d18b15edb1e"
                              "84b49d4960f212a035190ba3461d17bfec5a8c148936eebef822e762a37a580d";
static const char BY_CHALLENGE[] =
    "25d5f763f8bddc0decd5bce7beba97f92292350400bb44ddbc45624c2bb8e59c"
    "52e9ce2744e632de1a957ebeb649ab114953b3a24d57f7f2547460e13a5dac08";

#define TIME 1795276800000LL

static struct roll roll;
static struct command command;
static struct envelope envelope;
static struct stamp now;
static struct buf text;
static struct decision decision;
static char why[200];

static int
set_up(void **state)
{
    (void)state;
    memset(&roll, 0, sizeof roll);
    memset(&command, 0, sizeof command);
    snprintf(roll.park, sizeof roll.park, "park");
    snprintf(roll.gateway_id, sizeof roll.gateway_id, "0123456789abcdef0123456789abcdef");
    snprintf(roll.challenge, sizeof roll.challenge, "ffeeddccbbaa99887766554433221100");
    roll.count = 2;
    snprintf(roll.people[0].name, sizeof roll.people[0].name, "wang-fang");
    roll.people[0].key[0] = 7;
    snprintf(roll.people[1].name, sizeof roll.people[1].name, "li-wei");
    for (int i = 0; i < 32; i++) {
        char digits[3] = {KEY[2 * i], KEY[2 * i + 1], '\0'};
        roll.people[1].key[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    roll.people[1].role = ROLE_OPERATOR;
    snprintf(command.verb, sizeof command.verb, "mode");
    snprintf(command.destination, sizeof command.destination, "centre");
    snprintf(command.response_topic, sizeof command.response_topic,
             "parkgate/v1/park/box/reply/mode/me");
    memcpy(command.correlation, "AB", 2);
    command.correlation_length = 2;
    now = (struct stamp){.utc_ms = TIME, .clock = CLOCK_SYNCHRONISED};
    return buf_new(&text, 4096);
}

static int
tear_down(void **state)
{
    (void)state;
    buf_free(&text);
    envelope_done(&envelope);
    return 0;
}

static const char *
write_envelope(const char *when, const char *signature)
{
    static char payload[1024];

    snprintf(payload, sizeof payload,
             "{\"v\":1,\"id\":\"q-1\",\"by\":\"li-wei\",%s,"
             "\"nonce\":\"00112233445566778899aabbccddeeff\","
             "\"body\":\"{\\\"asset\\\":\\\"boiler-3\\\",\\\"mode\\\":\\\"repair\\\"}\","
             "\"signature\":\"%s\"}",
             when, signature);
    return payload;
}

static bool
open_envelope(const char *payload)
{
    envelope_done(&envelope);
    return envelope_parse(payload, strlen(payload), command.correlation, command.correlation_length,
                          &envelope, why);
}

static bool
decide(void)
{
    authority_decide(&roll, &command, &envelope, &now, &text, &decision);
    return decision.allowed;
}

static bool
is_heard(const char *payload)
{
    return open_envelope(payload) && decide();
}

static const char *
good(void)
{
    return write_envelope("\"time\":1795276800000", BY_TIME);
}

/* The neutral point as a key: R neutral and S = 0 "sign" every text, and openssl agrees. */
static void
test_a_placeholder_is_no_key(void **state)
{
    uint8_t key[32] = {1}, signature[64] = {1};

    (void)state;
    assert_true(ed25519_is_weak(key));
    assert_false(ed25519_verify(key, "anything", 8, signature));
    key[31] = 0x80;
    assert_true(ed25519_is_weak(key));
    memset(key, 0, sizeof key);
    assert_true(ed25519_is_weak(key));
    memset(key, 0xff, sizeof key);
    assert_false(ed25519_is_weak(key)); /* no point, so nothing fits */
    for (key[0] = 0xec; key[0] <= 0xee; key[0]++)
        assert_true(ed25519_is_weak(key));
    assert_false(ed25519_is_weak(roll.people[1].key));
}

static void
test_openssl_vector(void **state)
{
    static const char SIGNED[] =
        "parkgate-command-1\npark\n0123456789abcdef0123456789abcdef\nmode\n"
        "parkgate/v1/park/box/reply/mode/me\n4142\nq-1\nli-wei\n1795276800000\n"
        "00112233445566778899aabbccddeeff\n{\"asset\":\"boiler-3\",\"mode\":\"repair\"}";

    (void)state;
    assert_true(is_heard(good()));
    assert_int_equal(text.length, sizeof SIGNED - 1);
    assert_memory_equal(text.data, SIGNED, sizeof SIGNED - 1);
    assert_string_equal(decision.who, "li-wei");
    assert_int_equal(decision.role, ROLE_OPERATOR);
    assert_ptr_equal(decision.person, &roll.people[1]);
    assert_string_equal(envelope.id, "4142");
    assert_string_equal(json_string_value(json_object_get(envelope.body, "mode")), "repair");
}

static void
assert_stranger(const char *changed)
{
    if (decide())
        fail_msg("%s was changed and the command is heard", changed);
    assert_string_equal(decision.why, NOT_VALID);
    assert_string_equal(decision.who, "somebody over centre");
    assert_null(decision.person);
}

/* Flips each byte of a field in turn, one bit that keeps it printable. */
static void
spoil(const char *name, char *field, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        field[i] ^= 1;
        assert_stranger(name);
        field[i] ^= 1;
    }
    assert_true(decide());
}

static void
test_every_byte_is_signed(void **state)
{
    (void)state;
    assert_true(is_heard(good()));
    spoil("park", roll.park, strlen(roll.park));
    spoil("gateway id", roll.gateway_id, strlen(roll.gateway_id));
    spoil("verb", command.verb, strlen(command.verb));
    spoil("response topic", command.response_topic, strlen(command.response_topic));
    spoil("correlation", (char *)command.correlation, command.correlation_length);
    spoil("id", envelope.said_id, strlen(envelope.said_id));
    spoil("by", envelope.by, strlen(envelope.by));
    spoil("nonce", envelope.nonce, strlen(envelope.nonce));
    spoil("signature", (char *)envelope.signature, sizeof envelope.signature);
    spoil("body", (char *)(uintptr_t)envelope.body_text, envelope.body_length);
    spoil("key", (char *)roll.people[1].key, sizeof roll.people[1].key);
    envelope.time_utc_ms++;
    assert_stranger("time");
    envelope.time_utc_ms--;
    envelope.has_challenge = true;
    assert_stranger("time for a challenge");
    envelope.has_challenge = false;
    command.correlation_length = 1;
    assert_stranger("correlation's length");
    command.correlation_length = 0;
    assert_stranger("correlation taken away");
    command.correlation_length = 2;
    envelope.body_length--;
    assert_stranger("body's length");
    envelope.body_length++;
    command.response_topic[0] = '\0';
    assert_stranger("response topic taken away");
}

/* A line end moves what stands behind it into the next field: never a text of its own. */
static void
test_line_ends(void **state)
{
    (void)state;
    assert_true(is_heard(good()));
    snprintf(command.response_topic, sizeof command.response_topic, "a\nb");
    assert_stranger("a line end in the response topic");
    assert_false(open_envelope(
        "{\"v\":1,\"id\":\"a\\nb\",\"by\":\"li-wei\",\"time\":1,\"nonce\":\"\",\"body\":\"{}\","
        "\"signature\":\"\"}"));
    assert_non_null(strstr(why, "\"id\""));
}

static void
test_time(void **state)
{
    (void)state;
    assert_true(is_heard(good()));
    now.utc_ms = TIME + 60000;
    assert_true(decide());
    now.utc_ms = TIME - 60000;
    assert_true(decide());
    now.clock = CLOCK_SET;
    assert_true(decide());
    now.utc_ms = TIME + 60001;
    assert_false(decide());
    assert_non_null(strstr(decision.why, "60 s behind the gateway's clock"));
    assert_string_equal(decision.who, "li-wei");
    now.utc_ms = TIME - 61000;
    assert_false(decide());
    assert_non_null(strstr(decision.why, "61 s before the gateway's clock"));
}

static void
test_challenge(void **state)
{
    const char *payload = write_envelope("\"challenge\":\"ffeeddccbbaa99887766554433221100\"",
                                         BY_CHALLENGE);

    (void)state;
    assert_false(is_heard(payload));
    assert_non_null(strstr(decision.why, "no challenge"));
    now.clock = CLOCK_UNKNOWN;
    now.utc_ms = 0;
    assert_true(decide());
    now.clock = CLOCK_RESTORED;
    assert_true(decide());
    roll.challenge[0] = '0';
    assert_false(decide());
    assert_non_null(strstr(decision.why, "an old one"));
    assert_false(is_heard(good()));
    assert_non_null(strstr(decision.why, "does not know the time"));
}

static void
test_unsigned(void **state)
{
    (void)state;
    assert_false(is_heard("{\"asset\":\"boiler-3\"}"));
    assert_non_null(strstr(decision.why, "signed commands only"));
    roll.hears_unsigned = true;
    roll.unsigned_role = ROLE_OBSERVER;
    assert_true(is_heard("{\"asset\":\"boiler-3\"}"));
    assert_int_equal(decision.role, ROLE_OBSERVER);
    assert_string_equal(decision.who, "unsigned over centre");
    assert_true(is_heard(""));
    assert_string_equal(envelope.id, "4142");
    /* whoever tries to sign is not taken for one who does not */
    assert_false(is_heard(write_envelope("\"time\":1795276800001", BY_TIME)));
}

static void
test_forms(void **state)
{
    static const struct {
        const char *payload, *why;
    } CASES[] = {
        {"{\"a\":", "not JSON: line 1 column 5"},
        {"[]", "must be a JSON object"},
        {"7", "not JSON"},
        {"{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
         "nested deeper than 32"},
        {"{\"a\":1,\"a\":2}", "duplicate"},
        {"{\"id\":[1]}", "\"id\" must be"},
        {"{\"signature\":\"\"}", "\"v\" of a signed command must be 1"},
        {"{\"v\":2,\"signature\":\"\"}", "\"v\" of a signed command must be 1"},
        {"{\"v\":1,\"signature\":\"\",\"asset\":1}", "no \"asset\""},
        {"{\"v\":1,\"signature\":\"\"}", "either \"time\" or \"challenge\""},
        {"{\"v\":1,\"signature\":\"\",\"time\":1,\"challenge\":\"\"}", "either"},
        {"{\"v\":1,\"signature\":\"\",\"time\":\"1\"}", "UTC in milliseconds"},
        {"{\"v\":1,\"signature\":\"\",\"time\":0}", "UTC in milliseconds"},
        {"{\"v\":1,\"signature\":\"\",\"challenge\":\"00\"}", "32 lower-case"},
        {"{\"v\":1,\"signature\":\"\",\"time\":1}", "\"by\" must be"},
        {"{\"v\":1,\"signature\":\"\",\"time\":1,\"by\":\"\"}", "\"by\" must be"},
        {"{\"v\":1,\"signature\":\"\",\"time\":1,\"by\":\"x\"}", "\"nonce\" must be"},
        {"{\"v\":1,\"signature\":\"\",\"time\":1,\"by\":\"x\","
         "\"nonce\":\"00112233445566778899AABBCCDDEEFF\"}",
         "\"nonce\" must be"},
        {"{\"v\":1,\"signature\":\"00\",\"time\":1,\"by\":\"x\","
         "\"nonce\":\"00112233445566778899aabbccddeeff\"}",
         "128 lower-case"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_false(open_envelope(CASES[i].payload));
        if (strstr(why, CASES[i].why) == NULL)
            fail_msg("%s: %s", CASES[i].payload, why);
    }
}

/* A name without a key and a key without fitting signature get the same words. */
static void
test_nobody(void **state)
{
    (void)state;
    assert_true(open_envelope(good()));
    roll.count = 0;
    assert_stranger("the list of people");
    roll.count = 2;
    snprintf(envelope.by, sizeof envelope.by, "wang-fang");
    assert_stranger("the name");
}

static void
test_own_keys(void **state)
{
    uint8_t key[32], signature[64];
    char pem[ED25519_PEM];

    (void)state;
    struct ed25519 *made = ed25519_make();
    assert_non_null(made);
    assert_true(ed25519_public(made, key));
    assert_true(ed25519_sign(made, "hello", 5, signature));
    assert_true(ed25519_verify(key, "hello", 5, signature));
    assert_false(ed25519_verify(key, "hellp", 5, signature));
    assert_true(ed25519_print(made, pem) > 0);
    assert_non_null(strstr(pem, "BEGIN PRIVATE KEY"));
    ed25519_free(made);
    assert_null(ed25519_read("/dev/null"));
    assert_null(ed25519_read("/nowhere/at/all"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_openssl_vector),
        TEST(test_a_placeholder_is_no_key),
        TEST(test_every_byte_is_signed),
        TEST(test_line_ends),
        TEST(test_time),
        TEST(test_challenge),
        TEST(test_unsigned),
        TEST(test_forms),
        TEST(test_nobody),
        TEST(test_own_keys),
    };
    return cmocka_run_group_tests_name("signing", tests, NULL, NULL);
}
