/* A row for each kind of derived point, on the formulas of flue.h. The inputs are known to be good
 * here (derive.c); what a formula cannot make of them it says as a quality.
 *
 * O2 correction (standards.md 12 #7): never capped and never replaced by the measured value. While
 * the burner is off the result is "stopped": not judged. With fuel on and O2 above the guard it is
 * "conversion invalid", for which an O2-abnormal event stands beside it. */
#include "daemon/assess/derive_parts.h"

#include "daemon/assess/flue.h"

#include <math.h>

/* The number by its place: what computes it stands among the arguments. */
static struct derive_result
result_of(enum flue_outcome outcome, const double *number)
{
    switch (outcome) {
    case FLUE_GOOD: return (struct derive_result){.number = *number};
    case FLUE_CONVERSION_INVALID:
        return (struct derive_result){.number = NAN, .quality = QUALITY_CONVERSION_INVALID};
    default: return (struct derive_result){.number = NAN, .quality = QUALITY_INVALID_INPUT};
    }
}

static double
input(const struct derive_call *call, unsigned i)
{
    return call->inputs[i].number;
}

static bool
has_input(const struct derive_call *call, unsigned i)
{
    return i < call->how->input_count && call->how->inputs[i];
}

static struct derive_result
dry(const struct derive_call *call)
{
    double number = NAN;
    return result_of(flue_dry(input(call, 0), input(call, 1) / 100, &number), &number);
}

/* Inputs from `at`: temperature, [static pressure]. */
static struct flue_state
state_of(const struct derive_call *call, unsigned at)
{
    return (struct flue_state){
        .temperature = input(call, at),
        .static_pressure = has_input(call, at + 1) ? input(call, at + 1) : 0,
        .barometric = call->how->numbers[0],
    };
}

static struct derive_result
standard(const struct derive_call *call)
{
    double number = NAN;
    struct flue_state state = state_of(call, 1);
    return result_of(flue_standard(input(call, 0), &state, &number), &number);
}

static struct derive_result
of_ppm(const struct derive_call *call)
{
    double number = NAN;
    enum flue_gas gas = (enum flue_gas)call->how->numbers[0];
    return result_of(flue_of_ppm(input(call, 0), gas, &number), &number);
}

/* Where NO2 is not measured, NO stands for all NOx but a share that the site gives (0: none). */
static struct derive_result
nox(const struct derive_call *call)
{
    double number = NAN;
    double no2 = has_input(call, 1) ? input(call, 1) : 0;
    struct derive_result result = result_of(flue_nox(input(call, 0), no2, &number), &number);
    if (!has_input(call, 1))
        result.number /= 1 - call->how->numbers[0];
    return result;
}

static struct derive_result
corrected(const struct derive_call *call)
{
    double number = NAN;
    const double *numbers = call->how->numbers;
    if (call->view->production == TRUTH_FALSE)
        return (struct derive_result){.number = NAN, .quality = QUALITY_STOPPED};
    enum flue_outcome outcome = flue_o2_corrected(input(call, 0), input(call, 1), numbers[0],
                                                  numbers[1], &number);
    return result_of(outcome, &number);
}

static struct derive_result
velocity_flow(const struct derive_call *call)
{
    double velocity = NAN, number = NAN;
    enum flue_outcome outcome = flue_velocity(call->how->numbers[1], input(call, 0), &velocity);
    if (outcome == FLUE_GOOD)
        outcome = flue_flow_actual(call->how->numbers[0], velocity, &number);
    return result_of(outcome, &number);
}

static struct derive_result
flow_standard(const struct derive_call *call)
{
    double number = NAN;
    struct flue_state state = state_of(call, 1);
    state.humidity = has_input(call, 3) ? input(call, 3) / 100 : 0;
    return result_of(flue_flow_standard(input(call, 0), &state, &number), &number);
}

/* Qsn dry of a flow at standard state: less the steam (HJ 212-2017 app. D). */
static struct derive_result
flow_dry(const struct derive_call *call)
{
    double share = input(call, 1) / 100;
    if (!(share >= 0 && share < 1))
        return (struct derive_result){.number = NAN, .quality = QUALITY_INVALID_INPUT};
    return (struct derive_result){.number = input(call, 0) * (1 - share)};
}

static struct derive_result
mass_rate(const struct derive_call *call)
{
    double number = NAN;
    return result_of(flue_mass_rate(input(call, 0), input(call, 1), &number), &number);
}

static struct derive_result
carbon(const struct derive_call *call)
{
    return (struct derive_result){.number = input(call, 0) * call->how->numbers[0]};
}

static struct derive_result
removal(const struct derive_call *call)
{
    double number = NAN;
    if (call->view->production == TRUTH_FALSE) /* nothing comes in: nothing to remove */
        return (struct derive_result){.number = NAN, .quality = QUALITY_STOPPED};
    struct derive_result result = result_of(flue_removal(input(call, 0), input(call, 1), &number),
                                            &number);
    result.number *= 100;
    return result;
}

static struct derive_result
load(const struct derive_call *call)
{
    return (struct derive_result){.number = input(call, 0) * input(call, 1) * 1e-3};
}

/* ---- with a memory ---- */

#define MOST_INTERVALS 3

int64_t
derive_elapsed_ms(const struct derive_call *call, uint32_t every_ms)
{
    if (!call->memory->has)
        return -1;
    int64_t ms = hold_elapsed_ms(&call->memory->at, call->view->at);
    return ms <= (int64_t)every_ms * MOST_INTERVALS ? ms : -1;
}

static void
remember(const struct derive_call *call, double last)
{
    call->memory->has = true;
    call->memory->last = last;
    call->memory->at = *call->view->at;
}

/* The rate stands for the time since the scan before (a value holds back to its predecessor). */
static struct derive_result
integral(const struct derive_call *call)
{
    int64_t ms = derive_elapsed_ms(call, call->how->inputs[0]->every_ms);
    remember(call, input(call, 0));
    if (ms < 0)
        return (struct derive_result){.absent = true};
    return (struct derive_result){.number = input(call, 0) * (double)ms / 3600000.0};
}

/* A counter that goes back was changed or reset: its step is not known. */
static struct derive_result
difference(const struct derive_call *call)
{
    bool had = call->memory->has;
    double step = input(call, 0) - call->memory->last;
    remember(call, input(call, 0));
    if (!had)
        return (struct derive_result){.absent = true};
    if (step < 0)
        return (struct derive_result){.number = NAN, .quality = QUALITY_INVALID_INPUT};
    return (struct derive_result){.number = step};
}

static struct derive_result
condition(const struct derive_call *call)
{
    enum truth truth = call->how->numbers[0] == 0 ? call->view->production : call->view->treatment;
    if (truth == TRUTH_UNKNOWN)
        return (struct derive_result){.number = NAN, .quality = QUALITY_INVALID_INPUT};
    return (struct derive_result){.number = truth == TRUTH_TRUE};
}

derive_formula *const DERIVE_FORMULAS[DERIVE_END] = {
    [DERIVE_DRY] = dry,
    [DERIVE_STANDARD] = standard,
    [DERIVE_OF_PPM] = of_ppm,
    [DERIVE_NOX] = nox,
    [DERIVE_CORRECTED] = corrected,
    [DERIVE_VELOCITY_FLOW] = velocity_flow,
    [DERIVE_FLOW_STANDARD] = flow_standard,
    [DERIVE_FLOW_DRY] = flow_dry,
    [DERIVE_MASS_RATE] = mass_rate,
    [DERIVE_INTEGRAL] = integral,
    [DERIVE_CARBON] = carbon,
    [DERIVE_REMOVAL] = removal,
    [DERIVE_RESULT] = derive_result,
    [DERIVE_VOLUME] = derive_volume,
    [DERIVE_STRETCH] = derive_stretch,
    [DERIVE_SHARE] = derive_share,
    [DERIVE_LOAD] = load,
    [DERIVE_DIFFERENCE] = difference,
    [DERIVE_CONDITION] = condition,
    [DERIVE_SYNCHRONOUS] = derive_synchronous,
    [DERIVE_MINUTES] = derive_minutes,
    [DERIVE_LEVEL] = derive_level,
    [DERIVE_TOTAL] = derive_total,
    [DERIVE_REST] = derive_rest,
    [DERIVE_COLLECTION] = derive_collection,
    [DERIVE_LIFE] = derive_life,
    [DERIVE_LOADING] = derive_loading,
};
