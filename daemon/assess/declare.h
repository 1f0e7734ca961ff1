/* A named person's word comes in: it is heeded, and recorded as an event that a replay reads back
 * (daemon/store/declared.h). */
#ifndef DAEMON_ASSESS_DECLARE_H
#define DAEMON_ASSESS_DECLARE_H

#include "daemon/assess/assess.h"
#include "daemon/declaration.h"

/* At `at`, which must have a known time. 0, or negative errno with one sentence in ret_why: then
 * nothing was recorded and nothing has changed. from_utc_ms 0 means `at`. ret_sequence: of the
 * record. */
int assess_declare(struct assess *assess, const struct declaration *declaration,
                   const struct stamp *at, const struct assess_outlet *outlet,
                   uint64_t *ret_sequence, char ret_why[DECLARATION_WHY]);

/* "declared.maintenance", the kind of its event; NULL for what is none. */
const char *declare_kind(enum declaration_kind kind);

#endif
