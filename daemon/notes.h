/* Events that other threads and the daemon itself report: a device out of reach, a broker lost, a
 * change of configuration, a gap. Spans keep one id for life, also across a restart; owned by the
 * engine. */
#ifndef DAEMON_NOTES_H
#define DAEMON_NOTES_H

#include "base/buf.h"
#include "daemon/model.h"

#define NOTES_OPEN 512

struct note_span {
    char kind[40];
    char subject[64];
    enum severity severity;
    uint64_t opened_sequence;
    char opened_store[33];
    struct stamp since;
};

struct notes {
    struct note_span open[NOTES_OPEN];
    size_t count;
};

/* What became of a note: the event to append, if any. */
enum notes_verdict {
    NOTES_IGNORED, /* opened while open, closed while not open, or no room for another span */
    NOTES_APPEND,  /* append the event; after an opening one call notes_opened */
};

enum notes_verdict notes_take(struct notes *notes, const struct note *note, const struct stamp *at,
                              struct event *ret_event);
void notes_opened(struct notes *notes, const struct event *event, uint64_t sequence,
                  const char *store);

/* A span's opening or closing found in the store behind the saved table (after a crash). Kinds that
 * are not spans of notes are ignored. */
struct record_event;
void notes_recall(struct notes *notes, const struct record_event *event, uint64_t sequence,
                  const char *store);

/* Is such a span open? */
bool notes_is_open(const struct notes *notes, const char *kind, const char *subject);

/* The open spans as events, for the alarms page. */
size_t notes_list(const struct notes *notes, struct event *ret_events, size_t capacity);

void notes_save(const struct notes *notes, struct buf *ret_state);
int notes_load(struct notes *notes, const void *state, size_t length);

#endif
