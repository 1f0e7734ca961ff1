/* The socket: one line one answer, lines of any length up to the limit, who asked, and what is
 * recorded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/command/control.c"

#include <stdio.h>

static struct {
    struct request_scope scope;
    atomic_bool refresh, stopping;
    atomic_llong health_mono_ms;
    struct control *control;
    char directory[64], path[100];
    int fd;
    FILE *answers;
} bench;

static void
call_main(void *context)
{
    struct errand *errand = NULL;

    (void)context; /* a main that refuses everything at once */
    assert_true(queue_take(bench.scope.errands, 0, &errand));
    errand->refused = true;
    snprintf(errand->why, sizeof errand->why, "not today");
    queue_post(errand->done, &errand);
}

static int
dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", bench.path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int
set_up(void **state)
{
    (void)state;
    memset(&bench, 0, sizeof bench);
    strcpy(bench.directory, "/tmp/control.XXXXXX");
    assert_non_null(mkdtemp(bench.directory));
    snprintf(bench.path, sizeof bench.path, "%s/control.sock", bench.directory);
    bench.scope = (struct request_scope){.call_main = call_main,
                                         .page_size = 100000,
                                         .refresh = &bench.refresh,
                                         .health_mono_ms = &bench.health_mono_ms,
                                         .stopping = &bench.stopping};
    assert_int_equal(board_new(PAGE_COUNT, 100000, &bench.scope.pages), 0);
    assert_int_equal(queue_new(sizeof(struct message), 8, 2, &bench.scope.inbox), 0);
    assert_int_equal(queue_new(sizeof(struct errand *), 4, 0, &bench.scope.errands), 0);
    assert_int_equal(control_start(bench.path, &bench.scope, &bench.control), 0);
    bench.fd = dial();
    bench.answers = fdopen(dup(bench.fd), "r");
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    atomic_store(&bench.stopping, true);
    control_stop(bench.control);
    assert_int_equal(access(bench.path, F_OK), -1);
    close(bench.fd);
    fclose(bench.answers);
    rmdir(bench.directory);
    board_free(bench.scope.pages);
    queue_free(bench.scope.inbox);
    queue_free(bench.scope.errands);
    return 0;
}

static void
say(const char *text, size_t length)
{
    while (length > 0) {
        ssize_t sent = send(bench.fd, text, length, MSG_NOSIGNAL);
        assert_true(sent > 0);
        text += sent;
        length -= (size_t)sent;
    }
}

/* The next answer's result must be that, its reason have that. */
static void
expect(const char *result, const char *reason)
{
    char *line = NULL;
    size_t size = 0;

    assert_true(getline(&line, &size, bench.answers) > 0);
    json_t *answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(answer);
    assert_string_equal(json_string_value(json_object_get(answer, "result")), result);
    if (reason != NULL)
        assert_non_null(strstr(json_string_value(json_object_get(answer, "reason")), reason));
    json_decref(answer);
    free(line);
}

static void
test_several_requests_in_one_piece_and_one_in_several(void **state)
{
    static const char TWO[] = "{\"verb\":\"help\"}\n{\"verb\":\"nothing\"}\n{\"verb\":";

    (void)state;
    say(TWO, strlen(TWO));
    expect("done", NULL);
    expect("refused", "unknown verb");
    say("\"help\"}\n", 8);
    expect("done", NULL);
}

static void
test_members_may_stand_in_body(void **state)
{
    static const char BODY[] = "{\"verb\":\"help\",\"body\":{\"verb\":\"nothing\"}}\n";

    (void)state;
    say(BODY, strlen(BODY));
    expect("refused", "no such verb");
}

static void
test_what_is_no_request_is_refused(void **state)
{
    static const char LINES[] = "{\"verb\":\n[1]\n7\n{\"verb\":7}\n{}\n{\"verb\":\"key\",\"verb\":"
                                "\"key\"}\n";

    (void)state;
    say(LINES, strlen(LINES));
    expect("refused", "not JSON");
    expect("refused", "JSON object");
    expect("refused", "not JSON");
    expect("refused", "unknown verb");
    expect("refused", "unknown verb");
    expect("refused", "not JSON");
}

static void
test_deep_nesting_is_refused_before_it_is_read(void **state)
{
    static char line[2001];

    (void)state;
    memset(line, '[', 2000);
    line[2000] = '\n';
    say(line, sizeof line);
    expect("refused", "too deep");
}

/* {"verb":"key","x":"yyy..."} and a line end, of that many bytes in all. */
static char *
make_long(size_t length)
{
    static const char HEAD[] = "{\"verb\":\"key\",\"x\":\"";
    char *line = malloc(length);

    assert_non_null(line);
    memset(line, 'y', length);
    memcpy(line, HEAD, strlen(HEAD));
    memcpy(line + length - 3, "\"}\n", 3);
    return line;
}

static void
test_long_requests_are_taken(void **state)
{
    static const size_t LENGTHS[] = {LINE - 1, LINE,          LINE + 1, 2 * LINE,
                                     100000,   LINE_MOST - 1, LINE_MOST};

    (void)state;
    for (size_t i = 0; i < sizeof LENGTHS / sizeof LENGTHS[0]; i++) {
        char *line = make_long(LENGTHS[i]);
        say(line, LENGTHS[i]);
        expect("refused", "unknown member 'x'");
        free(line);
    }
}

static void
test_the_memory_of_a_long_request_is_given_back(void **state)
{
    static const size_t LENGTH = 100000; /* less than the kernel keeps for a socket */
    struct control control = {.listener = -1};
    struct client client = {.control = &control};
    int ends[2];
    char *line = make_long(LENGTH);

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(send(ends[0], line, LENGTH, 0), LENGTH);
    shutdown(ends[0], SHUT_WR);
    assert_int_equal(request_init(&client.request, &bench.scope, REPLY_EXTRA), 0);
    client.request.send = send_reply;
    client.request.transport = &client;
    atomic_store(&client.fd, ends[1]);
    assert_true(resize(&client, LINE));
    serve_client(&client);
    assert_string_equal(client.request.result, "refused");
    assert_int_equal(client.capacity, LINE);
    request_done(&client.request);
    free(client.line);
    free(line);
    close(ends[0]);
    close(ends[1]);
}

static void
test_a_request_that_is_too_long_ends_the_connection(void **state)
{
    char *line = make_long(LINE_MOST + 1);
    char *end = NULL;
    size_t size = 0;

    (void)state;
    say(line, LINE_MOST);
    expect("refused", "300 KiB");
    assert_true(getline(&end, &size, bench.answers) < 0);
    free(line);
    free(end);
}

static void
test_a_page_of_any_length_is_one_line(void **state)
{
    static char page[90000];

    (void)state;
    memset(page, ' ', sizeof page);
    page[0] = '1';
    assert_true(board_put(bench.scope.pages, PAGE_ALARMS, page, sizeof page));
    say("{\"verb\":\"alarms\"}\n", 18);
    expect("done", NULL);
}

static void
test_what_changes_something_is_recorded(void **state)
{
    static const char LINES[] = "{\"verb\":\"help\"}\n{\"verb\":\"read\",\"bus\":7}\n{\"verb\":"
                                "\"reload\",\"id\":5}\n";
    struct message message;

    (void)state;
    say(LINES, strlen(LINES));
    expect("done", NULL);
    expect("refused", "'bus'");
    expect("refused", "not today");
    assert_true(queue_take(bench.scope.inbox, clock_mono_ms() + 5000, &message));
    assert_int_equal(message.kind, MESSAGE_NOTE);
    assert_string_equal(message.as.note.kind, "command.refused");
    assert_string_equal(message.as.note.subject, "reload");
    assert_string_equal(message.as.note.id, "5");
    assert_string_equal(message.as.note.text, "not today");
    assert_non_null(strstr(message.as.note.who, " on this machine"));
    assert_int_equal(queue_depth(bench.scope.inbox), 0);
}

static void
test_the_own_user_is_an_administrator(void **state)
{
    (void)state;
    say("{\"verb\":\"restart\",\"reason\":\"test\"}\n", 36);
    expect("refused", "not today");
}

static void
test_a_second_daemon_does_not_take_the_socket(void **state)
{
    struct control *second = NULL;

    (void)state;
    assert_int_equal(control_start(bench.path, &bench.scope, &second), -EADDRINUSE);
    say("{\"verb\":\"help\"}\n", 16);
    expect("done", NULL);
}

int
main(void)
{
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_several_requests_in_one_piece_and_one_in_several),
        BENCH_TEST(test_members_may_stand_in_body),
        BENCH_TEST(test_what_is_no_request_is_refused),
        BENCH_TEST(test_deep_nesting_is_refused_before_it_is_read),
        BENCH_TEST(test_long_requests_are_taken),
        BENCH_TEST(test_the_memory_of_a_long_request_is_given_back),
        BENCH_TEST(test_a_request_that_is_too_long_ends_the_connection),
        BENCH_TEST(test_a_page_of_any_length_is_one_line),
        BENCH_TEST(test_what_changes_something_is_recorded),
        BENCH_TEST(test_the_own_user_is_an_administrator),
        BENCH_TEST(test_a_second_daemon_does_not_take_the_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
