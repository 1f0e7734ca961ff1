/* parkgatectl records: a store's records as JSON lines, as they go to the centre, each with its
 * key. */
#include "base/json.h"
#include "ctl/ctl.h"
#include "daemon/forward/payload.h"
#include "daemon/forward/payload_record.h"
#include "daemon/store/reader.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES ((size_t)1 << 20)

struct selection {
    const char *stream; /* NULL: all */
    uint64_t from;
    const char *file;
};

static bool
take_options(int argc, char **argv, struct selection *ret_selection)
{
    static const struct option OPTIONS[] = {{"stream", required_argument, NULL, 's'},
                                            {"from", required_argument, NULL, 'f'},
                                            {NULL, 0, NULL, 0}};
    int option;
    char *end = NULL;

    ret_selection->from = 1;
    while ((option = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (option == 's')
            ret_selection->stream = optarg;
        else if (option == 'f')
            ret_selection->from = strtoull(optarg, &end, 10);
        else
            return false;
    }
    if (optind + 1 != argc || (end != NULL && *end != '\0'))
        return false;
    ret_selection->file = argv[optind];
    return true;
}

static bool
print_record(struct reader *reader, struct buf *buf, const struct record *record)
{
    struct json json;

    buf_clear(buf);
    json_init(&json, buf);
    json_begin_object(&json);
    json_put_text(&json, "store", reader_store_id(reader));
    json_put_text(&json, "stream", payload_stream_name(record->stream));
    json_put_natural(&json, "sequence", record->sequence);
    json_key(&json, "record");
    bool fine = payload_put_record(&json, reader, record);
    json_end_object(&json);
    if (!fine || buf->overflow)
        return false;
    puts(buf_string(buf));
    return true;
}

static int
print_stream(struct reader *reader, struct buf *buf, enum stream stream, uint64_t from)
{
    uint64_t until = reader_durable(reader, stream);
    struct chunk chunk;
    struct record record;
    int got;

    while ((got = reader_read(reader, stream, from, until, &chunk)) == 1) {
        while (chunk_next(&chunk, &record))
            if (!print_record(reader, buf, &record)) {
                fprintf(stderr, "parkgatectl: %s %llu cannot be read\n",
                        payload_stream_name(stream), (unsigned long long)record.sequence);
                return CTL_WRONG;
            }
        from = chunk.last + 1;
    }
    return got < 0 ? CTL_WRONG : CTL_FINE;
}

int
records_run(int argc, char **argv)
{
    struct selection selection = {0};
    struct reader *reader = NULL;
    struct buf buf = {0};
    char error[200] = "";
    int result = CTL_FINE;
    bool known = false;

    if (!take_options(argc, argv, &selection))
        return CTL_USAGE;
    if (reader_open_file(selection.file, &reader, error) != 0 || buf_new(&buf, LINE_BYTES) != 0) {
        fprintf(stderr, "parkgatectl: %s\n", error);
        reader_close(reader);
        return CTL_WRONG;
    }
    for (int stream = STREAM_EVENT; stream < STREAM_END && result == CTL_FINE; stream++) {
        const char *name = payload_stream_name((enum stream)stream);
        if (selection.stream != NULL && strcmp(selection.stream, name) != 0)
            continue;
        known = true;
        result = print_stream(reader, &buf, (enum stream)stream, selection.from);
    }
    if (!known)
        fprintf(stderr,
                "parkgatectl: no stream '%s': event, evidence, period, minute, sample or "
                "trend\n",
                selection.stream);
    reader_close(reader);
    buf_free(&buf);
    return known ? result : CTL_USAGE;
}
