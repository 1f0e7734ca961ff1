/* Lines for the engineer and for journald. Each line is formatted on the stack and leaves in one
 * write(2), so lines of different threads never mix and no lock is needed; a line that cannot be
 * written is lost, because a daemon must not stop for its log. */
#include "base/log.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_LIMIT 1000

#define KEPT_WORDS (LOG_KEPT_TEXT / 8)

/* A kept line. Whoever writes it takes its number first, so that two writers meet in one slot only
 * when LOG_KEPT lines were written meanwhile; a reader sees by the number that it was. */
struct kept {
    atomic_ullong number; /* of the line, from 1; 0: being written */
    atomic_llong utc_ms;
    atomic_int level;
    atomic_ullong words[KEPT_WORDS];
};

static struct kept kept[LOG_KEPT];
static atomic_ullong count;
static atomic_int most = LOG_LEVEL_INFO;
static void (*_Atomic witness)(void *context, enum log_level level, const char *line);
static void *witness_context; /* set while there is no other thread */

const char *const log_level_names[] = {"error", "warning", "notice", "info", "debug", NULL};

const char *
log_level_name(enum log_level level)
{
    return log_level_names[level - LOG_LEVEL_ERROR];
}

bool
log_find_level(const char *name, enum log_level *ret_level)
{
    for (int i = 0; log_level_names[i] != NULL; i++)
        if (strcmp(log_level_names[i], name) == 0) {
            *ret_level = (enum log_level)(LOG_LEVEL_ERROR + i);
            return true;
        }
    return false;
}

void
log_set_level(enum log_level level)
{
    atomic_store_explicit(&most, (int)level, memory_order_relaxed);
}

enum log_level
log_get_level(void)
{
    return (enum log_level)atomic_load_explicit(&most, memory_order_relaxed);
}

/* Cuts an unfinished UTF-8 character off the end. */
static size_t
whole_characters(const char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    return start > 0 && (unsigned char)text[start - 1] >= 0xC0 ? start - 1 : length;
}

static void
keep(enum log_level level, const char *line, size_t length)
{
    unsigned long long number = atomic_fetch_add(&count, 1) + 1, words[KEPT_WORDS] = {0};
    struct kept *slot = &kept[(number - 1) % LOG_KEPT];

    if (length >= LOG_KEPT_TEXT)
        length = whole_characters(line, LOG_KEPT_TEXT - 1);
    memcpy(words, line, length);
    atomic_store(&slot->number, 0); /* before any word of the new line: they are released */
    atomic_store(&slot->utc_ms, clock_utc_ms());
    atomic_store(&slot->level, (int)level);
    for (size_t i = 0; i < KEPT_WORDS; i++)
        atomic_store_explicit(&slot->words[i], words[i], memory_order_release);
    atomic_store(&slot->number, number);
}

uint64_t
log_count(void)
{
    return atomic_load(&count);
}

bool
log_recall(uint64_t number, struct log_line *ret_line)
{
    const struct kept *slot = &kept[number % LOG_KEPT];
    unsigned long long words[KEPT_WORDS];

    if (atomic_load(&slot->number) != number + 1)
        return false;
    for (size_t i = 0; i < KEPT_WORDS; i++)
        words[i] = atomic_load_explicit(&slot->words[i], memory_order_acquire);
    ret_line->utc_ms = atomic_load(&slot->utc_ms);
    ret_line->level = (enum log_level)atomic_load(&slot->level);
    memcpy(ret_line->text, words, sizeof words);
    return atomic_load(&slot->number) == number + 1;
}

/* systemd names the journal's socket by device and inode; a redirected standard error is not it. */
static bool
goes_to_journal(void)
{
    static atomic_int known = -1;
    int yes = atomic_load_explicit(&known, memory_order_relaxed);
    if (yes >= 0)
        return yes;
    const char *journal = getenv("JOURNAL_STREAM");
    uintmax_t device, inode;
    struct stat status;
    yes = journal && sscanf(journal, "%ju:%ju", &device, &inode) == 2 &&
          fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
    atomic_store_explicit(&known, yes, memory_order_relaxed);
    return yes;
}

void
log_set_witness(void (*take)(void *context, enum log_level level, const char *line), void *context)
{
    atomic_store(&witness, NULL);
    witness_context = context;
    atomic_store(&witness, take);
}

static void
tell_witness(enum log_level level, const char *line)
{
    void (*take)(void *, enum log_level, const char *) = atomic_load(&witness);

    if (take != NULL && level <= LOG_LEVEL_WARNING)
        take(witness_context, level, line);
}

void
log_write(enum log_level level, const char *format, ...)
{
    bool shown = (int)level <= atomic_load_explicit(&most, memory_order_relaxed);
    if (!shown && level > LOG_LEVEL_WARNING)
        return;
    char line[LINE_LIMIT + 8];
    size_t prefix = 0;
    if (goes_to_journal())
        prefix = (size_t)sprintf(line, "<%d>", (int)level);
    va_list arguments;
    va_start(arguments, format);
    int needed = vsnprintf(line + prefix, LINE_LIMIT, format, arguments);
    va_end(arguments);
    if (needed < 0)
        return;
    size_t length = (size_t)needed;
    if (length >= LINE_LIMIT)
        length = whole_characters(line + prefix, LINE_LIMIT - 1);
    length += prefix;
    for (size_t i = prefix; i < length; i++) {
        if ((unsigned char)line[i] < ' ' || line[i] == 0x7F)
            line[i] = '?';
    }
    line[length] = '\0';
    tell_witness(level, line + prefix);
    if (!shown)
        return;
    keep(level, line + prefix, length - prefix);
    line[length++] = '\n';
    (void)!write(STDERR_FILENO, line, length);
}
