/* parkgatectl verify: walks every stream of a store, recomputes each record's digest and the chain,
 * and says at which record it stops fitting (promise 9). */
#include "ctl/ctl.h"
#include "daemon/forward/payload.h"
#include "daemon/store/reader.h"

#include <stdio.h>
#include <string.h>

struct walk {
    uint64_t next, records;
    uint8_t chain[STORE_HASH];
    bool begun;
};

/* One segment: does it follow on what was before it? */
static bool
follows(const struct walk *walk, const struct chunk *chunk, const char *name)
{
    if (walk->begun && chunk->first != walk->next) {
        printf("%s: records %llu to %llu are not there\n", name, (unsigned long long)walk->next,
               (unsigned long long)chunk->first - 1);
        return false;
    }
    if (walk->begun && memcmp(walk->chain, chunk->previous, STORE_HASH) != 0) {
        printf("%s: the chain breaks before record %llu\n", name, (unsigned long long)chunk->first);
        return false;
    }
    return true;
}

/* Anchors each segment in the value the next one was chained to. */
static int
verify_stream(struct reader *reader, enum stream stream)
{
    const char *name = payload_stream_name(stream);
    uint64_t until = reader_durable(reader, stream);
    struct walk walk = {.next = reader_oldest(reader, stream)};
    struct chunk chunk;
    struct record record;
    int result = CTL_FINE;
    int got;

    while ((got = reader_read(reader, stream, walk.next, until, &chunk)) == 1) {
        if (!follows(&walk, &chunk, name))
            result = CTL_WRONG;
        memcpy(walk.chain, chunk.previous, STORE_HASH);
        walk.begun = true;
        while (chunk_next(&chunk, &record)) {
            record_chain(walk.chain, &record);
            walk.records++;
        }
        if (chunk.next != chunk.last + 1) {
            printf("%s: record %llu cannot be read\n", name, (unsigned long long)chunk.next);
            result = CTL_WRONG;
        }
        walk.next = chunk.last + 1;
    }
    uint8_t head[STORE_HASH];
    if (walk.records != 0 &&
        (!reader_head_chain(reader, stream, head) || memcmp(head, walk.chain, STORE_HASH) != 0)) {
        printf("%s: the last record does not give the chain value the store has\n", name);
        result = CTL_WRONG;
    }
    if (got < 0)
        printf("%s: unreadable from record %llu on\n", name, (unsigned long long)walk.next);
    printf("%s: %llu records, %s\n", name, (unsigned long long)walk.records,
           result == CTL_FINE && got == 0 ? "chain whole" : "NOT whole");
    return got < 0 ? CTL_WRONG : result;
}

int
verify_run(int argc, char **argv)
{
    struct reader *reader = NULL;
    char error[200] = "";
    int result = CTL_FINE;

    if (argc != 2)
        return CTL_USAGE;
    if (reader_open_file(argv[1], &reader, error) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        return CTL_WRONG;
    }
    printf("store %s\n", reader_store_id(reader));
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        if (verify_stream(reader, (enum stream)stream) != CTL_FINE)
            result = CTL_WRONG;
    reader_close(reader);
    return result;
}
