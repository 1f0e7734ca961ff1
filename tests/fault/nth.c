/* Fails the Nth write, sync, open, read or truncation of the store's files, for every N that a
 * fixed piece of work reaches, once and from then on until the disk works again, and checks after
 * each run that the promises 1, 2, 7, 9 and 12 held. The work begins on a store as a kill leaves it
 * (commits in the WAL). `nth` takes every 5th N, `nth --long` all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/store/record.h"
#include "daemon/store/store_parts.h"
#include "tests/fault/failing.h"
#include "tests/unit/store_park.h"

#define ENTRIES 160
#define BODY    512
#define WAIT_MS 10000
#define SHOWN   6 /* broken promises told in full, for each sweep */

typedef unsigned long long ull; /* what printf takes */

/* What was appended: the record as it has to come back. */
struct entry {
    enum stream stream;
    uint64_t sequence;
    size_t length;
    uint8_t body[BODY];
    bool stored; /* reported durable while the store was not volatile */
    bool read;   /* from the file that is being read */
};

static char root[] = "/tmp/parkgate-nth-XXXXXX"; /* the working directory */
static const struct store_options OPTIONS = {
    .directory = "store", .volatile_directory = "aside", .commit_every_ms = 2, .retry_ms = 5};
static struct site *site;
static struct entry base[ENTRIES]; /* what every run begins with */
static size_t base_count;

static struct {
    struct failing_plan plan;
    struct store *store;
    struct reader *reader;
    struct queue *wakes; /* from the store thread: something became durable */
    struct entry entries[ENTRIES];
    struct buf body; /* of the entry in the making */
    size_t count;
    size_t first; /* entry of the file in use: base_count when the base was set aside */
    struct place {
        uint64_t next, records;
        uint8_t chain[STORE_HASH];
    } places[STREAM_END]; /* how far each stream was read */
    atomic_int failed_notes, recovered_notes;
} run;

static uint64_t stride;
static struct {
    unsigned runs, refused, set_aside, in_memory, broken;
} tally; /* of the sweep */

__attribute__((format(printf, 2, 3))) static bool
expect(bool holds, const char *format, ...)
{
    va_list arguments;

    if (holds || tally.broken++ >= SHOWN)
        return holds;
    fprintf(stderr, "%s: ", failing_words(&run.plan));
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return false;
}

/* ---- opening, as parkgated.c does it ---- */

static void
on_durable(void *context)
{
    (void)context;
    queue_wake(run.wakes);
}

static void
on_note(void *context, const struct note *note)
{
    (void)context;
    if (strcmp(note->kind, "store.failed") == 0)
        atomic_fetch_add(&run.failed_notes, 1);
    if (strcmp(note->kind, "store.recovered") == 0)
        atomic_fetch_add(&run.recovered_notes, 1);
}

static bool
open_store(void)
{
    struct store_hooks hooks = {.durable = on_durable, .note = on_note};
    char error[200] = "";

    if (store_open(&OPTIONS, &run.store, error) != 0) {
        expect(error[0] != '\0', "the store does not open, without a sentence");
        return false;
    }
    run.first = store_predecessor(run.store)[0] != '\0' ? base_count : 0;
    store_begin_boot(run.store, "boot-a", 1);
    if (store_register(run.store, site) != 0)
        return false;
    /* a checkpoint every few commits: its writes, syncs and truncations fail too */
    database_value(run.store->durable, "PRAGMA wal_autocheckpoint=4", 0);
    return store_start(run.store, &hooks) == 0;
}

/* ---- appending ---- */

/* The record as it has to be stored is encoded into the next entry. */
static struct buf *
begin_entry(void)
{
    assert_true(run.count < ENTRIES);
    buf_init(&run.body, run.entries[run.count].body, BODY);
    return &run.body;
}

static void
end_entry(enum stream stream, uint64_t sequence)
{
    struct entry *entry = &run.entries[run.count++];

    assert_false(run.body.overflow);
    expect(sequence != 0, "a record of stream %d was refused", stream);
    entry->stream = stream;
    entry->sequence = sequence;
    entry->length = run.body.length;
}

static void
append_scan(const char *device, enum stream stream, double value)
{
    struct scan scan;

    store_park_scan(site, device, value, &scan);
    uint64_t sequence = store_append_scan(run.store, &scan);
    record_put_scan(begin_entry(), stream, sequence, &scan);
    end_entry(stream, sequence);
}

static void
append_event(double value)
{
    struct event event = {.kind = "gap", .phase = PHASE_NOTED, .subject = "x", .averaging = ""};

    event.value = value;
    uint64_t sequence = store_append_event(run.store, &event);
    record_put_event(begin_entry(), sequence, &event);
    end_entry(STREAM_EVENT, sequence);
}

static void
append_batch(void)
{
    double value = (double)run.count;

    append_scan("cems", STREAM_SAMPLE, value);
    append_scan("meter", STREAM_TREND, value);
    append_event(value);
    append_scan("cems", STREAM_SAMPLE, value + 0.5);
    store_hand_over(run.store, true, clock_mono_ms());
}

/* ---- waiting, and what is reported meanwhile ---- */

static bool
is_committed(void)
{
    for (size_t i = base_count; i < run.count; i++)
        if (atomic_load(&run.store->face.durable[run.entries[i].stream]) < run.entries[i].sequence)
            return false;
    return !atomic_load(&run.store->states[0].busy);
}

static bool
is_back(void)
{
    return is_committed() && !atomic_load(&store_counters(run.store)->is_volatile);
}

static bool
wait_until(bool (*holds)(void), const char *what)
{
    int64_t until_mono_ms = clock_mono_ms() + WAIT_MS;
    int item;

    while (!holds()) {
        if (!expect(clock_mono_ms() < until_mono_ms, "not within %d ms: %s", WAIT_MS, what))
            return false;
        store_hand_over(run.store, true, clock_mono_ms());
        queue_take(run.wakes, clock_mono_ms() + 50, &item);
    }
    return true;
}

/* An even epoch that does not change meanwhile: what is durable is in the durable file. */
static void
mark_stored(void)
{
    struct store_face *face = &run.store->face;
    uint64_t durable[STREAM_END];

    unsigned before = atomic_load(&face->epoch);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        durable[stream] = atomic_load(&face->durable[stream]);
    if (before % 2 != 0 || atomic_load(&face->epoch) != before)
        return;
    for (size_t i = base_count; i < run.count; i++)
        if (run.entries[i].sequence <= durable[run.entries[i].stream])
            run.entries[i].stored = true;
}

/* ---- reading, during the work and afterwards ---- */

static void
check_record(const struct record *record)
{
    ull sequence = record->sequence;
    size_t i = run.first;

    while (i < run.count &&
           (run.entries[i].stream != record->stream || run.entries[i].sequence != record->sequence))
        i++;
    if (!expect(i < run.count, "%llu of stream %d: never appended", sequence, record->stream))
        return;
    struct entry *entry = &run.entries[i];
    entry->read = true;
    expect(record->length == entry->length && memcmp(record->body, entry->body, entry->length) == 0,
           "%llu of stream %d: other bytes", sequence, record->stream);
}

/* Reads on and checks bytes and chain; true when it got to the end. A chain may be taken up in the
 * middle, and does not join behind sequences that are not there. */
static bool
read_on(struct reader *reader, enum stream stream, struct place *place)
{
    uint64_t end = reader_durable(reader, stream);
    struct chunk chunk;
    struct record record;
    int got;

    while ((got = reader_read(reader, stream, place->next, end, &chunk)) == 1) {
        bool joins = chunk.first == place->next && (place->records > 0 || chunk.first == 1);
        expect(!joins || memcmp(chunk.previous, place->chain, STORE_HASH) == 0,
               "stream %d: the chain does not join before %llu", stream, (ull)chunk.first);
        memcpy(place->chain, chunk.previous, STORE_HASH);
        for (place->next = chunk.first; chunk_next(&chunk, &record); place->next++) {
            check_record(&record);
            record_chain(place->chain, &record);
            place->records++;
        }
        if (!expect(place->next == chunk.last + 1, "stream %d: a segment is cut", stream))
            return false;
    }
    return got == 0 && place->next > end;
}

static void
begin_reading(struct reader *reader)
{
    memset(run.places, 0, sizeof run.places);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        run.places[stream].next = reader_oldest(reader, (enum stream)stream);
    for (size_t i = 0; i < run.count; i++)
        run.entries[i].read = false;
}

/* The reader that follows; true when it has all that is durable. */
static bool
follow(void)
{
    bool opened = run.reader == NULL && reader_open(store_face(run.store), &run.reader) == 0;
    bool whole = true;

    if (run.reader == NULL)
        return false;
    if (reader_store_changed(run.reader) || opened)
        begin_reading(run.reader);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        whole &= read_on(run.reader, (enum stream)stream, &run.places[stream]);
    return whole;
}

static void
check_stream(struct reader *reader, enum stream stream)
{
    struct place *place = &run.places[stream];
    ull in_books = reader_books(reader, stream).records;
    uint8_t head[STORE_HASH] = {0};

    bool whole = read_on(reader, stream, place);
    reader_head_chain(reader, stream, head); /* of an empty stream there is none */
    expect(!whole || memcmp(head, place->chain, STORE_HASH) == 0,
           "stream %d: the head is not the chain's end", stream);
    expect(in_books == place->records, "stream %d: %llu records by the books, %llu are there",
           stream, in_books, (ull)place->records);
}

/* The entries from `first` to before `end` are in the file, but for `lost` of them. */
static void
check_file(const char *name, size_t first, size_t end, uint64_t lost)
{
    char error[200] = "";
    struct reader *reader = NULL;
    uint64_t stored = 0;

    run.first = first;
    if (!expect(reader_open_file(name, &reader, error) == 0, "%s: %s", name, error))
        return;
    begin_reading(reader);
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        check_stream(reader, (enum stream)stream);
    reader_close(reader);
    for (size_t i = first; i < end; i++) {
        stored += run.entries[i].read;
        expect(run.entries[i].read || !run.entries[i].stored,
               "%llu of stream %d was reported stored and is gone", (ull)run.entries[i].sequence,
               run.entries[i].stream);
    }
    expect(stored + lost == end - first, "%s: %llu stored + %llu lost, but %zu appended", name,
           (ull)stored, (ull)lost, end - first);
}

/* A disk that works: the store opens, sets nothing aside now, and its books balance. */
static void
check_reopened(bool set_aside)
{
    struct store *store = NULL;
    char error[200] = "";

    if (!expect(store_open(&OPTIONS, &store, error) == 0, "the store does not open again: %s",
                error))
        return;
    expect(store_predecessor(store)[0] == '\0', "set aside when the disk worked again");
    uint64_t lost = atomic_load(&store_counters(store)->lost_records);
    store_close(store);
    if (set_aside)
        check_file("store/parkgate.db.quarantine-1", 0, base_count, 0);
    check_file("store/parkgate.db", set_aside ? base_count : 0, run.count, lost);
}

/* ---- the work ---- */

static void
do_steps(int steps)
{
    uint8_t memory[3000] = {0};
    struct buf state = {.data = memory, .length = sizeof memory, .capacity = sizeof memory};

    for (int i = 0; i < steps; i++) {
        store_append_state(run.store, "assess", &state);
        append_batch();
        if (i % 3 == 0)
            append_batch(); /* a second one behind the first */
        if (!wait_until(is_committed, "the commit of what was appended"))
            return;
        mark_stored();
        follow(); /* may fail as the disk does: it is tried again with the next step */
    }
}

static void
do_work(void)
{
    do_steps(6);
    failing_heal();
    wait_until(is_back, "the return to the disk");
    do_steps(4);
    wait_until(is_back, "the second return to the disk");
    mark_stored();
    expect(follow() || follow(), "the reader does not get to the end");
    for (size_t i = run.first; i < run.count; i++)
        expect(run.entries[i].read, "the reader never saw %llu of stream %d",
               (ull)run.entries[i].sequence, run.entries[i].stream);
    int failures = atomic_load(&run.failed_notes);
    int recoveries = atomic_load(&run.recovered_notes);
    expect(failing_seen().failed > 0 || failures == 0, "store.failed, but nothing failed");
    expect(failures == recoveries, "%d store.failed, %d store.recovered", failures, recoveries);
    append_batch();
    append_scan("meter", STREAM_TREND, -1); /* both left to store_close */
}

static void
begin_run(const struct failing_plan *plan)
{
    memset(&run, 0, sizeof run);
    run.plan = *plan;
    run.count = base_count;
    memcpy(run.entries, base, sizeof run.entries);
    assert_int_equal(queue_new(sizeof(int), 1, 0, &run.wakes), 0);
}

static void
run_once(const struct failing_plan *plan)
{
    assert_int_equal(system("rm -rf store aside && cp -pr base store && mkdir aside"), 0);
    begin_run(plan);
    failing_arm("store", plan);
    bool opened = open_store();
    bool failed_at_opening = failing_seen().failed > 0;
    expect(opened || failed_at_opening, "the store does not open, but nothing failed");
    if (opened)
        do_work();
    reader_close(run.reader);
    store_close(run.store);
    queue_free(run.wakes);
    bool told = atomic_load(&run.failed_notes) > 0;
    expect(failing_seen().log == 0 || told, "a commit failed, but there was no store.failed");
    failing_disarm();
    bool set_aside = access("store/parkgate.db.quarantine-1", F_OK) == 0;
    bool unread = failed_at_opening && plan->call == FAILING_READ;
    expect(!set_aside || unread, "set aside, but it could be read when it was opened");
    expect(!set_aside || !opened || run.first != 0, "set aside, and nobody was told");
    check_reopened(set_aside);
    tally.runs++;
    tally.refused += !opened;
    tally.set_aside += set_aside;
    tally.in_memory += told;
}

static void
test_call(void **state)
{
    struct failing_plan plan = {.call = (enum failing_call)(intptr_t)*state, .nth = 1};
    unsigned broken = 0;

    for (bool more = true; more;) {
        run_once(&plan);
        more = failing_next(&plan, stride);
        if (plan.nth != 1)
            continue;
        print_message("%s ends %u runs: %u not opened, %u set aside, %u in memory, %u broken\n",
                      failing_words(&run.plan), tally.runs, tally.refused, tally.set_aside,
                      tally.in_memory, tally.broken);
        broken += tally.broken;
        memset(&tally, 0, sizeof tally);
    }
    assert_int_equal(broken, 0);
}

/* The base: as a kill leaves it, copied while the store has it open and rests. */
static int
set_up(void **state)
{
    static const struct failing_plan NOTHING = {.nth = UINT64_MAX};

    (void)state;
    log_set_level(LOG_LEVEL_ERROR - 1); /* each run says what it has to say */
    assert_non_null(mkdtemp(root));
    assert_int_equal(chdir(root), 0);
    assert_int_equal(system("mkdir aside"), 0);
    site = store_park_load(root, STORE_PARK);
    assert_true(failing_install());
    begin_run(&NOTHING);
    assert_true(open_store());
    do_steps(3);
    assert_true(tally.broken == 0 && is_back());
    assert_int_equal(system("cp -pr store base && rm base/*-shm"), 0);
    reader_close(run.reader);
    store_close(run.store);
    queue_free(run.wakes);
    memcpy(base, run.entries, sizeof base);
    base_count = run.count;
    return 0;
}

static int
tear_down(void **state)
{
    char command[80];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", root);
    assert_int_equal(system(command), 0);
    site_free(site);
    return 0;
}

int
main(int argc, char **argv)
{
    struct CMUnitTest tests[FAILING_CALLS] = {0};

    stride = argc > 1 && strcmp(argv[1], "--long") == 0 ? 1 : 5; /* odd: a step makes four syncs */
    for (int i = 0; i < FAILING_CALLS; i++)
        tests[i] = (struct CMUnitTest){failing_name((enum failing_call)i), test_call, NULL, NULL,
                                       (void *)(intptr_t)i};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
