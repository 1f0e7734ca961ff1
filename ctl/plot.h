/* A plot in the terminal: the lowest to the highest value of each column of time. */
#ifndef CTL_PLOT_H
#define CTL_PLOT_H

#include <stdint.h>
#include <stdio.h>

#define PLOT_COLUMNS 72
#define PLOT_ROWS    16

struct plot {
    int64_t from_utc_ms, until_utc_ms;
    unsigned long count[PLOT_COLUMNS];
    double low[PLOT_COLUMNS], high[PLOT_COLUMNS];
};

void plot_init(struct plot *plot, int64_t from_utc_ms, int64_t until_utc_ms);
void plot_add(struct plot *plot, int64_t utc_ms, double value);
void plot_print(const struct plot *plot, const char *title, FILE *out);

#endif
