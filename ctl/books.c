/* parkgatectl books: stored = acknowledged + queued + evicted + skipped + rejected, for each stream
 * and destination (promise 12), from the file alone. */
#include "ctl/ctl.h"
#include "daemon/forward/payload.h"
#include "daemon/store/reader.h"

#include <stdio.h>

static bool
print_line(struct reader *reader, enum stream stream, const char *destination,
           const struct cursor *cursor)
{
    uint64_t head = reader_durable(reader, stream);
    uint64_t queued = cursor_count_open(cursor, head);
    uint64_t sum = cursor->acknowledged + queued + cursor->evicted + cursor->skipped +
                   cursor->rejected;

    printf("%-9s %-16s %12llu %12llu %10llu %10llu %10llu %10llu  %s\n",
           payload_stream_name(stream), destination, (unsigned long long)head,
           (unsigned long long)cursor->acknowledged, (unsigned long long)queued,
           (unsigned long long)cursor->evicted, (unsigned long long)cursor->skipped,
           (unsigned long long)cursor->rejected, sum == head ? "balanced" : "NOT balanced");
    return sum == head;
}

int
books_run(int argc, char **argv)
{
    struct reader *reader = NULL;
    char error[200] = "";
    const char *name;
    bool balanced = true;

    if (argc != 2)
        return CTL_USAGE;
    if (reader_open_file(argv[1], &reader, error) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        return CTL_WRONG;
    }
    printf("%-9s %16s %12s\n", "stream", "records", "values");
    for (int stream = STREAM_EVENT; stream < STREAM_END; stream++) {
        struct stream_books books = reader_books(reader, (enum stream)stream);
        printf("%-9s %16llu %12llu\n", payload_stream_name((enum stream)stream),
               (unsigned long long)books.records, (unsigned long long)books.values);
    }
    printf("\n%-9s %-16s %12s %12s %10s %10s %10s %10s\n", "stream", "destination", "stored",
           "acknowledged", "queued", "evicted", "skipped", "rejected");
    for (uint32_t number = 0; (name = reader_next_destination(reader, &number)) != NULL;) {
        struct cursors cursors = {0};
        reader_cursors(reader, number, &cursors);
        for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
            balanced &= print_line(reader, (enum stream)stream, name, &cursors.streams[stream]);
    }
    reader_close(reader);
    return balanced ? CTL_FINE : CTL_WRONG;
}
