/* The health page as Prometheus text. What the whole of it must look like is proved on real pages
 * by tests/system/supervise/metrics.py. */
#include "ctl/metrics.c"
#include "ctl/metrics_table.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

/* Nobody is asked here. */
struct client *
client_open(const char *path)
{
    (void)path;
    return NULL;
}

void
client_close(struct client *client)
{
    (void)client;
}

json_t *
client_ask(struct client *client, json_t *request)
{
    (void)client;
    json_decref(request);
    return NULL;
}

const char *
client_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static char *
print(const char *page)
{
    char *text = NULL;
    size_t length = 0;
    json_t *json = page != NULL ? json_loads(page, 0, NULL) : NULL;
    FILE *out = open_memstream(&text, &length);

    assert_true(page == NULL || json != NULL);
    metrics_print(json, out);
    fclose(out);
    json_decref(json);
    return text;
}

static void
assert_line(const char *text, const char *line)
{
    size_t length = strlen(line);

    for (const char *at = text; (at = strstr(at, line)) != NULL; at += length)
        if ((at == text || at[-1] == '\n') && at[length] == '\n')
            return;
    print_error("no line '%s' in\n%s", line, text);
    fail();
}

static void
test_nobody(void **state)
{
    char *text = print(NULL);

    (void)state;
    assert_string_equal(text, "# HELP parkgate_up 1 while the daemon answers.\n"
                              "# TYPE parkgate_up gauge\nparkgate_up 0\n");
    free(text);
}

static void
test_values(void **state)
{
    char *text = print("{\"version\":\"1\\\"\\\\\\n2\",\"uptime_ms\":1500,\"on_trial\":false,"
                       "\"clock\":\"restored\",\"disk\":{\"free_bytes\":9007199254740991,"
                       "\"full_in_s\":null,\"wear\":{\"used_percent\":30}},"
                       "\"memory_kib\":3,\"books\":{\"balanced\":true,\"stored\":"
                       "{\"event\":{\"records\":7}}},\"errors\":{\"store\":null,"
                       "\"buses\":{\"count\":2}}}");

    (void)state;
    assert_line(text, "parkgate_up 1");
    assert_line(text, "parkgate_info{version=\"1\\\"\\\\\\n2\",build=\"\",gateway=\"\","
                      "restart_cause=\"\"} 1");
    assert_line(text, "parkgate_uptime_seconds 1.5");
    assert_line(text, "parkgate_memory_bytes 3072");
    assert_line(text, "parkgate_configuration_on_trial 0");
    assert_line(text, "parkgate_books_balanced 1");
    assert_line(text, "parkgate_card_used_ratio 0.3");
    assert_line(text, "parkgate_clock_state{state=\"restored\"} 1");
    assert_line(text, "parkgate_clock_state{state=\"set\"} 0");
    assert_line(text, "parkgate_stored_records_total{stream=\"event\"} 7");
    assert_line(text, "parkgate_errors_total{part=\"buses\"} 2");
    assert_null(strstr(text, "full_in"));
    assert_null(strstr(text, "part=\"store\""));
    free(text);
}

/* All samples of a family stand together below one head. */
static void
test_lists(void **state)
{
    char *text = print("{\"devices\":[{\"name\":\"a\",\"bus\":\"x\",\"requests\":1},"
                       "{\"name\":\"b\",\"bus\":\"x\",\"requests\":2,\"availability\":"
                       "{\"1h\":0.5,\"24h\":null}}],\"destinations\":[{\"name\":\"c\","
                       "\"certificate_until\":1767225600000,\"state\":\"up\","
                       "\"queued_by_stream\":{\"event\":4}}]}");

    (void)state;
    assert_non_null(strstr(text, "# TYPE parkgate_device_requests_total counter\n"
                                 "parkgate_device_requests_total{device=\"a\",bus=\"x\"} 1\n"
                                 "parkgate_device_requests_total{device=\"b\",bus=\"x\"} 2\n#"));
    assert_line(text, "parkgate_device_availability_ratio{device=\"b\",bus=\"x\",window=\"1h\"} "
                      "0.5");
    assert_line(text, "parkgate_destination_certificate_expiry_timestamp_seconds"
                      "{destination=\"c\"} 1767225600");
    assert_line(text, "parkgate_destination_queued_records{destination=\"c\",stream=\"event\"} 4");
    assert_line(text, "parkgate_destination_state{destination=\"c\",state=\"up\"} 1");
    assert_null(strstr(text, "window=\"24h\""));
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
