/*
 * Files are opened relative to the directory, with the kernel's promise (openat2, RESOLVE_BENEATH) that no link leads
 * out of it; where the kernel or a sandbox does not offer that call, no link is followed at all. Names are sorted
 * first, so that the same directory gives the same set on every host.
 */
#include "common/queue/definition_set.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/yaml.h"

static int is_definition_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    if (!dot || entry->d_name[0] == '.')
        return 0;
    return !strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json");
}

/* By bytes: alphasort would follow the locale. */
static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Does not block on a FIFO, which fstat finds out afterwards. */
static int open_beneath(int directory, const char *name)
{
    const unsigned flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    struct open_how how = {.flags = flags, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};

    int fd = (int)syscall(SYS_openat2, directory, name, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = openat(directory, name, (int)flags | O_NOFOLLOW);
    return fd;
}

static enum err read_all(int fd, struct buf *bytes, struct err_info *error)
{
    while (bytes->len <= YAML_MAX_BYTES) {
        ssize_t got = read(fd, buf_reserve(bytes, 4096), 4096);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_set(error, ERR_PERMANENT, "cannot be read: %s", strerror(errno));
        if (!got)
            return ERR_OK;
        bytes->len += (size_t)got;
        bytes->data[bytes->len] = '\0';
    }
    return err_set(error, ERR_USAGE, "is larger than %d bytes", YAML_MAX_BYTES);
}

static enum err read_file(int directory, const char *name, struct buf *bytes, struct err_info *error)
{
    struct stat status;
    enum err rc;

    int fd = open_beneath(directory, name);
    if (fd < 0 && (errno == EXDEV || errno == ELOOP))
        return err_set(error, ERR_USAGE, "is a link that leads out of the directory");
    if (fd < 0)
        return err_set(error, ERR_PERMANENT, "cannot be opened: %s", strerror(errno));
    if (fstat(fd, &status) || !S_ISREG(status.st_mode))
        rc = err_set(error, ERR_USAGE, "is not a regular file");
    else
        rc = read_all(fd, bytes, error);
    close(fd);
    return rc;
}

/* Takes what `path` holds. */
static void add_failure(struct definition_set *set, struct buf *path, const struct err_info *why)
{
    struct definition_failure *failure = &set->failures[set->failure_count++];

    *failure = (struct definition_failure){buf_take(path), why->line, why->column, mem_strdup(why->text)};
}

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

struct loading {
    struct definition_set *set;
    const char *directory; /* as it was given */
    int fd;
    const struct definition_names *names;
};

static void load_file(struct loading *loading, const char *name)
{
    struct definition_set *set = loading->set;
    struct definition *definition;
    struct err_info error;
    struct buf path = BUF_INIT, bytes = BUF_INIT;

    buf_addf(&path, "%s/%s", loading->directory, name);
    enum err rc = read_file(loading->fd, name, &bytes, &error);
    if (!rc)
        rc = parse_unique(set, &bytes, loading->names, &definition, &error);
    if (rc)
        add_failure(set, &path, &error);
    else
        set->files[set->count++] = (struct definition_file){buf_take(&path), definition};
    buf_fini(&bytes);
}

static struct definition_set *set_new(size_t files)
{
    struct definition_set *set = mem_zalloc(sizeof *set);

    set->files = mem_array(files, sizeof *set->files);
    set->failures = mem_array(files, sizeof *set->failures);
    return set;
}

static void free_names(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

static enum err load_entries(struct loading *loading, struct definition_set **out, struct err_info *error)
{
    struct dirent **entries;

    int count = scandirat(loading->fd, ".", &entries, is_definition_file, by_bytes);
    if (count < 0)
        return err_set(error, ERR_PERMANENT, "%s cannot be read: %s", loading->directory, strerror(errno));
    if (count > DEFINITION_SET_MAX) {
        free_names(entries, count);
        return err_set(error, ERR_PERMANENT, "%s has %d definitions, more than the %d that are read",
                       loading->directory, count, DEFINITION_SET_MAX);
    }
    loading->set = set_new((size_t)count);
    for (int i = 0; i < count; i++)
        load_file(loading, entries[i]->d_name);
    free_names(entries, count);
    *out = loading->set;
    return ERR_OK;
}

enum err definition_set_load(const char *directory, const struct definition_names *names, struct definition_set **out,
                             struct err_info *error)
{
    struct loading loading = {.directory = directory, .names = names};

    *out = NULL;
    loading.fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (loading.fd < 0 && errno == ENOENT) {
        *out = set_new(0);
        return ERR_OK;
    }
    if (loading.fd < 0)
        return err_set(error, ERR_PERMANENT, "%s cannot be opened: %s", directory, strerror(errno));
    enum err rc = load_entries(&loading, out, error);
    close(loading.fd);
    return rc;
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
        free(set->failures[i].text);
    }
    free(set->files);
    free(set->failures);
    free(set);
}
