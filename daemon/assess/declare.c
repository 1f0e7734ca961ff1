/* What each declaration must say, who heeds it, and its record. Order: heed, then record; what is
 * refused leaves no record. A declaration that was heeded and found no room for its record is
 * refused with a sentence that says so; saying it again does no harm.
 *
 * Who may declare is settled by who may connect (docs/commands.md); what is kept is the name. */
#include "daemon/assess/declare.h"

#include "daemon/assess/findings.h"
#include "daemon/assess/judge_marks.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* docs/events.md has them in both languages. */
static const char *const REASON_CODES[] = {"being-handled",   "production-fault",
                                           "treatment-fault", "instrument-fault",
                                           "calibration",     "maintenance",
                                           "start-up",        "shutdown",
                                           "power-cut",       "communication",
                                           "inflow",          "drill",
                                           "false-alarm",     "other"};

/* The mark that makes an adsorbent new (docs/voc.md). */
#define CARBON_CHANGED "carbon-changed"

struct declaring_now {
    struct assess *assess;
    const struct declaration *said;
    const struct turn *turn;
    char *why;
    const char *subject;       /* of the record */
    struct judge_seat *marked; /* of JUDGE_MARKS, which heeded a mark */
    struct marks_result marks;
};

const char *
declare_kind(enum declaration_kind kind)
{
    switch (kind) {
    case DECLARE_MODE: return "declared.mode";
    case DECLARE_MAINTENANCE: return "declared.maintenance";
    case DECLARE_CALIBRATED: return "declared.calibrated";
    case DECLARE_MARK: return "declared.mark";
    case DECLARE_ACKNOWLEDGE: return "acknowledged";
    }
    return NULL;
}

static int
refuse(const struct declaring_now *now, int error, const char *why)
{
    snprintf(now->why, DECLARATION_WHY, "%s", why);
    return error;
}

static const struct asset *
find_asset(const struct site *site, const char *name)
{
    for (uint16_t i = 0; i < site->asset_count; i++)
        if (!strcmp(site->assets[i].name, name))
            return &site->assets[i];
    return NULL;
}

/* ---- what each kind needs ---- */

static bool
is_reason_code(const char *word)
{
    for (size_t i = 0; i < sizeof REASON_CODES / sizeof *REASON_CODES; i++)
        if (!strcmp(REASON_CODES[i], word))
            return true;
    return false;
}

static int
refuse_code(const struct declaring_now *now)
{
    size_t length = (size_t)snprintf(now->why, DECLARATION_WHY, "the reason code is one of");
    for (size_t i = 0; i < sizeof REASON_CODES / sizeof *REASON_CODES && length < DECLARATION_WHY;
         i++)
        length += (size_t)snprintf(now->why + length, DECLARATION_WHY - length, "%s %s",
                                   i ? "," : "", REASON_CODES[i]);
    return -EINVAL;
}

static int
acknowledge(struct declaring_now *now)
{
    const struct declaration *said = now->said;
    struct finding *finding = findings_find(now->assess, said->store, said->sequence);
    if (!is_reason_code(said->word))
        return refuse_code(now);
    if (!strcmp(said->word, "other") && !*said->reason)
        return refuse(now, -EINVAL, "the reason code other needs a reason in words");
    if (!finding)
        return refuse(now, -ENOENT, "no event of that id is open");
    now->subject = finding->subject;
    if (!finding_acknowledge(finding, said->by, said->word, now->turn))
        return refuse(now, -ENOSPC, "there was no room for the record: say it again");
    return 0;
}

static int
declare_quality(struct declaring_now *now)
{
    const char *why = "";
    int error = qualify_declare(&now->assess->qualify, now->said, &why);
    return error ? refuse(now, error, why) : 0;
}

/* NULL: the asset has no hours to mark; a mark is recorded all the same. */
static struct judge_seat *
find_seat(struct judged_asset *judged, const struct judge *judge)
{
    for (unsigned i = 0; i < JUDGE_COUNT; i++)
        if (JUDGES[i] == judge && judged->seats[i].finding_count)
            return &judged->seats[i];
    return NULL;
}

/* Not about hours that were: from now on the adsorbent is new (docs/voc.md). */
static int
renew(const struct declaring_now *now, struct judged_asset *judged)
{
    if (derive_renew(&judged->derive, now->turn->at))
        return 0;
    return refuse(now, -EINVAL, "the asset counts no adsorbent's life: its voc: has no carbon:");
}

/* A mark stands beside the means, which stay as they are. */
static int
mark(struct declaring_now *now)
{
    const struct declaration *said = now->said;
    const struct asset *asset = find_asset(now->assess->site, said->subject);
    const char *why = "";
    if (!asset)
        return refuse(now, -ENOENT, "there is no such asset");
    if (!strcmp(said->word, CARBON_CHANGED))
        return renew(now, &now->assess->judges.assets[asset->index]);
    int error = marks_check(said, now->turn->at, &why);
    now->marked = find_seat(&now->assess->judges.assets[asset->index], &JUDGE_MARKS);
    if (!error && now->marked)
        error = marks_declare(now->marked, said, now->turn->at, &now->marks, &why);
    return error ? refuse(now, error, why) : 0;
}

static bool
is_meant(const struct judged_asset *judged, const char *subject)
{
    return !strcmp(subject, "gateway") || !strcmp(judged->asset->name, subject);
}

/* "gateway" is every asset: all of them, or none. */
static int
declare_mode(struct declaring_now *now)
{
    const struct declaration *said = now->said;
    struct judges *judges = &now->assess->judges;
    bool all = !strcmp(said->subject, "gateway"), found = false;
    for (uint16_t i = 0; i < judges->asset_count; i++) {
        const char *why = "";
        if (!is_meant(&judges->assets[i], said->subject))
            continue;
        int error = mode_check(&judges->assets[i].seats[0], said, now->turn->at, &why);
        if (error)
            return refuse(now, error, why);
        found = true;
    }
    for (uint16_t i = 0; i < judges->asset_count; i++)
        if (is_meant(&judges->assets[i], said->subject))
            mode_declare(&judges->assets[i].seats[0], said, now->turn->at);
    return found ? 0
                 : refuse(now, -ENOENT, all ? "the site has no assets" : "there is no such asset");
}

static int
heed(struct declaring_now *now)
{
    switch (now->said->kind) {
    case DECLARE_MODE: return declare_mode(now);
    case DECLARE_MAINTENANCE:
    case DECLARE_CALIBRATED: return declare_quality(now);
    case DECLARE_MARK: return mark(now);
    case DECLARE_ACKNOWLEDGE: return acknowledge(now);
    }
    return refuse(now, -EINVAL, "there is no such declaration");
}

/* ---- the record ---- */

static void
add(struct event *draft, const char *key, const char *text)
{
    if (*text)
        events_add_text(draft, key, text);
}

static void
add_marks(struct event *draft, const struct marks_result *marks)
{
    if (marks->claims)
        events_add_text(draft, "exempt", marks_exempt_word(marks));
    if (marks->late_hours)
        events_add_integer(draft, "late_hours", marks->late_hours);
    add(draft, "note", marks_note(marks));
}

/* All its fields: declared.c reads them back. */
static uint64_t
record(const struct declaring_now *now)
{
    const struct declaration *said = now->said;
    struct event event = {
        .kind = declare_kind(said->kind),
        .phase = PHASE_NOTED,
        .severity = SEVERITY_INFO,
        .subject = now->subject,
        .at = *now->turn->at,
        .since = *now->turn->at,
        .duration_ms = -1,
        .value = NAN,
        .peak = NAN,
        .limit = NAN,
        .averaging = "",
    };
    add(&event, "by", said->by);
    add(&event, "word", said->word);
    add(&event, "pollutant", said->pollutant);
    add(&event, "reason", said->reason);
    add(&event, "store", said->store);
    if (said->sequence)
        events_add_integer(&event, "sequence", (int64_t)said->sequence);
    events_add_integer(&event, "from_ms", said->from_utc_ms);
    if (said->until_utc_ms)
        events_add_integer(&event, "until_ms", said->until_utc_ms);
    if (now->marked)
        add_marks(&event, &now->marks);
    return now->turn->outlet->event(now->turn->outlet->context, &event);
}

int
assess_declare(struct assess *assess, const struct declaration *declaration, const struct stamp *at,
               const struct assess_outlet *outlet, uint64_t *ret_sequence,
               char ret_why[DECLARATION_WHY])
{
    struct turn turn = state_turn(assess, at, outlet);
    struct declaration said = *declaration;
    struct declaring_now now = {
        .assess = assess, .said = &said, .turn = &turn, .why = ret_why, .subject = said.subject};
    *ret_sequence = 0;
    *ret_why = '\0';
    if (!*said.by)
        return refuse(&now, -EINVAL, "who says it must be named");
    if (at->clock == CLOCK_UNKNOWN)
        return refuse(&now, -EAGAIN, "the clock is not known yet: a declaration needs the time");
    if (!said.from_utc_ms)
        said.from_utc_ms = at->utc_ms;
    assess->last = *at;
    int error = heed(&now);
    if (error)
        return error;
    *ret_sequence = record(&now);
    if (!*ret_sequence)
        return refuse(&now, -ENOSPC,
                      "it holds, but there was no room for its record: say it again");
    if (now.marked)
        marks_recorded(now.marked, &said, *ret_sequence, &assess->list, &turn);
    return 0;
}
