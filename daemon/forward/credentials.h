/* Passwords, keys and certificates by name: a systemd credential, or a file readable by the service
 * alone. The secret itself never stands in the site file and never reaches a log. */
#ifndef DAEMON_FORWARD_CREDENTIALS_H
#define DAEMON_FORWARD_CREDENTIALS_H

#include <stdbool.h>
#include <stddef.h>

#define CREDENTIALS_PATH   256
#define CREDENTIALS_SECRET 256

/* The file behind `name`: a path if it has a slash, else the credential of that name in `directory`
 * (NULL: there is none). `what` names it in the sentence of a refusal; a secret is refused when
 * others may read it. 0 or negative errno. */
int credentials_find(const char *directory, const char *name, const char *what, bool secret,
                     char ret_path[CREDENTIALS_PATH], char ret_error[200]);

/* The first line of the secret file behind `name`. */
int credentials_read(const char *directory, const char *name, const char *what,
                     char ret_secret[CREDENTIALS_SECRET], char ret_error[200]);

#endif
