/*
 * What a query is asked with: values by name, as text. The command line has them as options (--sort-by), the HTTP API
 * as parameters of the URL and parts of its path (sort_by); a question reads them by one name ("sort_by"), checks them
 * once for both, and its errors name them as the caller has written them: `--limit: "x" is not a number from 1 to
 * 1000`.
 *
 * An empty parameter of a URL is one that was not given (that is what forms send); an empty option is a mistake. Pure.
 */
#ifndef REPRISE_QUERY_QUERY_PARAMS_H
#define REPRISE_QUERY_QUERY_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/err.h"

enum query_params_style {
    QUERY_PARAMS_BY_OPTIONS,    /* "--sort-by" */
    QUERY_PARAMS_BY_PARAMETERS, /* "sort_by" */
};

struct query_params {
    /* The value of `name` (with underscores); NULL = not given. Borrowed while the question is answered. */
    const char *(*value)(const void *from, const char *name);
    const void *from;
    enum query_params_style style;
};

/* NULL = not given. */
const char *query_params_text(const struct query_params *asked, const char *name);

struct query_params_range {
    int64_t least, most, otherwise; /* `otherwise`: where it was not given */
};
/* `*number` is within the range, or `otherwise`, also where what was given is refused. */
MUST_CHECK enum err query_params_number(const struct query_params *asked, const char *name,
                                        struct query_params_range range, int64_t *number, struct err_info *error);
/* One of `words` (ended by NULL): its index; −1 where it was not given. */
MUST_CHECK enum err query_params_word(const struct query_params *asked, const char *name, const char *const *words,
                                      int *index, struct err_info *error);
/* An option that is there; or a parameter that is true, 1, false or 0. */
MUST_CHECK enum err query_params_flag(const struct query_params *asked, const char *name, bool *flag,
                                      struct err_info *error);

/* An amount of dollars, digits with at most nine behind a point, as PostgreSQL reads it. */
#define QUERY_PARAMS_MONEY_MAX 24
MUST_CHECK enum err query_params_money(const struct query_params *asked, const char *name, const char *otherwise,
                                       char amount[QUERY_PARAMS_MONEY_MAX], struct err_info *error);

/* The value as a pattern of LIKE that finds it anywhere: its wildcards are escaped. The caller's; NULL = not given. */
char *query_params_pattern(const struct query_params *asked, const char *name);

/* ERR_USAGE: the name as it was written, ": ", and what is wrong. */
enum err query_params_refuse(const struct query_params *asked, struct err_info *error, const char *name,
                             const char *format, ...) PRINTF_LIKE(4, 5);

#endif
