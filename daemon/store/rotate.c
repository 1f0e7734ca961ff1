/* Another key signs. Three steps, each whole whatever the power does: the new key lies beside the
 * old one (key.next.pem); the store holds that the one takes over from the other, signed by both;
 * the new key takes the old one's place. What was cut short behind the second step is ended at the
 * next start, before it undone. Who knows either key finds the other in the store, and in the
 * event. */
#include "base/log.h"
#include "daemon/store/store_parts.h"

#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rotation {
    const char *who;
    char *ret_why;
};

static void
print_hex(const uint8_t *bytes, size_t length, char *ret_text)
{
    for (size_t i = 0; i < length; i++)
        snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}

static int
put_both(struct store *store, const char *text, struct key_change *ret_change)
{
    struct key *key = store->face.key;
    uint8_t by_old[SEAL_SIGNATURE], by_new[SEAL_SIGNATURE];

    if (!key_sign(key, text, strlen(text), by_old) ||
        !key_next_sign(key, text, strlen(text), by_new))
        return -EIO;
    print_hex(by_old, sizeof by_old, ret_change->old_signature);
    print_hex(by_new, sizeof by_new, ret_change->new_signature);
    int error = schema_begin(store->durable);
    if (error != 0)
        return error;
    error = schema_put_signature(store->durable, text, by_old);
    if (error == 0)
        error = schema_put_signature(store->durable, text, by_new);
    if (error == 0)
        error = schema_commit(store->durable);
    if (error != 0)
        schema_rollback(store->durable);
    return error;
}

static int
record(struct store *store, struct key_change *ret_change, char ret_why[200])
{
    char text[SEAL_TEXT];
    uint8_t old_key[32], new_key[32];

    if (!key_public(store->face.key, old_key) || !key_next_public(store->face.key, new_key)) {
        snprintf(ret_why, 200, "the new key cannot be read");
        return -EIO;
    }
    print_hex(old_key, 32, ret_change->old_key);
    print_hex(new_key, 32, ret_change->new_key);
    seal_print_rotation(store->face.gateway_id, old_key, new_key, text);
    int error = put_both(store, text, ret_change);
    if (error != 0)
        snprintf(ret_why, 200, "the store does not take the new key: %s", strerror(-error));
    return error;
}

static void
tell(struct store *store, const struct rotation *rotation, struct key_change *change)
{
    struct note note = {.kind = "key.rotated",
                        .phase = PHASE_NOTED,
                        .severity = SEVERITY_INFO,
                        .subject = "gateway",
                        .key_change = change};

    change->before = store->changes;
    store->changes = change;
    snprintf(note.who, sizeof note.who, "%s", rotation->who);
    snprintf(note.text, sizeof note.text, "another key signs from now on");
    if (store->hooks.note != NULL)
        store->hooks.note(store->hooks.context, &note);
    log_notice("another key signs from now on: %.64s", change->new_key);
    snprintf(rotation->ret_why, 200, "the public key is now %.64s", change->new_key);
}

int
rotate_run(struct store *store, struct rotation *rotation)
{
    struct key *key = store->face.key;

    if (store->durable == NULL || store->volatile_one != NULL) {
        snprintf(rotation->ret_why, 200, "the disk does not work: the key cannot be changed now");
        return -EIO;
    }
    struct key_change *change = calloc(1, sizeof *change);
    if (change == NULL) {
        snprintf(rotation->ret_why, 200, "no memory");
        return -ENOMEM;
    }
    int error = key_make_next(key, store->directory, rotation->ret_why);
    if (error == 0)
        error = record(store, change, rotation->ret_why);
    if (error != 0) {
        key_drop_next(key, store->directory);
        free(change);
        return error;
    }
    error = key_adopt_next(key, store->directory);
    if (error != 0) { /* the next start ends it */
        snprintf(rotation->ret_why, 200, "key.pem cannot be replaced: %s; restart the daemon",
                 strerror(-error));
        free(change);
        return error;
    }
    tell(store, rotation, change);
    return 0;
}

int
store_rotate_key(struct store *store, const char *who, char ret_why[200])
{
    struct rotation rotation = {.who = who, .ret_why = ret_why};
    struct job job = {.kind = JOB_ROTATE, .rotation = &rotation};
    int reply = -EIO;

    if (!store->started)
        return rotate_run(store, &rotation);
    queue_post_reserved(store->jobs, &job);
    while (!queue_take(store->replies, clock_mono_ms() + 1000, &reply))
        continue;
    return reply;
}

/* ---- at start ---- */

static bool
is_recorded(struct store *store, const uint8_t new_key[32])
{
    uint8_t old_key[32], its[32], signature[SEAL_SIGNATURE];
    const char *text;
    bool found = false;

    for (uint64_t at = 0; schema_get_seal(store->durable, at, &text, signature); at++)
        if (seal_take_rotation(text, old_key, its) && memcmp(its, new_key, 32) == 0)
            found = true; /* on to the end: a query left half-read holds a transaction */
    return found;
}

void
rotate_recover(struct store *store)
{
    char reason[200] = "";
    uint8_t new_key[32];
    struct key *key = store->face.key;

    int error = key_find_next(key, store->directory, reason);
    if (error == -ENOENT)
        return;
    if (error == 0 && store->durable != NULL && key_next_public(key, new_key) &&
        is_recorded(store, new_key) && key_adopt_next(key, store->directory) == 0)
        log_notice("the change of the signing key that was cut short is complete");
    else
        key_drop_next(key, store->directory);
}

void
rotate_free(struct store *store)
{
    while (store->changes != NULL) {
        struct key_change *change = store->changes;
        store->changes = change->before;
        free(change);
    }
}
