#include "common/queue/operation_start.h"

#include "common/queue/names.h"

enum err operation_start_plan(struct pg *pg, const struct kind_table *kinds, const char *operation_id,
                              struct tally *tally, enum plan_status *status, struct err_info *error)
{
    enum err err = plan_step(pg, kinds, operation_id, status, tally, error);
    if (err != ERR_OK || *status != PLAN_DONE || !tally_phase_is_done(tally))
        return err;
    err = operation_advance(pg, operation_id, tally->phase, tally, error);
    if (err == ERR_OK && tally->state == OP_RUNNING && !tally->planned)
        *status = PLAN_MORE;
    return err;
}

enum err operation_start_open(const struct dispatch *dispatch, struct pg *pg, const char *operation_id,
                              int64_t *live_workers, struct err_info *error)
{
    enum err err = dispatch_open(dispatch, pg, operation_id, error);
    return err == ERR_OK ? dispatch_live_workers(dispatch, live_workers, error) : err;
}

enum err operation_start_join(const struct dispatch *dispatch, struct pg *pg, const char *operation_id, bool *waits,
                              int64_t *live_workers, struct err_info *error)
{
    struct operation *operation = NULL;
    enum err err = operation_get(pg, operation_id, &operation, error);
    *waits = err == ERR_OK && operation->tally.state == OP_RUNNING && !operation->loaded;
    if (*waits)
        err = dispatch_head(dispatch, operation_id, queue_index(operation->queue), error);
    if (err == ERR_OK)
        err = dispatch_live_workers(dispatch, live_workers, error);
    operation_drop(operation);
    return err;
}
