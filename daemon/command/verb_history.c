/* Verb history: readings or periods of a point or a device, over any range, in parts. Stored
 * periods are told where the store has them; other stretches of time are computed from readings, as
 * parkgatectl history does. */
#include "base/calendar.h"
#include "base/clock.h"
#include "daemon/command/history.h"
#include "daemon/command/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_ROWS  (11 * 1024) /* bytes of rows in a part: with what stands around them 12 KiB */
#define ROWS_USUAL 100000
#define ROWS_MOST  1000000000

/* ---- the question ---- */

static const char *
take_every(struct history *history, const char *text)
{
    static const struct {
        const char *name;
        enum period period;
        int64_t ms;
    } NAMES[] = {{"", 0, 0},
                 {"raw", 0, 0},
                 {"1min", PERIOD_MINUTE, CALENDAR_MINUTE_MS},
                 {"10min", 0, 10 * CALENDAR_MINUTE_MS}, /* no stream keeps it: docs/periods.md */
                 {"1h", PERIOD_HOUR, CALENDAR_HOUR_MS},
                 {"day", PERIOD_DAY, CALENDAR_DAY_MS},
                 {"month", PERIOD_MONTH, 0}};
    char *end;

    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(text, NAMES[i].name) == 0) {
            history->period = NAMES[i].period;
            history->every_ms = NAMES[i].ms;
            history->by_month = NAMES[i].period == PERIOD_MONTH;
            return NULL;
        }
    long long seconds = strtoll(text, &end, 10);
    if (*text < '1' || *text > '9' || *end != '\0' || seconds > 86400 || 86400 % seconds != 0)
        return "'every' is raw, 1min, 10min, 1h, day, month, or seconds that divide a day (1, 2, "
               "5, 30, ...)";
    history->every_ms = seconds * 1000;
    return NULL;
}

static uint32_t
hash(uint32_t sum, const void *bytes, size_t length)
{
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < length; i++)
        sum = (sum ^ byte[i]) * 16777619U; /* FNV-1a */
    return sum;
}

static uint32_t
hash_question(const struct history *history)
{
    uint32_t sum = hash(2166136261U, history->point, strlen(history->point));

    sum = hash(sum, &history->from_utc_ms, sizeof history->from_utc_ms);
    sum = hash(sum, &history->every_ms, sizeof history->every_ms);
    return hash(sum, &history->by_month, sizeof history->by_month);
}

static const char *
take_question(struct history *history)
{
    const struct request *request = history->request;

    history->point = request_text(request, "point");
    history->is_device = strchr(history->point, '.') == NULL;
    history->from_utc_ms = request_integer(request, "from", 1);
    history->until_utc_ms = request_integer(request, "to", clock_utc_ms());
    history->rows_left = (uint64_t)request_integer(request, "limit", ROWS_USUAL);
    if (history->from_utc_ms >= history->until_utc_ms)
        return "'from' must lie before 'to'";
    return take_every(history, request_text(request, "every"));
}

/* ---- what the store says ---- */

static const char *
say_unknown(struct request *request, const char *device, const char *name)
{
    snprintf(request->why, sizeof request->why, "the store has no %s '%.63s%s%.63s'",
             *name != '\0' ? "point" : "device", device, *name != '\0' ? "." : "", name);
    return request->why;
}

/* The store's id for the token, the unit; NULL, or that there is no such point. */
static const char *
look_up(struct history *history)
{
    struct request *request = history->request;
    struct reader *reader;
    char device[64], name[64];
    uint32_t at = 0, newest = 0;

    if (!walk_split(history->point, device, name))
        return "'point' is DEVICE.POINT or DEVICE, each at most 63 bytes";
    if (reader_open(request->scope->store, &reader) != 0)
        return "the store cannot be opened: the daemon's log says why";
    snprintf(history->next.store, sizeof history->next.store, "%.8s", reader_store_id(reader));
    while ((at = walk_point(reader, device, name, at)) != 0)
        newest = at; /* its number last is what it means now */
    const struct registry_point *point = newest != 0 ? reader_point(reader, newest) : NULL;
    if (point != NULL)
        snprintf(history->unit, sizeof history->unit, "%s", point->unit);
    reader_close(reader);
    return newest != 0 ? NULL : say_unknown(request, device, name);
}

/* NULL, or why the token does not fit. */
static const char *
take_token(struct history *history, const char *text)
{
    struct history_token token;

    if (!history_token_parse(text, &token))
        return "'after' is no token: give the `next` of an earlier answer, unchanged";
    if (strcmp(token.store, history->next.store) != 0)
        return "'after' is of another store than the one in use now: begin anew without it";
    if (token.asked != history->next.asked ||
        (token.source == HISTORY_READINGS) != (history->every_ms == 0 && !history->by_month) ||
        (token.source == HISTORY_STORED && history->period == 0))
        return "'after' is of another question: point, from and every must be as they were";
    history->next = token;
    return NULL;
}

static void
choose_source(struct history *history)
{
    if (history->every_ms == 0 && !history->by_month)
        history->next.source = HISTORY_READINGS;
    else if (history_has_periods(history))
        history->next.source = HISTORY_STORED;
    else
        history->next.source = HISTORY_COMPUTED;
}

static const char *
answer(struct history *history)
{
    const char *after = request_text(history->request, "after");
    bool resumed = *after != '\0';
    const char *wrong = look_up(history);

    history->next.asked = hash_question(history);
    if (wrong == NULL && resumed)
        wrong = take_token(history, after);
    if (wrong != NULL)
        return wrong;
    if (!resumed)
        choose_source(history);
    return history->next.source == HISTORY_STORED ? history_run_periods(history, resumed)
                                                  : history_run_readings(history, resumed);
}

const char *
verb_history(struct request *request)
{
    struct history history = {.request = request};
    size_t room = request->reply.capacity / 4 * 3;
    const char *wrong = take_question(&history);

    if (wrong == NULL && buf_new(&history.rows, room < PART_ROWS ? room : PART_ROWS) != 0)
        wrong = "not enough memory";
    if (wrong == NULL)
        wrong = answer(&history);
    buf_free(&history.rows);
    return wrong;
}
