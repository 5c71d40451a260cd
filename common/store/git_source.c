/*
 * Checks a repository on this machine before git sees it: the directory and all that it refers to (.git files,
 * alternates, common directories, included configuration) must lie below a root of git.file_roots. It is held open and
 * handed to git by descriptor, so that what was checked is what is read. Nothing is written. Called by git_fetch.c.
 */
#include "common/store/git_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"

#define FILE_BYTES 1048576 /* of `.git`, `commondir`, `alternates`, and of a configuration */
#define ENTRIES_MAX 2000000
#define TICK_ENTRIES 1024
#define DEPTH_MAX 16
#define ALTERNATES_MAX 64

struct look {
    const struct git_rules *rules;
    child_tick_fn *tick;
    void *tick_context;
    int64_t entries;
    int alternates;
    struct err_info *error;
};

/* ---- where a descriptor leads ------------------------------------------------------------------------------------ */

static bool real_path(int fd, char out[PATH_MAX])
{
    char name[64];
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(name, out, PATH_MAX - 1);
    out[len > 0 ? len : 0] = '\0';
    return len > 0 && out[0] == '/';
}

static bool is_below_root(const char *path, const char *root, size_t root_len)
{
    char real_root[PATH_MAX];
    char *name = mem_strndup(root, root_len);
    int fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    bool is_below = fd >= 0 && real_path(fd, real_root) && git_is_below(path, real_root, strlen(real_root));
    if (fd >= 0)
        close(fd);
    free(name);
    return is_below;
}

static enum err check_place(int fd, const char *what, const struct git_rules *rules, struct err_info *error)
{
    char path[PATH_MAX];
    if (!real_path(fd, path))
        return err_set(error, ERR_LOCAL, "cannot tell where %s is: %s", what, strerror(errno));
    for (const char *root = rules->file_roots; root != NULL && *root != '\0';) {
        size_t len = strcspn(root, ":");
        if (len > 0 && is_below_root(path, root, len))
            return ERR_OK;
        root += root[len] == ':' ? len + 1 : len;
    }
    return err_set(error, ERR_PERMANENT,
                   "the repository's %s leads to %s, which lies under none of the directories of"
                   " git.file_roots",
                   what, path);
}

static enum err cannot_open(const char *what, struct err_info *error)
{
    bool is_gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    return err_set(error, is_gone ? ERR_PERMANENT : ERR_LOCAL, "%s%s: %s",
                   is_gone ? "no such repository: " : "cannot open ", what, strerror(errno));
}

/* Opens a directory that something in the repository names, and sees where it is. -1 on error. */
static enum err open_place(int at, const char *path, const char *what, struct look *look, int *fd)
{
    *fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return cannot_open(path, look->error);
    enum err err = check_place(*fd, what, look->rules, look->error);
    if (err == ERR_OK)
        return ERR_OK;
    close(*fd);
    *fd = -1;
    return err;
}

/* The text of a small file, without its last line's end; false if it is not there, no file, too long, or holds a NUL:
 * git reads on behind one, and we would not. */
static bool read_text(int at, const char *name, char text[FILE_BYTES + 1])
{
    struct stat status;
    int fd = openat(at, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t len = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? read(fd, text, FILE_BYTES + 1) : -1;
    if (fd >= 0)
        close(fd);
    if (len < 0 || len > FILE_BYTES || memchr(text, '\0', (size_t)len) != NULL)
        return false;
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    text[len] = '\0';
    return true;
}

/* ---- the git directory ------------------------------------------------------------------------------------------- */

/* `.git` as a file: "gitdir: <path>". */
static enum err follow_file(int at, struct look *look, int *fd)
{
    static const char prefix[] = "gitdir: ";
    char *text = mem_alloc(FILE_BYTES + 1);
    enum err err;
    if (!read_text(at, ".git", text) || strncmp(text, prefix, strlen(prefix)) != 0)
        err = err_set(look->error, ERR_PERMANENT, "no such repository: its .git is no directory and names none");
    else
        err = open_place(at, text + strlen(prefix), ".git file", look, fd);
    free(text);
    return err;
}

static enum err find_git_dir(int at, struct look *look, int *fd)
{
    struct stat status;
    if (fstatat(at, ".git", &status, 0) != 0) {
        *fd = fcntl(at, F_DUPFD_CLOEXEC, 0);
        return *fd >= 0 ? ERR_OK : cannot_open("the repository", look->error);
    }
    return S_ISDIR(status.st_mode) ? open_place(at, ".git", ".git", look, fd) : follow_file(at, look, fd);
}

/* The path as it is named, else with ".git" behind it, as git guesses. */
static enum err open_named(const char *path, struct look *look, int *fd)
{
    struct buf guess = BUF_INIT;
    enum err err = open_place(AT_FDCWD, path, "path", look, fd);
    if (err == ERR_OK || access(path, F_OK) == 0)
        return err;
    buf_addf(&guess, "%s.git", path);
    if (access(guess.data, F_OK) == 0)
        err = open_place(AT_FDCWD, guess.data, "path", look, fd);
    buf_fini(&guess);
    return err;
}

enum err git_source_open(struct git_source *source, const char *path, const struct git_rules *rules,
                         struct err_info *error)
{
    struct look look = {.rules = rules, .error = error};
    int named = -1, found = -1;
    *source = (struct git_source){.fd = 0};
    enum err err = open_named(path, &look, &named);
    if (err == ERR_OK)
        err = find_git_dir(named, &look, &found);
    if (named >= 0)
        close(named);
    if (err != ERR_OK)
        return err;
    source->fd = found;
    if (faccessat(found, "HEAD", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return err_set(error, ERR_PERMANENT, "no such repository: %s is no git repository", path);
    return ERR_OK;
}

void git_source_close(struct git_source *source)
{
    if (source->fd > 0)
        close(source->fd);
    source->fd = 0;
}

/* ---- what it refers to ------------------------------------------------------------------------------------------- */

static enum err check_entries(int at, int depth, struct look *look);

/* To be read from its beginning; a duplicate would go on where the last reader ended. */
static int open_again(int fd)
{
    return openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* What git does not read when it answers a fetch, and what people link to other places. */
static bool is_unread(const char *name, int depth)
{
    static const char *const names[] = {"hooks",     "logs",     "lfs",      "modules",
                                        "worktrees", "rr-cache", "branches", "annex"};
    for (size_t i = 0; depth == 0 && i < sizeof names / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static enum err count_entry(struct look *look)
{
    if (++look->entries > ENTRIES_MAX)
        return err_set(look->error, ERR_PERMANENT,
                       "the repository's directory holds more than %d files: pack them (git gc)", ENTRIES_MAX);
    if (look->tick == NULL || look->entries % TICK_ENTRIES != 0)
        return ERR_OK;
    return look->tick(look->tick_context, look->error);
}

/* Where a link leads; one that leads nowhere is nothing that git could read. */
static enum err check_link(int at, const char *name, int depth, struct look *look)
{
    struct stat status;
    int fd = openat(at, name, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return ERR_OK;
    enum err err = check_place(fd, name, look->rules, look->error);
    bool is_dir = err == ERR_OK && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
    close(fd);
    return is_dir ? check_entries(openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), depth + 1, look) : err;
}

static enum err check_entry(int at, const char *name, int depth, struct look *look)
{
    struct stat status;
    enum err err = count_entry(look);
    if (err != ERR_OK || is_unread(name, depth) || fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return err;
    if (S_ISLNK(status.st_mode))
        return check_link(at, name, depth, look);
    if (!S_ISDIR(status.st_mode))
        return ERR_OK;
    return check_entries(openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), depth + 1, look);
}

/* Everything below a directory, whose descriptor it takes. */
static enum err check_entries(int at, int depth, struct look *look)
{
    DIR *entries = at >= 0 ? fdopendir(at) : NULL;
    enum err err = ERR_OK;
    if (entries == NULL) {
        if (at >= 0)
            close(at);
        return at < 0 && errno == ENOENT ? ERR_OK : cannot_open("a directory of the repository", look->error);
    }
    if (depth > DEPTH_MAX)
        err = err_set(look->error, ERR_PERMANENT, "the repository's directories are too deep, or links go in a circle");
    for (const struct dirent *entry; err == ERR_OK && (entry = readdir(entries)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            err = check_entry(at, entry->d_name, depth, look);
    }
    closedir(entries);
    return err;
}

static enum err check_alternates(int objects, int depth, struct look *look);

static enum err check_alternate(int objects, char *line, int depth, struct look *look)
{
    int fd = -1;
    if (line[0] == '\0' || line[0] == '#')
        return ERR_OK;
    if (line[0] == '"' || ++look->alternates > ALTERNATES_MAX || depth > DEPTH_MAX)
        return err_set(look->error, ERR_PERMANENT, "the repository's objects/info/alternates are quoted or too many");
    enum err err = open_place(objects, line, "objects/info/alternates", look, &fd);
    if (err == ERR_OK)
        err = check_entries(open_again(fd), depth, look);
    if (err == ERR_OK)
        err = check_alternates(fd, depth + 1, look);
    if (fd >= 0)
        close(fd);
    return err;
}

/* Other object directories, and theirs. */
static enum err check_alternates(int objects, int depth, struct look *look)
{
    char *text = mem_alloc(FILE_BYTES + 1), *rest = text;
    enum err err = ERR_OK;
    if (faccessat(objects, "info/alternates", F_OK, 0) != 0)
        rest = NULL;
    else if (!read_text(objects, "info/alternates", text))
        err = err_set(look->error, ERR_PERMANENT, "the repository's objects/info/alternates cannot be read");
    for (char *line; err == ERR_OK && rest != NULL && (line = strsep(&rest, "\n")) != NULL;)
        err = check_alternate(objects, line, depth, look);
    free(text);
    return err;
}

/* A configuration that includes others may name any file; git_env.c keeps all others out. */
static enum err check_config(int at, const char *name, struct look *look)
{
    if (faccessat(at, name, F_OK, 0) != 0)
        return ERR_OK;
    char *text = mem_alloc(FILE_BYTES + 1);
    enum err err = ERR_OK;
    if (!read_text(at, name, text))
        err = err_set(look->error, ERR_PERMANENT, "the repository's %s is no text file or takes more than %d bytes",
                      name, FILE_BYTES);
    else if (strcasestr(text, "[include") != NULL)
        err = err_set(look->error, ERR_PERMANENT,
                      "the repository's %s includes others, which is not allowed for file URLs", name);
    free(text);
    return err;
}

static enum err check_dir(int at, struct look *look)
{
    static const char *const configs[] = {"config", "config.worktree"};
    enum err err = check_entries(open_again(at), 0, look);
    for (size_t i = 0; i < sizeof configs / sizeof(configs[0]) && err == ERR_OK; i++)
        err = check_config(at, configs[i], look);
    int objects = err == ERR_OK ? openat(at, "objects", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (objects < 0)
        return err;
    err = check_alternates(objects, 0, look);
    close(objects);
    return err;
}

/* Of a worktree: where the objects are. */
static enum err check_common_dir(int at, struct look *look)
{
    int fd = -1;
    if (faccessat(at, "commondir", F_OK, 0) != 0)
        return ERR_OK;
    char *text = mem_alloc(FILE_BYTES + 1);
    enum err err = read_text(at, "commondir", text)
                       ? open_place(at, text, "commondir", look, &fd)
                       : err_set(look->error, ERR_PERMANENT, "the repository's commondir cannot be read");
    free(text);
    if (err == ERR_OK)
        err = check_dir(fd, look);
    if (fd >= 0)
        close(fd);
    return err;
}

enum err git_source_check(const struct git_source *source, const struct git_rules *rules, child_tick_fn *tick,
                          void *tick_context, struct err_info *error)
{
    struct look look = {.rules = rules, .tick = tick, .tick_context = tick_context, .error = error};
    enum err err = check_place(source->fd, "directory", rules, error);
    if (err == ERR_OK)
        err = check_dir(source->fd, &look);
    return err == ERR_OK ? check_common_dir(source->fd, &look) : err;
}

void git_source_name(const struct git_url *url, struct buf *words)
{
    static const char name[] = "/proc/self/fd/4";
    struct buf named = BUF_INIT;
    const char *rest = words->len > 0 ? words->data : "";
    for (const char *at; (at = strstr(rest, name)) != NULL; rest = at + strlen(name)) {
        buf_add(&named, rest, (size_t)(at - rest));
        buf_add_str(&named, url->file);
    }
    buf_add_str(&named, rest);
    buf_fini(words);
    *words = named;
}
