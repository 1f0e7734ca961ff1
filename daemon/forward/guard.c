/* Expiry is judged unless the clock is unknown: a restored one is behind, so that what it finds
 * expiring is. What is fine or not stands in event
 * certificate.expiring of subject DESTINATION/broker or DESTINATION/own: warning so many days ahead
 * as the site says, alarm in the last week and afterwards. One that becomes an alarm is closed as a
 * warning and opened anew, because an event's severity does not change. */
#include "daemon/forward/guard.h"

#include "base/clock.h"
#include "base/log.h"
#include "protocols/tls/certificates.h"
#include "protocols/tls/probe.h"

#include <stdio.h>
#include <string.h>

#define LOOK_AFTER_MS 2000     /* what waits to be sent goes first */
#define LOOK_EVERY_MS 86400000 /* a day */
#define ASK_CLOCK_MS  600000   /* while it is not known */
#define PROBE_MS      5000
#define DAY_MS        86400000LL
#define ALARM_DAYS    7

static const char *const WHOSE[] = {"broker", "own"};

static void
print_directory(const struct guard *guard, char ret_directory[CERTIFICATES_PATH])
{
    snprintf(ret_directory, CERTIFICATES_PATH, "%.200s/certificates", guard->state);
}

void
guard_init(struct guard *guard)
{
    char directory[CERTIFICATES_PATH];
    if (!guard->state)
        return;
    print_directory(guard, directory);
    certificates_give_up(directory, guard->destination->name);
}

int
guard_choose(const struct guard *guard, char ret_certificate[CREDENTIALS_PATH],
             char ret_key[CREDENTIALS_PATH], char ret_error[200])
{
    char directory[CERTIFICATES_PATH], path[CERTIFICATES_PATH];
    if (!guard->state || !guard->destination->brokers[0].tls)
        return 0;
    print_directory(guard, directory);
    if (!certificates_find(directory, guard->destination->name, path))
        return 0;
    int rc = credentials_find(NULL, path, "renewed certificate", true, ret_certificate, ret_error);
    if (rc == 0)
        memcpy(ret_key, ret_certificate, CREDENTIALS_PATH);
    return rc;
}

static enum clock_state
clock_of(const struct guard *guard, int64_t mono_ms)
{
    struct stamp now = {.clock = CLOCK_SYNCHRONISED};
    if (guard->stamp)
        guard->stamp(guard->timekeeper, mono_ms, &now);
    return now.clock;
}

static const char *
or_none(const char *path)
{
    return path && path[0] ? path : NULL;
}

static int
probe(const struct guard *guard, const struct broker *broker, int64_t mono_ms,
      struct probe_result *ret_result, char ret_error[PROBE_TEXT])
{
    enum clock_state clock = clock_of(guard, mono_ms);
    struct probe_options options = {
        .host = broker->host,
        .port = broker->port,
        .ca = or_none(guard->ca),
        .certificate = or_none(guard->certificate),
        .key = or_none(guard->key),
        .only_1_3 = guard->destination->tls_1_3,
        .clock_unsure = clock == CLOCK_UNKNOWN || clock == CLOCK_RESTORED,
        .timeout_ms = PROBE_MS,
    };
    return probe_run(&options, ret_result, ret_error);
}

bool
guard_explain(struct guard *guard, const struct broker *broker, int64_t mono_ms,
              char ret_reason[200])
{
    struct probe_result result;
    char reason[PROBE_TEXT];
    if (!broker->tls || probe(guard, broker, mono_ms, &result, reason) == 0)
        return false;
    snprintf(ret_reason, 200, "%s", reason);
    return true;
}

/* ---- expiry ---- */

static bool
post(const struct guard *guard, enum guard_whose whose, enum event_phase phase,
     enum severity severity, const char *text)
{
    struct message message = {.kind = MESSAGE_NOTE};
    struct note *note = &message.as.note;
    note->kind = "certificate.expiring";
    note->phase = phase;
    note->severity = severity;
    snprintf(note->subject, sizeof note->subject, "%.50s/%s", guard->destination->name,
             WHOSE[whose]);
    snprintf(note->text, sizeof note->text, "%.190s", text);
    return queue_post_reserved(guard->notes, &message);
}

static void
print_end(const struct guard *guard, enum guard_whose whose, int64_t left_ms, char ret_text[160])
{
    long long days = left_ms < 0 ? -left_ms / DAY_MS : (left_ms + DAY_MS - 1) / DAY_MS;
    const char *which = whose == GUARD_OWN ? "this gateway's certificate"
                                           : "the broker's certificate";
    if (left_ms < 0)
        snprintf(ret_text, 160, "%s for %.50s expired %lld days ago", which,
                 guard->destination->name, days);
    else
        snprintf(ret_text, 160, "%s for %.50s expires in %lld days", which,
                 guard->destination->name, days);
}

static void
note_end(struct guard *guard, enum guard_whose whose, int64_t utc_ms)
{
    char text[160];
    int64_t left_ms = guard->until_utc_ms[whose] - utc_ms;
    enum guard_noted wanted = left_ms < ALARM_DAYS * DAY_MS ? GUARD_ALARMED
                              : left_ms < guard->destination->certificate_warning_days * DAY_MS
                                  ? GUARD_WARNED
                                  : GUARD_FINE;
    enum guard_noted before = guard->noted[whose];
    if (wanted == before)
        return;
    print_end(guard, whose, left_ms, text);
    bool is_open = before == GUARD_WARNED || before == GUARD_ALARMED;
    if ((wanted == GUARD_FINE || is_open) &&
        !post(guard, whose, PHASE_CLOSED, SEVERITY_WARNING, text))
        return;
    if (wanted != GUARD_FINE) {
        log_warning("destination %s: %s", guard->destination->name, text);
        if (!post(guard, whose, PHASE_OPENED,
                  wanted == GUARD_ALARMED ? SEVERITY_ALARM : SEVERITY_WARNING, text))
            return;
    }
    guard->noted[whose] = wanted;
}

static void
judge_ends(struct guard *guard, int64_t mono_ms)
{
    struct destination_counters *counters = guard->counters;
    atomic_store_explicit(&counters->broker_certificate_until_utc_ms,
                          guard->until_utc_ms[GUARD_BROKER], memory_order_relaxed);
    atomic_store_explicit(&counters->certificate_until_utc_ms, guard->until_utc_ms[GUARD_OWN],
                          memory_order_relaxed);
    if (clock_of(guard, mono_ms) == CLOCK_UNKNOWN) {
        guard->look_mono_ms = mono_ms + ASK_CLOCK_MS;
        return;
    }
    for (enum guard_whose whose = GUARD_BROKER; whose < GUARD_WHOSE; whose++)
        if (guard->until_utc_ms[whose])
            note_end(guard, whose, clock_utc_ms());
}

void
guard_came_up(struct guard *guard, int64_t mono_ms)
{
    guard->look_mono_ms = mono_ms + LOOK_AFTER_MS;
}

void
guard_step(struct guard *guard, const struct broker *broker, bool is_up, int64_t mono_ms)
{
    struct probe_result result;
    char error[PROBE_TEXT];
    if (!broker->tls || mono_ms < guard->look_mono_ms)
        return;
    guard->look_mono_ms = mono_ms + LOOK_EVERY_MS;
    if (or_none(guard->certificate))
        guard->until_utc_ms[GUARD_OWN] = certificates_until_utc_ms(guard->certificate);
    if (is_up && probe(guard, broker, mono_ms, &result, error) == 0)
        guard->until_utc_ms[GUARD_BROKER] = result.until_utc_ms;
    else if (is_up)
        log_warning("destination %s: connected, but a second handshake fails: %s",
                    guard->destination->name, error);
    judge_ends(guard, mono_ms);
}
