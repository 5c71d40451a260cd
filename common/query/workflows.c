/*
 * The history as a list, and one run of it. A list is one statement of a fixed text for each sort key, so that each
 * has its plan (held by the history bench); what a request gives is always a parameter. It reads only. Called by the
 * routes of the dashboard and by `producer history`.
 */
#include "common/query/workflows.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/base/utf8.h"
#include "common/query/page.h"
#include "embedded/sql_query.h"

/* ---- the list ---------------------------------------------------------------------------------------------------- */

#define SEARCH_LEAST 3 /* characters: what a trigram is made of */

/* ---- sort keys --------------------------------------------------------------------------------------------------- */

enum { ASCENDING, DESCENDING };

/* How the runs of a list are found: all; by walk or by ids, where a text is searched (text_search.h). */
enum { ALL, WALK, IDS };

#define ORDERS(way, key)                                                                                               \
    {                                                                                                                  \
        &sql_query_workflows_##way##_by_##key##_asc, &sql_query_workflows_##way##_by_##key##_desc                      \
    }
#define ALONG(key)                                                                                                     \
    {                                                                                                                  \
        ORDERS(all, key), ORDERS(walk, key), ORDERS(marked, key)                                                       \
    }

/* The first have an index to go along. */
static const char *const sort_keys[] = {
    "created_at", "start_time",   "actual_cost_total", "duration_seconds",         "adw_id", "updated_at", "end_time",
    "status",     "issue_number", "total_tokens",      "cache_efficiency_percent", NULL};
static const struct sql *const along[][3][2] = {ALONG(created_at), ALONG(start_time), ALONG(actual_cost_total),
                                                ALONG(duration_seconds), ALONG(adw_id)};
#define INDEXED ((int)(sizeof along / sizeof *along))

static const struct sql *const sorted[] = {&sql_query_workflows_all_sorted, &sql_query_workflows_found_sorted,
                                           &sql_query_workflows_listed_sorted};
static const struct sql *const counts[] = {&sql_query_workflows_all_count, &sql_query_workflows_found_count,
                                           &sql_query_workflows_listed_count};
static const struct sql *const counts_within[] = {&sql_query_workflows_all_count_within,
                                                  &sql_query_workflows_found_count_within,
                                                  &sql_query_workflows_listed_count_within};

/* ---- what is asked ----------------------------------------------------------------------------------------------- */

struct wanted {
    struct page page;
    int key, order;     /* of sort_keys; ASCENDING or DESCENDING */
    const char *status; /* NULL = any, as of those below */
    const char *model, *template;
    struct text_search searched;
    char *from, *to;     /* ours */
    char order_name[64]; /* tells cursors apart */
    int64_t total;
};

static void wanted_fini(struct wanted *wanted)
{
    page_fini(&wanted->page);
    text_search_fini(&wanted->searched);
    free(wanted->from);
    free(wanted->to);
}

static enum err ask_order(const struct query_params *asked, struct wanted *wanted, struct err_info *error)
{
    static const char *const orders[] = {"asc", "desc", NULL};
    enum err err = query_params_word(asked, "sort_by", sort_keys, &wanted->key, error);
    if (err == ERR_OK)
        err = query_params_word(asked, "sort_order", orders, &wanted->order, error);
    wanted->key = wanted->key < 0 ? 0 : wanted->key;
    wanted->order = wanted->order < 0 ? DESCENDING : wanted->order;
    snprintf(wanted->order_name, sizeof wanted->order_name, "%s %s", sort_keys[wanted->key], orders[wanted->order]);
    return err;
}

/* True if a trigram can be made of it: three letters or digits in a row, where all beyond ASCII counts as a letter. */
static bool has_trigram(const char *text)
{
    size_t len = strlen(text), run = 0;
    for (size_t at = 0; at < len && run < SEARCH_LEAST;) {
        uint32_t code = 0;
        size_t take = utf8_decode(text + at, len - at, &code);
        run = code >= 0x80 || isalnum((int)code) ? run + 1 : 0;
        at += take == 0 ? 1 : take;
    }
    return run >= SEARCH_LEAST;
}

static enum err ask_search(const struct query_params *asked, struct wanted *wanted, struct err_info *error)
{
    const char *text = query_params_text(asked, "search");
    if (text == NULL)
        return ERR_OK;
    if (!has_trigram(text))
        return query_params_refuse(asked, error, "search",
                                   "\"%s\" is too short: it takes %d letters or digits in a row", text, SEARCH_LEAST);
    text_search_init(&wanted->searched, query_params_pattern(asked, "search"));
    return ERR_OK;
}

static enum err refuse_date(const struct query_params *asked, const char *name, struct err_info *error)
{
    return query_params_refuse(asked, error, name,
                               "\"%s\" is no date; give 2026-01-31, 2026-01-31T12:00 or 2026-01-31T12:00:00Z",
                               query_params_text(asked, name));
}

static char *copy(const PGresult *result, int column)
{
    return pg_is_null(result, 0, column) ? NULL : mem_strdup(pg_text(result, 0, column));
}

static enum err ask_range(struct pg *pg, const struct query_params *asked, struct wanted *wanted,
                          struct err_info *error)
{
    const char *from = query_params_text(asked, "from"), *to = query_params_text(asked, "to");
    PGresult *result = NULL;
    if (from == NULL && to == NULL)
        return ERR_OK;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, from);
    pg_arg_text(args, to);
    enum err err = pg_exec(pg, &sql_query_workflows_range, args, &result, error);
    if (err == ERR_OK && from != NULL && pg_is_null(result, 0, 0))
        err = refuse_date(asked, "from", error);
    else if (err == ERR_OK && to != NULL && pg_is_null(result, 0, 1))
        err = refuse_date(asked, "to", error);
    else if (err == ERR_OK && pg_bool(result, 0, 2))
        err = query_params_refuse(asked, error, "from", "%s is later than %s; the earlier one comes first", from, to);
    if (err == ERR_OK) {
        wanted->from = copy(result, 0);
        wanted->to = copy(result, 1);
    }
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err workflows_check_statuses(const struct query_params *asked, struct err_info *error)
{
    static const char *const statuses[] = {"pending", "running", "completed", "failed"};
    const char *text = query_params_text(asked, "status");
    for (const char *at = text; at != NULL; at = *at == ',' ? at + 1 : NULL) {
        size_t len = strcspn(at, ","), i = 0;
        while (i < 4 && (strlen(statuses[i]) != len || strncmp(statuses[i], at, len) != 0))
            i++;
        if (i == 4)
            return query_params_refuse(
                asked, error, "status",
                "\"%.*s\" is none of pending, running, completed, failed; several stand with commas", (int)len, at);
        at += len;
    }
    return ERR_OK;
}

/* On success wanted_fini is owed. */
static enum err ask_wanted(struct pg *pg, const struct query_params *asked, struct wanted *wanted,
                           struct err_info *error)
{
    *wanted = (struct wanted){.total = 0};
    enum err err = ask_order(asked, wanted, error);
    if (err == ERR_OK)
        err = workflows_check_statuses(asked, error);
    if (err == ERR_OK)
        err = ask_search(asked, wanted, error);
    if (err == ERR_OK)
        err = ask_range(pg, asked, wanted, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"workflows", wanted->order_name, 2}, &wanted->page, error);
    wanted->status = query_params_text(asked, "status");
    wanted->model = query_params_text(asked, "model");
    wanted->template = query_params_text(asked, "template");
    if (err != ERR_OK)
        wanted_fini(wanted);
    return err;
}

/* ---- the answer -------------------------------------------------------------------------------------------------- */

static void add_filters(const struct wanted *wanted, struct pg_args *args)
{
    pg_arg_text(args, wanted->status);
    pg_arg_text(args, wanted->model);
    pg_arg_text(args, wanted->template);
    pg_arg_text(args, wanted->from);
    pg_arg_text(args, wanted->to);
    pg_arg_text(args, wanted->searched.pattern);
}

static int way_of(const struct wanted *wanted)
{
    return wanted->searched.pattern == NULL ? ALL : wanted->searched.way == TEXT_SEARCH_BY_IDS ? IDS : WALK;
}

/* The ids are all that match where nothing else is asked for. */
static bool is_counted(const struct wanted *wanted)
{
    return way_of(wanted) == IDS && wanted->status == NULL && wanted->model == NULL && wanted->template == NULL &&
           wanted->from == NULL && wanted->to == NULL;
}

static enum err count(struct pg *pg, struct wanted *wanted, struct err_info *error)
{
    wanted->total = wanted->searched.count;
    if (is_counted(wanted))
        return ERR_OK;
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_int8(args, WORKFLOWS_COUNTED_MAX + 1);
    pg_arg_null(args);
    pg_arg_null(args);
    pg_arg_null(args);
    add_filters(wanted, args);
    if (way_of(wanted) == IDS)
        pg_arg_text(args, wanted->searched.ids);
    bool within = wanted->from != NULL || wanted->to != NULL;
    enum err err = pg_exec(pg, (within ? counts_within : counts)[way_of(wanted)], args, &result, error);
    if (err == ERR_OK)
        wanted->total = pg_int8(result, 0, 0);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

static enum err refuse_order(const struct query_params *asked, const struct wanted *wanted, struct err_info *error)
{
    struct buf names = BUF_INIT;
    for (int i = 0; i < INDEXED; i++)
        buf_addf(&names, "%s%s", i == 0 ? "" : i + 1 < INDEXED ? ", " : " or ", sort_keys[i]);
    enum err err = query_params_refuse(
        asked, error, "sort_by",
        "more than %d workflows match, too many to sort by %s, which has no index; narrow the filter, "
        "or sort by %s",
        WORKFLOWS_COUNTED_MAX, sort_keys[wanted->key], names.data);
    buf_fini(&names);
    return err;
}

/* Few are read as a whole, whatever the order: an index could lead past all the others. */
static enum err read_few(struct pg *pg, const struct wanted *wanted, struct query_result *answer,
                         struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    page_args(&wanted->page, args);
    add_filters(wanted, args);
    pg_arg_text(args, sort_keys[wanted->key]);
    pg_arg_int8(args, wanted->order == ASCENDING ? 1 : -1);
    if (way_of(wanted) == IDS)
        pg_arg_text(args, wanted->searched.ids);
    enum err err = page_read(pg, &wanted->page, sorted[way_of(wanted)], args, answer, error);
    pg_args_drop(args);
    return err;
}

static enum err read_along(struct pg *pg, const struct wanted *wanted, struct query_result *answer,
                           struct err_info *error)
{
    int way = way_of(wanted);
    struct pg_args *args = pg_args_new();
    page_args(&wanted->page, args);
    add_filters(wanted, args);
    if (way == IDS)
        pg_arg_text(args, wanted->searched.ids);
    if (way == WALK)
        pg_arg_int8(args, text_search_walk_max(&wanted->searched, wanted->page.offset + wanted->page.limit + 1));
    enum err err = page_read(pg, &wanted->page, along[wanted->key][way][wanted->order], args, answer, error);
    pg_args_drop(args);
    return err;
}

/* A walk that has not filled its page has not seen all that there is. */
static enum err read_page(struct pg *pg, struct wanted *wanted, struct query_result *answer, struct err_info *error)
{
    if (wanted->total <= WORKFLOWS_COUNTED_MAX)
        return read_few(pg, wanted, answer, error);
    enum err err = read_along(pg, wanted, answer, error);
    if (err != ERR_OK || way_of(wanted) != WALK || answer->next != NULL)
        return err;
    query_result_fini(answer);
    err = text_search_take_ids(pg, &wanted->searched, error);
    return err == ERR_OK ? read_along(pg, wanted, answer, error) : err;
}

static void add_total(const struct wanted *wanted, struct json_object *json)
{
    bool capped = wanted->total > WORKFLOWS_COUNTED_MAX;
    int64_t total = capped ? WORKFLOWS_COUNTED_MAX : wanted->total;
    json_object_object_add(json, "total", json_object_new_int64(total));
    json_object_object_add(json, "total_capped", json_object_new_boolean(capped));
    json_object_object_add(json, "limit", json_object_new_int64(wanted->page.limit));
    json_object_object_add(json, "offset", json_object_new_int64(wanted->page.offset));
}

enum err workflows_list(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                        struct err_info *error)
{
    return workflows_list_by(pg, asked, TEXT_SEARCH_AS_IT_FITS, answer, error);
}

enum err workflows_list_by(struct pg *pg, const struct query_params *asked, enum text_search_way way,
                           struct query_result *answer, struct err_info *error)
{
    struct wanted wanted;
    enum err err = ask_wanted(pg, asked, &wanted, error);
    if (err != ERR_OK)
        return err;
    if (wanted.searched.pattern != NULL)
        err = text_search_begin(pg, &wanted.searched, way, error);
    if (err == ERR_OK)
        err = count(pg, &wanted, error);
    if (err == ERR_OK && wanted.total > WORKFLOWS_COUNTED_MAX && wanted.key >= INDEXED)
        err = refuse_order(asked, &wanted, error);
    if (err == ERR_OK)
        err = read_page(pg, &wanted, answer, error);
    if (err == ERR_OK)
        add_total(&wanted, answer->json);
    wanted_fini(&wanted);
    return err;
}

/* ---- one run ----------------------------------------------------------------------------------------------------- */

enum err workflow_one(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                      struct err_info *error)
{
    const char *adw_id = query_params_text(asked, "adw_id");
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, adw_id);
    enum err err = query_result_row(pg, &sql_query_workflow, args, answer, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no workflow %s in the history", adw_id);
    pg_args_drop(args);
    return err;
}
