#include "daemon/assess/flue.h"

#include <math.h>
#include <stdbool.h>

#define ZERO_DEGC         273.0    /* K, as in the formulas of HJ 212 and HJ 75 */
#define STANDARD_PRESSURE 101325.0 /* Pa */
#define MOLAR_VOLUME      22.4     /* L/mol at standard state */
#define SECONDS_PER_HOUR  3600.0
#define KG_PER_MG         1e-6

static const double MOLAR_MASS[] = {
    [FLUE_SO2] = 64.06,  [FLUE_NO] = 30.006,  [FLUE_NO2] = 46.005, [FLUE_CO] = 28.010,
    [FLUE_NH3] = 17.031, [FLUE_HCL] = 36.458, [FLUE_H2S] = 34.076,
};

static enum flue_outcome
give(double result, double *ret_result)
{
    if (!isfinite(result))
        return FLUE_INVALID_INPUT;
    *ret_result = result;
    return FLUE_GOOD;
}

/* Kelvin and absolute pressure of the gas are positive; false where not, NaN included. */
static bool
state_factor(const struct flue_state *state, double *ret_factor)
{
    double kelvin = ZERO_DEGC + state->temperature;
    double pressure = state->barometric + state->static_pressure;
    if (!(isfinite(kelvin) && isfinite(pressure) && kelvin > 0 && pressure > 0))
        return false;
    *ret_factor = STANDARD_PRESSURE / pressure * (kelvin / ZERO_DEGC);
    return true;
}

static bool
is_humidity(double humidity)
{
    return humidity >= 0 && humidity < 1;
}

enum flue_outcome
flue_dry(double wet, double humidity, double *ret_dry)
{
    if (!is_humidity(humidity))
        return FLUE_INVALID_INPUT;
    return give(wet / (1 - humidity), ret_dry);
}

enum flue_outcome
flue_standard(double actual, const struct flue_state *state, double *ret_standard)
{
    double factor;
    if (!state_factor(state, &factor))
        return FLUE_INVALID_INPUT;
    return give(actual * factor, ret_standard);
}

enum flue_outcome
flue_of_ppm(double ppm, enum flue_gas gas, double *ret_concentration)
{
    if ((size_t)gas >= sizeof MOLAR_MASS / sizeof *MOLAR_MASS)
        return FLUE_INVALID_INPUT;
    return give(ppm * MOLAR_MASS[gas] / MOLAR_VOLUME, ret_concentration);
}

enum flue_outcome
flue_nox(double no, double no2, double *ret_nox)
{
    return give(no * MOLAR_MASS[FLUE_NO2] / MOLAR_MASS[FLUE_NO] + no2, ret_nox);
}

enum flue_outcome
flue_o2_corrected(double dry, double o2, double o2_reference, double guard, double *ret_corrected)
{
    if (!(isfinite(dry) && isfinite(o2) && isfinite(guard)))
        return FLUE_INVALID_INPUT;
    if (!(o2_reference >= 0 && o2_reference < FLUE_O2_AIR))
        return FLUE_INVALID_INPUT;
    if (o2 > guard || o2 >= FLUE_O2_AIR)
        return FLUE_CONVERSION_INVALID;
    return give(dry * (FLUE_O2_AIR - o2_reference) / (FLUE_O2_AIR - o2), ret_corrected);
}

enum flue_outcome
flue_velocity(double kv, double at_point, double *ret_velocity)
{
    if (!(kv > 0))
        return FLUE_INVALID_INPUT;
    return give(kv * at_point, ret_velocity);
}

enum flue_outcome
flue_flow_actual(double area, double velocity, double *ret_flow)
{
    if (!(area > 0))
        return FLUE_INVALID_INPUT;
    return give(SECONDS_PER_HOUR * area * velocity, ret_flow);
}

enum flue_outcome
flue_flow_standard(double actual, const struct flue_state *state, double *ret_flow)
{
    double factor;
    if (!state_factor(state, &factor) || !is_humidity(state->humidity))
        return FLUE_INVALID_INPUT;
    return give(actual / factor * (1 - state->humidity), ret_flow);
}

enum flue_outcome
flue_mass_rate(double dry, double flow_standard, double *ret_rate)
{
    return give(dry * flow_standard * KG_PER_MG, ret_rate);
}

enum flue_outcome
flue_removal(double mass_in, double mass_out, double *ret_removal)
{
    if (!(isfinite(mass_in) && isfinite(mass_out)))
        return FLUE_INVALID_INPUT;
    if (mass_in <= 0)
        return FLUE_NOTHING_TO_DIVIDE;
    return give((mass_in - mass_out) / mass_in, ret_removal);
}
