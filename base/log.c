/* Lines for the engineer and for journald. Each line is formatted on the stack and leaves in one
 * write(2), so lines of different threads never mix and no lock is needed; a line that cannot be
 * written is lost, because a daemon must not stop for its log. */
#include "base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_LIMIT 1000

static atomic_int most = LOG_LEVEL_INFO;

void
log_set_level(enum log_level level)
{
    atomic_store_explicit(&most, (int)level, memory_order_relaxed);
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

/* Cuts an unfinished UTF-8 character off the end. */
static size_t
whole_characters(const char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    return start > 0 && (unsigned char)text[start - 1] >= 0xC0 ? start - 1 : length;
}

void
log_write(enum log_level level, const char *format, ...)
{
    if ((int)level > atomic_load_explicit(&most, memory_order_relaxed))
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
    line[length++] = '\n';
    (void)!write(STDERR_FILENO, line, length);
}
