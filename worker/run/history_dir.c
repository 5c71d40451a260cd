/*
 * The directory of runs, and the system calls that all readers of a run use. No link is followed and nothing is opened
 * outside of the configured directory, whatever names lie in it; a listing keeps a bounded number of names. Called by
 * the scan and by history_files.c, history_listing.c and history_stream.c.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "common/base/input_file.h"
#include "common/base/mem.h"
#include "worker/run/history_files.h"

static enum err refuse_below(int number, const char *below, struct err_info *error)
{
    if (number == ENOENT)
        return err_set(error, ERR_NOT_FOUND, "agents directory \"%s\": not there", below);
    if (number == ELOOP || number == EXDEV)
        return err_set(error, ERR_USAGE,
                       "agents directory \"%s\": it must lie beneath the configured one, without \"..\" or links",
                       below);
    if (number == ENOTDIR)
        return err_set(error, ERR_USAGE, "agents directory \"%s\": no directory", below);
    return err_set(error, ERR_PERMANENT, "agents directory \"%s\": %s", below, strerror(number));
}

/* ".." is refused even where it would come back. */
static bool has_dots(const char *path)
{
    for (const char *at = path; *at != '\0'; at += *at == '/') {
        size_t len = strcspn(at, "/");
        if (len == 2 && memcmp(at, "..", 2) == 0)
            return true;
        at += len;
    }
    return false;
}

static enum err open_below(int root, const char *below, int *fd, struct err_info *error)
{
    if (*below == '/' || has_dots(below))
        return refuse_below(EXDEV, below, error);
    *fd = beneath_open(root, below, O_DIRECTORY, BENEATH_NO_LINKS);
    return *fd >= 0 ? ERR_OK : refuse_below(errno, below, error);
}

enum err history_dir_open(const char *root, const char *below, struct history_dir **out, struct err_info *error)
{
    *out = NULL;
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set(error, errno == ENOENT ? ERR_NOT_FOUND : ERR_PERMANENT, "agents directory \"%s\": %s", root,
                       strerror(errno));
    if (below != NULL && *below != '\0') {
        int inner = -1;
        enum err err = open_below(fd, below, &inner, error);
        close(fd);
        if (err != ERR_OK)
            return err;
        fd = inner;
    }
    *out = mem_zalloc(sizeof(**out));
    (*out)->fd = fd;
    return ERR_OK;
}

void history_dir_close(struct history_dir *dir)
{
    if (dir == NULL)
        return;
    close(dir->fd);
    free(dir);
}

bool history_id_is_usable(const char *adw_id)
{
    size_t len = 0;
    for (; adw_id[len] != '\0'; len++)
        if (!isalnum((unsigned char)adw_id[len]) && strchr("._-", adw_id[len]) == NULL)
            return false;
    return len > 0 && len <= HISTORY_ID_MAX && adw_id[0] != '.' && adw_id[0] != '-';
}

void history_dir_set_tick(struct history_dir *dir, history_tick *tick, void *tick_context)
{
    dir->tick = tick;
    dir->tick_context = tick_context;
}

struct listing {
    struct history_dir *dir;
    size_t seen;
    const char *after;
    size_t limit;
    struct history_names *names;
    size_t cap;
};

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts, and lets go of what comes after the first `limit`. */
static void cut(struct listing *listing)
{
    struct history_names *names = listing->names;
    if (names->count == 0)
        return;
    qsort(names->items, names->count, sizeof(*names->items), by_bytes);
    while (names->count > listing->limit)
        free(names->items[--names->count]);
}

static enum err list_entry(void *context, const char *name, enum history_entry kind, struct err_info *error)
{
    struct listing *listing = context;
    struct history_names *names = listing->names;
    if (++listing->seen % HISTORY_TICK_ENTRIES == 0 && listing->dir->tick != NULL) {
        enum err err = listing->dir->tick(listing->dir->tick_context, error);
        if (err != ERR_OK)
            return err;
    }
    if (kind != HISTORY_ENTRY_DIRECTORY || !history_id_is_usable(name)) {
        names->skipped++;
        return ERR_OK;
    }
    if (strcmp(name, listing->after) <= 0)
        return ERR_OK;
    if (names->count == listing->cap && listing->cap >= 2 * listing->limit)
        cut(listing);
    if (names->count == listing->cap) {
        listing->cap = listing->cap == 0 ? 64 : listing->cap * 2;
        names->items = mem_grow(names->items, listing->cap, sizeof(*names->items));
    }
    names->items[names->count++] = mem_strdup(name);
    return ERR_OK;
}

/* A descriptor of its own: another reader of the directory must not move our place in it. */
enum err history_dir_list(struct history_dir *dir, const char *after, size_t limit, struct history_names *out,
                          struct err_info *error)
{
    struct buf room = BUF_INIT;
    struct listing listing = {.dir = dir, .after = after, .limit = limit > 0 ? limit : 1, .names = out};
    *out = (struct history_names){NULL, 0, 0};
    int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return history_io_fail(errno, "agents directory", error);
    struct history_entries entries = {fd, "agents directory", &room, list_entry, &listing};
    enum err err = history_io_list(&entries, error);
    close(fd);
    buf_fini(&room);
    cut(&listing);
    if (err != ERR_OK)
        history_names_fini(out);
    return err;
}

void history_names_fini(struct history_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct history_names){NULL, 0, 0};
}

/* ---- system calls ------------------------------------------------------------------------------------------------ */

enum err history_io_fail(int number, const char *path, struct err_info *error)
{
    switch (number) {
    case ENOENT:
        return err_set(error, ERR_NOT_FOUND, "%s: not there", path);
    case ELOOP:
        return err_set(error, ERR_PERMANENT, "%s: a link, and links are not followed", path);
    case EXDEV:
        return err_set(error, ERR_PERMANENT, "%s: leads out of the agents directory", path);
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
    case EINTR:
        return err_set(error, ERR_RETRY, "%s: %s", path, strerror(number));
    default:
        return err_set(error, ERR_PERMANENT, "%s: %s", path, strerror(number));
    }
}

/* O_NONBLOCK: a pipe in the place of a file must not make the reader wait. */
enum err history_io_open(int dir, const char *path, int *fd, struct stat *info, struct err_info *error)
{
    *fd = beneath_open(dir, path, O_NONBLOCK | O_NOCTTY, BENEATH_NO_LINKS);
    if (*fd < 0)
        return history_io_fail(errno, path, error);
    if (fstat(*fd, info) != 0)
        history_io_fail(errno, path, error);
    else if (S_ISDIR(info->st_mode))
        err_set(error, ERR_PERMANENT, "%s: a directory where a file should be", path);
    else if (!S_ISREG(info->st_mode))
        err_set(error, ERR_PERMANENT, "%s: no regular file", path);
    else
        return ERR_OK;
    close(*fd);
    *fd = -1;
    return error->code;
}

enum err history_io_read(int fd, char *room, size_t len, int64_t offset, struct err_info *error)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(fd, room + done, len - done, (off_t)offset + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(error, ERR_PERMANENT, "%s", strerror(errno));
        if (got == 0)
            return err_set(error, ERR_RETRY, "it became shorter while it was read");
        done += (size_t)got;
    }
    return ERR_OK;
}

/* ---- entries of a directory -------------------------------------------------------------------------------------- */

static enum history_entry kind_of_mode(mode_t mode)
{
    if (S_ISDIR(mode))
        return HISTORY_ENTRY_DIRECTORY;
    if (S_ISREG(mode))
        return HISTORY_ENTRY_FILE;
    return S_ISLNK(mode) ? HISTORY_ENTRY_LINK : HISTORY_ENTRY_OTHER;
}

/* Some file systems do not say what an entry is; one that has gone meanwhile is "other". */
static enum history_entry kind_of(int dir, const struct dirent64 *entry)
{
    struct stat info;
    if (entry->d_type != DT_UNKNOWN)
        return kind_of_mode((mode_t)DTTOIF(entry->d_type));
    if (fstatat(dir, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return HISTORY_ENTRY_OTHER;
    return kind_of_mode(info.st_mode);
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

enum err history_io_list(const struct history_entries *entries, struct err_info *error)
{
    buf_reset(entries->room);
    char *room = buf_reserve(entries->room, HISTORY_ENTRIES_BYTES);
    for (;;) {
        ssize_t len = getdents64(entries->dir, room, HISTORY_ENTRIES_BYTES);
        if (len < 0)
            return history_io_fail(errno, entries->path, error);
        if (len == 0)
            return ERR_OK;
        for (ssize_t at = 0; at < len;) {
            const struct dirent64 *entry = (const void *)(room + at);
            at += entry->d_reclen;
            if (is_dots(entry->d_name))
                continue;
            enum err err = entries->each(entries->context, entry->d_name, kind_of(entries->dir, entry), error);
            if (err != ERR_OK)
                return err;
        }
    }
}
