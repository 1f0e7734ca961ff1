/* Declarations of named people, read back from the event records that keep them
 * (daemon/assess/declare.c writes them), for whoever judges stored readings again. */
#ifndef DAEMON_STORE_DECLARED_H
#define DAEMON_STORE_DECLARED_H

#include "daemon/declaration.h"
#include "daemon/store/record.h"

/* False when the event is none, or is not whole. */
bool declaration_from_event(const struct record_event *event, struct declaration *ret_declaration);

#endif
