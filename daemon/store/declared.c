/* The other direction of record() in daemon/assess/declare.c: details by name, in any order; a
 * detail that is not known is left alone. */
#include "daemon/store/declared.h"

#include <stddef.h>
#include <string.h>

static const struct {
    const char *kind;
    enum declaration_kind is;
} KINDS[] = {{"declared.mode", DECLARE_MODE},
             {"declared.maintenance", DECLARE_MAINTENANCE},
             {"declared.calibrated", DECLARE_CALIBRATED},
             {"declared.mark", DECLARE_MARK},
             {"acknowledged", DECLARE_ACKNOWLEDGE}};

#define TEXT(key, member)                                                                          \
    {                                                                                              \
        key, offsetof(struct declaration, member), sizeof(((struct declaration *)0)->member)       \
    }

static const struct {
    const char *key;
    size_t offset, size;
} TEXTS[] = {TEXT("by", by), TEXT("pollutant", pollutant), TEXT("reason", reason),
             TEXT("store", store), TEXT("word", word)};

static bool
is_text(const char *text, size_t length, const char *word)
{
    return text && strlen(word) == length && memcmp(text, word, length) == 0;
}

static bool
put(char *ret_text, size_t size, const char *text, size_t length)
{
    if (!text || length >= size)
        return false;
    memcpy(ret_text, text, length);
    ret_text[length] = '\0';
    return true;
}

static void
take_detail(struct cbor_cursor *cursor, struct declaration *said)
{
    size_t length = 0, value_length = 0;
    const char *key = cbor_take_text(cursor, &length);
    if (is_text(key, length, "from_ms")) {
        said->from_utc_ms = cbor_take_integer(cursor);
    } else if (is_text(key, length, "until_ms")) {
        said->until_utc_ms = cbor_take_integer(cursor);
    } else if (is_text(key, length, "sequence")) {
        said->sequence = (uint64_t)cbor_take_integer(cursor);
    } else {
        for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
            if (!is_text(key, length, TEXTS[i].key))
                continue;
            const char *text = cbor_take_text(cursor, &value_length);
            if (!put((char *)said + TEXTS[i].offset, TEXTS[i].size, text, value_length))
                cursor->failed = true;
            return;
        }
        cbor_skip(cursor);
    }
}

bool
declaration_from_event(const struct record_event *event, struct declaration *ret_declaration)
{
    struct cbor_cursor details = event->details;
    struct declaration said = {.kind = DECLARE_MODE};
    bool found = false;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS && !found; i++)
        if (is_text(event->kind.text, event->kind.length, KINDS[i].kind)) {
            said.kind = KINDS[i].is;
            found = true;
        }
    if (!found || event->phase != PHASE_NOTED ||
        !put(said.subject, sizeof said.subject, event->subject.text, event->subject.length))
        return false;
    for (size_t i = 0; i < event->detail_count && !details.failed; i++)
        take_detail(&details, &said);
    if (details.failed || !*said.by)
        return false;
    *ret_declaration = said;
    return true;
}
