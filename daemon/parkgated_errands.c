/* What commands ask of main (daemon/errand.h): one at a time, in the order they came, between two
 * seconds' looks. An errand goes back when it is done, or when it is clear how it ended; one that
 * waits for a trial is kept by parkgated_trial.c. What changes the daemon is an event with who
 * asked (promise 10). */
#include "daemon/parkgated_parts.h"

#include "base/clock.h"
#include "base/log.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void
parkgated_call(void *context)
{
    (void)context;
    kill(getpid(), SIGUSR1); /* main takes it with sigtimedwait; several are one */
}

static void
tell(struct parkgated *self, const char *kind, const struct errand *errand, const char *text)
{
    struct note note = {.kind = kind, .phase = PHASE_NOTED, .severity = SEVERITY_INFO};

    snprintf(note.subject, sizeof note.subject, "gateway");
    snprintf(note.text, sizeof note.text, "%s", text);
    snprintf(note.who, sizeof note.who, "%s", errand->who);
    log_notice("%s, by %s", text, errand->who);
    parkgated_post_note(self, &note);
}

/* ---- the errands: true when it goes back now ---- */

static bool
run_reload(struct parkgated *self, struct errand *errand)
{
    errand->refused = !parkgated_reload(self, errand->who);
    snprintf(errand->why, sizeof errand->why, "%.199s",
             errand->refused ? self->last_error : "the site file was read anew");
    return true;
}

static bool
run_restart(struct parkgated *self, struct errand *errand)
{
    char text[EVENT_TEXT];

    snprintf(text, sizeof text, "restart asked for: %.150s", errand->reason);
    tell(self, "gateway.restart", errand, text);
    snprintf(errand->why, sizeof errand->why, "it ends now and systemd starts it again");
    self->restart_wanted = true;
    return true;
}

static bool
run_log_level(struct parkgated *self, struct errand *errand)
{
    char text[EVENT_TEXT];
    enum log_level before = log_get_level();

    if (self->log_until_mono_ms == 0)
        self->log_level = before;
    log_set_level((enum log_level)errand->number);
    self->log_until_mono_ms = errand->until_mono_ms;
    snprintf(text, sizeof text, "log level %s -> %s for %lld s", log_level_name(before),
             log_level_name((enum log_level)errand->number),
             (long long)((errand->until_mono_ms - clock_mono_ms() + 500) / 1000));
    tell(self, "log.level", errand, text);
    return true;
}

static bool
run_resend(struct parkgated *self, struct errand *errand)
{
    struct forward_resend resend = {
        .stream = errand->stream, .first = errand->first, .last = errand->last};

    snprintf(resend.who, sizeof resend.who, "%s", errand->who);
    errand->refused = forward_resend(self->running.forward, errand->subject, &resend,
                                     errand->why) != 0;
    return true;
}

static bool
run_reconnect(struct parkgated *self, struct errand *errand)
{
    errand->refused = !forward_reconnect(self->running.forward, errand->subject);
    if (errand->refused)
        snprintf(errand->why, sizeof errand->why, "there is no destination %s", errand->subject);
    return true;
}

static bool
run_rotate_key(struct parkgated *self, struct errand *errand)
{
    errand->refused = store_rotate_key(self->store, errand->who, errand->why) != 0;
    if (!errand->refused)
        parkgated_publish_catalog(self);
    return true;
}

static bool (*const RUN[])(struct parkgated *self, struct errand *errand) = {
    [ERRAND_RELOAD] = run_reload,
    [ERRAND_RESTART] = run_restart,
    [ERRAND_LOG_LEVEL] = run_log_level,
    [ERRAND_APPLY] = parkgated_apply,
    [ERRAND_ROLL_BACK] = parkgated_roll_back,
    [ERRAND_RESEND] = run_resend,
    [ERRAND_RECONNECT] = run_reconnect,
    [ERRAND_ROTATE_KEY] = run_rotate_key,
};

/* ---- main ---- */

void
parkgated_return_errand(struct errand *errand)
{
    queue_post_reserved(errand->done, &errand);
}

bool
parkgated_run_errands(struct parkgated *self)
{
    struct errand *errand;

    while (!self->restart_wanted && queue_take(self->errands, 0, &errand)) {
        errand->refused = false;
        errand->why[0] = '\0';
        if (RUN[errand->kind](self, errand))
            parkgated_return_errand(errand);
    }
    if (!self->restart_wanted && atomic_exchange(&self->refresh, false))
        parkgated_publish_health(self);
    return !self->restart_wanted;
}

void
parkgated_refuse_errands(struct parkgated *self)
{
    struct errand *errand;

    parkgated_stop_trial(self);
    while (queue_take(self->errands, 0, &errand)) {
        errand->refused = true;
        snprintf(errand->why, sizeof errand->why, "the gateway is stopping");
        parkgated_return_errand(errand);
    }
}

void
parkgated_watch_log_level(struct parkgated *self, int64_t mono_ms)
{
    if (self->log_until_mono_ms == 0 || mono_ms < self->log_until_mono_ms)
        return;
    self->log_until_mono_ms = 0;
    log_set_level(self->log_level);
    log_notice("log level is %s again", log_level_name(self->log_level));
    parkgated_note(self, "log.level", SEVERITY_INFO, "the log level is what it was before");
}
