/* A short table, searched from the front: acknowledgements mostly come in the order of sending. */
#include "daemon/forward/window.h"

#include <assert.h>
#include <string.h>

void
window_reset(struct window *window, size_t limit)
{
    uint64_t last_token = window->last_token;
    *window = (struct window){.last_token = last_token};
    window->limit = limit < 1 ? 1 : limit > WINDOW_MAX ? WINDOW_MAX : limit;
}

uint64_t
window_add(struct window *window, const struct flight *flight)
{
    assert(window->count < window->limit);
    struct flight *added = &window->flights[window->count++];
    *added = *flight;
    added->token = ++window->last_token;
    if (added->backlog) {
        window->backlog_count++;
        window->backlog_bytes += added->bytes;
    }
    return added->token;
}

bool
window_take(struct window *window, uint64_t token, struct flight *ret_flight)
{
    for (size_t i = 0; i < window->count; i++) {
        struct flight *flight = &window->flights[i];
        if (flight->token != token)
            continue;
        *ret_flight = *flight;
        if (flight->backlog) {
            window->backlog_count--;
            window->backlog_bytes -= flight->bytes;
        }
        window->count--;
        memmove(flight, flight + 1, (window->count - i) * sizeof *flight);
        return true;
    }
    return false;
}

int64_t
window_oldest_mono_ms(const struct window *window)
{
    int64_t oldest = INT64_MAX;
    for (size_t i = 0; i < window->count; i++)
        if (window->flights[i].sent_mono_ms < oldest)
            oldest = window->flights[i].sent_mono_ms;
    return oldest;
}
