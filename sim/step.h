/* One thing that happens in the pretend park, and the words for it: what the lines on standard
 * input and the steps of a scenario have in common. Pure.
 *
 *     set SIGNAL VALUE [over DURATION] [for DURATION]
 *     release SIGNAL
 *     DEVICE CONDUCT [for] [DURATION]
 *
 * CONDUCT is good, silence, noise, stuck, wrong-unit, `late DURATION`, `drip DURATION` (between two
 * bytes) or `exception NUMBER`. DURATION is 200ms, 5s, 2min, 1h. */
#ifndef SIM_STEP_H
#define SIM_STEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STEP_TARGET 96

enum conduct {
    CONDUCT_GOOD,
    CONDUCT_LATE,
    CONDUCT_DRIP,
    CONDUCT_WRONG_UNIT,
    CONDUCT_EXCEPTION,
    CONDUCT_SILENCE,
    CONDUCT_NOISE,
    CONDUCT_STUCK,
};

enum step_kind { STEP_SET, STEP_RELEASE, STEP_CONDUCT };

struct step {
    int64_t at_ms; /* since the start; of a line on standard input: now */
    enum step_kind kind;
    char target[STEP_TARGET]; /* signal or device */
    double to;
    int64_t over_ms, for_ms; /* 0: at once, for good */
    enum conduct conduct;
    uint32_t amount; /* late, drip: ms; exception: number */
};

/* 0 or -EINVAL. */
int step_parse_duration(const char *text, int64_t *ret_ms);
int step_parse_number(const char *text, double *ret_number);

/* "exception 2", "late 500ms", "silence": fills conduct and amount. 0 or -EINVAL. */
int step_parse_conduct(const char *text, struct step *ret_step);

/* A whole line. 0, or -EINVAL and a sentence in ret_why. */
int step_parse_line(const char *line, struct step *ret_step, char *ret_why, size_t why_size);

#endif
