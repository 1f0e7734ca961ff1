#include "base/timesync.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define SERVICE  "org.freedesktop.timedate1"
#define OBJECT   "/org/freedesktop/timedate1"
#define PROPERTY "NTPSynchronized"
#define STEPS    64 /* messages taken in one call: more than connecting and one answer need */

/* One question at a time; whoever has `busy` has the rest. */
static atomic_flag busy = ATOMIC_FLAG_INIT;
static atomic_int last = -EAGAIN;
static struct {
    sd_bus *bus; /* NULL: nothing is under way */
    int64_t asked_mono_ms, due_mono_ms, pause_ms;
    int result;
    bool done, complained;
    char reason[120];
} question;

static void
note_failure(int error, const char *reason)
{
    question.done = true;
    question.result = error < 0 ? error : -EIO;
    snprintf(question.reason, sizeof question.reason, "%s",
             reason != NULL ? reason : strerror(-question.result));
}

static int
take_answer(sd_bus_message *message, void *context, sd_bus_error *ret_error)
{
    int synchronised = 0;

    (void)context;
    (void)ret_error;
    const sd_bus_error *refusal = sd_bus_message_get_error(message);
    if (refusal != NULL) {
        note_failure(-sd_bus_error_get_errno(refusal), refusal->message);
        return 0;
    }
    int error = sd_bus_message_read(message, "v", "b", &synchronised);
    if (error < 0) {
        note_failure(error, "its answer is not a boolean");
        return 0;
    }
    question.done = true;
    question.result = synchronised != 0;
    return 0;
}

/* Until the answer, or `wait_ms` from now. Not sd_bus_call: that waits 90 s for a bus that takes
 * the connection and says nothing. */
static void
await(int64_t wait_ms)
{
    int64_t until_mono_ms = clock_mono_ms() + wait_ms;

    for (int i = 0; i < STEPS && !question.done; i++) {
        int moved = sd_bus_process(question.bus, NULL);
        if (moved < 0 && !question.done)
            note_failure(moved, NULL);
        if (moved != 0)
            continue;
        int64_t left_ms = until_mono_ms - clock_mono_ms();
        if (left_ms <= 0 || sd_bus_wait(question.bus, (uint64_t)left_ms * 1000) < 0)
            return;
    }
}

static void
begin(int64_t mono_ms)
{
    question.done = false;
    question.asked_mono_ms = mono_ms;
    int error = sd_bus_open_system(&question.bus);
    if (error >= 0)
        error = sd_bus_call_method_async(question.bus, NULL, SERVICE, OBJECT,
                                         "org.freedesktop.DBus.Properties", "Get", take_answer,
                                         NULL, "ss", SERVICE, PROPERTY);
    if (error < 0)
        note_failure(error, NULL);
    else
        await(TIMESYNC_WAIT_MS);
}

static void
settle(void)
{
    question.bus = sd_bus_close_unref(question.bus);
    bool longer = question.result != 1 && question.pause_ms != 0;
    int64_t pause_ms = question.result == 1 ? TIMESYNC_SELDOM_MS
                       : longer             ? question.pause_ms * 2
                                            : TIMESYNC_EVERY_MS;

    if (pause_ms > TIMESYNC_SELDOM_MS)
        pause_ms = TIMESYNC_SELDOM_MS;
    question.due_mono_ms = question.asked_mono_ms + pause_ms;
    question.pause_ms = question.result == 1 ? 0 : pause_ms;
    if (question.result < 0 && !question.complained)
        log_info(
            "nobody tells whether the clock is synchronised: the sandbox keeps the kernel from "
            "it, and systemd-timedated (package dbus; does `timedatectl` work?) says: %s",
            question.reason);
    question.complained = question.result < 0;
    atomic_store(&last, question.result);
}

int
timesync_ask(int64_t mono_ms)
{
    if (atomic_flag_test_and_set(&busy))
        return atomic_load(&last);
    bool asked = question.bus != NULL;
    if (asked) {
        await(0);
        if (!question.done && mono_ms - question.asked_mono_ms >= TIMESYNC_PATIENCE_MS)
            note_failure(-ETIMEDOUT, "no answer in 20 s");
    } else if (mono_ms >= question.due_mono_ms) {
        asked = true;
        begin(mono_ms);
    }
    if (asked && question.done)
        settle();
    atomic_flag_clear(&busy);
    return atomic_load(&last);
}
