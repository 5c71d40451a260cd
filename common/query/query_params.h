/*
 * What somebody asks with: values by name, as text. The command line has them as options (--sort-by), the HTTP API as
 * parameters of the URL and parts of its path (sort_by); a question reads them by one name ("sort_by"), checks them
 * once for both, and its errors name them as whoever asks has written them: `--limit: "x" is not a number from 1 to
 * 1000`.
 *
 * An empty parameter of a URL is one that was not given (that is what forms send); an empty option is a mistake. Pure.
 */
#ifndef REPRISE_QUERY_QUERY_PARAMS_H
#define REPRISE_QUERY_QUERY_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

enum asked_style {
    ASKED_BY_OPTIONS,    /* "--sort-by" */
    ASKED_BY_PARAMETERS, /* "sort_by" */
};

struct asked {
    /* The value of `name` (with underscores); NULL = not given. Borrowed while the question is answered. */
    const char *(*value)(const void *from, const char *name);
    const void *from;
    enum asked_style style;
};

/* NULL = not given. */
const char *asked_text(const struct asked *asked, const char *name);

struct asked_range {
    int64_t least, most, otherwise; /* `otherwise`: where it was not given */
};
/* `*number` is within the range, or `otherwise`, also where what was given is refused. */
MUST_CHECK enum err asked_number(const struct asked *asked, const char *name, struct asked_range range, int64_t *number,
                                 struct err_info *error);
/* One of `words` (ended by NULL): its index; −1 where it was not given. */
MUST_CHECK enum err asked_word(const struct asked *asked, const char *name, const char *const *words, int *index,
                               struct err_info *error);
/* An option that is there; or a parameter that is true, 1, false or 0. */
MUST_CHECK enum err asked_flag(const struct asked *asked, const char *name, bool *flag, struct err_info *error);

/* An amount of dollars, digits with at most nine behind a point, as PostgreSQL reads it. */
#define ASKED_MONEY_MAX 24
MUST_CHECK enum err asked_money(const struct asked *asked, const char *name, const char *otherwise,
                                char amount[ASKED_MONEY_MAX], struct err_info *error);

/* The value as a pattern of LIKE that finds it anywhere: its wildcards are escaped. The caller's; NULL = not given. */
char *asked_pattern(const struct asked *asked, const char *name);

/* ERR_USAGE: the name as it was written, ": ", and what is wrong. */
enum err asked_refuse(const struct asked *asked, struct err_info *error, const char *name, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
