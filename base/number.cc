/* The only C++ file: the C library cannot print the shortest decimal of a double, the C++ library
 * can. Whole numbers up to 2^53 take the cheap road through integers, which are as short and read
 * better than 1e+05. No locale, no memory. */
#include "base/number.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace
{

const double LARGEST_WHOLE = 9007199254740992.0;

template <typename number>
size_t
print(number value, char *ret_text)
{
    return static_cast<size_t>(std::to_chars(ret_text, ret_text + NUMBER_TEXT, value).ptr -
                               ret_text);
}

} // namespace

size_t
number_print_double(double value, char ret_text[NUMBER_TEXT])
{
    if (value >= -LARGEST_WHOLE && value <= LARGEST_WHOLE) {
        auto whole = static_cast<int64_t>(value);
        if (whole == 0 && value == 0 && std::signbit(value)) {
            std::memcpy(ret_text, "-0.0", 4);
            return 4;
        }
        if (static_cast<double>(whole) == value)
            return print(whole, ret_text);
    }
    return print(value, ret_text);
}

size_t
number_print_integer(int64_t value, char ret_text[NUMBER_TEXT])
{
    return print(value, ret_text);
}

size_t
number_print_natural(uint64_t value, char ret_text[NUMBER_TEXT])
{
    return print(value, ret_text);
}
