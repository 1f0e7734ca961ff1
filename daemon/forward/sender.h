/* One destination: its thread and everything it owns. Only for the files of this room; forward.h is
 * what others see. */
#ifndef DAEMON_FORWARD_SENDER_H
#define DAEMON_FORWARD_SENDER_H

#include "base/buf.h"
#include "base/thread.h"
#include "daemon/forward/book.h"
#include "daemon/forward/forward.h"
#include "daemon/forward/inbound.h"
#include "daemon/forward/link.h"
#include "daemon/forward/pace.h"
#include "daemon/forward/parcel.h"
#include "daemon/forward/payload.h"
#include "daemon/forward/resend.h"
#include "daemon/forward/window.h"

#define SENDER_COMPLAINTS 32 /* told apart */
#define SENDER_REPLIES    33 /* all commands of the desk, and the spare one */

/* An answer that waits to be sent: while the connection is down, too, but not for ever. */
struct sender_reply {
    struct command *command;
    int64_t until_mono_ms;
};

struct sender {
    const struct site *site;
    const struct destination *destination;
    const struct forward_outlet *outlet;
    struct destination_counters *counters;
    struct queue *queue; /* of struct link_event */
    struct reader *reader;
    struct book book;
    struct pace pace;
    struct window window;
    struct link link;
    struct inbound *inbound;
    struct payload_source source;
    bool has_source;
    struct buf buf; /* the payload being built */
    struct parcel parcel;
    struct resend resend;
    struct queue *asked;    /* of struct forward_resend; main asks */
    atomic_uint asked_open; /* of those: not finished */
    char base[INBOUND_TOPIC];
    char will[512], will_topic[INBOUND_TOPIC], client_id[96];
    uint64_t page_version[PAGE_COUNT]; /* as last published in this connection */
    int64_t page_hold_mono_ms;
    uint32_t pages_refused; /* bit of a page: larger than the broker takes, and told */
    const char *status;     /* to be published; NULL: it was */
    int64_t up_utc_ms;
    enum clock_state clock; /* as status says it, and what to sign with while it is not known */
    char challenge[33];
    struct inbound_slot *waiting[INBOUND_SLOTS]; /* from the centre, in order of arrival */
    size_t waiting_count;
    struct sender_reply replies[SENDER_REPLIES];
    size_t reply_count;
    struct command spare;         /* says busy while all commands are */
    unsigned empty_reads;         /* of one stretch that the store has and does not give */
    unsigned unconfirmed;         /* messages since the centre's last word */
    int64_t confirmed_mono_ms;    /* when that was */
    int64_t acknowledged_mono_ms; /* the broker's last PUBACK */
    uint32_t complaints[SENDER_COMPLAINTS]; /* marks of what was logged in this connection */
    unsigned complaint_count;
    int64_t leaving_mono_ms;   /* since when it waits for the way back to the first broker */
    atomic_bool reconnect;     /* someone changed its credentials */
    atomic_llong stop_mono_ms; /* 0: go on; else the last moment to end */
    bool said_stopping;
    atomic_llong alive_mono_ms;
    struct thread thread;
};

/* ---- sender.c ---- */
int sender_start(struct sender *sender, const struct site *site,
                 const struct destination *destination, const struct forward_outlet *outlet);
void sender_done(struct sender *sender); /* joined before */

/* Puts a message under way; false when the broker takes none now (it is not in the window then). */
bool sender_publish(struct sender *sender, const struct mqtt_message *message,
                    const struct flight *flight, int64_t mono_ms);

/* One line for what the broker does not take; the same one once a connection. */
void sender_complain(struct sender *sender, const char *what, const char *reason);

#endif
