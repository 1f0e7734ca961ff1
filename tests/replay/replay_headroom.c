/* `headroom`: what assess_headroom says now, a JSON line a limit. Included by replay_driver.c. */
#include "daemon/assess/headroom.h"

#define HEADROOMS 256

static void
print_headroom(const struct replay *replay)
{
    static struct headroom list[HEADROOMS];
    size_t count = assess_headroom(replay->assess, list, HEADROOMS);
    for (size_t i = 0; i < count; i++) {
        struct json json = begin_line("headroom");
        json_put_text(&json, "subject", list[i].subject);
        json_put_integer(&json, "start", list[i].start_utc_ms);
        json_put_integer(&json, "end", list[i].end_utc_ms);
        put_number(&json, "limit", list[i].limit->value);
        put_number(&json, "mean", list[i].mean);
        put_number(&json, "rest", list[i].rest);
        put_number(&json, "share", list[i].share);
        end_line(&json);
    }
}
