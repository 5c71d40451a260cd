/*
 * Changed costs are told to history.webhook_url: one signed POST each, as to a client app. The change was queued by the
 * transaction that made it, so it is told at least once; the Idempotency-Key is the same each time. Told, or given up
 * after the last try, it leaves the queue in the settle. Several are under way at once: `at` orders them.
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
#include "worker/run/deliver_tools.h"
#include "worker/run/handlers.h"
#include "worker/run/history_stored.h"

#define SENDER "reprise" /* in place of an app's id */
#define WAIT_MS 200

enum { ADW_ID, OLD_COST, NEW_COST, REASON, AT }; /* columns of webhooks */

/* One request, from its submit to its answer. */
struct telling {
    struct http_request request;
    struct sign_headers headers;
    struct buf body;
    size_t index; /* of the job */
};

struct webhook {
    struct run *run;
    struct deliver_tools *tools;
    struct telling *tellings; /* one for each job */
    PGresult *rows;
};

/* ---- the settle -------------------------------------------------------------------------------------------------- */

static void remove_done(struct pg_batch *batch, const size_t *mine, size_t count, void *context)
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

static void forget(void *context)
{
    struct webhook *webhook = context;
    for (size_t i = 0; i < webhook->run->count; i++)
        buf_fini(&webhook->tellings[i].body);
    free(webhook->tellings);
    PQclear(webhook->rows);
    free(webhook);
}

/* ---- one request ------------------------------------------------------------------------------------------------- */

static void add_cost(struct buf *out, const char *name, const char *cost)
{
    run_columns_add_name(out, name);
    buf_add_str(out, cost == NULL ? "null" : cost);
}

static void write_body(const PGresult *rows, int row, struct buf *out)
{
    buf_add_char(out, '{');
    run_columns_add_text(out, "adw_id", pg_text(rows, row, ADW_ID));
    add_cost(out, "old_cost", pg_text(rows, row, OLD_COST));
    add_cost(out, "new_cost", pg_text(rows, row, NEW_COST));
    run_columns_add_text(out, "reason", pg_text(rows, row, REASON));
    run_columns_add_text(out, "at", pg_text(rows, row, AT));
    buf_add_char(out, '}');
}

/* The same for all attempts, another for every other change, also of a database that was made anew. */
static void identify(const struct webhook *webhook, const struct telling *telling, char out[SIGN_KEY_MAX])
{
    uint8_t digest[SHA256_BYTES];
    struct buf identity = BUF_INIT;
    buf_addf(&identity, "cost-webhook/%s/", webhook->run->jobs[telling->index].key);
    buf_add(&identity, telling->body.data, telling->body.len);
    crypto_sha256(identity.data, identity.len, digest);
    crypto_hex(digest, sizeof digest, out);
    buf_fini(&identity);
}

static void sign(const struct webhook *webhook, struct telling *telling)
{
    const struct config *config = webhook->run->config;
    char signature[SIGN_VALUE_MAX], key[SIGN_KEY_MAX];
    int64_t now_s = clock_wall_us() / 1000 / CLOCK_MS_PER_S;
    identify(webhook, telling, key);
    sign_body(config->history_webhook_key, now_s, telling->body.data, telling->body.len, signature);
    const struct sign_stamp stamp = {config->deliver_header_prefix, SENDER, now_s, signature, key};
    sign_headers_init(&telling->headers, &stamp);
}

static void submit(struct webhook *webhook, size_t index)
{
    struct telling *telling = &webhook->tellings[index];
    telling->index = index;
    write_body(webhook->rows, (int)index, &telling->body);
    sign(webhook, telling);
    telling->request = (struct http_request){.url = webhook->run->config->history_webhook_url,
                                             .headers = telling->headers.list,
                                             .body = telling->body.data,
                                             .body_fd = -1,
                                             .body_len = telling->body.len,
                                             .timeout_ms = webhook->run->config->deliver_timeout_ms,
                                             .context = telling};
    http_submit(webhook->tools->http, &telling->request);
}

static void take_answer(const struct webhook *webhook, const struct http_request *request)
{
    const struct telling *telling = request->context;
    FAULT_POINT("history.webhook_answered");
    if (request->outcome == ERR_OK)
        run_succeed(webhook->run, telling->index, NULL);
    else
        run_fail(webhook->run, telling->index, &request->error,
                 request->outcome == ERR_PERMANENT ? RUN_FINAL : RUN_MAY_RETRY, NULL);
}

/* Waits until no more than `at_most` are under way; false once the run is to stop. */
static bool wait_below(const struct webhook *webhook, int at_most)
{
    struct http *http = webhook->tools->http;
    while (http_under_way(http) > at_most) {
        const struct http_request *request = http_wait(http, WAIT_MS);
        if (request != NULL)
            take_answer(webhook, request);
        if (run_stopping(webhook->run)) {
            http_cancel_all(http);
            return false;
        }
    }
    return true;
}

static void tell_all(struct webhook *webhook)
{
    struct run *run = webhook->run;
    bool going = true;
    for (size_t i = 0; i < run->count && going; i++) {
        if (pg_is_null(webhook->rows, (int)i, ADW_ID)) {
            run_succeed(run, i, NULL); /* another operation has told it */
        } else if (run->config->history_webhook_url[0] == '\0') {
            run_skip(run, i, "history.webhook_url is not set any more", NULL);
        } else {
            going = wait_below(webhook, webhook->tools->parallel - 1);
            if (going)
                submit(webhook, i);
        }
    }
    if (going)
        (void)wait_below(webhook, 0);
}

static void fail_all(struct run *run, const struct err_info *error)
{
    for (size_t i = 0; i < run->count; i++)
        run_fail(run, i, error, RUN_MAY_RETRY, NULL);
}

/* What the settings must have for a request. */
static enum err check_settings(const struct config *config, struct err_info *error)
{
    if (config->history_webhook_url[0] != '\0' && config->history_webhook_key[0] == '\0')
        return err_set(error, ERR_USAGE, "history.webhook_key is not set: nothing is sent unsigned");
    return ERR_OK;
}

void webhook_run(struct run *run)
{
    struct webhook *webhook = mem_zalloc(sizeof *webhook);
    struct err_info error = {.code = ERR_OK};
    webhook->run = run;
    webhook->tellings = mem_array(run->count, sizeof *webhook->tellings);
    run->effects = run->dry_run ? NULL : remove_done;
    run->effects_context = webhook;
    run->drop_effects = forget;
    enum err err = check_settings(run->config, &error);
    if (err == ERR_OK)
        err = deliver_tools_ready(run->tools, run->config, &webhook->tools, &error);
    if (err != ERR_OK) {
        fail_all(run, &error);
        return;
    }
    if (history_stored_rows(run, &sql_history_webhooks, &webhook->rows, &error) != ERR_OK) {
        log_info("changed costs wait to be told: %s", error.text);
        history_stored_put_off(run);
    } else if (run->dry_run) {
        for (size_t i = 0; i < run->count; i++)
            run_succeed(run, i, NULL);
    } else {
        tell_all(webhook);
    }
}
