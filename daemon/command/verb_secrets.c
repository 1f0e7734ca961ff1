/* Verbs about keys and certificates. A private key is made where it is used and never leaves; what
 * travels is a request, a certificate, a public key. A certificate counts only after a connection
 * came up with it: whether it did is read off the health page, so that this file knows nothing of
 * destinations' threads. */
#include "base/clock.h"
#include "daemon/command/verbs.h"
#include "protocols/tls/certificates.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WITHIN_S 60
#define LOOK_NS  250000000

/* ---- what pages say of a destination ---- */

/* That member of the page's "destinations"; to be given back with json_decref(*ret_page). */
static const json_t *
find_destination(struct request *request, enum page page, const char *name, json_t **ret_page)
{
    const struct request_scope *scope = request->scope;
    uint64_t version = 0;
    size_t length = board_copy(scope->pages, page, request->page, scope->page_size, &version);
    const json_t *one;
    size_t i;

    *ret_page = json_loadb(request->page, length, 0, NULL);
    json_array_foreach(json_object_get(*ret_page, "destinations"), i, one)
    {
        const char *its = json_string_value(json_object_get(one, "name"));
        if (its != NULL && strcmp(its, name) == 0)
            return one;
    }
    return NULL;
}

struct line {
    bool is_up;
    json_int_t connects;
    char error[200];
};

static void
look(struct request *request, const char *name, struct line *ret_line)
{
    json_t *page;

    request_refresh_health(request, 0);
    const json_t *one = find_destination(request, PAGE_HEALTH, name, &page);
    const char *state = json_string_value(json_object_get(one, "state"));
    const char *error = json_string_value(json_object_get(one, "last_error"));
    ret_line->is_up = state != NULL && strcmp(state, "up") == 0;
    ret_line->connects = json_integer_value(json_object_get(one, "connects"));
    snprintf(ret_line->error, sizeof ret_line->error, "%s", error != NULL ? error : "");
    json_decref(page);
}

/* ---- certificate ---- */

struct renewal {
    char directory[CERTIFICATES_PATH];
    char destination[64];
    char client_id[256];
};

static const char *
prepare(struct request *request, struct renewal *ret_renewal)
{
    const char *name = request_text(request, "destination");
    const char *wrong = NULL;
    json_t *page;

    const json_t *one = find_destination(request, PAGE_CATALOG_DESTINATIONS, name, &page);
    const char *client_id = json_string_value(json_object_get(one, "client_id"));
    if (one == NULL || client_id == NULL)
        wrong = "there is no such destination";
    else if (!json_is_true(json_object_get(one, "tls")))
        wrong = "that destination has no TLS: its 'mqtt' says tcp://";
    if (wrong == NULL) {
        snprintf(ret_renewal->directory, sizeof ret_renewal->directory, "%.200s/certificates",
                 request->scope->state);
        snprintf(ret_renewal->destination, sizeof ret_renewal->destination, "%s", name);
        snprintf(ret_renewal->client_id, sizeof ret_renewal->client_id, "%s", client_id);
    }
    json_decref(page);
    return wrong;
}

static void
note(struct request *request, const struct renewal *renewal, const char *text)
{
    struct message message = {.kind = MESSAGE_NOTE};
    struct note *made = &message.as.note;

    made->kind = "certificate.renewed";
    made->phase = PHASE_NOTED;
    made->severity = SEVERITY_INFO;
    snprintf(made->subject, sizeof made->subject, "%s", renewal->destination);
    snprintf(made->text, sizeof made->text, "%s", text);
    snprintf(made->who, sizeof made->who, "%s", request->who);
    queue_post_reserved(request->scope->inbox, &message);
}

static const char *
reconnect(struct request *request, const struct renewal *renewal)
{
    struct errand errand = {.kind = ERRAND_RECONNECT};

    snprintf(errand.subject, sizeof errand.subject, "%s", renewal->destination);
    return request_run_errand(request, &errand);
}

static void
answer_text(struct request *request, const char *key, const char *text)
{
    struct json json;

    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    json_put_text(&json, key, text);
    json_end_object(&json);
    request_answer(request, &json, true);
}

static const char *
fail(struct request *request, const char *reason)
{
    struct json json;

    request_begin(request, &json, "failed");
    request_put_reason(request, &json, reason);
    request_answer(request, &json, true);
    return NULL;
}

static const char *
ask(struct request *request, const struct renewal *renewal)
{
    char *pem = malloc(CERTIFICATES_PEM);
    int rc = -1;

    snprintf(request->why, sizeof request->why, "no memory");
    if (pem != NULL)
        rc = certificates_request(renewal->directory, renewal->destination, renewal->client_id, pem,
                                  request->why);
    if (rc == 0)
        answer_text(request, "request", pem);
    free(pem);
    return rc == 0 ? NULL : request->why;
}

/* True when a connection came up behind the one counted in `before`. */
static bool
comes_up(struct request *request, const struct renewal *renewal, struct line *line)
{
    json_int_t before = line->connects;
    int64_t until_mono_ms = clock_mono_ms() + request_integer(request, "within_s", WITHIN_S) * 1000;

    do {
        clock_sleep_until_ns(clock_mono_ns() + LOOK_NS);
        look(request, renewal->destination, line);
        if (line->is_up && line->connects > before)
            return true;
    } while (clock_mono_ms() < until_mono_ms && !atomic_load(request->scope->stopping));
    return false;
}

static const char *
go_back(struct request *request, const struct renewal *renewal, const char *why)
{
    char reason[200];

    certificates_give_up(renewal->directory, renewal->destination);
    reconnect(request, renewal);
    snprintf(reason, sizeof reason, "the old certificate is back: %.170s", why);
    return fail(request, reason);
}

static const char *
install(struct request *request, const struct renewal *renewal)
{
    struct line line;

    if (!request_has(request, "certificate"))
        return "'certificate' is missing: the certificate in PEM that answers the request";
    if (certificates_try(renewal->directory, renewal->destination,
                         request_text(request, "certificate"), request->why) < 0)
        return request->why;
    look(request, renewal->destination, &line);
    const char *wrong = reconnect(request, renewal);
    if (wrong != NULL)
        return go_back(request, renewal, wrong);
    if (!comes_up(request, renewal, &line))
        return go_back(request, renewal,
                       line.error[0] != '\0' ? line.error
                                             : "no connection came up with the new one");
    if (certificates_keep(renewal->directory, renewal->destination, request->why) < 0)
        return go_back(request, renewal, request->why);
    note(request, renewal, "a new certificate is in force");
    answer_text(request, "text", "the broker accepted the new certificate; it is in force");
    return NULL;
}

static const char *
drop(struct request *request, const struct renewal *renewal)
{
    if (!certificates_drop(renewal->directory, renewal->destination))
        return "nothing was requested or installed for that destination";
    note(request, renewal, "the renewed certificate was dropped: what the site file says counts");
    const char *wrong = reconnect(request, renewal);
    if (wrong != NULL)
        return wrong;
    answer_text(request, "text", "what the site file says counts again");
    return NULL;
}

static const char *
renew(struct request *request)
{
    const char *action = request_text(request, "action");
    struct renewal renewal;

    const char *wrong = prepare(request, &renewal);
    if (wrong != NULL)
        return wrong;
    if (strcmp(action, "request") == 0)
        return ask(request, &renewal);
    return strcmp(action, "install") == 0 ? install(request, &renewal) : drop(request, &renewal);
}

/* Two at a time would take each other's key or trial. */
const char *
verb_certificate(struct request *request)
{
    static atomic_bool renewing;

    if (atomic_exchange(&renewing, true))
        return "busy: another certificate command is being carried out";
    const char *wrong = renew(request);
    atomic_store(&renewing, false);
    return wrong;
}

/* ---- the key that signs records ---- */

const char *
verb_rotate_key(struct request *request)
{
    struct errand errand = {.kind = ERRAND_ROTATE_KEY};

    const char *wrong = request_run_errand(request, &errand);
    if (wrong == NULL)
        answer_text(request, "text", request->errand.why);
    return wrong;
}
