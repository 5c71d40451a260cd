/* Opening what lies beneath a directory: neither a link nor ".." leads out of it. */
#ifndef REPRISE_BASE_BENEATH_H
#define REPRISE_BASE_BENEATH_H

enum beneath_links {
    BENEATH_NO_LINKS,    /* none is followed: ELOOP */
    BENEATH_INNER_LINKS, /* those that lead to what is beneath, where the system offers that; else none */
};

/* `path` beneath `dir`, with O_RDONLY, O_CLOEXEC and `flags`. -1 and errno, EXDEV for what leads out. It is the
 * kernel's promise (openat2); without that call (an old kernel, a sandbox) each part of the path is opened for itself,
 * without following a link. */
int beneath_open(int dir, const char *path, int flags, enum beneath_links links);

#endif
