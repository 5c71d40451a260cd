#include "tests/receiver/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/crypto.h"
#include "common/base/mem.h"

#define LOCATION_MAX 512
#define PLAIN_MAX 180 /* of a name that is followed by a digest: 180 + 2 + 64 < 256 */

struct keep {
    int dir;
    unsigned long begun;
};

struct keep *keep_new(const char *dir)
{
    if (mkdir(dir, 0755) != 0 && errno != EEXIST) {
        perror(dir);
        return NULL;
    }
    int fd = open(dir, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        perror(dir);
        return NULL;
    }
    struct keep *keep = mem_zalloc(sizeof *keep);
    keep->dir = fd;
    return keep;
}

void keep_drop(struct keep *keep)
{
    if (!keep)
        return;
    close(keep->dir);
    free(keep);
}

static bool is_plain(const char *path, size_t at)
{
    unsigned char c = (unsigned char)path[at];
    return c > 0x20 && c != 0x7f && c != '/' && c != '%' && !(c == '.' && at == 0);
}

void keep_name(const char *path, char out[KEEP_NAME_MAX])
{
    size_t used = 0, len = strlen(path);
    for (size_t at = 0; at < len; at++) {
        if (used + 3 > PLAIN_MAX + 60) {
            uint8_t sha[SHA256_BYTES];
            crypto_sha256(path, len, sha);
            memcpy(out + PLAIN_MAX, "%~", 2);
            crypto_hex(sha, sizeof sha, out + PLAIN_MAX + 2);
            return;
        }
        if (is_plain(path, at))
            out[used++] = path[at];
        else
            used += (size_t)snprintf(out + used, 4, "%%%02X", (unsigned char)path[at]);
    }
    out[used] = '\0';
}

static void temporary_name(const struct keep_file *file, char out[64])
{
    (void)snprintf(out, 64, ".incoming-%ld-%lu", (long)getpid(), file->number);
}

bool keep_begin(struct keep *keep, struct keep_file *file)
{
    char name[64];
    file->number = ++keep->begun;
    temporary_name(file, name);
    file->fd = openat(keep->dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    return file->fd >= 0;
}

bool keep_write(struct keep_file *file, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t written = write(file->fd, at, len);
        if (written < 0 && errno != EINTR)
            return false;
        if (written < 0)
            continue;
        at += written;
        len -= (size_t)written;
    }
    return true;
}

/* The place of a path, its directories made. */
static bool locate(struct keep *keep, const struct delivery *delivery, char out[LOCATION_MAX])
{
    char name[KEEP_NAME_MAX];
    keep_name(delivery->path, name);
    if (mkdirat(keep->dir, delivery->app_id, 0755) != 0 && errno != EEXIST)
        return false;
    (void)snprintf(out, LOCATION_MAX, "%s/%s", delivery->app_id, delivery->repository_id);
    if (mkdirat(keep->dir, out, 0755) != 0 && errno != EEXIST)
        return false;
    int len = snprintf(out, LOCATION_MAX, "%s/%s/%s", delivery->app_id, delivery->repository_id, name);
    errno = ENAMETOOLONG;
    return len < LOCATION_MAX;
}

bool keep_end(struct keep *keep, struct keep_file *file, const struct delivery *delivery)
{
    char from[64], to[LOCATION_MAX];
    temporary_name(file, from);
    if (!locate(keep, delivery, to) || renameat(keep->dir, from, keep->dir, to) != 0) {
        keep_abandon(keep, file);
        return false;
    }
    close(file->fd);
    *file = KEEP_FILE_NONE;
    return true;
}

void keep_abandon(struct keep *keep, struct keep_file *file)
{
    char name[64];
    if (file->fd < 0)
        return;
    close(file->fd);
    temporary_name(file, name);
    unlinkat(keep->dir, name, 0);
    *file = KEEP_FILE_NONE;
}

bool keep_remove(struct keep *keep, const struct delivery *delivery)
{
    char place[LOCATION_MAX];
    return locate(keep, delivery, place) && (unlinkat(keep->dir, place, 0) == 0 || errno == ENOENT);
}
