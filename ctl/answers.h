/* The answers to one command, as they come in parts: shown, or put together into a file. Rows of
 * `history` become CSV, pieces of `fetch` the file's bytes, checked by its SHA-256. */
#ifndef CTL_ANSWERS_H
#define CTL_ANSWERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct answers {
    FILE *out;      /* where what is put together goes */
    bool to_file;   /* --output */
    bool has_head;  /* CSV */
    int64_t offset; /* where the next piece of a fetched file begins */
    int64_t bytes;  /* that the whole file has */
    bool is_part;   /* it was not asked for from its start: there is no digest of that */
    void *digest;   /* of them */
    char sha256[65];
};

enum answers_state { ANSWERS_MORE, ANSWERS_DONE, ANSWERS_REFUSED };

/* `output`: a file's path, or NULL for standard output. False after a sentence. */
bool answers_begin(struct answers *answers, const char *output);

/* Before the first: a file was asked for from this byte on. */
void answers_go_on_at(struct answers *answers, int64_t offset);

/* Takes one; what it could not take is told on standard error and counts as refused. */
enum answers_state answers_take(struct answers *answers, const json_t *reply);

/* False after a sentence: the disk is full, or the bytes are not those that were promised. */
bool answers_end(struct answers *answers);

#endif
