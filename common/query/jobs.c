#include "common/query/jobs.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/kinds/kinds.h"
#include "common/query/page.h"
#include "embedded/sql_query.h"

void jobs_arg_exclusive_kinds(struct pg_args *args)
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
