/* The window's part of a saved state:
 *
 *   [start, first, proposed, pollutants, limits]
 *   pollutant  [name, seen, invalid, exceeded, marked, exempt, [condition, sequence of each marked
 *              hour ...], condition and exempt hours before, [year, exempt hours] x 2]
 *   limit      [point number, hours, [mean of each ...]]
 *
 * A pollutant is found by its name and a limit by its place and point, so that a changed site keeps
 * what it still has. */
#include "daemon/assess/marks.h"

#include <stdio.h>

#define HOURS_MAX ((1ULL << MARKS_HOURS) - 1)

static void
exchange_mask(struct exchange *exchange, uint64_t *mask)
{
    *mask = exchange_natural(exchange, *mask, HOURS_MAX);
}

static size_t
count_of(uint64_t mask)
{
    size_t count = 0;
    for (; mask; mask &= mask - 1)
        count++;
    return count;
}

static void
exchange_marked(struct exchange *exchange, struct marks_of *of)
{
    exchange_array(exchange, 2 * count_of(of->marked));
    for (int hour = 0; hour < MARKS_HOURS; hour++) {
        if (!(of->marked & 1ULL << hour))
            continue;
        of->conditions[hour] = (uint8_t)exchange_natural(exchange, of->conditions[hour],
                                                         WORK_END - 1);
        of->sequences[hour] = exchange_natural(exchange, of->sequences[hour], UINT64_MAX);
    }
}

static void
exchange_of(struct exchange *exchange, char name[80], struct marks_of *of)
{
    exchange_array(exchange, 13);
    exchange_text(exchange, name, 80);
    exchange_mask(exchange, &of->seen);
    exchange_mask(exchange, &of->invalid);
    exchange_mask(exchange, &of->exceeded);
    exchange_mask(exchange, &of->marked);
    exchange_mask(exchange, &of->exempt);
    exchange_marked(exchange, of);
    of->before_condition = (uint8_t)exchange_natural(exchange, of->before_condition, WORK_END - 1);
    of->before = (uint32_t)exchange_natural(exchange, of->before, UINT32_MAX);
    for (int i = 0; i < 2; i++) {
        of->years[i].year = (uint16_t)exchange_natural(exchange, of->years[i].year, 9999);
        of->years[i].exempt_h = (uint32_t)exchange_natural(exchange, of->years[i].exempt_h,
                                                           UINT32_MAX);
    }
}

static void
exchange_excess(struct exchange *exchange, uint64_t *number, struct marks_excess *excess)
{
    exchange_array(exchange, 3);
    *number = exchange_natural(exchange, *number, UINT32_MAX);
    exchange_mask(exchange, &excess->hours);
    exchange_array(exchange, count_of(excess->hours));
    for (int hour = 0; hour < MARKS_HOURS; hour++)
        if (excess->hours & 1ULL << hour)
            excess->means[hour] = exchange_number(exchange, excess->means[hour]);
}

static void
exchange_pollutants(struct marks_window *window, struct exchange *exchange)
{
    size_t count = exchange_count(exchange, window->marks->pollutant_count);
    for (size_t i = 0; i < count && !(exchange->in && exchange->in->failed); i++) {
        char name[80] = "";
        struct marks_of of = {.seen = 0};
        if (exchange->out) {
            snprintf(name, sizeof name, "%s", window->marks->pollutants[i].name);
            of = window->of[i];
        }
        exchange_of(exchange, name, &of);
        int at = marks_find(window->marks, name);
        if (exchange->in && at >= 0 && !exchange->in->failed)
            window->of[at] = of;
    }
}

static void
exchange_limits(struct marks_window *window, struct exchange *exchange)
{
    size_t count = exchange_count(exchange, window->marks->limit_count);
    for (size_t i = 0; i < count && !(exchange->in && exchange->in->failed); i++) {
        bool here = i < window->marks->limit_count;
        uint64_t own = here ? window->marks->limits[i].point->number : 0, number = own;
        struct marks_excess excess = {.hours = 0};
        if (exchange->out)
            excess = window->excess[i];
        exchange_excess(exchange, &number, &excess);
        if (exchange->in && here && own == number && !exchange->in->failed)
            window->excess[i] = excess;
    }
}

void
marks_exchange(struct marks_window *window, struct exchange *exchange)
{
    exchange_array(exchange, 5);
    window->start_utc_ms = exchange_integer(exchange, window->start_utc_ms);
    window->first_utc_ms = exchange_integer(exchange, window->first_utc_ms);
    exchange_mask(exchange, &window->proposed);
    exchange_pollutants(window, exchange);
    exchange_limits(window, exchange);
}
