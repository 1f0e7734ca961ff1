/* A device's numbers for the operator: what its requests came to, how soon it answers, how much of
 * the time it did. Read from counters that the bus thread goes on writing: each is right, together
 * they may be a request apart. */
#include "daemon/assess/assess.h"
#include "daemon/supervise/pages.h"

#include <stdio.h>

#define MINUTE_MS 60000
#define HOUR_MS   3600000

static void
put_count(struct json *json, const char *key, const atomic_ullong *counter)
{
    json_put_natural(json, key, atomic_load_explicit(counter, memory_order_relaxed));
}

static void
put_exceptions(struct json *json, const struct device_counters *counters)
{
    char number[8];

    json_key(json, "exceptions_by_number");
    json_begin_object(json);
    for (unsigned i = 0; i < DEVICE_EXCEPTIONS; i++) {
        unsigned count = atomic_load_explicit(&counters->exceptions_by_number[i],
                                              memory_order_relaxed);
        snprintf(number, sizeof number, "%u", i);
        if (count > 0)
            json_put_natural(json, i > 0 ? number : "other", count);
    }
    json_end_object(json);
}

/* ---- response times of this hour and the last ---- */

/* The class's upper end, in microseconds. */
static uint64_t
class_end_us(unsigned class)
{
    return (5ULL + class % 4) << (class / 4) << 3;
}

static void
put_quantile(struct json *json, const char *key, const unsigned counts[DEVICE_RESPONSES],
             uint64_t total, unsigned permille, uint64_t most_us)
{
    uint64_t wanted = (total * permille + 999) / 1000;
    uint64_t seen = 0;
    unsigned class = 0;

    while (class + 1 < DEVICE_RESPONSES && (seen += counts[class]) < wanted)
        class ++;
    uint64_t us = class_end_us(class) < most_us ? class_end_us(class) : most_us;
    json_put_natural(json, key, us);
}

static void
put_responses(struct json *json, const struct device_counters *counters)
{
    unsigned counts[DEVICE_RESPONSES];
    uint64_t total = 0;
    unsigned most_us = 0;

    for (unsigned i = 0; i < DEVICE_RESPONSES; i++) {
        counts[i] = atomic_load_explicit(&counters->responses[0][i], memory_order_relaxed) +
                    atomic_load_explicit(&counters->responses[1][i], memory_order_relaxed);
        total += counts[i];
    }
    for (int i = 0; i < 2; i++) {
        unsigned of = atomic_load_explicit(&counters->response_us_max[i], memory_order_relaxed);
        most_us = of > most_us ? of : most_us;
    }
    json_key(json, "response_us");
    if (total == 0) {
        json_none(json);
        return;
    }
    json_begin_object(json);
    put_quantile(json, "p50", counts, total, 500, most_us);
    put_quantile(json, "p99", counts, total, 990, most_us);
    json_put_natural(json, "max", most_us);
    json_end_object(json);
}

/* ---- availability ---- */

static void
put_share(struct json *json, const char *key, const struct device_span *spans, unsigned count,
          unsigned now)
{
    uint64_t good_ms = 0, all_ms = 0;

    for (unsigned i = 0; i < count; i++) {
        unsigned number = atomic_load_explicit(&spans[i].number, memory_order_relaxed);
        if (number == 0 || now - number >= count)
            continue;
        good_ms += atomic_load_explicit(&spans[i].good_ms, memory_order_relaxed);
        all_ms += atomic_load_explicit(&spans[i].all_ms, memory_order_relaxed);
    }
    json_key(json, key);
    if (all_ms > 0)
        json_number(json, (double)(good_ms < all_ms ? good_ms * 10000 / all_ms : 10000) / 10000);
    else
        json_none(json);
}

static void
put_availability(struct json *json, const struct device_counters *counters, int64_t now_mono_ms)
{
    json_key(json, "availability");
    json_begin_object(json);
    put_share(json, "1h", counters->minutes, DEVICE_MINUTES,
              (unsigned)(now_mono_ms / MINUTE_MS) + 1);
    put_share(json, "24h", counters->hours, DEVICE_HOURS, (unsigned)(now_mono_ms / HOUR_MS) + 1);
    json_end_object(json);
}

void
pages_put_device(struct json *json, const struct device *device,
                 const struct device_counters *counters, int64_t now_mono_ms)
{
    static const char *const STATES[] = {"unknown", "online", "degraded", "offline"};
    int64_t good_mono_ms = atomic_load_explicit(&counters->last_good_mono_ms, memory_order_relaxed);

    json_begin_object(json);
    json_put_text(json, "name", device->name);
    json_put_text(json, "bus", device->bus->name);
    json_put_text(json, "state", STATES[atomic_load(&counters->state) & 3]);
    json_put_text(json, "last_quality",
                  quality_name((enum quality)atomic_load(&counters->last_quality)));
    json_key(json, "last_good_age_ms");
    if (good_mono_ms > 0)
        json_signed(json, now_mono_ms - good_mono_ms);
    else
        json_none(json);
    put_count(json, "requests", &counters->requests);
    put_count(json, "answers", &counters->answers);
    put_count(json, "timeouts", &counters->timeouts);
    put_count(json, "crc_errors", &counters->crc_errors);
    put_count(json, "exceptions", &counters->exceptions);
    put_exceptions(json, counters);
    put_count(json, "refused", &counters->refused);
    put_count(json, "wrong_answers", &counters->wrong_answers);
    put_count(json, "noisy", &counters->noisy);
    put_count(json, "scans", &counters->scans);
    put_count(json, "values", &counters->values);
    put_count(json, "dropped_values", &counters->dropped_values);
    put_count(json, "missed_slots", &counters->missed_slots);
    json_put_natural(json, "divisions", atomic_load(&counters->divisions));
    json_put_natural(json, "turnaround_us", atomic_load(&counters->turnaround_us));
    put_responses(json, counters);
    put_availability(json, counters, now_mono_ms);
    json_end_object(json);
}
