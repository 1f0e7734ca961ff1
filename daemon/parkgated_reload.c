/* A changed site file, and what has to be looked at once a second. */
#include "daemon/parkgated_parts.h"

#include "base/calendar.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEALTH_EVERY_MS 30000
#define HANG_MS         20000
#define SWAP_WAIT_MS    10000

/* ---- reload ---- */

static bool
wait_for_engine(struct parkgated *self, uint32_t generation)
{
    const struct engine_counters *counters = engine_counters(self->engine);
    int64_t until_mono_ms = clock_mono_ms() + SWAP_WAIT_MS;

    while (atomic_load(&counters->generation) != generation) {
        if (clock_mono_ms() > until_mono_ms)
            return false;
        clock_sleep_until_ns(clock_mono_ns() + 5000000);
    }
    return true;
}

/* The old generation is quiet; the new one has its memory. Nothing that can fail but the disk. */
static int
swap(struct parkgated *self, struct running *next)
{
    struct message message = {.kind = MESSAGE_SITE};

    int error = store_register(self->store, next->site);
    if (error != 0)
        return error;
    message.as.site = next->site;
    queue_post_reserved(self->inbox, &message);
    if (!wait_for_engine(self, next->site->generation)) {
        log_error("the engine does not take over the new site: restarting");
        abort();
    }
    struct running old = self->running;
    self->running = *next;
    parkgated_free_running(&old);
    return 0;
}

int
parkgated_prepare(struct parkgated *self, struct running *next)
{
    next->site->generation = ++self->generation;
    int error = parkgated_take_counters(next);
    if (error == 0)
        error = engine_prepare(self->engine, next->site, next->devices, next->destinations);
    return error;
}

int
parkgated_go_over(struct parkgated *self, struct running *next, const char *who, const char *why)
{
    struct note note = {
        .kind = "configuration.changed", .phase = PHASE_NOTED, .severity = SEVERITY_INFO};
    char before[9], after[9];

    for (int i = 0; i < 4; i++) {
        snprintf(before + i * 2, 3, "%02x", self->running.site->digest[i]);
        snprintf(after + i * 2, 3, "%02x", next->site->digest[i]);
    }
    parkgated_stop_running(self);
    int error = swap(self, next);
    if (error != 0) {
        log_error("the new site was not taken over: %s; the old one goes on", strerror(-error));
        parkgated_free_running(next);
    } else {
        snprintf(note.subject, sizeof note.subject, "gateway");
        snprintf(note.who, sizeof note.who, "%s", who);
        snprintf(note.text, sizeof note.text, "site file changed from %s to %s by %.40s%s%.100s",
                 before, after, who, *why != '\0' ? ": " : "", why);
        parkgated_post_note(self, &note);
        log_notice("%s", note.text);
    }
    atomic_fetch_add(&self->catalog_version, 1);
    parkgated_publish_catalog(self);
    int started = parkgated_start_running(self);
    if (started != 0)
        log_error("reading and sending could not be started again: %s", strerror(-started));
    parkgated_publish_health(self);
    return error != 0 ? error : started;
}

/* The local file when somebody changed it, else the version that is in force. */
static int
load_what_holds(struct parkgated *self, struct site **ret_site)
{
    uint64_t number = parkgated_version_in_force(self);

    if (number != 0 && !configuration_local_changed(self->configuration))
        return parkgated_load_version(self, number, ret_site);
    return parkgated_load_site(self, ret_site);
}

static bool
refuse(struct parkgated *self)
{
    char text[EVENT_TEXT];

    snprintf(text, sizeof text, "refused, nothing changed: %.160s", self->last_error);
    log_error("%s was not taken over, nothing changed: %s", self->options.file, self->last_error);
    parkgated_note(self, "configuration.refused", SEVERITY_WARNING, text);
    parkgated_publish_health(self);
    return false;
}

bool
parkgated_reload(struct parkgated *self, const char *who)
{
    struct running next = {0};

    if (parkgated_is_on_trial(self, self->last_error, sizeof self->last_error))
        return refuse(self);
    if (load_what_holds(self, &next.site) != 0)
        return refuse(self);
    parkgated_settle_local(self);
    if (memcmp(next.site->digest, self->running.site->digest, sizeof next.site->digest) == 0) {
        log_notice("%s is unchanged", self->options.file);
        site_free(next.site);
        return true;
    }
    int error = parkgated_prepare(self, &next);
    if (error != 0) {
        log_error("no memory for the new site: nothing changed");
        snprintf(self->last_error, sizeof self->last_error, "no memory for the new site");
        parkgated_free_running(&next);
        return false;
    }
    error = parkgated_go_over(self, &next, who, "");
    if (error != 0)
        snprintf(self->last_error, sizeof self->last_error, "it was not taken over: %s",
                 strerror(-error));
    return error == 0;
}

/* ---- once a second ---- */

/* Once a boot, when the clock can be believed for the first time: what was recorded before is
 * placed by it. */
static void
tell_zero(struct parkgated *self)
{
    struct note note = {.kind = "clock.zero", .phase = PHASE_NOTED, .severity = SEVERITY_INFO};
    struct stamp now;
    char zero[30];

    timekeeper_stamp(&self->timekeeper, clock_mono_ms(), &now);
    note.boot = now.boot;
    note.zero_utc_ms = now.utc_ms - now.mono_ms;
    calendar_print_time(note.zero_utc_ms, zero);
    snprintf(note.subject, sizeof note.subject, "gateway");
    snprintf(note.text, sizeof note.text, "boot %u began at %s; its earlier records stand by that",
             now.boot, zero);
    parkgated_post_note(self, &note);
    self->placed = true;
}

static void
watch_clock(struct parkgated *self)
{
    struct timekeeper_change change;
    char text[EVENT_TEXT];

    bool changed = timekeeper_update(&self->timekeeper, &change);
    if (change.after == CLOCK_SYNCHRONISED && !self->placed)
        tell_zero(self);
    if (!changed)
        return;
    snprintf(text, sizeof text, "clock %s -> %s, step %" PRId64 " ms",
             timekeeper_state_name(change.before), timekeeper_state_name(change.after),
             change.step_ms);
    log_notice("%s", text);
    parkgated_note(self, change.step_ms != 0 ? "clock.step" : "clock.changed", SEVERITY_INFO, text);
}

/* Changes when something an operator waits for changes: states, not counts. */
static uint64_t
sign_states(const struct parkgated *self)
{
    const struct running *running = &self->running;
    uint64_t sign = atomic_load(&store_counters(self->store)->is_volatile);

    sign = sign * 31 + (uint64_t)(atomic_load(&self->timekeeper.packed) & 3); /* clock's state */
    sign = sign * 31 + (self->trial != NULL);
    for (uint16_t i = 0; i < running->site->device_count; i++)
        sign = sign * 31 + atomic_load(&running->devices[i].state);
    for (uint16_t i = 0; i < running->site->destination_count; i++)
        sign = sign * 31 + atomic_load(&running->destinations[i].state);
    return sign;
}

/* Those that feed the watchdog. */
static bool
parts_move(struct parkgated *self, int64_t mono_ms)
{
    int64_t engine_mono_ms = atomic_load(&engine_counters(self->engine)->alive_mono_ms);
    if (engine_mono_ms != 0 && mono_ms - engine_mono_ms > HANG_MS) {
        log_error("the engine has not moved for %" PRId64 " s", (mono_ms - engine_mono_ms) / 1000);
        return false;
    }
    int64_t store_mono_ms = store_alive_mono_ms(self->store);
    if (mono_ms - store_mono_ms > HANG_MS) {
        log_error("the store has not moved for %" PRId64 " s", (mono_ms - store_mono_ms) / 1000);
        return false;
    }
    return parkgated_lines_move(self, mono_ms);
}

bool
parkgated_tick(struct parkgated *self)
{
    int64_t mono_ms = clock_mono_ms();

    watch_clock(self);
    parkgated_watch_trial(self, mono_ms);
    parkgated_watch_log_level(self, mono_ms);
    uint64_t signature = sign_states(self);
    bool changed = parkgated_watch_health(self);
    if (atomic_exchange(&self->refresh, false) || changed || signature != self->health_signature ||
        mono_ms - atomic_load(&self->health_mono_ms) >= HEALTH_EVERY_MS) {
        self->health_signature = signature;
        parkgated_publish_health(self);
    }
    bool move = parts_move(self, mono_ms);
    run_file_set_hung(&self->oversight.run, !move); /* before the watchdog bites */
    return move;
}
