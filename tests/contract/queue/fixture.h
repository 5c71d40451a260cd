/*
 * What the contract tests of the queue share: a migrated database, a corner of Redis, a small table of kinds of its
 * own, and short ways to accept, plan, load and look. Everything here must succeed, or the test fails on the spot.
 */
#ifndef REPRISE_TESTS_QUEUE_FIXTURE_H
#define REPRISE_TESTS_QUEUE_FIXTURE_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/definition_registry.h"
#include "common/definitions/inbox.h"
#include "common/definitions/request.h"
#include "common/doctor/doctor.h"
#include "common/queue/dispatch.h"
#include "common/queue/job.h"
#include "common/queue/lease.h"
#include "common/queue/names.h"
#include "common/queue/plan.h"
#include "common/store/migrate.h"
#include "embedded/sql_count.h"
#include "embedded/sql_kinds.h"
#include "tests/contract/queue/look.h"
#include "tests/testing/stores.h"
#include "tests/testing/testing.h"

/* ---- kinds and definitions ----------------------------------------------------------------------------------- */

enum { STATEMENT_BROKEN = SQL_COUNT, STATEMENT_TWICE, STATEMENT_ABSENT, STATEMENT_MARK };

static const struct sql plan_broken = {"test/broken", STATEMENT_BROKEN,
                                       "SELECT $2::bigint / 0, $1 || $4 || $6, $3::integer, $5::jsonb, $7::integer"};
/* Every key twice. */
static const struct sql plan_twice = {
    "test/twice", STATEMENT_TWICE,
    "WITH planned AS (INSERT INTO job (operation_id, seq, phase, kind, key) SELECT $1, $2::bigint + i, $3, $4, 'same' "
    "FROM generate_series(1, 2) AS i RETURNING seq) SELECT count(*), $5::jsonb ->> 'x' || $6 || $7::integer FROM "
    "planned"};
static const struct sql check_absent = {"test/absent", STATEMENT_ABSENT,
                                        "SELECT NULL::text, NULL::bigint, NULL::bigint, NULL::bigint, "
                                        "coalesce($1::jsonb ->> 'refusal', 'RP404'), 'no such app'"};
static const struct sql mark = {"test/mark", STATEMENT_MARK,
                                "INSERT INTO public.mark SELECT $1, * FROM unnest($2::text[], $3::text[])"};

static const struct selection selections[] = {
    {"numbers", &sql_kinds_numbers, &sql_kinds_check_numbers},
    {"broken", &plan_broken, &sql_kinds_check_numbers},
    {"twice", &plan_twice, &sql_kinds_check_numbers},
    {"absent", &sql_kinds_numbers, &check_absent},
    {NULL, NULL, NULL},
};

static const struct kind kind_list[] = {
    {.name = "quick", .queue = "history", .chunk = 10, .selections = selections},
    {.name = "long",
     .queue = "delivery",
     .chunk = 1,
     .exclusive = true,
     .sends_requests = true,
     .selections = selections,
     .cancel_mark = &mark},
};
static const struct kind_table test_kinds = {kind_list, sizeof kind_list / sizeof *kind_list};

/* One phase over a selection: "quick numbers". Two of them: "quick numbers quick numbers". */
static inline struct definition *define(const char *id, const char *phases)
{
    struct err_info error;
    struct definition *definition;
    struct buf text = BUF_INIT;
    char job[64], over[64];
    int used = 0;
    buf_addf(&text,
             "id: %s\nname: Of a test\nargs:\n  count: {type: integer, minimum: 0, default: 10}\n"
             "  refusal: {type: string}\nwindow: 3\nphases:\n",
             id);
    for (int n = 0; sscanf(phases, "%63s %63s%n", job, over, &used) == 2; phases += used)
        buf_addf(&text, "  - {id: p%d, job: %s, over: %s}\n", ++n, job, over);
    assert_fine(definition_parse(text.data, text.len, NULL, &definition, &error));
    buf_fini(&text);
    return definition;
}

/* ---- the fixture --------------------------------------------------------------------------------------------- */

struct fixture {
    struct stores *stores;
    struct pg *pg, *other; /* two connections */
    struct redis_address address;
    struct redis *redis;
    struct dispatch dispatch;
    struct definition *quick, *lengthy, *twofold;
};

static inline struct pg *connected(const struct fixture *f, struct pg_limits limits)
{
    struct err_info error;
    struct pg *pg = pg_new(stores_postgres_url(f->stores), "test", limits);
    assert_fine(pg_ready(pg, &error));
    return pg;
}

static inline int queue_setup(void **state)
{
    struct err_info error;
    struct migrate_done done;
    struct fixture *f = mem_zalloc(sizeof *f);
    signal(SIGPIPE, SIG_IGN);
    f->stores = stores_new();
    f->pg = connected(f, PG_LIMITS_SERVICE);
    assert_fine(migrate_ensure(f->pg, MIGRATE_ANY, &done, &error));
    assert_fine(pg_ready(f->pg, &error));
    assert_fine(pg_script(f->pg, "CREATE TABLE public.mark (operation_id text, key text, checkpoint text)", &error));
    f->other = connected(f, PG_LIMITS_SERVICE);
    assert_fine(redis_address_parse(stores_redis_url(f->stores), &f->address, &error));
    f->redis = redis_new(&f->address, 5000, 5000);
    f->dispatch = (struct dispatch){f->redis, stores_prefix(f->stores)};
    f->quick = define("quick", "quick numbers");
    f->lengthy = define("lengthy", "long numbers");
    f->twofold = define("twofold", "quick numbers quick numbers");
    *state = f;
    return 0;
}

static inline int queue_teardown(void **state)
{
    struct fixture *f = *state;
    definition_drop(f->quick);
    definition_drop(f->lengthy);
    definition_drop(f->twofold);
    redis_drop(f->redis);
    redis_address_fini(&f->address);
    pg_drop(f->pg);
    pg_drop(f->other);
    stores_drop(f->stores);
    free(f);
    return 0;
}

/* As a re-sync would have it: in force under its id. */
static inline void put_in_force(struct fixture *f, const struct definition *definition)
{
    char digest[SHA256_HEX + 1];
    struct buf body = BUF_INIT;
    definition_canonical(definition, &body);
    definition_digest(definition, digest);
    run_sql(f->pg, "INSERT INTO definition_versions VALUES ('%s', '%s') ON CONFLICT DO NOTHING", digest, body.data);
    run_sql(f->pg,
            "INSERT INTO workflow_definitions (identifier, name, type, path, current_version) "
            "VALUES ('%s', 'Of a test', 'yaml', '%s.yaml', '%s') "
            "ON CONFLICT (project_id, identifier) DO UPDATE SET current_version = excluded.current_version",
            definition->id, definition->id, digest);
    buf_fini(&body);
}

/* ---- doing --------------------------------------------------------------------------------------------------- */

struct op {
    char id[ID_MAX];
};

static inline struct json_object *complete_args(const struct definition *definition, int64_t count)
{
    struct err_info error;
    struct json_object *given = json_object_new_object(), *complete;
    json_object_object_add(given, "count", json_object_new_int64(count));
    assert_fine(definition_check_args(definition, given, &complete, &error));
    json_object_put(given);
    return complete;
}

static inline enum err accept_request(struct pg *pg, struct request request, int64_t count, struct accepted *accepted,
                                      struct err_info *error)
{
    struct preview preview;
    request.args = complete_args(request.definition, count);
    request.preview = &preview;
    *accepted = (struct accepted){.repeated = false};
    enum err err = request_preview(pg, &test_kinds, request.definition, request.args, &preview, error);
    if (err == ERR_OK)
        err = request_accept(pg, &test_kinds, &request, accepted, error);
    preview_fini(&preview);
    json_object_put(request.args);
    return err;
}

/* A new operation of `count` jobs, not planned yet. Its id is chosen here: no equal request is joined. */
static inline struct op accept_new(struct fixture *f, const struct definition *definition, int64_t count)
{
    struct err_info error;
    struct op op;
    struct accepted accepted;
    id_operation(op.id);
    assert_fine(accept_request(f->pg, (struct request){.definition = definition, .operation_id = op.id}, count,
                               &accepted, &error));
    assert_string_equal(accepted.operation_id, op.id);
    assert_false(accepted.repeated);
    return op;
}

static inline struct tally plan_all(struct fixture *f, const char *id)
{
    struct err_info error;
    struct tally tally;
    enum plan_status status = PLAN_MORE;
    while (status != PLAN_DONE)
        assert_fine(plan_step(f->pg, &test_kinds, id, &status, &tally, &error));
    return tally;
}

static inline struct op accept_planned(struct fixture *f, const struct definition *definition, int64_t count)
{
    struct op op = accept_new(f, definition, count);
    plan_all(f, op.id);
    return op;
}

static inline struct tally tally_of(struct fixture *f, const char *id)
{
    struct err_info error;
    struct operation *operation;
    assert_fine(operation_get(f->other, id, &operation, &error));
    struct tally tally = operation->tally;
    operation_drop(operation);
    return tally;
}

/* A chunk in hand: its jobs, a given for each, and what settle wants to know. */
struct hand {
    struct load *load;
    struct settle_request settlement;
};

static inline struct chunk range_of(const char *id, int64_t from, int64_t to)
{
    struct chunk chunk = {.generation = 1, .from = from, .to = to, .window = true};
    snprintf(chunk.operation_id, sizeof chunk.operation_id, "%s", id);
    chunk_write(&chunk);
    return chunk;
}

static inline struct load *load_with(struct pg *pg, struct load_spec spec)
{
    struct err_info error;
    struct load *load;
    spec.worker = "w_test";
    assert_fine(load_chunk(pg, &spec, &load, &error));
    return load;
}

static inline struct load *load_range(struct pg *pg, const char *id, int64_t from, int64_t to)
{
    struct chunk chunk = range_of(id, from, to);
    return load_with(pg, (struct load_spec){.chunk = &chunk});
}

static inline struct hand take(struct pg *pg, const struct op *op, int64_t from, int64_t to)
{
    struct hand hand = {.load = load_range(pg, op->id, from, to)};
    hand.settlement = (struct settle_request){
        .operation_id = op->id,
        .worker = "w_test",
        .jobs = hand.load->jobs,
        .count = hand.load->count,
        .results = mem_array(hand.load->count + 1, sizeof(struct job_result)),
    };
    return hand;
}

static inline void rule(struct hand *hand, size_t index, enum outcome outcome, const char *error, const char *result)
{
    struct job_result *given = &hand->settlement.results[index];
    job_result_fini(given);
    given->outcome = outcome;
    given->error = error == NULL ? NULL : mem_strdup(error);
    given->result = result == NULL ? NULL : mem_strdup(result);
}

static inline void rule_all(struct hand *hand, enum outcome outcome)
{
    for (size_t i = 0; i < hand->settlement.count; i++)
        rule(hand, i, outcome, NULL, NULL);
}

static inline void put_down(struct hand *hand)
{
    for (size_t i = 0; i < hand->settlement.count; i++)
        job_result_fini(&hand->settlement.results[i]);
    free(hand->settlement.results);
    load_drop(hand->load);
}

/* All jobs of a range succeed. */
static inline void finish(struct fixture *f, const struct op *op, int64_t from, int64_t to)
{
    struct err_info error;
    struct settle_result settled;
    struct hand hand = take(f->pg, op, from, to);
    rule_all(&hand, OUTCOME_SUCCEEDED);
    assert_fine(settle(f->pg, &hand.settlement, &settled, &error));
    put_down(&hand);
}

/* ---- the invariants ------------------------------------------------------------------------------------------ */

/* What PostgreSQL alone must hold, asked of the checker itself. What a worker would have to do in time (I5 to I7) is
 * not asked here, for none runs. */
static inline bool is_broken(const struct doctor_finding *finding)
{
    return finding->severity == DOCTOR_VIOLATION && (finding->invariant < 5 || finding->invariant > 7);
}

static inline void assert_invariants(struct fixture *f)
{
    struct err_info error;
    struct doctor_report *report;
    struct doctor_options options = DOCTOR_DEFAULTS;
    options.depth = DOCTOR_DEEP;
    options.wait_ms = 0;
    assert_fine(doctor_check(f->other, &(struct dispatch){NULL, f->dispatch.prefix}, &options, &report, &error));
    assert_true(report->count > 0);
    for (size_t i = 0; i < report->count; i++)
        if (is_broken(&report->findings[i]))
            fail_msg("I%d: %s: %s", report->findings[i].invariant, report->findings[i].subject,
                     report->findings[i].text);
    doctor_report_drop(report);
}

/* A test's teardown. */
static inline int check_invariants(void **state)
{
    assert_invariants(*state);
    return 0;
}

#endif
