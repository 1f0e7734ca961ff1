/* Numbers as text. Doubles print as the shortest decimal that reads back as the same double
 * (std::to_chars of the C++ library, docs/decisions/), "-0.0" keeps its sign, and the text is
 * always a JSON number. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define NUMBER_TEXT 32

#ifdef __cplusplus
extern "C" {
#endif

/* Writes a finite double; returns the length (no NUL is written). */
size_t number_print_double(double value, char ret_text[NUMBER_TEXT]);
size_t number_print_integer(int64_t value, char ret_text[NUMBER_TEXT]);
size_t number_print_natural(uint64_t value, char ret_text[NUMBER_TEXT]);

#ifdef __cplusplus
}
#endif

#endif
