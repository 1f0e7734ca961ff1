/* Verbs about the daemon's own life: errands of main, which alone owns the lives of the parts. */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/command/verbs.h"

#include <stdio.h>
#include <string.h>

#define LEVEL_FOR_S 3600

static void
answer(struct request *request)
{
    const struct errand *errand = &request->errand;
    struct json json;

    request_begin(request, &json, "done");
    json_key(&json, "answer");
    json_begin_object(&json);
    if (errand->kind == ERRAND_LOG_LEVEL)
        json_put_integer(&json, "for_s", request_integer(request, "for_s", LEVEL_FOR_S));
    if (errand->why[0] != '\0')
        json_put_text(&json, "text", errand->why);
    json_end_object(&json);
    request_answer(request, &json, true);
}

static const char *
run(struct request *request, struct errand *errand)
{
    const char *by = request_text(request, "by");

    if (*by != '\0')
        snprintf(errand->who, sizeof errand->who, "%s (%.*s)", by, (int)strcspn(request->who, " "),
                 request->who);
    snprintf(errand->reason, sizeof errand->reason, "%s", request_text(request, "reason"));
    const char *wrong = request_run_errand(request, errand);
    if (wrong == NULL)
        answer(request);
    return wrong;
}

const char *
verb_log_level(struct request *request)
{
    struct errand errand = {.kind = ERRAND_LOG_LEVEL};
    enum log_level level = LOG_LEVEL_NOTICE;

    log_find_level(request_text(request, "level"), &level); /* the table of members knows them */
    errand.number = level;
    errand.until_mono_ms = clock_mono_ms() + request_integer(request, "for_s", LEVEL_FOR_S) * 1000;
    return run(request, &errand);
}

const char *
verb_reload(struct request *request)
{
    struct errand errand = {.kind = ERRAND_RELOAD};

    return run(request, &errand);
}

const char *
verb_restart(struct request *request)
{
    struct errand errand = {.kind = ERRAND_RESTART};

    return run(request, &errand);
}
