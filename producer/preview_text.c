/*
 * What a preview (common/definitions/request.h) says to a person: the dry run, which shows it and does nothing, and the
 * question before a bulk action, which is the definition's `confirm` with the numbers filled in. Nothing here writes to
 * a store. Called by submit.c.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/query/operations.h"
#include "embedded/sql_registry.h"
#include "producer/out.h"
#include "producer/submit.h"

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

/* "1,200" and "3.5 MiB"; NULL where the preview does not know. The caller's. */
static char *count_text(int64_t count)
{
    struct buf text = BUF_INIT;
    if (count < 0)
        return NULL;
    out_add_count(&text, count);
    return buf_take(&text);
}

static char *bytes_text(int64_t bytes)
{
    struct buf text = BUF_INIT;
    if (bytes < 0)
        return NULL;
    out_add_bytes(&text, bytes);
    return buf_take(&text);
}

/* ---- the question ------------------------------------------------------------------------------------------------ */

/* The name of the app that `args` speaks of; the caller's, NULL where there is none. */
static char *name_of_app(struct session *session, struct json_object *args)
{
    const char *app_id = json_get_string(args, "app_id");
    if (app_id == NULL)
        return NULL;
    struct err_info error = {0};
    struct pg_args *asked = pg_args_new();
    pg_arg_text(asked, app_id);
    PGresult *result = NULL;
    char *name = NULL;
    if (pg_exec(session->pg, &sql_registry_app_summary, asked, &result, &error) == ERR_OK && pg_rows(result) == 1)
        name = mem_strdup(pg_text(result, 0, 0));
    PQclear(result);
    pg_args_drop(asked);
    return name;
}

void preview_question(struct session *session, const struct submission *submission, struct buf *question)
{
    const struct preview *preview = &submission->preview;
    char *app = name_of_app(session, submission->args), *jobs = count_text(preview->jobs),
         *files = count_text(preview->files), *bytes = bytes_text(preview->bytes);
    const struct out_value values[] = {{"app_name", app}, {"links", jobs},  {"jobs", jobs},
                                       {"files", files},  {"bytes", bytes}, {"subject", preview->subject},
                                       {NULL, NULL}};
    out_add_template(question, submission->found.definition->confirm, values);
    free(app);
    free(jobs);
    free(files);
    free(bytes);
}

/* ---- the dry run ------------------------------------------------------------------------------------------------- */

/* `unsized`: of so many jobs it is not known, and not in the number. */
static void show_number(const char *label, char *text, int64_t unsized)
{
    if (text != NULL && unsized > 0)
        out_line("  %-10s at least %s; not known of %lld more jobs", label, text, (long long)unsized);
    else
        out_line("  %-10s %s", label, text == NULL ? "not known" : text);
    free(text);
}

static struct json_object *number_json(int64_t number)
{
    return number < 0 ? NULL : json_object_new_int64(number);
}

static bool sends_all_again(const struct definition *definition)
{
    return strcmp(definition->phases[0].job, "resync") == 0;
}

static void show_preview(const struct definition *definition, const struct preview *preview, int64_t ms)
{
    char length[CLOCK_ISO_MAX];
    out_line("%s: %s", definition->name, preview->subject);
    show_number("jobs", count_text(preview->jobs), 0);
    show_number("files", count_text(preview->files), preview->unsized);
    show_number("bytes", bytes_text(preview->bytes), preview->unsized);
    out_line("  %-10s %s", "time",
             ms < 0 ? "not known: nothing of the kind and size was done lately" : clock_human_ms(ms, length));
    if (sends_all_again(definition))
        out_line("Files that the client still holds but the repository no longer has are not known and not deleted.");
    out_line("Nothing was done: --dry-run.");
}

enum err preview_show(struct session *session, const struct submission *submission, struct err_info *error)
{
    const struct definition *definition = submission->found.definition;
    const struct preview *preview = &submission->preview;
    int64_t ms = -1;
    enum err err = operations_expected_ms(session->pg, submission, &ms, error);
    if (err != ERR_OK)
        return err;
    if (!session->json) {
        show_preview(definition, preview, ms);
        return ERR_OK;
    }
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "dry_run", json_object_new_boolean(1));
    json_object_object_add(document, "definition", json_object_new_string(definition->id));
    json_object_object_add(document, "args", json_object_get(submission->args));
    json_object_object_add(document, "subject", json_object_new_string(preview->subject));
    json_object_object_add(document, "jobs", number_json(preview->jobs));
    json_object_object_add(document, "files", number_json(preview->files));
    json_object_object_add(document, "bytes", number_json(preview->bytes));
    json_object_object_add(document, "unsized_jobs", json_object_new_int64(preview->unsized));
    json_object_object_add(document, "expected_ms", number_json(ms));
    out_json(document);
    return ERR_OK;
}
