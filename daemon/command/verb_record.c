/* record: every raw frame of a bus for a while, into a file that `fetch` gives out and `parkgatectl
 * monitor --file` shows: a line a frame, as `monitor` sends them, behind one line that says what
 * was recorded. The recording goes on when who asked for it has gone. */
#include "base/clock.h"
#include "daemon/assess/assess.h"
#include "daemon/command/files.h"
#include "daemon/command/verbs.h"
#include "daemon/command/watching.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define FOR_S 60
#define LINE  900

struct recording {
    struct files_draft draft;
    int64_t until_mono_ms;
    unsigned long long frames, lost;
    bool full;
    struct request *request;
};

static void
write_line(struct recording *recording, struct buf *buf)
{
    buf_byte(buf, '\n');
    recording->full |= !files_write(&recording->draft, buf->data, buf->length);
}

static void
write_head(struct recording *recording, const struct request *request)
{
    uint8_t text[LINE];
    struct buf buf;
    struct json json;

    buf_init(&buf, text, sizeof text);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_text(&json, "recording", "modbus");
    json_put_natural(&json, "v", 1);
    json_put_text(&json, "bus", request_text(request, "bus"));
    json_put_integer(&json, "t", clock_utc_ms());
    json_put_text(&json, "who", request->who);
    json_end_object(&json);
    write_line(recording, &buf);
}

/* Who has gone by then is not waited for. */
static void
accept(struct request *request, const char *name)
{
    struct json json;

    request_begin(request, &json, "accepted");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_text(&json, "name", name);
    json_end_object(&json);
    request_answer(request, &json, false);
}

/* watching's: true to go on. */
static bool
take_frame(void *context, const struct order_frame *frame, unsigned long long lost)
{
    struct recording *recording = context;
    uint8_t text[LINE];
    struct buf buf;
    struct json json;

    if (recording->request->parts == 0)
        accept(recording->request, recording->draft.entry.name);
    recording->lost += lost;
    if (frame != NULL) {
        buf_init(&buf, text, sizeof text);
        json_init(&json, &buf);
        watching_put_frame(&json, frame);
        write_line(recording, &buf);
        recording->frames++;
    }
    return !recording->full && clock_mono_ms() < recording->until_mono_ms;
}

static void
answer(struct request *request, const struct recording *recording, const char *ended)
{
    const struct file_entry *entry = &recording->draft.entry;
    struct json json;

    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_text(&json, "name", entry->name);
    json_put_integer(&json, "bytes", entry->bytes);
    json_put_text(&json, "sha256", entry->sha256);
    json_put_natural(&json, "frames", recording->frames);
    json_put_natural(&json, "lost", recording->lost);
    json_put_bool(&json, "full", recording->full);
    if (ended != NULL)
        json_put_text(&json, "ended", ended);
    json_end_object(&json);
    request_answer(request, &json, true);
}

static const char *
record(struct request *request)
{
    struct recording recording = {.request = request};
    const char *bus = request_text(request, "bus");

    recording.until_mono_ms = clock_mono_ms() + 1000 * request_integer(request, "for_s", FOR_S);
    int error = files_begin(request->scope->state, "recording", bus, "jsonl", &recording.draft);
    if (error == -EINVAL)
        return "'bus' is no name of a bus: buses lists them";
    if (error != 0)
        return "no file can be made on this disk now";
    write_head(&recording, request);
    const char *wrong = watching_run(request, bus, take_frame, &recording);
    if (wrong != NULL && request->parts == 0) {
        files_abandon(&recording.draft);
        return wrong;
    }
    error = files_finish(&recording.draft, request->scope->state, request->who);
    if (error != 0) {
        snprintf(request->why, sizeof request->why, "the recording could not be kept: %s",
                 strerror(-error));
        return request->why;
    }
    answer(request, &recording, wrong);
    return NULL;
}

const char *
verb_record(struct request *request)
{
    static atomic_bool recording;

    if (atomic_exchange(&recording, true))
        return "busy: a recording is under way";
    const char *wrong = record(request);
    atomic_store(&recording, false);
    return wrong;
}
