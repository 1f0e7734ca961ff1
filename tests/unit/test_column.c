/* Columns: what goes in comes out, to the bit, in each form and by each predictor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/store/column.c"

#include <float.h>
#include <stdlib.h>

#define MANY 70000

static uint64_t words[MANY], scratch[MANY];
static uint8_t memory[8 * MANY];
static struct column_head head; /* of the column last put */

static uint64_t
draw(void)
{
    static uint64_t state = 20240607;

    state += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    uint64_t mixed = (state ^ state >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ mixed >> 31;
}

/* The planes lie in memory of just their size, so that a sanitizer sees a read past them. */
static void
expect_back(enum column_kind kind, size_t rows)
{
    struct buf planes;
    struct column column;

    memcpy(scratch, words, rows * sizeof *words);
    buf_init(&planes, memory, sizeof memory);
    head = column_put(&planes, kind, scratch, rows);
    assert_false(planes.overflow);
    assert_int_equal(planes.length, (head.width & 15) * (rows - 1));
    uint8_t *exact = malloc(planes.length > 0 ? planes.length : 1);
    assert_non_null(exact);
    if (planes.length > 0)
        memcpy(exact, memory, planes.length);
    struct bytes bytes = {exact, exact + planes.length, false};
    assert_true(column_take(&head, &bytes, rows, &column));
    assert_ptr_equal(bytes.at, bytes.end);
    for (size_t i = 0; i < rows; i++)
        assert_int_equal(column_next(&column), words[i]);
    assert_int_equal(column_next(&column), 0);
    free(exact);
}

static void
expect_doubles(const double *numbers, size_t rows, enum form form)
{
    for (size_t i = 0; i < rows; i++)
        words[i] = as_word(numbers[i]);
    expect_back(COLUMN_DOUBLE, rows);
    assert_int_equal(head.form >> 4, form);
}

#define EXPECT_DOUBLES(form, ...)                                                                  \
    expect_doubles((const double[]){__VA_ARGS__},                                                  \
                   sizeof((const double[]){__VA_ARGS__}) / sizeof(double), form)

/* ---- integers ---- */

static void
test_integers_at_the_edges(void **state)
{
    (void)state;
    static const int64_t EDGES[] = {0,         1,         -1, INT64_MIN, INT64_MAX,     INT64_MIN,
                                    INT64_MAX, INT64_MAX, 0,  INT64_MIN, INT64_MIN + 1, -1};

    for (size_t i = 0; i < sizeof EDGES / sizeof *EDGES; i++)
        words[i] = (uint64_t)EDGES[i];
    expect_back(COLUMN_INTEGER, sizeof EDGES / sizeof *EDGES);
    assert_int_equal(head.form, FORM_WHOLE << 4);
}

static void
test_naturals_that_wrap(void **state)
{
    (void)state;
    for (size_t i = 0; i < 100; i++)
        words[i] = UINT64_MAX - 49 + i; /* passes zero at row 50 */
    expect_back(COLUMN_INTEGER, 100);
    assert_int_equal(head.width & 15, 1);
    for (size_t i = 0; i < 100; i++)
        words[i] = i % 2 == 0 ? UINT64_MAX : 0;
    expect_back(COLUMN_INTEGER, 100);
    for (size_t i = 0; i < 100; i++)
        words[i] = i * (UINT64_MAX / 3); /* the step itself wraps */
    expect_back(COLUMN_INTEGER, 100);
    assert_int_equal(head.width >> 4, PREDICT_STEP);
}

static void
test_each_predictor_and_width(void **state)
{
    (void)state;
    for (unsigned width = 1; width <= 8; width++) {
        uint64_t most = UINT64_MAX >> (64 - 8 * width);
        for (size_t i = 0; i < 500; i++)
            words[i] = unfold(draw() & most);
        words[7] = unfold(most);
        expect_back(COLUMN_INTEGER, 500);
        assert_int_equal(head.width, PREDICT_NOTHING << 4 | width);
        for (size_t i = 1; i < 500; i++)
            words[i] = words[i - 1] + unfold(draw() & most);
        words[499] = words[498] + unfold(most);
        expect_back(COLUMN_INTEGER, 500);
        if (width < 8) /* of 64 random bits nothing is told by the one before */
            assert_int_equal(head.width, PREDICT_SAME << 4 | width);
        uint64_t step = INT64_MAX / 5;
        for (size_t i = 1; i < 500; i++, words[i - 1] = words[i - 2] + step)
            step += unfold(draw() & most >> 9);
        if (width > 1 && width < 8) {
            expect_back(COLUMN_INTEGER, 500);
            assert_int_equal(head.width >> 4, PREDICT_STEP);
        }
    }
}

static void
test_a_constant_needs_no_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        words[i] = 42;
    expect_back(COLUMN_INTEGER, MANY);
    assert_int_equal(head.width & 15, 0);
    for (size_t i = 0; i < MANY; i++)
        words[i] = as_word(-0.0);
    expect_back(COLUMN_DOUBLE, MANY);
    assert_int_equal(head.width & 15, 0);
}

static void
test_many_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < MANY; i++)
        words[i] = draw();
    expect_back(COLUMN_INTEGER, MANY);
    expect_back(COLUMN_DOUBLE, MANY);
    for (size_t i = 0; i < MANY; i++)
        words[i] = as_word((double)(draw() % 100000) / 100);
    expect_back(COLUMN_DOUBLE, MANY);
    assert_int_equal(head.form, FORM_SCALED << 4 | 2);
}

/* ---- doubles ---- */

static void
test_doubles_at_the_edges(void **state)
{
    (void)state;
    static const double INF = (double)__builtin_inf();

    EXPECT_DOUBLES(FORM_XOR, 0.0, -0.0, 1.0);
    EXPECT_DOUBLES(FORM_XOR, INF, -INF, INF);
    EXPECT_DOUBLES(FORM_XOR, DBL_MAX, -DBL_MAX, DBL_MIN, DBL_EPSILON);
    EXPECT_DOUBLES(FORM_XOR, DBL_TRUE_MIN, -DBL_TRUE_MIN, 2 * DBL_TRUE_MIN, DBL_MIN / 3);
    EXPECT_DOUBLES(FORM_XOR, FLT_MAX, -FLT_MAX, FLT_MIN, FLT_TRUE_MIN);
    EXPECT_DOUBLES(FORM_SCALED, LARGEST - 1, 1 - LARGEST, 0, 1);
    EXPECT_DOUBLES(FORM_SINGLE, LARGEST / 2, 1, -1, 0);
    EXPECT_DOUBLES(FORM_XOR, LARGEST, LARGEST + 2, -LARGEST);
    EXPECT_DOUBLES(FORM_XOR, LARGEST, 0x1p62, 0x1p63, 0x1p64, -0x1p63);
    EXPECT_DOUBLES(FORM_XOR, 1.0 / 3, 2.0 / 3);
}

static void
test_patterns_that_are_no_number(void **state)
{
    (void)state;
    static const uint64_t PATTERNS[] = {0x7FF8000000000000, 0xFFF8000000000000, 0x7FF0000000000001,
                                        0xFFF4000000000000, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
                                        0x7FF7FFFFFFFFFFFF, 0x7FF0000020000000, 0};

    memcpy(words, PATTERNS, sizeof PATTERNS);
    expect_back(COLUMN_DOUBLE, sizeof PATTERNS / sizeof *PATTERNS);
    assert_int_equal(head.form, FORM_XOR << 4);
}

static void
test_tenths_and_finer(void **state)
{
    (void)state;
    for (unsigned exponent = 0; exponent < EXPONENTS; exponent++) {
        for (size_t i = 0; i < 2000; i++) {
            int64_t whole = (int64_t)(draw() % 2000001) - 1000000;
            words[i] = as_word((double)whole / POWERS[exponent]);
        }
        words[0] = as_word(1234567.0 / POWERS[exponent]); /* takes that exponent, not one less */
        expect_back(COLUMN_DOUBLE, 2000);
        assert_int_equal(head.form >> 4, exponent == 0 ? FORM_SINGLE : FORM_SCALED);
        assert_int_equal(head.form & 15, exponent);
    }
}

/* As a float32 register delivers them: a single near k / 10^exponent, widened. */
static void
test_tenths_and_finer_as_singles(void **state)
{
    (void)state;
    for (unsigned exponent = 0; exponent < EXPONENTS; exponent++) {
        for (size_t i = 0; i < 2000; i++) {
            double number = (double)((int64_t)(draw() % 200001) - 100000) / POWERS[exponent];
            words[i] = as_word(number == 0 ? 0 : (double)(float)number);
        }
        words[0] = as_word((double)(float)(99999.0 / POWERS[exponent]));
        expect_back(COLUMN_DOUBLE, 2000);
        assert_int_equal(head.form, FORM_SINGLE << 4 | exponent);
    }
}

static void
test_random_patterns(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t rows = 1 + draw() % 40;
        uint64_t mask = draw() | draw();
        uint64_t form = draw() % 4;
        for (size_t i = 0; i < rows; i++)
            words[i] = form == 0   ? draw()
                       : form == 1 ? draw() & UINT64_C(0xFFFFFFFFE0000000)
                       : form == 2 ? draw() & mask
                                   : words[0] ^ (draw() & 0xFFFF);
        expect_back(COLUMN_DOUBLE, rows);
        expect_back(COLUMN_INTEGER, rows);
    }
}

/* Decimals of different fineness in one column: the later ask for an exponent the earlier were not
 * tried with. */
static void
test_decimals_mixed(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t rows = 1 + draw() % 8;
        for (size_t i = 0; i < rows; i++) {
            uint64_t shift = 11 + draw() % 50;
            double number = (double)(draw() >> shift);
            number /= POWERS[draw() % EXPONENTS];
            words[i] = as_word(round % 2 == 0 ? number : (double)(float)number);
        }
        expect_back(COLUMN_DOUBLE, rows);
    }
}

static void
test_large_then_fine(void **state)
{
    (void)state;
    static const double PAIRS[][2] = {{LARGEST - 1, 0.123456789},
                                      {1e15, 0.1234567},
                                      {(double)1e15F, (double)1e-9F},
                                      {98765432.1, 0.123456789}};

    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        words[0] = as_word(PAIRS[i][0]);
        words[1] = as_word(PAIRS[i][1]);
        expect_back(COLUMN_DOUBLE, 2);
    }
}

static void
test_one_row(void **state)
{
    (void)state;
    static const uint64_t ONES[] = {0,         1,          0x8000000000000000, UINT64_MAX,
                                    INT64_MAX, 1ULL << 52, 0x3FB999999999999A, 0x7FF0000000000000};

    for (size_t i = 0; i < sizeof ONES / sizeof *ONES; i++) {
        words[0] = ONES[i];
        expect_back(COLUMN_DOUBLE, 1);
        expect_back(COLUMN_INTEGER, 1);
        assert_int_equal(head.width & 15, 0);
    }
}

/* ---- what nobody vouches for ---- */

static bool
takes(uint8_t form, uint8_t width, size_t length, size_t rows)
{
    uint8_t *planes = calloc(1, length + 1);
    struct bytes bytes = {planes, planes + length, false};
    struct column_head any = {form, width, UINT64_MAX};
    struct column column;

    assert_non_null(planes);
    bool taken = column_take(&any, &bytes, rows, &column);
    for (size_t i = 0; taken && i <= rows; i++)
        column_next(&column);
    assert_int_equal(taken, !bytes.failed && form >> 4 <= FORM_XOR && (form & 15) < EXPONENTS &&
                                width >> 4 <= PREDICT_STEP && (width & 15) <= 8);
    free(planes);
    return taken;
}

static void
test_heads_that_are_not_ours(void **state)
{
    (void)state;
    unsigned taken = 0;

    for (unsigned form = 0; form < 256; form++)
        for (unsigned width = 0; width < 256; width++)
            taken += takes((uint8_t)form, (uint8_t)width, 24, 4);
    assert_int_equal(taken, 4 * 10 * 3 * 9);
}

static void
test_planes_cut_short(void **state)
{
    (void)state;
    for (uint8_t width = 1; width <= 8; width++)
        for (size_t length = 0; length <= width * 9U; length++)
            assert_int_equal(takes(0, width, length, 10), length == width * 9U);
    assert_false(takes(0, 8, 100, (size_t)1 << 24));
    assert_true(takes(0, 0, 0, (size_t)1 << 24));
}

static void
test_no_rows(void **state)
{
    (void)state;
    struct column column;
    struct bytes bytes = {memory, memory, false};
    struct column_head any = {0, PREDICT_STEP << 4 | 8, 7};

    assert_true(column_take(&any, &bytes, 0, &column));
    assert_int_equal(column_next(&column), 0);
}

static void
test_varints(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 64; bit++) {
        uint64_t around[] = {(1ULL << bit) - 1, 1ULL << bit, UINT64_MAX >> bit};
        for (size_t i = 0; i < 3; i++) {
            struct buf buf;
            buf_init(&buf, memory, 10);
            buf_varint(&buf, around[i]);
            assert_int_equal(buf.length, around[i] == 0 ? 1 : (bits_of(around[i]) + 6) / 7);
            struct bytes bytes = {memory, memory + buf.length, false};
            assert_int_equal(bytes_varint(&bytes), around[i]);
            assert_ptr_equal(bytes.at, bytes.end);
            bytes = (struct bytes){memory, memory + buf.length - 1, false};
            assert_int_equal(bytes_varint(&bytes), 0);
            assert_true(bytes.failed);
        }
    }
    memset(memory, 0x80, 20);
    struct bytes endless = {memory, memory + 20, false};
    assert_int_equal(bytes_varint(&endless), 0);
    assert_true(endless.failed);
    assert_null(bytes_take(&endless, 0)); /* it sticks */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_at_the_edges),
        cmocka_unit_test(test_naturals_that_wrap),
        cmocka_unit_test(test_each_predictor_and_width),
        cmocka_unit_test(test_a_constant_needs_no_bytes),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_doubles_at_the_edges),
        cmocka_unit_test(test_patterns_that_are_no_number),
        cmocka_unit_test(test_tenths_and_finer),
        cmocka_unit_test(test_tenths_and_finer_as_singles),
        cmocka_unit_test(test_random_patterns),
        cmocka_unit_test(test_decimals_mixed),
        cmocka_unit_test(test_large_then_fine),
        cmocka_unit_test(test_one_row),
        cmocka_unit_test(test_heads_that_are_not_ours),
        cmocka_unit_test(test_planes_cut_short),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_varints),
    };
    return cmocka_run_group_tests_name("column", tests, NULL, NULL);
}
