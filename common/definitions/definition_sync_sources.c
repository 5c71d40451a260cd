#include "common/definitions/definition_sync_sources.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/definitions/project.h"

static void load(const struct definition_sync *resync, const struct definition_place *place,
                 struct definition_sync_source *source)
{
    if (definition_set_load(place, resync->names, &source->set, &source->error) != ERR_OK)
        source->set = NULL;
}

/* Programs are started in different places: a path that is stored must mean the same to all of them. */
static void load_global(const struct definition_sync *resync, struct definition_sync_source *source)
{
    char *path = realpath(resync->directory, NULL);
    if (path == NULL)
        path = mem_strdup(resync->directory);
    struct definition_place place = {path, "", DEFINITION_DIR_FLAT};
    *source = (struct definition_sync_source){.name = "Global definitions", .path = path};
    load(resync, &place, source);
}

/* The root that the project lies under is trusted; from there on no link leads out. */
static void load_project(const struct definition_sync *resync, const PGresult *projects, int row,
                         struct definition_sync_source *source)
{
    const char *path = pg_text(projects, row, 2);
    struct buf folder = BUF_INIT, below = BUF_INIT;
    buf_addf(&folder, "%s/%s", path, DEFINITION_SYNC_PROJECT_FOLDER);
    *source = (struct definition_sync_source){.project = pg_text(projects, row, 0), .name = pg_text(projects, row, 1)};
    char *root = project_root(resync->roots, path, &source->error);
    if (root != NULL) {
        const char *rest = path + strlen(root);
        buf_add_str(&below, rest[0] == '/' ? rest + 1 : rest);
        buf_addf(&below, "%s%s", below.len == 0 ? "" : "/", DEFINITION_SYNC_PROJECT_FOLDER);
        struct definition_place place = {root, below.data, DEFINITION_DIR_DEEP};
        load(resync, &place, source);
    }
    source->path = buf_take(&folder);
    buf_fini(&below);
    free(root);
}

struct definition_sync_source *definition_sync_sources_load(const struct definition_sync *resync,
                                                            const PGresult *projects, size_t *count)
{
    *count = (size_t)pg_rows(projects) + 1;
    struct definition_sync_source *sources = mem_array(*count, sizeof *sources);
    load_global(resync, &sources[0]);
    for (int row = 0; row < pg_rows(projects); row++)
        load_project(resync, projects, row, &sources[row + 1]);
    return sources;
}

void definition_sync_sources_drop(struct definition_sync_source *sources, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        definition_set_drop(sources[i].set);
        free(sources[i].path);
    }
    free(sources);
}
