/* The headroom page: what the operator of a boiler steers by. */
#include "daemon/assess/headroom.h"

#include "daemon/supervise/pages.h"

#include <math.h>

static void
put_number(struct json *json, const char *key, double number)
{
    json_key(json, key);
    if (isnan(number))
        json_none(json);
    else
        json_number(json, number);
}

static void
put_one(struct json *json, const struct headroom *headroom)
{
    const struct limit *limit = headroom->limit;

    json_begin_object(json);
    json_put_text(json, "subject", headroom->subject);
    json_put_text(json, "device", limit->point->device->name);
    json_put_text(json, "point", limit->point->name);
    json_put_text(json, "unit", limit->point->unit);
    json_put_text(json, "kind", site_limit_kind_name(limit->kind));
    json_put_text(json, "averaging", site_averaging_name(limit->averaging));
    json_put_text(json, "side", limit->side == SIDE_ABOVE ? "above" : "below");
    json_put_number(json, "limit", limit->value);
    json_put_integer(json, "start", headroom->start_utc_ms);
    json_put_integer(json, "end", headroom->end_utc_ms);
    json_put_natural(json, "valid", headroom->valid);
    json_put_natural(json, "expected", headroom->expected);
    put_number(json, "mean", headroom->mean);
    put_number(json, "share", headroom->share);
    put_number(json, "rest", headroom->rest);
    json_put_bool(json, "lost", headroom->lost);
    json_end_object(json);
}

void
pages_write_headroom(struct json *json, const struct vitals *vitals, const struct headroom *list,
                     size_t count)
{
    json_begin_object(json);
    json_put_natural(json, "v", 1);
    json_put_text(json, "gateway", vitals->gateway_id);
    json_put_text(json, "store", vitals->store_id);
    json_key(json, "t");
    if (vitals->now.clock == CLOCK_UNKNOWN)
        json_none(json);
    else
        json_signed(json, vitals->now.utc_ms);
    json_key(json, "limits");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        put_one(json, &list[i]);
    json_end_array(json);
    json_end_object(json);
}
