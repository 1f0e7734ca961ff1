#include "ctl/views.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const ORDERS[VIEW_ORDERS] = {"ABCD", "CDAB", "BADC", "DCBA"};

uint64_t
views_pattern(const uint16_t *words, size_t count, int order)
{
    bool reversed = order == VIEW_CDAB || order == VIEW_DCBA;
    bool swapped = order == VIEW_BADC || order == VIEW_DCBA;
    uint64_t pattern = 0;

    for (size_t i = 0; i < count; i++) {
        uint16_t word = words[reversed ? count - 1 - i : i];
        if (swapped)
            word = (uint16_t)(word << 8 | word >> 8);
        pattern = pattern << 16 | word;
    }
    return pattern;
}

bool
views_is_plausible(double number)
{
    return number == 0 || (isfinite(number) && fabs(number) >= 1e-6 && fabs(number) <= 1e9);
}

static double
as_float32(uint64_t pattern)
{
    uint32_t bits = (uint32_t)pattern;
    float number;

    memcpy(&number, &bits, sizeof number);
    return (double)number;
}

static double
as_float64(uint64_t pattern)
{
    double number;

    memcpy(&number, &pattern, sizeof number);
    return number;
}

static char
printable(unsigned byte)
{
    return byte >= 0x20 && byte < 0x7F ? (char)byte : '.';
}

static void
print_bits_of(FILE *out, uint16_t word)
{
    for (int bit = 15; bit >= 0; bit--) {
        fputc((word >> bit & 1) != 0 ? '1' : '0', out);
        if (bit % 4 == 0 && bit > 0)
            fputc(' ', out);
    }
}

static void
print_number(FILE *out, double number)
{
    if (views_is_plausible(number))
        fprintf(out, " %14.7g", number);
    else
        fprintf(out, " %14s", "-");
}

static void
print_registers(FILE *out, uint16_t address, const uint16_t *words, size_t count)
{
    fprintf(out, "%7s  %6s  %6s  %6s  %-19s  %s\n", "address", "hex", "u16", "s16", "bits 15..0",
            "text");
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%7zu  0x%04X  %6u  %6d  ", address + i, words[i], words[i],
                (int16_t)words[i]);
        print_bits_of(out, words[i]);
        fprintf(out, "  %c%c\n", printable(words[i] >> 8), printable(words[i] & 0xFFU));
    }
}

static void
print_pairs(FILE *out, uint16_t address, const uint16_t *words, size_t count)
{
    if (count < 2)
        return;
    fprintf(out, "\nfloat32 ");
    for (int order = 0; order < VIEW_ORDERS; order++)
        fprintf(out, " %14s", ORDERS[order]);
    fprintf(out, "\n");
    for (size_t i = 0; i + 1 < count; i++) {
        fprintf(out, "%7zu ", address + i);
        for (int order = 0; order < VIEW_ORDERS; order++)
            print_number(out, as_float32(views_pattern(words + i, 2, order)));
        fprintf(out, "\n");
    }
    fprintf(out, "\nu32 s32 ");
    for (int order = 0; order < VIEW_ORDERS; order++)
        fprintf(out, " %23s", ORDERS[order]);
    fprintf(out, "\n");
    for (size_t i = 0; i + 1 < count; i++) {
        fprintf(out, "%7zu ", address + i);
        for (int order = 0; order < VIEW_ORDERS; order++) {
            uint32_t pattern = (uint32_t)views_pattern(words + i, 2, order);
            fprintf(out, " %11" PRIu32 " %11" PRId32, pattern, (int32_t)pattern);
        }
        fprintf(out, "\n");
    }
}

static void
print_fours(FILE *out, uint16_t address, const uint16_t *words, size_t count)
{
    if (count < 4)
        return;
    fprintf(out, "\n%-8s%-7s %14s %20s %20s\n", "64 bits", "order", "float64", "u64", "s64");
    for (size_t i = 0; i + 3 < count; i++)
        for (int order = 0; order < VIEW_ORDERS; order++) {
            uint64_t pattern = views_pattern(words + i, 4, order);
            fprintf(out, "%7zu %-7s", address + i, ORDERS[order]);
            print_number(out, as_float64(pattern));
            fprintf(out, " %20" PRIu64 " %20" PRId64 "\n", pattern, (int64_t)pattern);
        }
}

void
views_print(FILE *out, uint16_t address, const uint16_t *words, size_t count)
{
    print_registers(out, address, words, count);
    print_pairs(out, address, words, count);
    print_fours(out, address, words, count);
}

void
views_print_bits(FILE *out, uint16_t address, const uint16_t *bits, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i % 10 == 0)
            fprintf(out, "%s%7zu ", i > 0 ? "\n" : "", address + i);
        fprintf(out, " %u", bits[i]);
    }
    fprintf(out, "\n");
}
