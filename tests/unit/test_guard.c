/* When a certificate is told of, with a broker and a clock that say what the test wants. */
#include "daemon/forward/guard.c"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/tls_certificates.h"

/* ---- the broker, the clock, the engine ---- */

static int64_t left_ms;
static int asked, outcome;
static struct probe_options asked_with;
static enum clock_state clock_state;

int
probe_run(const struct probe_options *options, struct probe_result *ret_result,
          char ret_error[PROBE_TEXT])
{
    asked++;
    asked_with = *options;
    *ret_result = (struct probe_result){.until_utc_ms = clock_utc_ms() + left_ms};
    snprintf(ret_error, PROBE_TEXT, "what the probe says");
    return outcome;
}

static void
stamp(void *timekeeper, int64_t mono_ms, struct stamp *ret_now)
{
    (void)timekeeper;
    *ret_now = (struct stamp){.clock = clock_state, .mono_ms = mono_ms};
}

static struct destination destination = {.name = "centre", .certificate_warning_days = 30};
static struct destination_counters counters;
static struct queue *notes;
static struct guard guard;
static char nothing[] = "";

static int
setup(void **state)
{
    (void)state;
    destination.brokers[0] = (struct broker){.host = "mq.example", .port = 8883, .tls = true};
    destination.broker_count = 1;
    guard = (struct guard){.destination = &destination,
                           .counters = &counters,
                           .stamp = stamp,
                           .ca = nothing,
                           .certificate = nothing,
                           .key = nothing};
    clock_state = CLOCK_SYNCHRONISED;
    outcome = asked = 0;
    int rc = queue_new(sizeof(struct message), 8, 4, &notes);
    guard.notes = notes;
    return rc;
}

static int
teardown(void **state)
{
    (void)state;
    queue_free(notes);
    return 0;
}

static int64_t now_ms;

static void
look(int64_t left_days)
{
    left_ms = left_days * DAY_MS + 1000;
    now_ms += LOOK_EVERY_MS;
    guard_step(&guard, &destination.brokers[0], true, now_ms);
}

static void
assert_note(enum event_phase phase, enum severity severity, const char *words)
{
    struct message message;
    assert_true(queue_take(notes, 0, &message));
    assert_string_equal(message.as.note.kind, "certificate.expiring");
    assert_string_equal(message.as.note.subject, "centre/broker");
    assert_int_equal(message.as.note.phase, phase);
    if (phase == PHASE_OPENED)
        assert_int_equal(message.as.note.severity, severity);
    assert_non_null(strstr(message.as.note.text, words));
}

static void
assert_silence(void)
{
    assert_int_equal(queue_depth(notes), 0);
}

/* ---- tests ---- */

static void
test_a_life(void **state)
{
    (void)state;
    look(31);
    assert_note(PHASE_CLOSED, SEVERITY_WARNING,
                "in 32 days"); /* an earlier run may have opened it */
    look(30);
    assert_silence();
    look(29);
    assert_note(PHASE_OPENED, SEVERITY_WARNING, "the broker's certificate for centre expires in");
    look(8);
    look(7);
    assert_silence();
    look(6);
    assert_note(PHASE_CLOSED, SEVERITY_WARNING, "");
    assert_note(PHASE_OPENED, SEVERITY_ALARM, "expires in 7 days");
    look(-2);
    assert_silence();
    look(365);
    assert_note(PHASE_CLOSED, SEVERITY_ALARM, "in 366 days");
    assert_silence();
    int64_t known = atomic_load(&counters.broker_certificate_until_utc_ms) - clock_utc_ms();
    assert_in_range(known, 364 * DAY_MS, 366 * DAY_MS);
}

static void
test_expired_at_once(void **state)
{
    (void)state;
    look(-2);
    assert_note(PHASE_OPENED, SEVERITY_ALARM, "expired 1 days ago");
    assert_silence();
}

static void
test_unknown_clock(void **state)
{
    (void)state;
    clock_state = CLOCK_UNKNOWN;
    look(3);
    assert_silence();
    assert_true(asked_with.clock_unsure);
    clock_state = CLOCK_RESTORED;
    guard_step(&guard, &destination.brokers[0], true, now_ms + ASK_CLOCK_MS);
    assert_note(PHASE_OPENED, SEVERITY_ALARM, "expires in 4 days");
    assert_true(asked_with.clock_unsure);
}

static void
test_when_it_looks(void **state)
{
    (void)state;
    struct broker plain = {.host = "mq.example", .port = 1883};
    left_ms = 90 * DAY_MS;
    guard_came_up(&guard, 1000);
    guard_step(&guard, &destination.brokers[0], true, 1000);
    guard_step(&guard, &plain, true, 1000 + LOOK_AFTER_MS);
    assert_int_equal(asked, 0);
    guard_step(&guard, &destination.brokers[0], true, 1000 + LOOK_AFTER_MS);
    guard_step(&guard, &destination.brokers[0], true, 2000 + LOOK_AFTER_MS);
    assert_int_equal(asked, 1);
    guard_step(&guard, &destination.brokers[0], false, 2000 + 2 * LOOK_EVERY_MS);
    assert_int_equal(asked, 1); /* down: nobody to ask */
}

static void
test_reasons(void **state)
{
    (void)state;
    char reason[200] = "paho's";
    struct broker plain = {.host = "mq.example", .port = 1883};
    assert_false(guard_explain(&guard, &plain, 0, reason));
    assert_false(guard_explain(&guard, &destination.brokers[0], 0, reason));
    assert_string_equal(reason, "paho's");
    outcome = -EPROTO;
    assert_true(guard_explain(&guard, &destination.brokers[0], 0, reason));
    assert_string_equal(reason, "what the probe says");
}

static void
test_renewed(void **state)
{
    (void)state;
    char root[] = "/tmp/parkgate-guard-XXXXXX", path[80], error[200];
    char certificate[CREDENTIALS_PATH] = "configured", key[CREDENTIALS_PATH] = "configured";
    assert_non_null(mkdtemp(root));
    guard.state = root;
    assert_int_equal(guard_choose(&guard, certificate, key, error), 0);
    assert_string_equal(key, "configured");
    snprintf(path, sizeof path, "%s/certificates", root);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/certificates/centre.trial", root);
    struct made made = make_certificate(&(struct wish){.name = "gateway", .until_days = 3});
    save_certificate(&made, path);
    free_made(&made);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(guard_choose(&guard, certificate, key, error), 0);
    assert_string_equal(certificate, path);
    assert_string_equal(key, path);
    guard_init(&guard); /* a trial that was cut short */
    assert_int_not_equal(access(path, F_OK), 0);
    snprintf(path, sizeof path, "%s/certificates", root);
    rmdir(path);
    rmdir(root);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_life, setup, teardown),
        cmocka_unit_test_setup_teardown(test_expired_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(test_when_it_looks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reasons, setup, teardown),
        cmocka_unit_test_setup_teardown(test_renewed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
