/* The way over a broker: who is there (their status pages), the command to each, their answers. A
 * fetch that breaks off goes on where it was. */
#include "base/clock.h"
#include "ctl/answers.h"
#include "ctl/client.h"
#include "ctl/command_parts.h"
#include "ctl/ctl.h"
#include "ctl/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS    5000   /* for a status page */
#define QUIET_MS   1000   /* no more status pages come */
#define PAUSE_MS   2000   /* before a fetch that broke off is asked for again */
#define AGAIN_MS   8000   /* and how long the answer may take: the gateway may not be back yet */
#define GIVE_UP_MS 300000 /* without anything of it */

struct sending {
    const struct command_line *line;
    const char *verb;
    json_t *members;
    struct target_signer signer;
    struct remote *remote;
    struct target *targets;
    size_t count;
    struct answers answers;  /* of the one */
    json_int_t begun;        /* where a fetch was to begin */
    int64_t give_up_mono_ms; /* it broke off: until then; 0: it did not */
};

/* ---- who is there ---- */

/* The name in "{prefix}/v1/{park}/{gateway}/status"; false for another topic. */
static bool
name_in(const struct sending *sending, const char *topic, char ret_name[TARGET_NAME])
{
    char head[TARGET_TOPIC];
    int length = snprintf(head, sizeof head, "%.64s/v1/%.60s/", sending->line->prefix,
                          sending->line->park);
    const char *tail = strrchr(topic, '/');

    if (strncmp(topic, head, (size_t)length) != 0 || tail < topic + length ||
        strcmp(tail, "/status") != 0 || tail - topic - length >= TARGET_NAME)
        return false;
    snprintf(ret_name, TARGET_NAME, "%.*s", (int)(tail - topic - length), topic + length);
    return strchr(ret_name, '/') == NULL;
}

static bool
is_all(const struct command_line *line)
{
    return line->gateway_count == 1 && strcmp(line->gateways[0], "all") == 0;
}

static void
learn(struct sending *sending, const struct remote_message *message)
{
    char name[TARGET_NAME];

    if (!name_in(sending, message->topic, name))
        return;
    for (size_t i = 0; i < sending->count; i++)
        if (strcmp(sending->targets[i].name, name) == 0) {
            target_learn(&sending->targets[i], message->payload);
            return;
        }
    if (!is_all(sending->line) || sending->count == COMMAND_GATEWAYS)
        return;
    struct target *target = &sending->targets[sending->count];
    target_init(target, sending->line->prefix, sending->line->park, name);
    if (target_learn(target, message->payload))
        sending->count++;
}

static bool
all_known(const struct sending *sending)
{
    for (size_t i = 0; i < sending->count; i++)
        if (!sending->targets[i].is_known || sending->targets[i].is_away)
            return false;
    return !is_all(sending->line);
}

static bool
find_targets(struct sending *sending)
{
    const struct command_line *line = sending->line;
    int64_t deadline_mono_ms = clock_mono_ms() + LOOK_MS, quiet_mono_ms = deadline_mono_ms;
    struct remote_message message;
    char filter[TARGET_TOPIC];

    for (int i = 0; !is_all(line) && i < line->gateway_count; i++)
        target_init(&sending->targets[sending->count++], line->prefix, line->park,
                    line->gateways[i]);
    for (size_t i = 0; i < sending->count; i++) {
        snprintf(filter, sizeof filter, "%.240sstatus", sending->targets[i].base);
        if (!remote_subscribe(sending->remote, filter))
            return false;
    }
    snprintf(filter, sizeof filter, "%.64s/v1/%.60s/+/status", line->prefix, line->park);
    if (is_all(line) && !remote_subscribe(sending->remote, filter))
        return false;
    while (!all_known(sending) && remote_take(sending->remote, quiet_mono_ms, &message)) {
        learn(sending, &message);
        remote_message_done(&message);
        if (is_all(line))
            quiet_mono_ms = clock_mono_ms() + QUIET_MS;
        quiet_mono_ms = quiet_mono_ms < deadline_mono_ms ? quiet_mono_ms : deadline_mono_ms;
    }
    if (sending->count == 0)
        fprintf(stderr, "parkgatectl: no gateway of park %s is known at this broker\n", line->park);
    return sending->count > 0;
}

/* ---- out and back ---- */

static bool
send_one(struct sending *sending, struct target *target)
{
    char topic[TARGET_TOPIC];

    if (!target->is_known || target->is_away) {
        fprintf(stderr, "parkgatectl: %s %s\n", target->name,
                target->is_away ? "is not connected to this broker"
                                : "has left no status at this broker: is it the right park and "
                                  "name?");
        target->absent = true;
        return true;
    }
    char *payload = target_make(target, &sending->signer, sending->verb, sending->members);
    snprintf(topic, sizeof topic, "%.190scommand/%.40s", target->base, sending->verb);
    bool sent = payload != NULL && remote_subscribe(sending->remote, target->response) &&
                remote_publish(sending->remote, topic, payload, target->response,
                               target->correlation);
    free(payload);
    return sent;
}

static void
tell_one(struct target *target, const json_t *reply)
{
    const char *result = client_text(reply, "result"), *reason = client_text(reply, "reason");

    if (json_is_true(json_object_get(reply, "more")))
        return;
    target->answered = true;
    target->refused = strcmp(result, "done") != 0;
    char *answer = json_dumps(json_object_get(reply, "answer"), JSON_COMPACT | JSON_ENCODE_ANY);
    printf("%s %s%s%s%s%s\n", target->name, result, *reason != '\0' ? ": " : "", reason,
           answer != NULL ? " " : "", answer != NULL ? answer : "");
    free(answer);
}

static void
take_reply(struct sending *sending, const struct remote_message *message)
{
    json_t *reply = json_loadb(message->payload, message->length, 0, NULL);

    for (size_t i = 0; reply != NULL && i < sending->count; i++) {
        struct target *target = &sending->targets[i];
        if (strcmp(target->response, message->topic) != 0 || !target_is_asked(target, reply))
            continue;
        if (sending->count > 1) {
            tell_one(target, reply);
            continue;
        }
        enum answers_state state = answers_take(&sending->answers, reply);
        target->answered = state != ANSWERS_MORE;
        target->refused = state == ANSWERS_REFUSED;
    }
    json_decref(reply);
}

static bool
all_answered(const struct sending *sending)
{
    for (size_t i = 0; i < sending->count; i++)
        if (!sending->targets[i].answered && !sending->targets[i].absent)
            return false;
    return true;
}

/* False: no answer for so long, or the connection broke. */
static bool
hear(struct sending *sending)
{
    int64_t patience_ms = sending->line->timeout_ms;
    struct remote_message message;

    if (sending->give_up_mono_ms > 0 && patience_ms > AGAIN_MS)
        patience_ms = AGAIN_MS;
    while (!all_answered(sending)) {
        if (!remote_take(sending->remote, clock_mono_ms() + patience_ms, &message))
            return false;
        take_reply(sending, &message);
        remote_message_done(&message);
    }
    return true;
}

/* One connection: from finding them to their last answers. */
static bool
attempt(struct sending *sending)
{
    sending->count = 0;
    sending->remote = remote_open(&sending->line->remote);
    bool good = sending->remote != NULL && find_targets(sending);
    for (size_t i = 0; good && i < sending->count; i++)
        good = send_one(sending, &sending->targets[i]);
    good = good && hear(sending);
    remote_close(sending->remote);
    return good && !(sending->count == 1 && sending->targets[0].absent);
}

/* Only a fetch is asked for again: it changes nothing, and knows where it was. Once something of it
 * came, the gateway and the broker have time to come back. */
static bool
may_go_on(struct sending *sending)
{
    json_t *members = sending->members;
    json_int_t before = json_integer_value(json_object_get(members, "offset"));
    json_int_t most = json_integer_value(json_object_get(members, "most"));
    json_int_t came = sending->answers.offset - before;

    if (strcmp(sending->verb, "fetch") != 0 || sending->answers.offset == sending->begun)
        return false;
    if (came > 0)
        sending->give_up_mono_ms = clock_mono_ms() + GIVE_UP_MS;
    if (clock_mono_ms() > sending->give_up_mono_ms)
        return false;
    json_object_set_new(members, "offset", json_integer(sending->answers.offset));
    if (most > came)
        json_object_set_new(members, "most", json_integer(most - came));
    fprintf(stderr, "parkgatectl: it broke off; going on at byte %lld\n",
            (long long)sending->answers.offset);
    clock_sleep_until_ns(clock_mono_ns() + PAUSE_MS * 1000000LL);
    return true;
}

static int
judge(const struct sending *sending)
{
    bool refused = false, missing = sending->count == 0;

    for (size_t i = 0; i < sending->count; i++) {
        const struct target *target = &sending->targets[i];
        if (!target->answered && !target->absent)
            fprintf(stderr, "parkgatectl: %s does not answer\n", target->name);
        missing |= !target->answered;
        refused |= target->refused;
    }
    return missing ? CTL_UNABLE : refused ? CTL_WRONG : CTL_FINE;
}

static int
send_and_hear(struct sending *sending)
{
    while (!attempt(sending) && may_go_on(sending)) {
    }
    return judge(sending);
}

int
command_send(const struct command_line *line, const char *verb, json_t *members)
{
    struct sending sending = {.line = line, .verb = verb, .members = members};
    struct ed25519 *key = line->sign != NULL ? ed25519_read(line->sign) : NULL;
    int result = CTL_UNABLE;

    if (line->sign != NULL && key == NULL) {
        fprintf(stderr,
                "parkgatectl: %s holds no private Ed25519 key that can be read (one with a "
                "passphrase cannot)\n",
                line->sign);
        return CTL_UNABLE;
    }
    sending.signer = (struct target_signer){
        .park = line->park, .by = line->as, .key = key, .is_3_1_1 = line->remote.is_3_1_1};
    sending.targets = calloc(COMMAND_GATEWAYS, sizeof *sending.targets);
    if (sending.targets != NULL && answers_begin(&sending.answers, line->output)) {
        sending.begun = json_integer_value(json_object_get(members, "offset"));
        answers_go_on_at(&sending.answers, sending.begun);
        result = send_and_hear(&sending);
        if (!answers_end(&sending.answers) && result == CTL_FINE)
            result = CTL_WRONG;
    }
    free(sending.targets);
    ed25519_free(key);
    return result;
}
