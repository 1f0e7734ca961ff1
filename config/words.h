/* The words of event kinds in Chinese and English: codes travel, words live here (design.md section
 * 5; standards.md section 13). The same table for people is docs/event-kinds.md. */
#ifndef CONFIG_WORDS_H
#define CONFIG_WORDS_H

struct words {
    const char *kind, *zh, *en;
};

/* The i-th, NULL behind the last: for help and the catalogue. */
const struct words *words_at(unsigned i);

/* NULL where the table has none of that kind: a rule of a site brings its own title. */
const struct words *words_find(const char *kind);

#endif
