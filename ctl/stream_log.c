/* The payloads of a stream against one another: they come in any order and some twice, but every
 * sequence has one content, and each goes on where the one before it ends. */
#include "ctl/stream_log.h"
#include "ctl/ctl.h"
#include "ctl/stream_parts.h"
#include "daemon/forward/payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The walk through a stream's entries in the order of their sequences. */
struct walk {
    const char *name;
    const struct stream_entry *reach; /* the one that goes furthest so far */
    uint64_t records, missing, repeats;
    bool is_wrong;
};

static void *
one_more(void *items, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return items;
    void *more = reallocarray(items, *room * 2 + 8, size);
    if (more != NULL)
        *room = *room * 2 + 8;
    return more;
}

static struct stream_log *
log_of(struct stream_logs *logs, const char *store, enum stream stream)
{
    for (size_t i = 0; i < logs->count; i++)
        if (logs->items[i].stream == stream && strcmp(logs->items[i].store, store) == 0)
            return &logs->items[i];
    void *items = one_more(logs->items, logs->count, &logs->room, sizeof *logs->items);
    if (items == NULL)
        return NULL;
    logs->items = items;
    struct stream_log *log = &logs->items[logs->count++];
    *log = (struct stream_log){.stream = stream};
    snprintf(log->store, sizeof log->store, "%s", store);
    return log;
}

int
stream_logs_add(struct stream_logs *logs, const char *store, enum stream stream,
                const struct stream_entry *entry)
{
    struct stream_log *log = log_of(logs, store, stream);

    if (log == NULL)
        return -ENOMEM;
    void *entries = one_more(log->entries, log->count, &log->room, sizeof *entry);
    if (entries == NULL)
        return -ENOMEM;
    log->entries = entries;
    log->entries[log->count++] = *entry;
    return 0;
}

void
stream_logs_free(struct stream_logs *logs)
{
    for (size_t i = 0; i < logs->count; i++) {
        for (size_t j = 0; j < logs->items[i].count; j++)
            free(logs->items[i].entries[j].chains);
        free(logs->items[i].entries);
    }
    free(logs->items);
    *logs = (struct stream_logs){0};
}

/* The chain value behind a sequence of the entry, or behind the one before its first: as the
 * payload says, within it as rebuilt. NULL: not known. */
static const uint8_t *
chain_behind(const struct stream_entry *entry, uint64_t sequence)
{
    if (sequence == entry->last)
        return entry->chain;
    if (sequence + 1 == entry->first)
        return entry->previous;
    return entry->chains != NULL ? entry->chains[sequence - entry->first] : NULL;
}

static bool
joins(struct walk *walk, const struct stream_entry *entry)
{
    static const uint8_t BEGINNING[STORE_HASH];
    const struct stream_entry *reach = walk->reach;
    const uint8_t *before = NULL;

    if (entry->first == 1)
        before = BEGINNING;
    else if (reach != NULL && entry->first <= reach->last + 1)
        before = chain_behind(reach, entry->first - 1);
    if (before == NULL || memcmp(before, entry->previous, STORE_HASH) == 0)
        return true;
    printf("line %lu: %s: the chain breaks before record %llu\n", entry->line, walk->name,
           (unsigned long long)entry->first);
    walk->is_wrong = true;
    return false;
}

/* What both hold. The reach begins no later and ends no earlier than what is repeated: it has it
 * all. */
static void
compare(struct walk *walk, const struct stream_entry *entry)
{
    const struct stream_entry *reach = walk->reach;
    uint64_t last = entry->last < reach->last ? entry->last : reach->last;

    if (entry->chains == NULL || reach->chains == NULL)
        return;
    for (uint64_t at = entry->first; at <= last; at++) {
        if (memcmp(entry->chains[at - entry->first], reach->chains[at - reach->first],
                   STORE_HASH) == 0)
            continue;
        printf("line %lu: %s: record %llu is another than in line %lu\n", entry->line, walk->name,
               (unsigned long long)at, reach->line);
        walk->is_wrong = true;
        return;
    }
}

static void
tell_missing(struct walk *walk, const struct stream_entry *entry)
{
    unsigned long long first = walk->reach->last + 1;
    unsigned long long last = entry->first - 1;

    if (first == last)
        printf("line %lu: %s: record %llu is not there\n", entry->line, walk->name, first);
    else
        printf("line %lu: %s: records %llu to %llu are not there\n", entry->line, walk->name, first,
               last);
    walk->missing += last - first + 1;
    walk->is_wrong = true;
}

static void
take(struct walk *walk, const struct stream_entry *entry)
{
    const struct stream_entry *reach = walk->reach;
    uint64_t begin = entry->first;

    if (reach != NULL && entry->first > reach->last + 1)
        tell_missing(walk, entry);
    bool joined = joins(walk, entry);
    if (reach != NULL && entry->first <= reach->last) {
        uint64_t last = entry->last < reach->last ? entry->last : reach->last;
        walk->repeats += last - entry->first + 1;
        begin = last + 1;
        if (joined)
            compare(walk, entry);
    }
    walk->records += entry->last + 1 - begin;
    if (!entry->is_whole)
        walk->is_wrong = true;
    if (reach == NULL || entry->last > reach->last)
        walk->reach = entry;
}

static int
by_sequence(const void *a, const void *b)
{
    const struct stream_entry *left = a;
    const struct stream_entry *right = b;

    if (left->first != right->first)
        return left->first < right->first ? -1 : 1;
    return (left->line > right->line) - (left->line < right->line);
}

static bool
verify_log(struct stream_log *log)
{
    struct walk walk = {.name = payload_stream_name(log->stream)};

    qsort(log->entries, log->count, sizeof *log->entries, by_sequence);
    for (size_t i = 0; i < log->count; i++)
        take(&walk, &log->entries[i]);
    printf("%s: %llu records, %llu to %llu", walk.name, (unsigned long long)walk.records,
           (unsigned long long)log->entries[0].first,
           (unsigned long long)(walk.reach != NULL ? walk.reach->last : 0));
    if (walk.missing != 0)
        printf(", %llu missing", (unsigned long long)walk.missing);
    if (walk.repeats != 0)
        printf(", %llu repeated", (unsigned long long)walk.repeats);
    printf(", %s\n", walk.is_wrong ? "NOT whole" : "chain whole");
    return !walk.is_wrong;
}

static int
by_store(const void *a, const void *b)
{
    const struct stream_log *left = a;
    const struct stream_log *right = b;
    int order = strcmp(left->store, right->store);

    return order != 0 ? order : (int)left->stream - (int)right->stream;
}

int
stream_logs_verify(struct stream_logs *logs)
{
    int result = CTL_FINE;

    if (logs->count != 0)
        qsort(logs->items, logs->count, sizeof *logs->items, by_store);
    for (size_t i = 0; i < logs->count; i++) {
        if (i == 0 || strcmp(logs->items[i - 1].store, logs->items[i].store) != 0)
            printf("store %s\n", logs->items[i].store);
        if (!verify_log(&logs->items[i]))
            result = CTL_WRONG;
    }
    return result;
}
