/* The front: each command in the order it came, through the questions that end with a clerk or with
 * a refusal. Refusals that ask for patience (busy) leave no trace in nonces and repeats, so that
 * the same command may come again; a nonce is on disk before the command is carried out. */
#include "daemon/command/desk_parts.h"

#include "base/clock.h"
#include "base/log.h"
#include "daemon/command/verbs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS     1000
#define LOOKS       3000 /* commands a minute over one destination whose signature is looked at */
#define LOOKS_BURST 50
#define LARGE       16384

/* ---- records ---- */

static void
post_note(struct desk *desk, const struct note *note)
{
    struct message message = {.kind = MESSAGE_NOTE, .as.note = *note};

    if (!queue_post_reserved(desk->outlet.scope->inbox, &message))
        log_error("%s %s by %s: %s (no room left to record it)", note->kind, note->subject,
                  note->who, note->text);
}

static void
record(struct desk *desk, const struct post *post, const char *result, const char *reason)
{
    bool refused = strcmp(result, "refused") == 0;
    struct note note = {.kind = refused ? "command.refused" : "command.done",
                        .phase = PHASE_NOTED,
                        .severity = refused ? SEVERITY_WARNING : SEVERITY_INFO,
                        .result = result};

    if (refused && !rates_refusal(&desk->rates, post->who, clock_mono_ms()))
        return;
    snprintf(note.subject, sizeof note.subject, "%s", post->command.verb);
    snprintf(note.who, sizeof note.who, "%s", post->who);
    snprintf(note.id, sizeof note.id, "%.63s", post->envelope.id);
    snprintf(note.text, sizeof note.text, "%.*s", (int)sizeof note.text - 1, reason);
    post_note(desk, &note);
}

static void
record_floods(struct desk *desk, int64_t mono_ms)
{
    const char *name = NULL;
    uint32_t count;

    while ((count = rates_flood(&desk->rates, mono_ms, &name)) != 0) {
        struct note note = {.kind = "command.flood",
                            .phase = PHASE_NOTED,
                            .severity = SEVERITY_WARNING,
                            .count = count};
        snprintf(note.subject, sizeof note.subject, "gateway");
        snprintf(note.who, sizeof note.who, "%.63s", name);
        snprintf(note.text, sizeof note.text,
                 "refused within a minute and not recorded one by one");
        post_note(desk, &note);
    }
}

/* ---- answers ---- */

static void
let_go(struct post *post)
{
    envelope_done(&post->envelope);
    free(post->command.payload);
    post->command.payload = NULL;
    post->state = POST_SUBMITTED;
    atomic_store(&post->command.busy, false);
}

static void
answer(struct desk *desk, struct post *post)
{
    if (post->command.reply_length == 0) { /* nothing of it can be sent any more */
        let_go(post);
        return;
    }
    if (post->answer_until_mono_ms == 0)
        post->answer_until_mono_ms = clock_mono_ms() + DESK_KEEP_MS;
    post->state = POST_LEAVING;
    post->command.last = true;
    post->command.lost = false;
    post->command.answered = desk->front;
    desk->outlet.reply(desk->outlet.context, &post->command);
}

static void
write_reply(struct post *post, const char *result, const char *reason, bool is_repeated)
{
    struct command *command = &post->command;
    struct buf buf;
    struct json json;

    buf_init(&buf, command->reply, sizeof command->reply);
    json_init(&json, &buf);
    json_begin_object(&json);
    json_put_natural(&json, "v", 1);
    json_put_text(&json, "id", post->envelope.id);
    json_put_text(&json, "verb", command->verb);
    json_put_text(&json, "result", result);
    if (reason[0] != '\0')
        json_put_text(&json, "reason", reason);
    if (is_repeated)
        json_put_bool(&json, "repeated", true);
    json_end_object(&json);
    command->reply_length = buf.length;
}

static void
refuse(struct desk *desk, struct post *post, const char *reason)
{
    record(desk, post, "refused", reason);
    write_reply(post, "refused", reason, false);
    answer(desk, post);
}

static void
repeat(struct desk *desk, struct post *post, const struct repeat *earlier)
{
    record(desk, post, "repeated", "it was here before: answered again, not carried out again");
    write_reply(post, earlier->is_running ? "accepted" : earlier->result, earlier->reason, true);
    answer(desk, post);
}

/* ---- the questions: NULL, or why it is refused ---- */

static const char *
look(struct desk *desk, struct post *post, char why[200])
{
    struct command *command = &post->command;
    char over[80];

    bool parsed = envelope_parse(command->payload, command->length, command->correlation,
                                 command->correlation_length, &post->envelope, why);
    snprintf(over, sizeof over, "over %s", command->destination);
    snprintf(post->who, sizeof post->who, "somebody over %.40s", command->destination);
    if (!rates_take(&desk->rates, over, LOOKS, LOOKS_BURST, clock_mono_ms()))
        return "too many commands: at most 50 a second are looked at";
    if (command->retained)
        return "a retained command is not heard: send it without the retain flag";
    if (command->why[0] != '\0')
        return command->why;
    return parsed ? NULL : why;
}

static const char *
identify(struct desk *desk, struct post *post, struct decision *decision)
{
    const struct roll *roll = desk->roll;
    struct stamp now = {.clock = CLOCK_UNKNOWN};

    desk->outlet.stamp(desk->outlet.context, &now);
    authority_decide(roll, &post->command, &post->envelope, &now, &desk->text, decision);
    snprintf(post->who, sizeof post->who, "%s", decision->who);
    post->role = decision->role;
    return decision->allowed ? NULL : decision->why;
}

/* Behind the question of repetition, so that whoever sends a captured command again does not use up
 * what its signer may send. */
static const char *
pace(struct desk *desk, const struct post *post)
{
    return rates_take(&desk->rates, post->who, desk->roll->commands_a_minute, RATES_BURST,
                      clock_mono_ms())
               ? NULL
               : "too many commands: wait a moment";
}

static const char *
wait_for_room(struct desk *desk, struct post *post, char why[200])
{
    const struct verb *verb = verbs_find(post->command.verb);
    unsigned large = 0;

    post->is_long = verb != NULL && verb->is_long;
    for (size_t i = 0; i < DESK_COMMANDS; i++)
        large += desk->posts[i].state == POST_RUNNING && desk->posts[i].command.length > LARGE;
    if (post->command.length > LARGE && large >= DESK_LARGE)
        return "busy: two large commands are being carried out, ask again in a moment";
    if (!post->is_long || desk->long_count < DESK_LONG)
        return NULL;
    snprintf(why, 200, "busy: %u long commands are being carried out, ask again in a moment",
             desk->long_count);
    return why;
}

/* With the last place taken the challenge becomes another, and what named the old one is refused by
 * that: so the memory is bounded and the number of commands is not. */
static const char *
take_challenged(struct desk *desk, const uint8_t key[32], const char nonce[33])
{
    const char *wrong = nonces_take_challenge(desk->nonces, key, nonce);

    if (!nonces_is_full(desk->nonces))
        return wrong;
    nonces_forget_challenged(desk->nonces);
    atomic_fetch_add(&desk->renewals, 1);
    desk_challenge(desk, desk->roll->challenge);
    return wrong;
}

/* What is only read may come again after a loss of power, so a full disk does not hide the gateway
 * from those who must look at it. */
static const char *
take_nonce(struct desk *desk, const struct post *post, const struct decision *decision)
{
    const struct envelope *envelope = &post->envelope;
    const struct verb *verb = verbs_find(post->command.verb);
    bool is_volatile = false;
    const char *wrong;

    if (decision->person == NULL)
        return NULL;
    if (envelope->has_challenge)
        return take_challenged(desk, decision->person->key, envelope->nonce);
    wrong = nonces_take(desk->nonces, decision->person->key, envelope->time_utc_ms, envelope->nonce,
                        &is_volatile);
    if (wrong == NULL && is_volatile && (verb == NULL || verb->role > ROLE_OBSERVER))
        return "the disk does not take the command's nonce: only reading commands are heard";
    return wrong;
}

static void
hand_over(struct desk *desk, struct post *post, const uint8_t digest[32])
{
    post->repeat = repeats_begin(&desk->repeats, post->who, post->envelope.id, digest);
    post->state = POST_RUNNING;
    desk->long_count += post->is_long;
    queue_post(desk->work, &post);
}

static void
receive(struct desk *desk, struct post *post)
{
    const struct repeat *earlier = NULL;
    struct decision decision;
    uint8_t digest[32];
    char why[200];

    post->repeat = 0;
    post->answer_until_mono_ms = 0;
    post->is_long = false;
    const char *wrong = look(desk, post, why);
    if (wrong == NULL && atomic_load(&desk->stopping))
        wrong = "the gateway is stopping: ask again in a minute";
    if (wrong == NULL)
        wrong = identify(desk, post, &decision);
    if (wrong == NULL && !repeats_digest(&post->command, digest))
        wrong = "no memory: ask again in a moment";
    if (wrong == NULL) {
        enum repeats_verdict verdict = repeats_look(&desk->repeats, post->who, post->envelope.id,
                                                    digest, &earlier);
        if (verdict == REPEATS_OTHER)
            wrong = "this id was used by another command: give each its own";
    }
    if (earlier != NULL) {
        repeat(desk, post, earlier);
        return;
    }
    if (wrong == NULL)
        wrong = pace(desk, post);
    if (wrong == NULL)
        wrong = wait_for_room(desk, post, why);
    if (wrong == NULL)
        wrong = take_nonce(desk, post, &decision);
    if (wrong != NULL)
        refuse(desk, post, wrong);
    else
        hand_over(desk, post, digest);
}

/* ---- what comes back ---- */

static void
finish(struct desk *desk, struct post *post)
{
    desk->long_count -= post->is_long;
    repeats_finish(&desk->repeats, post->repeat, post->result, post->reason);
    record(desk, post, post->result, post->reason);
    answer(desk, post);
}

static void
take_back(struct desk *desk, struct post *post)
{
    bool again = post->command.lost && clock_mono_ms() < post->answer_until_mono_ms &&
                 !atomic_load(&desk->stopping);

    if (!again) {
        let_go(post);
        return;
    }
    post->state = POST_LOST;
    desk->waiting++;
}

static void
take(struct desk *desk, struct post *post)
{
    enum post_state state = post->state; /* clang switches on no atomic */

    switch (state) {
    case POST_SUBMITTED: receive(desk, post); break;
    case POST_DONE: finish(desk, post); break;
    case POST_LEAVING: take_back(desk, post); break;
    case POST_RUNNING:
    case POST_LOST: break; /* never on their way here */
    }
}

static void
adopt_roll(struct desk *desk)
{
    uint8_t keys[PEOPLE_MAX][32];
    struct roll *next = atomic_exchange(&desk->next, NULL);

    if (next == NULL)
        return;
    free(desk->roll);
    desk->roll = next;
    desk_challenge(desk, next->challenge); /* it may be another by now */
    for (size_t i = 0; i < next->count; i++)
        memcpy(keys[i], next->people[i].key, sizeof keys[i]);
    nonces_set_keys(desk->nonces, (const uint8_t(*)[32])keys, next->count);
}

static void
tick(struct desk *desk, int64_t mono_ms)
{
    record_floods(desk, mono_ms);
    for (size_t i = 0; i < DESK_COMMANDS && desk->waiting > 0; i++) {
        if (desk->posts[i].state != POST_LOST)
            continue;
        desk->waiting--;
        answer(desk, &desk->posts[i]);
    }
    desk->ticked_mono_ms = mono_ms;
}

void *
front_run(void *context)
{
    struct desk *desk = context;
    struct command *command = NULL;

    for (;;) {
        bool taken = queue_take(desk->front, desk->ticked_mono_ms + TICK_MS, &command);
        adopt_roll(desk);
        if (taken && command == NULL)
            return NULL;
        if (taken)
            take(desk, (struct post *)command);
        int64_t mono_ms = clock_mono_ms();
        if (mono_ms - desk->ticked_mono_ms >= TICK_MS)
            tick(desk, mono_ms);
    }
}
