/* See sim/step.h. */
#include "sim/step.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 8
#define LINE_SIZE 256

struct words {
    char line[LINE_SIZE];
    char *word[WORDS_MAX + 1]; /* NULL behind the last */
    size_t count;
};

enum argument { ARGUMENT_NONE, ARGUMENT_DURATION, ARGUMENT_NUMBER };

static const struct {
    const char *word;
    enum conduct conduct;
    enum argument argument;
} CONDUCTS[] = {
    {"good", CONDUCT_GOOD, ARGUMENT_NONE},
    {"late", CONDUCT_LATE, ARGUMENT_DURATION},
    {"drip", CONDUCT_DRIP, ARGUMENT_DURATION},
    {"wrong-unit", CONDUCT_WRONG_UNIT, ARGUMENT_NONE},
    {"exception", CONDUCT_EXCEPTION, ARGUMENT_NUMBER},
    {"silence", CONDUCT_SILENCE, ARGUMENT_NONE},
    {"noise", CONDUCT_NOISE, ARGUMENT_NONE},
    {"stuck", CONDUCT_STUCK, ARGUMENT_NONE},
};

static const struct {
    const char *word;
    int64_t ms;
} DURATIONS[] = {{"ms", 1}, {"s", 1000}, {"min", 60000}, {"h", 3600000}};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

int
step_parse_number(const char *text, double *ret_number)
{
    char *end;
    double number;

    if (*text == '\0' || strchr(" \t", *text) != NULL)
        return -EINVAL;
    number = strtod(text, &end);
    if (*end != '\0' || isinf(number))
        return -EINVAL;
    *ret_number = number;
    return 0;
}

int
step_parse_duration(const char *text, int64_t *ret_ms)
{
    char *end;
    double number;

    if (*text < '0' || *text > '9' || strchr(text, 'x') != NULL) /* no hexadecimal */
        return -EINVAL;
    number = strtod(text, &end);
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < COUNT(DURATIONS); i++) {
        if (strcmp(end, DURATIONS[i].word) != 0)
            continue;
        number *= (double)DURATIONS[i].ms;
        if (!(number <= 1e12))
            return -EINVAL;
        *ret_ms = (int64_t)(number + 0.5);
        return 0;
    }
    return -EINVAL;
}

static int
split(const char *line, struct words *ret_words)
{
    char *rest = NULL;
    size_t length = strlen(line);

    if (length >= sizeof ret_words->line)
        return -EINVAL;
    memcpy(ret_words->line, line, length + 1);
    memset(ret_words->word, 0, sizeof ret_words->word);
    ret_words->count = 0;
    for (char *word = strtok_r(ret_words->line, " \t\r\n", &rest); word != NULL;
         word = strtok_r(NULL, " \t\r\n", &rest)) {
        if (ret_words->count == WORDS_MAX)
            return -EINVAL;
        ret_words->word[ret_words->count++] = word;
    }
    return 0;
}

/* The conduct and its argument from words[0..]; how many words it took, or -EINVAL. */
static int
take_conduct(char *const *words, struct step *step)
{
    int64_t ms = 0;
    double number = 0;

    for (size_t i = 0; words[0] != NULL && i < COUNT(CONDUCTS); i++) {
        if (strcmp(words[0], CONDUCTS[i].word) != 0)
            continue;
        step->kind = STEP_CONDUCT;
        step->conduct = CONDUCTS[i].conduct;
        step->amount = 0;
        if (CONDUCTS[i].argument == ARGUMENT_NONE)
            return 1;
        if (words[1] == NULL)
            return -EINVAL;
        if (CONDUCTS[i].argument == ARGUMENT_DURATION) {
            if (step_parse_duration(words[1], &ms) < 0 || ms > 3600000)
                return -EINVAL;
            step->amount = (uint32_t)ms;
            return 2;
        }
        if (step_parse_number(words[1], &number) < 0 || !(number >= 1 && number <= 255))
            return -EINVAL;
        step->amount = (uint32_t)number;
        return 2;
    }
    return -EINVAL;
}

int
step_parse_conduct(const char *text, struct step *ret_step)
{
    struct step step = *ret_step;
    struct words words;
    int taken;

    if (split(text, &words) < 0)
        return -EINVAL;
    taken = take_conduct(words.word, &step);
    if (taken < 0 || (size_t)taken != words.count)
        return -EINVAL;
    *ret_step = step;
    return 0;
}

static int
set_target(struct step *step, const char *name)
{
    if (name == NULL || strlen(name) >= sizeof step->target)
        return -EINVAL;
    strcpy(step->target, name);
    return 0;
}

static int
parse_set(const struct words *words, struct step *step)
{
    step->kind = STEP_SET;
    if (words->count < 3 || words->count % 2 == 0 || set_target(step, words->word[1]) < 0 ||
        step_parse_number(words->word[2], &step->to) < 0)
        return -EINVAL;
    for (size_t i = 3; i < words->count; i += 2) {
        int64_t *duration = strcmp(words->word[i], "over") == 0  ? &step->over_ms
                            : strcmp(words->word[i], "for") == 0 ? &step->for_ms
                                                                 : NULL;
        if (duration == NULL || step_parse_duration(words->word[i + 1], duration) < 0)
            return -EINVAL;
    }
    return 0;
}

static int
parse_device(const struct words *words, struct step *step)
{
    int taken = words->count < 2 ? -EINVAL : take_conduct(words->word + 1, step);
    char *const *rest;

    if (taken < 0 || set_target(step, words->word[0]) < 0)
        return -EINVAL;
    rest = words->word + 1 + taken;
    if (rest[0] != NULL && strcmp(rest[0], "for") == 0)
        rest++;
    else if (rest[0] == NULL)
        return 0;
    if (rest[0] == NULL || rest[1] != NULL)
        return -EINVAL;
    return step_parse_duration(rest[0], &step->for_ms);
}

int
step_parse_line(const char *line, struct step *ret_step, char *ret_why, size_t why_size)
{
    struct step step = {.at_ms = 0};
    struct words words;
    const char *form;
    int result;

    if (split(line, &words) < 0 || words.count == 0) {
        snprintf(ret_why, why_size, "a command has 2 to %d words", WORDS_MAX);
        return -EINVAL;
    }
    if (strcmp(words.word[0], "set") == 0) {
        form = "set SIGNAL VALUE [over DURATION] [for DURATION]";
        result = parse_set(&words, &step);
    } else if (strcmp(words.word[0], "release") == 0) {
        form = "release SIGNAL";
        step.kind = STEP_RELEASE;
        result = words.count == 2 ? set_target(&step, words.word[1]) : -EINVAL;
    } else {
        form = "DEVICE good|silence|noise|stuck|wrong-unit|late DURATION|drip DURATION|exception "
               "NUMBER [DURATION]";
        result = parse_device(&words, &step);
    }
    if (result < 0) {
        snprintf(ret_why, why_size, "not understood; it would be: %s", form);
        return -EINVAL;
    }
    *ret_step = step;
    return 0;
}
