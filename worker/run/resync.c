/*
 * A re-sync forgets what an app was sent of a repository, and then goes on as a snapshot does. It forgets once for each
 * job: a second attempt goes on from what was re-sent. docs/domain/deliveries.md, "A resync job".
 */
#include <stdlib.h>

#include "common/base/fault.h"
#include "embedded/sql_deliveries.h"
#include "worker/run/deliver_story.h"
#include "worker/run/handlers.h"

static void forget_in_memory(struct deliver_link *link)
{
    free(link->synced_tree);
    link->synced_tree = NULL;
    link->holds_anything = false;
    free(link->withheld);
    link->withheld = NULL;
}

static enum err clear(struct deliver *deliver, struct err_info *error)
{
    if (deliver->remember.cleared)
        return ERR_OK;
    forget_in_memory(&deliver->link);
    if (deliver->run->dry_run)
        return ERR_OK;
    deliver->remember.cleared = true;
    struct pg_batch *batch = deliver_checkpoint(deliver);
    (void)deliver_add(batch, &deliver->link, &sql_deliveries_clear_deliveries);
    (void)deliver_add(batch, &deliver->link, &sql_deliveries_clear_link);
    enum err err = deliver_commit(deliver, batch, error);
    FAULT_POINT("deliver.cleared");
    return err;
}

void resync_run(struct run *run)
{
    deliver_tell(run, clear);
}
