/* Who may command this gateway: a name, a public key and a role. Part of config/site.h. */
#ifndef CONFIG_PEOPLE_H
#define CONFIG_PEOPLE_H

#include <stdint.h>

/* Ascending: each may what the one before may, and more (docs/commands.md). */
enum role { ROLE_NONE, ROLE_OBSERVER, ROLE_OPERATOR, ROLE_ENGINEER, ROLE_ADMINISTRATOR };

#define PEOPLE_MAX 64

struct person {
    const char *name; /* of a person or a program at the centre */
    uint8_t key[32];  /* Ed25519 public key */
    enum role role;
};

/* "observer" ...; "none" */
const char *role_name(enum role role);

#endif
