#include "common/base/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_BYTES 256

/* ENOSYS: an old kernel; EPERM: a sandbox that does not know the call. Both stay so. */
static atomic_bool lacks_openat2;

/* One step per part, each without following links. */
static int open_stepwise(int dir, const char *path, int flags)
{
    int at = dir;
    for (;;) {
        char name[NAME_BYTES];
        size_t len = strcspn(path, "/"), skip = len + strspn(path + len, "/");
        bool last = path[skip] == '\0';
        if (len == 0 || len >= sizeof(name) || (len == 2 && memcmp(path, "..", 2) == 0)) {
            errno = EXDEV;
            break;
        }
        memcpy(name, path, len);
        name[len] = '\0';
        int next = openat(at, name, last ? flags : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0 && errno == ENOTDIR && !last)
            errno = ELOOP;
        if (at != dir) {
            int kept = errno;
            close(at);
            errno = kept;
        }
        if (next < 0 || last)
            return next;
        at = next;
        path += skip;
    }
    if (at != dir) {
        close(at);
        errno = EXDEV;
    }
    return -1;
}

int beneath_open(int dir, const char *path, int flags, enum beneath_links links)
{
    unsigned no_links = links == BENEATH_NO_LINKS ? RESOLVE_NO_SYMLINKS : 0;
    struct open_how how = {
        .flags = (unsigned)(O_RDONLY | O_CLOEXEC | flags),
        .resolve = (unsigned)RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | no_links,
    };
    if (!atomic_load_explicit(&lacks_openat2, memory_order_relaxed)) {
        long fd = syscall(SYS_openat2, dir, path, &how, sizeof(how));
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
            return (int)fd;
        atomic_store_explicit(&lacks_openat2, true, memory_order_relaxed);
    }
    return open_stepwise(dir, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
}
