/* One command being carried out, wherever it came from: MQTT through the desk, or the Unix socket.
 * A verb's handler sees nothing else. It belongs to one thread (a clerk of the desk, or a client of
 * the socket), which uses it for one command after the other. */
#ifndef DAEMON_COMMAND_REQUEST_H
#define DAEMON_COMMAND_REQUEST_H

#include "base/buf.h"
#include "base/json.h"
#include "base/queue.h"
#include "config/people.h"
#include "daemon/errand.h"
#include "daemon/model.h"
#include "daemon/page.h"
#include "daemon/store/reader.h"

#include <jansson.h>

#define REQUEST_WHO 64

/* What a handler can reach of the daemon. Lives as long as the daemon. */
struct request_scope {
    struct queue *inbox;              /* MESSAGE_ORDER, MESSAGE_DECLARATION, MESSAGE_NOTE */
    struct queue *errands;            /* struct errand *, for main */
    void (*call_main)(void *context); /* an errand was posted; any thread */
    void *context;
    struct board *pages;                /* enum page */
    size_t page_size;                   /* of that board */
    atomic_bool *refresh;               /* set, and main called: the health page is wanted anew */
    const atomic_llong *health_mono_ms; /* when it was made */
    const struct store_face *store;
    const char *state;                   /* the daemon's directory */
    struct configuration *configuration; /* kept versions of the site file */
    const atomic_bool *stopping;         /* set: give up waiting */
};

struct request {
    const struct request_scope *scope;
    const struct verb *verb; /* NULL: there is none of that name */
    char name[48];           /* of the verb, as it was asked for */
    const json_t *body;      /* an object; its members fit verb->arguments */
    char id[132];            /* as the sender named it; "" for none */
    char who[REQUEST_WHO];   /* "li-wei", "root on this machine", "unsigned over centre" */
    enum role role;
    bool is_local;      /* over the socket of this machine */
    const char *origin; /* the destination it came over; "" for the socket */

    /* memory for what handlers send around; one at a time */
    struct order order, watch;
    struct queue *orders; /* struct order *: they come back here */
    struct declaring declaring;
    struct queue *declared; /* struct declaring * */
    struct errand errand;
    struct queue *errands; /* struct errand * */
    char *page;            /* scope->page_size bytes, touched only as far as used */

    struct buf reply;   /* the answer being written */
    unsigned parts;     /* answers sent so far */
    const char *result; /* of the newest answer; NULL before the first */
    char reason[200];   /* why it failed or was refused; "" */
    char why[200];      /* for a handler that has to compose the reason it returns */
    /* Sends what is in `reply`; false: nobody waits for an answer any more. The transport's. */
    bool (*send)(struct request *request, bool last);
    bool (*is_gone)(struct request *request); /* nobody waits any more */
    void *transport;
};

/* Memory for one request: queues, page and a reply buffer of `reply_size`. 0 or -ENOMEM. */
int request_init(struct request *request, const struct request_scope *scope, size_t reply_size);
void request_done(struct request *request);

/* ---- what came ---- */

/* Text of a member; "" when it is not there. Types and ranges were checked against the verb's
 * table. */
const char *request_text(const struct request *request, const char *key);
int64_t request_integer(const struct request *request, const char *key, int64_t otherwise);
double request_number(const struct request *request, const char *key, double otherwise);
bool request_bool(const struct request *request, const char *key, bool otherwise);
bool request_has(const struct request *request, const char *key);

/* ---- answers ---- */

/* {"v":1,"id":...,"verb":...,"result":RESULT (and "part" and "more" where there are several) stands
 * in reply; the caller adds members (usually "answer") and calls request_answer, which closes the
 * object. RESULT: "done", "accepted" (more comes), "failed" (tried, with a reason). */
void request_begin(struct request *request, struct json *json, const char *result);

/* "reason", which is also remembered for the record of the command. */
void request_put_reason(struct request *request, struct json *json, const char *reason);

/* Sends it. False: nobody waits any more, stop. `last`: nothing comes behind it. What does not fit
 * is replaced by "failed" and false. */
bool request_answer(struct request *request, struct json *json, bool last);

/* An answer whose "answer" is that page. One that is longer than a reply comes in parts whose
 * "answer"."text", joined, is the page's text. NULL, or why there is none. */
const char *request_answer_page(struct request *request, enum page page);

/* Has the health page made anew unless it is younger than that, and waits for it, at most 1.5 s. */
void request_refresh_health(struct request *request, int64_t age_ms);

/* "result":"refused" and the reason; always the last answer. */
void request_refuse(struct request *request, const char *reason);

/* ---- asking others; each waits until it is back ---- */

/* NULL, or "busy: ask again". */
const char *request_place_order(struct request *request, struct order *order);
const char *request_declare(struct request *request, const struct declaration *said);

/* `who` and `origin` are the request's where they are empty. What came back is request->errand.
 * NULL, or why it was refused. */
const char *request_run_errand(struct request *request, const struct errand *errand);

#endif
