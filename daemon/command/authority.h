/* May this command be carried out, and in whose name: the people of the site, the signature, the
 * time. Pure: no clock, no I/O. Whether it was there before is another question (nonces.h,
 * repeats.h); what its role may do is the table's (verbs.h). */
#ifndef DAEMON_COMMAND_AUTHORITY_H
#define DAEMON_COMMAND_AUTHORITY_H

#include "base/buf.h"
#include "config/people.h"
#include "config/site.h"
#include "daemon/command.h"
#include "daemon/command/envelope.h"
#include "daemon/stamp.h"

/* How far a command's time may lie from the gateway's clock, before and behind. */
#define AUTHORITY_WINDOW_MS 60000

/* What the desk needs of a site, in memory of its own. */
struct roll {
    char park[64];
    char gateway_id[64];
    char challenge[33];
    bool hears_unsigned;
    enum role unsigned_role;
    uint32_t commands_a_minute;
    size_t count;
    struct roll_entry {
        char name[64];
        uint8_t key[32];
        enum role role;
    } people[PEOPLE_MAX];
};

void roll_fill(struct roll *ret_roll, const struct site *site, const char *gateway_id,
               const char *challenge);

struct decision {
    bool allowed;
    char why[200]; /* when not */
    char who[64];  /* whom it is recorded under, also when it was refused */
    enum role role;
    const struct roll_entry *person; /* of a signature that is right; NULL: there is none */
};

/* `text` is room for what was signed. The sentences of a refusal are the same whether a key is of
 * this gateway or not: they teach a stranger nothing. */
void authority_decide(const struct roll *roll, const struct command *command,
                      const struct envelope *envelope, const struct stamp *now, struct buf *text,
                      struct decision *ret_decision);

#endif
