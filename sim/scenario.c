/* See sim/scenario.h. */
#include "sim/scenario.h"

#include <errno.h>
#include <libfyaml.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 1000

struct reader {
    const char *file;
    scenario_check *check;
    void *context;
    struct scenario scenario;
    unsigned mistakes;
};

/* Where the node begins: its own scalar's mark, or that of the first one in it. */
static const struct fy_mark *
mark_of(struct fy_node *node)
{
    struct fy_token *token;

    for (int depth = 0; node != NULL && !fy_node_is_scalar(node) && depth < 8; depth++) {
        struct fy_node_pair *pair = NULL;

        if (fy_node_is_mapping(node))
            pair = fy_node_mapping_get_by_index(node, 0);
        node = pair != NULL
                   ? fy_node_pair_key(pair)
                   : (fy_node_is_sequence(node) ? fy_node_sequence_get_by_index(node, 0) : NULL);
    }
    token = node != NULL ? fy_node_get_scalar_token(node) : NULL;
    return token != NULL ? fy_token_start_mark(token) : NULL;
}

static void __attribute__((format(printf, 3, 4)))
mistake(struct reader *reader, struct fy_node *node, const char *format, ...)
{
    const struct fy_mark *mark = mark_of(node);
    char text[256];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fprintf(stderr, "%s:%d:%d: %s\n", reader->file, mark != NULL ? mark->line + 1 : 1,
            mark != NULL ? mark->column + 1 : 1, text);
    reader->mistakes++;
}

/* The scalar as a C string in `memory`, "" when it is none or too long. */
static const char *
text_of(struct fy_node *node, char memory[STEP_TARGET])
{
    size_t length = 0;
    const char *text = node != NULL ? fy_node_get_scalar(node, &length) : NULL;

    if (text == NULL || length >= STEP_TARGET)
        length = 0;
    else
        memcpy(memory, text, length);
    memory[length] = '\0';
    return memory;
}

static void
read_duration(struct reader *reader, struct fy_node *node, int64_t *duration_ms)
{
    char text[STEP_TARGET];

    if (node != NULL && step_parse_duration(text_of(node, text), duration_ms) < 0)
        mistake(reader, node, "'%s' is not a duration such as 500ms, 10s, 2min", text);
}

static void
read_number(struct reader *reader, struct fy_node *node, double *number)
{
    char text[STEP_TARGET];

    if (step_parse_number(text_of(node, text), number) < 0)
        mistake(reader, node, "'%s' is not a number", text);
}

/* Every key of the mapping is one of the words, which end with NULL. */
static void
check_keys(struct reader *reader, struct fy_node *mapping, const char *const *words)
{
    struct fy_node_pair *pair;
    void *at = NULL;

    while ((pair = fy_node_mapping_iterate(mapping, &at)) != NULL) {
        struct fy_node *key = fy_node_pair_key(pair);
        char text[STEP_TARGET];
        size_t i = 0;

        text_of(key, text);
        while (words[i] != NULL && strcmp(words[i], text) != 0)
            i++;
        if (words[i] == NULL)
            mistake(reader, key, "'%s' is not known here", text);
    }
}

static void
add_step(struct reader *reader, struct fy_node *node, const struct step *step)
{
    struct scenario *scenario = &reader->scenario;

    if (scenario->step_count == STEPS_MAX) {
        mistake(reader, node, "more than %d steps", STEPS_MAX);
        return;
    }
    if (!reader->check(reader->context, step)) {
        mistake(reader, node, "the site has no %s '%s'",
                step->kind == STEP_CONDUCT ? "device" : "signal", step->target);
        return;
    }
    scenario->steps[scenario->step_count++] = *step;
}

/* set: {signal: value | {to: value, over: duration}} */
static void
read_settings(struct reader *reader, struct fy_node *settings, struct step step)
{
    static const char *const KEYS[] = {"to", "over", NULL};
    struct fy_node_pair *pair;
    void *at = NULL;

    step.kind = STEP_SET;
    while ((pair = fy_node_mapping_iterate(settings, &at)) != NULL) {
        struct fy_node *value = fy_node_pair_value(pair);

        text_of(fy_node_pair_key(pair), step.target);
        step.over_ms = 0;
        if (fy_node_is_mapping(value)) {
            check_keys(reader, value, KEYS);
            read_duration(reader, fy_node_mapping_lookup_by_string(value, "over", FY_NT),
                          &step.over_ms);
            value = fy_node_mapping_lookup_by_string(value, "to", FY_NT);
        }
        read_number(reader, value, &step.to);
        add_step(reader, fy_node_pair_key(pair), &step);
    }
}

static void
read_step(struct reader *reader, struct fy_node *node)
{
    static const char *const KEYS[] = {"at", "for", "set", "device", "do", NULL};
    struct fy_node *at = fy_node_mapping_lookup_by_string(node, "at", FY_NT);
    struct fy_node *set = fy_node_mapping_lookup_by_string(node, "set", FY_NT);
    struct fy_node *device = fy_node_mapping_lookup_by_string(node, "device", FY_NT);
    struct fy_node *conduct = fy_node_mapping_lookup_by_string(node, "do", FY_NT);
    struct step step = {.kind = STEP_SET};
    char text[STEP_TARGET];

    check_keys(reader, node, KEYS);
    if (at == NULL)
        mistake(reader, node, "a step needs a time, such as at: 20s");
    read_duration(reader, at, &step.at_ms);
    read_duration(reader, fy_node_mapping_lookup_by_string(node, "for", FY_NT), &step.for_ms);
    if (fy_node_is_mapping(set) && device == NULL && conduct == NULL) {
        read_settings(reader, set, step);
    } else if (set == NULL && device != NULL && conduct != NULL) {
        text_of(device, step.target);
        if (step_parse_conduct(text_of(conduct, text), &step) < 0)
            mistake(reader, conduct,
                    "'%s' is none of good, silence, noise, stuck, wrong-unit, late 500ms, drip "
                    "20ms, exception 2",
                    text);
        else
            add_step(reader, device, &step);
    } else {
        mistake(reader, node, "a step has either set: {signal: value} or device: and do:");
    }
}

static int
by_time(const void *a, const void *b)
{
    const struct step *first = a;
    const struct step *second = b;

    return (first->at_ms > second->at_ms) - (first->at_ms < second->at_ms);
}

static void
read_timeline(struct reader *reader, struct fy_node *timeline)
{
    struct scenario *scenario = &reader->scenario;
    struct fy_node *node;
    void *at = NULL;

    if (timeline != NULL && !fy_node_is_sequence(timeline)) {
        mistake(reader, timeline, "timeline is a list of steps");
        return;
    }
    while (timeline != NULL && (node = fy_node_sequence_iterate(timeline, &at)) != NULL) {
        if (fy_node_is_mapping(node))
            read_step(reader, node);
        else
            mistake(reader, node, "a step is {at: TIME, set: {...}} or {at: TIME, device:, do:}");
    }
    qsort(scenario->steps, scenario->step_count, sizeof *scenario->steps, by_time);
    if (scenario->repeat_ms > 0 && scenario->step_count > 0 &&
        scenario->steps[scenario->step_count - 1].at_ms >= scenario->repeat_ms)
        mistake(reader, timeline, "the last step comes after the time line starts again");
}

static void
read_root(struct reader *reader, struct fy_node *root)
{
    static const char *const KEYS[] = {"title", "seed", "turnaround", "repeat", "timeline", NULL};
    struct fy_node *seed;
    double number = 1;

    if (root == NULL || !fy_node_is_mapping(root)) {
        mistake(reader, root, "a scenario is a mapping with timeline: in it");
        return;
    }
    check_keys(reader, root, KEYS);
    seed = fy_node_mapping_lookup_by_string(root, "seed", FY_NT);
    if (seed != NULL)
        read_number(reader, seed, &number);
    if (number >= 0 && number < 0x1p53)
        reader->scenario.seed = (uint64_t)number;
    else
        mistake(reader, seed, "the seed is a whole number from 0");
    read_duration(reader, fy_node_mapping_lookup_by_string(root, "turnaround", FY_NT),
                  &reader->scenario.turnaround_ms);
    read_duration(reader, fy_node_mapping_lookup_by_string(root, "repeat", FY_NT),
                  &reader->scenario.repeat_ms);
    read_timeline(reader, fy_node_mapping_lookup_by_string(root, "timeline", FY_NT));
}

void
scenario_init(struct scenario *scenario)
{
    *scenario = (struct scenario){.seed = 1, .turnaround_ms = 5};
}

void
scenario_done(struct scenario *scenario)
{
    free(scenario->steps);
    scenario_init(scenario);
}

int
scenario_load(const char *file, scenario_check *check, void *context, struct scenario *ret_scenario)
{
    struct fy_parse_cfg config = {.flags = FYPCF_DEFAULT_DOC};
    struct reader reader = {.file = file, .check = check, .context = context};
    struct fy_document *document;

    scenario_init(&reader.scenario);
    document = fy_document_build_from_file(&config, file);
    if (document == NULL) {
        fprintf(stderr, "%s:1:1: cannot be read as YAML\n", file);
        return -EINVAL;
    }
    reader.scenario.steps = calloc(STEPS_MAX, sizeof *reader.scenario.steps);
    if (reader.scenario.steps == NULL) {
        fy_document_destroy(document);
        return -ENOMEM;
    }
    read_root(&reader, fy_document_root(document));
    fy_document_destroy(document);
    if (reader.mistakes > 0) {
        scenario_done(&reader.scenario);
        return -EINVAL;
    }
    *ret_scenario = reader.scenario;
    return 0;
}

int64_t
scenario_next_ms(const struct scenario *scenario)
{
    if (scenario->step_count == 0)
        return INT64_MAX;
    if (scenario->next < scenario->step_count)
        return scenario->round_ms + scenario->steps[scenario->next].at_ms;
    if (scenario->repeat_ms == 0)
        return INT64_MAX;
    return scenario->round_ms + scenario->repeat_ms + scenario->steps[0].at_ms;
}

bool
scenario_take(struct scenario *scenario, int64_t now_ms, struct step *ret_step)
{
    if (scenario_next_ms(scenario) > now_ms)
        return false;
    if (scenario->next == scenario->step_count) {
        scenario->round_ms += scenario->repeat_ms;
        scenario->next = 0;
    }
    *ret_step = scenario->steps[scenario->next++];
    ret_step->at_ms += scenario->round_ms;
    return true;
}
