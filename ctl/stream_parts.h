/* The parts of parkgatectl verify --stream, among themselves: lines, catalogues, payloads, records.
 */
#ifndef CTL_STREAM_PARTS_H
#define CTL_STREAM_PARTS_H

#include "base/buf.h"
#include "daemon/store/reader.h"

#include <jansson.h>
#include <stdio.h>

#define STREAM_LINE_MOST ((size_t)64 << 20)

/* One line of the file; what it points to lives until the next. */
struct stream_line {
    unsigned long number; /* from 1 */
    const char *topic;    /* NULL: none stood there */
    json_t *page;         /* NULL: no JSON, or nothing at all */
    size_t length;        /* of the whole line */
    bool is_empty, is_too_long;
};

struct stream_lines {
    FILE *file;
    char *text;
    size_t room;
    bool is_failed;
    struct stream_line line;
};

/* 0 or negative errno. Behind the last line, and where reading fails, next is false. */
int stream_lines_open(const char *path, struct stream_lines *ret_lines);
bool stream_lines_next(struct stream_lines *lines);
bool stream_lines_failed(const struct stream_lines *lines);
void stream_lines_close(struct stream_lines *lines);

/* A page catalog/points: what numbers its names have. */
struct stream_catalog {
    char gateway[33];
    json_int_t version;
    json_t *points, *devices; /* "device.point": {"number", "type"}; "device": number */
};

struct stream_catalogs {
    struct stream_catalog *items;
    size_t count, room;
};

/* Takes the page if it is one and is not there yet. 0 or -ENOMEM. */
int stream_catalogs_take(struct stream_catalogs *catalogs, const json_t *page);
void stream_catalogs_free(struct stream_catalogs *catalogs);

/* The catalogue the payload names first, then the gateway's others, newest first: old records may
 * speak one that was in force when they were taken. NULL behind the last. */
const struct stream_catalog *stream_catalogs_at(const struct stream_catalogs *catalogs,
                                                const char *gateway, json_int_t wanted, size_t at);

/* false: the catalogue has no such name. "point-7" is number 7 in every one. */
bool stream_point(const struct stream_catalog *catalog, const char *device, const char *name,
                  uint64_t *ret_number, const char **ret_type);
bool stream_point_of(const struct stream_catalog *catalog, const char *full, uint64_t *ret_number);
bool stream_device(const struct stream_catalog *catalog, const char *name, uint64_t *ret_number);

/* The envelope of a data payload, taken apart. */
struct stream_payload {
    const char *gateway, *store, *signature; /* signature NULL: there is none */
    enum stream stream;
    uint64_t first, last, boot;
    json_int_t catalog;
    bool is_placed, is_volatile, is_thinned;
    uint8_t clock; /* as in the record */
    uint8_t previous[STORE_HASH], chain[STORE_HASH];
    const json_t *records, *mono;
};

#define STREAM_SAY 160

/* False with what does not fit, as the end of a sentence. */
bool stream_payload_take(const json_t *page, struct stream_payload *ret_payload,
                         char ret_error[STREAM_SAY]);

/* Appends the record's deterministic CBOR; false with why it cannot be rebuilt. */
bool stream_record(struct buf *buf, const struct stream_payload *payload, size_t index,
                   const struct stream_catalog *catalog, char ret_error[STREAM_SAY]);

/* What is the stream's own of an event and of evidence. */
bool stream_put_event(struct buf *buf, const struct stream_payload *payload, const json_t *record,
                      uint64_t sequence, const struct stream_catalog *catalog,
                      char ret_error[STREAM_SAY]);
bool stream_put_evidence(struct buf *buf, const struct stream_payload *payload,
                         const json_t *record, const struct stream_catalog *catalog,
                         char ret_error[STREAM_SAY]);

/* Small things of the JSON. `where` is the member, for the sentence. */
bool stream_refuse(char ret_error[STREAM_SAY], const char *what, const char *where);
bool stream_take_integer(const json_t *object, const char *key, int64_t *ret_value);
bool stream_take_natural(const json_t *object, const char *key, uint64_t *ret_value);
bool stream_take_hex(const char *text, size_t bytes, uint8_t *ret_bytes);
int stream_name_at(const char *text, const char *const *names, int count); /* -1: none of them */
int stream_clock_at(const char *text);                                     /* -1 */
bool stream_quality(const char *text, uint8_t *ret_quality, uint8_t *ret_detail);
bool stream_put_number(struct buf *buf, const json_t *value); /* a number, or null or NULL */
bool stream_put_string(struct buf *buf, const json_t *value); /* NULL: "" */
bool stream_put_time(struct buf *buf, const json_t *value);   /* an integer or null */

/* The zeros of boots that events of the page tell go into the object `zeros`. 0 or -ENOMEM. */
int stream_zeros_take(json_t *zeros, const json_t *page);

/* Whether the first record of a placed payload stands where one of its boot's zeros puts it; the
 * others stand by the first. */
enum stream_placing { STREAM_PLACED_RIGHTLY, STREAM_PLACED_WRONGLY, STREAM_PLACED_UNKNOWN };
enum stream_placing stream_placing(const json_t *zeros, const struct stream_payload *payload);

#endif
