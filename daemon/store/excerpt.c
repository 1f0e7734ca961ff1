#include "daemon/store/excerpt.h"

#include "daemon/store/registry.h"
#include "daemon/store/schema.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE 64 /* segments a transaction */

static bool
overlaps(const struct excerpt *excerpt, const struct segment *segment)
{
    return segment->latest_utc_ms != 0 && segment->latest_utc_ms >= excerpt->from_utc_ms &&
           segment->earliest_utc_ms < excerpt->until_utc_ms;
}

/* The next segments behind `next`, in one transaction. 1: there may be more. */
static int
copy_some(struct excerpt *excerpt, struct database *from, struct database *to, enum stream stream,
          uint64_t *next)
{
    struct segment segment;
    int got = 1;
    int error = schema_begin(to);

    for (int i = 0; i < AT_ONCE && error == 0 && got == 1; i++) {
        got = schema_find_segment(from, stream, *next, &segment);
        if (got != 1)
            break;
        if (overlaps(excerpt, &segment)) {
            error = schema_put_segment(to, &segment);
            excerpt->records += segment.records;
        }
        *next = segment.last + 1;
        schema_end_read(from);
    }
    if (error == 0)
        error = schema_commit(to);
    if (error != 0) {
        schema_rollback(to);
        return error;
    }
    return got;
}

static int
copy(struct excerpt *excerpt, struct database *from, struct database *to)
{
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        struct head head = {0};
        uint64_t next = 1;
        int got = schema_get_head(from, (enum stream)stream, &head);
        while (got == 1 && (got = copy_some(excerpt, from, to, (enum stream)stream, &next)) == 1)
            if (excerpt->progress != NULL)
                excerpt->progress(excerpt->context,
                                  (stream - 1 + (double)next / (double)(head.last + 1)) / 6);
        if (got < 0)
            return got;
    }
    return 0;
}

int
excerpt_make(struct excerpt *excerpt, char ret_error[200])
{
    struct database *from = NULL;
    struct database *to = NULL;

    excerpt->records = 0;
    if (access(excerpt->to, F_OK) == 0) {
        snprintf(ret_error, 200, "%.150s is there already", excerpt->to);
        return -EEXIST;
    }
    int error = database_open(excerpt->from, DATABASE_READ, &from, ret_error);
    if (error == 0)
        error = schema_prepare(from, ret_error);
    if (error == 0)
        error = database_open(excerpt->to, DATABASE_CREATE, &to, ret_error);
    if (error == 0)
        error = schema_prepare(to, ret_error);
    if (error == 0 &&
        ((error = registry_copy(to, excerpt->from)) != 0 || (error = copy(excerpt, from, to)) != 0))
        snprintf(ret_error, 200, "%.150s: %.40s", excerpt->to, strerror(-error));
    database_close(to);
    database_close(from);
    return error;
}
