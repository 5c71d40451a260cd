#include "common/queue/due.h"

#include "common/queue/names.h"
#include "embedded/lua.h"
#include "embedded/sql_queue.h"

/* Whether its entry is there or not: what is known to be due need not wait for one. */
static enum err send_due_chunk(const struct dispatch *dispatch, const char *operation_id, int queue,
                               struct err_info *error)
{
    struct redis_args *args = redis_args_new();
    name_delayed(args, dispatch->prefix, queue);
    name_operation(args, dispatch->prefix, operation_id);
    name_queue(args, dispatch->prefix, queue);
    redis_arg(args, operation_id);
    redis_arg(args, "1");
    enum err err = redis_run_script(dispatch->redis, &lua_due, 3, args, NULL, error);
    redis_args_drop(args);
    return err;
}

enum err due_again(struct pg *pg, const struct dispatch *dispatch, const char *worker, int64_t load,
                   struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    PGresult *operations = NULL;
    pg_arg_text(args, worker);
    if (load == DUE_ALL_LOADS)
        pg_arg_null(args);
    else
        pg_arg_int8(args, load);
    enum err err = pg_exec(pg, &sql_queue_due_again, args, &operations, error);
    int count = err == ERR_OK ? pg_rows(operations) : 0;
    for (int row = 0; row < count && err == ERR_OK; row++)
        err = send_due_chunk(dispatch, pg_text(operations, row, 0), queue_index(pg_text(operations, row, 1)), error);
    PQclear(operations);
    pg_args_drop(args);
    return err;
}
