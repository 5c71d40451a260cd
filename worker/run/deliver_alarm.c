#include "worker/run/deliver_alarm.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/clock.h"
#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/deliveries/sign.h"
#include "embedded/sql_deliveries.h"

#define TOLD_MS 10000
#define PAGE 100
#define WAIT_MS 500

enum { APP_ID, BASE_URL, AUTH_KEY, RETRY_COUNT }; /* columns of watchers */

/* One app's request, from submit to its answer. */
struct telling {
    struct http_request request;
    struct sign_headers headers;
    struct buf body;
    char *url, *app_id; /* NULL = not in use */
};

struct alarm {
    struct deliver *deliver;
    const struct circuit *circuit;
    const char *message;
    char *last_app;           /* of the page before */
    struct telling *tellings; /* as many as may be in flight */
};

static void telling_fini(struct telling *telling)
{
    buf_fini(&telling->body);
    free(telling->url);
    free(telling->app_id);
    *telling = (struct telling){.url = NULL};
}

static void write_body(const struct alarm *alarm, int retry_count, struct buf *out)
{
    const struct body_sync_failed event = {
        .repository = deliver_link_repository(&alarm->deliver->link),
        .message = alarm->message,
        .consecutive_failures = alarm->circuit->consecutive_failures,
        .threshold = CIRCUIT_THRESHOLD,
        .cooldown_until_us = alarm->circuit->open_until_us,
        .retry_count = retry_count,
        .timestamp_us = clock_wall_us(),
    };
    body_add_sync_failed(out, &event);
}

static void sign(const struct alarm *alarm, struct telling *telling, const char *auth_key)
{
    char signature[SIGN_VALUE_MAX], key[SIGN_KEY_MAX];
    int64_t now_s = clock_wall_us() / 1000 / CLOCK_MS_PER_S;
    const struct sign_request id = {.job_id = alarm->deliver->job_id, .verb = VERB_SYNC_FAILED, .path = "", .sha = ""};
    sign_body(auth_key, now_s, telling->body.data, telling->body.len, signature);
    sign_idempotency_key(&id, key);
    const struct sign_stamp stamp = {alarm->deliver->run->config->deliver_header_prefix, telling->app_id, now_s,
                                     signature, key};
    sign_headers_init(&telling->headers, &stamp);
}

static char *url_of(const char *base_url)
{
    struct buf url = BUF_INIT;
    buf_add_str(&url, base_url);
    while (url.len > 0 && url.data[url.len - 1] == '/')
        url.len--;
    buf_addf(&url, "/%s", verb_name(VERB_SYNC_FAILED));
    return buf_take(&url);
}

/* From a row of watchers. */
static void telling_init(struct telling *telling, const struct alarm *alarm, const PGresult *apps, int row,
                         const char *auth_key)
{
    telling->app_id = mem_strdup(pg_text(apps, row, APP_ID));
    telling->url = url_of(pg_text(apps, row, BASE_URL));
    write_body(alarm, (int)pg_int8(apps, row, RETRY_COUNT), &telling->body);
    sign(alarm, telling, auth_key);
    telling->request = (struct http_request){.url = telling->url,
                                             .headers = telling->headers.list,
                                             .body = telling->body.data,
                                             .body_fd = -1,
                                             .body_len = telling->body.len,
                                             .timeout_ms = TOLD_MS,
                                             .context = telling};
}

/* Waits until no more than `at_most` are under way. ERR_OK also for an app that did not answer. */
static enum err wait_below(const struct alarm *alarm, int at_most, struct err_info *error)
{
    struct http *http = alarm->deliver->tools->http;
    while (http_under_way(http) > at_most) {
        struct http_request *request = http_wait(http, WAIT_MS);
        if (request != NULL) {
            struct telling *telling = request->context;
            if (request->outcome != ERR_OK)
                log_info("app %s was not told of the open circuit: %s", telling->app_id, request->error.text);
            telling_fini(telling);
        }
        enum err err = deliver_tick(alarm->deliver, error);
        if (err != ERR_OK)
            return err;
    }
    return ERR_OK;
}

static enum err tell(const struct alarm *alarm, const PGresult *apps, int row, struct err_info *error)
{
    struct deliver *deliver = alarm->deliver;
    char *auth_key = NULL;
    enum err err = wait_below(alarm, deliver->tools->parallel - 1, error);
    if (err == ERR_OK)
        err = deliver_heed(deliver, run_fresh(deliver->run, error), error);
    if (err != ERR_OK)
        return err;
    const struct crypto_secret secret = {pg_text(apps, row, AUTH_KEY), CRYPTO_KEY_OF_APP(pg_text(apps, row, APP_ID))};
    if (deliver_secret_open(deliver->run->keys, &secret, &auth_key, error) != ERR_OK) {
        log_warn("app %s cannot be told of the open circuit: %s", secret.place.first, error->text);
        return ERR_OK;
    }
    struct telling *telling = alarm->tellings;
    while (telling->url != NULL)
        telling++;
    telling_init(telling, alarm, apps, row, auth_key);
    deliver_secret_drop(auth_key);
    http_submit(deliver->tools->http, &telling->request);
    return ERR_OK;
}

static enum err tell_page(struct alarm *alarm, int *told, struct err_info *error)
{
    struct pg_args *args = pg_args_new();
    pg_arg_text(args, alarm->deliver->link.repository_id);
    pg_arg_text(args, alarm->last_app);
    pg_arg_int4(args, PAGE);
    PGresult *apps = NULL;
    enum err err = deliver_exec(alarm->deliver, &sql_deliveries_watchers, args, &apps, error);
    *told = err == ERR_OK ? pg_rows(apps) : 0;
    for (int row = 0; row < *told && err == ERR_OK; row++)
        err = tell(alarm, apps, row, error);
    if (*told > 0) {
        free(alarm->last_app);
        alarm->last_app = mem_strdup(pg_text(apps, *told - 1, APP_ID));
    }
    PQclear(apps);
    return err;
}

void deliver_alarm(struct deliver *deliver, const struct circuit *circuit, const char *message)
{
    size_t parallel = (size_t)deliver->tools->parallel;
    struct alarm alarm = {deliver, circuit, message, mem_strdup(""), mem_array(parallel, sizeof *alarm.tellings)};
    struct err_info error = {.code = ERR_OK};
    enum err err = ERR_OK;
    FAULT_POINT("deliver.alarm");
    log_warn("the circuit of repository %s opens after %d failed fetches: %s", deliver->link.repository_id,
             circuit->consecutive_failures, message);
    for (int told = PAGE; err == ERR_OK && told == PAGE;)
        err = tell_page(&alarm, &told, &error);
    if (err == ERR_OK)
        err = wait_below(&alarm, 0, &error);
    if (err != ERR_OK)
        http_cancel_all(deliver->tools->http);
    for (size_t i = 0; i < parallel; i++)
        telling_fini(&alarm.tellings[i]);
    free(alarm.tellings);
    free(alarm.last_app);
}
