/* Commands from the centre: one table {name, who may, help, handler}. Every command is answered:
 * done or refused, with a reason. In this version all commands are unsigned, so only observers'
 * verbs are there, and only where the site says `commands: unsigned`. */
#ifndef DAEMON_SUPERVISE_COMMAND_H
#define DAEMON_SUPERVISE_COMMAND_H

#include "base/queue.h"
#include "daemon/model.h"

struct command_context {
    struct board *pages;
    const struct site *site;
};

/* Fills command->reply with JSON {"v":1,"id":…,"verb":…,"result":"done"|"refused","reason":…}. */
void command_run(struct command *command, const struct command_context *context);

#endif
