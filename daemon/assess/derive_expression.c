/* Expressions among the derived points: config/expression.h says what they mean, expression_run.h
 * what becomes of qualities. Unlike a formula, an expression runs at every scan, whatever its
 * inputs are like: its windows count what is missing, and an if() rests on the branch it takes
 * alone. */
#include "daemon/assess/derive_parts.h"

#include "daemon/assess/steady.h"

#include <math.h>

void
derive_expression_init(struct derive *derive, struct arena *arena)
{
    const struct asset *asset = derive->asset;
    derive->expressions = arena_take(arena, derive->scan.count * sizeof *derive->expressions);
    for (unsigned i = 0; i < derive->scan.count; i++) {
        const struct expression *expression = asset->derivations[i].expression;
        size_t size = expression ? expression_memory(expression) : 0;
        if (expression)
            expression_begin(&derive->expressions[i], expression,
                             size ? arena_take(arena, size) : NULL);
    }
}

/* Windows go by a time that no step of the clock touches; the memory has no other use here. */
static int64_t
window_ms(struct derive_memory *memory, const struct stamp *at)
{
    struct steady steady = {memory->has, memory->at, (int64_t)memory->last};
    steady_ms(&steady, at);
    memory->has = steady.has;
    memory->at = steady.at;
    memory->last = (double)steady.ms;
    return steady.ms;
}

struct derive_result
derive_expression(const struct derivation *how, struct derive_memory *memory,
                  struct expression_state *state, const struct derive_view *view)
{
    struct expression_value inputs[DERIVATION_INPUTS];
    for (unsigned i = 0; i < how->input_count; i++) {
        struct latest input = latest_of(view->latest, how->inputs[i], view->at);
        inputs[i] = (struct expression_value){input.number, input.quality};
        if (isnan(input.number) && quality_is_valid(input.quality))
            inputs[i].quality = QUALITY_INVALID_INPUT;
        if (inputs[i].quality < view->declared) /* nor does it stay in a window */
            inputs[i].quality = view->declared;
    }
    struct expression_value made = expression_step(how->expression, state, inputs,
                                                   window_ms(memory, view->at));
    return (struct derive_result){.number = made.number, .quality = made.quality};
}

/* What lies outside its range is kept and marked, as of a point that is read. */
void
derive_expression_range(const struct point *point, struct derive_result *result)
{
    if (!point->has_range || isnan(result->number) || !quality_is_valid(result->quality))
        return;
    if (result->number < point->low)
        result->quality = QUALITY_UNDER_RANGE;
    else if (result->number > point->high)
        result->quality = QUALITY_OVER_RANGE;
}

size_t
derive_saved_size(const struct derive *derive)
{
    size_t size = 0;
    for (unsigned i = 0; i < derive->scan.count; i++)
        if (derive->asset->derivations[i].expression)
            size += expression_saved_size(derive->asset->derivations[i].expression);
    return size;
}

/* Null where there is no expression. One that was saved by another expression is left as new. */
void
derive_expression_exchange(struct exchange *exchange, const struct expression *expression,
                           struct expression_state *state)
{
    if (exchange->out && expression && state) {
        expression_save(expression, state, exchange->out);
    } else if (exchange->out) {
        cbor_put_null(exchange->out);
    } else {
        struct cbor_cursor own = *exchange->in;
        cbor_skip(exchange->in);
        if (expression && state && !exchange->in->failed)
            expression_load(expression, state, &own);
    }
}
