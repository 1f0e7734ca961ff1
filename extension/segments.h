/* The records of a store file, one by one, by SQL on the connection the extension was loaded into.
 * What a query wants of them is asked of the rows of `segments` first: a segment that lies outside
 * is not unpacked. */
#ifndef EXTENSION_SEGMENTS_H
#define EXTENSION_SEGMENTS_H

#include "daemon/store/pack.h"
#include "daemon/store/record.h"

struct sqlite3;
struct sqlite3_stmt;

/* Both ends included. */
struct bounds {
    int64_t low, high;
    bool set;
};

struct want {
    uint32_t streams;       /* bit 1 << enum stream */
    uint32_t device;        /* scans of this one only, where the packing allows it; 0: all */
    struct bounds time;     /* of the record's stamp: once set, records without a time are out */
    struct bounds sequence; /* within each stream */
};

struct segments {
    struct sqlite3 *db;
    struct sqlite3_stmt *statement;
    struct packer *packer;
    struct buf plain;
    struct want want;
    uint32_t stream;
    int64_t first, last, at; /* the open segment, and the next record's sequence */
    size_t offset;
    bool in_segment, is_sparse; /* sparse: other devices' records are not there */
    char sentence[200];         /* what was wrong, after an error that is not SQLite's own */
};

/* An SQLite code. segments_close accepts what is zeroed or half open. */
int segments_open(struct segments *segments, struct sqlite3 *db);
void segments_close(struct segments *segments);

/* Before the first segments_next. */
void segments_want(struct segments *segments, const struct want *want);

/* A record that is wanted; the cursor stands behind its head. */
struct entry_head {
    struct record_head head;
    struct cbor_cursor rest;
    size_t length;
};

/* SQLITE_ROW, SQLITE_DONE, or an error. */
int segments_next(struct segments *segments, struct entry_head *ret_entry);

/* SQLITE_CORRUPT, after a sentence that names the open segment. */
int segments_damaged(struct segments *segments, const char *what);

#endif
