/* Grammar, units, mistakes: what an expression means and where one is wrong. */
#include "tests/unit/expression_points.h"

#include "daemon/value.h"

static struct expression_value
value_of(const char *text, const char *wanted)
{
    static const struct {
        const char *name;
        double number;
    } NUMBERS[] = {
        {"a", 12},
        {"b", 3},
        {"c", 2},
        {"on", 1},
        {"so2", 35},
        {"fan.power", 5},
        {"fan.other-power", 500},
        {"flow", 2000},
        {"nflow", 1500},
        {"t-in", 20},
        {"t-out", 50},
        {"tk", 300},
        {"kwh", 7200},
        {"efficiency", 90},
        {"a-b", 77},
        {"volume", 6},
        {"hours", 3},
        {"mass", 0.07},
        {"min", 4},
        {"speed", 10},
        {"duct", 2},
    };
    struct expression_value values[POINT_COUNT] = {{0}};
    struct expression expression;
    struct expression_mistake mistake;
    struct expression_terms terms = terms_of(1000, wanted);
    struct expression_state state;
    for (size_t i = 0; i < sizeof NUMBERS / sizeof *NUMBERS; i++)
        values[index_of(NUMBERS[i].name)].number = NUMBERS[i].number;
    if (!expression_compile(text, &terms, &expression, &mistake))
        fail_msg("%s: column %u: %s", text, mistake.column, mistake.text);
    assert_int_equal(expression_memory(&expression), 0);
    expression_begin(&state, &expression, NULL);
    return step_of(&expression, &state, values, 1000);
}

static void
assert_gives(const char *text, double wanted)
{
    struct expression_value value = value_of(text, NULL);
    if (value.quality != QUALITY_GOOD || value.number != wanted)
        fail_msg("%s: %.17g (quality %u) is not %.17g", text, value.number, value.quality, wanted);
}

static void
assert_near(const char *text, const char *unit, double wanted)
{
    struct expression_value value = value_of(text, unit);
    if (value.quality != QUALITY_GOOD || fabs(value.number - wanted) > 1e-12 * (fabs(wanted) + 1))
        fail_msg("%s: %.17g (quality %u) is not %.17g", text, value.number, value.quality, wanted);
}

static void
test_precedence(void **state)
{
    (void)state;
    assert_gives("1 + 2 * 3", 7);
    assert_gives("(1 + 2) * 3", 9);
    assert_gives("a - b - c", 7);
    assert_gives("a - (b - c)", 11);
    assert_gives("a / b / c", 2);
    assert_gives("a / b * c", 8);
    assert_gives("a / (b * c)", 2);
    assert_gives("-a + b", -9);
    assert_gives("-(a + b)", -15);
    assert_gives("--a", 12);
    assert_gives("a * -b", -36);
    assert_gives("2 - -a", 14);
    assert_gives("a + b > c * 7", 1);
    assert_gives("a > 3 and b > 4 or c > 1", 1); /* (.. and ..) or .. */
    assert_gives("c > 1 or a > 3 and b > 4", 1); /* .. or (.. and ..) */
    assert_gives("(c > 1 or a > 3) and b > 4", 0);
    assert_gives("not a > 3", 0); /* not (a > 3) */
    assert_gives("not a > 30 and on", 1);
    assert_gives("not not on", 1);
    assert_gives("not (off or on)", 0);
    assert_gives("on == (not off)", 1);
}

static void
test_words(void **state)
{
    (void)state;
    assert_gives("a-b", 77); /* a name */
    assert_gives("a - b", 9);
    assert_gives("a -b", 9);
    assert_gives("\ta\n+\r b ", 15);
    assert_gives("min", 4);
    assert_gives("min + min(min, 1)", 5);
    assert_gives("1.5e2 + 1e-1 + 2E+0", 152.1);
    assert_gives("a+b", 15);
    assert_gives("a*b/c", 18);
    assert_gives("if(a>b,1,2)", 1);
}

static void
test_functions(void **state)
{
    (void)state;
    assert_gives("min(a, b, c)", 2);
    assert_gives("max(c, a, b)", 12);
    assert_gives("max(-a, b - 100)", -12);
    assert_gives("min(hours, 5 h)", 3); /* no window: both are times */
    assert_gives("max(5 h, hours)", 5);
    assert_gives("abs(b - a)", 9);
    assert_gives("sqrt(a * b)", 6);
    assert_gives("clamp(a, 0, 10)", 10);
    assert_gives("clamp(-a, 0, 10)", 0);
    assert_gives("clamp(b, 0, 10)", 3);
    assert_gives("if(on, a, b)", 12);
    assert_gives("if(off, a, b)", 3);
    assert_gives("if(off, on, a > b)", 1);
    assert_gives("a <= 12 and a >= 12 and a == 12 and not a != 12", 1);
    assert_gives("a < 12 or a > 12", 0);
    assert_gives("on != off", 1);
}

static void
test_units_alike(void **state)
{
    (void)state;
    assert_gives("fan.power + fan.other-power", 5.5);
    assert_gives("fan.other-power + fan.power", 5500);
    assert_gives("fan.power > 5000 W", 0);
    assert_gives("fan.power >= 5000W", 1);
    assert_gives("so2 > 35 mg/m3", 0);
    assert_gives("so2 > 34999 ug/m3", 1);
    assert_gives("max(fan.power, fan.other-power, 6 kW)", 6);
    assert_gives("clamp(fan.other-power, 1 kW, 2 kW)", 1000);
    assert_gives("if(on, 5 kW, fan.other-power)", 5);
    assert_gives("if(off, 5 kW, fan.other-power)", 0.5);
    assert_gives("-5 kW + fan.power", 0);
    assert_gives("efficiency < 95 % and efficiency > 899permille", 1);
    assert_near("fan.power", "W", 5000);
    assert_near("fan.power", "MW", 0.005);
    assert_near("5 kW/2", "kW", 2.5);
    assert_near("5 t/h/2", "kg/h", 2500);
    assert_near("5 kW / 2", "W", 2500);
}

static void
test_products(void **state)
{
    (void)state;
    assert_near("so2 * flow", "kg/h", 0.07);
    assert_near("nflow * so2", "g/h", 52.5);
    assert_near("mass / flow", "mg/m3", 35);
    assert_near("fan.power * hours", "kWh", 15);
    assert_near("kwh / hours", "MW", 2.4);
    assert_near("kwh / fan.power", "h", 1440);
    assert_near("speed * duct", "m3/h", 72000);
    assert_near("volume / 3 m", "m2", 2);
    assert_near("volume / 2 h", "m3/h", 3);
    assert_near("fan.power / fan.other-power", NULL, 10); /* without a unit */
    assert_near("sqrt(fan.power / 20 kW)", NULL, 0.5);
    assert_near("(a - b) / a * 100 %", "%", 75);
    assert_near("efficiency * fan.power", "kW", 4.5);
    assert_near("fan.power * 500 permille", "kW", 2.5);
    assert_near("fan.power / 50 %", "kW", 10);
    assert_near("50 % * 50 %", "%", 25);
    assert_near("efficiency / 45 %", NULL, 2);
    assert_near("2 * efficiency", "%", 180);
    assert_near("a / 50 %", NULL, 24);
}

static void
test_temperatures(void **state)
{
    (void)state;
    assert_near("t-out - t-in", "K", 30);
    assert_near("t-out - t-in", "degF", 54); /* a distance */
    assert_near("t-out", "degF", 122);
    assert_near("t-in + 5 K", "degC", 25);
    assert_near("5 K + t-in", "degC", 25);
    assert_near("t-in - 5 K", "K", 288.15);
    assert_near("t-in + (t-out - t-in) / 2", "degC", 35);
    assert_near("t-in + 50 % * (t-out - t-in)", "degC", 35);
    assert_gives("t-out - t-in > 30 degC", 0); /* a number beside a distance is one */
    assert_gives("t-out - t-in > 29.9 K", 1);
    assert_gives("29.9 K < t-out - t-in", 1);
    assert_gives("t-out > 300 K", 1); /* beside a place a place */
    assert_gives("t-out > 323.2 K", 0);
    assert_near("tk / 150 K", NULL, 2);
    assert_near("flow * (300 K / tk)", "m3/h", 2000);
    assert_near("abs(t-in - t-out)", "K", 30);
    assert_near("max(t-in, t-out, 330 K)", "K", 330);
    assert_near("-5 degC", "degC", -5);
    assert_near("if(on, t-out - t-in, 5 degC)", "K", 30);
}

static void
test_folding(void **state)
{
    struct expression expression;
    (void)state;
    compile(&expression, "1 + 2 * 3 - min(4, 5, 6) / sqrt(16)", 1000);
    assert_int_equal(expression.node_count, 1);
    compile(&expression, "a * (60 * 60)", 1000);
    assert_int_equal(expression.node_count, 3);
    compile(&expression, "fan.other-power > 2 kW + 500 W", 1000);
    assert_int_equal(expression.node_count, 3); /* conversion of the constant folded as well */
    compile(&expression, "fan.other-power > fan.power", 1000);
    assert_int_equal(expression.node_count, 4);
    compile(&expression, "a + a * a - b", 1000);
    assert_int_equal(expression.input_count, 2);
    assert_int_equal(expression.inputs[0], index_of("a"));
    assert_int_equal(expression.inputs[1], index_of("b"));
    compile(&expression, "if(1 > 2, a, b)", 1000);
    assert_int_equal(expression.node_count, 4);
}

static void
assert_mistake(const char *text, unsigned column, const char *part)
{
    struct expression expression;
    struct expression_mistake mistake = {.column = 0};
    struct expression_terms terms = terms_of(60000, NULL);
    if (expression_compile(text, &terms, &expression, &mistake))
        fail_msg("%s: no mistake was found", text);
    if (mistake.column != column || !strstr(mistake.text, part))
        fail_msg("%s: column %u: %s\n(wanted: column %u: %s)", text, mistake.column, mistake.text,
                 column, part);
}

static void
test_mistakes_of_grammar(void **state)
{
    (void)state;
    assert_mistake("", 1, "is missing at the end");
    assert_mistake("   ", 4, "a number, a name or '(' is missing at the end");
    assert_mistake("a +", 4, "is missing at the end");
    assert_mistake("a + * b", 5, "is missing before '*'");
    assert_mistake("a b", 3, "an operator is missing before 'b'");
    assert_mistake("(a + b", 7, "')' is missing at the end");
    assert_mistake("a + b)", 6, "an operator is missing before ')'");
    assert_mistake("+a", 1, "is missing before '+'");
    assert_mistake("a = b", 3, "write '=='");
    assert_mistake("!on", 1, "write not");
    assert_mistake("on && off", 4, "write not, and, or");
    assert_mistake("a # b", 3, "'#' cannot stand");
    assert_mistake("a \x01", 3, "control character");
    assert_mistake("on and 温度 > 3", 8, "'温' cannot stand");
    assert_mistake("min（a, b）", 4, "'（' cannot stand");
    assert_mistake("a > 3 ℃", 7, "'℃' cannot stand");
    assert_mistake("1 < a < 3", 7, "do not chain");
    assert_mistake("1.5.2", 1, "is no number");
    assert_mistake("3. + a", 1, "is no number");
    assert_mistake("a + 1e999", 5, "is no number");
    assert_mistake("SO2 > 3", 1, "'SO2' is no name");
    assert_mistake("a + x.y.z", 5, "'x.y.z' is no name");
    assert_mistake("a + x_y", 5, "is no name");
    assert_mistake("a234567890123456789012345678901.b234567890123456789012345678901x", 1,
                   "is no name");
    assert_mistake("a + nothing", 5, "there is no such point");
    assert_mistake("b * (a-c)", 6, "a subtraction has spaces around");
    assert_mistake("a234567890123456789012345678901.b234567890123456789012345678901", 1,
                   "there is no such point");
    assert_mistake("on and off or not", 18, "is missing at the end");
}

static void
test_mistakes_of_calls(void **state)
{
    (void)state;
    assert_mistake("1 + sum(a, b)", 5, "no function 'sum'");
    assert_mistake("min(a)", 6, "',' is missing before ')'");
    assert_mistake("sqrt()", 6, "is missing before ')'");
    assert_mistake("sqrt(a, b)", 7, "')' is missing before ','");
    assert_mistake("if(on, a)", 9, "',' is missing before ')'");
    assert_mistake("clamp(a, 1, 2, 3)", 14, "')' is missing");
    assert_mistake("avg(a)", 6, "',' is missing");
    assert_mistake("avg(a, b)", 8, "a time as written");
    assert_mistake("avg(a, 10)", 8, "a time as written");
    assert_mistake("avg(a, 10 kW)", 8, "a time as written");
    assert_mistake("avg(a, 2 * 5 min)", 8, "a time as written");
    assert_mistake("avg(a, -5 min)", 8, "from 1 s to 24 h");
    assert_mistake("avg(a, 24.1 h)", 8, "from 1 s to 24 h");
    assert_mistake("avg(a, 90.5 s)", 8, "whole seconds");
    assert_mistake("avg(a, 59 s)", 8, "shorter than the step");
    assert_mistake("1 + avg(2, 10 min)", 5, "never changes");
    assert_mistake("delta(on, 1 h)", 1, "wants a number");
    assert_mistake("rate(a, 1 h)", 1, "without a unit");
    assert_mistake("rate(so2, 1 h)", 1, "take delta()");
    assert_mistake("if(a, b, c)", 4, "if() wants a truth");
    assert_mistake("if(on, a, so2)", 1, "one has a unit");
    assert_mistake("if(on, a, off)", 1, "a truth is no number");
}

static void
test_mistakes_of_units(void **state)
{
    (void)state;
    assert_mistake("so2 + fan.power", 5,
                   "'+' of mg/m3 (mass concentration) and kW (power): units of different kinds");
    assert_mistake("so2 > 5 kW", 5, "different kinds");
    assert_mistake("so2 > 5", 5, "one has a unit, the other none");
    assert_mistake("a > 5 %", 3, "one has a unit, the other none");
    assert_mistake("1 + min(a, so2)", 5, "one has a unit");
    assert_mistake("fan.power * so2", 11, "the product has no unit here");
    assert_mistake("1 / fan.power", 3, "the quotient has no unit here");
    assert_mistake("mass / so2", 6, "the quotient has no unit here"); /* flow or standard flow */
    assert_mistake("flow + nflow", 6, "different kinds");
    assert_mistake("sqrt(so2)", 1, "sqrt() of a number in mg/m3");
    assert_mistake("so2 > 5 mg/m4", 9, "is it 'mg/m3'?");
    assert_mistake("a * 5 kW/fan.power", 7, "a division has spaces around");
    assert_mistake("a * 5 widgets", 7, "there is no unit 'widgets'");
    assert_mistake("a * 5e", 6, "there is no unit 'e'");
    assert_mistake("t-in + t-out", 6, "places on a scale are not added");
    assert_mistake("t-in + 5 degC", 6, "places on a scale are not added");
    assert_mistake("(t-out - t-in) - t-in", 16, "a place is not taken from a distance");
    assert_mistake("t-out - t-in > tk", 14, "a place on a scale and a distance");
    assert_mistake("2 * t-in", 5, "only one in K has a true zero");
    assert_mistake("-t-in", 1, "only one in K");
    assert_mistake("abs(t-in)", 1, "only one in K");
    assert_mistake("on + 1", 4, "a truth is no number");
    assert_mistake("2 * on", 5, "a truth is no number");
    assert_mistake("-on", 1, "a truth is no number");
    assert_mistake("on and a", 8, "'and' wants a truth");
    assert_mistake("a or on", 1, "'or' wants a truth");
    assert_mistake("on and not a", 8, "'not' wants a truth");
    assert_mistake("on > off", 4, "a truth is no number");
    assert_mistake("on == 1", 4, "a truth is no number");
    assert_mistake("a + 1 / (2 - 2)", 7, "divides by zero");
    assert_mistake("a / 0", 3, "divides by zero");
    assert_mistake("a * sqrt(-4)", 5, "is of a number below zero");
    assert_mistake("1e300 * 1e300", 7, "too large");
    assert_mistake("clamp(1, 3, 2)", 1, "low bound above");
}

static void
test_wanted(void **state)
{
    struct expression expression;
    struct expression_mistake mistake;
    struct expression_terms terms = terms_of(1000, "%");
    (void)state;
    assert_false(expression_compile("a / b", &terms, &expression, &mistake));
    assert_string_equal(mistake.text,
                        "the expression gives a number without a unit, but % is wanted");
    assert_false(expression_compile("fan.power", &terms, &expression, &mistake));
    assert_non_null(strstr(mistake.text, "gives kW (power), but % (ratio) is wanted"));
    assert_false(expression_compile("on", &terms, &expression, &mistake));
    assert_non_null(strstr(mistake.text, "a truth"));
    assert_true(expression_compile("a / b * 100 %", &terms, &expression, &mistake));
    assert_ptr_equal(expression.type.unit, units_find("%"));
    terms.wanted = NULL;
    assert_true(expression_compile("a > b", &terms, &expression, &mistake));
    assert_true(expression.type.is_truth && !expression.type.unit);
}

/* before x times, then middle, then after x times */
static const char *
nest(const char *before, const char *middle, const char *after, unsigned count)
{
    static char text[4000];
    size_t length = 0;
    *text = '\0';
    for (unsigned i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s", before);
    length += (size_t)snprintf(text + length, sizeof text - length, "%s", middle);
    for (unsigned i = 0; i < count; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s", after);
    assert_true(length < sizeof text);
    return text;
}

static void
test_bounds(void **state)
{
    struct expression expression;
    (void)state;
    compile(&expression, nest("(", "a", ")", 16), 1000);
    assert_mistake(nest("(", "a", ")", 17), 17, "too deep");
    compile(&expression, nest("-", "a", "", 16), 1000);
    assert_mistake(nest("-", "a", "", 17), 17, "too deep");
    compile(&expression, nest("abs(", "a", ")", 16), 1000);
    assert_mistake(nest("abs(", "a", ")", 17), 68, "too deep");
    assert_mistake(nest("not ", "on", "", 17), 65, "too deep");
    assert_mistake(nest("(", "", "", 900), 17, "too deep");
    compile(&expression, nest("(a) + ", "b", "", 31), 1000); /* side by side is not deep */
    assert_int_equal(expression.node_count, 63);
    assert_mistake(nest("a + ", "b", "", 32), 127, "too long: it has more than 64 parts");
    compile(&expression, nest("", "a", " + a", 20), 1000);
    compile(&expression, nest("a + ", "avg(b, 10 min)", "", 7), 1000);
    compile(&expression, nest("avg(a, 10 min) + ", "b", "", 8), 1000);
    assert_mistake(nest("avg(a, 10 min) + ", "b", " + avg(a, 24 h)", 5), 135,
                   "more than 8 windows");
    assert_mistake(nest("", "a", "          ", 101), 1, "longer than 1000 bytes");
    compile(&expression, nest("", "a", "         ", 111), 1000);
}

static void
test_memory(void **state)
{
    static const struct {
        const char *length;
        uint32_t slots, slot_s;
    } WINDOWS[] = {{"1 s", 1, 1},      {"6 min", 360, 1}, {"361 s", 181, 2},
                   {"10 min", 300, 2}, {"1 h", 360, 10},  {"24 h", 360, 240}};
    struct expression expression;
    char text[40];
    (void)state;
    for (size_t i = 0; i < sizeof WINDOWS / sizeof *WINDOWS; i++) {
        snprintf(text, sizeof text, "avg(a, %s)", WINDOWS[i].length);
        compile(&expression, text, 1000);
        assert_int_equal(expression.windows[0].slots, WINDOWS[i].slots);
        assert_int_equal(expression.windows[0].slot_ms, WINDOWS[i].slot_s * 1000);
    }
    compile(&expression, "a", 1000);
    assert_int_equal(expression_memory(&expression), 0);
    compile(&expression, "delta(a, 24 h)", 86400000);
    assert_true(expression_memory(&expression) <= 3 * EXPRESSION_SLOTS * 40 + 80);
}

static const char *
find_any(void *context, const char *name, struct expression_point *ret_point)
{
    (void)context;
    *ret_point = (struct expression_point){.index = (uint32_t)atoi(name + 1)};
    return NULL;
}

static void
test_inputs(void **state)
{
    struct expression expression;
    struct expression_mistake mistake;
    struct expression_terms terms = {.find = find_any, .step_ms = 1000};
    char text[400] = "max(p100";
    (void)state;
    for (unsigned i = 1; i < EXPRESSION_INPUTS; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), ", p%u", i + 100);
    char *end = text + strlen(text);
    strcpy(end, ")");
    assert_true(expression_compile(text, &terms, &expression, &mistake));
    assert_int_equal(expression.input_count, EXPRESSION_INPUTS);
    assert_int_equal(expression.inputs[31], 131);
    strcpy(end, ", p132)");
    assert_false(expression_compile(text, &terms, &expression, &mistake));
    assert_non_null(strstr(mistake.text, "more than 32 points"));
    assert_int_equal(mistake.column, end + 3 - text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_units_alike),
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_temperatures),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_mistakes_of_grammar),
        cmocka_unit_test(test_mistakes_of_calls),
        cmocka_unit_test(test_mistakes_of_units),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_inputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
