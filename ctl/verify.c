/* parkgatectl verify: walks every stream of a store, recomputes each record's digest and the chain,
 * holds them against the signed texts, and says at which record it stops fitting (promise 9). */
#include "ctl/ctl.h"
#include "ctl/seals.h"
#include "ctl/stream.h"
#include "daemon/forward/payload.h"

#include <getopt.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    const char *file;
    uint8_t key[32];
    bool has_key, excerpt, stream;
};

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

/* What is gone from the front has left a signed anchor, unless this is an excerpt. */
static bool
begins_rightly(const struct request *request, const struct seals *seals, enum stream stream,
               const struct chunk *chunk)
{
    const struct seal_place *anchor = &seals->anchors[stream];

    if (chunk->first == 1 || request->excerpt || !request->has_key)
        return true;
    if (seals->anchored[stream] && anchor->last == chunk->first - 1 &&
        memcmp(anchor->chain, chunk->previous, STORE_HASH) == 0)
        return true;
    printf("%s: begins at record %llu, and no signed anchor says that the rest was cut by age or"
           " size\n",
           payload_stream_name(stream), (unsigned long long)chunk->first);
    return false;
}

static bool
walk_chunk(struct walk *walk, struct seals *seals, struct chunk *chunk, const char *name)
{
    struct record record;
    bool fits = true;

    memcpy(walk->chain, chunk->previous, STORE_HASH);
    walk->begun = true;
    while (chunk_next(chunk, &record)) {
        record_chain(walk->chain, &record);
        walk->records++;
        if (!seals_fit(seals, chunk->stream, record.sequence, walk->chain)) {
            printf("%s: up to record %llu the chain is not the one that was signed\n", name,
                   (unsigned long long)record.sequence);
            fits = false;
        }
    }
    if (chunk->next != chunk->last + 1) {
        printf("%s: record %llu cannot be read\n", name, (unsigned long long)chunk->next);
        fits = false;
    }
    walk->next = chunk->last + 1;
    return fits;
}

/* A signed head beyond the last record: somebody cut the tail off. */
static bool
ends_rightly(const struct seals *seals, enum stream stream, uint64_t behind)
{
    size_t count = seals->counts[stream];

    if (count == 0 || seals->places[stream][count - 1].last < behind)
        return true;
    printf("%s: records %llu to %llu were signed and are not there\n", payload_stream_name(stream),
           (unsigned long long)behind, (unsigned long long)seals->places[stream][count - 1].last);
    return false;
}

/* Anchors each segment in the value the next one was chained to. */
static int
verify_stream(struct reader *reader, const struct request *request, struct seals *seals,
              enum stream stream)
{
    const char *name = payload_stream_name(stream);
    uint64_t until = reader_durable(reader, stream);
    struct walk walk = {.next = reader_oldest(reader, stream)};
    struct chunk chunk;
    int result = CTL_FINE;
    int got;

    while ((got = reader_read(reader, stream, walk.next, until, &chunk)) == 1) {
        if (!follows(&walk, &chunk, name))
            result = CTL_WRONG;
        if (!walk.begun && !begins_rightly(request, seals, stream, &chunk))
            result = CTL_WRONG;
        if (!walk_chunk(&walk, seals, &chunk, name))
            result = CTL_WRONG;
    }
    if (!request->excerpt && !ends_rightly(seals, stream, walk.next))
        result = CTL_WRONG;
    uint8_t head[STORE_HASH];
    if (walk.records != 0 && !request->excerpt &&
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

static bool
take_key(const char *text, uint8_t ret_key[32])
{
    if (strlen(text) != 64 || strspn(text, "0123456789abcdefABCDEF") != 64) {
        fprintf(stderr, "parkgatectl: --key: it must be 64 hexadecimal digits, as `parkgatectl key "
                        "show` prints them\n");
        return false;
    }
    for (size_t i = 0; i < 32; i++) {
        unsigned byte = 0;
        sscanf(text + 2 * i, "%2x", &byte);
        ret_key[i] = (uint8_t)byte;
    }
    return true;
}

static bool
take_options(int argc, char **argv, struct request *request)
{
    static const struct option OPTIONS[] = {{"key", required_argument, NULL, 'k'},
                                            {"excerpt", no_argument, NULL, 'e'},
                                            {"stream", no_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 'e')
            request->excerpt = true;
        else if (option == 's')
            request->stream = true;
        else if (option == 'k' && take_key(optarg, request->key))
            request->has_key = true;
        else
            return false;
    }
    request->file = argv[optind];
    return optind + 1 == argc && !(request->stream && request->excerpt);
}

/* The key that lies beside the store, where nobody gave one. */
static void
find_key(struct request *request)
{
    char *path = strdup(request->file);

    if (!request->has_key && path != NULL)
        request->has_key = seal_read_key(dirname(path), request->key);
    free(path);
}

static int
verify(struct reader *reader, const struct request *request)
{
    struct seals seals = {0};
    int result = CTL_FINE;

    printf("store %s\n", reader_store_id(reader));
    if (request->has_key && seals_load(reader, request->key, &seals) != 0)
        result = CTL_WRONG;
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
        if (verify_stream(reader, request, &seals, (enum stream)stream) != CTL_FINE)
            result = CTL_WRONG;
    if (request->has_key)
        printf("signatures: %llu fit the key, %llu do not%s\n", (unsigned long long)seals.good,
               (unsigned long long)seals.bad,
               seals.good == 0 && seals.bad > 0 ? ": is it this gateway's?" : "");
    else
        printf("signatures: not looked at, for want of a key (--key, as `parkgatectl key show`"
               " prints it)\n");
    if (seals.bad != 0)
        result = CTL_WRONG;
    seals_free(&seals);
    return result;
}

int
verify_run(int argc, char **argv)
{
    struct request request = {0};
    struct reader *reader = NULL;
    char error[200] = "";

    if (!take_options(argc, argv, &request))
        return CTL_USAGE;
    if (request.stream)
        return stream_verify(request.file, request.has_key ? request.key : NULL);
    find_key(&request);
    if (reader_open_file(request.file, &reader, error) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        return CTL_WRONG;
    }
    int result = verify(reader, &request);
    reader_close(reader);
    return result;
}
