/* Records as deterministic CBOR and back: format version 1, documented byte by byte in
 * docs/store.md. Encoding for the engine's side of the store, parsing for everyone who reads. */
#ifndef DAEMON_STORE_RECORD_H
#define DAEMON_STORE_RECORD_H

#include "base/buf.h"
#include "base/cbor.h"
#include "daemon/model.h"

#define RECORD_VERSION 1

/* All append to `buf`; buf->overflow says that it did not fit. */
void record_put_scan(struct buf *buf, enum stream stream, uint64_t sequence,
                     const struct scan *scan);
void record_put_statistic(struct buf *buf, enum stream stream, uint64_t sequence,
                          const struct stamp *at, const struct statistic *statistic);
void record_put_event(struct buf *buf, uint64_t sequence, const struct event *event);
void record_put_evidence(struct buf *buf, uint64_t sequence, const struct evidence *evidence);

/* The head every record has: stream, sequence, time. The cursor then stands at what is the stream's
 * own. False when malformed or of another version. */
struct record_head {
    enum stream stream;
    uint64_t sequence;
    struct stamp at;
};
bool record_take_head(struct cbor_cursor *cursor, struct record_head *ret_head);

/* A scan's rest: the device, then values by record_take_value until false; values_left is 0 then,
 * unless the record is malformed. Non-negative integers come as VALUE_NATURAL. */
struct record_scan {
    uint32_t device;
    size_t values_left, qualities_left, words_left;
    struct cbor_cursor values, qualities, words; /* three maps walked side by side */
    uint64_t next_quality, next_words;           /* the point numbers they stand at */
};
struct record_value {
    uint32_t point;
    enum value_kind kind;
    uint8_t quality, detail;
    double number;
    int64_t integer;
    uint64_t natural;
    const char *text; /* not NUL-terminated */
    size_t text_length;
    const uint8_t *words; /* big-endian register words, or NULL */
    size_t word_bytes;
};
bool record_take_scan(struct cbor_cursor *cursor, struct record_scan *ret_scan);
bool record_take_value(struct record_scan *scan, struct record_value *ret_value);

struct record_statistic {
    uint32_t point;
    enum period period;
    int64_t start_utc_ms, end_utc_ms;
    uint32_t revision;
    double min, max, mean, sum; /* NaN: none */
    uint32_t count, valid, expected;
    char letter;
};
bool record_take_statistic(struct cbor_cursor *cursor, struct record_statistic *ret_statistic);

/* Texts point into the record and are not NUL-terminated; details are walked with cbor. */
struct record_text {
    const char *text;
    size_t length;
};
struct record_event {
    struct record_text kind, opened_store, subject, averaging;
    enum event_phase phase;
    enum severity severity;
    uint64_t opened_sequence; /* 0: this record opens it (or notes it) */
    uint32_t point;           /* 0: none */
    struct stamp since;
    int64_t duration_ms;
    double value, peak, limit;  /* NaN: none */
    struct cbor_cursor details; /* key text, value; detail_count pairs */
    size_t detail_count;
};
bool record_take_event(struct cbor_cursor *cursor, struct record_event *ret_event);

struct record_evidence {
    struct record_text store, kind;
    uint64_t opened_sequence;
    uint32_t point;
    struct cbor_cursor values; /* each: array of t or null, boot, mono, number or null, quality */
    size_t value_count;
};
bool record_take_evidence(struct cbor_cursor *cursor, struct record_evidence *ret_evidence);

#endif
