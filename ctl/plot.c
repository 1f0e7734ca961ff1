#include "ctl/plot.h"

#include "base/calendar.h"

#include <math.h>
#include <stdbool.h>

void
plot_init(struct plot *plot, int64_t from_utc_ms, int64_t until_utc_ms)
{
    *plot = (struct plot){.from_utc_ms = from_utc_ms, .until_utc_ms = until_utc_ms};
}

void
plot_add(struct plot *plot, int64_t utc_ms, double value)
{
    int64_t span_ms = plot->until_utc_ms - plot->from_utc_ms;
    int64_t passed_ms = utc_ms - plot->from_utc_ms;

    if (!isfinite(value) || passed_ms < 0 || passed_ms >= span_ms)
        return;
    size_t column = (size_t)(passed_ms * PLOT_COLUMNS / span_ms);
    bool first = plot->count[column]++ == 0;
    plot->low[column] = first || value < plot->low[column] ? value : plot->low[column];
    plot->high[column] = first || value > plot->high[column] ? value : plot->high[column];
}

static bool
find_bounds(const struct plot *plot, double *ret_low, double *ret_high)
{
    bool any = false;

    for (int i = 0; i < PLOT_COLUMNS; i++) {
        if (plot->count[i] == 0)
            continue;
        *ret_low = !any || plot->low[i] < *ret_low ? plot->low[i] : *ret_low;
        *ret_high = !any || plot->high[i] > *ret_high ? plot->high[i] : *ret_high;
        any = true;
    }
    return any;
}

/* Row 0 is the lowest. */
static int
row_of(double value, double low, double high)
{
    return high > low ? (int)((value - low) / (high - low) * (PLOT_ROWS - 1) + 0.5) : 0;
}

void
plot_print(const struct plot *plot, const char *title, FILE *out)
{
    double low = 0, high = 0;
    char from[30], until[30];

    if (!find_bounds(plot, &low, &high)) {
        fprintf(out, "%s: no valid value in this time\n", title);
        return;
    }
    fprintf(out, "%s\n", title);
    for (int row = PLOT_ROWS - 1; row >= 0; row--) {
        double value = low + (high - low) * row / (PLOT_ROWS - 1);
        fprintf(out, "%12.6g |", value);
        for (int i = 0; i < PLOT_COLUMNS; i++) {
            bool here = plot->count[i] > 0 && row >= row_of(plot->low[i], low, high) &&
                        row <= row_of(plot->high[i], low, high);
            fputc(here ? '*' : ' ', out);
        }
        fputc('\n', out);
    }
    calendar_print_time(plot->from_utc_ms, from);
    calendar_print_time(plot->until_utc_ms, until);
    fprintf(out, "%12s +", "");
    for (int i = 0; i < PLOT_COLUMNS; i++)
        fputc('-', out);
    fprintf(out, "\n%14s%.19s%*.19s\n", "", from, PLOT_COLUMNS - 19, until);
}
