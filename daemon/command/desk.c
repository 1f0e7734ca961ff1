/* The desk's life, and what other threads call. */
#include "daemon/command/desk_parts.h"

#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define TEXT_ROOM (COMMAND_PAYLOAD_MOST + 4096) /* what is signed: the body and lines before it */

/* ---- other threads ---- */

struct command *
desk_claim(struct desk *desk)
{
    for (size_t i = 0; i < DESK_COMMANDS && !atomic_load(&desk->stopping); i++) {
        struct command *command = &desk->posts[i].command;
        bool expected = false;
        if (atomic_compare_exchange_strong(&command->busy, &expected, true))
            return command;
    }
    return NULL;
}

void
desk_submit(struct desk *desk, struct command *command)
{
    queue_post_reserved(desk->front, &command); /* there is room for all of them */
}

void
desk_challenge(const struct desk *desk, char ret_challenge[33])
{
    snprintf(ret_challenge, 33, "%s%08x", desk->challenge, atomic_load(&desk->renewals));
}

void
desk_set_site(struct desk *desk, const struct site *site)
{
    struct roll *roll = malloc(sizeof *roll);
    char challenge[33];

    if (roll == NULL) {
        log_error("no memory for the people of the new site: those of the old one stay");
        return;
    }
    desk_challenge(desk, challenge);
    roll_fill(roll, site, desk->outlet.gateway_id, challenge);
    free(atomic_exchange(&desk->next, roll));
    queue_wake(desk->front);
}

/* ---- life ---- */

static int
make_challenge(char ret_challenge[25])
{
    uint8_t bytes[12];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return -EIO;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(ret_challenge + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}

static int
take_memory(struct desk *desk)
{
    int error = queue_new(sizeof(struct command *), 2 * DESK_COMMANDS + 1, 0, &desk->front);

    if (error == 0)
        error = queue_new(sizeof(struct post *), DESK_COMMANDS + DESK_CLERKS, 0, &desk->work);
    if (error == 0)
        error = buf_new(&desk->text, TEXT_ROOM);
    if (error == 0)
        error = make_challenge(desk->challenge);
    return error;
}

static int
open_nonces(struct desk *desk)
{
    struct stamp now = {.clock = CLOCK_UNKNOWN};

    desk->outlet.stamp(desk->outlet.context, &now);
    bool knows_time = now.clock == CLOCK_SYNCHRONISED || now.clock == CLOCK_SET;
    return nonces_open(desk->outlet.scope->state, knows_time ? now.utc_ms : 0, &desk->nonces);
}

int
desk_start(const struct desk_outlet *outlet, const struct site *site, struct desk **ret_desk)
{
    struct desk *desk = calloc(1, sizeof *desk);

    if (desk == NULL)
        return -ENOMEM;
    desk->outlet = *outlet;
    desk->ticked_mono_ms = clock_mono_ms();
    int error = take_memory(desk);
    if (error == 0)
        error = open_nonces(desk);
    if (error == 0) {
        desk_set_site(desk, site);
        error = atomic_load(&desk->next) != NULL ? 0 : -ENOMEM;
    }
    if (error == 0)
        error = clerks_start(desk);
    if (error == 0)
        error = thread_start(&desk->thread, "desk", front_run, desk);
    if (error != 0) {
        log_error("commands cannot be received: %s", strerror(-error));
        desk_stop(desk);
        desk_free(desk);
        return error;
    }
    *ret_desk = desk;
    return 0;
}

/* Clerks first: what they end with still goes through the front. */
void
desk_stop(struct desk *desk)
{
    struct command *end = NULL;

    if (desk == NULL)
        return;
    atomic_store(&desk->stopping, true);
    if (desk->work != NULL)
        clerks_stop(desk);
    if (desk->front != NULL)
        queue_post_reserved(desk->front, &end);
    thread_join(&desk->thread);
}

void
desk_free(struct desk *desk)
{
    if (desk == NULL)
        return;
    for (size_t i = 0; i < DESK_COMMANDS; i++) {
        envelope_done(&desk->posts[i].envelope);
        free(desk->posts[i].command.payload);
    }
    clerks_free(desk);
    nonces_close(desk->nonces);
    free(atomic_load(&desk->next));
    free(desk->roll);
    buf_free(&desk->text);
    queue_free(desk->front);
    queue_free(desk->work);
    free(desk);
}
