/* Between derive.c and the tables of formulas. Internal to daemon/assess. */
#ifndef DAEMON_ASSESS_DERIVE_PARTS_H
#define DAEMON_ASSESS_DERIVE_PARTS_H

#include "daemon/assess/derive.h"

/* What came of one derivation. */
struct derive_result {
    double number;   /* NaN: none */
    uint8_t quality; /* of a number: how good; else why there is none */
    bool absent;     /* nothing is due in this scan */
};

/* One call of a formula: its numbers in, worst quality of the inputs already found good. */
struct derive_call {
    const struct derivation *how;
    const struct derive_view *view;
    struct derive_memory *memory;
    const struct latest *inputs; /* as how->inputs; an input that is not there is not seen */
};

typedef struct derive_result derive_formula(const struct derive_call *call);

/* By enum derivation_op. */
extern derive_formula *const DERIVE_FORMULAS[DERIVE_END];

/* Time since the scan before; negative when it does not say: the first scan, or a hole of more than
 * three intervals, over which nothing is taken for granted. derive_formulas.c */
int64_t derive_elapsed_ms(const struct derive_call *call, uint32_t every_ms);

/* derive_water.c */
derive_formula derive_result, derive_volume, derive_stretch, derive_share;

/* derive_power.c */
derive_formula derive_synchronous, derive_minutes, derive_level;

/* derive_expression.c */
void derive_expression_init(struct derive *derive, struct arena *arena);
struct derive_result derive_expression(const struct derivation *how, struct derive_memory *memory,
                                       struct expression_state *state,
                                       const struct derive_view *view);
void derive_expression_range(const struct point *point, struct derive_result *result);
void derive_expression_exchange(struct exchange *exchange, const struct expression *expression,
                                struct expression_state *state);

/* derive_voc.c */
derive_formula derive_total, derive_rest, derive_collection, derive_life, derive_loading;

#endif
