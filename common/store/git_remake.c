#include "common/store/git_remake.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW ".new"
#define OLD ".old"

static bool join(char out[PATH_MAX], const char *path, const char *ending)
{
    int len = snprintf(out, PATH_MAX, "%s%s", path, ending);
    return len > 0 && len < PATH_MAX;
}

static bool is_kind(const char *clone, const char *name, mode_t kind)
{
    struct stat status;
    char path[PATH_MAX];
    if (!join(path, clone, name) || stat(path, &status) != 0 || (status.st_mode & S_IFMT) != kind)
        return false;
    return kind == S_IFDIR || status.st_size > 0; /* what a power failure leaves is there, and empty */
}

bool git_dir_is_whole(const struct git_dir *dir)
{
    char damaged[PATH_MAX];
    return is_kind(dir->clone, "/HEAD", S_IFREG) && is_kind(dir->clone, "/config", S_IFREG) &&
           is_kind(dir->clone, "/objects", S_IFDIR) && is_kind(dir->clone, "/refs", S_IFDIR) &&
           join(damaged, dir->clone, "/" GIT_DAMAGED_FILE) && access(damaged, F_OK) != 0;
}

/* Best effort: what cannot be removed is found again by the next who comes. */
static void remove_all(const char *path)
{
    char root[PATH_MAX];
    if (!join(root, path, ""))
        return;
    char *const roots[2] = {root, NULL};
    FTS *files = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (files == NULL)
        return;
    for (FTSENT *file; (file = fts_read(files)) != NULL;) {
        if (file->fts_info == FTS_DP)
            rmdir(file->fts_path);
        else if (file->fts_info != FTS_D)
            unlink(file->fts_path);
    }
    fts_close(files);
}

enum err git_dir_begin_new(struct git_dir *dir, char old[PATH_MAX], struct err_info *error)
{
    char aside[PATH_MAX];
    strcpy(old, dir->clone);
    if (!join(aside, old, OLD) || !join(dir->clone, old, NEW))
        return err_set(error, ERR_LOCAL, "the path of the repositories directory is too long");
    remove_all(aside);
    remove_all(dir->clone);
    /* Its owner's alone from its beginning on, whatever the umask. */
    if (mkdir(dir->clone, 0700) != 0)
        return err_set(error, ERR_LOCAL, "cannot make the directory %s: %s", dir->clone, strerror(errno));
    return ERR_OK;
}

static bool sync_one(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    int kept = errno;
    if (fd >= 0)
        close(fd);
    errno = kept;
    return synced;
}

enum err git_dir_sync(const struct git_dir *dir, struct err_info *error)
{
    char path[PATH_MAX];
    strcpy(path, dir->clone);
    char *const roots[2] = {path, NULL};
    FTS *files = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    bool synced = files != NULL;
    for (FTSENT *file; synced && (file = fts_read(files)) != NULL;)
        synced = file->fts_info == FTS_D || sync_one(file->fts_path);
    int kept = errno;
    if (files != NULL)
        fts_close(files);
    return synced ? ERR_OK : err_set(error, ERR_LOCAL, "cannot write the clone %s: %s", dir->clone, strerror(kept));
}

enum err git_dir_replace(struct git_dir *dir, const char *old, struct err_info *error)
{
    char aside[PATH_MAX], made[PATH_MAX];
    bool was_there = access(old, F_OK) == 0;
    strcpy(made, dir->clone);
    strcpy(dir->clone, old);
    if (!join(aside, old, OLD) || (was_there && rename(old, aside) != 0) || rename(made, old) != 0)
        return err_set(error, ERR_LOCAL, "cannot put the new clone in the place of %s: %s", old, strerror(errno));
    (void)sync_one(dir->root);
    remove_all(aside);
    return ERR_OK;
}

void git_dir_abandon(struct git_dir *dir, const char *old)
{
    remove_all(dir->clone);
    strcpy(dir->clone, old);
}
