/* Credentials, and the connection's life with a client that only remembers what it was asked. */
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
    const char *password;
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
    destination = (struct destination){.name = "centre", .host = "broker", .port = 1883};
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

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_credentials),         TEST(test_connects_and_comes_back),
        TEST(test_backs_off),           TEST(test_falls_back),
        TEST(test_version_of_the_site), TEST(test_long_outage_is_noted),
        TEST(test_attempt_without_end), TEST(test_password_is_read_anew),
    };
    return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
