#include "daemon/acquire/history.h"

#include "daemon/value.h"

#define MINUTE_MS 60000
#define HOUR_MS   3600000

static void
count(atomic_ullong *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void
count_small(atomic_uint *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

enum quality
quality_of_line(enum line_result result)
{
    static const enum quality QUALITIES[] = {
        [LINE_OK] = QUALITY_GOOD,
        [LINE_TIMEOUT] = QUALITY_TIMEOUT,
        [LINE_CRC] = QUALITY_CRC,
        [LINE_EXCEPTION] = QUALITY_EXCEPTION,
        [LINE_REFUSED] = QUALITY_REFUSED,
        [LINE_WRONG_ANSWER] = QUALITY_WRONG_ANSWER,
        [LINE_UNRESOLVED] = QUALITY_UNRESOLVED,
        [LINE_NO_PORT] = QUALITY_NO_PORT,
    };

    return QUALITIES[result];
}

static unsigned
class_of(uint64_t us)
{
    uint64_t eighths = us / 8 < 4 ? 4 : us / 8;
    unsigned octave = 61U - (unsigned)__builtin_clzll(eighths);
    unsigned class = 4 * octave + (unsigned)(eighths >> octave & 3);

    return class < DEVICE_RESPONSES ? class : DEVICE_RESPONSES - 1;
}

/* The hour the response times belong to is that of hours[]; when it changes, [0] becomes [1]. */
static void
turn_hour(struct device_counters *counters)
{
    for (unsigned i = 0; i < DEVICE_RESPONSES; i++) {
        unsigned passed = atomic_load_explicit(&counters->responses[0][i], memory_order_relaxed);
        atomic_store_explicit(&counters->responses[1][i], passed, memory_order_relaxed);
        atomic_store_explicit(&counters->responses[0][i], 0, memory_order_relaxed);
    }
    unsigned most = atomic_load_explicit(&counters->response_us_max[0], memory_order_relaxed);
    atomic_store_explicit(&counters->response_us_max[1], most, memory_order_relaxed);
    atomic_store_explicit(&counters->response_us_max[0], 0, memory_order_relaxed);
}

/* The span of now; true when it has just begun. */
static bool
enter_span(struct device_span *spans, unsigned count, unsigned number, struct device_span **ret)
{
    struct device_span *span = &spans[number % count];

    *ret = span;
    if (atomic_load_explicit(&span->number, memory_order_relaxed) == number)
        return false;
    atomic_store_explicit(&span->good_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&span->all_ms, 0, memory_order_relaxed);
    atomic_store_explicit(&span->number, number, memory_order_relaxed);
    return true;
}

static void
add(struct device_span *span, bool answered, unsigned passed_ms)
{
    atomic_fetch_add_explicit(&span->all_ms, passed_ms, memory_order_relaxed);
    if (answered)
        atomic_fetch_add_explicit(&span->good_ms, passed_ms, memory_order_relaxed);
}

void
history_pass(struct device_counters *counters, bool answered, int64_t passed_ms, int64_t mono_ms)
{
    struct device_span *minute, *hour;
    unsigned passed = (unsigned)(passed_ms < HOUR_MS ? passed_ms : HOUR_MS);

    enter_span(counters->minutes, DEVICE_MINUTES, (unsigned)(mono_ms / MINUTE_MS) + 1, &minute);
    if (enter_span(counters->hours, DEVICE_HOURS, (unsigned)(mono_ms / HOUR_MS) + 1, &hour))
        turn_hour(counters);
    add(minute, answered, passed);
    add(hour, answered, passed);
}

static void
count_response(struct device_counters *counters, const struct line_timing *timing)
{
    uint64_t us = (uint64_t)(timing->answered_ns - timing->sent_ns) / 1000;
    unsigned most = atomic_load_explicit(&counters->response_us_max[0], memory_order_relaxed);

    count_small(&counters->responses[0][class_of(us)]);
    if (us > most)
        atomic_store_explicit(&counters->response_us_max[0], (unsigned)us, memory_order_relaxed);
}

void
history_count(struct device_counters *counters, enum line_result result, uint8_t exception,
              const struct line_timing *timing, int64_t mono_ms)
{
    switch (result) {
    case LINE_OK: count(&counters->answers); break;
    case LINE_TIMEOUT: count(&counters->timeouts); break;
    case LINE_CRC: count(&counters->crc_errors); break;
    case LINE_WRONG_ANSWER: count(&counters->wrong_answers); break;
    case LINE_EXCEPTION:
        count(&counters->exceptions);
        count_small(&counters->exceptions_by_number[exception < DEVICE_EXCEPTIONS ? exception : 0]);
        break;
    case LINE_REFUSED:
    case LINE_UNRESOLVED:
    case LINE_NO_PORT: count(&counters->refused); break;
    }
    if (result != LINE_OK && result != LINE_EXCEPTION)
        return;
    count_response(counters, timing);
    if (timing->stray_bytes > 0 || timing->echoed)
        count(&counters->noisy);
    atomic_store_explicit(&counters->last_good_mono_ms, mono_ms, memory_order_relaxed);
}
