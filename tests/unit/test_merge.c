/* Every example of RFC 7396 appendix A, the printed YAML read back, and what differs. */
#include "base/arena.h"
#include "daemon/configuration/difference.h"
#include "daemon/configuration/document.h"
#include "daemon/configuration/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_ROOM 65536

static struct arena *arena;
static char memory[TEXT_ROOM];
static struct difference difference;

static int
set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static struct yaml_node *
parse(const char *text)
{
    struct mistakes *mistakes = arena_take(arena, sizeof *mistakes);
    struct place place = {.file = "test"};

    mistakes->arena = arena;
    struct yaml_node *root = yaml_parse(arena, &place, text, strlen(text), mistakes);
    if (root == NULL || mistakes->errors > 0)
        fail_msg("%s: %s", text, mistakes->count > 0 ? mistakes->list[0].text : "unreadable");
    return root;
}

static const char *
print(const struct yaml_node *root)
{
    struct buf text;

    buf_init(&text, memory, sizeof memory);
    document_print(&text, root);
    assert_false(text.overflow);
    return arena_text(arena, buf_string(&text));
}

static json_t *
to_json(const struct yaml_node *root)
{
    struct buf text;
    struct json json;

    buf_init(&text, memory, sizeof memory);
    json_init(&json, &text);
    document_write(&json, root);
    assert_false(text.overflow);
    json_t *value = json_loadb(memory, text.length, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    return value;
}

static void
expect_same(const struct yaml_node *root, const char *expected)
{
    json_t *is = to_json(root), *should = json_loads(expected, JSON_DECODE_ANY, NULL);

    assert_non_null(should);
    if (!json_equal(is, should)) {
        char *text = json_dumps(is, JSON_ENCODE_ANY);
        fail_msg("%s instead of %s", text, expected);
    }
    json_decref(is);
    json_decref(should);
}

static struct yaml_node *
patch(const char *target, const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

    assert_non_null(value);
    struct yaml_node *root = merge_apply(arena, parse(target), value);
    json_decref(value);
    return root;
}

static void
appendix_a(void **state)
{
    static const char *const CASES[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct yaml_node *root = patch(CASES[i][0], CASES[i][1]);
        expect_same(root, CASES[i][2]);
        expect_same(parse(print(root)), CASES[i][2]);
    }
}

/* Section 3 of the RFC: the patch of the example document. */
static void
section_3(void **state)
{
    (void)state;
    struct yaml_node *root = patch(
        "title: Goodbye!\nauthor:\n  givenName: John\n  familyName: Doe\n"
        "tags: [example, sample]\ncontent: This will be unchanged\n",
        "{\"title\":\"Hello!\",\"phoneNumber\":\"+01-123-456-7890\","
        "\"author\":{\"familyName\":null},\"tags\":[\"example\"]}");
    assert_string_equal(print(root), "title: \"Hello!\"\nauthor:\n  givenName: John\ntags:\n"
                                     "  - example\ncontent: This will be unchanged\n"
                                     "phoneNumber: \"+01-123-456-7890\"\n");
}

/* Order stays, what is text stays text, what needs quotes has them. */
static void
printed(void **state)
{
    (void)state;
    struct yaml_node *root = parse(
        "b: \"5\"\na: 5\nempty:\nlist: [{x: 1, y: [2, 3]}, [], {}]\n"
        "tcp: \"127.0.0.1:502\"\nname: 烟气 出口\nlines: |\n  one\n  two\nno: \"no\"\n"
        "\"a key\": ~\nhash: \"a # b\"\n");
    const char *text = print(root);
    assert_string_equal(text, "b: \"5\"\na: 5\nempty: null\nlist:\n  - x: 1\n    y:\n"
                              "      - 2\n      - 3\n  - []\n  - {}\ntcp: \"127.0.0.1:502\"\n"
                              "name: 烟气 出口\nlines: \"one\\ntwo\\n\"\nno: \"no\"\n"
                              "\"a key\": ~\nhash: \"a # b\"\n");
    json_t *before = to_json(root), *after = to_json(parse(text));
    assert_true(json_equal(before, after));
    json_decref(before);
    json_decref(after);
}

static void
too_deep(void **state)
{
    char text[200] = "";

    (void)state;
    for (int i = 0; i < 20; i++)
        strcat(text, "{\"a\":");
    strcat(text, "1");
    for (int i = 0; i < 20; i++)
        strcat(text, "}");
    assert_null(patch("{}", text));
    assert_null(patch("{}", "[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]"));
}

static void
too_many(void **state)
{
    json_t *many = json_object(), *list = json_array();
    char key[20];

    (void)state;
    for (int i = 0; i <= YAML_ENTRIES_MAX; i++) {
        snprintf(key, sizeof key, "k%d", i);
        json_object_set_new(many, key, json_integer(i));
        json_array_append_new(list, json_integer(i));
    }
    assert_null(merge_apply(arena, parse("{}"), many));
    assert_null(merge_apply(arena, parse("{}"), list));
    json_decref(many);
    json_decref(list);
}

/* ---- difference ---- */

static const char *
show(const char *before, const char *after, size_t room)
{
    struct buf text;
    struct json json;

    difference_find(parse(before), parse(after), &difference);
    buf_init(&text, memory, sizeof memory);
    json_init(&json, &text);
    json_begin_object(&json);
    difference_write(&json, &difference, room);
    json_end_object(&json);
    return buf_string(&text);
}

static void
differs(void **state)
{
    (void)state;
    assert_string_equal(show("a: 1\nb: {c: 2}\n", "b: {c: 2}\na: 1\n", 60000),
                        "{\"difference\":[]}");
    assert_string_equal(
        show("devices: {cems: {every: 1s, unit: 1}, old: {unit: 2}}\n",
             "devices: {cems: {every: 5s, unit: 1}, new: {unit: 3}}\n", 60000),
        "{\"difference\":[{\"path\":\"devices.cems.every\",\"before\":\"1s\",\"after\":\"5s\"},"
        "{\"path\":\"devices.old\",\"before\":{\"unit\":2}},"
        "{\"path\":\"devices.new\",\"after\":{\"unit\":3}}]}");
    assert_string_equal(show("l: [1, {a: 2}]\nm: [1]\n", "l: [1, {a: 3}]\nm: [1, 2]\n", 60000),
                        "{\"difference\":[{\"path\":\"l[1].a\",\"before\":2,\"after\":3},"
                        "{\"path\":\"m\",\"before\":[1],\"after\":[1,2]}]}");
}

static void
hides_secrets(void **state)
{
    (void)state;
    const char *text = show("destinations: {c: {password: hunter2}}\n",
                            "destinations: {c: {password: hunter3}, d: {password: x1}}\n", 60000);
    assert_null(strstr(text, "hunter"));
    assert_null(strstr(text, "x1"));
    assert_non_null(strstr(text, "destinations.c.password"));
}

static void
is_bounded(void **state)
{
    char *before = arena_take(arena, 30000), *after = arena_take(arena, 30000);

    (void)state;
    for (int i = 0; i < 300; i++) {
        snprintf(before + strlen(before), 40, "k%d: 1\n", i);
        snprintf(after + strlen(after), 40, "k%d: 2\n", i);
    }
    const char *text = show(before, after, 60000);
    assert_int_equal(difference.count, DIFFERENCE_MOST);
    assert_non_null(strstr(text, "\"difference_rest\":100"));
    assert_true(strlen(show(before, after, 4000)) < 4100);
    assert_non_null(strstr(memory, "\"difference_rest\":"));
    memset(after, 'x', 5000);
    memcpy(after, "a: ", 3);
    after[5000] = '\0';
    assert_true(strlen(show("a: 1\n", after, 60000)) < 500);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appendix_a),    cmocka_unit_test(section_3),  cmocka_unit_test(printed),
        cmocka_unit_test(too_deep),      cmocka_unit_test(too_many),   cmocka_unit_test(differs),
        cmocka_unit_test(hides_secrets), cmocka_unit_test(is_bounded),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
