/* A recorded MQTT stream, verified: the catalogues first, since a payload may stand before its own,
 * and the zeros of boots; then each payload by itself (records, chain, signature); at last the
 * payloads of each stream against one another (stream_log.c). Memory: a line, and 32 bytes a
 * record. */
#include "ctl/stream.h"

#include "ctl/ctl.h"
#include "ctl/key_chain.h"
#include "ctl/stream_log.h"
#include "ctl/stream_parts.h"
#include "daemon/forward/payload.h"
#include "daemon/store/seal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct verification {
    const char *path;
    const uint8_t *key;
    struct key_chain keys; /* that one, and those it is vouched for by, and vouches for */
    struct stream_catalogs catalogs;
    struct stream_logs logs;
    struct buf record; /* the one being rebuilt */
    json_t *zeros;     /* of boots, by stream_zeros_take */
    unsigned long payloads, others, good, bad, unplaced;
    bool is_wrong;
    int error;
};

static void
say(struct verification *self, const struct stream_line *line, const char *stream,
    const char *sentence)
{
    printf("line %lu: %s: %s\n", line->number, stream, sentence);
    self->is_wrong = true;
}

/* The payload's stream and sequences, as they stand before a sentence. */
static void
print_place(const struct stream_payload *payload, char ret_text[80])
{
    const char *name = payload_stream_name(payload->stream);
    unsigned long long first = payload->first;
    unsigned long long last = payload->last;

    if (first == last)
        snprintf(ret_text, 80, "%s: record %llu", name, first);
    else
        snprintf(ret_text, 80, "%s: records %llu to %llu", name, first, last);
}

/* ---- one payload ---- */

static void
print_hash(const uint8_t hash[STORE_HASH], char ret_text[2 * STORE_HASH + 1])
{
    for (size_t i = 0; i < STORE_HASH; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", hash[i]);
}

static bool
is_signed(struct key_chain *keys, const struct stream_payload *payload,
          const uint8_t signature[SEAL_SIGNATURE])
{
    char previous[2 * STORE_HASH + 1];
    char chain[2 * STORE_HASH + 1];
    char text[400];

    print_hash(payload->previous, previous);
    print_hash(payload->chain, chain);
    snprintf(text, sizeof text, "parkgate1|%s|%s|%s|%llu|%llu|%s|%s", payload->gateway,
             payload->store, payload_stream_name(payload->stream),
             (unsigned long long)payload->first, (unsigned long long)payload->last, previous,
             chain);
    return key_chain_fits(keys, text, signature, true); /* what is late was signed late, too */
}

/* A signature that is none is told without a key, too. */
static void
check_signature(struct verification *self, const struct stream_line *line,
                const struct stream_payload *payload)
{
    uint8_t signature[SEAL_SIGNATURE];
    const char *fault = NULL;
    char place[80];

    if (payload->signature == NULL)
        fault = self->key != NULL ? "not signed" : NULL;
    else if (!stream_take_hex(payload->signature, sizeof signature, signature))
        fault = "the signature is not 128 hexadecimal digits";
    else if (self->key != NULL && !is_signed(&self->keys, payload, signature))
        fault = "the signature does not fit the key";
    if (fault != NULL) {
        print_place(payload, place);
        say(self, line, place, fault);
        self->bad++;
    } else if (self->key != NULL) {
        self->good++;
    }
}

/* The chain values behind each record, as the catalogue has its names; false with why not. */
static bool
rebuild(struct verification *self, const struct stream_payload *payload,
        const struct stream_catalog *catalog, uint8_t (*chains)[STORE_HASH],
        char ret_error[STREAM_SAY + 40])
{
    uint8_t chain[STORE_HASH];
    char error[STREAM_SAY] = "too large";
    size_t count = json_array_size(payload->records);

    memcpy(chain, payload->previous, STORE_HASH);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&self->record);
        if (!stream_record(&self->record, payload, i, catalog, error) || self->record.overflow) {
            snprintf(ret_error, STREAM_SAY + 40, "record %llu: %s",
                     (unsigned long long)payload->first + i, error);
            return false;
        }
        record_chain(chain,
                     &(struct record){.body = self->record.data, .length = self->record.length});
        memcpy(chains[i], chain, STORE_HASH);
    }
    return true;
}

enum outcome { OUTCOME_WHOLE, OUTCOME_OTHER, OUTCOME_UNREADABLE };

/* Under the catalogue the payload names, and where that does not give its chain, under the others
 * of its gateway. The best outcome there is; chains and sentence are the first's. */
static enum outcome
rebuild_by_any(struct verification *self, const struct stream_payload *payload,
               uint8_t (*chains)[STORE_HASH], char ret_error[STREAM_SAY + 40])
{
    static const struct stream_catalog NONE;
    size_t last = json_array_size(payload->records) - 1;
    const struct stream_catalog *readable = NULL;
    const struct stream_catalog *catalog;
    char error[STREAM_SAY + 40] = "";

    ret_error[0] = '\0';
    for (size_t i = 0;; i++) {
        catalog = stream_catalogs_at(&self->catalogs, payload->gateway, payload->catalog, i);
        if (catalog == NULL && i != 0)
            break;
        if (catalog == NULL)
            catalog = &NONE;
        bool rebuilt = rebuild(self, payload, catalog, chains, i == 0 ? ret_error : error);
        if (rebuilt && memcmp(chains[last], payload->chain, STORE_HASH) == 0)
            return OUTCOME_WHOLE;
        if (rebuilt && readable == NULL)
            readable = catalog;
    }
    if (readable == NULL)
        return OUTCOME_UNREADABLE;
    (void)rebuild(self, payload, readable, chains, error);
    return OUTCOME_OTHER;
}

static const char *
catalog_remark(const struct verification *self, const struct stream_payload *payload)
{
    const struct stream_catalog *catalog = stream_catalogs_at(&self->catalogs, payload->gateway,
                                                              payload->catalog, 0);

    if (catalog == NULL)
        return " (no catalogue of this gateway is in the file)";
    return catalog->version == payload->catalog ? ""
                                                : " (the catalogue it names is not in the file)";
}

static void
check_chain(struct verification *self, const struct stream_line *line,
            const struct stream_payload *payload, struct stream_entry *entry)
{
    char sentence[2 * STREAM_SAY + 80];
    char error[STREAM_SAY + 40] = "";
    char place[80];
    size_t count = json_array_size(payload->records);
    uint8_t(*chains)[STORE_HASH] = calloc(count, STORE_HASH);

    if (chains == NULL) {
        self->error = -ENOMEM;
        return;
    }
    entry->chains = chains;
    enum outcome outcome = rebuild_by_any(self, payload, chains, error);
    entry->is_whole = outcome == OUTCOME_WHOLE;
    if (outcome == OUTCOME_WHOLE)
        return;
    const char *remark = catalog_remark(self, payload);
    print_place(payload, place);
    if (outcome == OUTCOME_UNREADABLE) {
        free(chains);
        entry->chains = NULL;
        snprintf(sentence, sizeof sentence, "cannot be rebuilt: %s%s", error, remark);
    } else {
        snprintf(sentence, sizeof sentence, "the chain value does not fit the content%s", remark);
    }
    say(self, line, place, sentence);
}

static void
check_times(struct verification *self, const struct stream_line *line,
            const struct stream_payload *payload)
{
    enum stream_placing placing = stream_placing(self->zeros, payload);
    char place[80];

    print_place(payload, place);
    if (placing == STREAM_PLACED_WRONGLY)
        say(self, line, place, "the times are not those of the boot's event clock.zero");
    else if (placing == STREAM_PLACED_UNKNOWN)
        self->unplaced++;
}

/* Room for any record of the line: CBOR says nothing in more than four times the bytes of JSON, but
 * for what a record has and JSON leaves out. */
static bool
make_room(struct verification *self, size_t length)
{
    size_t room = 4 * length + 4096;

    if (self->record.capacity >= room)
        return true;
    buf_free(&self->record);
    self->error = buf_new(&self->record, room);
    return self->error == 0;
}

static void
take_payload(struct verification *self, const struct stream_line *line)
{
    struct stream_payload payload;
    char error[STREAM_SAY] = "";

    self->payloads++;
    if (!stream_payload_take(line->page, &payload, error)) {
        say(self, line, payload.stream < STREAM_END ? payload_stream_name(payload.stream) : "?",
            error);
        return;
    }
    struct stream_entry entry = {
        .line = line->number, .first = payload.first, .last = payload.last};
    memcpy(entry.previous, payload.previous, STORE_HASH);
    memcpy(entry.chain, payload.chain, STORE_HASH);
    check_signature(self, line, &payload);
    if (payload.is_thinned) {
        char place[80];
        print_place(&payload, place);
        say(self, line, place, "some were left out, the chain cannot be rebuilt");
    } else if (make_room(self, line->length)) {
        check_chain(self, line, &payload, &entry);
    }
    if (payload.is_placed && !payload.is_thinned)
        check_times(self, line, &payload);
    if (self->error == 0)
        self->error = stream_logs_add(&self->logs, payload.store, payload.stream, &entry);
    if (self->error != 0)
        free(entry.chains);
}

/* ---- the file ---- */

static bool
ends_with(const char *text, const char *end)
{
    size_t length = strlen(text);
    return length >= strlen(end) && strcmp(text + length - strlen(end), end) == 0;
}

/* Where nothing but payloads with records may stand. */
static bool
is_data_topic(const char *topic)
{
    return topic != NULL && (ends_with(topic, "/events") || ends_with(topic, "/statistics") ||
                             ends_with(topic, "/samples"));
}

/* Event key.rotated: the text and its two signatures, as the store has them (docs/tls.md). */
static void
take_change(struct verification *self, const char *gateway, const json_t *details)
{
    static const char *const SIGNATURES[] = {"old_signature", "new_signature"};
    const char *old_text = json_string_value(json_object_get(details, "old_key"));
    const char *new_text = json_string_value(json_object_get(details, "new_key"));
    uint8_t old_key[32], new_key[32], signature[SEAL_SIGNATURE];
    char text[SEAL_TEXT];

    if (gateway == NULL || old_text == NULL || new_text == NULL ||
        !stream_take_hex(old_text, sizeof old_key, old_key) ||
        !stream_take_hex(new_text, sizeof new_key, new_key))
        return;
    seal_print_rotation(gateway, old_key, new_key, text);
    for (int i = 0; i < 2; i++) {
        const char *hex = json_string_value(json_object_get(details, SIGNATURES[i]));
        if (hex != NULL && stream_take_hex(hex, sizeof signature, signature))
            key_chain_add(&self->keys, text, signature);
    }
}

static void
take_changes(struct verification *self, const json_t *page)
{
    const char *gateway = json_string_value(json_object_get(page, "gateway"));
    const json_t *record;
    size_t i;

    json_array_foreach(json_object_get(page, "records"), i, record)
    {
        const char *kind = json_string_value(json_object_get(record, "kind"));
        if (kind != NULL && strcmp(kind, "key.rotated") == 0)
            take_change(self, gateway, json_object_get(record, "details"));
    }
}

static int
take_meaning(struct verification *self, const struct stream_line *line)
{
    int error = 0;

    if (line->page != NULL)
        error = stream_catalogs_take(&self->catalogs, line->page);
    if (self->key != NULL)
        take_changes(self, line->page);
    return error == 0 ? stream_zeros_take(self->zeros, line->page) : error;
}

static int
take_line(struct verification *self, const struct stream_line *line)
{
    const json_t *page = line->page;
    bool is_data = is_data_topic(line->topic);

    if (line->is_too_long)
        say(self, line, "?", "longer than 64 MiB, passed over");
    else if (json_object_get(page, "records") != NULL && json_object_get(page, "stream") != NULL)
        take_payload(self, line);
    else if (page == NULL && !line->is_empty && (is_data || line->topic == NULL))
        say(self, line, "?", "not whole JSON");
    else if (is_data && !line->is_empty)
        say(self, line, "?", "not a payload with records");
    else
        self->others++;
    return self->error;
}

static int
walk(struct verification *self, int (*take)(struct verification *, const struct stream_line *))
{
    struct stream_lines lines;
    int error = stream_lines_open(self->path, &lines);

    if (error != 0)
        return error;
    while (error == 0 && stream_lines_next(&lines))
        error = take(self, &lines.line);
    if (error == 0 && stream_lines_failed(&lines))
        error = -EIO;
    stream_lines_close(&lines);
    return error;
}

static void
conclude(struct verification *self)
{
    if (self->payloads == 0) {
        printf("no payload with records is in the file\n");
        self->is_wrong = true;
    }
    if (stream_logs_verify(&self->logs) != CTL_FINE)
        self->is_wrong = true;
    printf("%lu payloads, %zu catalogues, %lu other messages\n", self->payloads,
           self->catalogs.count, self->others);
    if (self->unplaced != 0)
        printf("times of %lu placed payloads: not looked at, for want of their boot's event"
               " clock.zero\n",
               self->unplaced);
    if (self->key != NULL)
        printf("signatures: %lu fit the key, %lu do not\n", self->good, self->bad);
    else
        printf("signatures: not looked at, for want of a key (--key, as `parkgatectl key show`"
               " prints it)\n");
}

int
stream_verify(const char *path, const uint8_t *key)
{
    struct verification self = {.path = path, .key = key, .zeros = json_object()};
    int error = self.zeros != NULL ? 0 : -ENOMEM;

    if (key != NULL)
        key_chain_begin(&self.keys, key);
    if (error == 0)
        error = walk(&self, take_meaning);
    key_chain_close(&self.keys);
    if (error == 0)
        error = walk(&self, take_line);
    if (error == 0)
        conclude(&self);
    else
        fprintf(stderr, "parkgatectl: %s: %s\n", path, strerror(-error));
    buf_free(&self.record);
    stream_logs_free(&self.logs);
    stream_catalogs_free(&self.catalogs);
    json_decref(self.zeros);
    return error == 0 && !self.is_wrong ? CTL_FINE : CTL_WRONG;
}
