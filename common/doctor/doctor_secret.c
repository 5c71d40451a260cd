/*
 * The marks of well-known secrets (I10): prefixes that the givers of tokens use, the form in which we seal, credentials
 * in a URL. A key without such a mark passes unseen; that no code puts one there is the real guard, this only notices
 * the obvious.
 */
#include <ctype.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/doctor/doctor_private.h"

static const char *const marks[] = {
    "ghp_",        "gho_",    "ghu_",    "ghs_",    "ghr_",           "github_pat_",     "glpat-",
    "xoxb-",       "sk-ant-", "Bearer ", "bearer ", "Authorization:", "client_auth_key", "x-access-token",
    "-----BEGIN ",
};
#define MARKS (sizeof marks / sizeof *marks)
/* `iv:tag:cipher`, as crypto_seal writes it, and "://name:password@". */
#define SEALED "[0-9a-f]{32}:[0-9a-f]{32}:[0-9a-f]{2}"
#define CREDENTIALS "://[^/@ ]+:[^/@ ]+@"
#define SEALED_PART 32

void doctor_secret_pattern(struct buf *out)
{
    for (size_t i = 0; i < MARKS; i++)
        buf_addf(out, "%s|", marks[i]);
    buf_addf(out, "%s|%s", SEALED, CREDENTIALS);
}

/* How many lower-case hex digits stand here. */
static size_t hex_run(const char *at, const char *end)
{
    size_t n = 0;
    while (at + n < end && (isdigit((unsigned char)at[n]) || (at[n] >= 'a' && at[n] <= 'f')))
        n++;
    return n;
}

static bool has_sealed(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    for (const char *at = bytes; at < end; at++) {
        size_t iv = hex_run(at, end);
        const char *tag = at + iv + 1;
        if (iv >= SEALED_PART && tag < end && tag[-1] == ':' && hex_run(tag, end) == SEALED_PART) {
            const char *cipher = tag + SEALED_PART + 1;
            if (cipher < end && cipher[-1] == ':' && hex_run(cipher, end) >= 2)
                return true;
        }
        at += iv;
    }
    return false;
}

static bool has_credentials(const char *bytes, size_t len)
{
    const char *end = bytes + len;
    for (const char *at = memmem(bytes, len, "://", 3); at != NULL; at = memmem(at, (size_t)(end - at), "://", 3)) {
        at += 3;
        size_t name = 0;
        while (at + name < end && strchr("/@: \"", at[name]) == NULL)
            name++;
        if (name == 0 || at + name >= end || at[name] != ':')
            continue;
        const char *password = at + name + 1;
        size_t n = 0;
        while (password + n < end && strchr("/@ \"", password[n]) == NULL)
            n++;
        if (n > 0 && password + n < end && password[n] == '@')
            return true;
    }
    return false;
}

bool doctor_looks_secret(const char *bytes, size_t len, const char **mark)
{
    const char *found = NULL;
    for (size_t i = 0; i < MARKS && found == NULL; i++)
        if (memmem(bytes, len, marks[i], strlen(marks[i])) != NULL)
            found = marks[i];
    if (found == NULL && has_sealed(bytes, len))
        found = "a sealed secret";
    if (found == NULL && has_credentials(bytes, len))
        found = "a password in a URL";
    if (mark != NULL)
        *mark = found;
    return found != NULL;
}
