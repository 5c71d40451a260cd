#include "producer/removal.h"

#include "producer/out.h"

void removal_show(const struct session *session, const char *app_id, const char *repository_id)
{
    if (!session->json) {
        out_line("removed %s%s%s", app_id, repository_id == NULL ? "" : " ",
                 repository_id == NULL ? "" : repository_id);
        return;
    }
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "removed", json_object_new_boolean(1));
    json_object_object_add(document, "app_id", json_object_new_string(app_id));
    if (repository_id != NULL)
        json_object_object_add(document, "repository_id", json_object_new_string(repository_id));
    out_json(document);
}
