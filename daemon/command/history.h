/* What the files of verb history share: the question, where an answer stands, rows and the parts
 * they go out in. Rows come one by one from the store (history_readings.c, history_periods.c); at
 * most one part and, of periods, one window of them is in memory. Nothing here is kept between two
 * commands: where one ended stands in the token it gave. */
#ifndef DAEMON_COMMAND_HISTORY_H
#define DAEMON_COMMAND_HISTORY_H

#include "daemon/command/request.h"
#include "daemon/store/bucket.h"
#include "daemon/store/walk.h"

/* Where an answer's rows come from. In the token: never give a letter another meaning. */
enum history_source {
    HISTORY_READINGS = 'r', /* one row a reading */
    HISTORY_COMPUTED = 'c', /* one row a stretch of time, computed from readings */
    HISTORY_STORED = 's',   /* one row a period, as stored */
};

/* Behind a row: by sequences of the store (readings) or by start and point of a period, so that it
 * holds over compaction, restart and another connection. */
struct history_token {
    enum history_source source;
    char store[9];   /* the first digits of the store's id */
    uint32_t asked;  /* hash of what was asked: it fits no other question */
    uint64_t a, b;   /* READINGS, COMPUTED: walk_place; STORED: start, number of the point */
    uint32_t values; /* READINGS, COMPUTED: of walk_place */
    uint32_t rows;   /* COMPUTED: already given of the stretch that begins there */
};

#define HISTORY_TOKEN 80
void history_token_print(const struct history_token *token, char ret_text[HISTORY_TOKEN]);
bool history_token_parse(const char *text, struct history_token *ret_token);

struct history {
    struct request *request;
    const char *point; /* "device.point" or "device" */
    bool is_device;    /* rows name their point */
    int64_t from_utc_ms, until_utc_ms;
    int64_t every_ms;   /* stretches computed from readings; 0: none, or months */
    enum period period; /* 0: none of the stored kinds */
    bool by_month;
    uint64_t rows_left;
    struct history_token next; /* behind the last row */
    struct buf rows;           /* of the part being filled */
    size_t row_count;
    char unit[32]; /* of the point */
    bool gone;     /* nobody waits any more */
    unsigned looks;
};

/* One row. Of a reading: `value`; else the figures. */
struct history_row {
    int64_t utc_ms;
    const char *point;
    const struct record_value *value; /* NULL: figures */
    double low, mean, high;           /* NaN: none */
    unsigned long count, valid, expected;
    char letter;
};

/* Puts it into the part, which is sent when it is full; `behind` is the token then. False: no more
 * rows are wanted (history->rows_left is 0, or history->gone). */
bool history_put(struct history *history, const struct history_row *row,
                 const struct history_token *behind);

/* The last part. `complete`: the range is at its end. */
void history_finish(struct history *history, bool complete);

/* Nobody waits any more, or the daemon ends. */
bool history_gave_up(void *history);

/* Each goes on at history->next and finishes or refuses. NULL, or why it is refused. */
const char *history_run_readings(struct history *history, bool resumed);
const char *history_run_periods(struct history *history, bool resumed);

/* Has the store a period of that kind in the range? */
bool history_has_periods(struct history *history);

#endif
