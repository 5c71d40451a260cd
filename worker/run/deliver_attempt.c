#include "worker/run/deliver.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "embedded/sql_deliveries.h"
#include "worker/run/deliver_outbox.h"

#define SQLSTATE_NO_SUCH_LINK "RP404" /* of share_link */

void deliver_init(struct deliver *deliver, struct run *run)
{
    struct buf job_id = BUF_INIT;
    buf_addf(&job_id, "%s/%" PRId64, run->operation_id, run->jobs[0].seq);
    *deliver = (struct deliver){
        .run = run,
        .job_id = buf_take(&job_id),
        .remember = deliver_remember_read(run->jobs[0].checkpoint),
    };
}

void deliver_fini(struct deliver *deliver)
{
    outbox_drop(deliver->outbox);
    git_close(deliver->clone);
    deliver_doubts_fini(&deliver->doubts);
    deliver_link_fini(&deliver->link);
    free(deliver->skipped.first_large);
    free((char *)(uintptr_t)deliver->job_id);
}

enum err deliver_heed(struct deliver *deliver, enum err err, const struct err_info *error)
{
    if (err == ERR_OK)
        return ERR_OK;
    if (strcmp(error->sqlstate, SQLSTATE_NO_SUCH_LINK) == 0)
        deliver->is_gone = true;
    else if (deliver->stop == ERR_OK)
        deliver->stop = err;
    return err;
}

enum err deliver_tick(void *context, struct err_info *error)
{
    struct deliver *deliver = context;
    if (deliver->outbox != NULL)
        return outbox_drive(deliver->outbox, error);
    return deliver_heed(deliver, run_tick(deliver->run, error), error);
}

struct pg_args *deliver_args(const struct deliver *deliver)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, deliver->link.app_id);
    pg_arg_text(args, deliver->link.repository_id);
    return args;
}

enum err deliver_exec(struct deliver *deliver, const struct sql *statement, struct pg_args *args, PGresult **result,
                      struct err_info *error)
{
    enum err err = deliver->outbox == NULL ? ERR_OK : outbox_free_connection(deliver->outbox, error);
    if (err == ERR_OK)
        err = deliver_heed(deliver, pg_exec(deliver->run->pg, statement, args, result, error), error);
    pg_args_drop(args);
    return err;
}

struct pg_args *deliver_add(struct pg_batch *batch, const struct deliver_link *link, const struct sql *statement)
{
    struct pg_args *args = pg_batch_add(batch, statement);
    pg_arg_text(args, link->app_id);
    pg_arg_text(args, link->repository_id);
    return args;
}

void deliver_arg_attempt(struct pg_args *args, const struct deliver *deliver)
{
    const struct job *job = &deliver->run->jobs[0];
    pg_arg_text(args, deliver->run->operation_id);
    pg_arg_int8(args, job->seq);
    pg_arg_int4(args, job->attempt);
}

struct pg_batch *deliver_checkpoint(struct deliver *deliver)
{
    char remember[DELIVER_REMEMBER_MAX];
    struct pg_batch *batch = run_checkpoint(deliver->run, deliver_remember_write(&deliver->remember, remember));
    pg_arg_int8(deliver_add(batch, &deliver->link, &sql_deliveries_share_link), deliver->link.incarnation);
    return batch;
}

enum err deliver_commit(struct deliver *deliver, struct pg_batch *batch, struct err_info *error)
{
    return deliver_heed(deliver, run_checkpoint_commit(deliver->run, batch, error), error);
}
