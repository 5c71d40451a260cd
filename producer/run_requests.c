/* The verbs that ask for work: each is a definition and its arguments, handed to submit.c. */
#include <string.h>

#include "common/base/json.h"
#include "common/kinds/kinds.h"
#include "common/query/overview.h"
#include "producer/out.h"
#include "producer/session.h"
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

/* ---- run history requests ---------------------------------------------------------------------------------------- */

/*
 * The verbs that bring the workflow history up to date, and what they answer at their end: each is a definition,
 * arguments from options, and a question whose answer is printed (submit.h). Dry runs that have to read files are
 * operations, too. Called by the table of commands (commands.c).
 */

/* ---- arguments -------------------------------------------------------------------------------------------------- */

struct option_arg {
    enum option_id option;
    const char *name;  /* of the definition's argument */
    const char *value; /* of an option that takes none; else NULL */
};

static const struct option_arg option_args[] = {
    {OPTION_STATUS, "status", NULL},         {OPTION_FROM, "from", NULL},         {OPTION_TO, "to", NULL},
    {OPTION_BATCH_SIZE, "batch_size", NULL}, {OPTION_FORCE, "force", "true"},     {OPTION_DIRECTORY, "directory", NULL},
    {OPTION_MODEL, "model", NULL},           {OPTION_TEMPLATE, "template", NULL}, {OPTION_SEARCH, "search", NULL},
};
#define OPTION_ARGS (sizeof option_args / sizeof *option_args)

/* The options that were given, typed by the definition's schema, and the workflow that a word names, if there is one.
 */
static enum err read_args(struct session *session, const struct definition *definition, struct json_object **args,
                          struct err_info *error)
{
    const char *workflow = session_word(session, 0);
    struct buf texts[OPTION_ARGS + 1] = {{0}};
    char *words[OPTION_ARGS + 1];
    size_t count = 0;
    for (size_t i = 0; i < OPTION_ARGS; i++)
        if (session_has(session, option_args[i].option)) {
            const char *given = session->arguments.values[option_args[i].option], *fixed = option_args[i].value;
            buf_addf(&texts[count++], "%s=%s", option_args[i].name, fixed == NULL ? given : fixed);
        }
    if (workflow != NULL)
        buf_addf(&texts[count++], "adw_id=%s", workflow);
    for (size_t i = 0; i < count; i++)
        words[i] = texts[i].data;
    enum err err = definition_args_from_words(definition, words, count, args, error);
    for (size_t i = 0; i < count; i++)
        buf_fini(&texts[i]);
    return err;
}

/* ---- answers for people ------------------------------------------------------------------------------------------ */

static const char *text_of(struct json_object *json, const char *name)
{
    struct json_object *value = json_get(json, name);
    return value == NULL ? "none" : json_object_get_string(value);
}

static void show_count(struct json_object *json, const char *name)
{
    struct buf text = BUF_INIT;
    if (json_get(json, name) == NULL)
        buf_add_str(&text, "not known");
    else
        out_add_count(&text, json_get_int(json, name, 0));
    out_line("  %-16s %s", name, text.data);
    buf_fini(&text);
}

/* "$0.25 → $1.5", to the last digit; a cost that is not known is no amount. */
static void add_change(struct buf *out, struct json_object *json, const char *from, const char *to)
{
    const char *const names[] = {from, to};
    for (size_t i = 0; i < 2; i++) {
        bool known = json_get(json, names[i]) != NULL;
        buf_addf(out, "%s%s%s", i == 0 ? "" : " → ", known ? "$" : "", known ? text_of(json, names[i]) : "not known");
    }
}

/* The same as a line, behind a label. */
static void show_change(const char *indent, const char *label, struct json_object *json)
{
    struct buf text = BUF_INIT;
    add_change(&text, json, "old_cost", "new_cost");
    out_line("%s%s: %s", indent, label, text.data);
    buf_fini(&text);
}

/* Where something failed: whichever phase it was, the next sync does again what it left. */
static void show_failed_phases(struct json_object *phases)
{
    for (size_t i = 0; phases != NULL && i < json_object_array_length(phases); i++) {
        struct json_object *phase = json_object_array_get_idx(phases, i);
        if (json_get_int(phase, "failed", 0) > 0)
            out_line("  failed in %-6s %s", text_of(phase, "id"), text_of(phase, "failed"));
    }
}

static void show_sync(const struct query_result *answer)
{
    static const char *const counts[] = {"scanned", "enriched", "inserted", "updated", "unchanged", "failed"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        show_count(answer->json, counts[i]);
    show_failed_phases(json_get(answer->json, "phases"));
    out_line("  %-16s %s", "duration_seconds", text_of(answer->json, "duration_seconds"));
}

/* The ids of a list, each with what is said of it. */
static void show_first(struct json_object *json, const char *name)
{
    struct json_object *list = json_get(json, name);
    size_t count = list == NULL ? 0 : json_object_array_length(list);
    for (size_t i = 0; i < count; i++) {
        struct json_object *one = json_object_array_get_idx(list, i);
        if (json_object_is_type(one, json_type_string))
            out_line("    %s", json_object_get_string(one));
        else if (json_get(one, "error") != NULL)
            out_line("    %s", text_of(one, "error"));
        else
            show_change("    ", text_of(one, "adw_id"), one);
    }
}

static void show_phases(struct json_object *phases)
{
    out_line("Its phases would have so many jobs:");
    for (size_t i = 0; i < json_object_array_length(phases); i++) {
        struct json_object *phase = json_object_array_get_idx(phases, i);
        struct buf text = BUF_INIT;
        out_add_count(&text, json_get_int(phase, "jobs", 0));
        out_line("  %-16s %s%s", text_of(phase, "id"), text.data,
                 json_get_bool(phase, "or_more", false) ? " or more" : "");
        buf_fini(&text);
    }
}

static void show_sync_preview(const struct query_result *answer)
{
    static const struct {
        const char *count, *first;
    } lines[] = {{"scanned", NULL},           {"inserted", "first_inserted"}, {"updated", "first_updated"},
                 {"unchanged", NULL},         {"failed", "first_failed"},     {"skipped", NULL},
                 {"missing", "first_missing"}};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        if (json_get(answer->json, lines[i].count) == NULL)
            continue;
        show_count(answer->json, lines[i].count);
        if (lines[i].first != NULL)
            show_first(answer->json, lines[i].first);
    }
    show_phases(json_get(answer->json, "phases"));
    out_line("Nothing was written: --dry-run.");
}

static void show_recost(const struct query_result *answer)
{
    struct json_object *json = answer->json;
    if (json_get_bool(json, "updated", false))
        show_change("", text_of(json, "message"), json);
    else
        out_line("%s", text_of(json, "message"));
}

static void show_largest(struct json_object *json)
{
    struct json_object *largest = json_get(json, "largest");
    size_t count = largest == NULL ? 0 : json_object_array_length(largest);
    if (count > 0)
        out_line("The largest changes:");
    for (size_t i = 0; i < count; i++) {
        struct json_object *one = json_object_array_get_idx(largest, i);
        show_change("  ", text_of(one, "workflow_id"), one);
    }
}

static void show_recosts(const struct query_result *answer)
{
    struct json_object *json = answer->json;
    show_count(json, "total_processed");
    show_count(json, "successful");
    show_count(json, "failed");
    show_count(json, "changed");
    struct buf totals = BUF_INIT;
    add_change(&totals, json, "old_total", "new_total");
    out_line("  %-16s $%s (%s)", "change", text_of(json, "change"), totals.data);
    buf_fini(&totals);
    if (json_get_int(json, "old_unknown", 0) > 0)
        show_count(json, "old_unknown");
    if (json_get_int(json, "new_unknown", 0) > 0)
        show_count(json, "new_unknown");
    show_largest(json);
}

static void show_would_recosts(const struct query_result *answer)
{
    show_recosts(answer);
    out_line("Nothing was written: --dry-run.");
}

static const struct submit_answer sync_answer = {history_results_sync, show_sync};
static const struct submit_answer sync_preview_answer = {history_results_sync_preview, show_sync_preview};
static const struct submit_answer recost_answer = {history_results_recost, show_recost};
static const struct submit_answer recosts_answer = {history_results_recosts, show_recosts};
static const struct submit_answer would_recosts_answer = {history_results_recosts, show_would_recosts};

/* ---- the verbs ------------------------------------------------------------------------------------------------- */

enum err run_sync_history(struct session *session, struct err_info *error)
{
    const struct submit_order order = {.handle = "sync-history",
                                       .size = SUBMIT_SINGLE,
                                       .read_args = read_args,
                                       .answer = &sync_answer,
                                       .dry_answer = &sync_preview_answer};
    if (!session_has(session, OPTION_SILENT) && !session_has(session, OPTION_NO_WAIT))
        session->arguments.values[OPTION_WATCH] = "";
    return submit_order(session, &order, error);
}

/* Also where there is no such workflow a program that asked for JSON gets the document. */
static void report_not_found(struct session *session, const struct err_info *error)
{
    struct json_object *json = json_object_new_object();
    json_object_object_add(json, "success", json_object_new_boolean(0));
    json_object_object_add(json, "workflow_id", json_object_new_string(session_word(session, 0)));
    json_object_object_add(json, "updated", json_object_new_boolean(0));
    json_object_object_add(json, "message", json_object_new_string(error->text));
    out_json(json);
    session->exit_code = err_exit_code(ERR_NOT_FOUND);
}

enum err run_resync_cost(struct session *session, struct err_info *error)
{
    const struct submit_order order = {.handle = "resync-cost",
                                       .size = SUBMIT_SINGLE,
                                       .read_args = read_args,
                                       .answer = &recost_answer,
                                       .dry_answer = &would_recosts_answer};
    enum err err = submit_order(session, &order, error);
    if (err != ERR_NOT_FOUND || !session->json)
        return err;
    report_not_found(session, error);
    return ERR_OK;
}

enum err run_resync_costs(struct session *session, struct err_info *error)
{
    const struct submit_order order = {.handle = "resync-costs",
                                       .size = SUBMIT_BULK,
                                       .read_args = read_args,
                                       .answer = &recosts_answer,
                                       .dry_answer = &would_recosts_answer};
    return submit_order(session, &order, error);
}
