/* What the files of one destination (sender.c and those named below) offer one another. */
#ifndef DAEMON_FORWARD_SENDER_PARTS_H
#define DAEMON_FORWARD_SENDER_PARTS_H

#include "daemon/forward/sender.h"

/* ---- replies.c: commands and their answers ---- */
void replies_take_slot(struct sender *sender, struct inbound_slot *slot);
void replies_add(struct sender *sender, struct command *command, int64_t mono_ms);
void replies_feed(struct sender *sender, int64_t mono_ms);

/* Gives back as lost what waits since too long; all of it when `all`. Any state of the link. */
void replies_give_up(struct sender *sender, int64_t mono_ms, bool all);

/* What a thread that has ended still had. */
void replies_drain(struct sender *sender);

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

/* Publishes what is in sender->buf; the flight's bytes are filled in. */
bool feed_publish(struct sender *sender, const char *topic, struct flight *flight, int64_t mono_ms);

/* Writes what the source has, up to `last`, as large as the site and the broker allow: the payload
 * in the buffer and its topic. 0; -ENODATA: nothing of it can be read; -E2BIG and others: the
 * records in ret_sent can never be sent. */
int feed_build(struct sender *sender, enum stream stream, uint64_t last,
               char ret_topic[INBOUND_TOPIC], struct payload_sent *ret_sent);

/* Nothing of the wanted streams waits to be sent for the first time. */
bool feed_is_idle(const struct sender *sender);

/* ---- resend_feed.c ---- */
int resend_begin(struct sender *sender); /* 0 or -ENOMEM */
void resend_end(struct sender *sender);  /* says what was not finished */

/* Takes what was asked for; tells by events what is finished. Any state of the link. */
void resend_follow(struct sender *sender);

/* When live records and backlog leave room. */
void resend_feed(struct sender *sender, int64_t mono_ms);
void resend_failed(struct sender *sender, int64_t mono_ms);

#endif
