/*
 * Operations as people ask for them: the list, one of them, what became of its jobs, its failures by the form of their
 * text, and single jobs. What is counted comes from the tally and is exact; nothing here reads Redis. Called by the
 * routes of the dashboard and the commands of the producer.
 */
#include "common/query/operations.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/ids.h"
#include "common/base/mem.h"
#include "common/kinds/kinds.h"
#include "common/query/error_pattern.h"
#include "common/query/page.h"
#include "common/queue/job.h"
#include "embedded/sql_query.h"

/* ---- operations -------------------------------------------------------------------------------------------------- */

enum err operations_list(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                         struct err_info *error)
{
    static const char *const states[] = {"running",   "paused", "completed",     "failed",
                                         "cancelled", "live",   "with-failures", NULL};
    static const char *const scheduled[] = {"true", "false", NULL};
    struct page page;
    int state = -1, by_schedule = -1;
    enum err err = query_params_word(asked, "state", states, &state, error);
    if (err == ERR_OK)
        err = query_params_word(asked, "scheduled", scheduled, &by_schedule, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"operations", "", 2}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, state < 0 ? NULL : states[state]);
    pg_arg_text(args, by_schedule < 0 ? NULL : scheduled[by_schedule]);
    err = page_read(pg, &page, &sql_query_operations, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

enum err operations_one(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                        struct err_info *error)
{
    const char *operation_id = query_params_text(asked, "operation_id");
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation_id);
    enum err err = query_result_row(pg, &sql_query_operation, args, answer, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no operation %s", operation_id);
    pg_args_drop(args);
    return err;
}

enum err operations_expected_ms(struct pg *pg, const struct submission *submission, int64_t *ms, struct err_info *error)
{
    const struct definition *definition = submission->found.definition;
    struct pg_args *args = pg_args_new();
    PGresult *result = NULL;
    pg_arg_text(args, submission->found.handle);
    if (submission->preview.jobs < 0)
        pg_arg_null(args);
    else
        pg_arg_int8(args, submission->preview.jobs);
    pg_arg_text(args, definition->phases[0].job);
    pg_arg_int4(args, (int)definition->phase_count);
    enum err err = pg_exec(pg, &sql_query_estimate, args, &result, error);
    bool is_known = err == ERR_OK && pg_rows(result) > 0 && !pg_is_null(result, 0, 0);
    *ms = is_known ? pg_int8(result, 0, 0) : -1;
    PQclear(result);
    pg_args_drop(args);
    return err;
}

/* ---- jobs -------------------------------------------------------------------------------------------------------- */

/* Appends the names of the kinds whose jobs take a lease each: the times and tries of all others are of their batch. */
static void jobs_arg_exclusive_kinds(struct pg_args *args)
{
    const char **names = mem_array(kinds.count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < kinds.count; i++)
        if (kinds.kinds[i].exclusive)
            names[count++] = kinds.kinds[i].name;
    pg_arg_texts(args, names, count);
    free(names);
}

enum err jobs_open(struct pg *pg, const struct query_params *params, struct query_result *result,
                   struct err_info *error)
{
    struct query_params_range range = {1, PAGE_LIMIT_MAX, PAGE_LIMIT};
    int64_t limit = 0;
    *result = (struct query_result){0};
    enum err err = query_params_number(params, "limit", range, &limit, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, query_params_text(params, "operation_id"));
    pg_arg_int8(args, limit);
    err = pg_exec(pg, &sql_query_jobs_open, args, &result->result, error);
    if (err == ERR_OK) {
        result->rows = pg_rows(result->result);
        result->json = json_object_new_object();
        json_object_object_add(result->json, "jobs", row_array(result->result, result->rows));
    }
    pg_args_drop(args);
    return err;
}

enum err job_one(struct pg *pg, const struct query_params *params, struct query_result *result, struct err_info *error)
{
    const char *operation_id = query_params_text(params, "operation_id");
    struct query_params_range range = {0, INT64_MAX, 0};
    int64_t seq = 0;
    enum err err = query_params_number(params, "seq", range, &seq, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, operation_id);
    pg_arg_int8(args, seq);
    jobs_arg_exclusive_kinds(args);
    err = query_result_row(pg, &sql_query_job, args, result, error);
    if (err == ERR_NOT_FOUND)
        err_set(error, err, "there is no job %lld of an operation %s; outcomes of old operations are removed",
                (long long)seq, operation_id);
    pg_args_drop(args);
    return err;
}

/* ---- outcomes ---------------------------------------------------------------------------------------------------- */

enum { COLUMN_ERROR, COLUMN_JOBS, COLUMN_FIRST_SEQ };

/* The different texts of the first failures, each with its count, in the order of their first jobs. */
static enum err read_texts(struct pg *pg, const struct query_params *asked, PGresult **texts, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, query_params_text(asked, "operation_id"));
    pg_arg_int8(args, OUTCOMES_EXAMINED);
    enum err err = pg_exec(pg, &sql_query_outcomes_errors, args, texts, error);
    pg_args_drop(args);
    return err;
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

/* The texts of the form that is asked for, as an argument. */
static enum err arg_texts_of_form(struct pg *pg, const struct query_params *asked, struct pg_args *args,
                                  struct err_info *error)
{
    PGresult *texts = NULL;
    enum err err = read_texts(pg, asked, &texts, error);
    if (err != ERR_OK)
        return err;
    const char **wanted = mem_array((size_t)pg_rows(texts) + 1, sizeof *wanted);
    size_t count = 0;
    for (int row = 0; row < pg_rows(texts); row++) {
        char *form = error_pattern_of(pg_text(texts, row, COLUMN_ERROR));
        if (strcmp(form, query_params_text(asked, "form")) == 0)
            wanted[count++] = pg_text(texts, row, COLUMN_ERROR);
        free(form);
    }
    pg_arg_texts(args, wanted, count);
    free(wanted);
    PQclear(texts);
    return ERR_OK;
}

enum err outcomes_list(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                       struct err_info *error)
{
    struct page page;
    int outcome = -1;
    bool by_form = query_params_text(asked, "form") != NULL;
    enum err err = query_params_word(asked, "outcome", outcome_words, &outcome, error);
    if (err == ERR_OK)
        err = page_asked(asked, (struct page_list){"outcomes", "", 1}, &page, error);
    if (err != ERR_OK)
        return err;
    struct pg_args *args = pg_args_new();
    page_args(&page, args);
    pg_arg_text(args, query_params_text(asked, "operation_id"));
    pg_arg_text(args, by_form && outcome < 0 ? outcome_name(OUTCOME_FAILED)
                      : outcome < 0          ? NULL
                                             : outcome_words[outcome]);
    if (by_form)
        err = arg_texts_of_form(pg, asked, args, error);
    else
        pg_arg_null(args);
    jobs_arg_exclusive_kinds(args);
    if (err == ERR_OK)
        err = page_read(pg, &page, &sql_query_outcomes, args, answer, error);
    pg_args_drop(args);
    page_fini(&page);
    return err;
}

/* ---- errors ------------------------------------------------------------------------------------------------------ */

struct group {
    char *form;
    int first_row; /* of the texts: the example */
    int64_t jobs, texts, first_seq;
};

static int by_form(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    int order = strcmp(a->form, b->form);
    return order != 0 ? order : (a->first_row > b->first_row) - (a->first_row < b->first_row);
}

static int by_frequency(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    int order = (a->jobs < b->jobs) - (a->jobs > b->jobs);
    return order != 0 ? order : (a->first_seq > b->first_seq) - (a->first_seq < b->first_seq);
}

/* One group a text at first; those of one form become one. Returns how many are left. */
static size_t groups_join(struct group *groups, size_t count)
{
    size_t kept = 0;
    qsort(groups, count, sizeof *groups, by_form);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(groups[kept - 1].form, groups[i].form) != 0) {
            groups[kept++] = groups[i];
            continue;
        }
        groups[kept - 1].jobs += groups[i].jobs;
        groups[kept - 1].texts++;
        free(groups[i].form);
    }
    qsort(groups, kept, sizeof *groups, by_frequency);
    return kept;
}

static struct json_object *group_json(const struct group *group, const PGresult *texts, const char *operation_id)
{
    struct json_object *json = json_object_new_object();
    char job_id[ID_MAX + 24];
    snprintf(job_id, sizeof job_id, "%s/%" PRId64, operation_id, group->first_seq);
    json_object_object_add(json, "form", json_object_new_string(group->form));
    json_object_object_add(json, "error", json_object_new_string(pg_text(texts, group->first_row, COLUMN_ERROR)));
    json_object_object_add(json, "texts", json_object_new_int64(group->texts));
    json_object_object_add(json, "jobs", json_object_new_int64(group->jobs));
    json_object_object_add(json, "first_seq", json_object_new_int64(group->first_seq));
    json_object_object_add(json, "first_job_id", json_object_new_string(job_id));
    return json;
}

static struct json_object *errors_json(const PGresult *texts, const char *operation_id, int64_t limit)
{
    size_t count = (size_t)pg_rows(texts);
    struct group *groups = mem_array(count + 1, sizeof *groups);
    struct json_object *json = json_object_new_object(), *errors = json_object_new_array();
    int64_t examined = 0;
    for (int row = 0; row < pg_rows(texts); row++) {
        int64_t jobs = pg_int8(texts, row, COLUMN_JOBS);
        groups[row] = (struct group){error_pattern_of(pg_text(texts, row, COLUMN_ERROR)), row, jobs, 1,
                                     pg_int8(texts, row, COLUMN_FIRST_SEQ)};
        examined += jobs;
    }
    count = groups_join(groups, count);
    for (size_t i = 0; i < count; i++) {
        if ((int64_t)i < limit)
            json_object_array_add(errors, group_json(&groups[i], texts, operation_id));
        free(groups[i].form);
    }
    free(groups);
    json_object_object_add(json, "errors", errors);
    json_object_object_add(json, "examined", json_object_new_int64(examined));
    json_object_object_add(json, "capped", json_object_new_boolean(examined == OUTCOMES_EXAMINED));
    return json;
}

enum err outcomes_errors(struct pg *pg, const struct query_params *asked, struct query_result *answer,
                         struct err_info *error)
{
    int64_t limit = 0;
    *answer = (struct query_result){0};
    enum err err =
        query_params_number(asked, "limit", (struct query_params_range){1, PAGE_LIMIT_MAX, PAGE_LIMIT}, &limit, error);
    if (err == ERR_OK)
        err = read_texts(pg, asked, &answer->result, error);
    if (err == ERR_OK)
        answer->json = errors_json(answer->result, query_params_text(asked, "operation_id"), limit);
    return err;
}
