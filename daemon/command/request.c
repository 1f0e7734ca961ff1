#include "daemon/command/request.h"

#include "base/clock.h"
#include "daemon/command/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_MS    1000
#define REFRESH_MS  1500
#define LOOK_NS     5000000
#define TEXT_ROOM   512 /* of a reply, for what stands around a piece of a page */
#define PIECE_LEAST 64

int
request_init(struct request *request, const struct request_scope *scope, size_t reply_size)
{
    *request = (struct request){.scope = scope, .origin = ""};
    request->page = malloc(scope->page_size);
    int error = request->page == NULL ? -ENOMEM : buf_new(&request->reply, reply_size);
    if (error == 0)
        error = queue_new(sizeof(struct order *), 4, 0, &request->orders);
    if (error == 0)
        error = queue_new(sizeof(struct declaring *), 2, 0, &request->declared);
    if (error == 0)
        error = queue_new(sizeof(struct errand *), 2, 0, &request->errands);
    if (error != 0)
        request_done(request);
    return error;
}

void
request_done(struct request *request)
{
    queue_free(request->orders);
    queue_free(request->declared);
    queue_free(request->errands);
    buf_free(&request->reply);
    free(request->page);
    *request = (struct request){0};
}

/* ---- what came ---- */

static const json_t *
member(const struct request *request, const char *key)
{
    return json_object_get(request->body, key);
}

const char *
request_text(const struct request *request, const char *key)
{
    const char *text = json_string_value(member(request, key));

    return text != NULL ? text : "";
}

int64_t
request_integer(const struct request *request, const char *key, int64_t otherwise)
{
    const json_t *value = member(request, key);

    return json_is_integer(value) ? (int64_t)json_integer_value(value) : otherwise;
}

double
request_number(const struct request *request, const char *key, double otherwise)
{
    const json_t *value = member(request, key);

    if (json_is_string(value))
        return strtod(json_string_value(value), NULL);
    return json_is_number(value) ? json_number_value(value) : otherwise;
}

bool
request_bool(const struct request *request, const char *key, bool otherwise)
{
    const json_t *value = member(request, key);

    return json_is_boolean(value) ? json_is_true(value) : otherwise;
}

bool
request_has(const struct request *request, const char *key)
{
    return member(request, key) != NULL;
}

/* ---- answers ---- */

void
request_begin(struct request *request, struct json *json, const char *result)
{
    request->result = result;
    buf_clear(&request->reply);
    json_init(json, &request->reply);
    json_begin_object(json);
    json_put_natural(json, "v", 1);
    if (request->id[0] != '\0' || !request->is_local)
        json_put_text(json, "id", request->id);
    json_put_text(json, "verb", request->name);
    json_put_text(json, "result", result);
}

void
request_put_reason(struct request *request, struct json *json, const char *reason)
{
    snprintf(request->reason, sizeof request->reason, "%s", reason);
    json_put_text(json, "reason", reason);
}

bool
request_answer(struct request *request, struct json *json, bool last)
{
    static const char TOO_LONG[] = "the answer is longer than a reply may be: ask for less";

    if (!last || request->parts > 0) {
        json_put_natural(json, "part", request->parts + 1);
        json_put_bool(json, "more", !last);
    }
    json_end_object(json);
    if (request->reply.overflow) {
        request_begin(request, json, "failed");
        request_put_reason(request, json, TOO_LONG);
        json_end_object(json);
        request->send(request, true);
        return false;
    }
    request->parts++;
    return request->send(request, last);
}

void
request_refuse(struct request *request, const char *reason)
{
    struct json json;

    request_begin(request, &json, "refused");
    request_put_reason(request, &json, reason);
    request_answer(request, &json, true);
}

/* ---- pages ---- */

/* Where a text of at most `most` bytes may be cut: before the first byte of a character. */
static size_t
cut_before(const char *text, size_t length, size_t most)
{
    if (length <= most)
        return length;
    while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80)
        most--;
    return most;
}

/* A page that is longer than a reply: its text in pieces. */
static void
answer_pieces(struct request *request, size_t length)
{
    /* a quote or a backslash takes two bytes; a page has no control characters */
    size_t room = (request->reply.capacity - TEXT_ROOM) / 2, at = 0;
    struct json json;
    bool alive = true;

    while (alive && at < length) {
        size_t piece = cut_before(request->page + at, length - at, room);
        bool last = at + piece == length;
        request_begin(request, &json, last ? "done" : "accepted");
        json_key(&json, "answer");
        json_begin_object(&json);
        json_key(&json, "text");
        json_text_n(&json, request->page + at, piece);
        json_end_object(&json);
        alive = request_answer(request, &json, last);
        at += piece;
    }
}

void
request_refresh_health(struct request *request, int64_t age_ms)
{
    const struct request_scope *scope = request->scope;
    uint64_t before = board_version(scope->pages, PAGE_HEALTH);
    int64_t now_mono_ms = clock_mono_ms();

    if (before != 0 && now_mono_ms - atomic_load(scope->health_mono_ms) < age_ms)
        return;
    atomic_store(scope->refresh, true);
    scope->call_main(scope->context);
    while (board_version(scope->pages, PAGE_HEALTH) == before &&
           clock_mono_ms() < now_mono_ms + REFRESH_MS && !atomic_load(scope->stopping))
        clock_sleep_until_ns(clock_mono_ns() + LOOK_NS);
}

const char *
request_answer_page(struct request *request, enum page page)
{
    const struct request_scope *scope = request->scope;
    uint64_t version = 0;
    struct json json;

    size_t length = board_copy(scope->pages, page, request->page, scope->page_size, &version);
    if (length == 0)
        return "there is no such page: this site has nothing for it, or it was not made yet";
    if (length + TEXT_ROOM > request->reply.capacity) {
        if (request->reply.capacity < TEXT_ROOM + PIECE_LEAST)
            return "the page is longer than a reply may be";
        answer_pieces(request, length);
        return NULL;
    }
    request_begin(request, &json, "done");
    json_key(&json, "answer");
    buf_append(&request->reply, request->page, length);
    json.comma = true;
    request_answer(request, &json, true);
    return NULL;
}

/* ---- asking others ---- */

static const char BUSY[] = "busy: ask again";

const char *
request_place_order(struct request *request, struct order *order)
{
    struct message message = {.kind = MESSAGE_ORDER, .as.order = order};
    struct order *back = NULL;

    order->done = request->orders;
    if (!queue_post_reserved(request->scope->inbox, &message))
        return BUSY;
    while (back != order)
        queue_take(request->orders, clock_mono_ms() + SLICE_MS, &back);
    return NULL;
}

const char *
request_declare(struct request *request, const struct declaration *said)
{
    struct declaring *declaring = &request->declaring, *back = NULL;
    struct message message = {.kind = MESSAGE_DECLARATION, .as.declaring = declaring};

    *declaring = (struct declaring){.said = *said, .done = request->declared};
    if (!queue_post_reserved(request->scope->inbox, &message))
        return BUSY;
    while (back != declaring)
        queue_take(request->declared, clock_mono_ms() + SLICE_MS, &back);
    return declaring->refused ? declaring->why : NULL;
}

/* Main takes none any more: they go back as they are, to whomever they belong. */
static void
give_back(struct queue *errands)
{
    struct errand *errand = NULL;

    while (queue_depth(errands) > 0 && queue_take(errands, 0, &errand)) {
        errand->refused = true;
        snprintf(errand->why, sizeof errand->why, "the daemon is stopping");
        queue_post(errand->done, &errand);
    }
}

const char *
request_run_errand(struct request *request, const struct errand *errand)
{
    const struct request_scope *scope = request->scope;
    struct errand *mine = &request->errand, *back = NULL;

    *mine = *errand;
    mine->done = request->errands;
    if (mine->who[0] == '\0')
        snprintf(mine->who, sizeof mine->who, "%s", request->who);
    if (mine->origin[0] == '\0')
        snprintf(mine->origin, sizeof mine->origin, "%s", request->origin);
    if (scope->errands == NULL || !queue_post(scope->errands, &mine))
        return BUSY;
    scope->call_main(scope->context);
    while (back != mine) {
        queue_take(request->errands, clock_mono_ms() + SLICE_MS, &back);
        if (atomic_load(scope->stopping))
            give_back(scope->errands);
    }
    return mine->refused ? mine->why : NULL;
}
