#include "ctl/replay_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A tick of the engine falls anywhere into its second, and periods close 2 s after their end. */
#define SAME_MS 3000

bool
episodes_is_judged(const char *kind, size_t length)
{
    static const char *const OTHERS[] = {
        "acknowledged", "action.",  "clock.",    "configuration.", "destination.",
        "gap",          "gateway.", "register.", "store.",         "transmission."};

    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        size_t prefix = strlen(OTHERS[i]);
        if (length >= prefix && memcmp(kind, OTHERS[i], prefix) == 0)
            return false;
    }
    return true;
}

/* ---- putting together ---- */

static struct episode *
find_open(struct episodes *episodes, const struct sighting *sighting)
{
    if (sighting->phase == PHASE_OPENED || sighting->phase == PHASE_NOTED)
        return NULL;
    for (size_t i = episodes->count; i > 0; i--)
        if (episodes->all[i - 1].opened == sighting->opened)
            return &episodes->all[i - 1];
    return NULL;
}

static struct episode *
begin(struct episodes *episodes, const struct sighting *sighting)
{
    if (episodes->count == episodes->capacity) {
        size_t capacity = episodes->capacity == 0 ? 64 : episodes->capacity * 2;
        struct episode *more = realloc(episodes->all, capacity * sizeof *more);
        if (more == NULL)
            return NULL;
        episodes->all = more;
        episodes->capacity = capacity;
    }
    struct episode *episode = &episodes->all[episodes->count++];
    *episode = (struct episode){.since_utc_ms = sighting->since_utc_ms,
                                .closed_utc_ms = REPLAY_OPEN,
                                .is_moment = sighting->phase == PHASE_NOTED,
                                .opened = sighting->opened};
    snprintf(episode->kind, sizeof episode->kind, "%.*s", (int)sighting->kind_length,
             sighting->kind);
    snprintf(episode->subject, sizeof episode->subject, "%.*s", (int)sighting->subject_length,
             sighting->subject);
    snprintf(episode->averaging, sizeof episode->averaging, "%.*s", (int)sighting->averaging_length,
             sighting->averaging);
    return episode;
}

int
episodes_add(struct episodes *episodes, const struct sighting *sighting)
{
    struct episode *episode = find_open(episodes, sighting);

    if (episode == NULL)
        episode = begin(episodes, sighting);
    if (episode == NULL)
        return -ENOMEM;
    episode->peak = sighting->peak;
    episode->limit = sighting->limit;
    episode->periods = sighting->periods;
    if (sighting->phase == PHASE_CLOSED)
        episode->closed_utc_ms = sighting->at_utc_ms;
    return 0;
}

void
episodes_free(struct episodes *episodes)
{
    free(episodes->all);
    *episodes = (struct episodes){0};
}

/* ---- comparing ---- */

static bool
is_near(int64_t left, int64_t right)
{
    if (left == REPLAY_OPEN || right == REPLAY_OPEN)
        return left == right;
    return left - right <= SAME_MS && right - left <= SAME_MS;
}

static bool
is_of(const struct episode *episode, const struct replay_span *span)
{
    if (episode->since_utc_ms >= span->until_utc_ms)
        return false;
    return episode->since_utc_ms >= span->from_utc_ms ||
           (!episode->is_moment && episode->closed_utc_ms >= span->from_utc_ms);
}

static bool
is_same_kind(const struct episode *left, const struct episode *right)
{
    return left->is_moment == right->is_moment && strcmp(left->kind, right->kind) == 0 &&
           strcmp(left->subject, right->subject) == 0 &&
           strcmp(left->averaging, right->averaging) == 0;
}

static bool
overlap(const struct episode *left, const struct episode *right)
{
    return !left->is_moment && left->since_utc_ms < right->closed_utc_ms &&
           right->since_utc_ms < left->closed_utc_ms;
}

/* The replay begins in the middle of what opened before the lead-in. */
static bool
is_older(const struct episode *stored, const struct replay_span *span)
{
    return stored->since_utc_ms < span->lead_utc_ms;
}

static bool
is_same(const struct episode *stored, const struct episode *found, const struct replay_span *span)
{
    bool older = is_older(stored, span);

    if (!is_near(stored->closed_utc_ms, found->closed_utc_ms) ||
        !replay_is_same_number(stored->limit, found->limit))
        return false;
    if (older)
        return true;
    if (!is_near(stored->since_utc_ms, found->since_utc_ms))
        return false;
    /* an open event's newest peak may not be told yet */
    return stored->closed_utc_ms == REPLAY_OPEN || stored->is_moment ||
           (replay_is_same_number(stored->peak, found->peak) && stored->periods == found->periods);
}

enum likeness { LIKE_SAME, LIKE_START, LIKE_OVERLAP, LIKE_END };

static bool
is_like(const struct episode *stored, const struct episode *found, enum likeness likeness,
        const struct replay_span *span)
{
    if (!is_same_kind(stored, found))
        return false;
    switch (likeness) {
    case LIKE_SAME: return is_same(stored, found, span);
    case LIKE_START: return is_near(stored->since_utc_ms, found->since_utc_ms);
    case LIKE_OVERLAP: return overlap(stored, found);
    case LIKE_END: break;
    }
    return false;
}

static struct episode *
find_like(const struct episode *stored, struct episodes *found, enum likeness likeness,
          const struct replay_span *span)
{
    while (found->first < found->count && found->all[found->first].matched)
        found->first++; /* both are in order of time: most are found at once */
    for (size_t i = found->first; i < found->count; i++)
        if (!found->all[i].matched && is_like(stored, &found->all[i], likeness, span))
            return &found->all[i];
    return NULL;
}

static void
end_at(struct episodes *episodes, int64_t end_utc_ms)
{
    for (size_t i = 0; i < episodes->count; i++)
        if (episodes->all[i].closed_utc_ms > end_utc_ms - SAME_MS)
            episodes->all[i].closed_utc_ms = REPLAY_OPEN;
}

static void
match(struct episodes *stored, struct episodes *found, enum likeness likeness,
      const struct replay_span *span, struct replay_print *print, struct replay_summary *summary)
{
    for (size_t i = 0; i < stored->count; i++) {
        struct episode *one = &stored->all[i];
        struct episode *other = one->matched ? NULL : find_like(one, found, likeness, span);
        if (other == NULL)
            continue;
        one->matched = other->matched = true;
        if (likeness == LIKE_SAME || (!is_of(one, span) && !is_of(other, span)))
            continue;
        summary->events_other++;
        replay_print_event(print, one, other);
    }
}

void
episodes_compare(struct episodes *stored, struct episodes *found, const struct replay_span *span,
                 struct replay_print *print, struct replay_summary *summary)
{
    end_at(stored, span->end_utc_ms);
    end_at(found, span->end_utc_ms);
    for (enum likeness likeness = LIKE_SAME; likeness < LIKE_END; likeness++)
        match(stored, found, likeness, span, print, summary);
    for (size_t i = 0; i < stored->count; i++) {
        summary->events += is_of(&stored->all[i], span);
        if (stored->all[i].matched || !is_of(&stored->all[i], span))
            continue;
        if (is_older(&stored->all[i], span)) {
            summary->unknown_events++;
            continue;
        }
        summary->events_missing++;
        replay_print_event(print, &stored->all[i], NULL);
    }
    for (size_t i = 0; i < found->count; i++) {
        if (found->all[i].matched || !is_of(&found->all[i], span))
            continue;
        summary->events_new++;
        replay_print_event(print, NULL, &found->all[i]);
    }
}
