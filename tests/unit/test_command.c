/* Commands from the centre are always answered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/supervise/command.c"

#include <jansson.h>
#include <stdio.h>

static struct site site;
static struct board *board;
static struct command command;

static int
set_up(void **state)
{
    (void)state;
    site.unsigned_commands = true;
    memset(&command, 0, sizeof command);
    snprintf(command.id, sizeof command.id, "a1");
    return board_new(PAGE_COUNT, 20000, &board);
}

static int
tear_down(void **state)
{
    (void)state;
    board_free(board);
    return 0;
}

static json_t *
run_verb(const char *verb)
{
    struct command_context context = {.pages = board, .site = &site};
    json_error_t error;

    snprintf(command.verb, sizeof command.verb, "%s", verb);
    command_run(&command, &context);
    json_t *reply = json_loadb(command.reply, command.reply_length, 0, &error);
    assert_non_null(reply);
    assert_string_equal(json_string_value(json_object_get(reply, "id")), "a1");
    assert_string_equal(json_string_value(json_object_get(reply, "verb")), verb);
    return reply;
}

static const char *
text_of(json_t *reply, const char *key)
{
    return json_string_value(json_object_get(reply, key));
}

static void
test_status_is_the_health_page(void **state)
{
    (void)state;
    assert_true(board_put(board, PAGE_HEALTH, "{\"v\":1}", 7));
    json_t *reply = run_verb("status");
    assert_string_equal(text_of(reply, "result"), "done");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(reply, "answer"), "v")), 1);
    json_decref(reply);
}

static void
test_page_longer_than_a_reply_says_where_it_is(void **state)
{
    static char page[19000];

    (void)state;
    memset(page, ' ', sizeof page);
    assert_true(board_put(board, PAGE_HEALTH, page, sizeof page));
    json_t *reply = run_verb("status");
    assert_true(json_is_null(json_object_get(reply, "answer")));
    assert_non_null(strstr(text_of(reply, "reason"), "retained"));
    json_decref(reply);
}

static void
test_help_names_every_verb(void **state)
{
    (void)state;
    json_t *reply = run_verb("help");
    assert_int_equal(json_object_size(json_object_get(reply, "answer")), VERB_COUNT);
    json_decref(reply);
}

static void
test_unknown_verbs_are_refused(void **state)
{
    (void)state;
    json_t *reply = run_verb("format-disk");
    assert_string_equal(text_of(reply, "result"), "refused");
    assert_non_null(strstr(text_of(reply, "reason"), "unknown verb"));
    json_decref(reply);
}

static void
test_unsigned_commands_are_refused_unless_the_site_allows_them(void **state)
{
    (void)state;
    site.unsigned_commands = false;
    json_t *reply = run_verb("status");
    assert_string_equal(text_of(reply, "result"), "refused");
    assert_non_null(strstr(text_of(reply, "reason"), "unsigned"));
    json_decref(reply);
}

int
main(void)
{
#define BOARD_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BOARD_TEST(test_status_is_the_health_page),
        BOARD_TEST(test_page_longer_than_a_reply_says_where_it_is),
        BOARD_TEST(test_help_names_every_verb),
        BOARD_TEST(test_unknown_verbs_are_refused),
        BOARD_TEST(test_unsigned_commands_are_refused_unless_the_site_allows_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
