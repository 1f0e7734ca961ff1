/* No signed command twice: across restarts, with the clock set back, when the ring overflows, when
 * the file is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/command/nonces.c"

#include <sys/stat.h>
#include <unistd.h>

#define NOW 1795276800000LL

static char directory[64];
static struct nonces *nonces;
static uint8_t li_wei[32] = {1}, wang_fang[32] = {2};

static void
reopen(int64_t utc_ms)
{
    nonces_close(nonces);
    assert_int_equal(nonces_open(directory, utc_ms, &nonces), 0);
}

static int
set_up(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/nonces.XXXXXX");
    assert_non_null(mkdtemp(directory));
    nonces = NULL;
    reopen(NOW);
    return 0;
}

static int
tear_down(void **state)
{
    char path[100];

    (void)state;
    nonces_close(nonces);
    chmod(directory, 0700);
    snprintf(path, sizeof path, "%s/nonces", directory);
    unlink(path);
    return rmdir(directory);
}

static const char *
take(const uint8_t key[32], int64_t utc_ms, unsigned number)
{
    char nonce[33];
    bool is_volatile;

    snprintf(nonce, sizeof nonce, "%032x", number);
    return nonces_take(nonces, key, utc_ms, nonce, &is_volatile);
}

static void
test_once(void **state)
{
    (void)state;
    assert_null(take(li_wei, NOW, 1));
    assert_non_null(strstr(take(li_wei, NOW, 1), "here before"));
    assert_non_null(strstr(take(li_wei, NOW + 5000, 1), "here before"));
    assert_null(take(li_wei, NOW, 2));
    assert_null(take(wang_fang, NOW, 1)); /* another's */
}

static void
test_restart(void **state)
{
    (void)state;
    assert_null(take(li_wei, NOW, 1));
    assert_null(take(wang_fang, NOW + 1, 2));
    reopen(NOW);
    assert_non_null(take(li_wei, NOW, 1));
    assert_non_null(take(wang_fang, NOW + 1, 2));
    assert_null(take(li_wei, NOW, 3));
    reopen(NOW);
    assert_non_null(take(li_wei, NOW, 3));
}

static void
test_overflow(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * NONCES_KEPT; i++)
        assert_null(take(li_wei, NOW + i, i));
    for (int again = 0; again < 2; again++) {
        for (unsigned i = 0; i < 2 * NONCES_KEPT; i++)
            assert_non_null(take(li_wei, NOW + i, i));
        reopen(NOW);
    }
    /* what fell out is refused by its time, and so is whatever is as old */
    assert_non_null(strstr(take(li_wei, NOW + NONCES_KEPT - 1, 1000), "time lies before"));
    assert_null(take(li_wei, NOW + NONCES_KEPT, 1001));
}

/* An hour back, then commands of that hour: heard, but not those that were heard before. */
static void
test_clock_set_back(void **state)
{
    (void)state;
    assert_null(take(li_wei, NOW - 3600000, 7));
    for (unsigned i = 0; i < 20; i++)
        assert_null(take(li_wei, NOW + i, 100 + i));
    assert_null(take(li_wei, NOW - 3600000, 8));
    assert_non_null(take(li_wei, NOW - 3600000, 7));
    for (unsigned i = 0; i < 20; i++)
        assert_non_null(take(li_wei, NOW + i, 100 + i));
    for (unsigned i = 0; i < 200; i++)
        take(li_wei, NOW - 3600000 + i, 1000 + i);
    for (unsigned i = 0; i < 200; i++)
        assert_non_null(take(li_wei, NOW - 3600000 + i, 1000 + i));
    for (unsigned i = 0; i < 20; i++)
        assert_non_null(take(li_wei, NOW + i, 100 + i));
}

static void
spoil(const char *bytes, size_t length)
{
    char path[100];

    snprintf(path, sizeof path, "%s/nonces", directory);
    assert_int_equal(whole_file_write(path, bytes, length), 0);
}

static void
test_damaged_file(void **state)
{
    (void)state;
    assert_null(take(li_wei, NOW + 50000, 1));
    spoil("rubbish", 7);
    reopen(NOW);
    assert_non_null(take(li_wei, NOW + 50000, 1)); /* it may have been in the file */
    assert_non_null(take(wang_fang, NOW + 60000, 2));
    assert_null(take(li_wei, NOW + 60001, 3));
    reopen(NOW);
    assert_non_null(take(li_wei, NOW + 50000, 1));
}

/* Nobody knew the time when the file was found damaged. */
static void
test_damaged_without_clock(void **state)
{
    (void)state;
    assert_null(take(li_wei, NOW, 1));
    spoil("", 0);
    reopen(0);
    assert_non_null(take(li_wei, NOW, 1));
    assert_non_null(take(li_wei, NOW + 60000, 2));
    assert_null(take(li_wei, NOW + 120001, 3));
}

/* Each prefix of a good file is a damaged one. */
static void
test_cut_file(void **state)
{
    static uint8_t whole[1000];
    char path[100];
    size_t length;

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        assert_null(take(li_wei, NOW + i, i));
    snprintf(path, sizeof path, "%s/nonces", directory);
    assert_int_equal(whole_file_read(path, whole, sizeof whole, &length), 0);
    for (size_t cut = 0; cut < length; cut++) {
        spoil((const char *)whole, cut);
        reopen(NOW);
        assert_non_null(take(li_wei, NOW + 2, 2));
    }
}

static void
test_keys_come_and_go(void **state)
{
    uint8_t keys[1][32] = {{1}};

    (void)state;
    for (unsigned i = 0; i < PEOPLE_MAX; i++) {
        uint8_t key[32] = {(uint8_t)(i + 1)};
        assert_null(take(key, NOW + i, i));
    }
    uint8_t fresh[32] = {200};
    assert_non_null(strstr(take(fresh, NOW + 900, 1), "too many keys"));
    nonces_set_keys(nonces, (const uint8_t(*)[32])keys, 1);
    assert_null(take(fresh, NOW + 900, 1));
    uint8_t gone[32] = {2}; /* it made room: its command does not come back with it */
    assert_non_null(take(gone, NOW + 1, 1));
    assert_non_null(take(li_wei, NOW, 0));
}

static void
test_challenges(void **state)
{
    char nonce[33];

    (void)state;
    for (unsigned i = 0; i < NONCES_CHALLENGES; i++) {
        snprintf(nonce, sizeof nonce, "%032x", i);
        assert_null(nonces_take_challenge(nonces, li_wei, nonce));
        assert_non_null(strstr(nonces_take_challenge(nonces, li_wei, nonce), "here before"));
    }
    snprintf(nonce, sizeof nonce, "%032x", 9999);
    assert_non_null(strstr(nonces_take_challenge(nonces, li_wei, nonce), "too many commands"));
    assert_true(nonces_is_full(nonces));
    nonces_forget_challenged(nonces);
    assert_null(nonces_take_challenge(nonces, li_wei, nonce));
}

static void
test_disk_full(void **state)
{
    char nonce[33], path[100];
    bool is_volatile;

    (void)state;
    snprintf(nonce, sizeof nonce, "%032x", 5);
    snprintf(path, sizeof path, "%s/nonces.new", directory);
    assert_int_equal(mkdir(path, 0700), 0); /* stands where the new file is to be written */
    assert_null(nonces_take(nonces, li_wei, NOW, nonce, &is_volatile));
    assert_true(is_volatile);
    assert_non_null(nonces_take(nonces, li_wei, NOW, nonce, &is_volatile));
    rmdir(path);
    snprintf(nonce, sizeof nonce, "%032x", 6);
    assert_null(nonces_take(nonces, li_wei, NOW, nonce, &is_volatile));
    assert_false(is_volatile);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_once),           TEST(test_restart),          TEST(test_overflow),
        TEST(test_clock_set_back), TEST(test_damaged_file),     TEST(test_damaged_without_clock),
        TEST(test_cut_file),       TEST(test_keys_come_and_go), TEST(test_challenges),
        TEST(test_disk_full),
    };
    return cmocka_run_group_tests_name("nonces", tests, NULL, NULL);
}
