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
#include "daemon/forward/payload.h"
#include "daemon/forward/window.h"

#define SENDER_REPLIES (INBOUND_COMMANDS + 1)

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
    char base[INBOUND_TOPIC];
    char will[512], will_topic[INBOUND_TOPIC], client_id[96];
    uint64_t page_version[PAGE_COUNT]; /* as last published in this connection */
    int64_t page_hold_mono_ms;
    const char *status; /* to be published; NULL: it was */
    int64_t up_utc_ms;
    struct inbound_slot *waiting[INBOUND_SLOTS]; /* from the centre, in order of arrival */
    size_t waiting_count;
    struct command *replies[SENDER_REPLIES];
    size_t reply_count;
    struct command spare;         /* for refusals while all commands are busy */
    unsigned empty_reads;         /* of one stretch that the store has and does not give */
    unsigned unconfirmed;         /* messages since the centre's last word */
    int64_t confirmed_mono_ms;    /* when that was */
    int64_t acknowledged_mono_ms; /* the broker's last PUBACK */
    char complaint[LINK_TEXT];    /* the last failure to publish that was logged */
    atomic_llong stop_mono_ms;    /* 0: go on; else the last moment to end */
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

/* One line for what the broker does not take; not again while it stays the same. */
void sender_complain(struct sender *sender, const char *what, const char *reason);

/* ---- retained.c ---- */
void retained_init(struct sender *sender); /* the will */
void retained_restart(struct sender *sender);
void retained_feed(struct sender *sender, int64_t mono_ms);
void retained_failed(struct sender *sender, const struct flight *flight, int64_t mono_ms);

/* ---- feed.c ---- */
void feed_restart(struct sender *sender);
void feed_records(struct sender *sender, int64_t mono_ms);
void feed_acknowledged(struct sender *sender, const struct flight *flight);
void feed_failed(struct sender *sender, const struct flight *flight, int64_t mono_ms);
void feed_confirmed(struct sender *sender, enum stream stream, uint64_t first, uint64_t last);

/* Nothing of the wanted streams waits to be sent for the first time. */
bool feed_is_idle(const struct sender *sender);

#endif
