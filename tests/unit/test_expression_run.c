/* Qualities, windows at their edges, saved state. */
#include "tests/unit/expression_points.h"

#include "daemon/assess/assess.h"

#define STEPS_MAX 4000

/* An expression with its state, and the point a it is fed with. */
struct run {
    struct expression expression;
    struct expression_state state;
    void *memory;
    struct expression_value values[POINT_COUNT];
};

static void
begin(struct run *run, const char *text, int64_t step_ms)
{
    compile(&run->expression, text, step_ms);
    size_t size = expression_memory(&run->expression);
    run->memory = malloc(size + 1);
    assert_non_null(run->memory);
    memset(run->memory, 0xA5, size + 1);
    expression_begin(&run->state, &run->expression, run->memory);
    memset(run->values, 0, sizeof run->values);
}

static void
end(struct run *run)
{
    assert_int_equal(((uint8_t *)run->memory)[expression_memory(&run->expression)], 0xA5);
    free(run->memory);
}

static void
set(struct run *run, const char *name, double number, enum quality quality)
{
    run->values[index_of(name)] = (struct expression_value){number, (uint8_t)quality};
}

static struct expression_value
step(struct run *run, int64_t at_ms)
{
    return step_of(&run->expression, &run->state, run->values, at_ms);
}

/* One step with a = number. */
static struct expression_value
step_a(struct run *run, int64_t at_ms, double number, enum quality quality)
{
    set(run, "a", number, quality);
    return step(run, at_ms);
}

static void
assert_good(struct expression_value value, double wanted)
{
    if (value.quality != QUALITY_GOOD || value.number != wanted)
        fail_msg("%.17g (quality %u) is not %.17g", value.number, value.quality, wanted);
}

static void
assert_none(struct expression_value value, enum quality quality)
{
    assert_int_equal(value.quality, quality);
    assert_true(isnan(value.number));
}

static struct expression_value
once(const char *text, enum quality a, enum quality b, double on)
{
    struct run run;
    begin(&run, text, 1000);
    set(&run, "a", 6, a);
    set(&run, "b", 0, b);
    set(&run, "on", on, QUALITY_GOOD);
    struct expression_value value = step(&run, 0);
    end(&run);
    return value;
}

static void
test_worst_reason(void **state)
{
    (void)state;
    assert_good(once("a + b", QUALITY_GOOD, QUALITY_GOOD, 0), 6);
    assert_none(once("a + b", QUALITY_TIMEOUT, QUALITY_GOOD, 0), QUALITY_TIMEOUT);
    assert_none(once("a + b", QUALITY_MAINTENANCE, QUALITY_TIMEOUT, 0), QUALITY_TIMEOUT);
    assert_none(once("a + b", QUALITY_TIMEOUT, QUALITY_MAINTENANCE, 0), QUALITY_TIMEOUT);
    assert_none(once("max(a, b)", QUALITY_GOOD, QUALITY_CALIBRATION, 0), QUALITY_CALIBRATION);
    assert_none(once("a > 3 or b > 3", QUALITY_GOOD, QUALITY_FAULT, 0), QUALITY_FAULT);
    assert_none(once("a < 3 and b > 3", QUALITY_GOOD, QUALITY_FAULT, 0), QUALITY_FAULT);
    assert_none(once("a * 0", QUALITY_FAULT, QUALITY_GOOD, 0), QUALITY_FAULT);

    struct expression_value frozen = once("a + b", QUALITY_GOOD, QUALITY_FROZEN, 0);
    assert_true(frozen.quality == QUALITY_FROZEN && frozen.number == 6);
    frozen = once("a + b", QUALITY_CLOCK_UNKNOWN, QUALITY_FROZEN, 0);
    assert_true(frozen.quality == QUALITY_CLOCK_UNKNOWN && frozen.number == 6);
    /* `set` has a lower number than `frozen`, but is not valid */
    assert_none(once("a + b", QUALITY_SET, QUALITY_FROZEN, 0), QUALITY_SET);
    assert_none(once("a + b", QUALITY_FROZEN, QUALITY_SUBSTITUTED, 0), QUALITY_SUBSTITUTED);
}

static void
test_branch_taken(void **state)
{
    (void)state;
    assert_good(once("if(on, a, b)", QUALITY_GOOD, QUALITY_TIMEOUT, 1), 6);
    assert_none(once("if(on, a, b)", QUALITY_GOOD, QUALITY_TIMEOUT, 0), QUALITY_TIMEOUT);
    assert_good(once("if(on, 1, a / b)", QUALITY_GOOD, QUALITY_GOOD, 1), 1);
    assert_none(once("if(on, 1, a / b)", QUALITY_GOOD, QUALITY_GOOD, 0), QUALITY_NOT_A_NUMBER);
    assert_good(once("if(b > 0, a / b, 0)", QUALITY_GOOD, QUALITY_GOOD, 0), 0);
    assert_none(once("if(b > 0, 1, 2)", QUALITY_GOOD, QUALITY_STANDBY, 0), QUALITY_STANDBY);
    assert_none(once("if(b > 0, a, a)", QUALITY_TIMEOUT, QUALITY_STANDBY, 0), QUALITY_STANDBY);
    struct expression_value value = once("if(b > 0, 1, a)", QUALITY_GOOD, QUALITY_FROZEN, 0);
    assert_true(value.quality == QUALITY_FROZEN && value.number == 6);
}

static void
test_no_number(void **state)
{
    struct run run;
    (void)state;
    assert_none(once("a / b", QUALITY_GOOD, QUALITY_GOOD, 0), QUALITY_NOT_A_NUMBER);
    assert_none(once("b / b", QUALITY_GOOD, QUALITY_GOOD, 0), QUALITY_NOT_A_NUMBER);
    assert_none(once("sqrt(b - a)", QUALITY_GOOD, QUALITY_GOOD, 0), QUALITY_NOT_A_NUMBER);
    assert_none(once("a * 1e308 * 1e308", QUALITY_GOOD, QUALITY_GOOD, 0), QUALITY_NOT_A_NUMBER);
    assert_none(once("clamp(a, a, b)", QUALITY_GOOD, QUALITY_GOOD, 0), QUALITY_NOT_A_NUMBER);
    assert_none(once("a / b > 3", QUALITY_GOOD, QUALITY_GOOD, 0), QUALITY_NOT_A_NUMBER);
    assert_good(once("clamp(a, b, b)", QUALITY_GOOD, QUALITY_GOOD, 0), 0);
    begin(&run, "a", 1000);
    assert_none(step_a(&run, 0, NAN, QUALITY_GOOD), QUALITY_NOT_A_NUMBER);
    assert_none(step_a(&run, 0, INFINITY, QUALITY_GOOD), QUALITY_NOT_A_NUMBER);
    assert_none(step_a(&run, 0, 5, QUALITY_CRC), QUALITY_CRC);
    end(&run);
}

/* ---- windows ---- */

static void
test_mean_at_its_edges(void **state)
{
    struct run run;
    (void)state;
    begin(&run, "avg(a, 10 s)", 1000);
    for (int i = 0; i < 7; i++) /* 75 % of 10 are 8 */
        assert_none(step_a(&run, i * 1000, 1, QUALITY_GOOD), QUALITY_INVALID_INPUT);
    assert_good(step_a(&run, 7000, 1, QUALITY_GOOD), 1);
    assert_good(step_a(&run, 8000, 1, QUALITY_GOOD), 1);
    assert_good(step_a(&run, 9000, 11, QUALITY_GOOD), 2);
    for (int i = 10; i < 19; i++)
        assert_good(step_a(&run, i * 1000, 1, QUALITY_GOOD), 2); /* 11 is within */
    assert_good(step_a(&run, 19000, 1, QUALITY_GOOD), 1);        /* 10 s old: out */
    end(&run);
}

static void
test_extremes(void **state)
{
    struct run run;
    (void)state;
    begin(&run, "max(a, 10 s) - min(a, 10 s)", 1000);
    for (int i = 0; i < 10; i++)
        step_a(&run, i * 1000, 5, QUALITY_GOOD);
    assert_good(step_a(&run, 10000, 8, QUALITY_GOOD), 3);
    assert_good(step_a(&run, 11000, -2, QUALITY_GOOD), 10);
    for (int i = 12; i < 20; i++)
        assert_good(step_a(&run, i * 1000, 5, QUALITY_GOOD), 10);
    assert_good(step_a(&run, 20000, 5, QUALITY_GOOD), 7);
    assert_good(step_a(&run, 21000, 5, QUALITY_GOOD), 0);
    end(&run);
}

static void
test_share_of_truth(void **state)
{
    struct run run;
    (void)state;
    begin(&run, "avg(a > 3, 4 s)", 1000);
    for (int i = 0; i < 6; i++)
        step_a(&run, i * 1000, i < 5 ? 9 : 1, QUALITY_GOOD);
    assert_good(step_a(&run, 6000, 1, QUALITY_GOOD), 0.5);
    assert_null(run.expression.type.unit);
    assert_false(run.expression.type.is_truth);
    end(&run);
}

static void
test_share_of_valid(void **state)
{
    struct run run;
    int64_t at = 0;
    (void)state;
    begin(&run, "avg(a, 8 s)", 1000);
    for (; at < 8000; at += 1000)
        step_a(&run, at, 4, QUALITY_GOOD);
    assert_good(step_a(&run, at, 400, QUALITY_CALIBRATION), 4); /* 7 of 8 */
    assert_good(step_a(&run, at + 1000, 400, QUALITY_STOPPED), 4);
    assert_none(step_a(&run, at + 2000, 400, QUALITY_MAINTENANCE), QUALITY_CALIBRATION);
    for (int i = 3; i < 8; i++)
        assert_none(step_a(&run, at + i * 1000, 4, QUALITY_FROZEN), QUALITY_CALIBRATION);
    struct expression_value value = step_a(&run, at + 8000, 4, QUALITY_GOOD);
    assert_int_equal(value.quality, QUALITY_FROZEN); /* 6 of 8 */
    assert_true(value.number == 4);
    /* steps that did not come count as not valid: 5 of 8, the last of the bad ones is out */
    assert_none(step_a(&run, at + 12000, 4, QUALITY_GOOD), QUALITY_INVALID_INPUT);
    end(&run);
}

static void
test_delta(void **state)
{
    struct run run;
    (void)state;
    begin(&run, "delta(a, 10 s)", 1000);
    for (int i = 0; i < 10; i++)
        assert_none(step_a(&run, i * 1000, i * i, QUALITY_GOOD), QUALITY_INVALID_INPUT);
    for (int i = 10; i < 30; i++)
        assert_good(step_a(&run, i * 1000, i * i, QUALITY_GOOD), i * i - (i - 10) * (i - 10));
    assert_none(step_a(&run, 30000, 900, QUALITY_CRC), QUALITY_CRC);
    for (int i = 31; i < 40; i++)
        step_a(&run, i * 1000, i * i, QUALITY_GOOD);
    /* what stood 10 s ago is that of 29 s, the newest valid one */
    assert_good(step_a(&run, 40000, 1600, QUALITY_GOOD), 1600 - 841);
    /* a quarter of the window (3 slots) is allowed to be missing, not more */
    assert_good(step_a(&run, 53000, 0, QUALITY_GOOD), -1600);
    assert_none(step_a(&run, 67000, 0, QUALITY_GOOD), QUALITY_INVALID_INPUT);
    end(&run);
}

static void
test_rate(void **state)
{
    struct run run;
    (void)state;
    begin(&run, "rate(kwh, 1 h)", 60000);
    assert_string_equal(run.expression.type.unit->key, "kW");
    struct expression_value value = {0};
    for (int i = 0; i <= 90; i++) {
        set(&run, "kwh", 100 + i * 0.5, QUALITY_GOOD); /* 0.5 kWh a minute */
        value = step(&run, i * 60000 + i % 7 * 100);   /* not quite at the minute */
    }
    assert_int_equal(value.quality, QUALITY_GOOD);
    assert_true(fabs(value.number - 30) < 0.01);
    end(&run);
    begin(&run, "rate(volume, 10 min)", 60000);
    assert_string_equal(run.expression.type.unit->key, "m3/h");
    for (int i = 0; i <= 10; i++) {
        set(&run, "volume", i, QUALITY_GOOD);
        value = step(&run, i * 60000);
    }
    assert_good(value, 60);
    end(&run);
}

static void
test_windows_are_fed_unseen(void **state)
{
    struct run run;
    (void)state;
    begin(&run, "if(on, avg(a, 4 s), -1)", 1000);
    for (int i = 0; i < 4; i++)
        assert_good(step_a(&run, i * 1000, 8, QUALITY_GOOD), -1);
    set(&run, "on", 1, QUALITY_GOOD);
    assert_good(step_a(&run, 4000, 4, QUALITY_GOOD), 7);
    end(&run);
}

static void
test_time_goes_back(void **state)
{
    struct run run;
    (void)state;
    begin(&run, "max(a, 4 s)", 1000);
    for (int i = 0; i < 4; i++)
        step_a(&run, 100000 + i * 1000, 8, QUALITY_GOOD);
    assert_good(step_a(&run, 103000, 1, QUALITY_GOOD), 8); /* the same time is not back */
    assert_none(step_a(&run, 102999, 1, QUALITY_GOOD), QUALITY_INVALID_INPUT);
    for (int i = -3; i < 3; i++) /* times before 1970 are times */
        step_a(&run, i * 1000, i, QUALITY_GOOD);
    assert_good(step_a(&run, 3000, -7, QUALITY_GOOD), 2);
    end(&run);
    begin(&run, "max(a, 2 s)", 1000);
    step_a(&run, -500, 9, QUALITY_GOOD);
    assert_good(step_a(&run, 500, 4, QUALITY_GOOD), 9);
    assert_good(step_a(&run, 1500, 3, QUALITY_GOOD), 4);
    end(&run);
}

/* ---- saved state ---- */

static struct buf
save(const struct run *run)
{
    struct buf buf;
    assert_int_equal(buf_new(&buf, expression_saved_size(&run->expression)), 0);
    expression_save(&run->expression, &run->state, &buf);
    assert_false(buf.overflow);
    return buf;
}

static bool
load(struct run *run, const void *bytes, size_t length)
{
    struct cbor_cursor cursor;
    cbor_cursor_init(&cursor, bytes, length);
    return expression_load(&run->expression, &run->state, &cursor);
}

static void
assert_same_state(const struct run *a, const struct run *b)
{
    struct buf first = save(a), second = save(b);
    assert_int_equal(first.length, second.length);
    assert_memory_equal(first.data, second.data, first.length);
    buf_free(&first);
    buf_free(&second);
}

static const char ALL_WINDOWS[] = "avg(a * 0.1, 20 s) + max(a, 10 s) * min(a, 15 s) - delta(a, "
                                  "12 s) + if(a > 50, avg(delta(a, 5 s), 7 s), 0) + "
                                  "rate(kwh, 9 s) / 1 kW";

/* The n-th value: some are not valid, some steps are missing. */
static struct expression_value
step_nth(struct run *run, int i)
{
    static const enum quality QUALITIES[] = {QUALITY_GOOD, QUALITY_FROZEN, QUALITY_TIMEOUT};
    enum quality quality = QUALITIES[i % 17 == 3 ? 1 : i % 23 == 7 ? 2 : 0];
    set(run, "kwh", i * 0.7, QUALITY_GOOD);
    return step_a(run, 1700000000000 + (i + i / 41 * 6) * 1000 + i % 3 * 100, i * i % 97 * 1.1,
                  quality);
}

static void
assert_equal_values(struct expression_value a, struct expression_value b, int at)
{
    if (a.quality != b.quality || !(a.number == b.number || (isnan(a.number) && isnan(b.number))))
        fail_msg("step %d: %.17g (%u) is not %.17g (%u)", at, a.number, a.quality, b.number,
                 b.quality);
}

static void
test_save_at_any_step(void **state)
{
    static struct expression_value wanted[160];
    struct run run, other;
    size_t valid = 0;
    (void)state;
    begin(&run, ALL_WINDOWS, 1000);
    for (int i = 0; i < 160; i++) {
        wanted[i] = step_nth(&run, i);
        valid += quality_is_valid(wanted[i].quality);
    }
    end(&run);
    assert_true(valid > 60 && valid < 150);
    begin(&run, ALL_WINDOWS, 1000);
    for (int stop = 0; stop < 160; stop++) {
        struct buf saved = save(&run);
        begin(&other, ALL_WINDOWS, 1000);
        step_nth(&other, 3); /* what it had before is forgotten */
        assert_true(load(&other, saved.data, saved.length));
        assert_same_state(&run, &other);
        for (int i = stop; i < 160; i++)
            assert_equal_values(step_nth(&other, i), wanted[i], i);
        end(&other);
        buf_free(&saved);
        step_nth(&run, stop);
    }
    end(&run);
}

static void
test_load_refuses(void **state)
{
    struct run run, other;
    (void)state;
    begin(&run, ALL_WINDOWS, 1000);
    begin(&other, ALL_WINDOWS, 1000);
    for (int i = 0; i < 60; i++)
        step_nth(&run, i);
    step_nth(&other, 9);
    struct buf saved = save(&run), before = save(&other);
    for (size_t length = 0; length < saved.length; length++)
        assert_false(load(&other, saved.data, length));
    for (size_t at = 0; at < saved.length; at++) { /* any damage: refused or harmless */
        saved.data[at] ^= 0xFF;
        if (load(&other, saved.data, saved.length)) {
            for (int i = 60; i < 90; i++)
                step_nth(&other, i);
            assert_true(load(&other, before.data, before.length));
        }
        saved.data[at] ^= 0xFF;
        struct buf now = save(&other);
        assert_int_equal(now.length, before.length);
        assert_memory_equal(now.data, before.data, now.length);
        buf_free(&now);
    }
    assert_true(load(&other, saved.data, saved.length));
    assert_same_state(&run, &other);
    buf_free(&saved);
    buf_free(&before);
    end(&run);
    end(&other);
}

static void
test_load_of_another(void **state)
{
    static const struct {
        const char *text;
        int64_t step_ms;
    } OTHERS[] = {{"avg(a, 11 s)", 1000}, {"avg(b - a, 10 s)", 1000}, {"avg(a, 10 s)", 2000}};
    struct run run, other;
    (void)state;
    begin(&run, "avg(a, 10 s)", 1000);
    step_a(&run, 0, 1, QUALITY_GOOD);
    struct buf saved = save(&run);
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; i++) {
        begin(&other, OTHERS[i].text, OTHERS[i].step_ms);
        assert_false(load(&other, saved.data, saved.length));
        end(&other);
    }
    assert_true(load(&run, saved.data, saved.length));
    buf_free(&saved);
    end(&run);
}

static void
test_load_of_nan(void **state)
{
    static const uint8_t ONE[] = {0xF9, 0x3C, 0x00}, NAN_HALF[] = {0xF9, 0x7E, 0x00};
    struct run run;
    (void)state;
    begin(&run, "avg(a, 10 s)", 1000);
    step_a(&run, 0, 1, QUALITY_GOOD);
    struct buf saved = save(&run);
    uint8_t *one = memmem(saved.data, saved.length, ONE, sizeof ONE);
    assert_non_null(one);
    memcpy(one, NAN_HALF, sizeof NAN_HALF);
    assert_false(load(&run, saved.data, saved.length));
    buf_free(&saved);
    end(&run);
}

/* Full windows of large numbers fit into what expression_saved_size() says. */
static void
test_saved_size(void **state)
{
    struct run run;
    (void)state;
    begin(&run, "avg(a, 1 h) + max(a, 6 min) + delta(a, 6 min)", 1000);
    for (int i = 0; i < STEPS_MAX; i++)
        step_a(&run, INT64_C(8999999999999999) - (STEPS_MAX - i) * 1000, i * 1.1e300,
               i % 2 ? QUALITY_CLOCK_UNKNOWN : QUALITY_NO_PORT);
    struct buf saved = save(&run);
    assert_true(saved.length > 360 * 10);
    assert_true(load(&run, saved.data, saved.length));
    buf_free(&saved);
    end(&run);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worst_reason),   cmocka_unit_test(test_branch_taken),
        cmocka_unit_test(test_no_number),      cmocka_unit_test(test_mean_at_its_edges),
        cmocka_unit_test(test_extremes),       cmocka_unit_test(test_share_of_truth),
        cmocka_unit_test(test_share_of_valid), cmocka_unit_test(test_delta),
        cmocka_unit_test(test_rate),           cmocka_unit_test(test_windows_are_fed_unseen),
        cmocka_unit_test(test_time_goes_back), cmocka_unit_test(test_save_at_any_step),
        cmocka_unit_test(test_load_refuses),   cmocka_unit_test(test_load_of_another),
        cmocka_unit_test(test_load_of_nan),    cmocka_unit_test(test_saved_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
