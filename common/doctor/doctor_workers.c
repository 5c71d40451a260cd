/* What the living workers say of themselves with their heartbeats: which keys they hold, and what they wait for. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/json.h"
#include "common/doctor/doctor_private.h"
#include "common/queue/worker_list.h"

/* A heartbeat that ran out, or is none, is no worker's. */
static void hear(const char *worker, const char *heartbeat, doctor_worker_fn *each, void *context)
{
    struct json_object *said = NULL;
    struct err_info ignored = {0};
    char name[DOCTOR_WORKER_MAX];
    if (*heartbeat == '\0' || json_parse(heartbeat, strlen(heartbeat), JSON_LIMITS_REQUEST, &said, &ignored) != ERR_OK)
        return;
    const char *host = json_get_string(said, "host");
    snprintf(name, sizeof name, "%s (%s, process %" PRId64 ")", worker, host == NULL ? "?" : host,
             json_get_int(said, "pid", 0));
    each(name, said, context);
    json_object_put(said);
}

enum err doctor_each_worker(struct doctor *doctor, doctor_worker_fn *each, void *context, struct err_info *error)
{
    struct dispatch dispatch = {doctor->redis, doctor->prefix};
    struct worker_list workers;
    enum err err = worker_list_read(&dispatch, &workers, error);
    for (size_t i = 0; err == ERR_OK && i < workers.count; i++)
        hear(worker_list_id(&workers, i), worker_list_said(&workers, i), each, context);
    worker_list_fini(&workers);
    return err;
}

static void tell_trouble(const char *name, struct json_object *said, void *context)
{
    const char *trouble = json_get_string(said, "trouble");
    if (trouble != NULL)
        doctor_say(context, &(struct verdict_on){0, DOCTOR_WARNING, DOCTOR_LEAVE, name, 0},
                   "waits until this is mended: %s", trouble);
}

/* What of Redis cannot be read here is told by the checks of Redis. */
void doctor_troubles(struct doctor *doctor)
{
    struct err_info ignored = {0};
    (void)!doctor_each_worker(doctor, tell_trouble, doctor, &ignored);
}
