/*
 * The fetch of a delivery: the repository's clone is brought up to date by git and opened. A failure counts against the
 * repository, whichever link it was fetched for; the failure that opens its circuit notifies every app that watches it
 * (sync_failed). That is best effort: it never fails the job, and an app that does not answer is not asked again.
 */
#include "worker/run/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/deliveries/sign.h"
#include "embedded/sql_deliveries.h"

#define BUSY_MS 5000        /* another job fetches this repository */
#define SCHEDULE "schedule" /* requested_by of what no person asked for */

#define NOTIFY_TIMEOUT_MS 10000 /* of each request */
#define NOTIFY_PAGE 100
#define NOTIFY_WAIT_MS 500

int64_t deliver_circuit_wait_ms(const struct deliver_attempt *attempt)
{
    const char *by = attempt->run->requested_by;
    bool is_person = by != NULL && by[0] != '\0' && strcmp(by, SCHEDULE) != 0;
    return circuit_wait_ms(&attempt->link.circuit, is_person ? CIRCUIT_ADMINISTRATOR : CIRCUIT_SCHEDULE,
                           attempt->link.now_us);
}

/* ---- the apps that watch the repository -------------------------------------------------------------------------- */

enum { APP_ID, BASE_URL, AUTH_KEY, RETRY_COUNT }; /* columns of watchers */

/* One app's request, from submit to its answer. */
struct notice {
    struct http_request request;
    struct sign_headers headers;
    struct buf body;
    char *url, *app_id; /* NULL = not in use */
};

struct notification {
    struct deliver_attempt *attempt;
    const struct circuit *circuit;
    const char *message;
    char *last_app;         /* of the page before */
    struct notice *notices; /* as many as may be in flight */
};

static void notice_fini(struct notice *notice)
{
    buf_fini(&notice->body);
    free(notice->url);
    free(notice->app_id);
    *notice = (struct notice){.url = NULL};
}

static void notice_write(const struct notification *notify, int retry_count, struct buf *out)
{
    const struct body_sync_failed event = {
        .repository = deliver_link_repository(&notify->attempt->link),
        .message = notify->message,
        .consecutive_failures = notify->circuit->consecutive_failures,
        .threshold = CIRCUIT_THRESHOLD,
        .cooldown_until_us = notify->circuit->open_until_us,
        .retry_count = retry_count,
        .timestamp_us = clock_wall_us(),
    };
    body_add_sync_failed(out, &event);
}

static void notice_sign(const struct notification *notify, struct notice *notice, const char *auth_key)
{
    char signature[SIGN_VALUE_MAX], key[SIGN_KEY_MAX];
    int64_t now_s = clock_wall_us() / 1000 / CLOCK_MS_PER_S;
    const struct sign_request id = {.job_id = notify->attempt->job_id, .verb = VERB_SYNC_FAILED, .path = "", .sha = ""};
    sign_body(auth_key, now_s, notice->body.data, notice->body.len, signature);
    sign_idempotency_key(&id, key);
    const struct sign_stamp stamp = {notify->attempt->run->config->deliver_header_prefix, notice->app_id, now_s,
                                     signature, key};
    sign_headers_init(&notice->headers, &stamp);
}

static char *sync_failed_url(const char *base_url)
{
    struct buf url = BUF_INIT;
    buf_add_str(&url, base_url);
    while (url.len > 0 && url.data[url.len - 1] == '/')
        url.len--;
    buf_addf(&url, "/%s", verb_name(VERB_SYNC_FAILED));
    return buf_take(&url);
}

/* From a row of watchers. */
static void notice_init(struct notice *notice, const struct notification *notify, const PGresult *apps, int row,
                        const char *auth_key)
{
    notice->app_id = mem_strdup(pg_text(apps, row, APP_ID));
    notice->url = sync_failed_url(pg_text(apps, row, BASE_URL));
    notice_write(notify, (int)pg_int8(apps, row, RETRY_COUNT), &notice->body);
    notice_sign(notify, notice, auth_key);
    notice->request = (struct http_request){.url = notice->url,
                                            .headers = notice->headers.list,
                                            .body = notice->body.data,
                                            .body_fd = -1,
                                            .body_len = notice->body.len,
                                            .timeout_ms = NOTIFY_TIMEOUT_MS,
                                            .context = notice};
}

/* Waits until no more than `at_most` are under way. ERR_OK also for an app that did not answer. */
static enum err notify_wait_below(const struct notification *notify, int at_most, struct err_info *error)
{
    struct http *http = notify->attempt->tools->http;
    while (http_under_way(http) > at_most) {
        struct http_request *request = http_wait(http, NOTIFY_WAIT_MS);
        if (request != NULL) {
            struct notice *notice = request->context;
            if (request->outcome != ERR_OK)
                log_info("app %s was not told of the open circuit: %s", notice->app_id, request->error.text);
            notice_fini(notice);
        }
        enum err err = deliver_tick(notify->attempt, error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

static enum err notify_app(const struct notification *notify, const PGresult *apps, int row, struct err_info *error)
{
    struct deliver_attempt *attempt = notify->attempt;
    char *auth_key = NULL;
    enum err err = notify_wait_below(notify, attempt->tools->parallel - 1, error);
    if (err == ERR_OK)
        err = deliver_note_stop(attempt, run_fresh(attempt->run, error), error);
    if (err != ERR_OK)
        return err;
    const struct crypto_secret secret = {pg_text(apps, row, AUTH_KEY), CRYPTO_KEY_OF_APP(pg_text(apps, row, APP_ID))};
    if (deliver_secret_open(attempt->run->keys, &secret, &auth_key, error) != ERR_OK) {
        log_warn("app %s cannot be told of the open circuit: %s", secret.place.first, error->text);
        return ERR_OK;
    }
    struct notice *notice = notify->notices;
    while (notice->url != NULL)
        notice++;
    notice_init(notice, notify, apps, row, auth_key);
    deliver_secret_drop(auth_key);
    http_submit(attempt->tools->http, &notice->request);
    return ERR_OK;
}

static enum err notify_page(struct notification *notify, int *notified, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, notify->attempt->link.repository_id);
    pg_arg_text(args, notify->last_app);
    pg_arg_int4(args, NOTIFY_PAGE);
    PGresult *apps = NULL;
    enum err err = deliver_exec(notify->attempt, &sql_deliveries_watchers, args, &apps, error);
    *notified = err == ERR_OK ? pg_rows(apps) : 0;
    for (int row = 0; row < *notified && err == ERR_OK; row++)
        err = notify_app(notify, apps, row, error);
    if (*notified > 0) {
        free(notify->last_app);
        notify->last_app = mem_strdup(pg_text(apps, *notified - 1, APP_ID));
    }
    PQclear(apps);
    return err;
}

static void notify_sync_failed(struct deliver_attempt *attempt, const struct circuit *circuit, const char *message)
{
    size_t parallel = (size_t)attempt->tools->parallel;
    struct notification notify = {attempt, circuit, message, mem_strdup(""),
                                  mem_array(parallel, sizeof *notify.notices)};
    struct err_info error = {.code = ERR_OK};
    enum err err = ERR_OK;
    FAULT_POINT("deliver.alarm");
    log_warn("the circuit of repository %s opens after %d failed fetches: %s", attempt->link.repository_id,
             circuit->consecutive_failures, message);
    for (int notified = NOTIFY_PAGE; err == ERR_OK && notified == NOTIFY_PAGE;)
        err = notify_page(&notify, &notified, &error);
    if (err == ERR_OK)
        err = notify_wait_below(&notify, 0, &error);
    if (err != ERR_OK)
        http_cancel_all(attempt->tools->http);
    for (size_t i = 0; i < parallel; i++)
        notice_fini(&notify.notices[i]);
    free(notify.notices);
    free(notify.last_app);
}

/* ---- the fetch --------------------------------------------------------------------------------------------------- */

/* Under the fence, like all that a job writes. `*opened`: this failure opened the circuit. */
static enum err fetch_count_failure(struct deliver_attempt *attempt, struct circuit *circuit, bool *opened,
                                    struct err_info *error)
{
    struct pg_batch *batch = deliver_checkpoint(attempt);
    int at = pg_batch_count(batch);
    struct pg_args *args = pg_batch_add(batch, &sql_deliveries_fetch_failed);
    pg_arg_text(args, attempt->link.repository_id);
    pg_arg_int4(args, CIRCUIT_THRESHOLD);
    pg_arg_int8(args, CIRCUIT_COOLDOWN_MS);
    enum err err = deliver_commit(attempt, batch, error);
    if (err != ERR_OK)
        return err;
    const PGresult *row = pg_batch_result(batch, at);
    *opened = pg_rows(row) > 0 && pg_bool(row, 0, 2);
    if (pg_rows(row) > 0)
        *circuit = (struct circuit){(int)pg_int8(row, 0, 0), pg_int8(row, 0, 1)};
    return ERR_OK;
}

/* A token that lacks is the link's matter, a full disk this worker's: neither says anything to the other apps. */
static bool fetch_failure_counts(const struct deliver_attempt *attempt, const struct err_info *why)
{
    return why->code != ERR_LOCAL && !attempt->fetched.is_refused;
}

/* The fetch's own error stays in `why`. */
static void fetch_note_failure(struct deliver_attempt *attempt, const struct err_info *why)
{
    struct err_info error = {.code = ERR_OK};
    struct circuit circuit = {.consecutive_failures = 0};
    bool opened = false;
    attempt->is_final = why->code == ERR_PERMANENT;
    if (attempt->run->dry_run || !fetch_failure_counts(attempt, why) ||
        fetch_count_failure(attempt, &circuit, &opened, &error) != ERR_OK)
        return;
    FAULT_POINT("deliver.fetch_failed");
    if (opened)
        notify_sync_failed(attempt, &circuit, why->text);
}

static void attempt_set_git_rules(struct deliver_attempt *attempt)
{
    const struct config *config = attempt->run->config;
    attempt->git = (struct git_rules){
        .repositories_dir = config->git_repositories_dir,
        .file_roots = config->git_file_roots,
        .allowed = attempt->tools->git_allowed,
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

enum err deliver_fetch(struct deliver_attempt *attempt, struct err_info *error)
{
    const struct deliver_link *link = &attempt->link;
    attempt_set_git_rules(attempt);
    enum err err = git_fetch(&(struct git_fetch_request){&attempt->git, link->repository_id, link->url, link->branch,
                                                         link->token, attempt->tick, attempt->tick_context},
                             &attempt->fetched, error);
    if (err == ERR_BUSY)
        attempt->wait_ms = BUSY_MS;
    else if (err != ERR_OK && attempt->stop == ERR_OK)
        fetch_note_failure(attempt, error);
    if (err != ERR_OK)
        return err;
    FAULT_POINT("deliver.fetched");
    err = git_open(&attempt->git, link->repository_id, &attempt->clone, error);
    if (err == ERR_OK)
        deliver_watch(attempt, NULL, NULL);
    return err;
}
