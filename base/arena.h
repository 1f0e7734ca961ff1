/* Memory that is given out piece by piece and freed all at once: a site's text and arrays. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Zeroed, aligned for any type. Aborts the process when memory ends: only at start and reload. */
void *arena_take(struct arena *arena, size_t size);
char *arena_text(struct arena *arena, const char *text);
char *arena_text_n(struct arena *arena, const char *text, size_t length);

#endif
