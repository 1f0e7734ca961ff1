/* Random expressions against a reference: a tree that is printed as text with no more parentheses
 * than needed, and evaluated by itself, windows from the whole history. What windows add up is
 * whole numbers, so that both must agree to the last bit. */
#include "tests/unit/expression_points.h"

#include "daemon/assess/assess.h"

#define STEPS       60
#define TREES       3000
#define PARTS_MAX   80
#define WINDOW_STEP 1000

enum form { NUMBER, POINT, UNARY, BINARY, CALL, WINDOW };

struct part {
    enum form form;
    enum expression_op op;
    int level; /* of binding: 1 or .. 8 primary */
    double number;
    const char *point;
    int count, args[3];
    int seconds;                            /* of a window */
    struct expression_value history[STEPS]; /* of a window's argument */
};

static struct part parts[PARTS_MAX];
static int part_count;
static uint64_t seed = 20261121;

static unsigned
draw(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

/* ---- making ---- */

static int make_number(int depth, bool whole);
static int make_truth(int depth);

static int
add(struct part part)
{
    assert_true(part_count < PARTS_MAX);
    parts[part_count] = part;
    return part_count++;
}

static int
make_leaf(bool point_only)
{
    static const char *const NAMES[] = {"a", "b", "c", "a-b", "min"};
    if (point_only || draw(3))
        return add((struct part){.form = POINT, .level = 8, .point = NAMES[draw(5)]});
    return add((struct part){.form = NUMBER, .level = 8, .number = draw(9)});
}

static int
make_binary(enum expression_op op, int level, int left, int right)
{
    return add(
        (struct part){.form = BINARY, .op = op, .level = level, .count = 2, .args = {left, right}});
}

static int
make_window(void)
{
    static const enum expression_op OPS[] = {EXPRESSION_AVG, EXPRESSION_LEAST, EXPRESSION_MOST,
                                             EXPRESSION_DELTA};
    int left = make_leaf(true), right = make_number(1, true);
    int inner = make_binary(EXPRESSION_ADD, 5, left, right);
    return add((struct part){.form = WINDOW,
                             .op = OPS[draw(4)],
                             .level = 8,
                             .count = 1,
                             .args = {inner},
                             .seconds = (int)draw(12) + 1});
}

static int
make_call(int depth, bool whole)
{
    struct part part = {.form = CALL, .level = 8, .count = 2};
    unsigned which = draw(whole ? 3 : 5);
    part.op = (const enum expression_op[]){EXPRESSION_MIN, EXPRESSION_MAX, EXPRESSION_ABS,
                                           EXPRESSION_CLAMP, EXPRESSION_IF}[which];
    part.count = which < 2 ? 2 : which == 2 ? 1 : 3;
    for (int i = 0; i < part.count; i++)
        part.args[i] = which == 4 && i == 0 ? make_truth(depth - 1) : make_number(depth - 1, whole);
    return add(part);
}

/* `whole`: no divisions, roots and windows. */
static int
make_number(int depth, bool whole)
{
    unsigned which = draw(10);
    if (depth <= 0 || which == 0)
        return make_leaf(false);
    if (which < 6) {
        unsigned op = draw(whole ? 3 : 4);
        int left = make_number(depth - 1, whole), right = make_number(depth - 1, whole);
        return make_binary(EXPRESSION_ADD + op, op < 2 ? 5 : 6, left, right);
    }
    if (which == 6) {
        struct part part = {.form = UNARY, .op = EXPRESSION_NEGATE, .level = 7, .count = 1};
        part.args[0] = make_number(depth - 1, whole);
        return add(part);
    }
    if (which == 7 && !whole) {
        struct part part = {.form = CALL, .op = EXPRESSION_SQRT, .level = 8, .count = 1};
        part.args[0] = make_number(depth - 1, whole);
        return add(part);
    }
    return which == 8 && !whole ? make_window() : make_call(depth, whole);
}

static int
make_truth(int depth)
{
    unsigned which = depth <= 0 ? 3 : draw(5);
    if (which == 0) {
        struct part part = {.form = UNARY, .op = EXPRESSION_NOT, .level = 3, .count = 1};
        part.args[0] = make_truth(depth - 1);
        return add(part);
    }
    if (which < 3) {
        int left = make_truth(depth - 1), right = make_truth(depth - 1);
        return make_binary(which == 1 ? EXPRESSION_AND : EXPRESSION_OR, which == 1 ? 2 : 1, left,
                           right);
    }
    if (which == 3)
        return add((struct part){.form = POINT, .level = 8, .point = draw(2) ? "on" : "off"});
    int left = make_number(depth - 1, false), right = make_number(depth - 1, false);
    return make_binary(EXPRESSION_BELOW + draw(6), 4, left, right);
}

/* ---- printing ---- */

static const char *
word_of(enum expression_op op)
{
    switch (op) {
    case EXPRESSION_ADD: return " + ";
    case EXPRESSION_SUBTRACT: return " - ";
    case EXPRESSION_MULTIPLY: return "*";
    case EXPRESSION_DIVIDE: return " / ";
    case EXPRESSION_BELOW: return " < ";
    case EXPRESSION_AT_MOST: return "<=";
    case EXPRESSION_ABOVE: return " > ";
    case EXPRESSION_AT_LEAST: return ">=";
    case EXPRESSION_EQUAL: return " == ";
    case EXPRESSION_UNEQUAL: return "!=";
    case EXPRESSION_AND: return " and ";
    case EXPRESSION_OR: return " or ";
    case EXPRESSION_NEGATE: return "-";
    case EXPRESSION_NOT: return "not ";
    case EXPRESSION_MIN:
    case EXPRESSION_LEAST: return "min";
    case EXPRESSION_MAX:
    case EXPRESSION_MOST: return "max";
    case EXPRESSION_ABS: return "abs";
    case EXPRESSION_SQRT: return "sqrt";
    case EXPRESSION_CLAMP: return "clamp";
    case EXPRESSION_IF: return "if";
    case EXPRESSION_AVG: return "avg";
    default: return "delta";
    }
}

static void
print(struct buf *buf, int at, int level)
{
    const struct part *part = &parts[at];
    bool encloses = part->level < level || draw(12) == 0;
    if (encloses)
        buf_text(buf, "(");
    if (part->form == NUMBER) {
        buf_printf(buf, "%g", part->number);
    } else if (part->form == POINT) {
        buf_text(buf, part->point);
    } else if (part->form == UNARY) {
        buf_text(buf, word_of(part->op));
        print(buf, part->args[0], part->level);
    } else if (part->form == BINARY) {
        bool chains = part->level != 4; /* a comparison has none on either side */
        print(buf, part->args[0], chains ? part->level : 5);
        buf_text(buf, word_of(part->op));
        print(buf, part->args[1], part->level + 1);
    } else {
        buf_printf(buf, "%s(", word_of(part->op));
        for (int i = 0; i < part->count; i++) {
            buf_text(buf, i ? ", " : "");
            print(buf, part->args[i], 0);
        }
        if (part->form == WINDOW)
            buf_printf(buf, ", %d s", part->seconds);
        buf_text(buf, ")");
    }
    if (encloses)
        buf_text(buf, ")");
}

/* ---- the reference ---- */

static struct expression_value input[POINT_COUNT];

static int
rank(uint8_t quality)
{
    return quality_is_valid(quality) ? quality : 1000 + quality;
}

static uint8_t
worst_of(uint8_t a, uint8_t b)
{
    return rank(a) >= rank(b) ? a : b;
}

static struct expression_value
checked(double number, uint8_t quality)
{
    if (rank(quality) >= 1000)
        return (struct expression_value){NAN, quality};
    if (!isfinite(number))
        return (struct expression_value){NAN, QUALITY_NOT_A_NUMBER};
    return (struct expression_value){number, quality};
}

/* Steps come each second, so that step i of a window's history is i s old. */
static struct expression_value
look_back(const struct part *part, int now)
{
    uint8_t worst_valid = QUALITY_GOOD, worst = QUALITY_GOOD;
    int valid = 0;
    double sum = 0, least = INFINITY, most = -INFINITY;
    for (int i = now - part->seconds + 1; i <= now; i++) {
        if (i < 0)
            continue;
        struct expression_value then = part->history[i];
        if (rank(then.quality) >= 1000) {
            worst = worst_of(worst, then.quality);
            continue;
        }
        valid++;
        worst_valid = worst_of(worst_valid, then.quality);
        sum += then.number;
        least = fmin(least, then.number);
        most = fmax(most, then.number);
    }
    if (valid < 0.75 * part->seconds)
        return (struct expression_value){NAN, worst ? worst : QUALITY_INVALID_INPUT};
    return checked(part->op == EXPRESSION_AVG     ? sum / valid
                   : part->op == EXPRESSION_LEAST ? least
                                                  : most,
                   worst_valid);
}

static struct expression_value
change(const struct part *part, int now)
{
    int quarter = (part->seconds + 3) / 4, oldest = now - part->seconds;
    struct expression_value last = part->history[now];
    oldest -= quarter > 2 ? quarter : 2;
    if (rank(last.quality) >= 1000)
        return last;
    for (int i = now - part->seconds; i >= oldest && i >= 0; i--)
        if (rank(part->history[i].quality) < 1000)
            return checked(last.number - part->history[i].number,
                           worst_of(last.quality, part->history[i].quality));
    return (struct expression_value){NAN, QUALITY_INVALID_INPUT};
}

static double
calculate(enum expression_op op, double a, double b, double c)
{
    switch (op) {
    case EXPRESSION_ADD: return a + b;
    case EXPRESSION_SUBTRACT: return a - b;
    case EXPRESSION_MULTIPLY: return a * b;
    case EXPRESSION_DIVIDE: return a / b;
    case EXPRESSION_BELOW: return a < b;
    case EXPRESSION_AT_MOST: return !(a > b);
    case EXPRESSION_ABOVE: return b < a;
    case EXPRESSION_AT_LEAST: return !(a < b);
    case EXPRESSION_EQUAL: return !(a < b || a > b);
    case EXPRESSION_UNEQUAL: return a < b || a > b;
    case EXPRESSION_AND: return a + b == 2;
    case EXPRESSION_OR: return a + b > 0;
    case EXPRESSION_NEGATE: return -a;
    case EXPRESSION_NOT: return 1 - a;
    case EXPRESSION_MIN: return a <= b ? a : b;
    case EXPRESSION_MAX: return a >= b ? a : b;
    case EXPRESSION_ABS: return a < 0 ? -a : a + 0;
    case EXPRESSION_SQRT: return sqrt(a);
    default: return b > c ? NAN : a < b ? b : a > c ? c : a;
    }
}

static struct expression_value
evaluate(int at, int now)
{
    struct part *part = &parts[at];
    struct expression_value args[3] = {{0}};
    uint8_t quality = QUALITY_GOOD;
    if (part->form == NUMBER)
        return checked(part->number, QUALITY_GOOD);
    if (part->form == POINT)
        return checked(input[index_of(part->point)].number, input[index_of(part->point)].quality);
    for (int i = 0; i < part->count; i++) /* all of them: windows within see every step */
        args[i] = evaluate(part->args[i], now);
    if (part->form == WINDOW) {
        part->history[now] = args[0];
        return part->op == EXPRESSION_DELTA ? change(part, now) : look_back(part, now);
    }
    if (part->op == EXPRESSION_IF) {
        if (rank(args[0].quality) >= 1000)
            return args[0];
        struct expression_value taken = args[args[0].number == 1 ? 1 : 2];
        return checked(taken.number, worst_of(taken.quality, args[0].quality));
    }
    for (int i = 0; i < part->count; i++)
        quality = worst_of(quality, args[i].quality);
    return checked(calculate(part->op, args[0].number, args[1].number, args[2].number), quality);
}

/* ---- both ---- */

static void
draw_inputs(void)
{
    static const uint8_t QUALITIES[] = {QUALITY_FROZEN, QUALITY_SET, QUALITY_CALIBRATION,
                                        QUALITY_TIMEOUT};
    for (size_t i = 0; i < POINT_COUNT; i++) {
        bool is_truth = *POINTS[i].unit == '?';
        input[i].number = is_truth ? draw(2) : (double)draw(21) - 8;
        input[i].quality = draw(25) ? QUALITY_GOOD : QUALITIES[draw(4)];
    }
}

/* Returns how many results were valid. */
static int
compare(const struct expression *expression, int root, const char *text)
{
    struct expression_state state;
    int valid = 0;
    void *memory = malloc(expression_memory(expression) + 1);
    assert_non_null(memory);
    expression_begin(&state, expression, memory);
    for (int now = 0; now < STEPS; now++) {
        draw_inputs();
        struct expression_value wanted = evaluate(root, now);
        struct expression_value value = step_of(expression, &state, input,
                                                1700000000000 + now * WINDOW_STEP);
        bool same = value.number == wanted.number || (isnan(value.number) && isnan(wanted.number));
        if (!same || value.quality != wanted.quality)
            fail_msg("%s\nstep %d: %.17g (%u) is not %.17g (%u)", text, now, value.number,
                     value.quality, wanted.number, wanted.quality);
        valid += quality_is_valid(value.quality);
    }
    free(memory);
    return valid;
}

/* What a random expression may be refused for. */
static bool
is_random_mistake(const char *text)
{
    static const char *const PARTS[] = {"too long",   "too deep",  "more than 8 windows",
                                        "below zero", "low bound", "divides by zero"};
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++)
        if (strstr(text, PARTS[i]))
            return true;
    return false;
}

struct tally {
    int compiled, windows, valid;
};

static void
try_one(int root, struct tally *tally)
{
    static struct expression expression;
    struct expression_mistake mistake;
    struct expression_terms terms = terms_of(WINDOW_STEP, NULL);
    char text[2000];
    struct buf buf;
    buf_init(&buf, text, sizeof text);
    print(&buf, root, 0);
    if (expression_compile(buf_string(&buf), &terms, &expression, &mistake)) {
        tally->compiled++;
        tally->windows += expression.window_count;
        tally->valid += compare(&expression, root, text);
    } else if (!is_random_mistake(mistake.text)) {
        fail_msg("%s: column %u: %s", text, mistake.column, mistake.text);
    }
}

static void
test_against_reference(void **state)
{
    struct tally tally = {0};
    (void)state;
    for (int i = 0; i < TREES; i++) {
        part_count = 0;
        try_one(i % 3 ? make_number(4, false) : make_truth(4), &tally);
    }
    print_message("%d of %d compiled, %d windows, %d results valid\n", tally.compiled, TREES,
                  tally.windows, tally.valid);
    assert_true(tally.compiled > TREES * 3 / 4);
    assert_true(tally.windows > TREES / 4);
    assert_true(tally.valid > tally.compiled * STEPS / 3);
}

static void
run_once(const struct expression *expression)
{
    struct expression_state state;
    void *memory = malloc(expression_memory(expression) + 1);
    assert_non_null(memory);
    expression_begin(&state, expression, memory);
    draw_inputs();
    struct expression_value value = step_of(expression, &state, input, 1000);
    assert_true(quality_is_valid(value.quality) == !isnan(value.number));
    assert_true(!isinf(value.number));
    free(memory);
}

/* A mistake with a place inside the text, or an expression that runs. */
static bool
try_text(const char *text)
{
    static struct expression expression;
    struct expression_mistake mistake = {.column = 0};
    struct expression_terms terms = terms_of(WINDOW_STEP, NULL);
    if (expression_compile(text, &terms, &expression, &mistake)) {
        run_once(&expression);
        return true;
    }
    if (mistake.column < 1 || mistake.column > strlen(text) + 1 || !*mistake.text)
        fail_msg("%s: column %u: %s", text, mistake.column, mistake.text);
    return false;
}

static void
test_any_text(void **state)
{
    static const char *const WORDS[] = {"a",  " ",   "so2",  "5 ",   "kW",  "(",    ")",
                                        ",",  "-",   "min",  "avg(", "10 ", "min)", "<",
                                        "==", "if(", "on",   "*",    "/",   "and ", "not ",
                                        "温", ".",   "\x80", "e3",   "%",   "+"};
    int compiled = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        char text[100] = "";
        for (unsigned count = draw(9) + 1; count; count--)
            strcat(text, WORDS[draw(sizeof WORDS / sizeof *WORDS)]);
        compiled += try_text(text);
    }
    assert_true(compiled > 1000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_reference),
        cmocka_unit_test(test_any_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
