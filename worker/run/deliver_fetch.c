#include "worker/run/deliver_fetch.h"

#include <string.h>

#include "common/base/fault.h"
#include "embedded/sql_deliveries.h"
#include "worker/run/deliver_alarm.h"

#define BUSY_MS 5000        /* another job fetches this repository */
#define SCHEDULE "schedule" /* requested_by of what no person asked for */

int64_t deliver_circuit_wait_ms(const struct deliver *deliver)
{
    const char *by = deliver->run->requested_by;
    bool is_person = by != NULL && by[0] != '\0' && strcmp(by, SCHEDULE) != 0;
    return circuit_wait_ms(&deliver->link.circuit, is_person ? CIRCUIT_ADMINISTRATOR : CIRCUIT_SCHEDULE,
                           deliver->link.now_us);
}

/* Under the fence, like all that a job writes. `*opened`: this failure opened the circuit. */
static enum err count_failure(struct deliver *deliver, struct circuit *circuit, bool *opened, struct err_info *error)
{
    struct pg_batch *batch = deliver_checkpoint(deliver);
    int at = pg_batch_count(batch);
    struct pg_args *args = pg_batch_add(batch, &sql_deliveries_fetch_failed);
    pg_arg_text(args, deliver->link.repository_id);
    pg_arg_int4(args, CIRCUIT_THRESHOLD);
    pg_arg_int8(args, CIRCUIT_COOLDOWN_MS);
    enum err err = deliver_commit(deliver, batch, error);
    if (err != ERR_OK)
        return err;
    const PGresult *row = pg_batch_result(batch, at);
    *opened = pg_rows(row) > 0 && pg_bool(row, 0, 2);
    if (pg_rows(row) > 0)
        *circuit = (struct circuit){(int)pg_int8(row, 0, 0), pg_int8(row, 0, 1)};
    return ERR_OK;
}

/* A token that lacks is the link's matter, a full disk this worker's: neither says anything to the other apps. */
static bool is_of_repository(const struct deliver *deliver, const struct err_info *why)
{
    return why->code != ERR_LOCAL && !deliver->fetched.is_refused;
}

/* The fetch's own error stays in `why`. */
static void note_failure(struct deliver *deliver, const struct err_info *why)
{
    struct err_info error = {.code = ERR_OK};
    struct circuit circuit = {.consecutive_failures = 0};
    bool opened = false;
    deliver->is_final = why->code == ERR_PERMANENT;
    if (deliver->run->dry_run || !is_of_repository(deliver, why) ||
        count_failure(deliver, &circuit, &opened, &error) != ERR_OK)
        return;
    FAULT_POINT("deliver.fetch_failed");
    if (opened)
        deliver_alarm(deliver, &circuit, why->text);
}

static void set_rules(struct deliver *deliver)
{
    const struct config *config = deliver->run->config;
    deliver->git = (struct git_rules){
        .repositories_dir = config->git_repositories_dir,
        .file_roots = config->git_file_roots,
        .allowed = deliver->tools->git_allowed,
        .timeout_ms = config->git_timeout_ms,
        .deadline_ms = config->git_deadline_ms,
        .max_files = config->git_max_files,
        .max_depth = config->git_max_depth,
        .max_path_bytes = config->git_max_path_bytes,
        .max_tree_bytes = config->git_max_tree_bytes,
        .max_object_bytes = config->git_max_object_bytes,
        .max_bytes = config->git_max_bytes,
    };
}

enum err deliver_fetch(struct deliver *deliver, struct err_info *error)
{
    const struct deliver_link *link = &deliver->link;
    set_rules(deliver);
    enum err err = git_fetch(&deliver->git, link->repository_id, link->url, link->branch, link->token, deliver_tick,
                             deliver, &deliver->fetched, error);
    if (err == ERR_BUSY)
        deliver->wait_ms = BUSY_MS;
    else if (err != ERR_OK && deliver->stop == ERR_OK)
        note_failure(deliver, error);
    if (err != ERR_OK)
        return err;
    FAULT_POINT("deliver.fetched");
    err = git_open(&deliver->git, link->repository_id, &deliver->clone, error);
    if (err == ERR_OK)
        git_watch(deliver->clone, deliver_tick, deliver);
    return err;
}

void deliver_note_fetch(struct pg_batch *batch, const struct deliver_link *link, const struct git_fetched *fetched)
{
    pg_arg_text(pg_batch_add(batch, &sql_deliveries_fetch_succeeded), link->repository_id);
    struct pg_args *args = pg_batch_add(batch, &sql_deliveries_keep_snapshot);
    pg_arg_text(args, link->repository_id);
    pg_arg_text(args, fetched->commit);
    pg_arg_text(args, fetched->tree);
    pg_arg_text(args, fetched->branch);
}
