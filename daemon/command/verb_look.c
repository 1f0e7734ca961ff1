/* Verbs by which one only looks: pages of the board, and the table itself. */
#include "base/clock.h"
#include "daemon/command/verbs.h"

#include <string.h>

#define FRESH_MS 1000 /* a health page that young is not made anew */

static void
put_verb(struct json *json, const struct verb *verb)
{
    json_begin_object(json);
    json_put_text(json, "help", verb->en);
    json_put_text(json, "zh", verb->zh);
    json_put_text(json, "role", role_name(verb->role));
    if (verb->is_local)
        json_put_bool(json, "local", true);
}

const char *
verb_help(struct request *request)
{
    const char *name = request_text(request, "verb");
    const struct verb *only = verbs_find(name);
    struct json json;

    if (*name != '\0' && only == NULL)
        return "there is no such verb: help alone lists them";
    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    for (size_t i = 0; verbs_at(i) != NULL; i++) {
        const struct verb *verb = verbs_at(i);
        if (only != NULL && only != verb)
            continue;
        json_key(&json, verb->name);
        put_verb(&json, verb);
        if (only != NULL) {
            json_key(&json, "schema");
            verbs_write_schema(&json, verb);
        }
        json_end_object(&json);
    }
    json_end_object(&json);
    request_answer(request, &json, true);
    return NULL;
}

const char *
verb_status(struct request *request)
{
    request_refresh_health(request, FRESH_MS);
    return request_answer_page(request, PAGE_HEALTH);
}

const char *
verb_alarms(struct request *request)
{
    return request_answer_page(request, PAGE_ALARMS);
}

const char *
verb_headroom(struct request *request)
{
    return request_answer_page(request, PAGE_HEADROOM);
}

const char *
verb_buses(struct request *request)
{
    return request_answer_page(request, PAGE_CATALOG_BUSES);
}

const char *
verb_key(struct request *request)
{
    return request_answer_page(request, PAGE_CATALOG_KEY);
}
