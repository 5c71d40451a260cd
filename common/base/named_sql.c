/*
 * Reads a statement token by token, as far as is needed to tell a parameter from what only looks like one: text within
 * quotes, dollar quotes and comments is copied as it is, `::` is a cast. What PostgreSQL would take for two statements
 * is refused, and so is what controls a transaction or a session: a statement runs inside one of ours. Called when a
 * definition is loaded (definitions/), when a phase is planned (queue/) and when a chunk is settled (worker/run/);
 * fuzzed.
 */
#include "common/base/named_sql.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/mem.h"

struct scan {
    const char *source, *at;
    const struct named_sql_param *params;
    struct named_sql *out;
    int depth; /* of parentheses and brackets */
    bool began, ended;
    char before[16]; /* the word before, in lower case: ORDER of ORDER BY */
    struct err_info *error;
};

static bool is_word_start(char c)
{
    return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_word(char c)
{
    return is_word_start(c) || isdigit((unsigned char)c) || c == '$';
}

static size_t word_len(const char *at)
{
    size_t len = 0;
    while (is_word(at[len]))
        len++;
    return len;
}

static bool is_text(const char *at, size_t len, const char *text)
{
    return strlen(text) == len && strncasecmp(at, text, len) == 0;
}

static void place_note(struct scan *scan)
{
    struct named_sql *out = scan->out;
    out->places = mem_grow(out->places, out->place_count + 1, sizeof *out->places);
    out->places[out->place_count++] = (struct named_sql_place){out->text.len, (size_t)(scan->at - scan->source)};
}

static void copy(struct scan *scan, size_t len)
{
    buf_add(&scan->out->text, scan->at, len);
    scan->at += len;
}

/* ---- what is copied as it stands --------------------------------------------------------------------------------- */

/* From the opening quote to behind the closing one; a doubled quote stays inside. 0 where it does not end. */
static size_t quoted_len(const char *at, bool backslashes)
{
    char quote = at[0];
    for (size_t i = 1; at[i] != '\0'; i++) {
        if (backslashes && at[i] == '\\' && at[i + 1] != '\0')
            i++;
        else if (at[i] == quote && at[i + 1] == quote)
            i++;
        else if (at[i] == quote)
            return i + 1;
    }
    return 0;
}

/* `$tag$ … $tag$`. 0: it is none; SIZE_MAX: it does not end. */
static size_t dollar_quoted_len(const char *at)
{
    size_t tag = 1;
    while (at[tag] != '\0' && at[tag] != '$' && is_word(at[tag]))
        tag++;
    if (at[tag] != '$' || isdigit((unsigned char)at[1]))
        return 0;
    tag++;
    for (const char *end = at + tag; (end = strchr(end, '$')) != NULL; end++)
        if (strncmp(end, at, tag) == 0)
            return (size_t)(end - at) + tag;
    return SIZE_MAX;
}

/* A comment as the server reads it: those with slashes nest. 0: it is none; SIZE_MAX: it does not end. */
static size_t comment_len(const char *at)
{
    if (at[0] == '-' && at[1] == '-')
        return strcspn(at, "\n");
    if (at[0] != '/' || at[1] != '*')
        return 0;
    int depth = 0;
    for (size_t i = 0; at[i] != '\0'; i++) {
        if (at[i] == '/' && at[i + 1] == '*') {
            depth++;
            i++;
        } else if (at[i] == '*' && at[i + 1] == '/') {
            i++;
            if (--depth == 0)
                return i + 1;
        }
    }
    return SIZE_MAX;
}

static enum err endless(struct scan *scan, const char *what)
{
    return err_set(scan->error, ERR_USAGE, "%s begins here and does not end", what);
}

/* ---- words and parameters ---------------------------------------------------------------------------------------- */

static enum err first_word_check(struct scan *scan, size_t len)
{
    static const char *const allowed[] = {"select", "with", "values", "table", "insert", "update", "delete", "merge"};
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        if (is_text(scan->at, len, allowed[i])) {
            scan->out->selects = strchr("swvt", allowed[i][0]) != NULL;
            return ERR_OK;
        }
    return err_set(scan->error, ERR_USAGE,
                   "a statement begins with SELECT, INSERT, UPDATE, DELETE, MERGE, VALUES or WITH, not with %.*s",
                   (int)(len > 40 ? 40 : len), scan->at);
}

/* Notes what the check of a selection asks for. */
static void word_note(struct scan *scan, size_t len)
{
    const char *at = scan->at;
    if (scan->depth == 0) {
        scan->out->has_order = scan->out->has_order || (is_text(at, len, "by") && strcmp(scan->before, "order") == 0);
        scan->out->has_limit = scan->out->has_limit || is_text(at, len, "limit") || is_text(at, len, "fetch");
    }
    size_t kept = len < sizeof scan->before - 1 ? len : sizeof scan->before - 1;
    for (size_t i = 0; i < kept; i++)
        scan->before[i] = (char)tolower((unsigned char)at[i]);
    scan->before[kept] = '\0';
}

static enum err word_read(struct scan *scan)
{
    size_t len = word_len(scan->at);
    bool is_escaped = len == 1 && strchr("eE", scan->at[0]) != NULL && scan->at[1] == '\'';
    if (!scan->began && first_word_check(scan, len) != ERR_OK)
        return ERR_USAGE;
    scan->began = true;
    if (is_escaped) {
        size_t quoted = quoted_len(scan->at + 1, true);
        if (quoted == 0)
            return endless(scan, "a text");
        copy(scan, 1 + quoted);
        return ERR_OK;
    }
    word_note(scan, len);
    copy(scan, len);
    return ERR_OK;
}

static enum err unknown_param(struct scan *scan, size_t len)
{
    struct buf known = BUF_INIT;
    for (int i = 0; scan->params[i].name != NULL; i++)
        buf_addf(&known, "%s:%s", i == 0 ? "" : ", ", scan->params[i].name);
    (void)!err_set(scan->error, ERR_USAGE, "there is no parameter :%.*s here; there are %s", (int)(len > 60 ? 60 : len),
                   scan->at + 1, known.data);
    buf_fini(&known);
    return ERR_USAGE;
}

/* The number behind the $: a parameter that is used twice has one. */
static int number_of(struct named_sql *out, int param)
{
    for (int i = 0; i < out->param_count; i++)
        if (out->params[i] == param)
            return i + 1;
    out->params[out->param_count++] = param;
    return out->param_count;
}

static enum err param_read(struct scan *scan)
{
    size_t len = word_len(scan->at + 1);
    for (int i = 0; scan->params[i].name != NULL; i++)
        if (strlen(scan->params[i].name) == len && strncmp(scan->at + 1, scan->params[i].name, len) == 0) {
            buf_addf(&scan->out->text, "($%d::%s)", number_of(scan->out, i), scan->params[i].type);
            scan->at += len + 1;
            place_note(scan);
            return ERR_OK;
        }
    return unknown_param(scan, len);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static enum err quote_read(struct scan *scan)
{
    size_t len = quoted_len(scan->at, false);
    if (len == 0)
        return endless(scan, scan->at[0] == '"' ? "a name in quotes" : "a text");
    copy(scan, len);
    return ERR_OK;
}

static enum err dollar_read(struct scan *scan)
{
    size_t len = dollar_quoted_len(scan->at);
    if (len == SIZE_MAX)
        return endless(scan, "a text in dollars");
    if (len == 0 && isdigit((unsigned char)scan->at[1]))
        return err_set(scan->error, ERR_USAGE, "parameters have names here: write :args and the like, not $1");
    copy(scan, len == 0 ? 1 : len);
    return ERR_OK;
}

static enum err sign_read(struct scan *scan)
{
    char c = *scan->at;
    if (c == ';') {
        scan->ended = true;
        scan->at++;
        return ERR_OK;
    }
    scan->depth += strchr("([", c) != NULL ? 1 : strchr(")]", c) != NULL ? -1 : 0;
    if (c == ':' && (scan->at[1] == ':' || scan->at[1] == '=')) {
        copy(scan, 2);
        return ERR_OK;
    }
    if (c == ':' && is_word_start(scan->at[1]))
        return param_read(scan);
    if (isdigit((unsigned char)c))
        copy(scan, word_len(scan->at)); /* so that 1e5 is no word */
    else
        copy(scan, 1);
    return ERR_OK;
}

static enum err token_read(struct scan *scan)
{
    char c = *scan->at;
    size_t comment = comment_len(scan->at);
    if (comment == SIZE_MAX)
        return endless(scan, "a comment");
    if (comment > 0 || isspace((unsigned char)c)) {
        copy(scan, comment > 0 ? comment : 1);
        return ERR_OK;
    }
    if (scan->ended)
        return err_set(scan->error, ERR_USAGE, "a second statement begins here; one is run");
    if (c == '\'' || c == '"')
        return quote_read(scan);
    if (c == '$')
        return dollar_read(scan);
    return is_word_start(c) ? word_read(scan) : sign_read(scan);
}

enum err named_sql_parse(const char *source, const struct named_sql_param *params, struct named_sql *out, size_t *at,
                         struct err_info *error)
{
    struct scan scan = {.source = source, .at = source, .params = params, .out = out, .error = error};
    enum err err = ERR_OK;
    *out = (struct named_sql){.text = BUF_INIT};
    place_note(&scan);
    while (err == ERR_OK && *scan.at != '\0')
        err = token_read(&scan);
    if (err == ERR_OK && !scan.began)
        err = err_set(error, ERR_USAGE, "there is no statement here");
    *at = (size_t)(scan.at - source);
    return err;
}

void named_sql_fini(struct named_sql *sql)
{
    buf_fini(&sql->text);
    free(sql->places);
    *sql = (struct named_sql){.text = BUF_INIT};
}

bool named_sql_uses(const struct named_sql *sql, const struct named_sql_param *params, const char *name)
{
    for (int i = 0; i < sql->param_count; i++)
        if (strcmp(params[sql->params[i]].name, name) == 0)
            return true;
    return false;
}

size_t named_sql_source(const struct named_sql *sql, size_t offset)
{
    size_t i = sql->place_count - 1;
    while (i > 0 && sql->places[i].text > offset)
        i--;
    return sql->places[i].source + (offset - sql->places[i].text);
}
