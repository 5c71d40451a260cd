/*
 * The rules about git that need no repository: what a URL says, what git's answers mean. Pure, so each is tested and
 * fuzzed by itself. Used by the git_*.c files alone; git.h is the contract.
 */
#ifndef REPRISE_STORE_GIT_RULES_H
#define REPRISE_STORE_GIT_RULES_H

#include "common/store/git.h"

#define GIT_BRANCH_MAX 256
#define GIT_HOST_MAX 256
#define GIT_URL_MAX 2000
/* In place of a branch: the remote's HEAD names none, it is a commit by itself. */
#define GIT_DETACHED "HEAD"

enum git_scheme { GIT_SCHEME_HTTPS, GIT_SCHEME_SSH, GIT_SCHEME_FILE };

struct git_url {
    enum git_scheme scheme;
    char host[GIT_HOST_MAX];           /* without brackets; "" for a file */
    char authority[GIT_HOST_MAX + 16]; /* host and port as written, without a user: what a credential is bound to */
    int port;                          /* the scheme's own where none is written */
    const char *path;                  /* into the URL, as written; begins with '/' except in user@host:path */
    char file[GIT_URL_MAX + 1];        /* a file's path with its escapes (%20) decoded; "" for a host */
};

/* Takes it apart by the rules of git_check_url that need no configuration. ERR_USAGE says which one is broken. */
MUST_CHECK enum err git_parse_url(const char *url, struct git_url *parsed, struct err_info *error);

/* What `git ls-remote --symref <url> HEAD` printed: the branch that HEAD names, or GIT_DETACHED. ERR_PERMANENT: there
 * is nothing to fetch, or it cannot be used. */
MUST_CHECK enum err git_parse_head(const char *text, size_t len, char branch[GIT_BRANCH_MAX], struct err_info *error);

/* Whether `path` is `root` or lies below it, by name. */
bool git_is_below(const char *path, const char *root, size_t root_len);

/* Why git failed, from what it wrote to stderr: always an error, ERR_LOCAL where this host is to blame, ERR_RETRY where
 * nothing better is known. The text is
 * in our words where the case is known, then git's last words; `secret` (may be NULL) is starred out of them. */
enum err git_judge(const char *text, size_t len, const char *secret, struct err_info *error);

/* Whether git was not let in, which another app with another token may be. A host that hides what is private says "not
 * found". */
bool git_is_access_trouble(const char *text, size_t len);

/* Whether git finds the clone itself damaged. */
bool git_is_damage(const char *text, size_t len);

/* Whether these words are of a system that refused what this host must give: disk, memory, descriptors, permission.
 * What a remote is quoted with ("remote: …") is not. */
bool git_is_local_trouble(const char *text, size_t len);

#endif
