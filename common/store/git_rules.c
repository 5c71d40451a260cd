/*
 * What a git URL may say, by its text alone. Three forms are taken apart (https, ssh, file) and all else is refused; a
 * path is judged after its escapes are decoded, as git does it. No name is resolved and no file is opened here. Called
 * when a link is registered and again before each fetch; fuzzed.
 */
#include "common/store/git_rules.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define USER_BYTES LETTERS DIGITS "._-"
#define HOST_BYTES LETTERS DIGITS ".-_"
#define IPV6_BYTES DIGITS "abcdefABCDEF:."

static const struct {
    const char *prefix;
    enum git_scheme scheme;
    int port;
} schemes[] = {{"https://", GIT_SCHEME_HTTPS, 443}, {"ssh://", GIT_SCHEME_SSH, 22}, {"file://", GIT_SCHEME_FILE, 0}};

static enum err check_bytes(const char *url, struct err_info *error)
{
    size_t len = strlen(url);
    if (len == 0)
        return err_set(error, ERR_USAGE, "the URL is empty");
    if (len > GIT_URL_MAX)
        return err_set(error, ERR_USAGE, "the URL has more than %d bytes", GIT_URL_MAX);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)url[i] <= ' ' || (unsigned char)url[i] == 0x7F || url[i] == '\\')
            return err_set(error, ERR_USAGE,
                           "the URL holds a space, a control character or a backslash"
                           " (in a file URL: %%20 for a space, %%5C for a backslash)");
    }
    return ERR_OK;
}

/* The port after ':', -1 if it is none. */
static int parse_port(const char *text, size_t len)
{
    int port = 0;
    if (len == 0 || len > 5 || strspn(text, DIGITS) < len)
        return -1;
    for (size_t i = 0; i < len; i++)
        port = port * 10 + (text[i] - '0');
    return port >= 1 && port <= 65535 ? port : -1;
}

/* `text` is "host", "host:port" or "[address]:port" of `len` bytes. */
static enum err parse_authority(const char *text, size_t len, struct git_url *parsed, struct err_info *error)
{
    bool bracketed = len > 0 && text[0] == '[';
    const char *host = bracketed ? text + 1 : text;
    size_t host_len = strspn(host, bracketed ? IPV6_BYTES : HOST_BYTES);
    const char *after = host + host_len;
    if (bracketed && *after++ != ']')
        return err_set(error, ERR_USAGE, "the URL's host is malformed");
    if (host_len == 0 || host_len >= GIT_HOST_MAX || after > text + len)
        return err_set(error, ERR_USAGE, "the URL's host is missing, too long or malformed");
    if (*host == '-' || *host == '.')
        return err_set(error, ERR_USAGE, "the URL's host begins with '%c'", *host);
    if (after < text + len) {
        parsed->port = *after == ':' ? parse_port(after + 1, (size_t)(text + len - after - 1)) : -1;
        if (parsed->port < 0)
            return err_set(error, ERR_USAGE, "the URL's host or port is malformed");
    }
    memcpy(parsed->host, host, host_len);
    parsed->host[host_len] = '\0';
    memcpy(parsed->authority, text, len);
    parsed->authority[len] = '\0';
    return ERR_OK;
}

static enum err check_path(const char *path, struct err_info *error)
{
    const char *first = path + strspn(path, "/");
    if (*first == '\0')
        return err_set(error, ERR_USAGE, "the URL names no repository on its host");
    if (*first == '-')
        return err_set(error, ERR_USAGE, "the URL's path begins with '-'");
    return ERR_OK;
}

/* A user name may stand in an ssh URL only; a password nowhere, it would show in logs and argument lists. */
static enum err skip_user(const char **text, size_t *len, enum git_scheme scheme, struct err_info *error)
{
    const char *at = memchr(*text, '@', *len);
    if (at == NULL)
        return ERR_OK;
    size_t user_len = (size_t)(at - *text);
    if (scheme != GIT_SCHEME_SSH)
        return err_set(error, ERR_USAGE, "the URL holds a user name or password: register a token instead");
    if (user_len == 0 || strspn(*text, USER_BYTES) != user_len || **text == '-')
        return err_set(error, ERR_USAGE, "the URL's user name is malformed or holds a password");
    *len -= user_len + 1;
    *text = at + 1;
    return ERR_OK;
}

/* Once, as git does it before it looks for the repository. git leaves a malformed escape as it is; we refuse it. */
static enum err decode_path(const char *text, char path[GIT_URL_MAX + 1], struct err_info *error)
{
    size_t len = 0;
    for (; *text != '\0'; text++) {
        int byte = (unsigned char)*text;
        if (*text == '%') {
            byte = crypto_unhex_byte(text + 1);
            if (byte < 0)
                return err_set(error, ERR_USAGE, "a '%%' in a file URL needs two hexadecimal digits after it");
            text += 2;
        }
        if (byte < ' ' || byte == 0x7F)
            return err_set(error, ERR_USAGE, "a file URL's path must not hold a control character");
        path[len++] = (char)byte;
    }
    path[len] = '\0';
    return ERR_OK;
}

/* Only the decoded path tells where git will look: "%2e%2e" is "..", "%2f" a slash. */
static enum err parse_file(const char *path, struct git_url *parsed, struct err_info *error)
{
    parsed->path = path;
    if (*path != '/')
        return err_set(error, ERR_USAGE, "a file URL has no host: file:///path");
    enum err err = decode_path(path, parsed->file, error);
    if (err != ERR_OK)
        return err;
    for (const char *part = parsed->file; *part != '\0'; part += strcspn(part, "/")) {
        part += strspn(part, "/");
        size_t len = strcspn(part, "/");
        if ((len == 1 && part[0] == '.') || (len == 2 && part[0] == '.' && part[1] == '.'))
            return err_set(error, ERR_USAGE, "a file URL's path must not hold '.' or '..'");
    }
    return check_path(parsed->file, error);
}

static enum err parse_host_and_path(const char *text, size_t len, struct git_url *parsed, struct err_info *error)
{
    enum err err = skip_user(&text, &len, parsed->scheme, error);
    if (err == ERR_OK)
        err = len < GIT_HOST_MAX ? parse_authority(text, len, parsed, error)
                                 : err_set(error, ERR_USAGE, "the URL's host is too long");
    return err == ERR_OK ? check_path(parsed->path, error) : err;
}

enum err git_parse_url(const char *url, struct git_url *parsed, struct err_info *error)
{
    *parsed = (struct git_url){.port = 0};
    enum err err = check_bytes(url, error);
    if (err != ERR_OK)
        return err;
    for (size_t i = 0; i < sizeof schemes / sizeof(schemes[0]); i++) {
        size_t prefix = strlen(schemes[i].prefix);
        if (strncmp(url, schemes[i].prefix, prefix) != 0)
            continue;
        parsed->scheme = schemes[i].scheme;
        parsed->port = schemes[i].port;
        if (parsed->scheme == GIT_SCHEME_FILE)
            return parse_file(url + prefix, parsed, error);
        if (strpbrk(url, "?#") != NULL)
            return err_set(error, ERR_USAGE, "the URL holds a query or a fragment");
        parsed->path = url + prefix + strcspn(url + prefix, "/");
        return parse_host_and_path(url + prefix, (size_t)(parsed->path - url) - prefix, parsed, error);
    }
    /* user@host:path, where nothing before the colon is a slash: else git takes it for a local path. */
    size_t len = strcspn(url, ":/");
    if (url[len] != ':' || memchr(url, '@', len) == NULL || strncmp(url + len, "://", 3) == 0 || url[len + 1] == ':')
        return err_set(error, ERR_USAGE,
                       "the URL must be https://…, ssh://…, user@host:path, or file:///… where that is switched on");
    parsed->scheme = GIT_SCHEME_SSH;
    parsed->port = 22;
    parsed->path = url + len + 1;
    return parse_host_and_path(url, len, parsed, error);
}

bool git_is_below(const char *path, const char *root, size_t root_len)
{
    while (root_len > 0 && root[root_len - 1] == '/')
        root_len--;
    return strncmp(path, root, root_len) == 0 && (path[root_len] == '/' || path[root_len] == '\0');
}

/* By name, and where it exists also by what symbolic links make of it. */
static bool is_below_root(const char *path, const char *root, size_t root_len)
{
    char real_path[PATH_MAX], real_root[PATH_MAX];
    if (root_len == 0 || !git_is_below(path, root, root_len))
        return false;
    if (realpath(path, real_path) == NULL)
        return true;
    char *name = mem_strndup(root, root_len);
    bool below = realpath(name, real_root) != NULL && git_is_below(real_path, real_root, strlen(real_root));
    free(name);
    return below;
}

static enum err check_file(const char *path, const char *roots, struct err_info *error)
{
    if (roots == NULL || *roots == '\0')
        return err_set(error, ERR_USAGE, "file URLs are switched off (git.file_roots is empty)");
    for (const char *root = roots; *root != '\0';) {
        size_t len = strcspn(root, ":");
        if (is_below_root(path, root, len))
            return ERR_OK;
        root += root[len] == ':' ? len + 1 : len;
    }
    return err_set(error, ERR_USAGE, "the URL's path lies under none of the directories of git.file_roots");
}

enum err git_check_url(const char *url, const struct git_rules *rules, struct err_info *error)
{
    struct git_url parsed;
    enum err err = git_parse_url(url, &parsed, error);
    if (err != ERR_OK)
        return err;
    if (parsed.scheme == GIT_SCHEME_FILE)
        return check_file(parsed.file, rules->file_roots, error);
    if (address_check_literal(parsed.host, rules->allowed, error) == ERR_OK)
        return ERR_OK;
    error->code = ERR_USAGE;
    return err_prefix(error, "the URL is refused (see git.allow_private)");
}

enum err git_check_host(const char *url, const struct git_rules *rules, struct err_info *error)
{
    struct git_url parsed;
    enum err err = git_parse_url(url, &parsed, error);
    if (err != ERR_OK || parsed.scheme == GIT_SCHEME_FILE ||
        address_check_host(parsed.host, rules->allowed, error) == ERR_OK)
        return err;
    error->code = ERR_USAGE;
    return err_prefix(error, "the URL is refused (see git.allow_private)");
}

static bool is_bad_in_branch(const char *at)
{
    unsigned char byte = (unsigned char)*at;
    return byte <= ' ' || byte == 0x7F || strchr("~^:?*[\\", byte) != NULL || strncmp(at, "..", 2) == 0 ||
           strncmp(at, "@{", 2) == 0 || strncmp(at, "//", 2) == 0 || strncmp(at, "/.", 2) == 0;
}

/* A part of the name may not end with ".lock": that is how git locks a ref. */
static bool has_lock_part(const char *branch)
{
    for (const char *at = branch; (at = strstr(at, ".lock")) != NULL; at++) {
        if (at[5] == '/' || at[5] == '\0')
            return true;
    }
    return false;
}

enum err git_check_branch(const char *branch, struct err_info *error)
{
    size_t len = strlen(branch);
    bool bad = len == 0 || strchr("-./", branch[0]) != NULL || strchr("./", branch[len - 1]) != NULL ||
               strcmp(branch, "@") == 0 || strcmp(branch, GIT_DETACHED) == 0 || has_lock_part(branch);
    if (len >= GIT_BRANCH_MAX)
        return err_set(error, ERR_USAGE, "a branch name of more than %d bytes", GIT_BRANCH_MAX - 1);
    for (size_t i = 0; i < len && !bad; i++)
        bad = is_bad_in_branch(branch + i);
    if (bad)
        return err_set(error, ERR_USAGE, "'%s' is no branch name (git check-ref-format)", branch);
    return ERR_OK;
}
