/* What main remembers between two pages: the store's growth, the books while everything moves, the
 * last error of each part. */
#include "daemon/supervise/faults.c"
#include "daemon/supervise/fill.c"
#include "daemon/supervise/ledger.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include <cmocka.h>

/* ---- fill ---- */

static void
test_fill(void **state)
{
    struct fill fill = {.count = 0};

    (void)state;
    assert_int_equal(fill_left_s(&fill, 100), -1);
    fill_note(&fill, 1000, 5000);
    assert_int_equal(fill_left_s(&fill, 100), -1);
    fill_note(&fill, 1000 + 599999, 6000); /* a millisecond before ten minutes */
    assert_int_equal(fill_left_s(&fill, 100), -1);
    fill_note(&fill, 1000 + 600000, 6000); /* 1000 bytes in ten minutes */
    assert_int_equal(fill_left_s(&fill, 6000), 3600);
    assert_int_equal(fill_left_s(&fill, 0), 0);
    fill_note(&fill, 1000 + 600001, 5000); /* it does not grow */
    assert_int_equal(fill_left_s(&fill, 100), -1);
    fill_note(&fill, 1000 + 700000, 10); /* another file */
    assert_int_equal(fill.count, 1);
}

/* Only the last day counts: two days at 1 byte an hour, then one at 100. */
static void
test_fill_day(void **state)
{
    struct fill fill = {.count = 0};
    int64_t bytes = 0;

    (void)state;
    for (int hour = 0; hour < 96; hour++) {
        fill_note(&fill, (int64_t)hour * HOUR_MS + 1, bytes);
        bytes += hour < 48 ? 1 : 100;
    }
    assert_int_equal(fill_left_s(&fill, 2300), 23 * 3600);
}

/* ---- books ---- */

struct site_of_books {
    struct store_counters store;
    struct destination_counters destinations[2];
    atomic_ullong read, dropped;
    struct ledger ledger;
    struct ledger_view view;
};

static void
begin(struct site_of_books *books)
{
    memset(books, 0, sizeof *books);
    books->view = (struct ledger_view){.read = &books->read,
                                       .dropped = &books->dropped,
                                       .store = &books->store,
                                       .destinations = books->destinations,
                                       .destination_count = 2,
                                       .mono_ms = 1};
}

/* `read` more scans, of which `stored` are committed and seen by both destinations. */
static void
go_on(struct site_of_books *books, unsigned read, unsigned stored, unsigned seen)
{
    atomic_fetch_add(&books->read, read);
    atomic_fetch_add(&books->store.records[STREAM_TREND], stored);
    atomic_fetch_add(&books->destinations[0].acknowledged[STREAM_TREND], seen);
    atomic_fetch_add(&books->destinations[1].queued[STREAM_TREND], seen);
}

static enum ledger_state
look_after(struct site_of_books *books, int64_t ms)
{
    books->view.mono_ms += ms;
    return ledger_look(&books->ledger, &books->view).state;
}

static void
test_books_balance(void **state)
{
    struct site_of_books books;

    (void)state;
    begin(&books);
    assert_int_equal(look_after(&books, 0), LEDGER_UNKNOWN);
    go_on(&books, 10, 8, 5);
    assert_int_equal(look_after(&books, LEDGER_LAG_MS - 1), LEDGER_UNKNOWN);
    assert_int_equal(look_after(&books, 1), LEDGER_UNKNOWN); /* from now on it has a past */
    go_on(&books, 10, 10, 8);
    assert_int_equal(look_after(&books, 1000), LEDGER_BALANCED);
    struct ledger_result result = ledger_look(&books.ledger, &books.view);
    assert_int_equal(result.under_way, 2);
    assert_int_equal(result.worst, 5);
    go_on(&books, 0, 2, 7);
    assert_int_equal(look_after(&books, LEDGER_LAG_MS), LEDGER_BALANCED);
    assert_int_equal(look_after(&books, LEDGER_LAG_MS), LEDGER_BALANCED);
}

static void
settle(struct site_of_books *books)
{
    begin(books);
    go_on(books, 10, 10, 10);
    for (int i = 0; i < 3; i++)
        look_after(books, LEDGER_LAG_MS);
    assert_int_equal(look_after(books, 1000), LEDGER_BALANCED);
}

static void
test_books_differ(void **state)
{
    struct site_of_books books;

    (void)state;
    settle(&books); /* a scan vanishes */
    go_on(&books, 1, 0, 0);
    assert_int_equal(look_after(&books, LEDGER_LAG_MS), LEDGER_BALANCED); /* may be under way */
    look_after(&books, LEDGER_LAG_MS);
    assert_int_equal(look_after(&books, LEDGER_LAG_MS), LEDGER_UNBALANCED);
    atomic_fetch_add(&books.dropped, 1); /* it was dropped: told */
    assert_int_equal(look_after(&books, LEDGER_LAG_MS), LEDGER_BALANCED);

    settle(&books); /* a scan is counted twice */
    go_on(&books, 0, 1, 1);
    assert_int_equal(look_after(&books, 1000), LEDGER_UNBALANCED);

    settle(&books); /* a destination forgets a record */
    go_on(&books, 1, 1, 0);
    look_after(&books, LEDGER_LAG_MS);
    look_after(&books, LEDGER_LAG_MS);
    assert_int_equal(look_after(&books, LEDGER_LAG_MS), LEDGER_UNBALANCED);

    settle(&books); /* what is lost is known */
    go_on(&books, 1, 0, 0);
    atomic_fetch_add(&books.store.lost_records, 1);
    look_after(&books, LEDGER_LAG_MS);
    look_after(&books, LEDGER_LAG_MS);
    assert_int_equal(look_after(&books, LEDGER_LAG_MS), LEDGER_BALANCED);

    settle(&books); /* in memory only */
    atomic_store(&books.store.is_volatile, true);
    assert_int_equal(look_after(&books, 1000), LEDGER_UNKNOWN);
}

/* ---- errors ---- */

static void
stamp(void *context, int64_t mono_ms, struct stamp *ret_stamp)
{
    (void)context;
    *ret_stamp = (struct stamp){.mono_ms = mono_ms};
}

static void
test_parts(void **state)
{
    static const struct {
        const char *thread, *line;
        enum fault_part part;
    } LINES_OF[] = {
        {"to-centre", "destination centre: not connected to a:1: refused", FAULT_DESTINATIONS_PART},
        {"to-centre", "something else", FAULT_DESTINATIONS_PART},
        {"bus line", "bus line: no such device", FAULT_BUSES},
        {"bus line", "cems does not answer: timeout", FAULT_BUSES},
        {"store", "segments 1 to 2 of a stream cannot be merged", FAULT_STORE},
        {"parkgated", "the store cannot be read (x): set aside", FAULT_STORE},
        {"engine", "the saved list of open notes could not be read", FAULT_JUDGEMENT},
        {"parkgated", "/etc/parkgate/site.yaml:12:5: unknown key 'bas'", FAULT_CONFIGURATION},
        {"parkgated", "proposed:1:1: not a mapping", FAULT_CONFIGURATION},
        {"parkgated", "destination at 10:30", FAULT_DESTINATIONS_PART},
        {"control", "it is 10:30 now", FAULT_GATEWAY},
    };
    struct faults faults;

    (void)state;
    for (size_t i = 0; i < sizeof LINES_OF / sizeof *LINES_OF; i++) {
        assert_int_equal(faults_init(&faults), 0);
        faults_post(&faults, LINES_OF[i].thread, LINES_OF[i].line, 7);
        assert_true(faults_collect(&faults, stamp, NULL));
        for (int part = 0; part < FAULT_PARTS; part++) {
            bool here = part == (int)LINES_OF[i].part;
            assert_string_equal(faults.parts[part].text, here ? LINES_OF[i].line : "");
            assert_int_equal(faults.parts[part].count, here);
        }
        faults_done(&faults);
    }
}

static void
test_witness(void **state)
{
    struct faults faults;
    char line[600];

    (void)state;
    assert_int_equal(faults_init(&faults), 0);
    log_set_level(LOG_LEVEL_ERROR); /* a warning that is not shown is one */
    log_warning("destination roof: not connected to %s:%d: refused", "broker", 1883);
    log_notice("destination roof: connected");
    assert_true(faults_collect(&faults, stamp, NULL));
    assert_false(faults_collect(&faults, stamp, NULL));
    assert_string_equal(faults_of_destination(&faults, "roof")->text,
                        "destination roof: not connected to broker:1883: refused");
    assert_null(faults_of_destination(&faults, "cellar"));
    for (int i = 0; i < 30; i++) { /* more destinations than there is room for */
        snprintf(line, sizeof line, "destination d%d: lost", i);
        faults_post(&faults, "to-d", line, 1);
    }
    faults_collect(&faults, stamp, NULL);
    assert_non_null(faults_of_destination(&faults, "d14"));
    assert_null(faults_of_destination(&faults, "d15"));
    for (int i = 0; i < 200; i++) /* a storm: bounded */
        faults_post(&faults, "bus x", "bus x: cut", 1);
    faults_collect(&faults, stamp, NULL);
    assert_int_equal(faults.parts[FAULT_BUSES].count, LINES);
    strcpy(line, "");
    for (int i = 0; i < 100; i++) /* three bytes each: 239 is not a multiple */
        strcat(line, "烟");
    faults_post(&faults, "bus x", line, 1);
    faults_collect(&faults, stamp, NULL);
    size_t length = strlen(faults.parts[FAULT_BUSES].text);
    assert_true(length > 230 && length % 3 == 0);
    faults_done(&faults);
    log_set_level(LOG_LEVEL_INFO);
    log_warning("nobody listens"); /* and nothing happens */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),          cmocka_unit_test(test_fill_day),
        cmocka_unit_test(test_books_balance), cmocka_unit_test(test_books_differ),
        cmocka_unit_test(test_parts),         cmocka_unit_test(test_witness),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
