/* The file is CBOR: [1, floor of all, [key, floor, [time, nonce, ...]], ...], written whole beside
 * the old one and renamed. */
#include "daemon/command/nonces.h"

#include "base/cbor.h"
#include "base/log.h"
#include "base/whole_file.h"
#include "daemon/command/authority.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_VERSION 1
#define FILE_MOST    (16 + PEOPLE_MAX * (64 + NONCES_KEPT * 28))

struct taken {
    int64_t utc_ms;
    uint8_t nonce[16];
};

struct holder {
    uint8_t key[32];
    bool is_known; /* a key of the site as it stands */
    int64_t floor_utc_ms;
    uint16_t count;
    struct taken taken[NONCES_KEPT];
};

struct challenged {
    uint8_t key[32];
    uint8_t nonce[16];
};

struct nonces {
    char path[4096];
    struct buf buf;
    int64_t floor_utc_ms; /* of keys that are not among the holders */
    bool needs_floor;     /* the file was lost while nobody knew the time */
    size_t count;
    struct holder holders[PEOPLE_MAX];
    size_t challenged_count;
    struct challenged challenged[NONCES_CHALLENGES];
};

static void
read_hex(const char text[33], uint8_t ret_bytes[16])
{
    for (int i = 0; i < 16; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        ret_bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
}

/* ---- the file ---- */

static void
write_holder(struct buf *buf, const struct holder *holder)
{
    cbor_put_array(buf, 3);
    cbor_put_bytes(buf, holder->key, sizeof holder->key);
    cbor_put_integer(buf, holder->floor_utc_ms);
    cbor_put_array(buf, 2 * (size_t)holder->count);
    for (uint16_t i = 0; i < holder->count; i++) {
        cbor_put_integer(buf, holder->taken[i].utc_ms);
        cbor_put_bytes(buf, holder->taken[i].nonce, sizeof holder->taken[i].nonce);
    }
}

static int
save(struct nonces *nonces)
{
    buf_clear(&nonces->buf);
    cbor_put_array(&nonces->buf, 2 + nonces->count);
    cbor_put_natural(&nonces->buf, FILE_VERSION);
    cbor_put_integer(&nonces->buf, nonces->floor_utc_ms);
    for (size_t i = 0; i < nonces->count; i++)
        write_holder(&nonces->buf, &nonces->holders[i]);
    if (nonces->buf.overflow)
        return -ENOSPC;
    return whole_file_write(nonces->path, nonces->buf.data, nonces->buf.length);
}

static bool
take_bytes(struct cbor_cursor *cursor, uint8_t *ret_bytes, size_t length)
{
    size_t got = 0;
    const uint8_t *bytes = cbor_take_bytes(cursor, &got);

    if (bytes == NULL || got != length)
        return false;
    memcpy(ret_bytes, bytes, length);
    return true;
}

static bool
read_holder(struct cbor_cursor *cursor, struct holder *ret_holder)
{
    if (cbor_take_array(cursor) != 3 ||
        !take_bytes(cursor, ret_holder->key, sizeof ret_holder->key))
        return false;
    ret_holder->floor_utc_ms = cbor_take_integer(cursor);
    size_t items = cbor_take_array(cursor);
    if (cursor->failed || items % 2 != 0 || items / 2 > NONCES_KEPT)
        return false;
    for (ret_holder->count = 0; ret_holder->count < items / 2; ret_holder->count++) {
        struct taken *taken = &ret_holder->taken[ret_holder->count];
        taken->utc_ms = cbor_take_integer(cursor);
        if (!take_bytes(cursor, taken->nonce, sizeof taken->nonce))
            return false;
    }
    return !cursor->failed;
}

static bool
read_file(struct nonces *nonces, size_t length)
{
    struct cbor_cursor cursor;

    cbor_cursor_init(&cursor, nonces->buf.data, length);
    size_t items = cbor_take_array(&cursor);
    if (cursor.failed || items < 2 || items - 2 > PEOPLE_MAX ||
        cbor_take_natural(&cursor) != FILE_VERSION)
        return false;
    nonces->floor_utc_ms = cbor_take_integer(&cursor);
    for (nonces->count = 0; nonces->count < items - 2; nonces->count++)
        if (!read_holder(&cursor, &nonces->holders[nonces->count]))
            return false;
    return !cursor.failed && cursor.left == 0;
}

/* What is lost could have held any command up to now, and as far ahead as one may be dated. */
static void
forget_all(struct nonces *nonces, int64_t utc_ms)
{
    nonces->count = 0;
    memset(nonces->holders, 0, sizeof nonces->holders);
    nonces->floor_utc_ms = utc_ms != 0 ? utc_ms + AUTHORITY_WINDOW_MS : 0;
    nonces->needs_floor = utc_ms == 0;
}

int
nonces_open(const char *directory, int64_t utc_ms, struct nonces **ret_nonces)
{
    struct nonces *nonces = calloc(1, sizeof *nonces);
    size_t length = 0;

    if (nonces == NULL || buf_new(&nonces->buf, FILE_MOST) != 0) {
        free(nonces);
        return -ENOMEM;
    }
    snprintf(nonces->path, sizeof nonces->path, "%.4000s/nonces", directory);
    int error = whole_file_read(nonces->path, nonces->buf.data, FILE_MOST, &length);
    if (error == 0 && !read_file(nonces, length))
        error = -EBADMSG;
    if (error != 0 && error != -ENOENT) {
        log_error("%s cannot be read (%s): no command signed before now is carried out any more",
                  nonces->path, error == -EBADMSG ? "damaged" : strerror(-error));
        forget_all(nonces, utc_ms);
        error = save(nonces);
        if (error != 0)
            log_error("%s cannot be written: %s", nonces->path, strerror(-error));
    }
    *ret_nonces = nonces;
    return 0;
}

void
nonces_close(struct nonces *nonces)
{
    if (nonces == NULL)
        return;
    buf_free(&nonces->buf);
    free(nonces);
}

/* ---- the people ---- */

void
nonces_set_keys(struct nonces *nonces, const uint8_t (*keys)[32], size_t count)
{
    for (size_t i = 0; i < nonces->count; i++) {
        struct holder *holder = &nonces->holders[i];
        holder->is_known = false;
        for (size_t k = 0; k < count; k++)
            holder->is_known |= memcmp(keys[k], holder->key, sizeof holder->key) == 0;
    }
}

static int64_t
highest(const struct holder *holder)
{
    int64_t utc_ms = holder->floor_utc_ms;

    for (uint16_t i = 0; i < holder->count; i++)
        if (holder->taken[i].utc_ms > utc_ms)
            utc_ms = holder->taken[i].utc_ms;
    return utc_ms;
}

/* Room for one more: a key that the site no longer has goes, and its times bind whoever comes
 * later. NULL: all are of the site. */
static struct holder *
make_room(struct nonces *nonces)
{
    struct holder *least = NULL;

    if (nonces->count < PEOPLE_MAX)
        return &nonces->holders[nonces->count++];
    for (size_t i = 0; i < nonces->count; i++) {
        struct holder *holder = &nonces->holders[i];
        if (!holder->is_known && (least == NULL || highest(holder) < highest(least)))
            least = holder;
    }
    if (least != NULL && highest(least) > nonces->floor_utc_ms)
        nonces->floor_utc_ms = highest(least);
    return least;
}

static struct holder *
holder_of(struct nonces *nonces, const uint8_t key[32])
{
    for (size_t i = 0; i < nonces->count; i++)
        if (memcmp(nonces->holders[i].key, key, 32) == 0)
            return &nonces->holders[i];
    struct holder *holder = make_room(nonces);
    if (holder == NULL)
        return NULL;
    memset(holder, 0, sizeof *holder);
    memcpy(holder->key, key, sizeof holder->key);
    holder->is_known = true;
    holder->floor_utc_ms = nonces->floor_utc_ms;
    return holder;
}

/* ---- taking ---- */

static bool
was_taken(const struct holder *holder, const uint8_t nonce[16])
{
    for (uint16_t i = 0; i < holder->count; i++)
        if (memcmp(holder->taken[i].nonce, nonce, 16) == 0)
            return true;
    return false;
}

/* The earliest goes when there is no room, and with it everything as early. */
static void
add(struct holder *holder, int64_t utc_ms, const uint8_t nonce[16])
{
    uint16_t earliest = 0;
    uint16_t at = holder->count;

    if (holder->count == NONCES_KEPT) {
        for (uint16_t i = 1; i < NONCES_KEPT; i++)
            if (holder->taken[i].utc_ms < holder->taken[earliest].utc_ms)
                earliest = i;
        at = earliest;
        if (holder->taken[at].utc_ms > holder->floor_utc_ms)
            holder->floor_utc_ms = holder->taken[at].utc_ms;
    } else {
        holder->count++;
    }
    holder->taken[at].utc_ms = utc_ms;
    memcpy(holder->taken[at].nonce, nonce, 16);
}

const char *
nonces_take(struct nonces *nonces, const uint8_t key[32], int64_t time_utc_ms, const char nonce[33],
            bool *ret_volatile)
{
    uint8_t bytes[16];

    if (nonces->needs_floor) /* the time is within the window around now */
        nonces->floor_utc_ms = time_utc_ms + 2 * AUTHORITY_WINDOW_MS;
    nonces->needs_floor = false;
    struct holder *holder = holder_of(nonces, key);
    *ret_volatile = false;
    read_hex(nonce, bytes);
    if (holder == NULL)
        return "too many keys: remove people from the site file";
    if (was_taken(holder, bytes))
        return "this command was here before: sign it anew to have it carried out again";
    if (time_utc_ms <= holder->floor_utc_ms)
        return "its time lies before commands that were carried out: sign it anew, or, when the "
               "gateway's clock was set back, with a new key";
    add(holder, time_utc_ms, bytes);
    int error = save(nonces);
    if (error != 0) {
        log_error("%s cannot be written: %s", nonces->path, strerror(-error));
        *ret_volatile = true;
    }
    return NULL;
}

const char *
nonces_take_challenge(struct nonces *nonces, const uint8_t key[32], const char nonce[33])
{
    struct challenged made;

    memcpy(made.key, key, sizeof made.key);
    read_hex(nonce, made.nonce);
    for (size_t i = 0; i < nonces->challenged_count; i++)
        if (memcmp(&nonces->challenged[i], &made, sizeof made) == 0)
            return "this command was here before: sign it anew to have it carried out again";
    if (nonces->challenged_count == NONCES_CHALLENGES)
        return "too many commands with this challenge: take the present one from the status page";
    nonces->challenged[nonces->challenged_count++] = made;
    return NULL;
}

bool
nonces_is_full(const struct nonces *nonces)
{
    return nonces->challenged_count == NONCES_CHALLENGES;
}

void
nonces_forget_challenged(struct nonces *nonces)
{
    nonces->challenged_count = 0;
}
