/* One command carried out: it is always answered, whatever its answer's length, and what it asks of
 * others comes back first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/command/request.c"

#include "base/thread.h"
#include "tests/unit/request_bench.h"

#define REPLY 4096

static int
set_up(void **state)
{
    (void)state;
    bench_begin(REPLY);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    bench_end();
    return 0;
}

static void
put_page(enum page page, const char *text)
{
    assert_true(board_put(bench.scope.pages, page, text, strlen(text)));
}

/* ---- answers ---- */

static void
test_a_page_is_the_answer(void **state)
{
    (void)state;
    put_page(PAGE_ALARMS, "{\"v\":1}");
    const json_t *answer = bench_run("alarms", "{}");
    assert_string_equal(bench_text(answer, "result"), "done");
    assert_string_equal(bench_text(answer, "id"), "a1");
    assert_string_equal(bench_text(answer, "verb"), "alarms");
    assert_null(json_object_get(answer, "part"));
    assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "answer"), "v")),
                     1);
}

static void
test_over_the_socket_an_answer_has_an_id_only_when_it_was_asked_for(void **state)
{
    (void)state;
    put_page(PAGE_CATALOG_KEY, "{}");
    bench.request.is_local = true;
    assert_string_equal(bench_text(bench_run("key", "{}"), "id"), "a1");
    bench.request.id[0] = '\0';
    assert_null(json_object_get(bench_run("key", "{}"), "id"));
}

static void
test_a_page_that_is_not_there_is_refused(void **state)
{
    (void)state;
    const json_t *answer = bench_run("headroom", "{}");
    assert_string_equal(bench_text(answer, "result"), "refused");
    assert_string_equal(bench.request.result, "refused");
    assert_non_null(strstr(bench.request.reason, "no such page"));
}

static void
test_a_long_page_comes_in_parts_that_join(void **state)
{
    static char page[BENCH_PAGE], joined[BENCH_PAGE];
    size_t length = 0;

    (void)state;
    memset(joined, 0, sizeof joined);
    length += (size_t)sprintf(page, "[");
    for (int i = 0; i < 1500; i++) /* letters of three bytes, quotes, backslashes */
        length += (size_t)sprintf(page + length, "%s\"阀%d\\\\\"", i ? "," : "", i);
    sprintf(page + length, "]");
    put_page(PAGE_ALARMS, page);
    bench_run("alarms", "{}");
    assert_in_range(bench.count, 5, 20);
    for (size_t i = 0; i < bench.count; i++) {
        const json_t *answer = bench.answers[i];
        bool last = i + 1 == bench.count;
        assert_string_equal(bench_text(answer, "result"), last ? "done" : "accepted");
        assert_int_equal(json_integer_value(json_object_get(answer, "part")), i + 1);
        assert_true(json_is_true(json_object_get(answer, "more")) == !last);
        strcat(joined, bench_text(json_object_get(answer, "answer"), "text"));
    }
    assert_string_equal(joined, page);
}

static void
test_parts_end_when_nobody_waits(void **state)
{
    static char page[BENCH_PAGE];

    (void)state;
    memset(page, ' ', sizeof page - 1);
    put_page(PAGE_ALARMS, page);
    bench.gone_after = 2;
    bench_run("alarms", "{}");
    assert_int_equal(bench.count, 2);
}

static void
test_an_answer_that_does_not_fit_says_so(void **state)
{
    struct json json;
    char text[REPLY];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    request_begin(&bench.request, &json, "done");
    json_put_text(&json, "answer", text);
    assert_false(request_answer(&bench.request, &json, true));
    assert_string_equal(bench_text(bench.answers[0], "result"), "failed");
    assert_non_null(strstr(bench_text(bench.answers[0], "reason"), "longer"));
}

static void
test_unknown_verbs_are_refused(void **state)
{
    (void)state;
    const json_t *answer = bench_run("format-disk", "{}");
    assert_string_equal(bench_text(answer, "result"), "refused");
    assert_string_equal(bench_text(answer, "verb"), "format-disk");
    assert_non_null(strstr(bench_text(answer, "reason"), "unknown verb"));
}

static void
test_status_asks_for_the_page_and_stops_waiting_with_the_daemon(void **state)
{
    (void)state;
    put_page(PAGE_HEALTH, "{\"v\":1}");
    atomic_store(&bench.stopping, true);
    assert_string_equal(bench_text(bench_run("status", "{}"), "result"), "done");
    assert_true(atomic_load(&bench.refresh));
}

/* ---- asking others ---- */

/* The engine: gives back what comes in, changed. */
static void *
play_engine(void *context)
{
    struct message message;

    (void)context;
    while (!queue_take(bench.scope.inbox, clock_mono_ms() + 5000, &message))
        ;
    if (message.kind == MESSAGE_ORDER) {
        struct order *order = message.as.order;
        order->result = order->address == 9 ? ORDER_FAILED : ORDER_DONE;
        snprintf(order->reason, sizeof order->reason, "no answer");
        order->words[0] = 77;
        order->before = 1;
        order->after = order->value;
        queue_post(order->done, &order);
        return NULL;
    }
    struct declaring *declaring = message.as.declaring;
    declaring->recorded = 12;
    declaring->refused = strcmp(declaring->said.subject, "boiler-9") == 0;
    snprintf(declaring->why, sizeof declaring->why, "no such asset");
    queue_post(declaring->done, &declaring);
    return NULL;
}

static const json_t *
run_with(void *(*other)(void *), const char *verb, const char *body)
{
    struct thread thread = {0};

    assert_int_equal(thread_start(&thread, "other", other, NULL), 0);
    const json_t *answer = bench_run(verb, body);
    thread_join(&thread);
    return answer;
}

static void
test_an_order_comes_back_with_what_was_read(void **state)
{
    (void)state;
    const json_t *answer = run_with(play_engine, "read", "{\"bus\":\"line\",\"unit\":3}");
    const json_t *words = json_object_get(json_object_get(answer, "answer"), "words");
    assert_string_equal(bench_text(answer, "result"), "done");
    assert_int_equal(json_integer_value(json_array_get(words, 0)), 77);

    answer = run_with(play_engine, "read", "{\"bus\":\"line\",\"address\":9}");
    assert_string_equal(bench_text(answer, "result"), "failed");
    assert_string_equal(bench_text(answer, "reason"), "no answer");
    assert_string_equal(bench.request.reason, "no answer");
}

static void
test_a_write_carries_who_and_what(void **state)
{
    (void)state;
    const json_t *answer = run_with(play_engine, "write",
                                    "{\"point\":\"plc.setpoint\",\"value\":\"2.5\"}");
    assert_true(json_number_value(json_object_get(json_object_get(answer, "answer"), "after")) ==
                2.5);
    assert_string_equal(bench.request.order.device, "plc");
    assert_string_equal(bench.request.order.point, "setpoint");
    assert_string_equal(bench.request.order.who, "li-wei");
    assert_string_equal(bench_text(bench_run("write", "{\"point\":\"plc\",\"value\":1}"), "result"),
                        "refused");
}

static void
test_registers_that_are_not_there_are_refused(void **state)
{
    (void)state;
    const char *const BODIES[] = {
        "{\"bus\":\"a\",\"count\":126}",
        "{\"bus\":\"a\",\"table\":\"coil\",\"address\":65000,\"count\":600}",
        "{\"bus\":\"a\",\"address\":65535,\"count\":2}"};
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(bench_text(bench_run("read", BODIES[i]), "result"), "refused");
    assert_int_equal(queue_depth(bench.scope.inbox), 0);
}

static const char *
said_by(const char *body)
{
    const json_t *answer = run_with(play_engine, "mode", body);

    assert_string_equal(bench_text(answer, "result"), "done");
    return bench_text(json_object_get(answer, "answer"), "by");
}

static void
test_whoever_asked_stands_beside_whoever_says_so(void **state)
{
    static const char NAMED[] = "{\"subject\":\"b\",\"mode\":\"normal\",\"by\":\"Li Na\"}";
    static const char UNNAMED[] = "{\"subject\":\"b\",\"mode\":\"normal\"}";

    (void)state;
    assert_string_equal(said_by(NAMED), "Li Na (li-wei)");
    assert_string_equal(said_by(UNNAMED), "li-wei");
    bench.request.is_local = true;
    strcpy(bench.request.who, "root on this machine");
    assert_string_equal(said_by(NAMED), "Li Na (root)");
    strcpy(bench.request.who, "uid 1007 on this machine");
    assert_string_equal(said_by(NAMED), "Li Na (uid 1007)");
    assert_string_equal(bench_text(bench_run("mode", UNNAMED), "result"), "refused");
    bench.request.is_local = false;
    strcpy(bench.request.who, "unsigned over centre");
    assert_string_equal(bench_text(bench_run("mode", UNNAMED), "result"), "refused");
}

static void
test_a_declaration_the_engine_refuses_is_refused(void **state)
{
    (void)state;
    const json_t *answer = run_with(play_engine, "mode",
                                    "{\"subject\":\"boiler-9\",\"mode\":\"normal\"}");
    assert_string_equal(bench_text(answer, "result"), "refused");
    assert_string_equal(bench_text(answer, "reason"), "no such asset");
}

static void
test_an_event_id_must_be_one(void **state)
{
    (void)state;
    const char *const IDS[] = {"7", "-7", "abc-", "abc-x", "abc-0", "abc-7x"};
    char body[100];

    for (size_t i = 0; i < sizeof IDS / sizeof IDS[0]; i++) {
        snprintf(body, sizeof body, "{\"event\":\"%s\",\"code\":\"drill\"}", IDS[i]);
        assert_string_equal(bench_text(bench_run("acknowledge", body), "result"), "refused");
    }
    run_with(play_engine, "acknowledge", "{\"event\":\"abc-7\",\"code\":\"drill\"}");
    assert_string_equal(bench.request.declaring.said.store, "abc");
    assert_int_equal(bench.request.declaring.said.sequence, 7);
}

static void *
play_main(void *context)
{
    struct errand *errand = NULL;

    (void)context;
    while (!queue_take(bench.scope.errands, clock_mono_ms() + 5000, &errand))
        ;
    errand->refused = errand->kind == ERRAND_RELOAD;
    snprintf(errand->why, sizeof errand->why, "site.yaml:3:1: unknown key");
    queue_post(errand->done, &errand);
    return NULL;
}

static void
test_an_errand_goes_to_main_and_comes_back(void **state)
{
    (void)state;
    const json_t *answer = run_with(play_main, "log-level", "{\"level\":\"debug\",\"for_s\":60}");
    assert_string_equal(bench_text(answer, "result"), "done");
    assert_int_equal(bench.calls, 1);
    assert_string_equal(bench.request.errand.who, "li-wei");
    assert_int_equal(bench.request.errand.number, 7); /* debug of journald */

    answer = run_with(play_main, "reload", "{\"by\":\"Li Na\",\"reason\":\"new pump\"}");
    assert_string_equal(bench_text(answer, "result"), "refused");
    assert_non_null(strstr(bench_text(answer, "reason"), "site.yaml:3:1"));
    assert_string_equal(bench.request.errand.who, "Li Na (li-wei)");
    assert_string_equal(bench.request.errand.reason, "new pump");
}

static void
test_an_errand_comes_back_from_a_daemon_that_stops(void **state)
{
    (void)state;
    atomic_store(&bench.stopping, true);
    const json_t *answer = bench_run("restart", "{\"reason\":\"test\"}");
    assert_string_equal(bench_text(answer, "result"), "refused");
    assert_non_null(strstr(bench_text(answer, "reason"), "stopping"));
}

static void
test_a_full_inbox_is_busy(void **state)
{
    struct message message = {.kind = MESSAGE_NOTE};

    (void)state;
    while (queue_post_reserved(bench.scope.inbox, &message))
        ;
    assert_non_null(strstr(bench_text(bench_run("read", "{\"bus\":\"a\"}"), "reason"), "busy"));
    assert_non_null(
        strstr(bench_text(bench_run("calibrated", "{\"subject\":\"a\"}"), "reason"), "busy"));
    bench.request.is_local = true;
    assert_non_null(strstr(bench_text(bench_run("monitor", "{\"bus\":\"a\"}"), "reason"), "busy"));
}

int
main(void)
{
#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH_TEST(test_a_page_is_the_answer),
        BENCH_TEST(test_over_the_socket_an_answer_has_an_id_only_when_it_was_asked_for),
        BENCH_TEST(test_a_page_that_is_not_there_is_refused),
        BENCH_TEST(test_a_long_page_comes_in_parts_that_join),
        BENCH_TEST(test_parts_end_when_nobody_waits),
        BENCH_TEST(test_an_answer_that_does_not_fit_says_so),
        BENCH_TEST(test_unknown_verbs_are_refused),
        BENCH_TEST(test_status_asks_for_the_page_and_stops_waiting_with_the_daemon),
        BENCH_TEST(test_an_order_comes_back_with_what_was_read),
        BENCH_TEST(test_a_write_carries_who_and_what),
        BENCH_TEST(test_registers_that_are_not_there_are_refused),
        BENCH_TEST(test_whoever_asked_stands_beside_whoever_says_so),
        BENCH_TEST(test_a_declaration_the_engine_refuses_is_refused),
        BENCH_TEST(test_an_event_id_must_be_one),
        BENCH_TEST(test_an_errand_goes_to_main_and_comes_back),
        BENCH_TEST(test_an_errand_comes_back_from_a_daemon_that_stops),
        BENCH_TEST(test_a_full_inbox_is_busy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
