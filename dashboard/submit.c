/*
 * A request of the API, from its body to its operation. The way is common/definitions/submission.h, as for every
 * program; what is the dashboard's own: a preview's confirmation is checked before anything is written, the caller's
 * name stands in the operation, and a start that a store refused is logged and left to the sweep. Never waits for the
 * operation.
 */
#include "dashboard/submit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/ids.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/kinds/kinds.h"
#include "common/queue/redis_owner.h"
#include "dashboard/call.h"

/* ---- confirmation ------------------------------------------------------------------------------------------------ */

#define CONFIRMATION_MAX 120 /* characters */
#define US_PER_S INT64_C(1000000)
#define LIFE_S 600
#define DIGITS_MAX 15 /* of a number; it cannot overflow then */
/* A count may move so much, or by so many: a link that was added meanwhile is no reason to ask again. */
#define MARGIN_PERCENT 5
#define MARGIN_JOBS 3

/* The key is of this installation: derived from what all its programs know, for there may be several dashboards. */
static void confirmation_seal(const struct call *call, const struct submission *submission, int64_t at_s, int64_t jobs,
                              char out[SHA256_HEX + 1])
{
    const struct config *config = call_config(call);
    struct buf text = BUF_INIT;
    uint8_t mac[SHA256_BYTES];
    char digest[SHA256_HEX + 1];
    definition_digest(submission->found.definition, digest);
    buf_addf(&text, "confirmation\n%" PRId64 "\n%" PRId64 "\n%s\n%s\n%s\n", at_s, jobs, submission->found.handle,
             digest, call->caller.name);
    json_add_canonical(&text, submission->args);
    struct digest *hmac = digest_hmac_sha256_new(config->encryption_key, strlen(config->encryption_key));
    digest_add(hmac, text.data, text.len);
    digest_end(hmac, mac);
    digest_drop(hmac);
    crypto_hex(mac, sizeof mac, out);
    buf_fini(&text);
}

char *confirmation_write(const struct call *call, const struct submission *submission)
{
    char mac[SHA256_HEX + 1];
    struct buf text = BUF_INIT;
    int64_t now_s = clock_wall_us() / US_PER_S;
    confirmation_seal(call, submission, now_s, submission->preview.jobs, mac);
    buf_addf(&text, "%" PRId64 ".%" PRId64 ".%s", now_s, submission->preview.jobs, mac);
    return buf_take(&text);
}

static bool count_moved(int64_t seen, int64_t now)
{
    int64_t by = seen > now ? seen - now : now - seen;
    return by > MARGIN_JOBS && by * 100 > seen * MARGIN_PERCENT;
}

/* A number and the point behind it; moves on. A count that is not known is -1. */
static bool take_number(const char **at, int64_t *number)
{
    bool negative = **at == '-';
    const char *digits = *at + negative;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > DIGITS_MAX || digits[count] != '.')
        return false;
    *number = strtoll(*at, NULL, 10);
    *at = digits + count + 1;
    return true;
}

/* ERR_USAGE: not ours, or for something else; ERR_CONFLICT: too old, or the count moved. */
static enum err confirmation_check(const struct call *call, const char *confirmation,
                                   const struct submission *submission, struct err_info *error)
{
    char mac[SHA256_HEX + 1];
    int64_t at_s = 0, jobs = 0, now_s = clock_wall_us() / US_PER_S;
    bool ours =
        take_number(&confirmation, &at_s) && take_number(&confirmation, &jobs) && strlen(confirmation) == SHA256_HEX;
    if (ours) {
        confirmation_seal(call, submission, at_s, jobs, mac);
        ours = crypto_equal(mac, confirmation, SHA256_HEX);
    }
    if (!ours)
        return err_set(error, ERR_USAGE, "the confirmation is not of a preview of this request: ask for a new preview");
    if (now_s - at_s > LIFE_S)
        return err_set(error, ERR_CONFLICT, "the preview is older than %d minutes: look at a new one", LIFE_S / 60);
    if (count_moved(jobs, submission->preview.jobs))
        return err_set(error, ERR_CONFLICT,
                       "the preview said %" PRId64 " jobs, by now it would be %" PRId64 ": look at a new one", jobs,
                       submission->preview.jobs);
    return ERR_OK;
}

/* ---- from a request to its operation ----------------------------------------------------------------------------- */

#define IDEMPOTENCY_KEY_MOST 200

static struct submitter submitter_of(const struct call *call)
{
    const struct call_executor *executor = call->executor;
    return (struct submitter){executor->pg, &kinds, &executor->dispatch, setting_args_add,
                              call_pool_config(executor->pool)};
}

enum err submit_prepare(struct call *call, const char *handle, struct json_object *args, struct submission *submission,
                        struct err_info *error)
{
    const struct submitter submitter = submitter_of(call);
    enum err err = submission_prepare(&submitter, handle, args, submission, error);
    json_object_put(args);
    return err;
}

/* PostgreSQL has it: what fails from here on only delays its beginning. Steps of a long plan are the sweep's. */
static void submit_start(const struct submitter *submitter, struct submission *submission)
{
    const struct submission_start *start = &submission->start;
    submission_start(submitter, submission);
    const struct err_info *why = start->plan_error.code != ERR_OK ? &start->plan_error : &start->redis_error;
    if (why->code != ERR_OK)
        log_warn("%s is accepted and waits for the sweep: %s", submission->accepted.operation_id, why->text);
}

/* What makes a request that is sent twice one operation. */
struct once {
    const char *operation_id; /* that the client chose; NULL = none. Borrowed */
    char stamp[ID_MAX];       /* the id that its Idempotency-Key stands for; "" = none */
};

/* A route that takes `dry_run` starts an operation that writes nothing; of others it is not a parameter. */
static enum err read_dry_run(const struct call *call, bool *dry_run, struct err_info *error)
{
    struct query_params params = call_params(call);
    return query_params_flag(&params, "dry_run", dry_run, error);
}

/* The key is the caller's own: another caller's same key stands for another id. */
static enum err read_once(const struct call *call, struct json_object *body, struct once *once, struct err_info *error)
{
    const char *key = call->idempotency_key;
    size_t len = key == NULL ? 1 : strlen(key);
    if (len == 0 || len > IDEMPOTENCY_KEY_MOST)
        return err_set(error, ERR_USAGE, "Idempotency-Key must have 1 to %d characters", IDEMPOTENCY_KEY_MOST);
    if (key != NULL) {
        struct buf text = BUF_INIT;
        buf_addf(&text, "Idempotency-Key\n%s\n%s", call->caller.name, key);
        id_operation_for(text.data, once->stamp);
        buf_fini(&text);
    }
    return call_text(body, "operation_id", ID_MAX, &once->operation_id, error);
}

/* Workers of another installation would be sent what is asked for here. A Redis that is away is no error. */
static enum err check_redis_owner(const struct call_executor *executor, struct err_info *error)
{
    struct err_info why = {0};
    if (redis_owner_check(&executor->dispatch, executor->pg, &why) != ERR_CONFLICT)
        return ERR_OK;
    *error = why;
    return why.code;
}

static enum err submit_accept(struct call *call, const char *confirmation, const struct once *once,
                              struct submission *submission, struct err_info *error)
{
    const struct submitter submitter = submitter_of(call);
    char requester[TOKEN_SUBJECT_MAX + 16];
    snprintf(requester, sizeof requester, "dashboard: %s", call->caller.name);
    bool dry_run = false;
    enum err err = read_dry_run(call, &dry_run, error);
    const struct request request = {.requested_by = requester,
                                    .dry_run = dry_run,
                                    .operation_id = once->operation_id,
                                    .stamp = *once->stamp == '\0' ? NULL : once->stamp};
    if (err == ERR_OK && confirmation != NULL && !request.dry_run)
        err = confirmation_check(call, confirmation, submission, error);
    if (err == ERR_OK)
        err = check_redis_owner(call->executor, error);
    if (err == ERR_OK)
        err = submission_accept(&submitter, &request, submission, error);
    if (err == ERR_OK)
        submit_start(&submitter, submission);
    return err;
}

/* {message, operation_id, total, repeated, dispatched, live_workers}, and job_id of a single one; the caller's. */
static struct json_object *submit_json(const struct submission *submission, const char *message)
{
    struct json_object *json = json_object_new_object();
    const char *id = submission->accepted.operation_id;
    char job_id[ID_MAX + 8];
    json_object_object_add(json, "message", json_object_new_string(message));
    json_object_object_add(json, "operation_id", json_object_new_string(id));
    if (submission->accepted.single) {
        snprintf(job_id, sizeof job_id, "%s/1", id);
        json_object_object_add(json, "job_id", json_object_new_string(job_id));
    }
    json_object_object_add(json, "subject", json_object_new_string(submission->preview.subject));
    json_object_object_add(json, "total",
                           submission->preview.jobs < 0 ? NULL : json_object_new_int64(submission->preview.jobs));
    json_object_object_add(json, "repeated", json_object_new_boolean(submission->accepted.repeated));
    json_object_object_add(json, "dispatched", json_object_new_boolean(submission->start.dispatched));
    json_object_object_add(json, "live_workers",
                           submission->start.live_workers < 0 ? NULL
                                                              : json_object_new_int64(submission->start.live_workers));
    return json;
}

enum err submit_quietly(struct call *call, const char *handle, struct json_object *args, struct submission *submission,
                        struct err_info *error)
{
    static const char *const keys[] = {"confirmation", "app_id", "repository_id", "definition", "args",
                                       "operation_id", NULL};
    struct json_object *body = NULL;
    const char *confirmation = NULL;
    struct once once = {.operation_id = NULL};
    enum err err = call_body(call, keys, &body, error);
    if (err == ERR_OK)
        err = call_text(body, "confirmation", CONFIRMATION_MAX, &confirmation, error);
    if (err == ERR_OK)
        err = read_once(call, body, &once, error);
    if (err == ERR_OK)
        err = submit_prepare(call, handle, args, submission, error);
    else
        json_object_put(args);
    if (err == ERR_OK)
        err = submit_accept(call, confirmation, &once, submission, error);
    json_object_put(body);
    return err;
}

enum err submit(struct call *call, const char *handle, struct json_object *args, const char *message,
                struct err_info *error)
{
    struct submission submission = {0};
    enum err err = submit_quietly(call, handle, args, &submission, error);
    if (err == ERR_OK)
        call_reply(call, 200, submit_json(&submission, message));
    submission_fini(&submission);
    return err;
}
