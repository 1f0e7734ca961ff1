#include "ctl/answers.h"

#include "base/calendar.h"
#include "ctl/client.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool
answers_begin(struct answers *answers, const char *output)
{
    *answers = (struct answers){.out = stdout, .to_file = output != NULL};
    if (output != NULL && (answers->out = fopen(output, "we")) == NULL) {
        fprintf(stderr, "parkgatectl: %s: %s\n", output, strerror(errno));
        return false;
    }
    answers->digest = EVP_MD_CTX_new();
    return answers->digest != NULL && EVP_DigestInit_ex(answers->digest, EVP_sha256(), NULL) == 1;
}

void
answers_go_on_at(struct answers *answers, int64_t offset)
{
    answers->offset = offset;
    answers->is_part = offset > 0;
}

/* ---- kinds of answers ---- */

static bool
take_piece(struct answers *answers, const json_t *answer)
{
    const char *text = client_text(answer, "base64");
    size_t length = strlen(text), padding = 0;
    unsigned char *bytes = malloc(length + 4);
    int got = bytes != NULL ? EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)length) : -1;
    json_int_t offset = json_integer_value(json_object_get(answer, "offset"));

    for (size_t i = length; i > 0 && text[i - 1] == '='; i--)
        padding++;
    bool good = got >= 0 && padding <= 2 && offset == answers->offset;
    if (good) {
        size_t count = (size_t)got - padding;
        fwrite(bytes, 1, count, answers->out);
        EVP_DigestUpdate(answers->digest, bytes, count);
        answers->offset += (int64_t)count;
        answers->bytes = json_integer_value(json_object_get(answer, "bytes"));
        snprintf(answers->sha256, sizeof answers->sha256, "%s", client_text(answer, "sha256"));
    } else {
        fprintf(stderr, "parkgatectl: a piece of the file is missing or damaged\n");
    }
    free(bytes);
    return good;
}

static void
put_cell(FILE *out, const json_t *cell, bool first)
{
    if (!first)
        fputc(',', out);
    if (json_is_string(cell))
        fprintf(out, "%s", json_string_value(cell)); /* names and words of ours: no comma in them */
    else if (!json_is_null(cell))
        json_dumpf(cell, out, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(15));
}

static void
put_row(FILE *out, const json_t *row)
{
    for (size_t i = 0; i < json_array_size(row); i++)
        put_cell(out, json_array_get(row, i), i == 0);
    fputc('\n', out);
}

static void
take_rows(struct answers *answers, const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "rows");

    if (!answers->has_head)
        put_row(answers->out, json_object_get(answer, "columns"));
    answers->has_head = true;
    for (size_t i = 0; i < json_array_size(rows); i++)
        put_row(answers->out, json_array_get(rows, i));
}

/* `log`: a line a line, whichever part it comes in. */
static void
take_lines(FILE *out, const json_t *lines)
{
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        char time[30];

        calendar_print_time(json_integer_value(json_object_get(line, "t")), time);
        fprintf(out, "%s %-7s %s\n", time, client_text(line, "level"), client_text(line, "text"));
    }
}

/* A page or a file; behind the last part a terminal gets the line end that may be missing. */
static void
take_text(const struct answers *answers, const char *text, bool more)
{
    size_t length = strlen(text);

    fputs(text, answers->out);
    if (!more && length > 0 && text[length - 1] != '\n' && isatty(fileno(answers->out)))
        fputc('\n', answers->out);
}

static bool
show(struct answers *answers, const json_t *reply, const json_t *answer)
{
    bool more = json_is_true(json_object_get(reply, "more"));

    if (json_object_get(answer, "base64") != NULL)
        return take_piece(answers, answer);
    if (json_object_get(answer, "rows") != NULL) {
        take_rows(answers, answer);
    } else if (json_object_get(answer, "text") != NULL &&
               (answers->to_file || json_object_get(reply, "part") != NULL)) {
        take_text(answers, client_text(answer, "text"), more);
    } else if (json_is_array(json_object_get(answer, "lines"))) {
        take_lines(answers->out, json_object_get(answer, "lines"));
    } else if (more) { /* on its way: for the person who waits */
        fprintf(stderr, "%s ", client_text(reply, "result"));
        json_dumpf(answer, stderr, JSON_COMPACT | JSON_ENCODE_ANY);
        fputc('\n', stderr);
    } else if (answer != NULL) {
        json_dumpf(answer, answers->out,
                   JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        fputc('\n', answers->out);
    }
    return true;
}

enum answers_state
answers_take(struct answers *answers, const json_t *reply)
{
    const char *result = client_text(reply, "result");
    bool bad = strcmp(result, "refused") == 0 || strcmp(result, "failed") == 0;

    if (!show(answers, reply, json_object_get(reply, "answer")))
        return ANSWERS_REFUSED;
    fflush(answers->out);
    if (bad) {
        fprintf(stderr, "parkgatectl: %s: %s\n", result, client_text(reply, "reason"));
        return ANSWERS_REFUSED;
    }
    return json_is_true(json_object_get(reply, "more")) ? ANSWERS_MORE : ANSWERS_DONE;
}

static bool
fits(struct answers *answers)
{
    unsigned char hash[32];
    char text[65] = "";
    unsigned size = 0;

    if (answers->sha256[0] == '\0' || answers->is_part || answers->offset < answers->bytes)
        return true; /* a part was asked for, or told already that it broke off */
    EVP_DigestFinal_ex(answers->digest, hash, &size);
    for (unsigned i = 0; i < size; i++)
        snprintf(text + 2 * i, 3, "%02x", hash[i]);
    return strcmp(text, answers->sha256) == 0;
}

bool
answers_end(struct answers *answers)
{
    bool fine = true;

    if (!fits(answers)) {
        fprintf(stderr,
                "parkgatectl: the file's SHA-256 is not %s: it was changed on its way, or is "
                "another one by now\n",
                answers->sha256);
        fine = false;
    }
    EVP_MD_CTX_free(answers->digest);
    if (answers->out == NULL)
        return false;
    if (fflush(answers->out) != 0 || ferror(answers->out)) { /* errno is another's by now */
        fprintf(stderr, "parkgatectl: what came could not be written: the disk is full, or nobody "
                        "reads it any more\n");
        fine = false;
    }
    if (answers->to_file)
        fclose(answers->out);
    return fine;
}
