/* Which members of the health page are metrics, and under what names: base units (seconds, bytes),
 * counters end in _total, as Prometheus asks for. */
#ifndef CTL_METRICS_TABLE_H
#define CTL_METRICS_TABLE_H

#include <stdbool.h>

enum metric_kind {
    METRIC_NUMBER,  /* a number or a boolean */
    METRIC_STATE,   /* a word: one sample for each word there may be, 1 for the one it is */
    METRIC_MEMBERS, /* an object: one sample a member, its name in `label` */
};

struct metric {
    const char *name; /* NULL: end of the table */
    const char *help;
    enum metric_kind kind;
    bool is_counter;
    const char *path; /* "disk.free_bytes" */
    double scale;
    const char *label;
    const char *const *states; /* NULL-ended */
    const char *within;        /* of each member; NULL: the member itself */
};

struct metric_list {
    const char *array;                /* of objects; NULL: the page itself */
    const char *label;                /* whose value is the object's name */
    const char *other, *other_member; /* a second label; NULL: none */
    const struct metric *metrics;
};

#define METRIC_LIST_COUNT 4
extern const struct metric_list METRIC_LISTS[METRIC_LIST_COUNT];

#endif
