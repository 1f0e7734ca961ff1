/* A cursor of its own says what went out, so that "what is open" is one question for backlog, live
 * records, failures and rewinds alike. The rate is a bucket of one second: a payload may overdraw
 * it, the next waits until it is paid off. */
#include "daemon/forward/pace.h"

#include <assert.h>

#define FIT_START 64
#define FIT_MAX   4096

void
pace_init(struct pace *pace, enum backlog_order order, uint32_t rate)
{
    *pace = (struct pace){.order = order, .rate = rate};
    for (int i = 0; i < STREAM_END; i++)
        pace->streams[i].fit = FIT_START;
}

void
pace_begin(struct pace *pace, enum stream stream, const struct cursor *cursor, uint64_t durable)
{
    struct pace_stream *one = &pace->streams[stream];
    one->sent = *cursor;
    one->durable = durable;
    one->hold_mono_ms = 0;
    one->head = durable + 1;
    if (cursor->count >= PACE_HOLES)
        one->head = cursor->ranges[cursor->count - 1].last + 1;
    if (one->head <= cursor->low)
        one->head = cursor->low + 1;
}

void
pace_extend(struct pace *pace, enum stream stream, uint64_t durable)
{
    if (durable > pace->streams[stream].durable)
        pace->streams[stream].durable = durable;
}

void
pace_rewind(struct pace *pace, enum stream stream, const struct cursor *cursor,
            const struct window *window)
{
    struct cursor *sent = &pace->streams[stream].sent;
    *sent = *cursor;
    for (size_t i = 0; i < window->count; i++) {
        const struct flight *flight = &window->flights[i];
        if (flight->cargo == CARGO_RECORDS && flight->stream == stream)
            cursor_mark(sent, flight->first, flight->last, CURSOR_ACKNOWLEDGED);
    }
}

static void
refill(struct pace *pace, int64_t mono_ms)
{
    int64_t most = (int64_t)pace->rate * 1000;
    int64_t gone_ms = mono_ms - pace->refilled_mono_ms;
    pace->refilled_mono_ms = mono_ms;
    pace->budget_mb += gone_ms > 100000 ? most : gone_ms * pace->rate;
    if (pace->budget_mb > most)
        pace->budget_mb = most;
}

static bool
choose_live(const struct pace *pace, int64_t mono_ms, struct pace_choice *ret_choice)
{
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++) {
        const struct pace_stream *one = &pace->streams[i];
        if (one->head > one->durable || one->head == 0 || mono_ms < one->hold_mono_ms)
            continue;
        *ret_choice = (struct pace_choice){.stream = i, .first = one->head, .last = one->durable};
        return true;
    }
    return false;
}

static bool
choose_open(const struct pace_stream *one, enum backlog_order order, struct cursor_range *ret_range)
{
    if (one->head <= 1) /* 0: a stream this destination does not receive */
        return false;
    uint64_t until = one->head - 1;
    if (order == BACKLOG_OLDEST_FIRST)
        return cursor_next_open(&one->sent, one->sent.low + 1, until, ret_range);
    if (!cursor_last_open(&one->sent, until, ret_range))
        return false;
    if (ret_range->last - ret_range->first >= one->fit)
        ret_range->first = ret_range->last - one->fit + 1;
    return true;
}

bool
pace_has_room(const struct pace *pace, const struct window *window)
{
    size_t reserve = window->limit > 1 ? (window->limit + 3) / 4 : 0;
    return !pace->backlog_closed && window->count + reserve < window->limit &&
           window->backlog_bytes < PACE_BACKLOG_BYTES && (pace->rate == 0 || pace->budget_mb > 0);
}

bool
pace_choose(struct pace *pace, const struct window *window, int64_t mono_ms,
            struct pace_choice *ret_choice)
{
    if (window->count >= window->limit)
        return false;
    if (choose_live(pace, mono_ms, ret_choice))
        return true;
    refill(pace, mono_ms);
    if (!pace_has_room(pace, window))
        return false;
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++) {
        const struct pace_stream *one = &pace->streams[i];
        struct cursor_range range;
        if (mono_ms < one->hold_mono_ms || !choose_open(one, pace->order, &range))
            continue;
        *ret_choice = (struct pace_choice){
            .stream = i, .first = range.first, .last = range.last, .backlog = true};
        return true;
    }
    return false;
}

void
pace_spend(struct pace *pace, size_t bytes)
{
    if (pace->rate)
        pace->budget_mb -= (int64_t)bytes * 1000;
}

void
pace_sent(struct pace *pace, const struct pace_choice *choice, uint64_t first, uint64_t last,
          size_t bytes)
{
    struct pace_stream *one = &pace->streams[choice->stream];
    assert(first <= last);
    cursor_mark(&one->sent, first, last, CURSOR_ACKNOWLEDGED);
    if (!choice->backlog)
        one->head = last + 1;
    else
        pace_spend(pace, bytes);
    uint64_t records = last - first + 1;
    if (bytes && last < choice->last && records < FIT_MAX)
        one->fit = (uint32_t)records;
    else if (bytes && records >= one->fit && one->fit < FIT_MAX)
        one->fit *= 2;
}

void
pace_drop(struct pace *pace, enum stream stream, uint64_t last)
{
    struct pace_stream *one = &pace->streams[stream];
    if (last > one->sent.low)
        cursor_mark(&one->sent, one->sent.low + 1, last, CURSOR_EVICTED);
    if (one->head && one->head <= last)
        one->head = last + 1;
}

int64_t
pace_next_mono_ms(const struct pace *pace, int64_t mono_ms)
{
    int64_t next = INT64_MAX;
    if (pace->rate && pace->budget_mb <= 0)
        next = mono_ms + 1 - pace->budget_mb / pace->rate;
    for (enum stream i = STREAM_EVENT; i < STREAM_END; i++) {
        int64_t hold = pace->streams[i].hold_mono_ms;
        if (hold > mono_ms && hold < next)
            next = hold;
    }
    return next;
}
