/* parkgatectl buffer: what each destination still has before it, in records, bytes and hours. */
#include "base/clock.h"
#include "ctl/ctl.h"
#include "daemon/forward/payload.h"
#include "daemon/store/reader.h"

#include <stdio.h>

static void
print_line(struct reader *reader, enum stream stream, const char *destination,
           const struct cursor *cursor)
{
    struct reader_backlog backlog = reader_backlog(reader, stream, cursor->low);
    uint64_t open = cursor_count_open(cursor, reader_durable(reader, stream));
    int64_t age_ms = clock_utc_ms() - backlog.earliest_utc_ms;

    printf("%-16s %-9s %12llu %14llu", destination, payload_stream_name(stream),
           (unsigned long long)open, open > 0 ? (unsigned long long)backlog.bytes : 0ULL);
    if (open > 0 && backlog.earliest_utc_ms > 0)
        printf(" %9.2f\n", (double)age_ms / 3600000);
    else
        printf(" %9s\n", "-");
}

int
buffer_run(int argc, char **argv)
{
    struct reader *reader = NULL;
    char error[200] = "";
    const char *name;

    if (argc != 2)
        return CTL_USAGE;
    if (reader_open_file(argv[1], &reader, error) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        return CTL_WRONG;
    }
    printf("%-16s %-9s %12s %14s %9s\n", "destination", "stream", "records", "bytes", "hours");
    for (uint32_t number = 0; (name = reader_next_destination(reader, &number)) != NULL;) {
        struct cursors cursors = {0};
        reader_cursors(reader, number, &cursors);
        for (int stream = STREAM_EVENT; stream < STREAM_END; stream++)
            print_line(reader, (enum stream)stream, name, &cursors.streams[stream]);
    }
    reader_close(reader);
    return CTL_FINE;
}
