#include "common/definitions/definition_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/printable.h"
#include "common/base/yaml.h"

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
    enum err rc = definition_dir_read(loading->dir, name, &bytes, &error);
    bool is_read = !rc;
    if (!rc)
        rc = parse_unique(set, &bytes, loading->names, &definition, &error);
    char *shown = buf_take(&path);
    const char *below = shown + strlen(loading->dir->path) + 1;
    if (rc)
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

    enum err rc = definition_dir_names(loading->dir, reach, &names, &count, error);
    if (rc)
        return rc;
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
    enum err rc = definition_dir_open(place->root, place->below, &dir, error);
    if (rc == ERR_NOT_FOUND) {
        *out = set_new(0);
        return ERR_OK;
    }
    if (rc)
        return rc;
    rc = load_all(&loading, place->reach, error);
    *out = loading.set;
    definition_dir_fini(&dir);
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
        free(set->failures[i].id);
        free(set->failures[i].text);
    }
    free(set->files);
    free(set->failures);
    free(set);
}
