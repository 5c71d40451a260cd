/*
 * The C library turns `x{n}` into n copies of x, nested ones into products, and matches back-references by trying
 * everything. So a pattern may be 256 bytes long and 500 atoms when written out (the worst that was found then took a
 * third of a second for a text of 4 KiB), and back-references, which POSIX leaves out of extended expressions anyway,
 * are refused.
 */
#include "common/definitions/definition_pattern.h"

#include <assert.h>
#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define PATTERN_MAX_BYTES 256
#define PATTERN_MAX_ATOMS 500

/* How much a pattern comes to when its repetitions are written out, per open group. */
struct cost {
    long total[PATTERN_MAX_BYTES + 1]; /* atoms of each open group so far */
    int depth;
    long last; /* atoms of what a repetition here would repeat */
};

/* Length of the atom at `at`: an escape, a bracket expression, or one byte. */
static size_t atom_len(const char *at)
{
    if (*at == '\\' && at[1])
        return 2;
    if (*at != '[')
        return 1;
    const char *first = at + 1 + (at[1] == '^');
    const char *end = *first ? strchr(first + 1, ']') : NULL; /* a ] that stands first is a member */
    for (const char *class = strstr(first, "[:"); end && class && class < end; class = strstr(class + 2, "[:")) {
        const char *close = strstr(class + 2, ":]");
        end = close ? strchr(close + 2, ']') : NULL;
    }
    return end ? (size_t)(end - at) + 1 : 1;
}

/* The greater number of the `{m}`, `{m,}` or `{m,n}` at `at`. */
static long repetitions(const char *at)
{
    char *end;
    long least = strtol(at + 1, &end, 10);
    long most = *end == ',' ? strtol(end + 1, NULL, 10) : least;
    long count = most > least ? most : least;

    return count > PATTERN_MAX_ATOMS ? PATTERN_MAX_ATOMS + 1 : count;
}

static void add_atoms(struct cost *cost, long atoms)
{
    cost->total[cost->depth] += atoms;
    cost->last = atoms;
}

static void close_group(struct cost *cost)
{
    cost->depth--;
    add_atoms(cost, cost->total[cost->depth + 1] + 1);
}

/* Counts what stands at `at` and returns its length. */
static size_t count_next(struct cost *cost, const char *at)
{
    if (*at == '(') {
        cost->total[++cost->depth] = 0;
        return 1;
    }
    if (*at == ')' && cost->depth) {
        close_group(cost);
        return 1;
    }
    if (*at == '{' && isdigit((unsigned char)at[1])) {
        long more = repetitions(at) > 1 ? repetitions(at) - 1 : 0;
        cost->total[cost->depth] += cost->last * more;
        cost->last += cost->last * more;
        return strcspn(at, "}") + (strchr(at, '}') ? 1 : 0);
    }
    if (!strchr("*+?", *at))
        add_atoms(cost, 1);
    return atom_len(at);
}

static enum err check_cost(const char *pattern, struct err_info *error)
{
    struct cost cost = {.depth = 0};

    for (const char *at = pattern; *at; at += count_next(&cost, at)) {
        if (*at == '\\' && at[1] >= '1' && at[1] <= '9')
            return err_set(error, ERR_USAGE, "back-references (\\%c) are not allowed", at[1]);
        if (cost.total[cost.depth] > PATTERN_MAX_ATOMS)
            break;
    }
    while (cost.depth)
        close_group(&cost);
    if (cost.total[0] > PATTERN_MAX_ATOMS)
        return err_set(error, ERR_USAGE, "its repetitions {…} come to more than %d atoms", PATTERN_MAX_ATOMS);
    return ERR_OK;
}

enum err definition_pattern_check(const char *pattern, struct err_info *error)
{
    regex_t regex;
    char why[200];

    if (strlen(pattern) > PATTERN_MAX_BYTES)
        return err_set(error, ERR_USAGE, "it is longer than %d bytes", PATTERN_MAX_BYTES);
    if (check_cost(pattern, error))
        return ERR_USAGE;
    int rc = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    if (rc) {
        regerror(rc, &regex, why, sizeof why);
        return err_set(error, ERR_USAGE, "%s", why);
    }
    regfree(&regex);
    return ERR_OK;
}

bool definition_pattern_matches(const char *pattern, const char *text)
{
    regex_t regex;

    int rc = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    assert(!rc);
    rc = regexec(&regex, text, 0, NULL, 0);
    regfree(&regex);
    return rc == 0;
}
