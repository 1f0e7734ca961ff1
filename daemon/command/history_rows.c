/* Rows become parts of at most 12 KiB of JSON, each with the token to go on behind its last row. */
#include "daemon/assess/assess.h"
#include "daemon/command/history.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOKS 64 /* rows, readings or segments between two looks whether anybody waits */

static void
write_value(struct json *json, const struct record_value *value)
{
    char text[24];

    switch (value->kind) {
    case VALUE_NUMBER: json_number(json, value->number); return;
    case VALUE_INTEGER: /* 64 bits without a scale are text, as in docs/payloads */
        snprintf(text, sizeof text, "%" PRId64, value->integer);
        json_text(json, text);
        return;
    case VALUE_NATURAL:
        snprintf(text, sizeof text, "%" PRIu64, value->natural);
        json_text(json, text);
        return;
    case VALUE_TEXT: json_text_n(json, value->text, value->text_length); return;
    case VALUE_ABSENT:
    case VALUE_NONE: break;
    }
    json_none(json);
}

static void
write_reading(struct json *json, const struct record_value *value)
{
    char quality[32];

    write_value(json, value);
    if (value->quality == QUALITY_GOOD)
        return;
    if (value->quality == QUALITY_EXCEPTION)
        snprintf(quality, sizeof quality, "exception-%u", value->detail);
    else
        snprintf(quality, sizeof quality, "%s", quality_name((enum quality)value->quality));
    json_text(json, quality);
}

static void
write_row(const struct history *history, struct json *json, const struct history_row *row)
{
    json_begin_array(json);
    json_signed(json, row->utc_ms);
    if (history->is_device)
        json_text(json, row->point);
    if (row->value != NULL) {
        write_reading(json, row->value);
    } else {
        json_number(json, row->low);
        json_number(json, row->mean);
        json_number(json, row->high);
        json_natural(json, row->count);
        json_natural(json, row->valid);
    }
    if (history->next.source == HISTORY_STORED) {
        json_natural(json, row->expected);
        json_text_n(json, &row->letter, row->letter != '\0');
    }
    json_end_array(json);
}

static void
write_columns(const struct history *history, struct json *json)
{
    static const char *const READING[] = {"value", "quality", NULL};
    static const char *const FIGURES[] = {"min", "mean", "max", "count", "valid", NULL};
    static const char *const STORED[] = {"expected", "letter", NULL};
    bool readings = history->next.source == HISTORY_READINGS;
    bool stored = history->next.source == HISTORY_STORED;

    json_key(json, "columns");
    json_begin_array(json);
    json_text(json, "t");
    if (history->is_device)
        json_text(json, "point");
    for (const char *const *name = readings ? READING : FIGURES; *name != NULL; name++)
        json_text(json, *name);
    for (const char *const *name = STORED; stored && *name != NULL; name++)
        json_text(json, *name);
    json_end_array(json);
}

/* False: nobody waits any more. */
static bool
send_part(struct history *history, bool last, bool complete)
{
    struct request *request = history->request;
    char token[HISTORY_TOKEN];
    struct json json;

    history_token_print(&history->next, token);
    request_begin(request, &json, last ? "done" : "accepted");
    json_put_text(&json, "next", token);
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_text(&json, "from", history->next.source == HISTORY_STORED ? "periods" : "readings");
    if (!history->is_device)
        json_put_text(&json, "unit", history->unit);
    if (last)
        json_put_bool(&json, "complete", complete);
    write_columns(history, &json);
    json_key(&json, "rows");
    json_begin_array(&json);
    buf_append(&request->reply, history->rows.data, history->rows.length);
    json_end_array(&json);
    json_end_object(&json);
    buf_clear(&history->rows);
    history->row_count = 0;
    return request_answer(request, &json, last);
}

bool
history_put(struct history *history, const struct history_row *row,
            const struct history_token *behind)
{
    size_t before = history->rows.length;
    struct json json;

    json_init(&json, &history->rows);
    json.comma = history->row_count > 0;
    write_row(history, &json, row);
    if (history->rows.overflow) {
        buf_cut(&history->rows, before);
        history->gone = history->gone || !send_part(history, false, false);
        json_init(&json, &history->rows);
        write_row(history, &json, row);
    }
    history->next = *behind;
    history->row_count++;
    history->rows_left--;
    return history->rows_left > 0 && !history_gave_up(history);
}

void
history_finish(struct history *history, bool complete)
{
    if (!history->gone)
        send_part(history, true, complete);
}

bool
history_gave_up(void *context)
{
    struct history *history = context;
    struct request *request = history->request;

    if (!history->gone && ++history->looks % LOOKS == 0)
        history->gone = request->is_gone(request);
    return history->gone || atomic_load(request->scope->stopping);
}
