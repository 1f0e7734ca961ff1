/* What is wrong with a site file, gathered while it is read and reported in the order of the file.
 */
#ifndef CONFIG_MISTAKES_H
#define CONFIG_MISTAKES_H

#include "config/loader.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define MISTAKES_MAX 200 /* kept; the rest is counted */

struct mistake {
    const char *file;
    unsigned rank;         /* of the file, in the order they were opened */
    uint32_t line, column; /* from 1; 0: the file as a whole */
    unsigned order;
    bool warning;
    const char *text;
};

struct mistakes {
    struct arena *arena;
    unsigned errors, count, untold;
    struct mistake list[MISTAKES_MAX];
};

struct place {
    const char *file;
    unsigned rank;
    uint32_t line, column;
};

void mistakes_add(struct mistakes *mistakes, const struct place *place, bool warning,
                  const char *format, va_list arguments) __attribute__((format(printf, 4, 0)));

/* All of them as lines, sorted. */
void mistakes_report(struct mistakes *mistakes, const struct loader_options *options);

#endif
