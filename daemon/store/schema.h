/* The tables of a store file and what stands in them: segments, heads, cursors, states, meta.
 * SQL is in schema.c, segments.c and registry.c only. Format version 2; docs/store.md. */
#ifndef DAEMON_STORE_SCHEMA_H
#define DAEMON_STORE_SCHEMA_H

#include "daemon/store/cursor.h"
#include "daemon/store/database.h"
#include "daemon/store/reader.h"

#define SCHEMA_APPLICATION 0x50474154 /* "PGAT" */
#define SCHEMA_VERSION     2
#define SCHEMA_SETTLED     2 /* level of segments that are not merged again */

/* One stretch of whole records of one stream, as one row. */
struct segment {
    enum stream stream;
    uint64_t first, last;
    int64_t earliest_utc_ms, latest_utc_ms; /* 0: no record of it has a known time */
    uint64_t records, values;
    uint8_t codec; /* enum codec of the body */
    uint8_t level; /* how often it was merged */
    size_t plain;  /* length of the body unpacked */
    uint8_t previous[STORE_HASH], chain[STORE_HASH];
    const uint8_t *body; /* when read: valid until the next call on the database */
    size_t length;
};

/* Where a stream stands. The row is written when segments go or are merged; what was committed
 * since is told by the segments behind it. */
struct head {
    uint64_t last; /* sequence of the newest record, 0: none yet */
    uint8_t chain[STORE_HASH];
    uint64_t records, values, evicted; /* ever */
};

/* Makes a new file's tables, or takes an older file over to version 2. 0; -EPROTO: made by a newer
 * program, or not ours; ret_error gets a sentence. */
int schema_prepare(struct database *database, char ret_error[200]);

int schema_begin(struct database *database);
int schema_commit(struct database *database);
void schema_rollback(struct database *database);

int schema_put_segment(struct database *database, const struct segment *segment);

/* The segment that holds `from`, or the first behind it. 1, 0 or negative errno. */
int schema_find_segment(struct database *database, enum stream stream, uint64_t from,
                        struct segment *ret_segment);

/* Ends the read transaction that schema_find_segment left open under its body. */
void schema_end_read(struct database *database);

/* Up to here the stream needs no more merging: where its last settled segment ends. */
uint64_t schema_settled(struct database *database, enum stream stream);

/* The segments behind that, without their bodies: how many, at most `most`; negative errno. */
int schema_unsettled(struct database *database, enum stream stream, uint64_t behind,
                     struct segment *segments, int most);

/* Puts one segment in the place of all that lie within it. */
int schema_replace(struct database *database, const struct segment *merged);

/* The first segment of the stream, without its body. */
int schema_oldest_segment(struct database *database, enum stream stream,
                          struct segment *ret_segment);
/* When the segment that holds `sequence` ends, 0 where no time is known; false: none there. */
bool schema_segment_time(struct database *database, enum stream stream, uint64_t sequence,
                         int64_t *ret_latest_utc_ms);

/* Bytes and first time of all segments from the one that holds `sequence` on. */
void schema_sum_from(struct database *database, enum stream stream, uint64_t sequence,
                     uint64_t *ret_bytes, int64_t *ret_earliest_utc_ms);
int schema_cut_segment(struct database *database, const struct segment *segment);

int schema_put_head(struct database *database, enum stream stream, const struct head *head);
int schema_get_head(struct database *database, enum stream stream, struct head *ret_head);

int schema_put_cursor(struct database *database, uint32_t destination, enum stream stream,
                      const struct cursor *cursor);
int schema_get_cursor(struct database *database, uint32_t destination, enum stream stream,
                      struct cursor *ret_cursor);

/* Signed texts: heads (the newest 20,000 are kept), and a stream's anchor. */
int schema_put_signature(struct database *database, const char *text, const uint8_t signature[64]);
int schema_put_anchor(struct database *database, enum stream stream, const char *text,
                      const uint8_t signature[64]);

/* The `at`-th signature, from 0; then the anchors. False behind the last. The text is valid until
 * the next call on the database. */
bool schema_get_seal(struct database *database, uint64_t at, const char **ret_text,
                     uint8_t ret_signature[64]);

int schema_put_state(struct database *database, const char *name, const uint64_t *heads,
                     const void *body, size_t length);
size_t schema_get_state(struct database *database, const char *name, void *ret_bytes,
                        size_t capacity, uint64_t *ret_heads);

int schema_put_meta(struct database *database, const char *key, const char *text);
int schema_get_meta(struct database *database, const char *key, char *ret_text, size_t size);
int schema_put_meta_number(struct database *database, const char *key, int64_t number);
/* 1, 0 (none: 0) or negative errno. */
int schema_get_meta_number(struct database *database, const char *key, int64_t *ret_number);

#endif
