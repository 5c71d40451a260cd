/*
 * Leases of exclusive jobs (I8): claimed when a job begins, touched while it runs, released at its end. The row in
 * PostgreSQL decides, by its clock; every later write of the attempt must match that row. Nothing here may judge by
 * this host's clock or memory whether a lease is still held. Called by the executor around the run of an exclusive job.
 */
#include "common/queue/lease.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/mem.h"
#include "embedded/sql_queue.h"
#include "embedded/sql_session.h"

/* Every statement about a lease begins with these four. */
static void arg_lease(struct pg_args *args, const struct lease *lease)
{
    pg_arg_text(args, lease->operation_id);
    pg_arg_int8(args, lease->seq);
    pg_arg_int4(args, lease->attempt);
    pg_arg_text(args, lease->key);
}

enum err lease_claim(struct pg *pg, const struct claim *claim, struct lease *lease, struct err_info *error)
{
    const struct job *job = claim->job;
    *lease = (struct lease){.seq = job->seq, .attempt = job->attempt, .touched_ms = clock_boot_ms()};
    snprintf(lease->operation_id, sizeof lease->operation_id, "%s", claim->operation_id);
    lease->key = mem_strdup(job->key);
    struct pg_args *args = pg_args_new();
    arg_lease(args, lease);
    pg_arg_text(args, claim->worker);
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_queue_claim, args, &result, error);
    FAULT_POINT("lease.claimed");
    if (err == ERR_OK)
        lease->attempt = (int)pg_int8(result, 0, 0);
    else
        lease_fini(lease);
    PQclear(result);
    pg_args_drop(args);
    return err;
}

void lease_fini(struct lease *lease)
{
    free(lease->key);
    lease->key = NULL;
}

enum err lease_touch(struct pg *pg, struct lease *lease, enum op_state *state, struct err_info *error)
{
    int64_t before = clock_boot_ms();
    struct pg_args *args = pg_args_new();
    arg_lease(args, lease);
    PGresult *result = NULL;
    enum err err = pg_exec(pg, &sql_queue_touch, args, &result, error);
    if (err == ERR_OK) {
        lease->touched_ms = before;
        *state = op_state_of(pg_text(result, 0, 1));
    }
    PQclear(result);
    pg_args_drop(args);
    return err;
}

enum err lease_release(struct pg *pg, const struct lease *lease, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    arg_lease(args, lease);
    enum err err = pg_exec(pg, &sql_queue_release, args, NULL, error);
    pg_args_drop(args);
    return err;
}

enum { CHECKPOINT_BEGIN, CHECKPOINT_FENCE };

void checkpoint_begin(struct pg_batch *batch, const struct lease *lease, const char *remember)
{
    pg_batch_add(batch, &sql_session_begin);
    struct pg_args *args = pg_batch_add(batch, &sql_queue_checkpoint_fence);
    arg_lease(args, lease);
    pg_arg_text(args, remember);
}

enum op_state lease_checkpoint_state(const struct pg_batch *batch)
{
    return op_state_of(pg_text(pg_batch_result(batch, CHECKPOINT_FENCE), 0, 0));
}

enum err checkpoint_commit(struct pg *pg, struct pg_batch *batch, struct lease *lease, enum op_state *state,
                           struct err_info *error)
{
    int64_t before = clock_boot_ms();
    pg_batch_add(batch, &sql_session_commit);
    FAULT_POINT("checkpoint.begin");
    enum err err = pg_batch_run(pg, batch, error);
    FAULT_POINT("checkpoint.committed");
    if (err == ERR_OK) {
        lease->touched_ms = before;
        *state = lease_checkpoint_state(batch);
    }
    pg_abort(pg);
    return err;
}

enum err lease_release_worker(struct pg *pg, const char *worker, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, worker);
    enum err err = pg_exec(pg, &sql_queue_release_worker, args, NULL, error);
    pg_args_drop(args);
    return err;
}
