/*
 * Which row a bad file belongs to is the one question with several answers: the id that it claims; where that cannot be
 * read, the row that came from this path before, or the id that the file's name is; and where another has all of these,
 * the file's name itself, which no id is like (it has a dot).
 */
#include "common/definitions/definition_sync.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

struct view {
    const struct definition_sync_row *rows;
    size_t row_count;
    bool *claimed; /* by a file, for each row */
    struct definition_sync_source *source;
    size_t first; /* of the source's changes */
    struct definition_sync_changes *changes;
    size_t room;
    char *stem; /* of a failure's name; owned while it is looked at */
};

static bool equal(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static int row_compare(const struct definition_sync_row *row, const char *project, const char *identifier)
{
    int by_project = strcmp(row->project == NULL ? "" : row->project, project == NULL ? "" : project);
    return by_project != 0 ? by_project : strcmp(row->identifier, identifier);
}

static const struct definition_sync_row *find_row(const struct view *view, const char *identifier)
{
    assert(identifier != NULL);
    size_t low = 0, high = view->row_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = row_compare(&view->rows[middle], view->source->project, identifier);
        if (order == 0)
            return &view->rows[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static struct definition_sync_change *change_add(struct view *view, enum definition_sync_class class,
                                                 enum definition_sync_write write,
                                                 const struct definition_sync_row *row)
{
    struct definition_sync_changes *changes = view->changes;
    if (changes->count == view->room) {
        view->room = view->room * 2 + 64;
        changes->list = mem_grow(changes->list, view->room, sizeof *changes->list);
    }
    if (row != NULL)
        view->claimed[row - view->rows] = true;
    struct definition_sync_change *change = &changes->list[changes->count++];
    *change = (struct definition_sync_change){.class = class, .write = write, .source = view->source, .row = row};
    change->identifier = row == NULL ? NULL : row->identifier;
    return change;
}

/* ---- good files -------------------------------------------------------------------------------------------------- */

static enum definition_sync_class class_of(const struct definition_sync_row *row, const char *digest)
{
    if (row == NULL || row->digest == NULL)
        return DEFINITION_SYNC_NEW;
    if (!row->file_exists && !row->archived_by_person)
        return DEFINITION_SYNC_REACTIVATED;
    return strcmp(row->digest, digest) == 0 ? DEFINITION_SYNC_UNCHANGED : DEFINITION_SYNC_UPDATED;
}

static void classify_file(struct view *view, const struct definition_file *file)
{
    char digest[SHA256_HEX + 1];
    const struct definition_sync_row *row = find_row(view, file->definition->id);
    definition_digest(file->definition, digest);
    enum definition_sync_class class = class_of(row, digest);
    bool as_it_was = class == DEFINITION_SYNC_UNCHANGED && row->file_exists && row->load_error == NULL &&
                     strcmp(row->path, file->path) == 0;
    struct definition_sync_change *change =
        change_add(view, class, as_it_was ? DEFINITION_SYNC_KEEP : DEFINITION_SYNC_PUT, row);
    change->file = file;
    change->identifier = file->definition->id;
    memcpy(change->digest, digest, sizeof digest);
}

/* ---- bad files --------------------------------------------------------------------------------------------------- */

static bool is_taken(const struct view *view, const char *identifier)
{
    if (definition_set_find(view->source->set, identifier) != NULL)
        return true;
    for (size_t i = view->first; i < view->changes->count; i++)
        if (view->changes->list[i].failure != NULL && strcmp(view->changes->list[i].identifier, identifier) == 0)
            return true;
    return false;
}

static const struct definition_sync_row *find_row_of_path(const struct view *view, const char *path)
{
    for (size_t i = 0; i < view->row_count; i++)
        if (equal(view->rows[i].project, view->source->project) && strcmp(view->rows[i].path, path) == 0 &&
            view->rows[i].file_exists)
            return &view->rows[i];
    return NULL;
}

/* "sub/resync.yaml" → "resync". */
static const char *stem_of(struct view *view, const char *name)
{
    const char *slash = strrchr(name, '/'), *base = slash == NULL ? name : slash + 1;
    free(view->stem);
    view->stem = mem_strndup(base, (size_t)(strrchr(base, '.') - base));
    return view->stem;
}

static bool may_be(const struct view *view, const char *identifier)
{
    return identifier != NULL && definition_is_id(identifier) && !is_taken(view, identifier);
}

/* Borrowed from the failure, a row, or view->stem. */
static const char *identify(struct view *view, const struct definition_failure *failure)
{
    if (may_be(view, failure->id))
        return failure->id;
    const struct definition_sync_row *row = failure->id == NULL ? find_row_of_path(view, failure->path) : NULL;
    if (row != NULL && !is_taken(view, row->identifier))
        return row->identifier;
    const char *stem = failure->id == NULL ? stem_of(view, failure->name) : NULL;
    return may_be(view, stem) ? stem : failure->name;
}

static void classify_failure(struct view *view, struct definition_failure *failure)
{
    const char *identifier = identify(view, failure);
    if (identifier == view->stem && view->stem != NULL) {
        failure->id = view->stem; /* from now on the failure owns it */
        view->stem = NULL;
    }
    const struct definition_sync_row *row = find_row(view, identifier);
    bool as_it_was = row != NULL && row->file_exists && equal(row->load_error, failure->text) &&
                     row->line == failure->line && row->column == failure->column &&
                     strcmp(row->path, failure->path) == 0;
    struct definition_sync_change *change =
        change_add(view, DEFINITION_SYNC_ERROR, as_it_was ? DEFINITION_SYNC_KEEP : DEFINITION_SYNC_FAIL, row);
    change->failure = failure;
    change->identifier = identifier;
}

/* ---- what is gone ------------------------------------------------------------------------------------------------ */

/* A row that was never good is no definition: it is forgotten, and nothing is said of it. */
static void classify_absence(struct view *view, const struct definition_sync_row *row)
{
    if (row->digest == NULL)
        change_add(view, DEFINITION_SYNC_UNCHANGED, DEFINITION_SYNC_FORGET, row);
    else if (row->file_exists)
        change_add(view, DEFINITION_SYNC_ARCHIVED, DEFINITION_SYNC_GONE, row);
}

/* Another host's path says nothing of this directory. */
static bool came_from(const struct definition_sync_row *row, const struct definition_sync_source *source)
{
    size_t len = strlen(source->path);
    return (row->host == NULL || strcmp(row->host, source->host) == 0) && strncmp(row->path, source->path, len) == 0 &&
           row->path[len] == '/';
}

/* A directory that has none of the files that are known, nor ever had one, is not the place that they were removed
 * from: the setting is wrong, or nothing is mounted there. */
static bool is_strange(const struct view *view)
{
    size_t known = 0;
    for (size_t i = 0; i < view->row_count; i++) {
        const struct definition_sync_row *row = &view->rows[i];
        if (!row->file_exists || row->digest == NULL || !equal(row->project, view->source->project))
            continue;
        if (view->claimed[i] || came_from(row, view->source))
            return false;
        known++;
    }
    return known > 0;
}

static void classify_absences(struct view *view)
{
    struct definition_sync_source *source = view->source;
    source->is_strange = is_strange(view);
    if (source->is_strange) {
        err_set(&source->error, ERR_CONFLICT,
                "has none of the definitions that are known and never had one on this host: nothing is archived. Is it "
                "the right directory? To take a definition out of use: producer archive");
        change_add(view, DEFINITION_SYNC_ERROR, DEFINITION_SYNC_KEEP, NULL);
        return;
    }
    for (size_t i = 0; i < view->row_count; i++)
        if (!view->claimed[i] && equal(view->rows[i].project, source->project))
            classify_absence(view, &view->rows[i]);
}

static void classify_source(struct view *view)
{
    struct definition_set *set = view->source->set;
    view->first = view->changes->count;
    if (set == NULL) {
        change_add(view, DEFINITION_SYNC_ERROR, DEFINITION_SYNC_KEEP, NULL);
        return;
    }
    for (size_t i = 0; i < set->count; i++)
        classify_file(view, &set->files[i]);
    for (size_t i = 0; i < set->failure_count; i++)
        classify_failure(view, &set->failures[i]);
    classify_absences(view);
}

void definition_sync_classify(const struct definition_sync_row *rows, size_t row_count,
                              struct definition_sync_source *sources, size_t source_count,
                              struct definition_sync_changes *changes)
{
    struct view view = {.rows = rows, .row_count = row_count, .changes = changes};
    *changes = (struct definition_sync_changes){NULL, 0};
    view.claimed = mem_array(row_count + 1, sizeof *view.claimed);
    for (size_t i = 0; i < source_count; i++) {
        view.source = &sources[i];
        classify_source(&view);
    }
    free(view.claimed);
    free(view.stem);
}

void definition_sync_changes_fini(struct definition_sync_changes *changes)
{
    free(changes->list);
    *changes = (struct definition_sync_changes){NULL, 0};
}
