/*
 * Checks what a query is asked with, once for the command line and the HTTP API; an error names the parameter as the
 * caller wrote it. Pure. Called by the queries of this room.
 */
#include "common/query/query_params.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"

#define NAME_MAX_BYTES 40

const char *query_params_text(const struct query_params *asked, const char *name)
{
    const char *value = asked->value(asked->from, name);
    return value != NULL && *value == '\0' && asked->style == QUERY_PARAMS_BY_PARAMETERS ? NULL : value;
}

enum err query_params_refuse(const struct query_params *asked, struct err_info *error, const char *name,
                             const char *format, ...)
{
    char text[ERR_TEXT_MAX], written[NAME_MAX_BYTES];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    bool as_option = asked->style == QUERY_PARAMS_BY_OPTIONS;
    snprintf(written, sizeof written, "%s%s", as_option ? "--" : "", name);
    for (char *at = written; as_option && *at != '\0'; at++)
        *at = *at == '_' ? '-' : *at;
    return err_set(error, ERR_USAGE, "%s: %s", written, text);
}

enum err query_params_number(const struct query_params *asked, const char *name, struct query_params_range range,
                             int64_t *number, struct err_info *error)
{
    const char *text = query_params_text(asked, name);
    char *end = NULL;
    *number = range.otherwise;
    if (text == NULL)
        return ERR_OK;
    errno = 0;
    int64_t given = strtoll(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || given < range.least || given > range.most)
        return query_params_refuse(asked, error, name, "\"%s\" is not a number from %" PRId64 " to %" PRId64, text,
                                   range.least, range.most);
    *number = given;
    return ERR_OK;
}

enum err query_params_word(const struct query_params *asked, const char *name, const char *const *words, int *index,
                           struct err_info *error)
{
    const char *text = query_params_text(asked, name);
    *index = -1;
    if (text == NULL)
        return ERR_OK;
    struct buf all = BUF_INIT;
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0)
            *index = i;
        buf_addf(&all, "%s%s", i == 0 ? "" : ", ", words[i]);
    }
    enum err err =
        *index >= 0 ? ERR_OK : query_params_refuse(asked, error, name, "\"%s\" is none of %s", text, all.data);
    buf_fini(&all);
    return err;
}

#define DOLLAR_DIGITS_MAX 9 /* numeric(18, 9) */

enum err query_params_money(const struct query_params *asked, const char *name, const char *otherwise,
                            char amount[QUERY_PARAMS_MONEY_MAX], struct err_info *error)
{
    static const char digits[] = "0123456789";
    const char *text = query_params_text(asked, name);
    text = text == NULL ? otherwise : text;
    size_t whole = strspn(text, digits), point = text[whole] == '.' ? 1 : 0,
           part = strspn(text + whole + point, digits);
    bool good = whole >= 1 && whole <= DOLLAR_DIGITS_MAX && part <= DOLLAR_DIGITS_MAX && part >= point &&
                text[whole + point + part] == '\0';
    if (!good)
        return query_params_refuse(asked, error, name, "\"%s\" is no amount of dollars such as 0.50", text);
    snprintf(amount, QUERY_PARAMS_MONEY_MAX, "%s", text);
    return ERR_OK;
}

char *query_params_pattern(const struct query_params *asked, const char *name)
{
    const char *text = query_params_text(asked, name);
    if (text == NULL)
        return NULL;
    struct buf pattern = BUF_INIT;
    buf_add_char(&pattern, '%');
    for (; *text != '\0'; text++) {
        if (strchr("%_\\", *text) != NULL)
            buf_add_char(&pattern, '\\');
        buf_add_char(&pattern, *text);
    }
    buf_add_char(&pattern, '%');
    return buf_take(&pattern);
}

enum err query_params_flag(const struct query_params *asked, const char *name, bool *flag, struct err_info *error)
{
    static const char *const words[] = {"true", "1", "false", "0", NULL};
    int index = -1;
    *flag = asked->style == QUERY_PARAMS_BY_OPTIONS && query_params_text(asked, name) != NULL;
    if (asked->style == QUERY_PARAMS_BY_OPTIONS)
        return ERR_OK;
    enum err err = query_params_word(asked, name, words, &index, error);
    *flag = err == ERR_OK && (index == 0 || index == 1);
    return err;
}
