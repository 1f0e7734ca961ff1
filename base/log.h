/* One line a change of state, on standard error; journald reads the "<N>" in front (only written
 * when the journal is there). Never called per poll, per value or per message. Thread-safe: one
 * write(2) a line. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_NOTICE,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
};

/* "error" ... "debug", from LOG_LEVEL_ERROR on, ended by NULL. */
extern const char *const log_level_names[];
const char *log_level_name(enum log_level level);

/* False: there is none of that name. */
bool log_find_level(const char *name, enum log_level *ret_level);

void log_set_level(enum log_level level);
enum log_level log_get_level(void);

/* Every warning and error, whatever the level, goes there as well, on the thread that writes it,
 * without what journald reads. It must not wait, nor log. NULL: nowhere. */
void log_set_witness(void (*witness)(void *context, enum log_level level, const char *line),
                     void *context);

/* The newest lines are kept in memory as well, cut at LOG_KEPT_TEXT - 1 bytes. */
#define LOG_KEPT      1024
#define LOG_KEPT_TEXT 240

struct log_line {
    int64_t utc_ms;
    enum log_level level;
    char text[LOG_KEPT_TEXT];
};

/* How many lines were written so far: the newest has this number less one. */
uint64_t log_count(void);

/* False: it is no longer kept, or not yet written. Any thread. */
bool log_recall(uint64_t number, struct log_line *ret_line);

/* A line is cut at 1000 bytes; control characters are replaced by '?'. */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
