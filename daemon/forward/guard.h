/* TLS of one destination, seen from its thread: which certificate counts, why a handshake failed,
 * and when a certificate ends. The probe is a connection of its own (protocols/tls/probe.h) and may
 * take seconds, which cost this destination alone. */
#ifndef DAEMON_FORWARD_GUARD_H
#define DAEMON_FORWARD_GUARD_H

#include "base/queue.h"
#include "daemon/forward/credentials.h"
#include "daemon/model.h"

enum guard_whose { GUARD_BROKER, GUARD_OWN, GUARD_WHOSE };

enum guard_noted { GUARD_UNKNOWN, GUARD_FINE, GUARD_WARNED, GUARD_ALARMED };

struct guard {
    const struct destination *destination;
    const char *state;   /* the daemon's directory; NULL: no certificate can be renewed */
    struct queue *notes; /* certificate.expiring */
    struct destination_counters *counters;
    void (*stamp)(void *timekeeper, int64_t mono_ms, struct stamp *ret_now); /* NULL: trusted */
    void *timekeeper;
    const char *ca, *certificate, *key; /* files, "" for none: as link has them */
    int64_t look_mono_ms;               /* up: the next probe */
    int64_t until_utc_ms[GUARD_WHOSE];  /* 0: not known */
    enum guard_noted noted[GUARD_WHOSE];
};

/* The fields of the first block are the caller's. Ends a trial that an earlier run left. */
void guard_init(struct guard *guard);

/* A renewed certificate in place of the configured one; ret_certificate and ret_key stay as they
 * are where there is none. 0 or negative errno with a sentence. */
int guard_choose(const struct guard *guard, char ret_certificate[CREDENTIALS_PATH],
                 char ret_key[CREDENTIALS_PATH], char ret_error[200]);

/* Why TLS to that broker fails; false: it does not, the reason is another. */
bool guard_explain(struct guard *guard, const struct broker *broker, int64_t mono_ms,
                   char ret_reason[200]);

/* A connection came up: a look at its certificate is due soon. */
void guard_came_up(struct guard *guard, int64_t mono_ms);

/* Once a day and after guard_came_up: looks at both certificates, notes what ends. */
void guard_step(struct guard *guard, const struct broker *broker, bool is_up, int64_t mono_ms);

#endif
