/* Quality of what is made (docs/quality.md): the worst reason among the inputs passes on as it is,
 * an input that is missing or stale is "invalid input"; a formula that cannot be computed adds its
 * own reason. A derived value never hides what it was made of: the inputs are stored as read
 * (promise 8).
 *
 * A weight of a mean (water: the volume since the result before) is collected from scan to scan and
 * handed out with the value it belongs to. */
#include "daemon/assess/derive.h"

#include "base/calendar.h"
#include "daemon/assess/derive_parts.h"
#include "daemon/assess/flue.h"
#include "daemon/assess/quality.h"

#include <math.h>

void
derive_init(struct derive *derive, const struct asset *asset, struct arena *arena)
{
    *derive = (struct derive){.asset = asset};
    if (!asset->derived)
        return;
    uint16_t count = asset->derived->point_count;
    derive->scan.device = asset->derived;
    derive->scan.count = count;
    derive->scan.values = arena_take(arena, count * sizeof *derive->scan.values);
    derive->weights = arena_take(arena, count * sizeof *derive->weights);
    derive->memories = arena_take(arena, count * sizeof *derive->memories);
    derive->hours = arena_take(arena, count * sizeof *derive->hours);
    derive_expression_init(derive, arena);
}

/* False: the inputs do not allow a value, and `ret` says why. */
static bool
gather(const struct derivation *how, const struct derive_view *view, struct latest *ret_inputs,
       struct derive_result *ret)
{
    uint8_t qualities[DERIVATION_INPUTS] = {QUALITY_GOOD}; /* of what has no inputs */
    size_t count = 0;
    bool numbers = true;
    for (unsigned i = 0; i < how->input_count; i++) {
        ret_inputs[i] = (struct latest){.number = NAN};
        if (!how->inputs[i])
            continue;
        ret_inputs[i] = latest_of(view->latest, how->inputs[i], view->at);
        qualities[count++] = ret_inputs[i].quality;
        numbers = numbers && !isnan(ret_inputs[i].number);
        if (how->scales[i].factor != 0)
            ret_inputs[i].number = ret_inputs[i].number * how->scales[i].factor +
                                   how->scales[i].offset;
    }
    uint8_t worst = quality_of_inputs(qualities, count ? count : 1);
    ret->number = NAN;
    ret->quality = worst;
    ret->absent = false;
    if (!numbers && quality_is_valid(worst))
        ret->quality = QUALITY_INVALID_INPUT;
    return numbers && quality_is_valid(worst);
}

static void
add_to_hour(struct derive_hour hours[2], const struct latest *inputs, int64_t utc_ms)
{
    int64_t start = calendar_start(utc_ms, CALENDAR_HOUR_MS);
    struct derive_hour *hour = &hours[0];
    if (hours[1].count && hours[1].start_utc_ms == start) {
        hour = &hours[1]; /* a scan of the end of the hour before that came late */
    } else if (hours[0].start_utc_ms != start) {
        hours[1] = hours[0];
        hours[0] = (struct derive_hour){.start_utc_ms = start};
    }
    hour->dry += inputs[0].number;
    hour->o2 += inputs[1].number;
    hour->count++;
}

bool
derive_corrected_mean(const struct derive *derive, const struct point *point, int64_t start_utc_ms,
                      double *ret_mean)
{
    size_t at = (size_t)(point - derive->asset->derived->points);
    const struct derivation *how = &derive->asset->derivations[at];
    for (int i = 0; how->op == DERIVE_CORRECTED && i < 2; i++) {
        const struct derive_hour *hour = &derive->hours[at][i];
        if (hour->start_utc_ms == start_utc_ms && hour->count)
            return flue_o2_corrected(hour->dry / hour->count, hour->o2 / hour->count,
                                     how->numbers[0], how->numbers[1], ret_mean) == FLUE_GOOD;
    }
    return false;
}

/* These judge bad inputs themselves: between two results nothing is due, good or bad. */
static bool
takes_bad_inputs(enum derivation_op op)
{
    return op == DERIVE_RESULT || op == DERIVE_STRETCH || op == DERIVE_SHARE;
}

static struct derive_result
compute(struct derive *derive, unsigned i, const struct derive_view *view)
{
    const struct derivation *how = &derive->asset->derivations[i];
    struct derive_memory *memory = &derive->memories[i];
    struct latest inputs[DERIVATION_INPUTS];
    struct derive_result found;
    if (how->expression)
        return derive_expression(how, memory, &derive->expressions[i], view);
    bool good = gather(how, view, inputs, &found);
    if (takes_bad_inputs(how->op))
        found.quality = QUALITY_GOOD;
    else if (!good)
        return found;
    struct derive_call call = {how, view, memory, inputs};
    struct derive_result made = DERIVE_FORMULAS[how->op](&call);
    if (made.quality < found.quality)
        made.quality = found.quality;
    if (how->op == DERIVE_CORRECTED && !isnan(made.number) && !view->between && !view->declared &&
        view->at->clock != CLOCK_UNKNOWN)
        add_to_hour(derive->hours[i], inputs, view->at->utc_ms);
    return made;
}

static void
place(struct derive *derive, unsigned i, const struct derive_result *made)
{
    struct value *value = &derive->scan.values[i];
    *value = (struct value){.kind = VALUE_NUMBER, .quality = made->quality};
    value->as.number = made->number;
    if (made->absent)
        value->kind = VALUE_ABSENT;
    else if (isnan(made->number))
        value->kind = VALUE_NONE;
}

/* What flowed since the result before weighs the result (HJ 212-2017 app. D). A result that is none
 * takes with it what flowed for it. Of a result of water without any flow the weight is not known:
 * where it is known that nothing flowed, there is no result. */
static void
weigh(struct derive *derive, unsigned i)
{
    const struct point *weight = derive->asset->derivations[i].weight;
    struct derive_memory *memory = &derive->memories[i];
    derive->weights[i] = NAN;
    if (!weight)
        return;
    const struct value *amount = &derive->scan.values[weight - derive->asset->derived->points];
    double more = amount->kind == VALUE_NUMBER && amount->as.number > 0 ? amount->as.number : 0;
    memory->since += more;
    memory->later += more;
    if (derive->scan.values[i].kind == VALUE_ABSENT)
        return;
    enum derivation_op op = derive->asset->derivations[i].op;
    bool unknown = memory->since <= 0 && op == DERIVE_RESULT;
    derive->weights[i] = unknown ? NAN : memory->since;
    bool none = derive->scan.values[i].kind == VALUE_NONE;
    memory->since = none && takes_bad_inputs(op) ? memory->later : 0;
    memory->later = 0;
}

void
derive_make(struct derive *derive, struct latest *latest, const struct derive_view *view)
{
    const struct asset *asset = derive->asset;
    struct derive_view whole = *view;
    whole.made = derive;
    derive->scan.at = *view->at;
    for (unsigned i = 0; i < derive->scan.count; i++) {
        struct derive_result made = compute(derive, i, &whole);
        derive_expression_range(&asset->derived->points[i], &made);
        made.quality = made.quality < view->declared ? view->declared : made.quality;
        place(derive, i, &made);
        weigh(derive, i);
        if (made.absent)
            continue;
        latest[asset->derived->points[i].index] = (struct latest){
            .number = made.number, .quality = made.quality, .seen = true, .at = *view->at};
    }
}

/* Hours are there for corrected points that have begun one. */
static void
exchange_hours(struct exchange *exchange, struct derive_hour hours[2])
{
    size_t count = exchange_count(exchange, hours[0].count ? 2 : 0);
    for (size_t i = 0; i < count; i++) {
        struct derive_hour read = {0};
        struct derive_hour *hour = i < 2 ? &hours[i] : &read;
        exchange_array(exchange, 4);
        hour->start_utc_ms = exchange_integer(exchange, hour->start_utc_ms);
        hour->dry = exchange_number(exchange, hour->dry);
        hour->o2 = exchange_number(exchange, hour->o2);
        hour->count = (uint32_t)exchange_natural(exchange, hour->count, UINT32_MAX);
    }
}

/* A memory belongs to its point's registry number, which is another one when the formula changes:
 * so it outlives every other change of the site file. */
static unsigned
find_number(const struct derive *derive, uint64_t number)
{
    unsigned i = 0;
    while (i < derive->scan.count && derive->asset->derived->points[i].number != number)
        i++;
    return i;
}

static void
exchange_memory(struct exchange *exchange, struct derive_memory *memory)
{
    memory->has = exchange_flag(exchange, memory->has);
    memory->last = exchange_number(exchange, memory->last);
    exchange_stamp(exchange, &memory->at);
    memory->since = exchange_number(exchange, memory->since);
    memory->later = exchange_number(exchange, memory->later);
}

void
derive_exchange(struct derive *derive, struct exchange *exchange)
{
    size_t count = exchange_count(exchange, derive->scan.count);
    for (size_t n = 0; n < count; n++) {
        struct derive_memory read = {0};
        struct derive_hour unread[2] = {{0}};
        exchange_array(exchange, 8);
        uint64_t number = exchange->out ? derive->asset->derived->points[n].number : 0;
        number = exchange_natural(exchange, number, UINT32_MAX);
        unsigned i = exchange->out ? (unsigned)n : find_number(derive, number);
        bool there = i < derive->scan.count;
        exchange_memory(exchange, there ? &derive->memories[i] : &read);
        exchange_hours(exchange, there ? derive->hours[i] : unread);
        derive_expression_exchange(exchange,
                                   there ? derive->asset->derivations[i].expression : NULL,
                                   there ? &derive->expressions[i] : NULL);
    }
}
