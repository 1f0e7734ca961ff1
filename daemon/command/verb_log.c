/* log: the newest lines of the daemon's log, out of its memory, for whoever cannot reach the
 * journal. */
#include "base/log.h"
#include "daemon/command/verbs.h"

#include <string.h>

#define LINES      100
#define PART_BYTES 10240

static void
put_line(struct json *json, const struct log_line *line)
{
    json_begin_object(json);
    json_put_integer(json, "t", line->utc_ms);
    json_put_text(json, "level", log_level_name(line->level));
    json_put_text(json, "text", line->text);
    json_end_object(json);
}

/* Where the newest `lines` of that level and above begin. */
static uint64_t
find_start(uint64_t end, uint64_t lines, enum log_level most)
{
    uint64_t oldest = end > LOG_KEPT ? end - LOG_KEPT : 0, at = end;
    struct log_line line;

    for (uint64_t found = 0; at > oldest && found < lines; at--)
        found += log_recall(at - 1, &line) && line.level <= most;
    return at;
}

/* One part from line *number on; true when more is left and somebody waits for it. */
static bool
send_part(struct request *request, uint64_t *number, uint64_t end, enum log_level most)
{
    static const size_t ROOM = 2 * LOG_KEPT_TEXT + 100; /* a line, every byte of it escaped */
    struct log_line line;
    struct json json;
    uint64_t at = *number;
    size_t room = 0;

    for (; at < end && room < PART_BYTES; at++) /* how far this part goes decides its result */
        room += log_recall(at, &line) && line.level <= most ? strlen(line.text) + ROOM / 4 : 0;
    request_begin(request, &json, at < end ? "accepted" : "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_key(&json, "lines");
    json_begin_array(&json);
    for (; *number < at; ++*number)
        if (log_recall(*number, &line) && line.level <= most)
            put_line(&json, &line);
    json_end_array(&json);
    json_end_object(&json);
    return request_answer(request, &json, at == end) && at < end;
}

const char *
verb_log(struct request *request)
{
    uint64_t end = log_count(), lines = (uint64_t)request_integer(request, "lines", LINES);
    enum log_level most = LOG_LEVEL_DEBUG;

    log_find_level(request_text(request, "level"), &most);
    uint64_t number = find_start(end, lines, most);
    while (send_part(request, &number, end, most)) {
    }
    return NULL;
}
