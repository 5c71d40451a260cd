/*
 * What must not lead out is opened beneath the directory (common/base/beneath.h).
 */
#include "common/definitions/definition_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/beneath.h"
#include "common/base/input_file.h"
#include "common/base/mem.h"
#include "common/base/yaml.h"

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* ---- opening ------------------------------------------------------------------------------------------------- */

static enum err cannot(const char *path, struct err_info *error)
{
    if (errno == ENOENT)
        return err_set(error, ERR_NOT_FOUND, "there is no directory %s", path);
    if (errno == EXDEV || errno == ELOOP)
        return err_set(error, ERR_PERMANENT, "%s is a link that leads out of the directory", path);
    return err_set(error, ERR_PERMANENT, "%s cannot be opened: %s", path, strerror(errno));
}

enum err definition_dir_open(const char *root, const char *below, struct definition_dir *dir, struct err_info *error)
{
    struct buf path = BUF_INIT;
    buf_addf(&path, "%s%s%s", root, below[0] == '\0' ? "" : "/", below);
    dir->fd = open(root, DIRECTORY_FLAGS);
    if (dir->fd >= 0 && below[0] != '\0') {
        int base = dir->fd;
        dir->fd = beneath_open(base, below, DIRECTORY_FLAGS, BENEATH_INNER_LINKS);
        int why = errno;
        close(base);
        errno = why;
    }
    enum err err = dir->fd < 0 ? cannot(path.data, error) : ERR_OK;
    dir->path = buf_take(&path);
    if (err != ERR_OK)
        definition_dir_fini(dir);
    return err;
}

void definition_dir_fini(struct definition_dir *dir)
{
    if (dir->fd >= 0)
        close(dir->fd);
    free(dir->path);
    *dir = (struct definition_dir){.fd = -1};
}

/* ---- names --------------------------------------------------------------------------------------------------- */

struct walk {
    const struct definition_dir *dir;
    enum definition_dir_reach reach;
    char **names;
    size_t count, room, seen;
    struct err_info *error;
};

static bool is_definition_file(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot && (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json"));
}

static enum err add_name(struct walk *walk, const char *name)
{
    if (walk->count == DEFINITION_DIR_FILES)
        return err_set(walk->error, ERR_PERMANENT, "%s has more definitions than the %d that are read", walk->dir->path,
                       DEFINITION_DIR_FILES);
    if (walk->count == walk->room) {
        walk->room = walk->room * 2 + 16;
        walk->names = mem_grow(walk->names, walk->room, sizeof *walk->names);
    }
    walk->names[walk->count++] = mem_strdup(name);
    return ERR_OK;
}

/* Some file systems leave the type open. A link is no directory here. */
static bool is_directory(int fd, const struct dirent *entry)
{
    struct stat status;
    return entry->d_type == DT_DIR ||
           (entry->d_type == DT_UNKNOWN && !fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) &&
            S_ISDIR(status.st_mode));
}

static enum err walk_directory(struct walk *walk, int fd, const char *prefix, int depth);

static enum err walk_entry(struct walk *walk, int fd, const char *name, const struct dirent *entry, int depth)
{
    if (++walk->seen > DEFINITION_DIR_ENTRIES)
        return err_set(walk->error, ERR_PERMANENT, "%s has more entries than the %d that are looked at",
                       walk->dir->path, DEFINITION_DIR_ENTRIES);
    if (walk->reach == DEFINITION_DIR_FLAT || !is_directory(fd, entry))
        return is_definition_file(entry->d_name) ? add_name(walk, name) : ERR_OK;
    int below = beneath_open(fd, entry->d_name, DIRECTORY_FLAGS, BENEATH_NO_LINKS);
    if (below < 0)
        return err_set(walk->error, ERR_PERMANENT, "%s/%s cannot be opened: %s", walk->dir->path, name,
                       strerror(errno));
    return walk_directory(walk, below, name, depth + 1);
}

/* Takes `fd`. */
static enum err walk_directory(struct walk *walk, int fd, const char *prefix, int depth)
{
    enum err err = ERR_OK;
    DIR *listing = depth > DEFINITION_DIR_DEPTH ? NULL : fdopendir(fd);
    if (!listing) {
        close(fd);
        return err_set(walk->error, ERR_PERMANENT, "%s/%s cannot be read: %s", walk->dir->path, prefix,
                       depth > DEFINITION_DIR_DEPTH ? "directories lie too deep in one another" : strerror(errno));
    }
    for (struct dirent *entry; err == ERR_OK && (errno = 0, entry = readdir(listing)) != NULL;) {
        struct buf name = BUF_INIT;
        if (entry->d_name[0] == '.')
            continue;
        buf_addf(&name, "%s%s%s", prefix, prefix[0] == '\0' ? "" : "/", entry->d_name);
        err = walk_entry(walk, fd, name.data, entry, depth);
        buf_fini(&name);
    }
    if (err == ERR_OK && errno != 0)
        err = err_set(walk->error, ERR_PERMANENT, "%s/%s cannot be read: %s", walk->dir->path, prefix, strerror(errno));
    closedir(listing);
    return err;
}

/* By bytes: a locale must not decide which of two files with one id comes first. */
static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err definition_dir_names(const struct definition_dir *dir, enum definition_dir_reach reach, char ***names,
                              size_t *count, struct err_info *error)
{
    struct walk walk = {.dir = dir, .reach = reach, .error = error};
    int fd = openat(dir->fd, ".", DIRECTORY_FLAGS);
    enum err err = fd < 0 ? err_set(error, ERR_PERMANENT, "%s cannot be read: %s", dir->path, strerror(errno))
                          : walk_directory(&walk, fd, "", 0);
    if (err != ERR_OK) {
        for (size_t i = 0; i < walk.count; i++)
            free(walk.names[i]);
        free(walk.names);
        return err;
    }
    if (walk.count > 0)
        qsort(walk.names, walk.count, sizeof *walk.names, by_bytes);
    *names = walk.names;
    *count = walk.count;
    return ERR_OK;
}

/* ---- bytes --------------------------------------------------------------------------------------------------- */

enum err definition_dir_read(const struct definition_dir *dir, const char *name, struct buf *bytes,
                             struct err_info *error)
{
    int fd = beneath_open(dir->fd, name, INPUT_FILE_FLAGS, BENEATH_INNER_LINKS);
    if (fd < 0 && (errno == EXDEV || errno == ELOOP))
        return err_set(error, ERR_USAGE, "is a link that leads out of the directory");
    if (fd < 0)
        return err_set(error, ERR_PERMANENT, "cannot be opened: %s", strerror(errno));
    enum err err = input_file_read_open(fd, YAML_MAX_BYTES, bytes, error);
    close(fd);
    return err;
}
