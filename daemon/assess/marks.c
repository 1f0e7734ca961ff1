/* The rules of marks (standards.md 4.3, 公告2022年第21号; 4.5; 12 #6, #10, #22). A later mark of an
 * hour takes the place of an earlier one, and gives its exempt hour back. An hour marked as
 * start-up or shutdown is exempt while fewer hours of its unbroken row of such marks are than the
 * permit gives, and the year's hours are not used up; every other mark says what was and exempts
 * nothing. A row may have begun before the window.
 *
 * Not here: events (judge_marks.c), the means, which no mark changes. */
#include "daemon/assess/marks.h"

#include "base/calendar.h"

#include <string.h>

#define DAY_HOURS 24

static uint64_t
bit(int hour)
{
    return 1ULL << hour;
}

static int64_t
time_of(const struct marks_window *window, int hour)
{
    return window->start_utc_ms + hour * CALENDAR_HOUR_MS;
}

int
marks_hour(const struct marks_window *window, int64_t utc_ms)
{
    int64_t after_ms = utc_ms - window->start_utc_ms;
    if (!window->start_utc_ms || after_ms < 0 || after_ms >= MARKS_HOURS * CALENDAR_HOUR_MS)
        return -1;
    return (int)(after_ms / CALENDAR_HOUR_MS);
}

int
marks_find(const struct marks *marks, const char *pollutant)
{
    for (uint8_t i = 0; i < marks->pollutant_count; i++)
        if (!strcmp(marks->pollutants[i].name, pollutant))
            return i;
    return -1;
}

/* ---- the window ---- */

/* An hour of one unbroken row of marks. */
static bool
is_in_row(const struct marks_of *of, int hour, uint8_t condition)
{
    return hour >= 0 && hour < MARKS_HOURS && of->marked & bit(hour) &&
           of->conditions[hour] == condition;
}

/* Exempt hours of the row that ends with `hour`, also before the window. */
static uint32_t
exempt_until(const struct marks_of *of, int hour, uint8_t condition)
{
    uint32_t count = 0;
    for (; is_in_row(of, hour, condition); hour--)
        count += (of->exempt & bit(hour)) != 0;
    return hour < 0 && of->before_condition == condition ? count + of->before : count;
}

/* The first day goes; a row may go on from it. */
static void
keep_row(struct marks_of *of)
{
    int last = DAY_HOURS - 1;
    uint8_t condition = of->marked & bit(last) ? of->conditions[last] : WORK_UNKNOWN;
    of->before = condition ? exempt_until(of, last, condition) : 0;
    of->before_condition = condition;
}

static void
shift_of(struct marks_of *of)
{
    keep_row(of);
    of->seen >>= DAY_HOURS;
    of->invalid >>= DAY_HOURS;
    of->exceeded >>= DAY_HOURS;
    of->marked >>= DAY_HOURS;
    of->exempt >>= DAY_HOURS;
    memmove(of->conditions, of->conditions + DAY_HOURS, DAY_HOURS * sizeof *of->conditions);
    memmove(of->sequences, of->sequences + DAY_HOURS, DAY_HOURS * sizeof *of->sequences);
}

static void
shift(struct marks_window *window)
{
    window->start_utc_ms += CALENDAR_DAY_MS;
    window->proposed >>= DAY_HOURS;
    for (uint8_t i = 0; i < window->marks->pollutant_count; i++)
        shift_of(&window->of[i]);
    for (uint16_t i = 0; i < window->marks->limit_count; i++) {
        struct marks_excess *excess = &window->excess[i];
        excess->hours >>= DAY_HOURS;
        memmove(excess->means, excess->means + DAY_HOURS, DAY_HOURS * sizeof *excess->means);
    }
}

/* The years' counts stay. */
static void
clear(struct marks_window *window, int64_t start_utc_ms)
{
    window->start_utc_ms = start_utc_ms;
    window->proposed = 0;
    for (uint8_t i = 0; i < window->marks->pollutant_count; i++) {
        struct marks_of cleared = {.seen = 0};
        memcpy(cleared.years, window->of[i].years, sizeof cleared.years);
        window->of[i] = cleared;
    }
    for (uint16_t i = 0; i < window->marks->limit_count; i++)
        window->excess[i].hours = 0;
}

void
marks_enter(struct marks_window *window, int64_t utc_ms)
{
    int64_t day_utc_ms = calendar_start(utc_ms, CALENDAR_DAY_MS);
    if (!window->first_utc_ms)
        window->first_utc_ms = calendar_start(utc_ms, CALENDAR_HOUR_MS);
    int64_t ahead_ms = day_utc_ms - CALENDAR_DAY_MS - window->start_utc_ms;
    if (window->start_utc_ms && (ahead_ms == 0 || ahead_ms == -CALENDAR_DAY_MS))
        return; /* the clock may have been set back by a day at most */
    for (int i = 0; i < 2 && window->start_utc_ms && ahead_ms > 0; i++) {
        shift(window);
        ahead_ms -= CALENDAR_DAY_MS;
    }
    if (window->start_utc_ms != day_utc_ms - CALENDAR_DAY_MS)
        clear(window, day_utc_ms - CALENDAR_DAY_MS);
}

void
marks_statistic(struct marks_window *window, const struct statistic *statistic)
{
    int hour = marks_hour(window, statistic->start_utc_ms);
    if (statistic->period != PERIOD_HOUR || hour < 0)
        return;
    for (uint16_t i = 0; i < window->marks->limit_count; i++) {
        struct marks_of *of = &window->of[window->marks->limits[i].pollutant];
        if (window->marks->limits[i].point != statistic->point)
            continue;
        of->seen |= bit(hour);
        if (!statistic->is_valid)
            of->invalid |= bit(hour);
    }
}

/* ---- marks ---- */

static struct marks_year *
year_of(struct marks_of *of, int64_t utc_ms)
{
    char date[11];
    calendar_print_date(utc_ms, date);
    uint16_t year = (uint16_t)((date[0] - '0') * 1000 + (date[1] - '0') * 100 +
                               (date[2] - '0') * 10 + date[3] - '0');
    struct marks_year *entry = &of->years[year & 1];
    if (entry->year != year)
        *entry = (struct marks_year){.year = year};
    return entry;
}

/* Exempt hours of the row that the hour is in. */
static uint32_t
exempt_of_row(const struct marks_of *of, int hour, uint8_t condition)
{
    uint32_t count = exempt_until(of, hour, condition);
    for (int at = hour + 1; is_in_row(of, at, condition); at++)
        count += (of->exempt & bit(at)) != 0;
    return count;
}

static enum marks_why
judge_hour(struct marks_of *of, const struct marks_pollutant *permit, int hour, int64_t utc_ms)
{
    uint8_t condition = of->conditions[hour];
    uint32_t hours = condition == WORK_STARTUP    ? permit->startup_h
                     : condition == WORK_SHUTDOWN ? permit->shutdown_h
                                                  : 0;
    struct marks_year *year = year_of(of, utc_ms);
    if (!hours)
        return MARKS_NOT_IN_PERMIT;
    if (exempt_of_row(of, hour, condition) >= hours)
        return MARKS_HOURS_USED_UP;
    if (year->exempt_h >= permit->year_h)
        return MARKS_YEAR_USED_UP;
    year->exempt_h++;
    of->exempt |= bit(hour);
    return MARKS_EXEMPT;
}

/* What was said of the hour before does not hold any more. */
static void
take_back(struct marks_of *of, int hour, int64_t utc_ms)
{
    struct marks_year *year = year_of(of, utc_ms);
    if (of->exempt & bit(hour) && year->exempt_h)
        year->exempt_h--;
    of->exempt &= ~bit(hour);
}

bool
marks_takes(const struct marks_window *window, const struct declaration *mark, int hour,
            int64_t now_utc_ms)
{
    int64_t utc_ms = time_of(window, hour);
    int64_t deadline_utc_ms = calendar_start(utc_ms, CALENDAR_DAY_MS) + MARKS_DEADLINE_MS;
    return utc_ms >= mark->from_utc_ms && utc_ms < mark->until_utc_ms &&
           now_utc_ms < deadline_utc_ms;
}

static void
put_of(struct marks_window *window, uint8_t pollutant, const struct declaration *mark,
       int64_t now_utc_ms, struct marks_result *result)
{
    struct marks_of *of = &window->of[pollutant];
    enum work_condition condition = work_find(mark->word);
    for (int hour = 0; hour < MARKS_HOURS; hour++)
        if (marks_takes(window, mark, hour, now_utc_ms)) {
            take_back(of, hour, time_of(window, hour));
            of->marked |= bit(hour);
            of->conditions[hour] = (uint8_t)condition;
            of->sequences[hour] = 0;
        }
    for (int hour = 0; hour < MARKS_HOURS && result->claims; hour++) {
        if (!marks_takes(window, mark, hour, now_utc_ms))
            continue;
        enum marks_why why = judge_hour(of, &window->marks->pollutants[pollutant], hour,
                                        time_of(window, hour));
        if (why != MARKS_EXEMPT && !result->refused++)
            result->why = why;
        result->exempt += why == MARKS_EXEMPT;
    }
}

struct marks_result
marks_put(struct marks_window *window, const struct declaration *mark, int64_t now_utc_ms)
{
    enum work_condition condition = work_find(mark->word);
    struct marks_result result = {.claims = condition == WORK_STARTUP ||
                                            condition == WORK_SHUTDOWN};
    int only = marks_find(window->marks, mark->pollutant);
    for (int hour = 0; hour < MARKS_HOURS; hour++)
        result.taken_hours += marks_takes(window, mark, hour, now_utc_ms);
    result.late_hours = (mark->until_utc_ms - mark->from_utc_ms) / CALENDAR_HOUR_MS -
                        result.taken_hours;
    for (uint8_t i = 0; i < window->marks->pollutant_count; i++)
        if (!*mark->pollutant || only == i)
            put_of(window, i, mark, now_utc_ms, &result);
    return result;
}

/* ---- what is left to mark ---- */

static bool
is_abnormal(const struct marks_window *window, const struct marks_of *of, int hour)
{
    bool judged = window->marks->limit_count && time_of(window, hour) >= window->first_utc_ms;
    return (window->proposed | of->invalid | of->exceeded) & bit(hour) ||
           (judged && !(of->seen & bit(hour)));
}

struct marks_queue
marks_queue(const struct marks_window *window, int64_t day_utc_ms, int64_t now_utc_ms)
{
    struct marks_queue queue = {.count = 0};
    for (int i = 0; i < DAY_HOURS; i++) {
        int64_t utc_ms = day_utc_ms + i * CALENDAR_HOUR_MS;
        int hour = marks_hour(window, utc_ms);
        bool abnormal = false;
        if (hour < 0 || now_utc_ms < utc_ms + CALENDAR_HOUR_MS + MARKS_SETTLE_MS)
            continue;
        for (uint8_t p = 0; p < window->marks->pollutant_count; p++)
            abnormal |= is_abnormal(window, &window->of[p], hour) &&
                        !(window->of[p].marked & bit(hour));
        if (!abnormal)
            continue;
        if (!queue.count++)
            queue.first_utc_ms = utc_ms;
        queue.last_utc_ms = utc_ms;
    }
    return queue;
}
