/*
 * The files of all definitions are read again, on this worker's host. The re-sync is a transaction of its own, not a
 * part of the settle: should the worker die between the two, the job runs again and finds nothing to do.
 */
#include <string.h>

#include "common/base/log.h"
#include "common/definitions/definition_sync.h"
#include "common/kinds/kinds.h"
#include "worker/run.h"

#define REDIS_MS 2000

/* An executor has no connection to Redis; this is seldom enough to make one. */
static enum err resync_and_tell(const struct run *run, struct definition_sync_report *report, struct err_info *error)
{
    struct redis_address address = {0};
    enum err err = redis_address_parse(run->config->redis_url, &address, error);
    if (err != ERR_OK)
        return err;
    struct dispatch dispatch = {redis_new(&address, REDIS_MS, REDIS_MS), run->config->redis_prefix};
    struct definition_sync resync = {.pg = run->pg,
                                     .dispatch = &dispatch,
                                     .names = &kinds_names,
                                     .directory = run->config->definitions_dir,
                                     .roots = run->config->definitions_roots};
    err = definition_sync(&resync, report, error);
    redis_drop(dispatch.redis);
    redis_address_fini(&address);
    return err;
}

void resync_definitions_run(struct run *run)
{
    struct definition_sync_report report;
    struct err_info error = {.code = ERR_OK};
    if (run->dry_run) {
        run_skip(run, 0, "a dry run: the files were not looked at", NULL);
        return;
    }
    if (run_tick(run, &error) != ERR_OK)
        return;
    if (resync_and_tell(run, &report, &error) != ERR_OK) {
        run_fail(run, 0, &error, error.code == ERR_CONFLICT ? RUN_FINAL : RUN_MAY_RETRY, NULL);
        return;
    }
    struct json_object *answer = definition_sync_report_json(&report);
    run_succeed(run, 0, json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN));
    json_object_put(answer);
    definition_sync_report_fini(&report);
}
