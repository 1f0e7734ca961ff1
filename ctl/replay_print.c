#include "ctl/replay_print.h"

#include "base/buf.h"
#include "base/calendar.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LINE         2048
#define SAME_PART    1e-9 /* of a number */
#define NUMBER_WIDTH 32

/* by enum period */
static const char *const PERIODS[] = {"",     "minute", "ten minutes", "quarter",
                                      "hour", "day",    "month",       "five minutes"};

bool
replay_is_same_number(double left, double right)
{
    if (isnan(left) || isnan(right))
        return isnan(left) && isnan(right);
    return fabs(left - right) <= SAME_PART * fmax(fabs(left), fabs(right));
}

static const char *
period_name(enum period period)
{
    return (size_t)period < sizeof PERIODS / sizeof *PERIODS ? PERIODS[period] : "?";
}

static const char *
change_of(const void *stored, const void *found)
{
    return stored == NULL ? "new" : found == NULL ? "missing" : "other";
}

static void
print_number(double number, char ret_text[NUMBER_WIDTH])
{
    if (isnan(number))
        snprintf(ret_text, NUMBER_WIDTH, "none");
    else
        snprintf(ret_text, NUMBER_WIDTH, "%.10g", number);
}

static void
print_time(int64_t utc_ms, char ret_text[30])
{
    if (utc_ms == REPLAY_OPEN)
        snprintf(ret_text, 30, "still open");
    else
        calendar_print_time(utc_ms, ret_text);
}

/* ---- one line of JSON ---- */

static void
begin_line(struct json *json, struct buf *buf, const char *record)
{
    json_init(json, buf);
    json_begin_object(json);
    json_put_text(json, "record", record);
}

static void
end_line(struct json *json)
{
    json_end_object(json);
    puts(buf_string(json->buf));
}

static void
put_episode(struct json *json, const char *key, const struct episode *episode)
{
    json_key(json, key);
    if (episode == NULL) {
        json_none(json);
        return;
    }
    json_begin_object(json);
    json_put_integer(json, "since", episode->since_utc_ms);
    json_key(json, "closed");
    if (episode->is_moment || episode->closed_utc_ms == REPLAY_OPEN)
        json_none(json);
    else
        json_signed(json, episode->closed_utc_ms);
    json_put_number(json, "peak", episode->peak);
    json_put_number(json, "limit", episode->limit);
    if (episode->periods >= 0)
        json_put_integer(json, "periods", episode->periods);
    json_end_object(json);
}

static void
put_statistic(struct json *json, const char *key, const struct statistic *statistic)
{
    json_key(json, key);
    if (statistic == NULL) {
        json_none(json);
        return;
    }
    json_begin_object(json);
    json_put_number(json, "min", statistic->min);
    json_put_number(json, "max", statistic->max);
    json_put_number(json, "mean", statistic->mean);
    json_put_natural(json, "count", statistic->count);
    json_put_natural(json, "valid", statistic->valid);
    json_put_natural(json, "expected", statistic->expected);
    json_key(json, "letter");
    json_text_n(json, &statistic->letter, 1);
    json_end_object(json);
}

/* ---- events ---- */

static void
tell_number(const char *name, double stored, double found)
{
    char before[NUMBER_WIDTH], after[NUMBER_WIDTH];

    if (replay_is_same_number(stored, found))
        return;
    print_number(stored, before);
    print_number(found, after);
    printf(", %s %s -> %s", name, before, after);
}

static void
tell_time(const char *name, int64_t stored, int64_t found)
{
    char before[30], after[30];

    if (stored == found)
        return;
    print_time(stored, before);
    print_time(found, after);
    printf(", %s %s -> %s", name, before, after);
}

static void
tell_episode(const struct episode *episode)
{
    char number[NUMBER_WIDTH], time[30];

    print_time(episode->closed_utc_ms, time);
    if (!episode->is_moment)
        printf(episode->closed_utc_ms == REPLAY_OPEN ? ", %s" : ", until %s", time);
    print_number(episode->peak, number);
    if (!isnan(episode->peak))
        printf(", peak %s", number);
    print_number(episode->limit, number);
    if (!isnan(episode->limit))
        printf(", limit %s", number);
    if (episode->periods > 0)
        printf(", %lld periods", (long long)episode->periods);
}

static void
print_event_line(const struct episode *any, const struct episode *stored,
                 const struct episode *found)
{
    char since[30];

    print_time((stored != NULL ? stored : any)->since_utc_ms, since);
    printf("%s  %-7s event  %s %s", since, change_of(stored, found), any->kind, any->subject);
    if (*any->averaging != '\0')
        printf(" (%s)", any->averaging);
    if (stored == NULL || found == NULL) {
        tell_episode(any);
    } else {
        tell_time("opened", stored->since_utc_ms, found->since_utc_ms);
        if (!any->is_moment)
            tell_time("closed", stored->closed_utc_ms, found->closed_utc_ms);
        tell_number("peak", stored->peak, found->peak);
        tell_number("limit", stored->limit, found->limit);
        if (stored->periods != found->periods)
            printf(", periods %lld -> %lld", (long long)stored->periods, (long long)found->periods);
    }
    putchar('\n');
}

void
replay_print_event(struct replay_print *print, const struct episode *stored,
                   const struct episode *found)
{
    const struct episode *any = found != NULL ? found : stored;
    char room[LINE];
    struct buf buf;
    struct json json;

    if (!print->json) {
        print_event_line(any, stored, found);
        return;
    }
    buf_init(&buf, room, sizeof room);
    begin_line(&json, &buf, "event");
    json_put_text(&json, "change", change_of(stored, found));
    json_put_text(&json, "kind", any->kind);
    json_put_text(&json, "subject", any->subject);
    json_put_text(&json, "averaging", any->averaging);
    put_episode(&json, "stored", stored);
    put_episode(&json, "found", found);
    end_line(&json);
}

/* ---- statistics ---- */

static void
print_statistic_line(const char *point, const struct statistic *any, const struct statistic *stored,
                     const struct statistic *found)
{
    char start[30], mean[NUMBER_WIDTH];

    print_time(any->start_utc_ms, start);
    printf("%s  %-7s %s  %s", start, change_of(stored, found), period_name(any->period), point);
    if (any->revision > 0)
        printf(" (revision %u)", any->revision);
    if (stored == NULL || found == NULL) {
        print_number(any->mean, mean);
        printf(", mean %s, %u valid of %u, %c", mean, any->valid, any->expected, any->letter);
    } else {
        tell_number("mean", stored->mean, found->mean);
        tell_number("min", stored->min, found->min);
        tell_number("max", stored->max, found->max);
        tell_number("count", stored->count, found->count);
        tell_number("valid", stored->valid, found->valid);
        tell_number("expected", stored->expected, found->expected);
        if (stored->letter != found->letter)
            printf(", letter %c -> %c", stored->letter, found->letter);
    }
    putchar('\n');
}

void
replay_print_statistic(struct replay_print *print, const char *point,
                       const struct statistic *stored, const struct statistic *found)
{
    const struct statistic *any = found != NULL ? found : stored;
    char room[LINE];
    struct buf buf;
    struct json json;

    if (!print->json) {
        if (print->shown < print->most)
            print_statistic_line(point, any, stored, found);
        *(print->shown < print->most ? &print->shown : &print->withheld) += 1;
        return;
    }
    buf_init(&buf, room, sizeof room);
    begin_line(&json, &buf, "statistic");
    json_put_text(&json, "change", change_of(stored, found));
    json_put_text(&json, "point", point);
    json_put_text(&json, "period", period_name(any->period));
    json_put_integer(&json, "start", any->start_utc_ms);
    json_put_natural(&json, "revision", any->revision);
    put_statistic(&json, "stored", stored);
    put_statistic(&json, "found", found);
    end_line(&json);
}

/* ---- the end ---- */

bool
replay_differs(const struct replay_summary *summary)
{
    return summary->events_new + summary->events_missing + summary->events_other +
               summary->statistics_new + summary->statistics_missing + summary->statistics_other +
               summary->requalified >
           0;
}

static void
print_summary_json(const struct replay_summary *summary)
{
    char room[LINE];
    struct buf buf;
    struct json json;

    buf_init(&buf, room, sizeof room);
    begin_line(&json, &buf, "summary");
    json_put_bool(&json, "differs", replay_differs(summary));
    json_put_natural(&json, "scans", summary->scans);
    json_put_natural(&json, "readings", summary->readings);
    json_put_natural(&json, "requalified", summary->requalified);
    json_put_natural(&json, "events", summary->events);
    json_put_natural(&json, "events_new", summary->events_new);
    json_put_natural(&json, "events_missing", summary->events_missing);
    json_put_natural(&json, "events_other", summary->events_other);
    json_put_natural(&json, "statistics", summary->statistics);
    json_put_natural(&json, "statistics_new", summary->statistics_new);
    json_put_natural(&json, "statistics_missing", summary->statistics_missing);
    json_put_natural(&json, "statistics_other", summary->statistics_other);
    json_put_natural(&json, "not_compared_events", summary->unknown_events);
    json_put_natural(&json, "not_compared_statistics", summary->unknown_statistics);
    json_put_natural(&json, "not_stored_points", summary->absent_points);
    end_line(&json);
}

void
replay_print_summary(struct replay_print *print, const struct replay_summary *summary)
{
    if (print->json) {
        print_summary_json(summary);
        return;
    }
    if (print->withheld > 0)
        printf("... and %llu statistics more (--most, --json)\n", print->withheld);
    if (summary->unknown_events > 0)
        printf("not compared: %llu events that were open before the lead-in began (--lead-in)\n",
               summary->unknown_events);
    if (summary->unknown_statistics > 0)
        printf("not compared: %llu statistics of points that the site does not have\n",
               summary->unknown_statistics);
    printf("%s: %llu readings judged; of %llu stored events %llu missing, %llu other, %llu new; "
           "of %llu stored statistics %llu missing, %llu other, %llu new; %llu readings of another "
           "quality\n",
           replay_differs(summary) ? "differs" : "nothing differs", summary->readings,
           summary->events, summary->events_missing, summary->events_other, summary->events_new,
           summary->statistics, summary->statistics_missing, summary->statistics_other,
           summary->statistics_new, summary->requalified);
    printf("What is found here is suspected; the certified logger's record prevails."
           " 以经认证的数采仪记录为准。\n");
}
