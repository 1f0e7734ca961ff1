#include "daemon/supervise/faults.h"

#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#define LINES 64

struct fault_line {
    char thread[16];
    char text[FAULT_TEXT];
    int64_t mono_ms;
};

/* ---- any thread ---- */

void
faults_post(struct faults *faults, const char *thread, const char *line, int64_t mono_ms)
{
    struct fault_line posted = {.mono_ms = mono_ms};

    snprintf(posted.thread, sizeof posted.thread, "%s", thread);
    snprintf(posted.text, sizeof posted.text, "%s", line);
    size_t length = strlen(posted.text);
    if (line[length] != '\0') { /* cut: not within a character */
        while (length > 0 && ((unsigned char)posted.text[length - 1] & 0xC0) == 0x80)
            length--;
        if (length > 0 && ((unsigned char)posted.text[length - 1] & 0x80) != 0)
            length--;
        posted.text[length] = '\0';
    }
    queue_post(faults->queue, &posted);
}

static void
witness(void *context, enum log_level level, const char *line)
{
    char thread[16] = "";

    (void)level;
    prctl(PR_GET_NAME, thread);
    faults_post(context, thread, line, clock_mono_ms());
}

/* ---- main ---- */

/* "site.yaml:12:5: ..." */
static bool
has_place(const char *text)
{
    for (const char *at = strchr(text, ':'); at != NULL; at = strchr(at + 1, ':')) {
        const char *digit = at + 1;
        while (isdigit((unsigned char)*digit))
            digit++;
        if (digit > at + 1 && *digit == ':' && isdigit((unsigned char)digit[1]))
            return true;
    }
    return false;
}

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static enum fault_part
part_of(const struct fault_line *line)
{
    if (begins(line->text, "destination ") || begins(line->thread, "to-"))
        return FAULT_DESTINATIONS_PART;
    if (begins(line->text, "bus ") || begins(line->thread, "bus "))
        return FAULT_BUSES;
    if (begins(line->thread, "store") || begins(line->text, "the store "))
        return FAULT_STORE;
    if (begins(line->thread, "engine"))
        return FAULT_JUDGEMENT;
    return has_place(line->text) ? FAULT_CONFIGURATION : FAULT_GATEWAY;
}

static void
keep(struct fault *fault, const struct fault_line *line, const struct stamp *at)
{
    memcpy(fault->text, line->text, sizeof fault->text);
    fault->at = *at;
    fault->count++;
}

/* "destination NAME: ..." */
static void
keep_for_destination(struct faults *faults, const struct fault_line *line, const struct stamp *at)
{
    char name[64];

    if (sscanf(line->text, "destination %63[^: ]", name) != 1)
        return;
    for (int i = 0; i < FAULT_DESTINATIONS; i++) {
        if (faults->names[i][0] == '\0')
            snprintf(faults->names[i], sizeof faults->names[i], "%s", name);
        if (strcmp(faults->names[i], name) == 0) {
            keep(&faults->destinations[i], line, at);
            return;
        }
    }
}

bool
faults_collect(struct faults *faults,
               void (*stamp)(void *context, int64_t mono_ms, struct stamp *ret_stamp),
               void *context)
{
    struct fault_line line;
    bool any = false;

    while (faults->queue != NULL && queue_take(faults->queue, 0, &line)) {
        struct stamp at;
        stamp(context, line.mono_ms, &at);
        keep(&faults->parts[part_of(&line)], &line, &at);
        keep_for_destination(faults, &line, &at);
        any = true;
    }
    return any;
}

const struct fault *
faults_of_destination(const struct faults *faults, const char *name)
{
    for (int i = 0; i < FAULT_DESTINATIONS; i++)
        if (strcmp(faults->names[i], name) == 0)
            return &faults->destinations[i];
    return NULL;
}

const char *
fault_part_name(enum fault_part part)
{
    static const char *const NAMES[] = {"store",         "buses",     "destinations",
                                        "configuration", "judgement", "gateway"};

    return NAMES[part];
}

int
faults_init(struct faults *faults)
{
    memset(faults, 0, sizeof *faults);
    int error = queue_new(sizeof(struct fault_line), LINES, 0, &faults->queue);
    if (error == 0)
        log_set_witness(witness, faults);
    return error;
}

void
faults_done(struct faults *faults)
{
    if (faults->queue == NULL)
        return;
    log_set_witness(NULL, NULL);
    queue_free(faults->queue);
    faults->queue = NULL;
}
