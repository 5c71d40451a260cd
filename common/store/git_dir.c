/*
 * The directory of a clone: paths, lock, leftovers of a killed git, size, and the replacement of a damaged clone. Every
 * change is made under the clone's lock, which is waited for with a bound, since a job that waits holds an executor. A
 * new clone takes the old one's place only when it is whole and on disk. Called by git_fetch.c.
 */
#include "common/store/git_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"

#define LOCK_RETRY_MS 100
#define TICK_MS 500
/* A fetch may take as long as git.deadline; a job that waits for it keeps an executor from other repositories. */
#define LOCK_PATIENCE_MS 30000
/* libgit2 sets pins without the clone's lock, with a lock file that lives for less than a blink. */
#define PIN_LOCK_AGE_S 60
#define FETCHED_AGE_S (24 * 3600)
#define BLOCK_BYTES 512 /* of st_blocks */

static bool is_identifier(const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t len = strlen(text);
    return len > 0 && len <= 100 && strspn(text, allowed) == len;
}

static enum err path_join(char out[PATH_MAX], const char *directory, const char *name, const char *ending,
                          struct err_info *error)
{
    int len = snprintf(out, PATH_MAX, "%s/%s%s", directory, name, ending);
    if (len < 0 || len >= PATH_MAX)
        return err_set(error, ERR_USAGE, "the path of the repositories directory is too long");
    return ERR_OK;
}

static enum err make_directory(const char *path, struct err_info *error)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return ERR_OK;
    return err_set(error, ERR_LOCAL, "cannot make the directory %s: %s", path, strerror(errno));
}

/* upload-pack, run for a file URL, refuses a repository of another user unless HOME's gitconfig trusts it; no option
 * and no environment setting reaches it. Written aside and renamed, since several processes may come here at once. */
static enum err write_gitconfig(const char *home, struct err_info *error)
{
    static const char text[] = "[safe]\n\tdirectory = *\n";
    char path[PATH_MAX], aside[PATH_MAX];
    enum err err = path_join(path, home, ".gitconfig", "", error);
    if (err == ERR_OK)
        err = path_join(aside, home, "gitconfig.", "XXXXXX", error);
    if (err != ERR_OK || access(path, F_OK) == 0)
        return err;
    int fd = mkostemp(aside, O_CLOEXEC);
    bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text) && rename(aside, path) == 0;
    if (!written)
        err = err_set(error, ERR_LOCAL, "cannot write %s: %s", path, strerror(errno));
    if (!written && fd >= 0)
        unlink(aside);
    if (fd >= 0)
        close(fd);
    return err;
}

enum err git_dir_init(struct git_dir *dir, const struct git_rules *rules, const char *repository_id,
                      struct err_info *error)
{
    dir->lock_fd = -1;
    if (!is_identifier(repository_id))
        return err_set(error, ERR_USAGE, "'%s' is no repository id", repository_id);
    enum err err = make_directory(rules->repositories_dir, error);
    if (err == ERR_OK && realpath(rules->repositories_dir, dir->root) == NULL)
        err = err_set(error, ERR_LOCAL, "cannot use the directory %s: %s", rules->repositories_dir, strerror(errno));
    if (err == ERR_OK)
        err = path_join(dir->clone, dir->root, repository_id, ".git", error);
    char *const made[3] = {dir->home, dir->home_file, dir->ssh};
    static const char *const names[3] = {".home", ".home-file", ".ssh"};
    for (int i = 0; i < 3 && err == ERR_OK; i++) {
        err = path_join(made[i], dir->root, names[i], "", error);
        if (err == ERR_OK)
            err = make_directory(made[i], error);
    }
    return err == ERR_OK ? write_gitconfig(dir->home_file, error) : err;
}

static enum err wait_for_lock(int fd, child_tick_fn *tick, void *tick_context, struct err_info *error)
{
    int64_t began = clock_mono_ms(), ticked = began;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return err_set(error, ERR_LOCAL, "cannot lock the clone: %s", strerror(errno));
        poll(NULL, 0, LOCK_RETRY_MS);
        int64_t now = clock_mono_ms();
        if (now - began >= LOCK_PATIENCE_MS)
            return err_set(error, ERR_BUSY, "another job is fetching this repository");
        if (tick == NULL || now - ticked < TICK_MS)
            continue;
        ticked = now;
        enum err err = tick(tick_context, error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

/* A clone holds what a token was needed for, so it is its owner's alone, whatever the umask and the mode of the
 * directory around it. Clones of earlier versions were made readable. */
static enum err close_to_others(const char *clone, struct err_info *error)
{
    struct stat status;
    if (mkdir(clone, 0700) == 0)
        return ERR_OK;
    if (errno != EEXIST || stat(clone, &status) != 0)
        return err_set(error, ERR_LOCAL, "cannot make the directory %s: %s", clone, strerror(errno));
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) == 0 || chmod(clone, status.st_mode & S_IRWXU) == 0)
        return ERR_OK;
    return err_set(error, ERR_LOCAL, "cannot close %s to others: %s", clone, strerror(errno));
}

enum err git_dir_lock(struct git_dir *dir, child_tick_fn *tick, void *tick_context, struct err_info *error)
{
    char path[PATH_MAX];
    enum err err = path_join(path, dir->clone, "", "", error);
    if (err != ERR_OK)
        return err;
    /* Beside the clone, not in it: the clone may be removed by hand while no process works on it. */
    strcpy(path + strlen(dir->clone) - strlen(".git"), ".lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(error, ERR_LOCAL, "cannot open %s: %s", path, strerror(errno));
    err = wait_for_lock(fd, tick, tick_context, error);
    if (err == ERR_OK)
        err = close_to_others(dir->clone, error);
    if (err == ERR_OK)
        dir->lock_fd = fd;
    else
        close(fd);
    return err;
}

void git_dir_unlock(struct git_dir *dir)
{
    if (dir->lock_fd >= 0)
        close(dir->lock_fd);
    dir->lock_fd = -1;
}

static bool ends_with(const char *text, const char *ending)
{
    size_t len = strlen(text), ending_len = strlen(ending);
    return len >= ending_len && strcmp(text + len - ending_len, ending) == 0;
}

/* What only a git that was killed leaves behind: no ref and no object is named like this. */
static bool is_left_behind(const FTSENT *file)
{
    if (strstr(file->fts_path, "/refs/reprise/") != NULL)
        return ends_with(file->fts_name, ".lock") && time(NULL) - file->fts_statp->st_mtime > PIN_LOCK_AGE_S;
    return ends_with(file->fts_name, ".lock") || strncmp(file->fts_name, "tmp_", 4) == 0 ||
           strncmp(file->fts_name, ".tmp-", 5) == 0 || strcmp(file->fts_name, "gc.pid") == 0;
}

enum sweep { SWEEP_LOOK, SWEEP_REMOVE };

static struct git_dir_use files_walk(const struct git_dir *dir, enum sweep sweep)
{
    struct git_dir_use use = {0, 0};
    char path[PATH_MAX];
    strcpy(path, dir->clone);
    char *const roots[2] = {path, NULL};
    FTS *files = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    if (files == NULL)
        return use;
    for (FTSENT *file; (file = fts_read(files)) != NULL;) {
        if (file->fts_info != FTS_F)
            continue;
        if (sweep == SWEEP_REMOVE && is_left_behind(file)) {
            log_info("removing %s, left by a git that was killed", file->fts_path);
            unlink(file->fts_path);
            continue;
        }
        use.bytes += (int64_t)file->fts_statp->st_blocks * BLOCK_BYTES;
        use.packs += ends_with(file->fts_name, ".pack") ? 1 : 0;
    }
    fts_close(files);
    return use;
}

struct git_dir_use git_dir_measure(const struct git_dir *dir)
{
    return files_walk(dir, SWEEP_LOOK);
}

struct git_dir_use git_dir_sweep(const struct git_dir *dir)
{
    return files_walk(dir, SWEEP_REMOVE);
}

void git_dir_forget_fetched(const struct git_dir *dir)
{
    char path[PATH_MAX];
    struct err_info ignored;
    if (path_join(path, dir->clone, GIT_DIR_FETCHED, "", &ignored) != ERR_OK)
        return;
    DIR *refs = opendir(path);
    if (refs == NULL)
        return;
    for (const struct dirent *entry; (entry = readdir(refs)) != NULL;) {
        struct stat status;
        bool is_commit = strlen(entry->d_name) >= 40;
        if (is_commit && fstatat(dirfd(refs), entry->d_name, &status, 0) == 0 &&
            time(NULL) - status.st_mtime > FETCHED_AGE_S)
            unlinkat(dirfd(refs), entry->d_name, 0);
    }
    closedir(refs);
}

/* ---- a new one in place of a damaged one ------------------------------------------------------------------------- */

#define NEW ".new"
#define OLD ".old"

static bool path_add(char out[PATH_MAX], const char *path, const char *ending)
{
    int len = snprintf(out, PATH_MAX, "%s%s", path, ending);
    return len > 0 && len < PATH_MAX;
}

static bool is_kind(const char *clone, const char *name, mode_t kind)
{
    struct stat status;
    char path[PATH_MAX];
    if (!path_add(path, clone, name) || stat(path, &status) != 0 || (status.st_mode & S_IFMT) != kind)
        return false;
    return kind == S_IFDIR || status.st_size > 0; /* what a power failure leaves is there, and empty */
}

bool git_dir_is_whole(const struct git_dir *dir)
{
    char damaged[PATH_MAX];
    return is_kind(dir->clone, "/HEAD", S_IFREG) && is_kind(dir->clone, "/config", S_IFREG) &&
           is_kind(dir->clone, "/objects", S_IFDIR) && is_kind(dir->clone, "/refs", S_IFDIR) &&
           path_add(damaged, dir->clone, "/" GIT_DAMAGED_FILE) && access(damaged, F_OK) != 0;
}

/* Best effort: what cannot be removed is found again by the next who comes. */
static void remove_all(const char *path)
{
    char root[PATH_MAX];
    if (!path_add(root, path, ""))
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
    if (!path_add(aside, old, OLD) || !path_add(dir->clone, old, NEW))
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
    if (!path_add(aside, old, OLD) || (was_there && rename(old, aside) != 0) || rename(made, old) != 0)
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
