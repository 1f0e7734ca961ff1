#include "daemon/store/column.h"

#include <math.h>
#include <string.h>

/* How words follow from whole numbers k. */
enum form {
    FORM_WHOLE,  /* the word is k */
    FORM_SCALED, /* the double k / 10^exponent */
    FORM_SINGLE, /* the double of the single nearest to k / 10^exponent */
    FORM_XOR,    /* k is the exclusive or with the word before */
};

/* How whole numbers follow from differences. */
enum predictor { PREDICT_NOTHING, PREDICT_SAME, PREDICT_STEP };

#define EXPONENTS 10
#define LARGEST   0x1p50 /* beyond it a product is not sure to round to the whole number meant */

static const double POWERS[EXPONENTS] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* ---- bytes ---- */

void
buf_varint(struct buf *buf, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_byte(buf, (uint8_t)(value | 0x80));
    buf_byte(buf, (uint8_t)value);
}

uint64_t
bytes_varint(struct bytes *bytes)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (bytes->failed || bytes->at == bytes->end)
            break;
        uint8_t byte = *bytes->at++;
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
    bytes->failed = true;
    return 0;
}

const uint8_t *
bytes_take(struct bytes *bytes, size_t length)
{
    const uint8_t *taken = bytes->at;

    if (bytes->failed || length > (size_t)(bytes->end - bytes->at)) {
        bytes->failed = true;
        return NULL;
    }
    bytes->at += length;
    return taken;
}

/* Small differences of either sign become small words. */
static uint64_t
fold(uint64_t difference)
{
    return difference << 1 ^ (0 - (difference >> 63));
}

static uint64_t
unfold(uint64_t folded)
{
    return folded >> 1 ^ (0 - (folded & 1));
}

/* ---- doubles as whole numbers ---- */

static double
as_double(uint64_t word)
{
    double number;
    memcpy(&number, &word, sizeof number);
    return number;
}

static uint64_t
as_word(double number)
{
    uint64_t word;
    memcpy(&word, &number, sizeof word);
    return word;
}

static uint64_t
make_word(enum form form, unsigned exponent, uint64_t whole)
{
    double number = (double)(int64_t)whole / POWERS[exponent];

    return as_word(form == FORM_SINGLE ? (double)(float)number : number);
}

/* The smallest exponent from `exponent` on that says the word exactly; EXPONENTS: none does. What
 * one exponent says the next says too, so a column is gone through once. */
static unsigned
find_exponent(enum form form, unsigned exponent, uint64_t word)
{
    double number = as_double(word);

    for (; exponent < EXPONENTS; exponent++) {
        double scaled = number * POWERS[exponent];
        if (!(fabs(scaled) < LARGEST))
            return EXPONENTS;
        if (make_word(form, exponent, (uint64_t)(int64_t)rint(scaled)) == word)
            break;
    }
    return exponent;
}

static unsigned
scale_column(enum form form, const uint64_t *words, size_t rows)
{
    unsigned exponent = 0;

    for (size_t i = 0; i < rows && exponent < EXPONENTS; i++)
        exponent = find_exponent(form, exponent, words[i]);
    return exponent;
}

static bool
are_singles(const uint64_t *words, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        if ((words[i] & 0x1FFFFFFF) != 0)
            return false;
    return true;
}

/* Turns words of doubles into whole numbers, in place. */
static enum form
make_whole(uint64_t *words, size_t rows, unsigned *ret_exponent)
{
    enum form form = are_singles(words, rows) ? FORM_SINGLE : FORM_SCALED;
    unsigned exponent = scale_column(form, words, rows);

    for (size_t i = 0; i < rows && exponent < EXPONENTS; i++)
        if (!(fabs(as_double(words[i]) * POWERS[exponent]) < LARGEST))
            exponent = EXPONENTS; /* an earlier word is too large for a later one's exponent */
    *ret_exponent = exponent;
    if (exponent == EXPONENTS) {
        *ret_exponent = 0;
        return FORM_XOR;
    }
    for (size_t i = 0; i < rows; i++)
        words[i] = (uint64_t)(int64_t)rint(as_double(words[i]) * POWERS[exponent]);
    return form;
}

/* ---- differences ---- */

static unsigned
bits_of(uint64_t word)
{
    return word == 0 ? 0 : 64 - (unsigned)__builtin_clzll(word);
}

/* The predictor with the fewest bits to tell. */
static enum predictor
choose_predictor(const uint64_t *words, size_t rows)
{
    uint64_t bits[3] = {0};

    for (size_t i = 1; i < rows; i++) {
        uint64_t step = words[i] - words[i - 1];
        uint64_t before = i > 1 ? words[i - 1] - words[i - 2] : 0;
        bits[PREDICT_NOTHING] += bits_of(fold(words[i]));
        bits[PREDICT_SAME] += bits_of(fold(step));
        bits[PREDICT_STEP] += bits_of(fold(step - before));
    }
    if (bits[PREDICT_STEP] < bits[PREDICT_SAME] && bits[PREDICT_STEP] < bits[PREDICT_NOTHING])
        return PREDICT_STEP;
    return bits[PREDICT_SAME] <= bits[PREDICT_NOTHING] ? PREDICT_SAME : PREDICT_NOTHING;
}

/* In place, from the end: words[i] becomes what the predictor leaves to tell. */
static void
take_differences(enum form form, enum predictor predictor, uint64_t *words, size_t rows)
{
    for (size_t i = rows - 1; i > 0; i--) {
        uint64_t step = words[i] - words[i - 1];
        uint64_t before = i > 1 ? words[i - 1] - words[i - 2] : 0;
        if (form == FORM_XOR)
            words[i] ^= words[i - 1];
        else if (predictor == PREDICT_NOTHING)
            words[i] = fold(words[i]);
        else
            words[i] = fold(predictor == PREDICT_SAME ? step : step - before);
    }
}

struct column_head
column_put(struct buf *planes, enum column_kind kind, uint64_t *words, size_t rows)
{
    enum form form = FORM_WHOLE;
    unsigned exponent = 0;
    uint64_t all = 0;

    if (kind == COLUMN_DOUBLE)
        form = make_whole(words, rows, &exponent);
    enum predictor predictor = form == FORM_XOR ? PREDICT_SAME : choose_predictor(words, rows);
    take_differences(form, predictor, words, rows);
    for (size_t i = 1; i < rows; i++)
        all |= words[i];
    unsigned width = (bits_of(all) + 7) / 8;
    for (unsigned j = 0; j < width; j++)
        for (size_t i = 1; i < rows; i++)
            buf_byte(planes, (uint8_t)(words[i] >> (8 * j)));
    return (struct column_head){(uint8_t)(form << 4 | exponent), (uint8_t)(predictor << 4 | width),
                                form == FORM_XOR ? words[0] : fold(words[0])};
}

/* ---- back ---- */

bool
column_take(const struct column_head *head, struct bytes *planes, size_t rows,
            struct column *ret_column)
{
    struct column column = {.rows = (uint32_t)rows};

    column.form = head->form >> 4;
    column.exponent = head->form & 15;
    column.predictor = head->width >> 4;
    column.width = head->width & 15;
    if (rows > UINT32_MAX || column.form > FORM_XOR || column.exponent >= EXPONENTS ||
        column.predictor > PREDICT_STEP || column.width > 8)
        return false;
    column.word = column.form == FORM_XOR ? head->first : unfold(head->first);
    column.plane = bytes_take(planes, rows == 0 ? 0 : column.width * (rows - 1));
    *ret_column = column;
    return column.plane != NULL;
}

static uint64_t
told(const struct column *column)
{
    const uint8_t *at = column->plane + column->row - 1;
    uint64_t word = 0;

    if (column->width == 1)
        return *at;
    for (unsigned j = 0; j < column->width; j++, at += column->rows - 1)
        word |= (uint64_t)*at << (8 * j);
    return word;
}

uint64_t
column_next(struct column *column)
{
    if (column->row >= column->rows)
        return 0;
    if (column->row != 0) {
        uint64_t difference = told(column);
        if (column->form == FORM_XOR) {
            column->word ^= difference;
        } else if (column->predictor == PREDICT_NOTHING) {
            column->word = unfold(difference);
        } else {
            uint64_t step = unfold(difference);
            if (column->predictor == PREDICT_STEP)
                step += column->step;
            column->word += step;
            column->step = step;
        }
    }
    column->row++;
    if (column->form == FORM_WHOLE || column->form == FORM_XOR)
        return column->word;
    return make_word(column->form, column->exponent, column->word);
}
