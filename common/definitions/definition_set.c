/*
 * Loads all files of a directory into one set. The directory of a project is another user's: it is opened beneath a
 * trusted root, links out of it are refused, and entries, depth and bytes are bounded. A file that cannot be used
 * becomes a failure with line and column; it must never stop the others. Called by definition_sync.c.
 */
#include "common/definitions/definition_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/input_file.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/base/yaml.h"

struct definition_dir {
    int fd;
    char *path; /* as it is shown */
};

#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static enum err path_refuse(const char *path, struct err_info *error)
{
    if (errno == ENOENT)
        return err_set(error, ERR_NOT_FOUND, "there is no directory %s", path);
    if (errno == EXDEV || errno == ELOOP)
        return err_set(error, ERR_PERMANENT, "%s is a link that leads out of the directory", path);
    return err_set(error, ERR_PERMANENT, "%s cannot be opened: %s", path, strerror(errno));
}

static void dir_fini(struct definition_dir *dir)
{
    if (dir->fd >= 0)
        close(dir->fd);
    free(dir->path);
    *dir = (struct definition_dir){.fd = -1};
}

/* `below` is the directory's path from `root`, which is trusted; "" = the root itself. ERR_NOT_FOUND: there is none;
 * ERR_PERMANENT: it cannot be read, or a link leads out of the root. On success dir_fini is owed. */
static enum err dir_open(const char *root, const char *below, struct definition_dir *dir, struct err_info *error)
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
    enum err err = dir->fd < 0 ? path_refuse(path.data, error) : ERR_OK;
    dir->path = buf_take(&path);
    if (err != ERR_OK)
        dir_fini(dir);
    return err;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

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

/* The names of *.yaml, *.yml and *.json, relative to the directory, sorted by bytes, so that the same directory gives
 * the same order on every host. Hidden files and directories are passed over; links to directories are not followed.
 * ERR_PERMANENT where some part cannot be read or there are too many. The caller frees each and the array. */
static enum err dir_names(const struct definition_dir *dir, enum definition_dir_reach reach, char ***names,
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

/* ---- bytes ------------------------------------------------------------------------------------------------------- */

/* Appends a file's bytes. ERR_USAGE: not a regular file, a link that leads out, too large; ERR_PERMANENT: cannot be
 * read. The text does not name the file. */
static enum err dir_read(const struct definition_dir *dir, const char *name, struct buf *bytes, struct err_info *error)
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

/* ---- all of a directory ------------------------------------------------------------------------------------------ */

struct loading {
    struct definition_set *set;
    const struct definition_dir *dir;
    const struct definition_names *names;
};

static const struct definition_file *find_file(const struct definition_set *set, const char *id)
{
    for (size_t i = 0; i < set->count; i++) {
        if (!strcmp(set->files[i].definition->id, id))
            return &set->files[i];
    }
    return NULL;
}

const struct definition *definition_set_find(const struct definition_set *set, const char *id)
{
    const struct definition_file *file = find_file(set, id);
    return file ? file->definition : NULL;
}

/* What a file that cannot be used says of its id; the caller's, NULL where that cannot be told. */
static char *claimed_id(const struct buf *bytes)
{
    struct yaml_node *root = NULL;
    struct err_info ignored;
    if (yaml_parse(bytes->data == NULL ? "" : bytes->data, bytes->len, &root, &ignored))
        return NULL;
    const struct yaml_node *id = yaml_get(root, "id");
    char *claimed = id && id->kind == YAML_SCALAR && definition_is_id(id->scalar) ? mem_strdup(id->scalar) : NULL;
    yaml_drop(root);
    return claimed;
}

static enum err parse_unique(const struct definition_set *set, const struct buf *bytes,
                             const struct definition_names *names, struct definition **out, struct err_info *error)
{
    if (definition_parse(bytes->data, bytes->len, names, out, error))
        return ERR_USAGE;
    const struct definition_file *other = find_file(set, (*out)->id);
    if (!other)
        return ERR_OK;
    (void)!err_set(error, ERR_USAGE, "the id \"%s\" is taken by %s", (*out)->id, other->path);
    definition_drop(*out);
    return ERR_USAGE;
}

/* The place stands beside the text: there is no need for it within. */
static const char *text_without_place(const struct err_info *error)
{
    char place[64];
    snprintf(place, sizeof place, "line %d, column %d: ", error->line, error->column);
    return error->line > 0 && !strncmp(error->text, place, strlen(place)) ? error->text + strlen(place) : error->text;
}

/* A name may be of any bytes; what is shown and stored is text, without control characters. */
static void add_path(const struct loading *loading, const char *name, struct buf *path)
{
    size_t room = 4 * strlen(name) + 1;
    char *shown = mem_alloc(room);
    printable_copy(shown, room, name, strlen(name));
    buf_addf(path, "%s/%s", loading->dir->path, shown);
    free(shown);
}

static void load_file(struct loading *loading, const char *name)
{
    struct definition_set *set = loading->set;
    struct definition *definition;
    struct err_info error = {.code = ERR_OK};
    struct buf path = BUF_INIT, bytes = BUF_INIT;

    add_path(loading, name, &path);
    enum err err = dir_read(loading->dir, name, &bytes, &error);
    bool is_read = !err;
    if (err == ERR_OK)
        err = parse_unique(set, &bytes, loading->names, &definition, &error);
    char *shown = buf_take(&path);
    const char *below = shown + strlen(loading->dir->path) + 1;
    if (err != ERR_OK)
        set->failures[set->failure_count++] =
            (struct definition_failure){shown,      below,        is_read ? claimed_id(&bytes) : NULL,
                                        error.line, error.column, mem_strdup(text_without_place(&error))};
    else
        set->files[set->count++] = (struct definition_file){shown, below, definition};
    buf_fini(&bytes);
}

static struct definition_set *set_new(size_t files)
{
    struct definition_set *set = mem_zalloc(sizeof *set);

    set->files = mem_array(files, sizeof *set->files);
    set->failures = mem_array(files, sizeof *set->failures);
    return set;
}

static enum err load_all(struct loading *loading, enum definition_dir_reach reach, struct err_info *error)
{
    char **names = NULL;
    size_t count = 0;

    enum err err = dir_names(loading->dir, reach, &names, &count, error);
    if (err != ERR_OK)
        return err;
    loading->set = set_new(count);
    for (size_t i = 0; i < count; i++) {
        load_file(loading, names[i]);
        free(names[i]);
    }
    free(names);
    return ERR_OK;
}

enum err definition_set_load(const struct definition_place *place, const struct definition_names *names,
                             struct definition_set **out, struct err_info *error)
{
    struct definition_dir dir;
    struct loading loading = {.dir = &dir, .names = names};

    *out = NULL;
    enum err err = dir_open(place->root, place->below, &dir, error);
    if (err == ERR_NOT_FOUND) {
        *out = set_new(0);
        return ERR_OK;
    }
    if (err != ERR_OK)
        return err;
    err = load_all(&loading, place->reach, error);
    *out = loading.set;
    dir_fini(&dir);
    return err;
}

void definition_set_refuse(struct definition_set *set, size_t file, const struct err_info *why)
{
    struct definition_file *refused = &set->files[file];
    size_t at = set->failure_count++; /* each file is one of both, so there is room */
    for (; at > 0 && strcmp(set->failures[at - 1].path, refused->path) > 0; at--)
        set->failures[at] = set->failures[at - 1];
    set->failures[at] = (struct definition_failure){refused->path, refused->name, mem_strdup(refused->definition->id),
                                                    why->line,     why->column,   mem_strdup(text_without_place(why))};
    definition_drop(refused->definition);
    memmove(refused, refused + 1, (--set->count - file) * sizeof *refused);
}

void definition_set_drop(struct definition_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++) {
        free(set->files[i].path);
        definition_drop(set->files[i].definition);
    }
    for (size_t i = 0; i < set->failure_count; i++) {
        free(set->failures[i].path);
        free(set->failures[i].id);
        free(set->failures[i].text);
    }
    free(set->files);
    free(set->failures);
    free(set);
}
