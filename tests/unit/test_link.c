/* Credentials, and the connection's life with a client that only remembers what it was asked. */
#include "daemon/forward/brokers.c"
#include "daemon/forward/credentials.c"
#include "daemon/forward/link.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- a client that does nothing ---- */

static struct {
    int made, freed, connect_rc;
    uint8_t version;
    const char *host, *password;
    mqtt_post *post;
    void *context;
} fake;

int
mqtt_new(const struct mqtt_options *options, mqtt_post *post, void *context, struct mqtt **ret_mqtt,
         char ret_error[200])
{
    (void)ret_error;
    fake.made++;
    fake.version = options->version;
    fake.host = options->host;
    fake.password = options->password;
    fake.post = post;
    fake.context = context;
    *ret_mqtt = (struct mqtt *)&fake;
    return 0;
}

void
mqtt_free(struct mqtt *mqtt)
{
    fake.freed += mqtt != NULL;
}

int
mqtt_connect(struct mqtt *mqtt, char ret_error[200])
{
    (void)mqtt;
    if (fake.connect_rc < 0)
        snprintf(ret_error, 200, "the name x does not resolve: no");
    return fake.connect_rc;
}

/* ---- the engine's inbox ---- */

static struct queue *engine;

static int
setup(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof fake);
    return queue_new(sizeof(struct message), 8, 4, &engine);
}

static int
teardown(void **state)
{
    (void)state;
    queue_free(engine);
    return 0;
}

/* ---- credentials ---- */

static void
write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void
test_credentials(void **state)
{
    (void)state;
    char directory[] = "/tmp/parkgate-credentials-XXXXXX", path[100], found[CREDENTIALS_PATH];
    char secret[CREDENTIALS_SECRET], error[200];
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/centre.password", directory);
    write_file(path, "s3cret\n", 0600);
    assert_int_equal(credentials_read(directory, "centre.password", "password", secret, error), 0);
    assert_string_equal(secret, "s3cret");
    assert_int_equal(credentials_read(NULL, path, "password", secret, error), 0);
    write_file(path, "s3cret", 0640);
    assert_int_equal(credentials_read(NULL, path, "password", secret, error), -EPERM);
    assert_non_null(strstr(error, "can be read by others: chmod 600 it"));
    assert_null(strstr(error, "s3cret"));
    assert_int_equal(credentials_read(directory, "centre.password", "password", secret, error), 0);
    write_file(path, "s3cret", 0604);
    assert_int_equal(credentials_read(directory, "centre.password", "key", secret, error), -EPERM);
    assert_int_equal(credentials_find(NULL, path, "CA file", false, found, error), 0);
    assert_string_equal(found, path);
    assert_int_equal(credentials_find(NULL, "centre.ca", "CA file", false, found, error), -ENOENT);
    assert_non_null(strstr(error, "no credential centre.ca for the CA file"));
    assert_int_equal(credentials_find(directory, "none", "key", true, found, error), -ENOENT);
    assert_non_null(strstr(error, "cannot read the key"));
    assert_int_equal(credentials_find(NULL, directory, "key", true, found, error), -EINVAL);
    assert_non_null(strstr(error, "is not a file"));
    unlink(path);
    rmdir(directory);
}

/* ---- the connection ---- */

static struct destination destination;
static struct link line;

static void
start_link(void)
{
    destination = (struct destination){
        .name = "centre", .brokers = {{.host = "broker", .port = 1883}}, .broker_count = 1};
    memset(&line, 0, sizeof line);
    line.destination = &destination;
    line.notes = engine;
    line.client_id = "id";
    assert_int_equal(queue_new(sizeof(struct link_event), 16, 0, &line.queue), 0);
    link_init(&line, 1000);
}

/* As paho would, then as the destination's thread does. */
static enum link_change
happen(enum mqtt_event_kind kind, bool wrong_version, int64_t mono_ms)
{
    struct mqtt_event event = {.kind = kind, .wrong_version = wrong_version, .text = "because"};
    struct link_event posted;
    assert_true(fake.post(fake.context, &event));
    assert_true(queue_take(line.queue, 0, &posted));
    return link_take(&line, &posted, mono_ms);
}

static void
test_connects_and_comes_back(void **state)
{
    (void)state;
    start_link();
    link_step(&line, 1000);
    assert_int_equal(line.state, LINK_CONNECTING);
    assert_int_equal(fake.version, 5);
    assert_int_equal(happen(MQTT_CONNECTED, false, 1100), LINK_CAME_UP);
    assert_int_equal(line.state, LINK_UP);
    struct mqtt_event event = {.kind = MQTT_ACKNOWLEDGED, .token = 4};
    struct link_event old;
    assert_true(fake.post(fake.context, &event));
    assert_int_equal(happen(MQTT_LOST, false, 1200), LINK_NOTHING); /* the other is before it */
    assert_true(queue_take(line.queue, 0, &old));
    assert_int_equal(link_take(&line, &old, 1200), LINK_WENT_DOWN);
    assert_int_equal(fake.freed, 1);
    assert_true(old.epoch != atomic_load(&line.epoch));
    assert_in_range(line.retry_mono_ms, 1200 + 1000, 1200 + 2000);
    link_step(&line, line.retry_mono_ms - 1);
    assert_int_equal(fake.made, 1);
    link_step(&line, line.retry_mono_ms);
    assert_int_equal(fake.made, 2);
    assert_int_equal(link_take(&line, &old, 9000), LINK_NOTHING); /* stale: of the first client */
    assert_int_equal(line.state, LINK_CONNECTING);
    link_close(&line);
    queue_free(line.queue);
}

static void
test_backs_off(void **state)
{
    (void)state;
    start_link();
    int64_t now = 1000, pause = 0;
    for (int i = 0; i < 10; i++) {
        link_step(&line, now);
        happen(MQTT_NOT_CONNECTED, false, now);
        pause = line.retry_mono_ms - now;
        int64_t most = i < 5 ? 2000LL << i : 60000;
        assert_in_range(pause, most / 2, most);
        now = line.retry_mono_ms;
    }
    assert_in_range(pause, 30000, 60000);
    fake.connect_rc = -EHOSTUNREACH; /* a name that does not resolve backs off like the rest */
    link_step(&line, now);
    assert_int_equal(line.state, LINK_DOWN);
    assert_string_equal(line.reason, "the name x does not resolve: no");
    assert_in_range(line.retry_mono_ms - now, 30000, 60000);
    queue_free(line.queue);
}

static void
test_falls_back(void **state)
{
    (void)state;
    start_link();
    link_step(&line, 1000);
    assert_int_equal(happen(MQTT_NOT_CONNECTED, true, 1000), LINK_NOTHING);
    assert_int_equal(line.retry_mono_ms, 1000); /* at once */
    link_step(&line, 1000);
    assert_int_equal(fake.version, 4);
    happen(MQTT_NOT_CONNECTED, false, 1001);
    assert_true(line.retry_mono_ms > 1001);
    link_step(&line, line.retry_mono_ms);
    assert_int_equal(fake.version, 5); /* and from the start again */
    link_close(&line);
    queue_free(line.queue);
}

static void
test_version_of_the_site(void **state)
{
    (void)state;
    start_link();
    destination.mqtt_version = 5;
    link_step(&line, 1000);
    happen(MQTT_NOT_CONNECTED, true, 1000);
    assert_true(line.retry_mono_ms > 1000);
    link_step(&line, line.retry_mono_ms);
    assert_int_equal(fake.version, 5);
    link_close(&line);
    destination.mqtt_version = 4;
    link_init(&line, 90000);
    link_step(&line, 90000);
    assert_int_equal(fake.version, 4);
    link_close(&line);
    queue_free(line.queue);
}

static void
assert_note(enum event_phase phase)
{
    struct message message;
    assert_true(queue_take(engine, 0, &message));
    assert_int_equal(message.kind, MESSAGE_NOTE);
    assert_string_equal(message.as.note.kind, "destination.down");
    assert_string_equal(message.as.note.subject, "centre");
    assert_int_equal(message.as.note.phase, phase);
}

static void
test_long_outage_is_noted(void **state)
{
    (void)state;
    struct message message;
    start_link();
    link_step(&line, 1000);
    happen(MQTT_NOT_CONNECTED, false, 1000);
    line.retry_mono_ms = INT64_MAX;
    link_step(&line, 60999);
    assert_false(queue_take(engine, 0, &message));
    link_step(&line, 61000);
    assert_note(PHASE_OPENED);
    link_step(&line, 200000);
    assert_false(queue_take(engine, 0, &message)); /* once */
    line.retry_mono_ms = 0;
    link_step(&line, 200001);
    happen(MQTT_CONNECTED, false, 200002);
    link_step(&line, 200003);
    assert_note(PHASE_CLOSED);
    link_step(&line, 300000);
    assert_false(queue_take(engine, 0, &message));
    link_drop(&line, "no acknowledgement for 30 s", 400000);
    line.retry_mono_ms = INT64_MAX;
    link_step(&line, 459999);
    assert_false(queue_take(engine, 0, &message));
    link_step(&line, 460000);
    assert_note(PHASE_OPENED);
    queue_free(line.queue);
}

static void
test_attempt_without_end(void **state)
{
    (void)state;
    start_link();
    link_step(&line, 1000);
    link_step(&line, link_next_mono_ms(&line) - 1);
    assert_int_equal(line.state, LINK_CONNECTING);
    link_step(&line, link_next_mono_ms(&line));
    assert_int_equal(line.state, LINK_DOWN);
    assert_int_equal(fake.freed, 1);
    queue_free(line.queue);
}

static void
test_password_is_read_anew(void **state)
{
    (void)state;
    char path[] = "/tmp/parkgate-password-XXXXXX";
    close(mkstemp(path));
    write_file(path, "one\n", 0600);
    start_link();
    destination.user = "me";
    destination.password = path;
    link_step(&line, 1000);
    assert_string_equal(fake.password, "one");
    happen(MQTT_NOT_CONNECTED, false, 1000);
    write_file(path, "two\n", 0600);
    link_step(&line, line.retry_mono_ms);
    assert_string_equal(fake.password, "two");
    happen(MQTT_NOT_CONNECTED, false, 1000);
    unlink(path);
    int made = fake.made;
    link_step(&line, line.retry_mono_ms + 100000);
    assert_int_equal(fake.made, made);
    assert_non_null(strstr(line.reason, "cannot read the password"));
    queue_free(line.queue);
}

/* ---- several brokers ---- */

/* What the scout will say, and where it was sent. */
static struct {
    int sent, found;
    const char *host;
} scouted;

void
scout_send(struct scout *scout, const char *host, uint16_t port)
{
    (void)port;
    scouted.sent++;
    scouted.host = host;
    scout->is_out = true;
}

bool
scout_returned(struct scout *scout, bool *ret_answers)
{
    if (!scout->is_out)
        return false;
    scout->is_out = false;
    *ret_answers = scouted.found > 0;
    return true;
}

void
scout_call_back(struct scout *scout)
{
    scout->is_out = false;
}

static void
start_two(void)
{
    start_link();
    destination.brokers[0].host = "first";
    destination.brokers[1] = (struct broker){.host = "second", .port = 1883};
    destination.broker_count = 2;
    scouted.sent = scouted.found = 0;
    link_init(&line, 1000);
}

static void
test_next_broker_at_once(void **state)
{
    (void)state;
    start_two();
    link_step(&line, 1000);
    assert_string_equal(fake.host, "first");
    happen(MQTT_NOT_CONNECTED, false, 1000);
    assert_int_equal(line.retry_mono_ms, 1000);
    link_step(&line, 1000);
    assert_string_equal(fake.host, "second");
    happen(MQTT_NOT_CONNECTED, false, 1000);
    assert_in_range(line.retry_mono_ms, 2000, 3000); /* the round is over */
    link_step(&line, line.retry_mono_ms);
    assert_string_equal(fake.host, "first");
    happen(MQTT_NOT_CONNECTED, false, 4000);
    link_step(&line, 4000);
    assert_int_equal(happen(MQTT_CONNECTED, false, 4000), LINK_CAME_UP);
    assert_string_equal(link_broker(&line)->host, "second");
    link_drop(&line, "gone", 4000 + SETTLED_MS); /* it was good: the same again */
    link_step(&line, line.retry_mono_ms);
    assert_string_equal(fake.host, "second");
    happen(MQTT_CONNECTED, false, 50000);
    link_desert(&line, "no acknowledgement for 30 s", 50000 + SETTLED_MS);
    link_step(&line, line.retry_mono_ms);
    assert_string_equal(fake.host, "first");
    link_close(&line);
    queue_free(line.queue);
}

/* One look of the scout: when it leaves and what it finds. Returns the time of its return. */
static int64_t
look(int found, int64_t mono_ms)
{
    int sent = scouted.sent;
    scouted.found = found;
    while (scouted.sent == sent)
        link_step(&line, mono_ms += 1000);
    link_step(&line, ++mono_ms);
    return mono_ms;
}

static void
test_back_to_the_first(void **state)
{
    (void)state;
    start_two();
    link_step(&line, 1000);
    happen(MQTT_NOT_CONNECTED, false, 1000);
    link_step(&line, 1000);
    happen(MQTT_CONNECTED, false, 1000);
    int64_t now = look(-1, 1000);
    assert_in_range(now, 1000 + 45000, 1000 + 77000);
    assert_string_equal(scouted.host, "first");
    now = look(1, now);
    now = look(-1, now);
    now = look(1, now);
    assert_false(line.wants_return); /* once is not twice in a row */
    now = look(1, now);
    assert_true(line.wants_return);
    link_return(&line, now);
    assert_int_equal(line.state, LINK_DOWN);
    link_step(&line, now);
    assert_string_equal(fake.host, "first");
    happen(MQTT_NOT_CONNECTED, false, now); /* it answers, but takes nobody */
    link_step(&line, now);
    assert_string_equal(fake.host, "second");
    happen(MQTT_CONNECTED, false, now);
    int64_t again = look(1, now);
    assert_in_range(again - now, 90000, 155000); /* twice as long as before */
    link_close(&line);
    queue_free(line.queue);
}

static int
by_size(const void *a, const void *b)
{
    const int64_t *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* 200 gateways that lost one broker: no tenth of the time sees more than a quarter of them, at the
 * first attempt and at a late one. */
static void
test_gateways_spread(void **state)
{
    (void)state;
    for (unsigned failures = 0; failures < 8; failures += 7) {
        int64_t pauses[200], most = failures < 5 ? 2000LL << failures : 60000;
        for (size_t i = 0; i < 200; i++)
            pauses[i] = backoff_ms(failures);
        qsort(pauses, 200, sizeof pauses[0], by_size);
        for (size_t i = 0; i + 50 < 200; i++)
            assert_true(pauses[i + 50] - pauses[i] > most / 20);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_credentials),         TEST(test_connects_and_comes_back),
        TEST(test_backs_off),           TEST(test_falls_back),
        TEST(test_version_of_the_site), TEST(test_long_outage_is_noted),
        TEST(test_attempt_without_end), TEST(test_password_is_read_anew),
        TEST(test_next_broker_at_once), TEST(test_back_to_the_first),
        TEST(test_gateways_spread),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
