/*
 * The first phase of a sync: lists the agents directory. What it finds is kept in the settle, in one transaction: a
 * scan that did not end has found nothing. A dry run keeps it too: it belongs to the operation, not to the history.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/fault.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "embedded/sql_history.h"
#include "worker/run.h"
#include "worker/run/history_tools.h"

#define PAGE 10000     /* names in one statement, and in one answer */
#define LISTING 100000 /* names that are listed at a time */
#define FORGET 50000   /* rows of former scans removed at a time */

struct scan {
    const struct run *run;
    char **names;
    size_t count, skipped;
};

static void scan_write_names(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct scan *scan = context;
    (void)mine;
    (void)count;
    FAULT_POINT("history.scan_write");
    for (size_t at = 0; at < scan->count; at += PAGE) {
        struct pg_args *args = pg_batch_add(batch, &sql_history_keep_scanned);
        pg_arg_text(args, scan->run->operation_id);
        pg_arg_texts(args, (const char *const *)scan->names + at, scan->count - at < PAGE ? scan->count - at : PAGE);
    }
}

static void scan_drop(void *context)
{
    struct scan *scan = context;
    for (size_t i = 0; i < scan->count; i++)
        free(scan->names[i]);
    free(scan->names);
    free(scan);
}

static enum err scan_forget_passes(const struct run *run, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    enum err err = pg_exec(run->pg, &sql_history_forget_passes, args, &result, error);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* Removes what earlier syncs left. */
static enum err scan_tidy_up(struct run *run, struct err_info *error)
{
    enum err err = scan_forget_passes(run, error);
    for (int64_t removed = FORGET; err == ERR_OK && removed == FORGET && run_goes_on(run);) {
        struct pg_args *args = pg_args_new();
        PGresult *result = NULL;
        pg_arg_int8(args, FORGET);
        err = pg_exec(run->pg, &sql_history_forget_scanned, args, &result, error);
        removed = err == ERR_OK ? pg_affected(result) : 0;
        PQclear(result);
        pg_args_drop(args);
    }
    return err;
}

/* ---- which runs are missing -------------------------------------------------------------------------------------- */

/*
 * Which runs of the history have no directory any more: told by a dry run of a sync, and never acted on. Two sorted
 * lists are walked side by side, so that neither is held whole but for the names that the scan has anyway.
 */

#define FIRST 5 /* names of missing runs that are told */

struct walk {
    char *const *names;
    size_t count, at; /* names before `at` are smaller than every id to come */
    int64_t missing;
    struct buf first, last; /* the list, and the id that was compared last */
};

static void walk_compare(struct walk *walk, const char *id)
{
    while (walk->at < walk->count && strcmp(walk->names[walk->at], id) < 0)
        walk->at++;
    if (walk->at < walk->count && strcmp(walk->names[walk->at], id) == 0)
        return;
    if (walk->missing++ >= FIRST)
        return;
    if (walk->missing > 1)
        buf_add_char(&walk->first, ',');
    json_add_string(&walk->first, id, strlen(id));
}

/* `*rows` is how many there were. */
static enum err walk_compare_page(struct run *run, struct walk *walk, int *rows, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, walk->last.data);
    pg_arg_int8(args, PAGE);
    enum err err = pg_exec(run->pg, &sql_history_stored_ids, args, &result, error);
    *rows = err == ERR_OK ? pg_rows(result) : 0;
    for (int row = 0; row < *rows; row++)
        walk_compare(walk, pg_text(result, row, 0));
    if (*rows > 0) {
        buf_reset(&walk->last);
        buf_add_str(&walk->last, pg_text(result, *rows - 1, 0));
    }
    PQclear(result);
    pg_args_drop(args);
    return err == ERR_OK ? run_tick(run, error) : err;
}

/* Appends ,"missing":N,"first_missing":[…] (at most 5 ids) of the stored runs that are not among `names`, which are in
 * byte order. Reads only. */
static enum err scan_missing_add(struct run *run, char *const *names, size_t count, struct buf *out,
                                 struct err_info *error)
{
    struct walk walk = {.names = names, .count = count, .first = BUF_INIT, .last = BUF_INIT};
    enum err err = ERR_OK;
    buf_add_str(&walk.first, "");
    buf_add_str(&walk.last, "");
    for (int rows = PAGE; err == ERR_OK && rows == PAGE;)
        err = walk_compare_page(run, &walk, &rows, error);
    if (err == ERR_OK)
        buf_addf(out, ",\"missing\":%" PRId64 ",\"first_missing\":[%s]", walk.missing, walk.first.data);
    buf_fini(&walk.first);
    buf_fini(&walk.last);
    return err;
}

/* ---- the scan ---------------------------------------------------------------------------------------------------- */

static enum err scan_list(struct run *run, struct history_dir *dir, struct scan *scan, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t found = LISTING; err == ERR_OK && found == LISTING && run_goes_on(run);) {
        struct history_names names = {.count = 0};
        err = history_dir_list(dir, scan->count == 0 ? "" : scan->names[scan->count - 1], LISTING, &names, error);
        found = err == ERR_OK ? names.count : 0;
        scan->names = mem_grow(scan->names, scan->count + found, sizeof *scan->names);
        for (size_t i = 0; i < found; i++)
            scan->names[scan->count + i] = mem_strdup(names.items[i]);
        scan->count += found;
        scan->skipped = names.skipped;
        if (err == ERR_OK)
            history_names_fini(&names);
    }
    return err;
}

/* A history of several directories does not know which run lay in which. */
static bool scan_knows_missing(const struct run *run)
{
    const char *below = json_get_string(run->args, "directory");
    return run->dry_run && (below == NULL || below[0] == '\0');
}

static enum err scan_succeed(struct run *run, const struct scan *scan, struct err_info *error)
{
    struct buf result = BUF_INIT;
    enum err err = ERR_OK;
    if (scan->skipped > 0)
        log_info("the agents directory holds %zu entries that are no runs: files, links, or names that cannot be an id",
                 scan->skipped);
    buf_addf(&result, "{\"scanned\":%zu,\"skipped_entries\":%zu", scan->count, scan->skipped);
    if (scan_knows_missing(run))
        err = scan_missing_add(run, scan->names, scan->count, &result, error);
    buf_add_char(&result, '}');
    if (err == ERR_OK)
        run_succeed(run, 0, result.data);
    buf_fini(&result);
    return err;
}

void scan_run(struct run *run)
{
    struct scan *scan = mem_zalloc(sizeof *scan);
    struct history_tools *tools = NULL;
    struct err_info error = {.code = ERR_OK};
    scan->run = run;
    run->effects = scan_write_names;
    run->effects_context = scan;
    run->drop_effects = scan_drop;
    if (!run->dry_run && scan_tidy_up(run, &error) != ERR_OK) {
        log_info("a scan waits: %s", error.text);
        history_stored_put_off(run);
        return;
    }
    if (history_tools_ready(run, &tools) != ERR_OK)
        return;
    enum err err = scan_list(run, tools->dir, scan, &error);
    if (err == ERR_OK && run_goes_on(run))
        err = scan_succeed(run, scan, &error);
    if (err != ERR_OK)
        history_tools_fail(run, 0, &error);
}
