/* The script of a pretend park: a YAML file with a time line of steps.
 *
 *     seed: 7                      # of all chance; 1 unless said
 *     turnaround: 8ms              # a serial slave's thinking time; 5ms unless said
 *     repeat: 2min                 # the time line starts again; once unless said
 *     timeline:
 *       - {at: 20s, set: {boiler.desulphurisation: 0.96}, for: 15s}
 *       - {at: 30s, set: {boiler.load: {to: 74, over: 20s}}}
 *       - {at: 40s, device: effluent, do: exception 2, for: 8s}
 *
 * Knows nothing of what a step does. */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "sim/step.h"

struct scenario {
    uint64_t seed;
    int64_t turnaround_ms;
    int64_t repeat_ms;  /* 0: once */
    struct step *steps; /* by time */
    size_t step_count;
    size_t next;
    int64_t round_ms; /* when this round began */
};

/* True when the step's target exists. */
typedef bool scenario_check(void *context, const struct step *step);

/* The empty script. */
void scenario_init(struct scenario *scenario);

/* 0; or -EINVAL with every mistake on standard error as `file:line:column: sentence`. */
int scenario_load(const char *file, scenario_check *check, void *context,
                  struct scenario *ret_scenario);
void scenario_done(struct scenario *scenario);

/* The next step that is due by now_ms, its at_ms in the time of the whole run. */
bool scenario_take(struct scenario *scenario, int64_t now_ms, struct step *ret_step);

/* When the next step is due; INT64_MAX: never. */
int64_t scenario_next_ms(const struct scenario *scenario);

#endif
