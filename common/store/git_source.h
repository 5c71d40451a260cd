/*
 * A repository on this machine, as a file URL names it. git would follow a `.git` file or link, guess `x.git` for `x`,
 * and read alternates, common directories and included configuration wherever they are: here each of them is resolved
 * first, and must lie below a directory of git.file_roots. The directory that was found is kept open and handed to git
 * as a descriptor, so that what was looked at is what is used, whatever is renamed meanwhile. Used by git_fetch.c
 * alone.
 */
#ifndef REPRISE_STORE_GIT_SOURCE_H
#define REPRISE_STORE_GIT_SOURCE_H

#include "common/store/git_rules.h"

struct git_source {
    int fd; /* the git directory; 0 = none */
};

/* How the child is told of it: by the number of child.h. */
#define GIT_SOURCE_URL "file:///proc/self/fd/4"

/* `path` has passed git_check_url. ERR_PERMANENT: there is no repository, or it is not below a root; ERR_LOCAL: it
 * cannot be opened. git_source_close is owed. */
MUST_CHECK enum err git_source_open(struct git_source *source, const char *path, const struct git_rules *rules,
                                    struct err_info *error);
/* That all it refers to lies below a root, too. May be asked again. */
MUST_CHECK enum err git_source_check(const struct git_source *source, const struct git_rules *rules,
                                     child_tick_fn *tick, void *tick_context, struct err_info *error);
void git_source_close(struct git_source *source);

/* Puts the path of the URL in place of the descriptor's in what git said. */
void git_source_name(const struct git_url *url, struct buf *words);

#endif
