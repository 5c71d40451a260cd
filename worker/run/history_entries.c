#include "worker/run/history_entries.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "worker/run/history_open.h"

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

enum err history_entries_read(const struct history_entries *entries, struct err_info *error)
{
    buf_reset(entries->room);
    char *room = buf_reserve(entries->room, HISTORY_ENTRIES_BYTES);
    for (;;) {
        ssize_t len = getdents64(entries->dir, room, HISTORY_ENTRIES_BYTES);
        if (len < 0)
            return history_open_fail(errno, entries->path, error);
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
