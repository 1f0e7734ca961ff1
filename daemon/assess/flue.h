/* Arithmetic of stack gas and of waste water, one formula a function. Where a clause is named, "D"
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

/* D: nitrogen oxides as NO2. From mg/m3: NO * 46.005 / 30.006 + NO2; from ppm:
 * (NO + NO2) * 46.005 / 22.4. */
enum flue_outcome flue_nox(double no, double no2, double *ret_nox);
enum flue_outcome flue_nox_of_ppm(double no_ppm, double no2_ppm, double *ret_nox);

/* D, alpha = 21 / (21 - O2), and back: GB 9078 gives its reference as alpha 1.7. O2 of 21 and more
 * has no alpha; an alpha must be positive. */
enum flue_outcome flue_excess_air(double o2, double *ret_alpha);
enum flue_outcome flue_o2_of_excess_air(double alpha, double *ret_o2);

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

/* NMHC as carbon at standard state: ppmC * 0.536, ppm of propane * 1.609; factors as the trade
 * rounds 12.011 / 22.4 and three times that, no clause known. Wet or dry as the ppm are. */
enum flue_outcome flue_carbon_of_ppmc(double ppmc, double *ret_concentration);
enum flue_outcome flue_carbon_of_propane(double ppm, double *ret_concentration);

/* (in - out) / in, a fraction; GB 37822 asks for 0.8. Both are dry standard masses or rates of one
 * hour, both valid. Negative where more comes out than went in. Without inlet mass (zero or less):
 * FLUE_NOTHING_TO_DIVIDE. */
enum flue_outcome flue_removal(double mass_in, double mass_out, double *ret_removal);

/* A stretch of discharge; concentration mg/L. */
struct water_slice {
    double volume; /* m3, >= 0 */
    double concentration;
};

/* D, dD = Q * T * 1e-3: m3 of Q L/s in T s, neither below zero. */
enum flue_outcome water_volume(double flow, double seconds, double *ret_volume);

/* D, 1000 * D / T: L/s of D m3 in T s (600, 3600, 86400); T > 0. */
enum flue_outcome water_flow_mean(double volume, double seconds, double *ret_flow);

/* D, sum of dD * C * 1e-3, kg. A slice without volume adds nothing and its concentration is not
 * looked at: at zero flow it is invalid (HJ 356). Any other that is not a number is
 * FLUE_INVALID_INPUT: what is missing is left out by who knows why. */
enum flue_outcome water_mass(const struct water_slice *slices, size_t count, double *ret_mass);

/* D, C = G / D * 1000, mg/L, over the same slices. No volume at all: FLUE_NOTHING_TO_DIVIDE. Not
 * for pH. */
enum flue_outcome water_weighted_mean(const struct water_slice *slices, size_t count,
                                      double *ret_mean);

/* pH of an hour: the arithmetic mean of the readings (0 to 14) as they are, neither weighted by
 * flow nor by way of hydrogen ions. */
enum flue_outcome water_ph_mean(const double *readings, size_t count, double *ret_mean);

#endif
