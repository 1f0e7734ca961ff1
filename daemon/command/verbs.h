/* The one table of commands: name, who may, help, arguments, handler. MQTT and the Unix socket are
 * served from it, `help` and the JSON Schema of each verb are printed from it. */
#ifndef DAEMON_COMMAND_VERBS_H
#define DAEMON_COMMAND_VERBS_H

#include "daemon/command/request.h"

#define VERBS_TIME_MOST INT64_C(253402300799999) /* UTC ms: the end of the year 9999 */

enum argument_type {
    ARGUMENT_TEXT,    /* most: bytes */
    ARGUMENT_INTEGER, /* low to high */
    ARGUMENT_NUMBER,  /* any finite; also as text */
    ARGUMENT_BOOL,
    ARGUMENT_TIME,   /* UTC milliseconds, from 1 on */
    ARGUMENT_CHOICE, /* one of choices */
    ARGUMENT_OBJECT, /* a JSON object or array of any shape */
};

struct argument {
    const char *name;
    enum argument_type type;
    bool required;
    int64_t low, high;
    size_t most;                /* TEXT: bytes at most; 0: 255; up to 512 it is one line */
    const char *const *choices; /* NULL-ended */
    const char *help;           /* English; ends without a full stop */
};

/* NULL when the last answer was sent, or why the request is refused. */
typedef const char *verb_handler(struct request *request);

struct verb {
    const char *name;
    enum role role;      /* who may, and whoever stands above */
    bool is_long;        /* may take seconds: only so many at a time, others keep being answered */
    bool is_silent;      /* looks only, and often: over the socket it leaves no record */
    bool is_local;       /* over the socket only */
    const char *en, *zh; /* help, one sentence each */
    const struct argument *arguments; /* ended by one without name; NULL: none */
    verb_handler *handle;
};

/* NULL: there is none of that name. */
const struct verb *verbs_find(const char *name);
const struct verb *verbs_at(size_t i); /* NULL behind the last */

/* NULL, or one sentence that names the member that is missing, unknown, or out of range. Members
 * "id" and "v" are the envelope's. */
const char *verbs_check(const struct verb *verb, const json_t *body, char ret_why[200]);

/* The body's JSON Schema (draft 2020-12). */
void verbs_write_schema(struct json *json, const struct verb *verb);

/* Role, members, handler, in this order; answers in any case. Afterwards request->result and
 * ->reason say how it ended. */
void verbs_run(struct request *request, const char *verb);

/* The handlers, by file. */
verb_handler verb_help, verb_status, verb_alarms, verb_headroom, verb_buses,
    verb_key;                                     /* verb_look.c */
verb_handler verb_read, verb_write, verb_monitor; /* verb_bus.c */
verb_handler verb_acknowledge, verb_mode, verb_mark, verb_maintenance,
    verb_calibrated;                                    /* verb_declare.c */
verb_handler verb_log_level, verb_reload, verb_restart; /* verb_life.c */
verb_handler verb_history, verb_read_now, verb_resend;  /* verb_history.c, ... */
verb_handler verb_files, verb_fetch, verb_record, verb_diagnostics, verb_log; /* verb_files.c */
verb_handler verb_rotate_key, verb_certificate;                               /* verb_secrets.c */
verb_handler verb_configuration, verb_versions, verb_propose, verb_apply,
    verb_roll_back; /* verb_configuration.c */

#endif
