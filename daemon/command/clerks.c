/* A clerk carries out one command after the other. Parts of an answer go out from here, each waited
 * for, so that a slow line holds up the one who asked and not the memory; the last answer goes
 * through the front, which then knows how it ended. */
#include "daemon/command/desk_parts.h"

#include "base/clock.h"
#include "daemon/command/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOOK_MS 200

/* ---- answers ---- */

/* True when it was sent, false when it is lost or the daemon ends meanwhile. */
static bool
wait_for_answer(struct clerk *clerk, struct command *command)
{
    struct command *back = NULL;

    while (!queue_take(clerk->answered, clock_mono_ms() + LOOK_MS, &back))
        if (atomic_load(&clerk->desk->stopping)) {
            clerk->is_away = true;
            return false;
        }
    return !command->lost;
}

static void
pause_a_little(struct clerk *clerk)
{
    struct command *nothing;

    queue_take(clerk->answered, clock_mono_ms() + LOOK_MS, &nothing);
}

/* A destination that is being replaced loses what it has at once: then it is tried again. */
static bool
send_part(struct clerk *clerk, struct command *command)
{
    const struct desk_outlet *outlet = &clerk->desk->outlet;
    int64_t until_mono_ms = clock_mono_ms() + DESK_KEEP_MS;

    command->last = false;
    do {
        command->lost = false;
        command->answered = clerk->answered;
        outlet->reply(outlet->context, command);
        if (wait_for_answer(clerk, command))
            return true;
        if (clerk->is_away)
            return false;
        pause_a_little(clerk);
    } while (clock_mono_ms() < until_mono_ms && !atomic_load(&clerk->desk->stopping));
    return false;
}

static bool
send_reply(struct request *request, bool last)
{
    struct clerk *clerk = request->transport;
    struct command *command = &clerk->post->command;

    if (clerk->is_lost || clerk->is_away)
        return false;
    command->reply_length = request->reply.length;
    memcpy(command->reply, request->reply.data, request->reply.length);
    if (!last && !send_part(clerk, command))
        clerk->is_lost = true;
    return !clerk->is_lost;
}

static bool
is_gone(struct request *request)
{
    const struct clerk *clerk = request->transport;

    return clerk->is_lost || clerk->is_away || atomic_load(&clerk->desk->stopping);
}

/* ---- one command ---- */

static void
carry_out(struct clerk *clerk, struct post *post)
{
    struct request *request = &clerk->request;

    clerk->post = post;
    clerk->is_lost = false;
    request->body = post->envelope.body;
    request->role = post->role;
    request->origin = post->command.destination;
    request->is_local = false;
    snprintf(request->id, sizeof request->id, "%s", post->envelope.id);
    snprintf(request->who, sizeof request->who, "%s", post->who);
    if (atomic_load(&clerk->desk->stopping)) {
        request->parts = 0;
        request->verb = NULL;
        snprintf(request->name, sizeof request->name, "%s", post->command.verb);
        request_refuse(request, "the gateway is stopping: ask again in a minute");
    } else {
        verbs_run(request, post->command.verb);
    }
    request->body = NULL;
    post->result = clerk->is_lost || request->result == NULL ? "failed" : request->result;
    snprintf(post->reason, sizeof post->reason, "%s",
             clerk->is_lost ? "its answer could not be sent" : request->reason);
}

static void *
run(void *context)
{
    struct clerk *clerk = context;
    struct post *post = NULL;

    for (;;) {
        if (!queue_take(clerk->desk->work, clock_mono_ms() + 60000, &post))
            continue;
        if (post == NULL)
            return NULL;
        carry_out(clerk, post);
        clerk->post = NULL;
        if (clerk->is_away)
            return NULL;
        if (clerk->is_lost)
            post->command.reply_length = 0;
        post->state = POST_DONE;
        queue_post_reserved(clerk->desk->front, &post);
    }
}

/* ---- life ---- */

int
clerks_start(struct desk *desk)
{
    for (size_t i = 0; i < DESK_CLERKS; i++) {
        struct clerk *clerk = &desk->clerks[i];
        clerk->desk = desk;
        int error = request_init(&clerk->request, desk->outlet.scope, COMMAND_REPLY);
        clerk->request.send = send_reply;
        clerk->request.is_gone = is_gone;
        clerk->request.transport = clerk;
        if (error == 0)
            error = queue_new(sizeof(struct command *), 2, 0, &clerk->answered);
        if (error == 0)
            error = thread_start(&clerk->thread, "clerk", run, clerk);
        if (error != 0)
            return error;
    }
    return 0;
}

void
clerks_stop(struct desk *desk)
{
    struct post *end = NULL;

    for (size_t i = 0; i < DESK_CLERKS; i++)
        queue_post_reserved(desk->work, &end);
    for (size_t i = 0; i < DESK_CLERKS; i++)
        thread_join(&desk->clerks[i].thread);
}

void
clerks_free(struct desk *desk)
{
    for (size_t i = 0; i < DESK_CLERKS; i++) {
        if (desk->clerks[i].desk != NULL)
            request_done(&desk->clerks[i].request);
        queue_free(desk->clerks[i].answered);
    }
}
