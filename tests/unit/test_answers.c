/* Answers put together: pieces of a file with their digest, rows as CSV, texts in parts; what is
 * missing, damaged or refused is told and counts. */
#include "ctl/answers.c"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

/* FIPS 180-4, the example of one block */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static char folder[] = "/tmp/parkgate-answers-XXXXXX";
static char path[64], told[400];
static struct answers answers;
static int terminal;

const char *
client_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

/* What is said on standard error lies in a file beside. */
static int
set_up(void **state)
{
    char beside[80];

    (void)state;
    strcpy(folder, "/tmp/parkgate-answers-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/out", folder);
    snprintf(beside, sizeof beside, "%s/told", folder);
    int file = open(beside, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    terminal = dup(STDERR_FILENO);
    dup2(file, STDERR_FILENO);
    close(file);
    return answers_begin(&answers, path) ? 0 : -1;
}

static size_t
read_whole(const char *name, char *text, size_t capacity)
{
    FILE *file = fopen(name, "re");
    size_t length = file != NULL ? fread(text, 1, capacity - 1, file) : 0;

    text[length] = '\0';
    if (file != NULL)
        fclose(file);
    return length;
}

static int
tear_down(void **state)
{
    char command[100];

    (void)state;
    dup2(terminal, STDERR_FILENO);
    close(terminal);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static const char *
what_was_told(void)
{
    char beside[80];

    snprintf(beside, sizeof beside, "%s/told", folder);
    read_whole(beside, told, sizeof told);
    return told;
}

static void
assert_whole(const char *wanted)
{
    char text[1000];

    assert_int_equal(read_whole(path, text, sizeof text), strlen(wanted));
    assert_string_equal(text, wanted);
}

static enum answers_state
take(const char *text)
{
    json_t *reply = json_loads(text, 0, NULL);

    assert_non_null(reply);
    enum answers_state state = answers_take(&answers, reply);
    json_decref(reply);
    return state;
}

#define PIECE(offset, base64, sha256, bytes)                                                       \
    "\"answer\":{\"offset\":" #offset ",\"base64\":\"" base64 "\",\"sha256\":\"" sha256            \
    "\",\"bytes\":" #bytes "}}"
#define MORE "{\"result\":\"accepted\",\"more\":true,"
#define LAST "{\"result\":\"done\",\"more\":false,"

static void
a_file_of_pieces_is_whole(void **state)
{
    (void)state;
    assert_int_equal(take(MORE PIECE(0, "YQ==", ABC, 3)), ANSWERS_MORE);
    assert_int_equal(take(MORE PIECE(1, "", ABC, 3)), ANSWERS_MORE);
    assert_int_equal(take(LAST PIECE(1, "YmM=", ABC, 3)), ANSWERS_DONE);
    assert_true(answers_end(&answers));
    assert_whole("abc");
}

static void
a_file_that_was_changed_is_told(void **state)
{
    (void)state;
    assert_int_equal(take(LAST PIECE(0, "YWJk", ABC, 3)), ANSWERS_DONE);
    assert_false(answers_end(&answers));
    assert_non_null(strstr(what_was_told(), "SHA-256"));
}

static void
a_part_has_no_digest(void **state)
{
    (void)state;
    answers_go_on_at(&answers, 1);
    assert_int_equal(take(LAST PIECE(1, "YmM=", ABC, 3)), ANSWERS_DONE);
    assert_true(answers_end(&answers));
    assert_whole("bc");
    assert_true(answers_begin(&answers, path));
    assert_int_equal(take(LAST PIECE(0, "YWI=", ABC, 3)), ANSWERS_DONE);
    assert_true(answers_end(&answers));
    assert_whole("ab");
}

static void
a_piece_that_does_not_fit_ends_it(void **state)
{
    static const char *const PIECES[] = {
        MORE PIECE(2, "YQ==", ABC, 3), /* there is a hole before it */
        MORE PIECE(0, "YQ=", ABC, 3), MORE PIECE(0, "Y===", ABC, 3), MORE PIECE(0, "!!!!", ABC, 3),
        MORE "\"answer\":{\"base64\":7,\"offset\":1}}"};

    (void)state;
    for (size_t i = 0; i < sizeof PIECES / sizeof PIECES[0]; i++)
        assert_int_equal(take(PIECES[i]), ANSWERS_REFUSED);
    assert_true(answers_end(&answers));
    assert_whole("");
    assert_non_null(strstr(what_was_told(), "missing or damaged"));
}

static void
rows_become_one_table(void **state)
{
    (void)state;
    take(MORE "\"answer\":{\"columns\":[\"t\",\"value\",\"quality\"],"
              "\"rows\":[[1800000000000,31.2],[1,null,\"timeout\"]]}}");
    take(LAST "\"answer\":{\"columns\":[\"t\",\"value\",\"quality\"],"
              "\"rows\":[[2,1e-7],[3,\"18446744073709551615\"],[4,0.1]]}}");
    assert_true(answers_end(&answers));
    assert_whole("t,value,quality\n1800000000000,31.2\n1,,timeout\n2,1e-7\n"
                 "3,18446744073709551615\n4,0.1\n");
}

static void
a_page_in_parts_is_joined(void **state)
{
    (void)state;
    take(
        "{\"result\":\"accepted\",\"more\":true,\"part\":1,\"answer\":{\"text\":\"{\\\"v\\\":\"}}");
    take("{\"result\":\"done\",\"more\":false,\"part\":2,\"answer\":{\"text\":\"1}\"}}");
    assert_true(answers_end(&answers));
    assert_whole("{\"v\":1}");
}

static void
what_is_refused_or_fails_is_told(void **state)
{
    (void)state;
    assert_int_equal(take("{\"result\":\"refused\",\"reason\":\"not you\"}"), ANSWERS_REFUSED);
    assert_non_null(strstr(what_was_told(), "refused: not you"));
    assert_int_equal(take("{\"result\":\"failed\",\"reason\":\"no answer\",\"answer\":{\"a\":1}}"),
                     ANSWERS_REFUSED);
    assert_non_null(strstr(what_was_told(), "failed: no answer"));
    assert_int_equal(take("{\"result\":\"done\"}"), ANSWERS_DONE);
    assert_true(answers_end(&answers));
    assert_whole("{\n  \"a\": 1\n}\n");
}

static void
lines_of_the_log_are_lines_in_every_part(void **state)
{
    char text[300];

    (void)state;
    assert_int_equal(
        take("{\"result\":\"accepted\",\"part\":1,\"more\":true,\"answer\":{\"lines\":["
             "{\"t\":0,\"level\":\"error\",\"text\":\"a\"}]}}"),
        ANSWERS_MORE);
    assert_int_equal(take("{\"result\":\"done\",\"part\":2,\"more\":false,\"answer\":{\"lines\":["
                          "{\"t\":1,\"level\":\"notice\",\"text\":\"b\"}]}}"),
                     ANSWERS_DONE);
    assert_true(answers_end(&answers));
    read_whole(path, text, sizeof text);
    assert_string_equal(text, "1970-01-01T08:00:00.000+08:00 error   a\n"
                              "1970-01-01T08:00:00.001+08:00 notice  b\n");
}

static void
a_full_disk_is_told(void **state)
{
    (void)state;
    answers_end(&answers);
    assert_true(answers_begin(&answers, "/dev/full"));
    take(LAST PIECE(0, "YWJj", ABC, 3));
    assert_false(answers_end(&answers));
    assert_non_null(strstr(what_was_told(), "could not be written"));
    assert_false(answers_begin(&answers, "/nowhere/at/all"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_of_pieces_is_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_was_changed_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_part_has_no_digest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_piece_that_does_not_fit_ends_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_become_one_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_in_parts_is_joined, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused_or_fails_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lines_of_the_log_are_lines_in_every_part, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
