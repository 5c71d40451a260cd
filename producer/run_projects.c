/* Projects: places beside definitions.dir that have definitions of their own. */
#include "common/definitions/project.h"
#include "common/query/definitions.h"
#include "producer/list.h"
#include "producer/out.h"

enum err run_projects(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"PROJECT", "id", CELL_TEXT}, {"DEFINITIONS", "definitions", CELL_NUMBER},
        {"NAME", "name", CELL_TEXT},  {"PATH", "path", CELL_TEXT},
        {NULL, NULL, CELL_TEXT},
    };
    static const struct list list = {columns, "There are no projects; to add one: producer add-project ID NAME PATH"};
    return list_run(session, definitions_projects, NULL, &list, error);
}

static void answer(const struct session *session, const char *id, const char *text)
{
    if (session->json) {
        struct json_object *document = json_object_new_object();
        json_object_object_add(document, "id", json_object_new_string(id));
        out_json(document);
    } else {
        out_line("%s", text);
    }
}

enum err run_add_project(struct session *session, struct err_info *error)
{
    struct project project = {session_word(session, 0), session_word(session, 1), session_word(session, 2)};
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = project_add(session->pg, session->config.definitions_roots, &project, error);
    if (err != ERR_OK)
        return err;
    answer(session, project.id, "Added. Its definitions are there after: producer resync-definitions");
    return ERR_OK;
}

enum err run_remove_project(struct session *session, struct err_info *error)
{
    const char *id = session_word(session, 0);
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = session_confirm(session, "This removes the project with its definitions and the record of their ticks.",
                              error);
    if (err == ERR_OK)
        err = project_remove(session->pg, id, error);
    if (err != ERR_OK)
        return err;
    answer(session, id, "Removed. Operations that are under way go on.");
    return ERR_OK;
}
