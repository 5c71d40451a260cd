/*
 * Looking at the workflow history: lists, one workflow, sums, trends, costs that look too low. All of it is read from
 * PostgreSQL by common/query; these functions choose the columns and what is left out where it is not known. Called by
 * the table of commands (commands.c).
 */
#include <json-c/json_object_iterator.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json.h"
#include "common/query/overview.h"
#include "common/query/workflows.h"
#include "producer/out.h"
#include "producer/table.h"

#define NO_HISTORY "No workflow is like that; to bring the history up to date: producer sync-history"

static const struct list_column run_columns[] = {
    {"WORKFLOW", "adw_id", FORMAT_TEXT},
    {"STATUS", "status", FORMAT_TEXT},
    {"COST", "actual_cost_total", FORMAT_DOLLARS},
    {"TOKENS", "total_tokens", FORMAT_NUMBER},
    {"TOOK", "duration_seconds", FORMAT_SECONDS},
    {"STARTED", "begun_ago_ms", FORMAT_AGO},
    {"TEMPLATE", "workflow_template", FORMAT_TEXT},
    {"MODEL", "model_used", FORMAT_TEXT},
    {"REQUEST", "nl_input", FORMAT_BRIEF},
    {NULL, NULL, FORMAT_TEXT},
};

enum err run_history(struct session *session, struct err_info *error)
{
    static const struct list list = {run_columns, NO_HISTORY};
    return list_run(session, workflows_list, NULL, &list, error);
}

enum err run_stale_costs(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"WORKFLOW", "adw_id", FORMAT_TEXT},
        {"STATUS", "status", FORMAT_TEXT},
        {"COST", "actual_cost_total", FORMAT_DOLLARS},
        {"ITS PHASES", "cost_of_phases", FORMAT_DOLLARS},
        {"ITS MODELS", "cost_of_models", FORMAT_DOLLARS},
        {"STARTED", "begun_ago_ms", FORMAT_AGO},
        {"TEMPLATE", "workflow_template", FORMAT_TEXT},
        {"REQUEST", "nl_input", FORMAT_BRIEF},
        {NULL, NULL, FORMAT_TEXT},
    };
    static const struct list by_parts = {columns, "Every cost looked at is the sum of its parts."};
    static const struct list by_price = {run_columns, "No cost looks stale."};
    bool price = session_has(session, OPTION_MAX_COST) || session_has(session, OPTION_MIN_TOKENS);
    return list_run(session, workflows_stale, NULL, price ? &by_price : &by_parts, error);
}

enum err run_trends(struct session *session, struct err_info *error)
{
    static const struct list_column columns[] = {
        {"FROM (UTC)", "period", FORMAT_TEXT},
        {"WORKFLOWS", "workflows", FORMAT_NUMBER},
        {"COMPLETED", "completed", FORMAT_NUMBER},
        {"FAILED", "failed", FORMAT_NUMBER},
        {"SUCCESS", "success_rate_percent", FORMAT_PERCENT},
        {"COST", "total_cost", FORMAT_DOLLARS},
        {"OF", "workflows_with_cost", FORMAT_NUMBER},
        {"MEAN COST", "average_cost", FORMAT_DOLLARS},
        {"MEAN TIME", "average_duration_seconds", FORMAT_SECONDS},
        {"TOKENS", "total_tokens", FORMAT_NUMBER},
        {NULL, NULL, FORMAT_TEXT},
    };
    static const struct list list = {columns, NO_HISTORY};
    return list_run(session, analytics_trends, NULL, &list, error);
}

/* ---- facts: what stands in one document, line by line ------------------------------------------------------------ */

#define LABEL_WIDTH 18

struct fact {
    const char *label, *member;
    enum column_format format;
};

/* Facts that are not known are left out. */
static void print_facts(struct json_object *document, const struct fact *facts)
{
    for (; facts->label != NULL; facts++) {
        struct json_object *value = json_get(document, facts->member);
        struct buf text = BUF_INIT;
        if (value == NULL)
            continue;
        bool is_text = json_object_is_type(value, json_type_string);
        column_format_add(&text, facts->format,
                          is_text ? json_object_get_string(value)
                                  : json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
        out_line("%-*s %s", LABEL_WIDTH, facts->label, text.data);
        buf_fini(&text);
    }
}

/* A table of the objects in an array; nothing where there are none. */
static void print_objects(const char *title, struct json_object *array, const struct list_column *columns)
{
    if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) == 0)
        return;
    struct table *table = table_new();
    for (const struct list_column *c = columns; c->title != NULL; c++)
        table_column(table, c->title, column_format_is_right(c->format) ? TABLE_RIGHT : TABLE_LEFT);
    for (size_t i = 0; i < json_object_array_length(array); i++)
        for (const struct list_column *c = columns; c->title != NULL; c++) {
            struct json_object *value = json_get(json_object_array_get_idx(array, i), c->column);
            struct buf text = BUF_INIT;
            column_format_add(&text, c->format, value == NULL ? NULL : json_object_get_string(value));
            table_cell(table, text.data);
            buf_fini(&text);
        }
    struct buf text = BUF_INIT;
    table_write(table, &text);
    printf("\n%s\n%s", title, text.data);
    buf_fini(&text);
    table_drop(table);
}

/* Lines, each a text or an object with a message. */
static void print_lines(const char *title, struct json_object *array)
{
    if (!json_object_is_type(array, json_type_array) || json_object_array_length(array) == 0)
        return;
    printf("\n%s\n", title);
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        struct json_object *one = json_object_array_get_idx(array, i);
        const char *message = json_get_string(one, "message");
        out_line("  %s", message != NULL ? message : one == NULL ? "-" : json_object_get_string(one));
    }
}

/* ---- one workflow ------------------------------------------------------------------------------------------------ */

static const struct fact workflow_facts[] = {
    {"workflow", "adw_id", FORMAT_TEXT},
    {"status", "status", FORMAT_TEXT},
    {"request", "nl_input", FORMAT_BRIEF},
    {"issue", "issue_number", FORMAT_TEXT},
    {"template", "workflow_template", FORMAT_TEXT},
    {"model", "model_used", FORMAT_TEXT},
    {"phase", "current_phase", FORMAT_TEXT},
    {"branch", "branch_name", FORMAT_TEXT},
    {"started", "start_time", FORMAT_TEXT},
    {"ended", "end_time", FORMAT_TEXT},
    {"took", "duration_seconds", FORMAT_SECONDS},
    {"error", "error_message", FORMAT_TEXT},
    {"cost", "actual_cost_total", FORMAT_DOLLARS},
    {"of its phases", "cost_of_phases", FORMAT_DOLLARS},
    {"of its models", "cost_of_models", FORMAT_DOLLARS},
    {"estimated cost", "estimated_cost_total", FORMAT_DOLLARS},
    {"tokens", "total_tokens", FORMAT_NUMBER},
    {"from the cache", "cache_efficiency_percent", FORMAT_PERCENT},
    {"retries", "retry_count", FORMAT_NUMBER},
    {"clarity", "nl_input_clarity_score", FORMAT_SCORE},
    {"cost efficiency", "cost_efficiency_score", FORMAT_SCORE},
    {"performance", "performance_score", FORMAT_SCORE},
    {"quality", "quality_score", FORMAT_SCORE},
    {"pattern", "pattern_signature", FORMAT_TEXT},
    {NULL, NULL, FORMAT_TEXT},
};

/* Amounts of less than a millionth of a dollar come from rounding. */
static bool differs(struct json_object *run, const char *sum)
{
    bool known = json_get(run, sum) != NULL;
    return known && fabs(json_get_double(run, sum, 0) - json_get_double(run, "actual_cost_total", 0)) > 1e-6;
}

/* The advice was written without regard to how the run ended, and says of one without any that all is well. */
static bool is_doubtful(struct json_object *run)
{
    const char *status = json_get_string(run, "status");
    bool failed = status != NULL && strcmp(status, "failed") == 0;
    struct json_object *advice = json_get(run, "optimization_recommendations");
    struct json_object *first =
        json_object_is_type(advice, json_type_array) ? json_object_array_get_idx(advice, 0) : NULL;
    bool is_well = first != NULL && strncmp(json_object_get_string(first), "All is well", strlen("All is well")) == 0;
    return is_well && (failed || differs(run, "cost_of_phases") || differs(run, "cost_of_models"));
}

static void print_workflow(struct json_object *run)
{
    static const struct list_column phases[] = {{"PHASE", "phase", FORMAT_TEXT},
                                                {"COST", "cost", FORMAT_DOLLARS},
                                                {"TOOK", "duration_seconds", FORMAT_SECONDS},
                                                {NULL, NULL, FORMAT_TEXT}};
    static const struct list_column models[] = {
        {"MODEL", "model", FORMAT_TEXT}, {"COST", "cost", FORMAT_DOLLARS}, {NULL, NULL, FORMAT_TEXT}};
    static const struct list_column similar[] = {{"WORKFLOW", "id", FORMAT_TEXT},
                                                 {"ALIKE", "similarity_score", FORMAT_TEXT},
                                                 {"STATUS", "status", FORMAT_TEXT},
                                                 {"COST", "actual_cost_total", FORMAT_DOLLARS},
                                                 {"TOOK", "duration_seconds", FORMAT_SECONDS},
                                                 {"REQUEST", "nl_input", FORMAT_BRIEF},
                                                 {NULL, NULL, FORMAT_TEXT}};
    static const struct list_column audit[] = {{"AT", "at", FORMAT_TEXT},
                                               {"FROM", "old_cost", FORMAT_DOLLARS},
                                               {"TO", "new_cost", FORMAT_DOLLARS},
                                               {"REASON", "reason", FORMAT_TEXT},
                                               {"OPERATION", "operation_id", FORMAT_TEXT},
                                               {NULL, NULL, FORMAT_TEXT}};
    print_facts(run, workflow_facts);
    print_objects("Phases", json_get(run, "phases"), phases);
    print_objects("Models", json_get(run, "models"), models);
    print_lines("Anomalies", json_get(run, "anomaly_flags"));
    if (!is_doubtful(run))
        print_lines("Recommendations", json_get(run, "optimization_recommendations"));
    print_objects("Similar workflows", json_get(run, "similar_runs"), similar);
    print_objects("Changes of the cost", json_get(run, "audit_trail"), audit);
}

/* Asks a question whose answer is one document. */
static enum err ask_document(struct session *session, query_fn *question, const char *adw_id,
                             struct query_result *answer, struct err_info *error)
{
    struct list_source source = {session, {{adw_id == NULL ? NULL : "adw_id", adw_id}}};
    struct query_params params = list_params(&source);
    enum err err = session_postgres(session, error);
    return err == ERR_OK ? question(session->pg, &params, answer, error) : err;
}

enum err run_workflow(struct session *session, struct err_info *error)
{
    const char *adw_id = session_word(session, 0);
    struct query_result answer;
    enum err err = ask_document(session, workflow_one, adw_id, &answer, error);
    if (err == ERR_NOT_FOUND)
        return err_set(error, err, "there is no workflow \"%s\" in the history; see: producer history", adw_id);
    if (err != ERR_OK)
        return err;
    if (session->json)
        out_json(json_object_get(answer.json));
    else
        print_workflow(answer.json);
    query_result_fini(&answer);
    return ERR_OK;
}

/* ---- analytics --------------------------------------------------------------------------------------------------- */

static const struct fact analytics_facts[] = {
    {"as of", "as_of", FORMAT_TEXT},
    {"workflows", "total_workflows", FORMAT_NUMBER},
    {"completed", "completed_count", FORMAT_NUMBER},
    {"failed", "failed_count", FORMAT_NUMBER},
    {"success", "success_rate_percent", FORMAT_PERCENT},
    {"cost", "total_cost", FORMAT_DOLLARS},
    {"of workflows", "workflows_with_cost", FORMAT_NUMBER},
    {"mean cost", "average_cost", FORMAT_DOLLARS},
    {"cost, 7 days", "cost_trend_7day", FORMAT_CHANGE},
    {"cost, 30 days", "cost_trend_30day", FORMAT_CHANGE},
    {"mean time", "average_duration_seconds", FORMAT_SECONDS},
    {"mean tokens", "average_tokens", FORMAT_NUMBER},
    {"from the cache", "average_cache_efficiency_percent", FORMAT_PERCENT},
    {"peak hours", "peak_hours", FORMAT_TEXT},
    {NULL, NULL, FORMAT_TEXT},
};

/* {"word": count, …} as lines. */
static void print_counts(const char *title, struct json_object *counts)
{
    if (!json_object_is_type(counts, json_type_object) || json_object_object_length(counts) == 0)
        return;
    printf("\n%s\n", title);
    struct json_object_iterator at = json_object_iter_begin(counts), end = json_object_iter_end(counts);
    for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at)) {
        struct buf text = BUF_INIT;
        out_add_count(&text, json_object_get_int64(json_object_iter_peek_value(&at)));
        out_line("  %12s  %s", text.data, json_object_iter_peek_name(&at));
        buf_fini(&text);
    }
}

enum err run_analytics(struct session *session, struct err_info *error)
{
    struct query_result answer;
    enum err err = ask_document(session, analytics_read, NULL, &answer, error);
    if (err != ERR_OK)
        return err;
    if (session->json) {
        out_json(json_object_get(answer.json));
    } else {
        print_facts(answer.json, analytics_facts);
        print_counts("By status", json_get(answer.json, "workflows_by_status"));
        print_counts("By template", json_get(answer.json, "workflows_by_template"));
        print_counts("By model", json_get(answer.json, "workflows_by_model"));
    }
    query_result_fini(&answer);
    return ERR_OK;
}
