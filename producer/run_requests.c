/* The verbs that ask for work: each is a definition and its arguments, handed to submit.c. */
#include "common/kinds/kinds.h"
#include "producer/name_lookup.h"
#include "producer/submit.h"

static struct json_object *args_of_app(const char *app_id)
{
    struct json_object *args = json_object_new_object();
    json_object_object_add(args, "app_id", json_object_new_string(app_id));
    return args;
}

/* "<app> <repo>" */
static enum err for_link(struct session *session, const char *definition, struct err_info *error)
{
    char app_id[ID_MAX], repository_id[ID_MAX];
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = name_lookup_app(session, session_word(session, 0), app_id, error);
    if (err == ERR_OK)
        err = name_lookup_repository(session, app_id, session_word(session, 1), repository_id, error);
    if (err != ERR_OK)
        return err;
    struct json_object *args = args_of_app(app_id);
    json_object_object_add(args, "repository_id", json_object_new_string(repository_id));
    return submit(session, definition, SUBMIT_SINGLE, args, error);
}

/* "<app>" */
static enum err for_app(struct session *session, const char *definition, struct err_info *error)
{
    char app_id[ID_MAX];
    enum err err = session_postgres(session, error);
    if (err == ERR_OK)
        err = name_lookup_app(session, session_word(session, 0), app_id, error);
    return err == ERR_OK ? submit(session, definition, SUBMIT_BULK, args_of_app(app_id), error) : err;
}

static enum err for_all(struct session *session, const char *definition, struct err_info *error)
{
    enum err err = session_postgres(session, error);
    return err == ERR_OK ? submit(session, definition, SUBMIT_BULK, json_object_new_object(), error) : err;
}

enum err run_resync(struct session *session, struct err_info *error)
{
    return for_link(session, "resync-link", error);
}

enum err run_resync_app(struct session *session, struct err_info *error)
{
    return for_app(session, "resync-app", error);
}

enum err run_resync_all(struct session *session, struct err_info *error)
{
    return for_all(session, "resync-all", error);
}

enum err run_snapshot(struct session *session, struct err_info *error)
{
    return for_link(session, "snapshot-link", error);
}

enum err run_snapshot_app(struct session *session, struct err_info *error)
{
    return for_app(session, "snapshot-app", error);
}

enum err run_snapshot_all(struct session *session, struct err_info *error)
{
    return for_all(session, "snapshot-all", error);
}

enum err run_retry(struct session *session, struct err_info *error)
{
    return for_link(session, "retry-link", error);
}

enum err run_retry_app(struct session *session, struct err_info *error)
{
    return for_app(session, "retry-app", error);
}

enum err run_retry_all(struct session *session, struct err_info *error)
{
    return for_all(session, "retry-all", error);
}

/* What is old is a setting, as it is for the schedule. */
enum err run_rescan(struct session *session, struct err_info *error)
{
    const struct submit_order order = {.handle = "rescan", .size = SUBMIT_BULK, .add_settings = setting_args_add};
    return submit_order(session, &order, error);
}

/* "name=value …", behind the definition's name */
static enum err read_words(struct session *session, const struct definition *definition, struct json_object **args,
                           struct err_info *error)
{
    return definition_args_from_words(definition, session->arguments.words + 1,
                                      (size_t)session->arguments.word_count - 1, args, error);
}

enum err run_definition(struct session *session, struct err_info *error)
{
    const struct submit_order order = {
        .handle = session_word(session, 0), .size = SUBMIT_BULK, .read_args = read_words};
    return submit_order(session, &order, error);
}
