/* A proposed site on trial (docs/decisions/0012-trial.md): it runs, and either proves itself within
 * its time or the site before it comes back by itself. The trial is on disk before the first bus is
 * touched, so that a crash, a power cut or a stop in between also ends with the site before.
 *
 * What must come back is loaded before the change, so that going back needs neither the file nor a
 * good disk. The errand of who asked is kept and goes back when it is decided. */
#include "daemon/parkgated_parts.h"

#include "base/arena.h"
#include "base/calendar.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/configuration/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trial {
    uint64_t number, previous;
    struct site *back; /* what ran before, loaded anew */
    struct arena *arena;
    struct trial_view before;
    struct errand *errand; /* who waits; the errand's texts are needed until the end */
    int64_t begun_mono_ms, until_utc_ms;
    char mistake[200];
};

/* ---- beginning ---- */

static void
free_trial(struct trial *trial)
{
    if (trial == NULL)
        return;
    site_free(trial->back);
    arena_free(trial->arena);
    free(trial);
}

bool
parkgated_is_on_trial(const struct parkgated *self, char *ret_why, size_t size)
{
    char until[30];

    if (self->trial == NULL)
        return false;
    calendar_print_time(self->trial->until_utc_ms, until);
    snprintf(ret_why, size, "version %" PRIu64 " is on trial until %s: ask again then",
             self->trial->number, until);
    return true;
}

/* What runs, loaded anew to come back to: NULL, or why not. */
static const char *
load_back(struct parkgated *self, struct site **ret_back)
{
    static const char CHANGED[] =
        "the local file was changed and not taken over: reload first, then propose anew";

    if (configuration_local_changed(self->configuration))
        return CHANGED;
    if (parkgated_load_version(self, parkgated_version_in_force(self), ret_back) != 0)
        return CHANGED;
    if (memcmp((*ret_back)->digest, self->running.site->digest, 32) != 0)
        return CHANGED;
    return NULL;
}

/* Sentences that end an errand before anything was changed. */
static bool
refuse(struct parkgated *self, struct errand *errand, const char *why)
{
    struct note note = {
        .kind = "configuration.refused", .phase = PHASE_NOTED, .severity = SEVERITY_WARNING};

    errand->refused = true;
    snprintf(errand->why, sizeof errand->why, "%.199s", why);
    errand->ret_number = parkgated_version_in_force(self);
    snprintf(note.subject, sizeof note.subject, "gateway");
    snprintf(note.who, sizeof note.who, "%s", errand->who);
    snprintf(note.text, sizeof note.text, "version %" PRIu64 " refused: %.150s", errand->number,
             why);
    parkgated_post_note(self, &note);
    return true;
}

static bool
has_errand_room(struct parkgated *self, struct errand *errand, char ret_why[200])
{
    struct version version;

    if (self->configuration == NULL) {
        snprintf(ret_why, 200, "this gateway keeps no versions: see its log");
        return false;
    }
    if (parkgated_is_on_trial(self, ret_why, 200))
        return false;
    if (errand->number != 0 && !configuration_find(self->configuration, errand->number, &version)) {
        snprintf(ret_why, 200, "there is no version %" PRIu64 ": ask for 'versions'",
                 errand->number);
        return false;
    }
    if (errand->number == parkgated_version_in_force(self)) {
        snprintf(ret_why, 200, "version %" PRIu64 " is in force already", errand->number);
        return false;
    }
    return true;
}

/* The site of that version, ready to be gone over to; else why not. */
static bool
load_next(struct parkgated *self, struct errand *errand, struct running *ret_next,
          char ret_why[200])
{
    if (parkgated_load_version(self, errand->number, &ret_next->site) != 0) {
        snprintf(ret_why, 200, "%.190s", self->last_error);
        configuration_refuse(self->configuration, errand->number, ret_why);
        return false;
    }
    if (memcmp(ret_next->site->digest, self->running.site->digest, 32) == 0) {
        snprintf(ret_why, 200, "it makes the same site that runs already");
        return false;
    }
    return true;
}

static bool
knows(const struct site *site, const char *who)
{
    for (uint16_t i = 0; i < site->person_count; i++)
        if (!strcmp(site->people[i].name, who) && site->people[i].role >= ROLE_ENGINEER)
            return true;
    return false;
}

/* The gateway must stay within reach of who asks: their destination and their key. */
static bool
keeps_asker(struct parkgated *self, const struct errand *errand, const struct running *next,
            char ret_why[200])
{
    struct arena *arena = arena_new();
    struct trial_view view = parkgated_take_view(arena, next, NULL);
    const char *gone = "";

    if (!trial_keeps_origin(&view, errand->origin, errand->allow))
        gone = "destination";
    else if (knows(self->running.site, errand->who) && !knows(next->site, errand->who) &&
             !trial_allows(errand->allow, errand->who))
        gone = "engineer";
    arena_free(arena);
    if (*gone == '\0')
        return true;
    snprintf(ret_why, 200, "%s %.31s, %s, would be gone%s", gone,
             *gone == 'd' ? errand->origin : errand->who,
             *gone == 'd' ? "which this came over" : "who asks for this",
             errand->kind == ERRAND_APPLY ? ": to do it all the same, name it in 'allow'" : "");
    return false;
}

static struct trial *
make_trial(struct parkgated *self, struct errand *errand)
{
    struct trial *trial = calloc(1, sizeof *trial);

    if (trial == NULL)
        return NULL;
    if (errand->within_s == 0)
        errand->within_s = TRIAL_WITHIN_S;
    trial->arena = arena_new();
    trial->number = errand->number;
    trial->previous = parkgated_version_in_force(self);
    trial->until_utc_ms = clock_utc_ms() + (int64_t)errand->within_s * 1000;
    trial->errand = errand;
    trial->before = parkgated_take_view(trial->arena, &self->running, NULL);
    return trial;
}

/* Durable, then the memory: from here on nothing fails but the going over. */
static bool
take_place(struct parkgated *self, struct trial *trial, struct running *next, char ret_why[200])
{
    int error = configuration_begin_trial(self->configuration, trial->number, trial->until_utc_ms);
    if (error != 0) {
        snprintf(ret_why, 200, "the trial cannot be kept: %s", strerror(-error));
        return false;
    }
    error = parkgated_prepare(self, next);
    if (error != 0) {
        snprintf(ret_why, 200, "no memory for the new site");
        configuration_end_trial(self->configuration, false, ret_why);
        return false;
    }
    return true;
}

static void
tell(struct parkgated *self, const struct trial *trial, const char *kind, const char *text)
{
    struct note note = {.kind = kind, .phase = PHASE_NOTED, .severity = SEVERITY_INFO};

    if (!strcmp(kind, "configuration.rolled-back"))
        note.severity = SEVERITY_WARNING;
    snprintf(note.subject, sizeof note.subject, "gateway");
    snprintf(note.who, sizeof note.who, "%s", trial->errand != NULL ? trial->errand->who : "");
    snprintf(note.text, sizeof note.text, "%.199s", text);
    parkgated_post_note(self, &note);
    log_notice("%s", text);
}

static void
begin(struct parkgated *self, struct trial *trial, struct running *next)
{
    const struct errand *errand = trial->errand;
    char text[EVENT_TEXT];

    snprintf(text, sizeof text,
             "version %" PRIu64 " -> %" PRIu64 " on trial for %" PRIu32 " s%s%.100s",
             trial->previous, trial->number, errand->within_s, *errand->reason ? ": " : "",
             errand->reason);
    tell(self, trial, "configuration.trial", text);
    self->trial = trial;
    snprintf(text, sizeof text, "version %" PRIu64 " on trial", trial->number);
    int error = parkgated_go_over(self, next, errand->who, text);
    if (error != 0)
        snprintf(trial->mistake, sizeof trial->mistake, "it could not be taken over: %s",
                 strerror(-error));
    trial->begun_mono_ms = clock_mono_ms();
}

bool
parkgated_apply(struct parkgated *self, struct errand *errand)
{
    struct running next = {0};
    struct trial *trial = NULL;
    char why[200];

    if (!has_errand_room(self, errand, why))
        return refuse(self, errand, why);
    trial = make_trial(self, errand);
    if (trial == NULL)
        return refuse(self, errand, "no memory: ask again");
    const char *wrong = load_back(self, &trial->back);
    if (wrong == NULL) {
        bool ready = load_next(self, errand, &next, why) && keeps_asker(self, errand, &next, why) &&
                     take_place(self, trial, &next, why);
        wrong = ready ? NULL : why;
    }
    if (wrong != NULL) {
        parkgated_free_running(&next);
        free_trial(trial);
        return refuse(self, errand, wrong);
    }
    begin(self, trial, &next);
    return false;
}

/* ---- the end of it ---- */

static void
give_back(struct parkgated *self, bool refused, const char *why)
{
    struct trial *trial = self->trial;
    struct errand *errand = trial->errand;

    self->trial = NULL;
    snprintf(self->last_error, sizeof self->last_error, "%s", refused ? why : "");
    if (errand != NULL) {
        errand->refused = refused;
        snprintf(errand->why, sizeof errand->why, "%.199s", why);
        errand->ret_number = parkgated_version_in_force(self);
        parkgated_return_errand(errand);
    }
    free_trial(trial);
}

static int
accept(struct parkgated *self, int64_t elapsed_ms)
{
    struct trial *trial = self->trial;
    char text[EVENT_TEXT];

    snprintf(text, sizeof text,
             "version %" PRIu64 " -> %" PRIu64 " proven after %" PRId64 " s%s%.100s",
             trial->previous, trial->number, elapsed_ms / 1000, *trial->errand->reason ? ": " : "",
             trial->errand->reason);
    int error = configuration_end_trial(self->configuration, true, text);
    if (error != 0)
        return error;
    tell(self, trial, "configuration.proven", text);
    give_back(self, false, text);
    return 0;
}

static void
roll_back(struct parkgated *self, const char *why)
{
    struct trial *trial = self->trial;
    struct running next = {.site = trial->back};
    char text[EVENT_TEXT];

    trial->back = NULL;
    snprintf(text, sizeof text, "version %" PRIu64 " rolled back", trial->number);
    if (memcmp(next.site->digest, self->running.site->digest, 32) == 0) {
        parkgated_free_running(&next); /* it was never taken over */
    } else if (parkgated_prepare(self, &next) != 0 ||
               parkgated_go_over(self, &next, "parkgated", text) != 0) {
        log_error("the site before version %" PRIu64 " does not come back: restarting",
                  trial->number);
        abort(); /* the trial is on disk: the start takes the site before */
    }
    snprintf(text, sizeof text, "version %" PRIu64 " -> %" PRIu64 ": %.160s", trial->number,
             trial->previous, why);
    configuration_end_trial(self->configuration, false, text);
    tell(self, trial, "configuration.rolled-back", text);
    give_back(self, true, text);
}

void
parkgated_watch_trial(struct parkgated *self, int64_t mono_ms)
{
    struct trial *trial = self->trial;
    char why[200];

    if (trial == NULL)
        return;
    struct arena *arena = arena_new();
    struct trial_view now = parkgated_take_view(arena, &self->running, trial->back);
    struct trial_terms terms = {.elapsed_ms = mono_ms - trial->begun_mono_ms,
                                .within_ms = (int64_t)trial->errand->within_s * 1000,
                                .allow = trial->errand->allow,
                                .origin = trial->errand->origin,
                                .mistake = trial->mistake};

    enum trial_verdict verdict = trial_judge(&trial->before, &now, &terms, why);
    arena_free(arena);
    if (verdict == TRIAL_FAILED) {
        roll_back(self, why);
    } else if (verdict == TRIAL_PROVEN) {
        int error = accept(self, terms.elapsed_ms);
        if (error == 0)
            return;
        snprintf(why, sizeof why, "that it is proven cannot be kept: %s", strerror(-error));
        roll_back(self, why);
    }
}

void
parkgated_stop_trial(struct parkgated *self)
{
    char why[200];

    if (self->trial == NULL)
        return;
    snprintf(why, sizeof why,
             "the gateway stops while version %" PRIu64
             " is on trial: the next start takes version %" PRIu64,
             self->trial->number, self->trial->previous);
    log_notice("%s", why);
    give_back(self, true, why);
}

/* ---- without a trial: back to what was proven ---- */

/* The site of that version for going back to, else why not. */
static bool
load_earlier(struct parkgated *self, const struct errand *errand, struct running *ret_next,
             char ret_why[200])
{
    struct site *back = NULL;
    const char *wrong = load_back(self, &back);

    site_free(back);
    if (wrong != NULL && errand->number != 0) { /* 0: it is the changed file that is wanted */
        snprintf(ret_why, 200, "%s", wrong);
        return false;
    }
    if (parkgated_load_version(self, errand->number, &ret_next->site) != 0) {
        snprintf(ret_why, 200, "%.190s", self->last_error);
        return false;
    }
    return keeps_asker(self, errand, ret_next, ret_why);
}

/* 0 or negative errno; then the version before is in force. */
static int
go_back_to(struct parkgated *self, const struct errand *errand, struct running *next,
           const char *text)
{
    uint64_t before = parkgated_version_in_force(self);

    int error = configuration_go_back(self->configuration, errand->number, text);
    if (error != 0) {
        parkgated_free_running(next);
        return error;
    }
    error = parkgated_prepare(self, next);
    if (error != 0)
        parkgated_free_running(next);
    else
        error = parkgated_go_over(self, next, errand->who, text);
    if (error != 0)
        configuration_go_back(self->configuration, before, "");
    return error;
}

bool
parkgated_roll_back(struct parkgated *self, struct errand *errand)
{
    struct running next = {0};
    char why[200];

    if (!has_errand_room(self, errand, why))
        return refuse(self, errand, why);
    if (!load_earlier(self, errand, &next, why)) {
        parkgated_free_running(&next);
        return refuse(self, errand, why);
    }
    snprintf(why, sizeof why, "back from version %" PRIu64 " to %" PRIu64 "%s%.120s",
             parkgated_version_in_force(self), errand->number, *errand->reason ? ": " : "",
             errand->reason);
    int error = go_back_to(self, errand, &next, why);
    if (error != 0)
        return refuse(self, errand,
                      error == -EPERM ? "it was never proven: use 'apply'" : strerror(-error));
    errand->ret_number = errand->number;
    snprintf(errand->why, sizeof errand->why, "%s", why);
    return true;
}
