/*
 * bench_hand: the hand of the benchmark. It does what `producer` does, through the same functions, and tells when each
 * commit came back, which no program outside could know. One line of stdin is one task, one line of JSON the answer; it
 * ends with stdin. Settings come from the environment, as for the programs.
 *
 *   ask DEFINITION ARGS     accepts the request, plans all of it, opens it after the first step
 *   time DEFINITION ARGS    the same, and waits until the first job is settled in PostgreSQL
 *   cancel OPERATION        cancels it
 *   seal TEXT               the text as secrets stand in PostgreSQL
 *   question NAME ARGS      asks one of the questions that the programs share; tells how long it took, its JSON
 * included
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"
#include "common/base/config.h"
#include "common/base/crypto.h"
#include "common/base/json.h"
#include "common/definitions/submission.h"
#include "common/kinds/kinds.h"
#include "common/query/overview.h"
#include "common/query/workflows.h"
#include "common/queue/dispatch.h"
#include "common/queue/plan.h"

#define REDIS_MS 5000
#define LOOK_EVERY_US 200
#define SETTLED_WITHIN_US (60 * INT64_C(1000000))

struct hand {
    struct config config;
    struct pg *pg;
    struct redis_address address;
    struct redis *redis;
    struct dispatch dispatch;
};

/* Wall clock, microseconds: PostgreSQL on this machine has the same. */
struct moments {
    int64_t begun_us, accepted_us; /* accepted = its commit has come back */
    int64_t first_us;              /* the first step of the plan is committed */
    int64_t opened_us;             /* Redis has it */
    int64_t planned_us;            /* the last step is committed, and Redis knows */
    int64_t settled_us;            /* seen in PostgreSQL; 0 = not waited for */
};

/* ---- asking ------------------------------------------------------------------------------------------------------ */

static enum err accept_request(struct hand *hand, const char *definition_id, const char *args_text,
                               struct accepted *accepted, struct err_info *error)
{
    struct json_object *given = NULL;
    enum err err = json_parse(args_text, strlen(args_text), JSON_LIMITS_REQUEST, &given, error);
    if (err == ERR_OK) {
        const struct request request = {.handle = definition_id, .args = given, .requested_by = "bench"};
        const struct submitter submitter = {.pg = hand->pg, .kinds = &kinds};
        struct submission submission;
        err = submission_request(&submitter, &request, &submission, error);
        *accepted = submission.accepted;
        submission_fini(&submission);
    }
    json_object_put(given);
    return err;
}

/* A worker's sweep may plan at the same time: then it is looked at again shortly. */
static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = LOOK_EVERY_US * 1000}, NULL);
}

static enum err plan_and_open(struct hand *hand, const char *id, struct moments *when, struct err_info *error)
{
    enum plan_status status = PLAN_MORE;
    enum err err = ERR_OK;
    while (err == ERR_OK && status != PLAN_DONE) {
        struct tally tally;
        err = plan_step(hand->pg, &kinds, id, &status, &tally, error);
        if (status == PLAN_ELSEWHERE)
            nap();
        if (err == ERR_OK && when->first_us == 0) {
            when->first_us = clock_wall_us();
            err = dispatch_open(&hand->dispatch, hand->pg, id, error);
            when->opened_us = clock_wall_us();
        }
    }
    if (err == ERR_OK)
        err = dispatch_refresh(&hand->dispatch, hand->pg, id, error);
    when->planned_us = clock_wall_us();
    return err;
}

static enum err wait_for_settle(struct hand *hand, const char *id, struct moments *when, struct err_info *error)
{
    while (when->settled_us == 0) {
        struct operation *operation = NULL;
        enum err err = operation_get(hand->pg, id, &operation, error);
        if (err != ERR_OK)
            return err;
        int64_t now = clock_wall_us();
        if (tally_settled(&operation->tally) > 0)
            when->settled_us = now;
        operation_drop(operation);
        if (now - when->planned_us > SETTLED_WITHIN_US)
            return err_set(error, ERR_RETRY, "nothing was settled within a minute");
        nap();
    }
    return ERR_OK;
}

static enum err ask(struct hand *hand, char *rest, bool wait, struct err_info *error)
{
    struct accepted accepted = {.repeated = false};
    const char *definition = strsep(&rest, " ");
    struct moments when = {.begun_us = clock_wall_us()};
    enum err err = accept_request(hand, definition, rest == NULL ? "{}" : rest, &accepted, error);
    when.accepted_us = clock_wall_us();
    if (err == ERR_OK)
        err = plan_and_open(hand, accepted.operation_id, &when, error);
    if (err == ERR_OK && wait)
        err = wait_for_settle(hand, accepted.operation_id, &when, error);
    if (err == ERR_OK)
        printf("{\"operation_id\":\"%s\",\"begun_us\":%" PRId64 ",\"accepted_us\":%" PRId64 ",\"first_us\":%" PRId64
               ",\"opened_us\":%" PRId64 ",\"planned_us\":%" PRId64 ",\"settled_us\":%" PRId64 "}\n",
               accepted.operation_id, when.begun_us, when.accepted_us, when.first_us, when.opened_us, when.planned_us,
               when.settled_us);
    return err;
}

static enum err do_ask(struct hand *hand, char *rest, struct err_info *error)
{
    return ask(hand, rest, false, error);
}

static enum err do_time(struct hand *hand, char *rest, struct err_info *error)
{
    return ask(hand, rest, true, error);
}

/* ---- the other tasks --------------------------------------------------------------------------------------------- */

static enum err do_cancel(struct hand *hand, char *rest, struct err_info *error)
{
    struct tally tally;
    int64_t begun_us = clock_mono_us();
    enum err err = operation_cancel(hand->pg, rest, &tally, error);
    int64_t cancelled_us = clock_mono_us();
    if (err == ERR_OK)
        err = dispatch_refresh(&hand->dispatch, hand->pg, rest, error);
    if (err == ERR_OK)
        printf("{\"cancelled_us\":%" PRId64 ",\"refreshed_us\":%" PRId64 ",\"settled\":%" PRId64 ",\"total\":%" PRId64
               "}\n",
               cancelled_us - begun_us, clock_mono_us() - begun_us, tally_settled(&tally), tally.total);
    return err;
}

static enum err do_seal(struct hand *hand, char *rest, struct err_info *error)
{
    struct crypto_keys keys;
    struct buf sealed = BUF_INIT;
    enum err err = crypto_keys_read(&keys, hand->config.encryption_key, hand->config.encryption_key_old, error);
    if (err == ERR_OK)
        err = crypto_seal(&keys, rest, strlen(rest), &sealed, error);
    if (err == ERR_OK)
        printf("{\"sealed\":\"%s\"}\n", sealed.data);
    buf_fini(&sealed);
    crypto_wipe(&keys, sizeof keys);
    return err;
}

static const struct {
    const char *name;
    query_fn *ask;
} questions[] = {{"history", workflows_list},
                 {"stale-costs", workflows_stale},
                 {"analytics", analytics_read},
                 {"trends", analytics_trends}};

/* From the members of a JSON object, all of them texts. */
static const char *value_of(const void *from, const char *name)
{
    struct json_object *const *args = from;
    return json_get_string(*args, name);
}

static void print_answer(const struct query_result *answer, int64_t took_us)
{
    struct buf text = BUF_INIT;
    const char *json = json_object_to_json_string_ext(answer->json, JSON_C_TO_STRING_PLAIN);
    buf_addf(&text, "{\"took_us\":%" PRId64 ",\"bytes\":%zu,\"rows\":%d,\"next\":", took_us, strlen(json),
             answer->rows);
    if (answer->next == NULL)
        buf_add_str(&text, "null");
    else
        json_add_string(&text, answer->next, strlen(answer->next));
    printf("%s}\n", text.data);
    buf_fini(&text);
}

static enum err do_question(struct hand *hand, char *rest, struct err_info *error)
{
    const char *name = strsep(&rest, " ");
    size_t i = 0;
    struct json_object *args = NULL;
    struct query_result answer;
    while (i < sizeof questions / sizeof *questions && strcmp(questions[i].name, name) != 0)
        i++;
    if (i == sizeof questions / sizeof *questions || rest == NULL)
        return err_set(error, ERR_USAGE, "there is no question \"%s\", or it lacks its arguments", name);
    enum err err = json_parse(rest, strlen(rest), JSON_LIMITS_REQUEST, &args, error);
    struct query_params asked = {value_of, &args, QUERY_PARAMS_BY_PARAMETERS};
    int64_t begun_us = clock_mono_us();
    if (err == ERR_OK)
        err = questions[i].ask(hand->pg, &asked, &answer, error);
    if (err == ERR_OK) {
        print_answer(&answer, clock_mono_us() - begun_us);
        query_result_fini(&answer);
    }
    json_object_put(args);
    return err;
}

static const struct task {
    const char *name;
    enum err (*run)(struct hand *hand, char *rest, struct err_info *error);
} tasks[] = {{"ask", do_ask}, {"time", do_time}, {"cancel", do_cancel}, {"seal", do_seal}, {"question", do_question}};

static enum err run_task(struct hand *hand, char *line, struct err_info *error)
{
    char *rest = line;
    const char *name = strsep(&rest, " ");
    enum err err = pg_ready(hand->pg, error);
    if (err != ERR_OK)
        return err;
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(tasks[i].name, name) == 0)
            return tasks[i].run(hand, rest == NULL ? line + strlen(line) : rest, error);
    return err_set(error, ERR_USAGE, "there is no task \"%s\"", name);
}

static void answer_error(const struct err_info *error)
{
    struct buf text = BUF_INIT;
    json_add_string(&text, error->text, strlen(error->text));
    printf("{\"error\":%s}\n", text.data);
    buf_fini(&text);
}

static enum err hand_init(struct hand *hand, int *argc, char **argv, struct err_info *error)
{
    enum err err = config_read(&hand->config, NULL, argc, argv, error);
    if (err != ERR_OK)
        return err;
    if (err == ERR_OK)
        err = redis_address_parse(hand->config.redis_url, &hand->address, error);
    if (err != ERR_OK)
        return err;
    hand->pg = pg_new(hand->config.postgres_url, "reprise bench", PG_LIMITS_PROGRAM);
    hand->redis = redis_new(&hand->address, REDIS_MS, REDIS_MS);
    hand->dispatch = (struct dispatch){hand->redis, hand->config.redis_prefix};
    return ERR_OK;
}

static void hand_fini(struct hand *hand)
{
    redis_drop(hand->redis);
    pg_drop(hand->pg);
    redis_address_fini(&hand->address);
    config_fini(&hand->config);
}

int main(int argc, char **argv)
{
    struct hand hand = {.pg = NULL};
    struct err_info error = {0};
    char *line = NULL;
    size_t size = 0;
    signal(SIGPIPE, SIG_IGN);
    if (hand_init(&hand, &argc, argv, &error) != ERR_OK) {
        fprintf(stderr, "bench_hand: %s\n", error.text);
        return err_exit_code(error.code);
    }
    while (getline(&line, &size, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        error = (struct err_info){0};
        if (run_task(&hand, line, &error) != ERR_OK)
            answer_error(&error);
        fflush(stdout);
    }
    free(line);
    hand_fini(&hand);
    return 0;
}
