/* Where commands from destinations are received: who sent it and whether they may (authority.h), is
 * it new, then carried out by one of a few clerks, answered, and recorded. The front thread alone
 * owns keys, nonces and rates; clerks run verbs (verbs.h), so that a long one holds up no other.
 * Every command is answered; none is dropped in silence. */
#ifndef DAEMON_COMMAND_DESK_H
#define DAEMON_COMMAND_DESK_H

#include "daemon/command.h"
#include "daemon/command/request.h"

struct desk_outlet {
    const struct request_scope *scope;
    /* An answer goes out over command->destination; it comes back through command->answered. */
    void (*reply)(void *context, struct command *command);
    void (*stamp)(void *context, struct stamp *ret_now); /* the gateway's clock and its state */
    void *context;
    const char *gateway_id;
};

struct desk;

/* Reads what is remembered of nonces in scope->state. 0 or negative errno after the reason was
 * logged. */
int desk_start(const struct desk_outlet *outlet, const struct site *site, struct desk **ret_desk);

/* Gives up what runs, joins. Orders, declarations and errands come back first: engine and main's
 * queue must still run, or have given everything back. Accepts NULL. */
void desk_stop(struct desk *desk);
void desk_free(struct desk *desk);

/* Other people, roles or rates from now on; copies what it needs. Main only. */
void desk_set_site(struct desk *desk, const struct site *site);

/* A free command, marked busy, or NULL: all are busy. Any thread. */
struct command *desk_claim(struct desk *desk);

/* It is the desk's from now on. Any thread. */
void desk_submit(struct desk *desk, struct command *command);

/* 32 hexadecimal digits: what a signed command names instead of a time while the clock is not known
 * (docs/commands.md). Another at each start, and after NONCES_CHALLENGES commands that used it. Any
 * thread. */
void desk_challenge(const struct desk *desk, char ret_challenge[33]);

#endif
