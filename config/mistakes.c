/* Mistakes are found section by section, but read best from the top of the file down, so they are
 * gathered and sorted. Bounded: a file of nonsense costs no more than MISTAKES_MAX lines. */
#include "config/mistakes.h"

#include "base/arena.h"
#include "config/text.h"

#include <stdio.h>
#include <stdlib.h>

void
mistakes_add(struct mistakes *mistakes, const struct place *place, bool warning, const char *format,
             va_list arguments)
{
    if (!warning)
        mistakes->errors++;
    if (mistakes->count == MISTAKES_MAX) {
        mistakes->untold++;
        return;
    }
    char text[600];
    vsnprintf(text, sizeof text, format, arguments);
    text_clean(text);
    mistakes->list[mistakes->count] = (struct mistake){
        .file = place->file,
        .rank = place->rank,
        .line = place->line,
        .column = place->column,
        .order = mistakes->count,
        .warning = warning,
        .text = arena_text(mistakes->arena, text),
    };
    mistakes->count++;
}

static int
compare(const void *a, const void *b)
{
    const struct mistake *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

void
mistakes_report(struct mistakes *mistakes, const struct loader_options *options)
{
    if (!options || !options->report)
        return;
    qsort(mistakes->list, mistakes->count, sizeof *mistakes->list, compare);
    char line[1024];
    for (unsigned i = 0; i < mistakes->count; i++) {
        const struct mistake *mistake = &mistakes->list[i];
        const char *mark = mistake->warning ? "warning: " : "";
        if (mistake->line)
            snprintf(line, sizeof line, "%s:%u:%u: %s%s", mistake->file, mistake->line,
                     mistake->column, mark, mistake->text);
        else
            snprintf(line, sizeof line, "%s: %s%s", mistake->file, mark, mistake->text);
        options->report(options->context, mistake->warning, line);
    }
    if (mistakes->untold) {
        snprintf(line, sizeof line, "and %u more", mistakes->untold);
        options->report(options->context, mistakes->errors == 0, line);
    }
}
