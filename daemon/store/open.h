/* Opening: the file, its identity, the gateway's identity and key. A file that cannot be read is
 * set aside (quarantine), never repaired in place and never deleted; the daemon starts anyway. */
#ifndef DAEMON_STORE_OPEN_H
#define DAEMON_STORE_OPEN_H

struct store;

/* 0 or negative errno with a sentence; -EPROTO: a newer format, nothing changed. */
int open_files(struct store *store, const char *volatile_directory, char ret_error[200]);

#endif
