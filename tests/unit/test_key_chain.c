/* Another key signs: in the store, across a restart and a loss of power in between, and for whoever
 * verifies with any of the keys. */
#include "base/clock.h"
#include "base/ed25519.h"
#include "base/whole_file.h"
#include "ctl/key_chain.c"
#include "daemon/store/rotate.c"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[64], why[200];

static int
setup(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/parkgate-keys-XXXXXX");
    unsetenv("CREDENTIALS_DIRECTORY");
    return mkdtemp(directory) ? 0 : -1;
}

static int
teardown(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static struct store *
open_store(void)
{
    struct store_options options = {.directory = directory, .max_size = 1 << 26};
    struct store *store = NULL;
    if (store_open(&options, &store, why) != 0)
        fail_msg("%s", why);
    return store;
}

static struct note noted;
static struct key_change change;

static void
take_note(void *context, const struct note *note)
{
    (void)context;
    noted = *note;
    if (note->key_change)
        change = *note->key_change;
}

static void
start(struct store *store)
{
    struct store_hooks hooks = {.note = take_note};
    assert_int_equal(store_start(store, &hooks), 0);
}

/* How many signed texts of the store that key reaches, and how many not. */
static void
count(const uint8_t key[32], unsigned *ret_good, unsigned *ret_bad)
{
    char path[100];
    struct reader *reader;
    struct key_chain chain;
    uint8_t signature[64];
    const char *text;
    snprintf(path, sizeof path, "%s/parkgate.db", directory);
    assert_int_equal(reader_open_file(path, &reader, why), 0);
    key_chain_begin(&chain, key);
    for (uint64_t at = 0; reader_seal(reader, at, &text, signature); at++)
        key_chain_add(&chain, text, signature);
    key_chain_close(&chain);
    *ret_good = *ret_bad = 0;
    for (uint64_t at = 0; reader_seal(reader, at, &text, signature); at++)
        ++*(key_chain_fits(&chain, text, signature, false) ? ret_good : ret_bad);
    reader_close(reader);
}

static void
append_event(struct store *store)
{
    struct event event = {.kind = "gateway.started", .subject = "gateway", .averaging = ""};
    event.at.boot = 1;
    assert_int_not_equal(store_append_event(store, &event), 0);
    store_hand_over(store, true, clock_mono_ms());
}

static void
test_rotation(void **state)
{
    (void)state;
    uint8_t keys[3][32];
    unsigned good, bad;
    struct store *store = open_store();
    assert_int_not_equal(store_begin_boot(store, "0123456789abcdef0123456789abcdef", 1), 0);
    start(store);
    append_event(store);
    for (int i = 0; i < 2; i++) {
        assert_true(store_public_key(store, keys[i]));
        assert_int_equal(store_rotate_key(store, "li-wei", why), 0);
        assert_string_equal(noted.kind, "key.rotated");
        assert_string_equal(noted.who, "li-wei");
        assert_non_null(strstr(why, change.new_key));
        assert_int_equal(strlen(change.old_signature), 128);
        append_event(store);
    }
    assert_true(store_public_key(store, keys[2]));
    assert_memory_not_equal(keys[0], keys[2], 32);
    store_close(store);
    store = open_store();
    uint8_t now[32];
    assert_true(store_public_key(store, now));
    assert_memory_equal(now, keys[2], 32);
    store_close(store);
    for (int i = 0; i < 3; i++) {
        count(keys[i], &good, &bad);
        assert_true(good >= 6);
        assert_int_equal(bad, 0);
    }
    uint8_t stranger[32] = {1};
    count(stranger, &good, &bad);
    assert_int_equal(good, 0);
}

static void
test_power_lost_in_between(void **state)
{
    (void)state;
    char path[100], text[ED25519_PEM];
    uint8_t before[32], after[32], next[32];
    struct store *store = open_store();
    assert_true(store_public_key(store, before));
    /* the new key was written, the store does not know of it */
    struct ed25519 *made = ed25519_make();
    snprintf(path, sizeof path, "%s/key.next.pem", directory);
    assert_int_equal(whole_file_write(path, text, ed25519_print(made, text)), 0);
    ed25519_public(made, next);
    store_close(store);
    store = open_store();
    assert_true(store_public_key(store, after));
    assert_memory_equal(before, after, 32);
    assert_int_not_equal(access(path, F_OK), 0);
    /* the store knows of it, too: it is ended */
    assert_int_equal(whole_file_write(path, text, strlen(text)), 0);
    struct key_change made_change;
    assert_int_equal(key_find_next(store->face.key, directory, why), 0);
    assert_int_equal(record(store, &made_change, why), 0);
    store_close(store);
    store = open_store();
    assert_true(store_public_key(store, after));
    assert_memory_equal(next, after, 32);
    assert_int_not_equal(access(path, F_OK), 0);
    store_close(store);
    ed25519_free(made);
}

static void
test_credential(void **state)
{
    (void)state;
    char path[100], text[ED25519_PEM], credentials[80];
    struct ed25519 *made = ed25519_make();
    snprintf(credentials, sizeof credentials, "%s/credentials", directory);
    snprintf(path, sizeof path, "%s/gateway.key", credentials);
    assert_int_equal(mkdir(credentials, 0700), 0);
    assert_int_equal(whole_file_write(path, text, ed25519_print(made, text)), 0);
    ed25519_free(made);
    setenv("CREDENTIALS_DIRECTORY", credentials, 1);
    struct store *store = open_store();
    assert_int_equal(store_rotate_key(store, "li-wei", why), -EPERM);
    assert_non_null(strstr(why, "systemd's credential gateway.key"));
    store_close(store);
    unsetenv("CREDENTIALS_DIRECTORY");
}

/* ---- the chain itself ---- */

static struct ed25519 *pair[3];
static uint8_t public[3][32];

static void
sign_change(int from, int to, int by, char text[SEAL_TEXT], uint8_t signature[64])
{
    seal_print_rotation("0123456789abcdef0123456789abcdef", public[from], public[to], text);
    ed25519_sign(pair[by], text, strlen(text), signature);
}

static void
test_both_must_sign(void **state)
{
    (void)state;
    char text[SEAL_TEXT];
    uint8_t signature[64];
    struct key_chain chain;
    for (int i = 0; i < 3; i++) {
        pair[i] = ed25519_make();
        ed25519_public(pair[i], public[i]);
    }
    key_chain_begin(&chain, public[0]);
    sign_change(0, 1, 0, text, signature);
    key_chain_add(&chain, text, signature);
    sign_change(1, 2, 2, text, signature); /* a stranger says it follows on 1 */
    key_chain_add(&chain, text, signature);
    key_chain_close(&chain);
    assert_int_equal(chain.trusted_count, 1);
    sign_change(0, 1, 1, text, signature);
    key_chain_add(&chain, text, signature);
    key_chain_close(&chain);
    assert_int_equal(chain.trusted_count, 2);
    /* once it was replaced, the old key signs nothing any more */
    uint8_t by_old[64];
    ed25519_sign(pair[0], "parkgate-heads1|x", 17, by_old);
    assert_true(key_chain_fits(&chain, "parkgate-heads1|x", by_old, false));
    assert_true(key_chain_fits(&chain, text, signature, false));
    assert_false(key_chain_fits(&chain, "parkgate-heads1|x", by_old, false));
    assert_true(key_chain_fits(&chain, "parkgate-heads1|x", by_old, true));
    text[20] ^= 1;
    assert_false(key_chain_fits(&chain, text, signature, true));
    for (int i = 0; i < 3; i++)
        ed25519_free(pair[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rotation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_power_lost_in_between, setup, teardown),
        cmocka_unit_test_setup_teardown(test_credential, setup, teardown),
        cmocka_unit_test(test_both_must_sign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
