/* Rows out of readings: each of them, or figures over stretches of time by the rule of
 * daemon/store/bucket.h. A stretch is given when a reading of another one comes, or at the end. */
#include "base/calendar.h"
#include "daemon/assess/assess.h"
#include "daemon/command/history.h"

#include <stdlib.h>
#include <string.h>

/* The stretch being computed, of all points asked for. */
struct stretch {
    uint32_t *numbers; /* of the points, ascending */
    struct bucket *buckets;
    size_t count;
    int64_t start_utc_ms;
    bool is_open;
    struct history_token start; /* in front of its first reading; rows: given already */
};

/* ---- where it stands ---- */

static struct walk_place
place_of(const struct history_token *token)
{
    return (struct walk_place){.sample = token->a, .trend = token->b, .values = token->values};
}

static struct history_token
token_at(const struct history *history, const struct walk_place *place)
{
    struct history_token token = history->next;

    token.a = place->sample;
    token.b = place->trend;
    token.values = place->values;
    token.rows = 0;
    return token;
}

/* ---- each reading ---- */

/* True: the walk came to its end. */
static bool
put_readings(struct history *history, struct walk *walk)
{
    struct walk_reading reading;
    struct walk_place place;

    while (walk_next(walk, &reading)) {
        struct history_row row = {
            .utc_ms = reading.utc_ms, .point = reading.point->name, .value = &reading.value};
        walk_tell(walk, &place);
        struct history_token behind = token_at(history, &place);
        if (!history_put(history, &row, &behind))
            return false;
    }
    return !history_gave_up(history);
}

/* ---- stretches ---- */

static int
stretch_init(struct stretch *stretch, struct history *history, struct reader *reader)
{
    char device[64], name[64];
    size_t count = 0;

    *stretch = (struct stretch){0};
    if (!walk_split(history->point, device, name))
        return -1;
    for (uint32_t at = 0; (at = walk_point(reader, device, name, at)) != 0;)
        count++;
    stretch->numbers = calloc(count + 1, sizeof *stretch->numbers);
    stretch->buckets = calloc(count + 1, sizeof *stretch->buckets);
    if (stretch->numbers == NULL || stretch->buckets == NULL)
        return -1;
    for (uint32_t at = 0;
         stretch->count < count && (at = walk_point(reader, device, name, at)) != 0;)
        stretch->numbers[stretch->count++] = at;
    return 0;
}

static void
stretch_done(struct stretch *stretch)
{
    free(stretch->numbers);
    free(stretch->buckets);
}

static int
compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static struct bucket *
bucket_of(struct stretch *stretch, uint32_t number)
{
    const uint32_t *found = bsearch(&number, stretch->numbers, stretch->count,
                                    sizeof *stretch->numbers, compare_numbers);

    return found != NULL ? &stretch->buckets[found - stretch->numbers] : NULL;
}

/* Gives the rows of the stretch that were not given yet; `behind`: behind its last reading. False:
 * no more are wanted. */
static bool
put_stretch(struct history *history, struct stretch *stretch, struct reader *reader,
            const struct history_token *behind)
{
    uint32_t given = 0, left = 0;
    bool wanted = true;

    for (size_t i = 0; i < stretch->count; i++)
        left += stretch->buckets[i].count > 0;
    for (size_t i = 0; i < stretch->count && wanted; i++) {
        const struct bucket *bucket = &stretch->buckets[i];
        const struct registry_point *point = reader_point(reader, stretch->numbers[i]);
        if (bucket->count == 0 || given++ < stretch->start.rows)
            continue;
        struct history_row row = {.utc_ms = bucket->start_utc_ms,
                                  .point = point != NULL ? point->name : "",
                                  .low = bucket->low,
                                  .mean = bucket_mean(bucket),
                                  .high = bucket->high,
                                  .count = bucket->count,
                                  .valid = bucket->valid};
        struct history_token token = stretch->start;
        token.rows = given;
        wanted = history_put(history, &row, given == left ? behind : &token);
    }
    memset(stretch->buckets, 0, stretch->count * sizeof *stretch->buckets);
    stretch->is_open = false;
    return wanted;
}

static int64_t
start_of(const struct history *history, int64_t utc_ms)
{
    return history->by_month ? calendar_month_start(utc_ms)
                             : calendar_start(utc_ms, history->every_ms);
}

/* True: the walk came to its end and all rows are given. */
static bool
put_stretches(struct history *history, struct walk *walk, struct stretch *stretch)
{
    struct walk_reading reading;
    struct walk_place place;

    stretch->start = history->next;
    walk_tell(walk, &place);
    while (walk_next(walk, &reading)) {
        struct bucket *bucket = bucket_of(stretch, reading.value.point);
        int64_t start_utc_ms = start_of(history, reading.utc_ms);
        struct history_token here = token_at(history, &place);
        if (stretch->is_open && start_utc_ms != stretch->start_utc_ms) {
            if (!put_stretch(history, stretch, walk_reader(walk), &here))
                return false;
            stretch->start.rows = 0;
        }
        if (!stretch->is_open) {
            here.rows = stretch->start.rows;
            stretch->start = here;
            stretch->start_utc_ms = start_utc_ms;
            stretch->is_open = true;
        }
        if (bucket != NULL)
            bucket_add(bucket, start_utc_ms, record_value_number(&reading.value),
                       quality_is_valid((enum quality)reading.value.quality));
        walk_tell(walk, &place);
        if (history_gave_up(history))
            return false;
    }
    if (history_gave_up(history))
        return false;
    struct history_token end = token_at(history, &place);
    return put_stretch(history, stretch, walk_reader(walk), &end);
}

/* ---- */

static const char *
run(struct history *history, struct walk *walk)
{
    struct stretch stretch = {0};
    bool computed = history->next.source == HISTORY_COMPUTED;
    bool at_end = false;
    const char *wrong = NULL;

    if (computed && stretch_init(&stretch, history, walk_reader(walk)) != 0)
        wrong = "not enough memory for this answer: ask for one point";
    else
        at_end = computed ? put_stretches(history, walk, &stretch) : put_readings(history, walk);
    stretch_done(&stretch);
    if (wrong == NULL && walk_failed(walk) && history->row_count == 0 &&
        history->request->parts == 0)
        wrong = "the store cannot be read: parkgatectl verify shows where it is damaged";
    if (wrong == NULL)
        history_finish(history, at_end && !walk_failed(walk));
    return wrong;
}

const char *
history_run_readings(struct history *history, bool resumed)
{
    struct request *request = history->request;
    struct walk_place place = place_of(&history->next);
    struct walk_options options = {.face = request->scope->store,
                                   .point = history->point,
                                   .from_utc_ms = history->from_utc_ms,
                                   .until_utc_ms = history->until_utc_ms,
                                   .after = resumed ? &place : NULL,
                                   .gave_up = history_gave_up,
                                   .context = history};
    struct walk *walk;

    if (walk_open(&options, &walk, request->why) != 0)
        return request->why;
    if (!resumed) {
        walk_tell(walk, &place);
        history->next = token_at(history, &place);
    }
    const char *wrong = run(history, walk);
    walk_close(walk);
    return wrong;
}
