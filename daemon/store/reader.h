/* What the rest of the house sees of the store: connections that only read, one segment a
 * transaction, so that no reader holds the WAL open. A reader belongs to one thread. */
#ifndef DAEMON_STORE_READER_H
#define DAEMON_STORE_READER_H

#include "daemon/record.h"
#include "daemon/store/cursor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_face; /* what the running store shows to readers: store.h hands it out */
struct reader;

#define STORE_HASH 32

/* Whole records of one stream, out of one segment; memory of the reader, until it reads again. */
struct chunk {
    enum stream stream;
    uint64_t first, last;         /* sequences held; first > last: empty */
    uint8_t previous[STORE_HASH]; /* chain value before `first` */
    const uint8_t *at, *end;      /* what chunk_next walks */
    uint64_t next;
    bool is_sparse; /* the records of other devices are left out */
};

/* One record as stored: its deterministic CBOR is also what its digest is over. */
struct record {
    enum stream stream;
    uint64_t sequence;
    struct stamp at;
    const uint8_t *body;
    size_t length;
};

/* Inside the daemon: over the store that is current, also when it changes. 0 or negative errno. */
int reader_open(const struct store_face *face, struct reader **ret_reader);

/* Any process: over a file. ret_error gets one sentence. */
int reader_open_file(const char *path, struct reader **ret_reader, char ret_error[200]);
void reader_close(struct reader *reader);

/* True once after the store behind it became another: positions start anew. */
bool reader_store_changed(struct reader *reader);

uint32_t reader_epoch(const struct reader *reader);

const char *reader_store_id(const struct reader *reader);
const char *reader_event_store_id(const struct reader *reader); /* events' ids are made of it */
const char *reader_gateway_id(const struct reader *reader);
bool reader_is_volatile(const struct reader *reader);
/* Up to here the stream is on disk. */
uint64_t reader_durable(struct reader *reader, enum stream stream);

/* First sequence still there; durable + 1 when the stream is empty. */
uint64_t reader_oldest(struct reader *reader, enum stream stream);

/* From which sequence on records of that time may be found, by the times of segments. A clock that
 * was set back may put some before it; who wants those begins an hour earlier. */
uint64_t reader_seek(struct reader *reader, enum stream stream, int64_t utc_ms);

/* What a destination that has everything up to `low` still has before it. */
struct reader_backlog {
    uint64_t records, bytes;
    int64_t earliest_utc_ms; /* 0: not known */
};
struct reader_backlog reader_backlog(struct reader *reader, enum stream stream, uint64_t low);

/* Copies the records from `from` to the end of its segment, at most to `until`; when `from` is
 * gone, from the oldest behind it. 1: something; 0: nothing there; negative errno: unreadable. Of
 * one device (0: all): what others said may be left out, `previous` means nothing. */
int reader_read(struct reader *reader, enum stream stream, uint64_t from, uint64_t until,
                struct chunk *ret_chunk);
int reader_read_device(struct reader *reader, enum stream stream, uint32_t device, uint64_t from,
                       uint64_t until, struct chunk *ret_chunk);
bool chunk_next(struct chunk *chunk, struct record *ret_record);

/* chain = SHA-256(previous, SHA-256(body)); in place. */
void record_chain(uint8_t chain[STORE_HASH], const struct record *record);

struct registry_point { /* what a number in a record means */
    uint32_t number;
    const char *device, *name, *unit, *type;
};
const struct registry_point *reader_point(struct reader *reader, uint32_t number);
const char *reader_device(struct reader *reader, uint32_t number);

/* UTC at the boot's monotonic zero (event clock.zero); 0: not known. */
int64_t reader_boot_zero(struct reader *reader, uint32_t boot);

/* The site's next destination behind that number, which becomes its own; NULL: no more. */
const char *reader_next_destination(struct reader *reader, uint32_t *number);

/* What the stream has had, ever. */
struct stream_books {
    uint64_t records, values, evicted;
};
struct stream_books reader_books(struct reader *reader, enum stream stream);

/* The chain value of the newest record, as the store has it. */
bool reader_head_chain(struct reader *reader, enum stream stream, uint8_t ret_chain[STORE_HASH]);

/* The cursors of a destination as last committed; false: never seen before. */
bool reader_cursors(struct reader *reader, uint32_t destination, struct cursors *ret_cursors);

/* The newest saved state of that name; its length, 0 for none; the heads at which it was taken. */
size_t reader_state(struct reader *reader, const char *name, void *ret_bytes, size_t capacity,
                    uint64_t *ret_heads);

/* Signed texts (seal.h): heads, then anchors; false behind the last. Valid until the next call. */
bool reader_seal(struct reader *reader, uint64_t at, const char **ret_text,
                 uint8_t ret_signature[64]);

/* Ed25519 over "parkgate1|gateway|store|stream|first|last|previous|chain" (hashes as lower-case
 * hexadecimal), with the gateway's key; false where there is no key (a reader over a file). */
bool reader_sign(struct reader *reader, const struct chunk *sent, const uint8_t chain[STORE_HASH],
                 uint8_t ret_signature[64]);

#endif
