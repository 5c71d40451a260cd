/*
 * Log lines to stderr: JSON, one object a line, or text on a terminal. A line knows its object: what log_scope set on
 * this thread (operation, job, attempt) is in every line until it is cleared. No secret ever gets here.
 */
#ifndef REPRISE_BASE_LOG_H
#define REPRISE_BASE_LOG_H

#include <stdint.h>

#include "common/base/err.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_JSON, LOG_FORMAT_TEXT };

/* `program` ("worker", "producer") stands in every line; borrowed, must stay. Before it is called, text at level info.
 */
void log_init(const char *program, enum log_level least, enum log_format format);
/* The same by the words of the settings log.level and log.format; a word that is none counts as info and auto. */
void log_start(const char *program, const char *level, const char *format);
/* Another least level, by its word, from any thread. */
void log_set_level(const char *level);
/* Also stands in every line from now on, e.g. the worker id; copied; NULL removes it. Call before threads start. */
void log_identity(const char *identity);

void log_write(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);
#define log_debug(...) log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)

/* The object of this thread's next lines: the operation (NULL = none), a job's seq (0 = the whole chunk), its attempt.
 */
void log_scope(const char *operation_id, int64_t seq, int64_t attempt);
void log_scope_clear(void);

#endif
