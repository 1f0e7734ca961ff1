/* Means of readings over stretches of time that no stream keeps: what parkgatectl history --every
 * and command history compute from readings, by one rule. Every reading counts; the valid ones
 * (docs/quality.md; who calls says which) give lowest, highest and arithmetic mean. Pure. */
#ifndef DAEMON_STORE_BUCKET_H
#define DAEMON_STORE_BUCKET_H

#include "daemon/store/record.h"

struct bucket {
    int64_t start_utc_ms;
    unsigned long count, valid; /* count 0: nothing was added */
    double low, high, sum;      /* of the valid ones */
};

/* NaN for texts and for what has no value. */
double record_value_number(const struct record_value *value);

/* Starts anew when it is empty. */
void bucket_add(struct bucket *bucket, int64_t start_utc_ms, double number, bool is_valid);

/* NaN: none was valid. */
double bucket_mean(const struct bucket *bucket);

#endif
