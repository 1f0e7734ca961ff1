/* storefill DIRECTORY SITE SECONDS [OPTIONS]: fills a store with what the pretend park of parksim
 * would have shown, second by second in virtual time, through the same append, commit, packing and
 * merging as the daemon's. Prints one line of JSON. Options: --start UTC_MS, --jitter MS (5),
 * --parks N (the site's devices are those of N parks, one behind the other; each has chance of its
 * own), --commit S (seconds a commit holds, 1), --chain (tells what the chain costs a sample),
 * --real (a second takes a second). --words FILE:
 * registers of the site's points as they follow, 16 bits each, a row a second, instead of the park.
 */
#include "base/clock.h"
#include "config/loader.h"
#include "daemon/acquire/decode.h"
#include "daemon/store/store.h"
#include "sim/chance.h"
#include "sim/encode.h"
#include "sim/signals.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define PARKS 64

struct filling {
    const char *directory, *site_path;
    int64_t seconds, start_utc_ms, jitter_ms, commit_s;
    bool chain, real;
    struct site *site;
    struct park parks[PARKS];
    struct signals *signals[PARKS];
    uint16_t park_count;
    struct store *store;
    struct value *values;
    uint64_t chance, samples;
    uint16_t *rows; /* --words; NULL: the park */
    size_t at;
};

static void
complain(void *context, bool warning, const char *line)
{
    (void)context;
    if (!warning)
        fprintf(stderr, "%s\n", line);
}

/* What this process gave to the block layer: /proc/self/io. */
static long long
written(void)
{
    FILE *io = fopen("/proc/self/io", "r");
    char line[128];
    long long bytes = -1;

    while (io != NULL && fgets(line, sizeof line, io) != NULL)
        if (strncmp(line, "write_bytes: ", 13) == 0)
            bytes = atoll(line + 13);
    if (io != NULL)
        fclose(io);
    return bytes;
}

static double
cpu_s(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
append_device(struct filling *filling, const struct device *device, int64_t mono_ms)
{
    uint16_t devices = (uint16_t)(filling->site->device_count / filling->park_count);
    const struct signals *signals = filling->signals[device->index / devices % filling->park_count];
    uint16_t words[ENCODE_WORDS];
    struct scan scan = {.device = device, .count = device->point_count};
    int64_t late_ms = (int64_t)(chance_bits(&filling->chance) % (uint64_t)(filling->jitter_ms + 1));

    scan.values = filling->values;
    scan.at = (struct stamp){.utc_ms = filling->start_utc_ms + mono_ms + late_ms,
                             .mono_ms = 600000 + mono_ms + late_ms,
                             .boot = 1,
                             .clock = CLOCK_SYNCHRONISED};
    memset(scan.values, 0, scan.count * sizeof *scan.values);
    for (uint16_t i = 0; i < scan.count; i++) {
        const struct point *point = &device->points[i];
        if (filling->rows != NULL)
            words[0] = filling->rows[filling->at++];
        else
            encode_value(point, signals_value(signals, point), words);
        decode_point(&scan, i, words);
    }
    filling->samples += scan.count;
    while (store_append_scan(filling->store, &scan) == 0) {
        store_hand_over(filling->store, true, mono_ms);
        clock_sleep_until_ns(clock_mono_ns() + 1000000);
    }
}

/* One commit a second, as the daemon makes it; waits for each, so that none is merged. */
static void
commit(struct filling *filling)
{
    store_hand_over(filling->store, true, clock_mono_ms());
    store_settle(filling->store, clock_mono_ms() + 60000);
}

static void
fill(struct filling *filling)
{
    int64_t begun_ns = clock_mono_ns();

    for (int64_t second = 0; second < filling->seconds; second++) {
        if (filling->real)
            clock_sleep_until_ns(begun_ns + second * 1000000000);
        for (uint16_t p = 0; p < filling->park_count; p++)
            signals_advance(filling->signals[p], second * 1000);
        for (uint16_t d = 0; d < filling->site->device_count; d++) {
            const struct device *device = &filling->site->devices[d];
            if ((second * 1000) % (int64_t)device->every_ms == 0)
                append_device(filling, device, second * 1000);
        }
        if (second % filling->commit_s == filling->commit_s - 1)
            commit(filling);
    }
    commit(filling);
}

/* Nanoseconds a sample that the digests and the chain of what was stored take. */
static double
chain_ns(const struct filling *filling)
{
    uint8_t chain[STORE_HASH] = {0};
    struct reader *reader = NULL;
    struct record record;
    struct chunk chunk;
    double spent_s = 0;

    if (reader_open(store_face(filling->store), &reader) != 0)
        return -1;
    for (int stream = STREAM_SAMPLE; stream <= STREAM_TREND; stream++) {
        uint64_t next = 1;
        uint64_t until = reader_durable(reader, (enum stream)stream);
        while (reader_read(reader, (enum stream)stream, next, until, &chunk) == 1) {
            double begun_s = cpu_s(CLOCK_THREAD_CPUTIME_ID);
            while (chunk_next(&chunk, &record))
                record_chain(chain, &record);
            spent_s += cpu_s(CLOCK_THREAD_CPUTIME_ID) - begun_s;
            next = chunk.last + 1;
        }
    }
    reader_close(reader);
    return spent_s * 1e9 / (double)filling->samples;
}

static bool
take_rows(struct filling *filling, const char *path)
{
    FILE *file = fopen(path, "rb");
    long length = file != NULL && fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;

    if (length > 0)
        filling->rows = malloc((size_t)length);
    if (filling->rows != NULL)
        rewind(file);
    bool fine = filling->rows != NULL && fread(filling->rows, (size_t)length, 1, file) == 1;
    if (file != NULL)
        fclose(file);
    return fine;
}

static int
start(struct filling *filling)
{
    struct loader_options loading = {.report = complain};
    struct store_options options = {.directory = filling->directory, .commit_every_ms = 1000};
    struct store_hooks hooks = {0};
    char error[200] = "";

    if (loader_load(filling->site_path, &loading, &filling->site) != 0)
        return 1;
    for (uint16_t p = 0; p < filling->park_count; p++) {
        park_init(&filling->parks[p], p + 1U);
        if (signals_new(filling->site, &filling->parks[p], &filling->signals[p]) != 0)
            return 1;
    }
    if (store_open(&options, &filling->store, error) != 0 ||
        store_begin_boot(filling->store, "boot-of-the-bench", filling->start_utc_ms) == 0 ||
        store_register(filling->store, filling->site) != 0 ||
        store_start(filling->store, &hooks) != 0) {
        fprintf(stderr, "storefill: %s: %s\n", filling->directory, error);
        return 1;
    }
    filling->values = calloc(65536, sizeof *filling->values);
    return filling->values == NULL;
}

int
main(int argc, char **argv)
{
    static struct filling filling = {
        .start_utc_ms = 1780000000000, .jitter_ms = 5, .commit_s = 1, .chance = 1, .park_count = 1};
    static const struct option OPTIONS[] = {
        {"start", required_argument, NULL, 's'}, {"jitter", required_argument, NULL, 'j'},
        {"parks", required_argument, NULL, 'p'}, {"commit", required_argument, NULL, 'c'},
        {"real", no_argument, NULL, 'r'},        {"chain", no_argument, NULL, 'h'},
        {"words", required_argument, NULL, 'w'}, {0}};

    for (int option; (option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
        if (option == 's')
            filling.start_utc_ms = atoll(optarg);
        else if (option == 'j')
            filling.jitter_ms = atoll(optarg);
        else if (option == 'c' && atoll(optarg) > 0)
            filling.commit_s = atoll(optarg);
        else if (option == 'h')
            filling.chain = true;
        else if (option == 'r')
            filling.real = true;
        else if (option == 'w' && take_rows(&filling, optarg))
            continue;
        else if (option == 'p' && atoi(optarg) > 0 && atoi(optarg) <= PARKS)
            filling.park_count = (uint16_t)atoi(optarg);
        else
            return 2;
    }
    if (argc - optind != 3) {
        fprintf(stderr, "usage: storefill [--start MS] [--jitter MS] [--parks N] [--commit S] "
                        "[--chain] [--real] "
                        "DIRECTORY SITE SECONDS\n");
        return 2;
    }
    filling.directory = argv[optind];
    filling.site_path = argv[optind + 1];
    filling.seconds = atoll(argv[optind + 2]);
    if (start(&filling) != 0)
        return 1;
    double begun = cpu_s(CLOCK_PROCESS_CPUTIME_ID);
    double wall = cpu_s(CLOCK_MONOTONIC);
    fill(&filling);
    if (filling.chain)
        fprintf(stderr, "chain: %.1f ns a sample\n", chain_ns(&filling));
    printf("{\"samples\": %llu, \"write_bytes\": %lld, \"commit_ms_max\": %u, \"pause_ms_max\": "
           "%u, \"cpu_s\": %.3f, \"wall_s\": %.3f}\n",
           (unsigned long long)filling.samples, written(),
           atomic_load(&store_counters(filling.store)->commit_ms_max),
           atomic_load(&store_counters(filling.store)->pause_ms_max),
           cpu_s(CLOCK_PROCESS_CPUTIME_ID) - begun, cpu_s(CLOCK_MONOTONIC) - wall);
    store_close(filling.store);
    for (uint16_t p = 0; p < filling.park_count; p++)
        signals_free(filling.signals[p]);
    site_free(filling.site);
    free(filling.values);
    free(filling.rows);
    return 0;
}
