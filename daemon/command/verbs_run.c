/* One command through the table: is there such a verb, may this person, do its members fit, then
 * the handler. Whatever is wrong is answered in one sentence. */
#include "daemon/command/verbs.h"

#include <stdio.h>
#include <string.h>

static const char *
may(struct request *request)
{
    const struct verb *verb = request->verb;

    if (verb->is_local && !request->is_local)
        return "only over the socket of the gateway itself, with parkgatectl";
    if (request->role >= verb->role)
        return NULL;
    snprintf(request->why, sizeof request->why, "%s needs the role %s: %s has the role %s",
             verb->name, role_name(verb->role), request->who, role_name(request->role));
    return request->why;
}

void
verbs_run(struct request *request, const char *name)
{
    const char *wrong = NULL;
    char why[200];

    request->parts = 0;
    request->result = NULL;
    request->reason[0] = '\0';
    request->verb = verbs_find(name);
    snprintf(request->name, sizeof request->name, "%s", name);
    if (request->verb == NULL)
        wrong = "unknown verb: help lists them";
    if (wrong == NULL)
        wrong = may(request);
    if (wrong == NULL)
        wrong = verbs_check(request->verb, request->body, why);
    if (wrong == NULL)
        wrong = request->verb->handle(request);
    if (wrong != NULL)
        request_refuse(request, wrong);
}
