#include "daemon/store/bucket.h"

#include <math.h>

double
record_value_number(const struct record_value *value)
{
    switch (value->kind) {
    case VALUE_NUMBER: return value->number;
    case VALUE_INTEGER: return (double)value->integer;
    case VALUE_NATURAL: return (double)value->natural;
    case VALUE_ABSENT:
    case VALUE_NONE:
    case VALUE_TEXT: break;
    }
    return (double)NAN;
}

void
bucket_add(struct bucket *bucket, int64_t start_utc_ms, double number, bool is_valid)
{
    if (bucket->count == 0)
        *bucket = (struct bucket){
            .start_utc_ms = start_utc_ms, .low = (double)NAN, .high = (double)NAN};
    bucket->count++;
    if (isnan(number) || !is_valid)
        return;
    bucket->low = bucket->valid == 0 || number < bucket->low ? number : bucket->low;
    bucket->high = bucket->valid == 0 || number > bucket->high ? number : bucket->high;
    bucket->sum += number;
    bucket->valid++;
}

double
bucket_mean(const struct bucket *bucket)
{
    return bucket->valid > 0 ? bucket->sum / (double)bucket->valid : (double)NAN;
}
