#include "producer/dry_run.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "embedded/sql_query.h"
#include "producer/out.h"

char *dry_run_count(int64_t count)
{
    struct buf text = BUF_INIT;
    if (count < 0)
        return NULL;
    out_add_count(&text, count);
    return buf_take(&text);
}

char *dry_run_bytes(int64_t bytes)
{
    struct buf text = BUF_INIT;
    if (bytes < 0)
        return NULL;
    out_add_bytes(&text, bytes);
    return buf_take(&text);
}

/* How long as many jobs of the definition took lately; −1 = not known. */
static enum err expected_ms(struct pg *pg, const char *definition_id, int64_t jobs, int64_t *ms, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, definition_id);
    pg_arg_int8(args, jobs);
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_query_estimate, args, &result, error);
    *ms = err != ERR_OK || jobs < 0 || pg_is_null(result, 0, 0) ? -1 : pg_int8(result, 0, 0);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static void show_number(const char *label, char *text)
{
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

static void show(const struct definition *definition, const struct preview *preview, int64_t ms)
{
    char length[CLOCK_ISO_MAX];
    out_line("%s: %s", definition->name, preview->subject);
    show_number("jobs", dry_run_count(preview->jobs));
    show_number("files", dry_run_count(preview->files));
    show_number("bytes", dry_run_bytes(preview->bytes));
    out_line("  %-10s %s", "time",
             ms < 0 ? "not known: nothing of the kind was completed lately" : clock_human_ms(ms, length));
    if (sends_all_again(definition))
        out_line("Files that the client still holds but the repository no longer has are not known and not deleted.");
    out_line("Nothing was done: --dry-run.");
}

enum err dry_run(struct session *session, const struct definition *definition, struct json_object *args,
                 const struct preview *preview, struct err_info *error)
{
    int64_t ms = -1;
    enum err err = expected_ms(session->pg, definition->id, preview->jobs, &ms, error);
    if (err != ERR_OK)
        return err;
    if (!session->json) {
        show(definition, preview, ms);
        return ERR_OK;
    }
    struct json_object *document = json_object_new_object();
    json_object_object_add(document, "dry_run", json_object_new_boolean(1));
    json_object_object_add(document, "definition", json_object_new_string(definition->id));
    json_object_object_add(document, "args", json_object_get(args));
    json_object_object_add(document, "subject", json_object_new_string(preview->subject));
    json_object_object_add(document, "jobs", number_json(preview->jobs));
    json_object_object_add(document, "files", number_json(preview->files));
    json_object_object_add(document, "bytes", number_json(preview->bytes));
    json_object_object_add(document, "expected_ms", number_json(ms));
    out_json(document);
    return ERR_OK;
}
