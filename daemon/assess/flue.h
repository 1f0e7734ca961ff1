/* Arithmetic of stack gas, one formula a function. Where a clause is named, "D"
 * is appendix D of HJ 212-2017, which restates HJ 75 and HJ 76.
 *
 * Units: concentration mg/m3 unless said, O2 % dry, humidity a fraction of volume (0.112,
 * not 11.2), temperature degC, pressure Pa, area m2, velocity m/s. Standard state: 273 K (0 degC
 * counts as 273, not 273.15), 101325 Pa.
 *
 * A result is written only with FLUE_GOOD. Nothing is capped, clipped or replaced: a concentration,
 * O2 or velocity below zero (noise about zero) keeps its sign; whether it is plausible is for the
 * point's range. NaN and infinity are FLUE_INVALID_INPUT, and so is a result that overflows. */
#ifndef DAEMON_ASSESS_FLUE_H
#define DAEMON_ASSESS_FLUE_H

#include <stddef.h>

enum flue_outcome {
    FLUE_GOOD,
    FLUE_INVALID_INPUT,      /* not a number, or outside what the formula is for */
    FLUE_CONVERSION_INVALID, /* O2 above the guard, or where the formula has its pole */
    FLUE_NOTHING_TO_DIVIDE,  /* no flow, no inlet mass, no values: a quotient without meaning */
};

#define FLUE_O2_AIR 21.0 /* % dry, of the formula */

/* Default of a setting, no standard gives one. At 20.5 the factor of a 3 % basis is 36. */
#define FLUE_O2_GUARD 20.5

enum flue_gas { FLUE_SO2, FLUE_NO, FLUE_NO2, FLUE_CO, FLUE_NH3, FLUE_HCL, FLUE_H2S };

/* What a gas is in at the place of measurement. */
struct flue_state {
    double temperature;
    double barometric;      /* Ba, absolute */
    double static_pressure; /* Ps, against Ba: negative under draught */
    double humidity;        /* 0 <= X < 1; read only where wet becomes dry */
};

/* D, C / (1 - X); the same for O2 in %. */
enum flue_outcome flue_dry(double wet, double humidity, double *ret_dry);

/* D, Cs * 101325 / (Ba + Ps) * (273 + ts) / 273; wet stays wet and dry stays dry. */
enum flue_outcome flue_standard(double actual, const struct flue_state *state,
                                double *ret_standard);

/* D, ppm * M / 22.4: standard state, wet or dry as the ppm are. Molar masses of SO2, NO and NO2 as
 * there; those of the others are sums of IUPAC's abridged atomic weights. */
enum flue_outcome flue_of_ppm(double ppm, enum flue_gas gas, double *ret_concentration);

/* D: nitrogen oxides as NO2, NO * 46.005 / 30.006 + NO2. */
enum flue_outcome flue_nox(double no, double no2, double *ret_nox);

/* D, C * (21 - O2ref) / (21 - O2), at dry standard state. O2 above `guard`, or of 21 and more
 * whatever the guard, is FLUE_CONVERSION_INVALID; O2 at a guard below 21 is converted. The
 * reference: 0 <= O2ref < 21. A limit without one judges the concentration as it is. */
enum flue_outcome flue_o2_corrected(double dry, double o2, double o2_reference, double guard,
                                    double *ret_corrected);

/* D, Vs = Kv * Vp: mean of the section from the velocity at the point; Kv > 0. */
enum flue_outcome flue_velocity(double kv, double at_point, double *ret_velocity);

/* D, Qs = 3600 * F * Vs, m3/h wet as it is in the duct; F > 0. */
enum flue_outcome flue_flow_actual(double area, double velocity, double *ret_flow);

/* D, Qsn = Qs * 273 / (273 + ts) * (Ba + Ps) / 101325 * (1 - X), m3/h dry at standard state. */
enum flue_outcome flue_flow_standard(double actual, const struct flue_state *state,
                                     double *ret_flow);

/* D, G = C * Qsn * 1e-6, kg/h. C is the dry value at standard state, NOT the O2-corrected one. */
enum flue_outcome flue_mass_rate(double dry, double flow_standard, double *ret_rate);

/* (in - out) / in, a fraction; GB 37822 asks for 0.8. Both are dry standard masses or rates of one
 * hour, both valid. Negative where more comes out than went in. Without inlet mass (zero or less):
 * FLUE_NOTHING_TO_DIVIDE. */
enum flue_outcome flue_removal(double mass_in, double mass_out, double *ret_removal);

#endif
