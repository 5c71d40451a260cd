/*
 * Projects: directories of other repositories whose definitions are loaded too. A path counts only below one of
 * definitions.roots, without links that lead out: a project is registered by a request, and a request must not make
 * this host read any directory. Called by the command line and the API to register, and by definition_sync.c for the
 * roots.
 */
#include "common/definitions/project.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/definitions/definition.h"
#include "embedded/sql_definitions.h"

#define NAME_MAX_BYTES 200
#define PATH_MAX_BYTES 4000

static bool is_plain_step(const char *step, size_t len)
{
    return len > 0 && !(len == 1 && step[0] == '.') && !(len == 2 && step[0] == '.' && step[1] == '.');
}

/* No "." and "..", no empty step: what is compared as text must mean what it says. */
static bool is_plain(const char *path)
{
    if (path[0] != '/' || strlen(path) > PATH_MAX_BYTES)
        return false;
    for (const char *at = path; *at == '/';) {
        size_t len = strcspn(at + 1, "/");
        if (!is_plain_step(at + 1, len))
            return false;
        at += 1 + len;
    }
    for (const char *at = path; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            return false;
    return true;
}

static bool lies_under(const char *path, const char *root, size_t len)
{
    return strncmp(path, root, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

char *project_root(const char *roots, const char *path, struct err_info *error)
{
    if (!is_plain(path)) {
        err_set(error, ERR_USAGE,
                "\"%s\" is no path that a project can have: it must be absolute, without \".\", \"..\" and a slash "
                "at its end",
                path);
        return NULL;
    }
    for (const char *root = roots; *root != '\0';) {
        size_t len = strcspn(root, ":"), bare = len;
        while (bare > 0 && root[bare - 1] == '/')
            bare--;
        if (len > 0 && lies_under(path, root, bare))
            return bare == 0 ? mem_strdup("/") : mem_strndup(root, bare);
        root += len + (root[len] == ':');
    }
    err_set(error, ERR_USAGE, "%s does not lie under one of definitions.roots (%s)", path,
            roots[0] == '\0' ? "which is empty" : roots);
    return NULL;
}

static enum err project_check(const char *roots, const struct project *project, struct err_info *error)
{
    if (!definition_is_id(project->id))
        return err_set(error, ERR_USAGE, "\"%s\" is no id: lower-case letters, digits and dashes, at most %d",
                       project->id, DEFINITION_ID_MAX);
    size_t len = strlen(project->name);
    if (len == 0 || len > NAME_MAX_BYTES || !json_is_utf8(project->name, len))
        return err_set(error, ERR_USAGE, "a project's name has 1 to %d bytes of UTF-8", NAME_MAX_BYTES);
    char *root = project_root(roots, project->path, error);
    bool is_fine = root != NULL;
    free(root);
    return is_fine ? ERR_OK : ERR_USAGE;
}

enum err project_add(struct pg *pg, const char *roots, const struct project *project, struct err_info *error)
{
    enum err err = project_check(roots, project, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, project->id);
    pg_arg_text(args, project->name);
    pg_arg_text(args, project->path);
    PGresult *result = NULL;
    err = pg_exec(pg, &sql_definitions_project_insert, args, &result, error);
    if (err == ERR_OK && pg_affected(result) == 0)
        err = err_set(error, ERR_CONFLICT, "there is a project with the id \"%s\" or the path %s already", project->id,
                      project->path);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err project_remove(struct pg *pg, const char *id, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, id);
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_definitions_project_delete, args, &result, error);
    if (err == ERR_OK && pg_affected(result) == 0)
        err = err_set(error, ERR_NOT_FOUND, "there is no project \"%s\"; see: producer projects", id);
    PQclear(result);
    pg_args_drop(args);
    return err;
}
