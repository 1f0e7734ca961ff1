/* Everything a person typed passes here before it is believed: a number is a number to its last
 * letter, a name has one spelling. strtod is only given text this file has checked, in the C locale
 * of a program that never calls setlocale. */
#include "config/text.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool
text_is_name(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > TEXT_NAME_MAX || text[0] < 'a' || text[0] > 'z')
        return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static int
digit_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

bool
text_read_natural(const char *text, uint64_t *ret_value)
{
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (*text == '\0')
        return false;
    uint64_t value = 0;
    for (; *text; text++) {
        unsigned digit = (unsigned)digit_value(*text);
        if (digit >= base || value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *ret_value = value;
    return true;
}

/* The end of the number in front of the text, NULL when none stands there. */
static const char *
skip_number(const char *at)
{
    if (*at == '-' || *at == '+')
        at++;
    if (!is_digit(*at))
        return NULL;
    while (is_digit(*at))
        at++;
    if (at[0] == '.' && is_digit(at[1]))
        for (at++; is_digit(*at);)
            at++;
    const char *exponent = at;
    if (*exponent == 'e' || *exponent == 'E') {
        exponent++;
        if (*exponent == '-' || *exponent == '+')
            exponent++;
        if (is_digit(*exponent))
            for (at = exponent; is_digit(*at);)
                at++;
    }
    return at;
}

bool
text_read_quantity(const char *text, double *ret_value, const char **ret_unit)
{
    const char *end = skip_number(text);
    if (!end)
        return false;
    double value = strtod(text, NULL);
    if (!isfinite(value))
        return false;
    *ret_value = value;
    *ret_unit = end + strspn(end, " ");
    return true;
}

bool
text_read_number(const char *text, double *ret_value)
{
    const char *end = skip_number(text);
    if (!end || *end)
        return false;
    const char *unit;
    return text_read_quantity(text, ret_value, &unit);
}

void
text_print_quantity(double value, const struct unit *unit, char *ret_text, size_t size)
{
    const struct unit *best = unit, *other;
    for (unsigned i = 0; value != 0 && (other = units_at(i)); i++) {
        double converted;
        if (other->factor > best->factor && units_convert(value, unit, other, &converted) &&
            converted == floor(converted))
            best = other;
    }
    units_convert(value, unit, best, &value);
    char number[NUMBER_TEXT + 1];
    number[number_print_double(value, number)] = '\0';
    snprintf(ret_text, size, "%s %s", number, best->key);
}

unsigned
text_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    if (la > TEXT_NAME_MAX || lb > TEXT_NAME_MAX)
        return 4;
    unsigned row[TEXT_NAME_MAX + 1];
    for (size_t j = 0; j <= lb; j++)
        row[j] = (unsigned)j;
    for (size_t i = 1; i <= la; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= lb; j++) {
            unsigned change = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            unsigned step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = change < step ? change : step;
        }
    }
    return row[lb] > 4 ? 4 : row[lb];
}

bool
text_is_nearer(const char *word, const char *candidate, unsigned *best)
{
    unsigned distance = text_distance(word, candidate);
    if (distance >= *best || distance * 2 > strlen(candidate))
        return false;
    *best = distance;
    return true;
}

void
text_clean(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}
