/* One step: the nodes in their order, all of them, so that its cost is the same every time. What an
 * if() does not take is computed and not looked at. */
#include "daemon/assess/expression_run.h"

#include "daemon/assess/assess.h"

#include <math.h>

/* What the steps in [number * slot_ms, + slot_ms) had. */
struct expression_slot {
    int64_t number; /* SLOT_EMPTY: never used */
    int64_t at_ms;  /* of the newest valid step */
    double value;   /* of the valid: sum (avg), least, most, or the newest (delta, rate) */
    uint32_t valid;
    uint8_t worst_valid, worst; /* quality of the valid ones and of the others */
};

#define SLOT_EMPTY INT64_MIN

static uint32_t
ring_size(const struct expression_window *window)
{
    return window->slots + (window->before ? window->before + 1 : 0);
}

static size_t
all_slots(const struct expression *expression)
{
    size_t count = 0;
    for (unsigned i = 0; i < expression->window_count; i++)
        count += ring_size(&expression->windows[i]);
    return count;
}

size_t
expression_memory(const struct expression *expression)
{
    return all_slots(expression) * sizeof(struct expression_slot);
}

void
expression_begin(struct expression_state *state, const struct expression *expression, void *memory)
{
    state->slots = memory;
    state->at_ms = INT64_MIN;
    for (size_t i = 0; i < all_slots(expression); i++)
        state->slots[i] = (struct expression_slot){.number = SLOT_EMPTY};
}

/* ---- windows ---- */

/* One window at the time of a step. */
struct view {
    const struct expression_window *window;
    struct expression_slot *ring;
    uint32_t size;
    int64_t now; /* number of the slot of this step */
};

static int64_t
slot_number(const struct expression_window *window, int64_t at_ms)
{
    int64_t rest = at_ms % window->slot_ms;
    return (at_ms - rest) / window->slot_ms - (rest < 0);
}

static struct view
view_of(const struct expression *expression, const struct expression_state *state, unsigned at,
        int64_t at_ms)
{
    const struct expression_window *window = &expression->windows[at];
    struct view view = {.window = window,
                        .ring = state->slots,
                        .size = ring_size(window),
                        .now = slot_number(window, at_ms)};
    for (unsigned i = 0; i < at; i++)
        view.ring += ring_size(&expression->windows[i]);
    return view;
}

/* Where the slot lies, whether it is in there or not. */
static struct expression_slot *
place_of(const struct view *view, int64_t number)
{
    int64_t rest = number % view->size;
    return &view->ring[rest < 0 ? rest + view->size : rest];
}

/* NULL when no step fell into it. */
static const struct expression_slot *
find_slot(const struct view *view, int64_t number)
{
    const struct expression_slot *slot = place_of(view, number);
    return slot->number == number ? slot : NULL;
}

/* Not valid weighs more than any suspicion; else the higher number. */
static uint8_t
worse(uint8_t a, uint8_t b)
{
    bool a_valid = quality_is_valid(a), b_valid = quality_is_valid(b);
    if (a_valid != b_valid)
        return a_valid ? b : a;
    return a > b ? a : b;
}

static double
gather(enum expression_op op, double so_far, double number)
{
    switch (op) {
    case EXPRESSION_AVG: return so_far + number;
    case EXPRESSION_LEAST: return number < so_far ? number : so_far;
    case EXPRESSION_MOST: return number > so_far ? number : so_far;
    default: return number;
    }
}

static void
feed(const struct view *view, enum expression_op op, const struct expression_value *value,
     int64_t at_ms)
{
    struct expression_slot *slot = place_of(view, view->now);
    if (slot->number != view->now)
        *slot = (struct expression_slot){.number = view->now};
    if (!quality_is_valid(value->quality)) {
        slot->worst = worse(slot->worst, value->quality);
        return;
    }
    slot->value = slot->valid ? gather(op, slot->value, value->number) : value->number;
    slot->at_ms = at_ms;
    slot->valid++;
    slot->worst_valid = worse(slot->worst_valid, value->quality);
}

static struct expression_value
none(uint8_t quality)
{
    return (struct expression_value){NAN, quality};
}

static struct expression_value
result_of(double number, uint8_t quality)
{
    return isfinite(number) ? (struct expression_value){number, quality}
                            : none(QUALITY_NOT_A_NUMBER);
}

static struct expression_value
over_window(const struct view *view, enum expression_op op)
{
    uint64_t valid = 0;
    uint8_t worst_valid = QUALITY_GOOD, worst = QUALITY_GOOD;
    double number = 0;
    for (int64_t at = view->now - view->window->slots + 1; at <= view->now; at++) {
        const struct expression_slot *slot = find_slot(view, at);
        if (!slot)
            continue;
        worst = worse(worst, slot->worst);
        if (!slot->valid)
            continue;
        number = valid ? gather(op, number, slot->value) : slot->value;
        valid += slot->valid;
        worst_valid = worse(worst_valid, slot->worst_valid);
    }
    if (valid * 4 < (uint64_t)view->window->due * 3)
        return none(worst == QUALITY_GOOD ? QUALITY_INVALID_INPUT : worst);
    return result_of(op == EXPRESSION_AVG ? number / (double)valid : number, worst_valid);
}

static struct expression_value
since_window(const struct view *view, const struct expression_node *node,
             const struct expression_value *value, int64_t at_ms)
{
    const struct expression_slot *slot = NULL;
    if (!quality_is_valid(value->quality))
        return none(value->quality);
    int64_t newest = view->now - view->window->slots;
    for (int64_t at = newest; at >= newest - view->window->before; at--) {
        slot = find_slot(view, at);
        if (slot && slot->valid)
            break;
        slot = NULL;
    }
    if (!slot)
        return none(QUALITY_INVALID_INPUT);
    double change = value->number - slot->value;
    if (node->op == EXPRESSION_RATE)
        change = change * node->number / (double)(at_ms - slot->at_ms);
    return result_of(change, worse(value->quality, slot->worst_valid));
}

/* ---- a step ---- */

static struct expression_value
compute(const struct expression_node *node, const struct expression_value *results)
{
    double args[3] = {0}, number;
    uint8_t quality = QUALITY_GOOD;
    bool is_if = node->op == EXPRESSION_IF;
    if (is_if && quality_is_valid(results[node->args[0]].quality)) {
        const struct expression_value *condition = &results[node->args[0]];
        struct expression_value taken = results[node->args[condition->number != 0 ? 1 : 2]];
        taken.quality = worse(taken.quality, condition->quality);
        return taken;
    }
    for (unsigned i = 0; i < (is_if ? 1 : node->count); i++) {
        args[i] = results[node->args[i]].number;
        quality = worse(quality, results[node->args[i]].quality);
    }
    if (!quality_is_valid(quality))
        return none(quality);
    if (!expression_compute(node, args, &number))
        return none(QUALITY_NOT_A_NUMBER);
    return (struct expression_value){number, quality};
}

static struct expression_value
read_input(const struct expression_value *input)
{
    if (!quality_is_valid(input->quality))
        return none(input->quality);
    return result_of(input->number, input->quality);
}

struct expression_value
expression_step(const struct expression *expression, struct expression_state *state,
                const struct expression_value *inputs, int64_t at_ms)
{
    struct expression_value results[EXPRESSION_NODES];
    if (at_ms < state->at_ms)
        expression_begin(state, expression, state->slots);
    state->at_ms = at_ms;
    unsigned i = 0;
    do { /* there is one node at least */
        const struct expression_node *node = &expression->nodes[i];
        if (node->op == EXPRESSION_CONSTANT) {
            results[i] = (struct expression_value){node->number, QUALITY_GOOD};
        } else if (node->op == EXPRESSION_INPUT) {
            results[i] = read_input(&inputs[node->at]);
        } else if (node->op < EXPRESSION_WINDOW) {
            results[i] = compute(node, results);
        } else {
            struct view view = view_of(expression, state, node->at, at_ms);
            const struct expression_value *value = &results[node->args[0]];
            feed(&view, node->op, value, at_ms);
            results[i] = node->op < EXPRESSION_DELTA ? over_window(&view, node->op)
                                                     : since_window(&view, node, value, at_ms);
        }
    } while (++i < expression->node_count);
    return results[i - 1];
}

/* ---- saved state: [1, print, time of the last step or null, windows: [slots: [how many slots ago,
 * ms from its start to its newest valid step, value, valid, worst valid, worst]]], old slots first
 * ---- */

#define SAVED_VERSION   1
#define SAVED_HEAD      32
#define SAVED_SLOT_SIZE 32
#define SAVED_AT_MAX    (1LL << 53) /* ms */

size_t
expression_saved_size(const struct expression *expression)
{
    return SAVED_HEAD + all_slots(expression) * SAVED_SLOT_SIZE + 8u * expression->window_count;
}

static void
save_window(const struct view *view, struct buf *buf)
{
    size_t count = 0;
    for (uint32_t i = 0; i < view->size; i++)
        count += find_slot(view, view->now - i) != NULL;
    cbor_put_array(buf, count);
    for (uint32_t ago = view->size; ago-- > 0;) {
        const struct expression_slot *slot = find_slot(view, view->now - ago);
        if (!slot)
            continue;
        int64_t start_ms = slot->number * view->window->slot_ms;
        cbor_put_array(buf, 6);
        cbor_put_natural(buf, ago);
        cbor_put_natural(buf, slot->valid ? (uint64_t)(slot->at_ms - start_ms) : 0);
        cbor_put_double(buf, slot->value);
        cbor_put_natural(buf, slot->valid);
        cbor_put_natural(buf, slot->worst_valid);
        cbor_put_natural(buf, slot->worst);
    }
}

void
expression_save(const struct expression *expression, const struct expression_state *state,
                struct buf *buf)
{
    bool has_steps = state->at_ms != INT64_MIN;
    cbor_put_array(buf, 4);
    cbor_put_natural(buf, SAVED_VERSION);
    cbor_put_natural(buf, expression->print);
    if (has_steps)
        cbor_put_integer(buf, state->at_ms);
    else
        cbor_put_null(buf);
    cbor_put_array(buf, has_steps ? expression->window_count : 0);
    for (unsigned i = 0; has_steps && i < expression->window_count; i++) {
        struct view view = view_of(expression, state, i, state->at_ms);
        save_window(&view, buf);
    }
}

static uint64_t
take_natural(struct cbor_cursor *cursor, uint64_t most)
{
    uint64_t natural = cbor_take_natural(cursor);
    if (natural > most)
        cursor->failed = true;
    return cursor->failed ? 0 : natural;
}

static void
load_window(const struct view *view, struct cbor_cursor *cursor, bool changes)
{
    size_t count = cbor_take_array(cursor);
    uint64_t ago = view->size;
    for (size_t i = 0; i < count && !cursor->failed; i++) {
        if (cbor_take_array(cursor) != 6 || ago == 0) {
            cursor->failed = true;
            return;
        }
        ago = take_natural(cursor, ago - 1);
        struct expression_slot slot = {.number = view->now - (int64_t)ago};
        slot.at_ms = slot.number * view->window->slot_ms +
                     (int64_t)take_natural(cursor, (uint64_t)view->window->slot_ms - 1);
        slot.value = cbor_take_double(cursor);
        slot.valid = (uint32_t)take_natural(cursor, UINT32_MAX);
        slot.worst_valid = (uint8_t)take_natural(cursor, UINT8_MAX);
        slot.worst = (uint8_t)take_natural(cursor, UINT8_MAX);
        if (isnan(slot.value))
            cursor->failed = true;
        if (changes && !cursor->failed)
            *place_of(view, slot.number) = slot;
    }
}

static bool
load_pass(const struct expression *expression, struct expression_state *state,
          struct cbor_cursor *cursor, bool changes)
{
    if (cbor_take_array(cursor) != 4 || cbor_take_natural(cursor) != SAVED_VERSION ||
        cbor_take_natural(cursor) != expression->print)
        return false;
    bool has_steps = !cbor_take_null(cursor);
    int64_t at_ms = has_steps ? cbor_take_integer(cursor) : INT64_MIN;
    bool is_time = !has_steps || (at_ms > -SAVED_AT_MAX && at_ms < SAVED_AT_MAX);
    if (cbor_take_array(cursor) != (has_steps ? expression->window_count : 0u) || !is_time ||
        cursor->failed)
        return false;
    if (changes)
        expression_begin(state, expression, state->slots);
    for (unsigned i = 0; has_steps && i < expression->window_count; i++) {
        struct view view = view_of(expression, state, i, at_ms);
        load_window(&view, cursor, changes);
    }
    if (changes)
        state->at_ms = at_ms;
    return !cursor->failed;
}

bool
expression_load(const struct expression *expression, struct expression_state *state,
                struct cbor_cursor *cursor)
{
    struct cbor_cursor first = *cursor;
    return load_pass(expression, state, &first, false) &&
           load_pass(expression, state, cursor, true);
}
