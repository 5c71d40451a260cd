/*
 * Changed costs are sent to history.webhook_url: one signed POST each, as to a client app. The transaction that changed
 * a cost queued the change, so it is sent at least once; the Idempotency-Key is the same each time. A change leaves the
 * queue in the settle, once it was sent or its last try has failed. Several are in flight at once: `at` orders them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/deliveries/sign.h"
#include "common/history/run_columns.h"
#include "embedded/sql_history.h"
#include "worker/run.h"
#include "worker/run/deliver_attempt.h"
#include "worker/run/history_tools.h"

#define SENDER "reprise" /* in place of an app's id */
#define WAIT_MS 200

enum { ADW_ID, OLD_COST, NEW_COST, REASON, AT }; /* columns of webhooks */

/* One request, from its submit to its answer. */
struct notice {
    struct http_request request;
    struct sign_headers headers;
    struct buf body;
    size_t index; /* of the job */
};

struct webhook {
    struct run *run;
    struct deliver_tools *tools;
    struct notice *notices; /* one for each job */
    PGresult *rows;
};

/* ---- the settle -------------------------------------------------------------------------------------------------- */

static void webhook_remove_done(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
{
    const struct webhook *webhook = context;
    const char **ids = mem_array(count, sizeof *ids);
    size_t n = 0;
    FAULT_POINT("history.webhook_settle");
    for (size_t i = 0; i < count; i++)
        if (webhook->run->results[mine[i]].outcome != OUTCOME_RETRY)
            ids[n++] = webhook->run->jobs[mine[i]].key;
    if (n > 0)
        pg_arg_texts(pg_batch_add(batch, &sql_history_webhooks_done), ids, n);
    free(ids);
}

static void webhook_drop(void *context)
{
    struct webhook *webhook = context;
    for (size_t i = 0; i < webhook->run->count; i++)
        buf_fini(&webhook->notices[i].body);
    free(webhook->notices);
    PQclear(webhook->rows);
    free(webhook);
}

/* ---- one request ------------------------------------------------------------------------------------------------- */

static void add_cost(struct buf *out, const char *name, const char *cost)
{
    run_columns_add_name(out, name);
    buf_add_str(out, cost == NULL ? "null" : cost);
}

static void notice_write(const PGresult *rows, int row, struct buf *out)
{
    buf_add_char(out, '{');
    run_columns_add_text(out, "adw_id", pg_text(rows, row, ADW_ID));
    add_cost(out, "old_cost", pg_text(rows, row, OLD_COST));
    add_cost(out, "new_cost", pg_text(rows, row, NEW_COST));
    run_columns_add_text(out, "reason", pg_text(rows, row, REASON));
    run_columns_add_text(out, "at", pg_text(rows, row, AT));
    buf_add_char(out, '}');
}

/* The same for all attempts, another for every other change, also of a database that was made again. */
static void notice_identify(const struct webhook *webhook, const struct notice *notice, char out[SIGN_KEY_MAX])
{
    uint8_t digest[SHA256_BYTES];
    struct buf identity = BUF_INIT;
    buf_addf(&identity, "cost-webhook/%s/", webhook->run->jobs[notice->index].key);
    buf_add(&identity, notice->body.data, notice->body.len);
    crypto_sha256(identity.data, identity.len, digest);
    crypto_hex(digest, sizeof digest, out);
    buf_fini(&identity);
}

static void notice_sign(const struct webhook *webhook, struct notice *notice)
{
    const struct config *config = webhook->run->config;
    char signature[SIGN_VALUE_MAX], key[SIGN_KEY_MAX];
    int64_t now_s = clock_wall_us() / 1000 / CLOCK_MS_PER_S;
    notice_identify(webhook, notice, key);
    sign_body(config->history_webhook_key, now_s, notice->body.data, notice->body.len, signature);
    const struct sign_stamp stamp = {config->deliver_header_prefix, SENDER, now_s, signature, key};
    sign_headers_init(&notice->headers, &stamp);
}

static void notice_submit(struct webhook *webhook, size_t index)
{
    struct notice *notice = &webhook->notices[index];
    notice->index = index;
    notice_write(webhook->rows, (int)index, &notice->body);
    notice_sign(webhook, notice);
    notice->request = (struct http_request){.url = webhook->run->config->history_webhook_url,
                                            .headers = notice->headers.list,
                                            .body = notice->body.data,
                                            .body_fd = -1,
                                            .body_len = notice->body.len,
                                            .timeout_ms = webhook->run->config->deliver_timeout_ms,
                                            .context = notice};
    http_submit(webhook->tools->http, &notice->request);
}

static void webhook_take_answer(const struct webhook *webhook, const struct http_request *request)
{
    const struct notice *notice = request->context;
    FAULT_POINT("history.webhook_answered");
    if (request->outcome == ERR_OK)
        run_succeed(webhook->run, notice->index, NULL);
    else
        run_fail(webhook->run, notice->index, &request->error,
                 request->outcome == ERR_PERMANENT ? RUN_FINAL : RUN_MAY_RETRY, NULL);
}

/* Waits until no more than `at_most` are under way; false once the run is to stop. */
static bool webhook_wait_below(const struct webhook *webhook, int at_most)
{
    struct http *http = webhook->tools->http;
    while (http_under_way(http) > at_most) {
        const struct http_request *request = http_wait(http, WAIT_MS);
        if (request != NULL)
            webhook_take_answer(webhook, request);
        if (run_stopping(webhook->run)) {
            http_cancel_all(http);
            return false;
        }
    }
    return true;
}

static void webhook_send_all(struct webhook *webhook)
{
    struct run *run = webhook->run;
    bool going = true;
    for (size_t i = 0; i < run->count && going; i++) {
        if (pg_is_null(webhook->rows, (int)i, ADW_ID)) {
            run_succeed(run, i, NULL); /* another operation has sent it */
        } else if (run->config->history_webhook_url[0] == '\0') {
            run_skip(run, i, "history.webhook_url is not set any more", NULL);
        } else {
            going = webhook_wait_below(webhook, webhook->tools->parallel - 1);
            if (going)
                notice_submit(webhook, i);
        }
    }
    if (going)
        (void)webhook_wait_below(webhook, 0);
}

static void webhook_fail_all(struct run *run, const struct err_info *error)
{
    for (size_t i = 0; i < run->count; i++)
        run_fail(run, i, error, RUN_MAY_RETRY, NULL);
}

/* What the settings must have for a request. */
static enum err webhook_check_settings(const struct config *config, struct err_info *error)
{
    if (config->history_webhook_url[0] != '\0' && config->history_webhook_key[0] == '\0')
        return err_set(error, ERR_USAGE, "history.webhook_key is not set: nothing is sent unsigned");
    return ERR_OK;
}

void cost_webhook_run(struct run *run)
{
    struct webhook *webhook = mem_zalloc(sizeof *webhook);
    struct err_info error = {.code = ERR_OK};
    webhook->run = run;
    webhook->notices = mem_array(run->count, sizeof *webhook->notices);
    run->effects = run->dry_run ? NULL : webhook_remove_done;
    run->effects_context = webhook;
    run->drop_effects = webhook_drop;
    enum err err = webhook_check_settings(run->config, &error);
    if (err == ERR_OK)
        err = deliver_tools_ready(run->tools, run->config, &webhook->tools, &error);
    if (err != ERR_OK) {
        webhook_fail_all(run, &error);
        return;
    }
    if (history_stored_rows(run, &sql_history_webhooks, &webhook->rows, &error) != ERR_OK) {
        log_info("changed costs wait to be sent: %s", error.text);
        history_stored_put_off(run);
    } else if (run->dry_run) {
        for (size_t i = 0; i < run->count; i++)
            run_succeed(run, i, NULL);
    } else {
        webhook_send_all(webhook);
    }
}
