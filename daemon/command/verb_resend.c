/* Verb resend: a range of a stream goes to a destination once more. Here the range is found and
 * held against what the store still has; the sending is the destination's
 * (daemon/forward/resend.h), and an event tells how it ended. */
#include "daemon/command/verbs.h"

#include <stdio.h>
#include <string.h>

#define EARLIER_MS 3600000 /* a clock that was set back */

struct range {
    enum stream stream;
    uint64_t first, last;
    uint64_t oldest, durable; /* of the stream in the store */
};

static enum stream
stream_of(const char *name)
{
    static const char *const NAMES[] = {"",       "event",  "evidence", "period",
                                        "minute", "sample", "trend"};

    for (int i = STREAM_EVENT; i < STREAM_END; i++)
        if (strcmp(name, NAMES[i]) == 0)
            return (enum stream)i;
    return STREAM_EVENT;
}

/* ---- from times to sequences ---- */

static int64_t
time_of(struct reader *reader, const struct record *record)
{
    int64_t zero_utc_ms;

    if (record->at.clock != CLOCK_UNKNOWN)
        return record->at.utc_ms;
    zero_utc_ms = reader_boot_zero(reader, record->at.boot);
    return zero_utc_ms != 0 ? zero_utc_ms + record->at.mono_ms : 0;
}

/* Of the records from `at` to `end` the first (or last) that lies in [from, to); 0: none. */
static uint64_t
look_for(struct reader *reader, enum stream stream, uint64_t at, uint64_t end,
         const int64_t times[2], bool last)
{
    struct chunk chunk;
    struct record record;
    uint64_t found = 0;

    while (at <= end && reader_read(reader, stream, at, end, &chunk) == 1) {
        while (chunk_next(&chunk, &record)) {
            int64_t utc_ms = time_of(reader, &record);
            if (utc_ms < times[0] || utc_ms >= times[1])
                continue;
            found = record.sequence;
            if (!last)
                return found;
        }
        at = chunk.last + 1;
    }
    return found;
}

static uint64_t
smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static const char *
find_times(struct reader *reader, const int64_t times[2], struct range *range)
{
    enum stream stream = range->stream;
    uint64_t near = reader_seek(reader, stream, times[1] - EARLIER_MS);
    uint64_t end = smaller(range->durable, reader_seek(reader, stream, times[1] + EARLIER_MS));

    range->first = look_for(reader, stream, reader_seek(reader, stream, times[0] - EARLIER_MS), end,
                            times, false);
    if (range->first == 0)
        return "the store has no record of this stream between 'from' and 'to'";
    range->last = look_for(reader, stream, near > range->first ? near : range->first, end, times,
                           true);
    if (range->last == 0) /* what lies before `near` is all older than an hour before `to` */
        range->last = near - 1;
    return NULL;
}

static const char *
find_range(struct request *request, struct reader *reader, struct range *range)
{
    bool by_number = request_has(request, "first") && request_has(request, "last");
    bool by_time = request_has(request, "from") && request_has(request, "to");
    int64_t times[2] = {request_integer(request, "from", 0), request_integer(request, "to", 0)};

    if (by_number == by_time)
        return "give either 'first' and 'last', or 'from' and 'to'";
    range->stream = stream_of(request_text(request, "stream"));
    range->oldest = reader_oldest(reader, range->stream);
    range->durable = reader_durable(reader, range->stream);
    range->first = (uint64_t)request_integer(request, "first", 0);
    range->last = (uint64_t)request_integer(request, "last", 0);
    if (by_time ? times[0] >= times[1] : range->first > range->last)
        return by_time ? "'from' must lie before 'to'" : "'first' must not be above 'last'";
    return by_time ? find_times(reader, times, range) : NULL;
}

/* ---- the answer ---- */

static const char *
say_none(struct request *request, const struct range *range)
{
    if (range->oldest > range->durable)
        return "the store has no record of this stream";
    snprintf(request->why, sizeof request->why,
             "none of these is in the store: it has %llu to %llu of this stream",
             (unsigned long long)range->oldest, (unsigned long long)range->durable);
    return request->why;
}

static void
write_answer(struct request *request, const struct range *range, uint64_t first, uint64_t last,
             const char *store)
{
    struct json json;

    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_text(&json, "store", store);
    json_put_natural(&json, "first", first);
    json_put_natural(&json, "last", last);
    json_put_natural(&json, "records", last - first + 1);
    json_key(&json, "missing");
    json_begin_array(&json);
    if (range->first < first) {
        json_begin_array(&json);
        json_natural(&json, range->first);
        json_natural(&json, first - 1);
        json_end_array(&json);
    }
    if (range->last > last) {
        json_begin_array(&json);
        json_natural(&json, last + 1);
        json_natural(&json, range->last);
        json_end_array(&json);
    }
    json_end_array(&json);
    json_put_text(&json, "note",
                  "goes out behind live records and backlog, marked resend; an event resend.done "
                  "or resend.failed tells how it ended. Only this store is served, no earlier one; "
                  "a restart or reload before that gives it up");
    json_end_object(&json);
    request_answer(request, &json, true);
}

static const char *
resend(struct request *request, struct reader *reader)
{
    struct range range = {0};
    struct errand errand = {.kind = ERRAND_RESEND};
    const char *wrong = find_range(request, reader, &range);

    if (wrong != NULL)
        return wrong;
    errand.stream = range.stream;
    errand.first = range.first > range.oldest ? range.first : range.oldest;
    errand.last = smaller(range.last, range.durable);
    if (errand.first > errand.last)
        return say_none(request, &range);
    snprintf(errand.subject, sizeof errand.subject, "%s", request_text(request, "destination"));
    wrong = request_run_errand(request, &errand);
    if (wrong == NULL)
        write_answer(request, &range, errand.first, errand.last, reader_store_id(reader));
    return wrong;
}

const char *
verb_resend(struct request *request)
{
    struct reader *reader;

    if (reader_open(request->scope->store, &reader) != 0)
        return "the store cannot be opened: the daemon's log says why";
    const char *wrong = resend(request, reader);
    reader_close(reader);
    return wrong;
}
