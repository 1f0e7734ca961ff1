/* The envelope that an engineer's laptop sends, judged by the text written out in
 * docs/commands.md ("Signed commands") and by the public key, not by the code that made it. */
#include "ctl/target.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define STATUS                                                                                     \
    "{\"v\":1,\"park\":\"park\",\"gateway\":\"0123456789abcdef0123456789abcdef\","                 \
    "\"status\":\"online\",\"clock\":\"%s\",\"challenge\":\"ffeeddccbbaa99887766554433221100\"}"

static struct target target;
static struct ed25519 *key;
static json_t *members, *sent;

const char *
client_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static int
set_up(void **state)
{
    (void)state;
    key = ed25519_make();
    members = json_pack("{s:s, s:s}", "asset", "锅炉-3", "mode", "repair");
    target_init(&target, "parkgate", "park", "box");
    return key == NULL || members == NULL;
}

static int
tear_down(void **state)
{
    (void)state;
    ed25519_free(key);
    json_decref(members);
    json_decref(sent);
    sent = NULL;
    return 0;
}

static void
know(const char *clock)
{
    char status[400];

    snprintf(status, sizeof status, STATUS, clock);
    assert_true(target_learn(&target, status));
}

static void
make(const struct target_signer *signer)
{
    char *text = target_make(&target, signer, "mode", members);

    assert_non_null(text);
    json_decref(sent);
    sent = json_loads(text, 0, NULL);
    free(text);
    assert_non_null(sent);
}

static void
take_hex(const char *text, size_t length, uint8_t *ret_bytes)
{
    assert_int_equal(strlen(text), 2 * length);
    assert_int_equal(strspn(text, "0123456789abcdef"), 2 * length);
    for (size_t i = 0; i < length; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        ret_bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

/* Does the signature fit the lines of docs/commands.md with these in them? */
static bool
fits(const char *response, const char *correlation, const char *when)
{
    uint8_t signature[64], public_key[32];
    char text[2000];

    int length = snprintf(text, sizeof text,
                          "parkgate-command-1\npark\n0123456789abcdef0123456789abcdef\nmode\n"
                          "%s\n%s\n%s\nli-wei\n%s\n%s\n%s",
                          response, correlation, client_text(sent, "id"), when,
                          client_text(sent, "nonce"), client_text(sent, "body"));
    take_hex(client_text(sent, "signature"), 64, signature);
    assert_true(ed25519_public(key, public_key));
    return ed25519_verify(public_key, text, (size_t)length, signature);
}

static void
with_mqtt_5_the_answers_place_is_signed(void **state)
{
    const struct target_signer signer = {.park = "park", .by = "li-wei", .key = key};
    uint8_t correlation[16];
    char when[24];

    (void)state;
    know("synchronised");
    make(&signer);
    int64_t time = json_integer_value(json_object_get(sent, "time"));
    snprintf(when, sizeof when, "%lld", (long long)time);
    assert_true(fits(target.response, target.id, when));
    assert_false(fits("", "", when));
    assert_true(clock_utc_ms() - time >= 0 && clock_utc_ms() - time < 5000);
    assert_memory_equal(target.response, "parkgate/v1/park/box/reply/", 27);
    take_hex(target.id, 16, correlation);
    assert_memory_equal(correlation, target.correlation, 16);
    /* exactly these members */
    assert_int_equal(json_object_size(sent), 7);
    assert_int_equal(json_integer_value(json_object_get(sent, "v")), 1);
    assert_string_equal(client_text(sent, "by"), "li-wei");
    json_t *body = json_loads(client_text(sent, "body"), 0, NULL);
    assert_true(json_equal(body, members));
    json_decref(body);
}

static void
with_3_1_1_it_is_not(void **state)
{
    const struct target_signer signer = {
        .park = "park", .by = "li-wei", .key = key, .is_3_1_1 = true};
    char when[24];

    (void)state;
    know("set");
    make(&signer);
    snprintf(when, sizeof when, "%lld",
             (long long)json_integer_value(json_object_get(sent, "time")));
    assert_true(fits("", "", when));
    assert_string_equal(target.response, "parkgate/v1/park/box/reply/mode");
}

static void
without_a_clock_the_challenge_is_signed(void **state)
{
    const struct target_signer signer = {.park = "park", .by = "li-wei", .key = key};

    (void)state;
    know("restored");
    make(&signer);
    assert_null(json_object_get(sent, "time"));
    assert_string_equal(client_text(sent, "challenge"), "ffeeddccbbaa99887766554433221100");
    assert_true(fits(target.response, target.id, "challenge:ffeeddccbbaa99887766554433221100"));
    know("synchronised");
    make(&signer);
    assert_null(json_object_get(sent, "challenge"));
}

static void
no_two_commands_are_the_same(void **state)
{
    const struct target_signer signer = {.park = "park", .by = "li-wei", .key = key};
    char id[40], nonce[40];

    (void)state;
    know("synchronised");
    make(&signer);
    snprintf(id, sizeof id, "%s", client_text(sent, "id"));
    snprintf(nonce, sizeof nonce, "%s", client_text(sent, "nonce"));
    make(&signer);
    assert_string_not_equal(id, client_text(sent, "id"));
    assert_string_not_equal(nonce, client_text(sent, "nonce"));
    assert_true(target_is_asked(&target, sent));
    json_t *old = json_pack("{s:s}", "id", id), *none = json_pack("{s:i}", "id", 7);
    assert_false(target_is_asked(&target, old));
    assert_false(target_is_asked(&target, none));
    json_decref(old);
    json_decref(none);
}

static void
unsigned_the_members_go_as_they_are(void **state)
{
    const struct target_signer nobody = {.park = "park"};

    (void)state;
    know("synchronised");
    make(&nobody);
    assert_string_equal(client_text(sent, "id"), target.id);
    assert_string_equal(client_text(sent, "mode"), "repair");
    assert_int_equal(json_object_size(sent), 3);
    assert_int_equal(json_object_size(members), 2);
}

static void
what_is_no_status_teaches_nothing(void **state)
{
    static const char *const NONE[] = {"", "{", "[]", "{\"gateway\":7}", "{\"status\":\"online\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof NONE / sizeof NONE[0]; i++)
        assert_false(target_learn(&target, NONE[i]));
    know("synchronised");
    assert_false(target.is_away);
    assert_true(target_learn(&target, "{\"gateway\":\"0123\",\"status\":\"offline\"}"));
    assert_true(target.is_away);
    know("synchronised");
    assert_false(target.is_away);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(with_mqtt_5_the_answers_place_is_signed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_3_1_1_it_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_clock_the_challenge_is_signed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_two_commands_are_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unsigned_the_members_go_as_they_are, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_status_teaches_nothing, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
