/* What a closed period is worth: its HJ 212 letter, and whether it counts in verdicts. Two things:
 * the letter is what a platform is told, the validity is what a limit asks for (standards.md 12
 * #3). docs/periods.md has the rules as a table. */
#ifndef DAEMON_ASSESS_VALIDITY_H
#define DAEMON_ASSESS_VALIDITY_H

#include "daemon/assess/tally.h"

/* One point's period at its closing. */
struct validity_case {
    const struct point *point;
    enum period period;
    int64_t length_ms;
    uint32_t expected; /* validity_expected */
    const struct tally_sum *sum;
};

/* The rules with defaults in the place of zeros. */
struct period_rules validity_rules(const struct period_rules *rules);

/* Rank of a letter, N the lowest: B > D > C > M > F > T > S > N (standards.md 1.9 [I]: the order is
 * proposed there, not HJ 212's). */
uint8_t validity_rank(char letter);

/* True when verdicts of the point need more than a share: its tallies need an extra. */
bool validity_needs_extra(const struct point *point);

/* Readings due in the period; 0: not due on a clock. */
uint32_t validity_expected(const struct point *point, int64_t length_ms);

char validity_letter(const struct validity_case *of);
bool validity_is_valid(const struct validity_case *of, const struct period_rules *rules);

#endif
