/* Rows out of stored periods. Of a period there may be several records, and the highest revision
 * counts; revisions come behind their first, until the next period closed (docs/periods.md). So
 * periods are gathered by windows of their start: records are read from an hour before the window
 * up to one of a period that begins two lengths behind it, then the window is given in order. A
 * period's record may be much later than the period (the gateway was off), which this allows for.
 */
#include "base/calendar.h"
#include "daemon/command/history.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS      8192    /* periods of a window */
#define EARLIER_MS 3600000 /* a clock that was set back */
#define MONTH_MS   (31 * CALENDAR_DAY_MS)

struct slot {
    int64_t start_utc_ms;
    uint32_t point, revision;
    uint32_t count, valid, expected;
    uint64_t sequence; /* of its newest record */
    double low, mean, high;
    char letter;
};

struct periods {
    struct history *history;
    struct reader *reader;
    enum stream stream;
    int64_t length_ms;
    char device[64], name[64];
    uint8_t *wanted; /* a bit a point number */
    uint32_t points, wanted_count;
    struct slot *slots;
    size_t count;
    int64_t from_utc_ms, until_utc_ms; /* of the window */
    int64_t later_utc_ms;              /* the earliest start seen behind the window */
    bool overflow, failed;
};

/* ---- which points ---- */

static int
choose_points(struct periods *periods)
{
    struct reader *reader = periods->reader;
    uint32_t at = 0;

    while (reader_point(reader, periods->points + 1) != NULL)
        periods->points++;
    periods->wanted = calloc(periods->points / 8 + 1, 1);
    if (periods->wanted == NULL)
        return -ENOMEM;
    while ((at = walk_point(reader, periods->device, periods->name, at)) != 0 &&
           at <= periods->points) {
        periods->wanted[at / 8] = (uint8_t)(periods->wanted[at / 8] | 1U << at % 8);
        periods->wanted_count++;
    }
    return periods->wanted_count > 0 ? 0 : -ENOENT;
}

static bool
is_wanted(const struct periods *periods, uint32_t point)
{
    return point <= periods->points && (periods->wanted[point / 8] >> point % 8 & 1) != 0;
}

/* ---- gathering a window ---- */

static bool
take(const struct periods *periods, const struct record *record,
     struct record_statistic *ret_statistic)
{
    struct cbor_cursor cursor;
    struct record_head head;

    cbor_cursor_init(&cursor, record->body, record->length);
    return record_take_head(&cursor, &head) && record_take_statistic(&cursor, ret_statistic) &&
           ret_statistic->period == periods->history->period &&
           is_wanted(periods, ret_statistic->point);
}

static void
keep(struct periods *periods, const struct record_statistic *statistic, uint64_t sequence)
{
    if (periods->count == SLOTS) {
        periods->overflow = true;
        return;
    }
    periods->slots[periods->count++] = (struct slot){.start_utc_ms = statistic->start_utc_ms,
                                                     .point = statistic->point,
                                                     .revision = statistic->revision,
                                                     .count = statistic->count,
                                                     .valid = statistic->valid,
                                                     .expected = statistic->expected,
                                                     .sequence = sequence,
                                                     .low = statistic->min,
                                                     .mean = statistic->mean,
                                                     .high = statistic->max,
                                                     .letter = statistic->letter};
}

/* By start, then point; of one period the one that counts first. */
static int
compare(const void *left, const void *right)
{
    const struct slot *a = left, *b = right;

    if (a->start_utc_ms != b->start_utc_ms)
        return a->start_utc_ms < b->start_utc_ms ? -1 : 1;
    if (a->point != b->point)
        return a->point < b->point ? -1 : 1;
    if (a->revision != b->revision)
        return a->revision > b->revision ? -1 : 1;
    return (a->sequence < b->sequence) - (a->sequence > b->sequence);
}

/* Leaves one of each period. */
static void
settle(struct periods *periods)
{
    size_t kept = 0;

    qsort(periods->slots, periods->count, sizeof *periods->slots, compare);
    for (size_t i = 0; i < periods->count; i++) {
        const struct slot *slot = &periods->slots[i];
        if (kept > 0 && periods->slots[kept - 1].start_utc_ms == slot->start_utc_ms &&
            periods->slots[kept - 1].point == slot->point)
            continue;
        periods->slots[kept++] = *slot;
    }
    periods->count = kept;
}

/* True: so far behind the window that nothing of it comes any more. */
static bool
look_at(struct periods *periods, const struct record *record)
{
    struct record_statistic statistic;

    if (!take(periods, record, &statistic))
        return false;
    if (statistic.start_utc_ms >= periods->until_utc_ms) {
        if (statistic.start_utc_ms < periods->later_utc_ms)
            periods->later_utc_ms = statistic.start_utc_ms;
        return statistic.start_utc_ms >= periods->until_utc_ms + 2 * periods->length_ms;
    }
    if (statistic.start_utc_ms < periods->from_utc_ms)
        return false;
    keep(periods, &statistic, record->sequence);
    if (periods->overflow) {
        periods->overflow = false;
        settle(periods); /* revisions take no room; a window is made so that it fits */
        keep(periods, &statistic, record->sequence);
    }
    return false;
}

static void
gather(struct periods *periods)
{
    struct reader *reader = periods->reader;
    uint64_t durable = reader_durable(reader, periods->stream);
    uint64_t next = reader_seek(reader, periods->stream, periods->from_utc_ms - EARLIER_MS);
    struct chunk chunk;
    struct record record;
    bool behind = false;

    periods->count = 0;
    periods->later_utc_ms = INT64_MAX;
    while (!behind && !history_gave_up(periods->history)) {
        int got = reader_read(reader, periods->stream, next, durable, &chunk);
        periods->failed = got < 0;
        if (got != 1)
            break;
        next = chunk.last + 1;
        while (!behind && chunk_next(&chunk, &record))
            behind = look_at(periods, &record);
    }
    settle(periods);
}

/* ---- giving it ---- */

/* False: no more rows are wanted. */
static bool
put_window(struct periods *periods)
{
    struct history *history = periods->history;
    bool wanted = true;

    for (size_t i = 0; i < periods->count && wanted; i++) {
        const struct slot *slot = &periods->slots[i];
        struct history_token behind = history->next;
        if (slot->start_utc_ms == (int64_t)behind.a && slot->point <= behind.b)
            continue; /* given before */
        const struct registry_point *point = reader_point(periods->reader, slot->point);
        struct history_row row = {.utc_ms = slot->start_utc_ms,
                                  .point = point != NULL ? point->name : "",
                                  .low = slot->low,
                                  .mean = slot->mean,
                                  .high = slot->high,
                                  .count = slot->count,
                                  .valid = slot->valid,
                                  .expected = slot->expected,
                                  .letter = slot->letter};
        behind.a = (uint64_t)slot->start_utc_ms;
        behind.b = slot->point;
        wanted = history_put(history, &row, &behind);
    }
    return wanted && !history_gave_up(history);
}

/* So many periods that those of all points fit. */
static void
set_window(struct periods *periods, int64_t from_utc_ms)
{
    int64_t lengths = SLOTS / 2 / periods->wanted_count;
    int64_t end_utc_ms = periods->history->until_utc_ms;

    periods->from_utc_ms = from_utc_ms;
    periods->until_utc_ms = from_utc_ms + (lengths > 0 ? lengths : 1) * periods->length_ms;
    if (periods->until_utc_ms > end_utc_ms)
        periods->until_utc_ms = end_utc_ms;
}

/* True: all of the range is given. */
static bool
put_all(struct periods *periods)
{
    const struct history *history = periods->history;
    int64_t from_utc_ms = history->from_utc_ms;

    if ((int64_t)history->next.a > from_utc_ms)
        from_utc_ms = (int64_t)history->next.a;
    while (from_utc_ms < history->until_utc_ms) {
        set_window(periods, from_utc_ms);
        gather(periods);
        if (!put_window(periods) || periods->failed)
            return false;
        from_utc_ms = periods->later_utc_ms; /* empty stretches are leapt over */
    }
    return true;
}

/* ---- */

static int
open_periods(struct history *history, struct periods *periods)
{
    static const int64_t LENGTHS[PERIOD_END] = {[PERIOD_MINUTE] = CALENDAR_MINUTE_MS,
                                                [PERIOD_HOUR] = CALENDAR_HOUR_MS,
                                                [PERIOD_DAY] = CALENDAR_DAY_MS,
                                                [PERIOD_MONTH] = MONTH_MS};

    *periods = (struct periods){.history = history, .length_ms = LENGTHS[history->period]};
    periods->stream = history->period == PERIOD_MINUTE ? STREAM_MINUTE : STREAM_PERIOD;
    if (!walk_split(history->point, periods->device, periods->name))
        return -ENOENT;
    int error = reader_open(history->request->scope->store, &periods->reader);
    if (error == 0)
        error = choose_points(periods);
    periods->slots = calloc(SLOTS, sizeof *periods->slots);
    return error == 0 && periods->slots == NULL ? -ENOMEM : error;
}

static void
close_periods(struct periods *periods)
{
    reader_close(periods->reader);
    free(periods->slots);
    free(periods->wanted);
}

bool
history_has_periods(struct history *history)
{
    struct periods periods;
    bool found = false;

    if (history->period != 0 && open_periods(history, &periods) == 0) {
        set_window(&periods, history->from_utc_ms);
        gather(&periods);
        found = periods.count > 0 || periods.later_utc_ms < history->until_utc_ms;
    }
    if (history->period != 0)
        close_periods(&periods);
    return found;
}

const char *
history_run_periods(struct history *history, bool resumed)
{
    struct periods periods;
    int error = open_periods(history, &periods);

    if (!resumed)
        history->next.a = history->next.b = 0;
    if (error == 0)
        history_finish(history, put_all(&periods));
    close_periods(&periods);
    return error == 0 ? NULL : "the store has no such point any more, or there is no memory";
}
