/* The table of verbs: each can be reached, by whom it says, and takes what it says and nothing
 * else. `test_verbs schemas` prints the table for tests/unit/verbs.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/command/verbs_check.c"

#include "tests/unit/request_bench.h"

#define BODY_MOST 400000

static int
set_up(void **state)
{
    (void)state;
    bench_begin(16384);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    bench_end();
    return 0;
}

static json_t *
text_of_length(size_t length)
{
    static char text[BODY_MOST];

    assert_in_range(length, 0, BODY_MOST - 1);
    memset(text, 'x', length);
    return json_stringn(text, length);
}

static size_t
most_of(const struct argument *argument)
{
    return argument->most != 0 ? argument->most : 255;
}

/* A value that fits: the least one, or the greatest. */
static json_t *
make_value(const struct argument *argument, bool greatest)
{
    size_t choice = 0;

    switch (argument->type) {
    case ARGUMENT_TEXT:
        return text_of_length(greatest ? most_of(argument) : argument->required ? 1 : 0);
    case ARGUMENT_INTEGER: return json_integer(greatest ? argument->high : argument->low);
    case ARGUMENT_NUMBER: return greatest ? json_real(-1.5e300) : json_string("12.5");
    case ARGUMENT_BOOL: return json_boolean(greatest);
    case ARGUMENT_TIME: return json_integer(greatest ? VERBS_TIME_MOST : 1);
    case ARGUMENT_CHOICE:
        while (greatest && argument->choices[choice + 1] != NULL)
            choice++;
        return json_string(argument->choices[choice]);
    case ARGUMENT_OBJECT: return greatest ? json_array() : json_object();
    }
    return NULL;
}

static json_t *
nest(int depth)
{
    json_t *value = json_integer(1);

    for (int i = 0; i < depth; i++)
        value = i % 2 ? json_pack("[o]", value) : json_pack("{s:o}", "a", value);
    return value;
}

/* Values that just do not fit; NULL behind the last. */
static json_t *
make_wrong(const struct argument *argument, int which)
{
    static const char LINE[] = "\"two\\nlines\"";

    if (which == 0)
        return json_null();
    if (which == 1)
        return argument->type == ARGUMENT_BOOL ? json_integer(1) : json_true();
    switch (argument->type) {
    case ARGUMENT_TEXT:
        if (which == 2)
            return text_of_length(most_of(argument) + 1);
        if (which == 3 && argument->required)
            return json_string("");
        return which <= 4 && argument->most <= 512 ? json_loads(LINE, JSON_DECODE_ANY, NULL) : NULL;
    case ARGUMENT_INTEGER:
        return which == 2 ? json_integer(argument->low - 1)
               : which == 3
                   ? argument->high < INT64_MAX ? json_integer(argument->high + 1) : json_real(1e19)
               : which == 4 ? json_real(1.5)
               : which == 5 ? json_string("1")
                            : NULL;
    case ARGUMENT_NUMBER:
        return which == 2   ? json_string("1x")
               : which == 3 ? json_string("nan")
               : which == 4 ? json_string("")
               : which == 5 ? json_string("1e999")
                            : NULL;
    case ARGUMENT_BOOL: return which == 2 ? json_string("true") : NULL;
    case ARGUMENT_TIME:
        return which == 2   ? json_integer(0)
               : which == 3 ? json_integer(VERBS_TIME_MOST + 1)
               : which == 4 ? json_string("2026-11-21")
                            : NULL;
    case ARGUMENT_CHOICE:
        return which == 2   ? json_string("nothing-of-the-kind")
               : which == 3 ? json_string("")
                            : NULL;
    case ARGUMENT_OBJECT:
        return which == 2 ? json_string("{}") : which == 3 ? nest(DEPTH + 1) : NULL;
    }
    return NULL;
}

static json_t *
make_body(const struct verb *verb, bool greatest)
{
    json_t *body = json_object();

    for (const struct argument *at = verb->arguments; at != NULL && at->name != NULL; at++)
        json_object_set_new(body, at->name, make_value(at, greatest));
    return body;
}

/* ---- the table ---- */

static void
test_each_verb_is_found_and_whole(void **state)
{
    (void)state;
    assert_null(verbs_find(""));
    assert_null(verbs_find("format-disk"));
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        const struct verb *verb = verbs_at(i);
        assert_ptr_equal(verbs_find(verb->name), verb);
        assert_non_null(verb->handle);
        assert_in_range(verb->role, ROLE_OBSERVER, ROLE_ADMINISTRATOR);
        assert_true(verb->en[0] != '\0' && verb->zh[0] != '\0');
        assert_in_range(strlen(verb->name), 1, 31); /* struct command */
        for (const struct argument *at = verb->arguments; at && at->name; at++) {
            assert_non_null(at->help);
            assert_true(at->type != ARGUMENT_INTEGER || at->low < at->high);
            assert_true(at->type != ARGUMENT_CHOICE || at->choices != NULL);
        }
    }
}

static enum role
role_of(const char *verb)
{
    assert_non_null(verbs_find(verb));
    return verbs_find(verb)->role;
}

static void
test_who_may_what(void **state)
{
    (void)state;
    assert_int_equal(role_of("status"), ROLE_OBSERVER);
    assert_int_equal(role_of("acknowledge"), ROLE_OPERATOR);
    assert_int_equal(role_of("write"), ROLE_ENGINEER);
    assert_int_equal(role_of("reload"), ROLE_ENGINEER);
    assert_int_equal(role_of("restart"), ROLE_ADMINISTRATOR);
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        const struct verb *verb = verbs_at(i);
        bench.request.role = verb->role - 1;
        bench.request.is_local = verb->is_local;
        const json_t *answer = bench_run(verb->name, "{}");
        assert_string_equal(bench_text(answer, "result"), "refused");
        assert_non_null(strstr(bench_text(answer, "reason"), role_name(verb->role)));
        assert_int_equal(queue_depth(bench.scope.inbox), 0);
        assert_int_equal(queue_depth(bench.scope.errands), 0);
    }
}

static void
test_a_local_verb_is_refused_from_afar(void **state)
{
    (void)state;
    const json_t *answer = bench_run("monitor", "{\"bus\":\"line\"}");
    assert_string_equal(bench_text(answer, "result"), "refused");
    assert_non_null(strstr(bench_text(answer, "reason"), "socket"));
}

/* ---- members ---- */

static void
test_the_edges_of_each_member_fit(void **state)
{
    char why[200];

    (void)state;
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        for (int greatest = 0; greatest < 2; greatest++) {
            json_t *body = make_body(verbs_at(i), greatest);
            json_object_set_new(body, "id", json_integer(7));
            json_object_set_new(body, "v", json_integer(1));
            const char *wrong = verbs_check(verbs_at(i), body, why);
            if (wrong != NULL)
                fail_msg("%s: %s", verbs_at(i)->name, wrong);
            json_decref(body);
        }
    }
}

static void
expect_named(const struct verb *verb, const char *member, const json_t *body)
{
    char why[200], quoted[64];
    const char *wrong = verbs_check(verb, body, why);

    snprintf(quoted, sizeof quoted, "'%s'", member);
    if (wrong == NULL || strstr(wrong, quoted) == NULL)
        fail_msg("%s, %s: %s", verb->name, member, wrong != NULL ? wrong : "let pass");
}

static void
test_what_lies_outside_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        const struct verb *verb = verbs_at(i);
        for (const struct argument *at = verb->arguments; at && at->name; at++) {
            json_t *body = make_body(verb, false), *value;
            for (int which = 0; (value = make_wrong(at, which)) != NULL; which++) {
                json_object_set_new(body, at->name, value);
                expect_named(verb, at->name, body);
            }
            json_object_del(body, at->name);
            if (at->required)
                expect_named(verb, at->name, body);
            json_decref(body);
        }
    }
}

static void
test_unknown_members_are_refused_with_the_known_ones(void **state)
{
    (void)state;
    const json_t *answer = bench_run("read", "{\"bus\":\"a\",\"adress\":1}");
    assert_string_equal(bench_text(answer, "result"), "refused");
    assert_string_equal(bench_text(answer, "reason"),
                        "unknown member 'adress': read takes bus, unit, table, address, count, "
                        "timeout_ms");
    answer = bench_run("key", "{\"a\\nb\":1}");
    assert_string_equal(bench_text(answer, "reason"), "unknown member '?': key takes none");
}

static void
test_what_is_no_object_is_refused(void **state)
{
    (void)state;
    assert_string_equal(bench_text(bench_run("key", "[]"), "result"), "refused");
}

static void
test_an_object_may_be_as_deep_as_it_may_be(void **state)
{
    static const struct argument TREE = {.name = "tree", .type = ARGUMENT_OBJECT};
    json_t *deep = nest(DEPTH), *deeper = nest(DEPTH + 1);

    (void)state;
    assert_true(fits(&TREE, deep));
    assert_false(fits(&TREE, deeper));
    json_decref(deep);
    json_decref(deeper);
}

static void
test_a_long_text_may_have_lines(void **state)
{
    static const struct argument FILE_TEXT = {.name = "file", .type = ARGUMENT_TEXT, .most = 5000};
    json_t *text = json_string("a:\n\tb\n");

    (void)state;
    assert_true(fits(&FILE_TEXT, text));
    json_decref(text);
}

/* ---- help ---- */

static void
test_help_names_every_verb_with_who_may(void **state)
{
    size_t count = 0;

    (void)state;
    while (verbs_at(count) != NULL)
        count++;
    const json_t *list = json_object_get(bench_run("help", "{}"), "answer");
    assert_int_equal(json_object_size(list), count);
    const json_t *write = json_object_get(list, "write");
    assert_string_equal(bench_text(write, "role"), "engineer");
    assert_true(*bench_text(write, "zh") != '\0');
    assert_null(json_object_get(write, "schema"));
}

static void
test_help_of_one_verb_has_its_schema(void **state)
{
    (void)state;
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        char body[64];
        snprintf(body, sizeof body, "{\"verb\":\"%s\"}", verbs_at(i)->name);
        const json_t *list = json_object_get(bench_run("help", body), "answer");
        assert_int_equal(json_object_size(list), 1);
        const json_t *schema = json_object_get(json_object_get(list, verbs_at(i)->name), "schema");
        assert_string_equal(bench_text(schema, "type"), "object");
    }
    assert_string_equal(bench_text(bench_run("help", "{\"verb\":\"x\"}"), "result"), "refused");
}

static int
print_schemas(void)
{
    struct json json;
    struct buf buf;

    if (buf_new(&buf, 1 << 20) != 0)
        return 1;
    json_init(&json, &buf);
    json_begin_object(&json);
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        json_key(&json, verbs_at(i)->name);
        json_begin_object(&json);
        json_put_text(&json, "role", role_name(verbs_at(i)->role));
        json_key(&json, "schema");
        verbs_write_schema(&json, verbs_at(i));
        for (int greatest = 0; greatest < 2; greatest++) {
            json_t *body = make_body(verbs_at(i), greatest);
            char *text = json_dumps(body, 0);
            json_key(&json, greatest ? "greatest" : "least");
            buf_text(&buf, text);
            json.comma = true;
            free(text);
            json_decref(body);
        }
        json_end_object(&json);
    }
    json_end_object(&json);
    puts(buf_string(&buf));
    buf_free(&buf);
    return 0;
}

int
main(int argc, char **argv)
{
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_verb_is_found_and_whole),
        BENCH_TEST(test_who_may_what),
        BENCH_TEST(test_a_local_verb_is_refused_from_afar),
        cmocka_unit_test(test_the_edges_of_each_member_fit),
        cmocka_unit_test(test_what_lies_outside_is_refused_by_name),
        BENCH_TEST(test_unknown_members_are_refused_with_the_known_ones),
        BENCH_TEST(test_what_is_no_object_is_refused),
        cmocka_unit_test(test_an_object_may_be_as_deep_as_it_may_be),
        cmocka_unit_test(test_a_long_text_may_have_lines),
        BENCH_TEST(test_help_names_every_verb_with_who_may),
        BENCH_TEST(test_help_of_one_verb_has_its_schema),
    };

    if (argc > 1 && strcmp(argv[1], "schemas") == 0)
        return print_schemas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
