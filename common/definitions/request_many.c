/*
 * Accepts many single requests in one transaction, as request.c does one: the locks of equal requests (in one order),
 * what each of them repeats, operations, jobs and tallies, COMMIT. Called by submission_many.c.
 *
 * They are decided in their order, as if they came one after the other, so that equal ones of them become one
 * operation. It decides only what is plain: a request that is to be refused leaves (`in` is false) and is refused by
 * request_accept. A statement that fails takes all of it back.
 */
#include "common/definitions/request.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/mem.h"
#include "common/queue/plan.h"
#include "embedded/sql_definitions.h"
#include "embedded/sql_session.h"

static size_t count_in(const struct request_many *many)
{
    size_t n = 0;
    for (size_t i = 0; i < many->count; i++)
        n += many->list[i].in;
    return n;
}

/* ---- what each of them repeats ----------------------------------------------------------------------------------- */

enum { FOUND_BEGIN, FOUND_LOCKS, FOUND_REQUESTS, FOUND_TWINS };
/* Columns of request_find_requests, and of request_find_repetitions. */
enum { REQUEST_NUMBER, REQUEST_CURRENT, REQUEST_ID, REQUEST_KEY };
enum { TWIN_NUMBER, TWIN_ID };

/* Arrays of those that are in, in their order. */
struct columns {
    const char **ids, **request_ids, **digests;
    int64_t *catalog_ids;
    uint8_t *keys;
    size_t *of; /* the place in the list */
    size_t count;
};

static void columns_init(struct columns *columns, const struct request_many *many)
{
    size_t n = count_in(many) + 1;
    *columns = (struct columns){mem_array(n, sizeof(char *)),
                                mem_array(n, sizeof(char *)),
                                mem_array(n, sizeof(char *)),
                                mem_array(n, sizeof(int64_t)),
                                mem_array(n, SHA256_BYTES),
                                mem_array(n, sizeof(size_t)),
                                0};
    for (size_t i = 0; i < many->count; i++) {
        const struct request_one *one = &many->list[i];
        const struct request *request = &one->request;
        size_t at = columns->count;
        if (!one->in)
            continue;
        columns->ids[at] = request->operation_id != NULL ? request->operation_id : request->stamp;
        columns->request_ids[at] = request->request_id;
        columns->digests[at] = one->draft.digest;
        columns->catalog_ids[at] = request->catalog_id;
        memcpy(columns->keys + at * SHA256_BYTES, one->draft.key, SHA256_BYTES);
        columns->of[at] = i;
        columns->count++;
    }
}

static void columns_fini(struct columns *columns)
{
    free(columns->ids);
    free(columns->request_ids);
    free(columns->digests);
    free(columns->catalog_ids);
    free(columns->keys);
    free(columns->of);
}

static enum err find_all(struct pg *pg, struct pg_batch *batch, const struct columns *columns, struct err_info *error)
{
    pg_batch_add(batch, &sql_session_begin);
    pg_arg_byteas(pg_batch_add(batch, &sql_definitions_request_lock_requests), columns->keys, SHA256_BYTES,
                  columns->count);
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_request_find_requests);
    pg_arg_texts(args, columns->ids, columns->count);
    pg_arg_texts(args, columns->request_ids, columns->count);
    pg_arg_int8s(args, columns->catalog_ids, columns->count);
    pg_arg_texts(args, columns->digests, columns->count);
    pg_arg_byteas(pg_batch_add(batch, &sql_definitions_request_find_repetitions), columns->keys, SHA256_BYTES,
                  columns->count);
    return pg_batch_run(pg, batch, error);
}

static void accepted_as(struct request_one *one, const char *operation_id, bool repeated)
{
    struct accepted *accepted = &one->accepted;
    accepted->repeated = repeated;
    accepted->single = true;
    snprintf(accepted->operation_id, sizeof accepted->operation_id, "%s", operation_id);
}

/* One before it that makes the operation which it would make, or join. */
static size_t earlier_twin(const struct request_many *many, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (many->list[i].in && many->list[i].fresh &&
            memcmp(many->list[i].draft.key, many->list[at].draft.key, SHA256_BYTES) == 0)
            return i;
    return REQUEST_NO_TWIN;
}

/* By one row of request_find_requests: it is there already, or it may begin, or it is left to be refused. */
static void decide_by_id(struct request_one *one, const PGresult *row_of, int row)
{
    if (pg_is_null(row_of, row, REQUEST_ID)) {
        one->fresh = pg_bool(row_of, row, REQUEST_CURRENT);
        return;
    }
    uint8_t key[SHA256_BYTES];
    one->in = pg_bytea(row_of, row, REQUEST_KEY, key, sizeof key) && memcmp(key, one->draft.key, sizeof key) == 0;
    if (one->in)
        accepted_as(one, pg_text(row_of, row, REQUEST_ID), true);
}

static bool has_same_id(const struct request_one *one, const struct request_one *other)
{
    const char *id = one->request.operation_id, *other_id = other->request.operation_id;
    const char *mine = one->request.request_id, *theirs = other->request.request_id;
    return (id != NULL && other_id != NULL && strcmp(id, other_id) == 0) ||
           (mine != NULL && theirs != NULL && strcmp(mine, theirs) == 0);
}

/* An id that stands in two requests of these is looked up when the second comes by itself. */
static void leave_same_ids(struct request_many *many)
{
    for (size_t at = 0; at < many->count; at++)
        for (size_t i = 0; i < at && many->list[at].in; i++)
            if (many->list[i].in && has_same_id(&many->list[i], &many->list[at]))
                many->list[at].in = false;
}

/* In their order, as if they came one after the other. */
static void decide_all(struct request_many *many, const struct columns *columns, const struct pg_batch *batch)
{
    const PGresult *requests = pg_batch_result(batch, FOUND_REQUESTS), *twins = pg_batch_result(batch, FOUND_TWINS);
    const char **twin_of = mem_array(columns->count + 1, sizeof *twin_of);
    for (int row = 0; row < pg_rows(twins); row++)
        twin_of[pg_int8(twins, row, TWIN_NUMBER) - 1] = pg_text(twins, row, TWIN_ID);
    for (int row = 0; row < pg_rows(requests); row++) {
        size_t number = (size_t)pg_int8(requests, row, REQUEST_NUMBER) - 1, at = columns->of[number];
        struct request_one *one = &many->list[at];
        decide_by_id(one, requests, row);
        if (!one->in || one->accepted.repeated)
            continue;
        if (one->request.operation_id == NULL && twin_of[number] != NULL) {
            one->fresh = false;
            accepted_as(one, twin_of[number], true);
            continue;
        }
        one->twin = one->request.operation_id == NULL ? earlier_twin(many, at) : REQUEST_NO_TWIN;
        if (one->twin != REQUEST_NO_TWIN) {
            one->fresh = false;
            accepted_as(one, many->list[one->twin].accepted.operation_id, true);
        } else if (one->fresh) {
            accepted_as(one, columns->ids[number], false);
        }
        one->in = one->fresh || one->accepted.repeated;
    }
    free(twin_of);
}

/* ---- what is new ------------------------------------------------------------------------------------------------- */

/* Columns of request_insert_many, as far as they are texts. */
enum {
    TEXT_ID,
    TEXT_HANDLE,
    TEXT_DIGEST,
    TEXT_ARGS,
    TEXT_SUBJECT,
    TEXT_PHASES,
    TEXT_QUEUE,
    TEXT_BY,
    TEXT_REQUEST,
    TEXTS
};

static void add_operations(struct pg_batch *batch, const struct request_many *many, size_t fresh)
{
    const char **texts = mem_array(TEXTS * fresh, sizeof *texts);
    int32_t *chunks = mem_array(fresh, sizeof *chunks), *windows = mem_array(fresh, sizeof *windows);
    uint8_t *keys = mem_array(fresh, SHA256_BYTES);
    size_t at = 0;
    for (size_t i = 0; i < many->count; i++) {
        const struct request_one *one = &many->list[i];
        const struct request *request = &one->request;
        if (!one->in || !one->fresh)
            continue;
        const char *row[TEXTS] = {
            one->accepted.operation_id, request->handle,
            one->draft.digest,          one->draft.args.data,
            request->preview->subject,  one->draft.phases.data,
            one->draft.queue,           request->requested_by == NULL ? "" : request->requested_by,
            request->request_id};
        for (int column = 0; column < TEXTS; column++)
            texts[(size_t)column * fresh + at] = row[column];
        chunks[at] = one->draft.chunk;
        windows[at] = (int32_t)request->definition->window;
        memcpy(keys + at * SHA256_BYTES, one->draft.key, SHA256_BYTES);
        at++;
    }
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_request_insert_many);
    for (size_t column = 0; column < TEXTS; column++)
        pg_arg_texts(args, texts + column * fresh, fresh);
    pg_arg_int4s(args, chunks, fresh);
    pg_arg_int4s(args, windows, fresh);
    pg_arg_byteas(args, keys, SHA256_BYTES, fresh);
    free(texts);
    free(chunks);
    free(windows);
    free(keys);
}

static void add_plans(struct pg_batch *batch, const struct request_many *many)
{
    for (size_t i = 0; i < many->count; i++) {
        const struct request_one *one = &many->list[i];
        struct operation operation = {.args = one->draft.args.data};
        if (!one->in || !one->fresh)
            continue;
        snprintf(operation.tally.operation_id, ID_MAX, "%s", one->accepted.operation_id);
        plan_add_jobs(batch, one->selection->plan, &operation, one->request.definition->phases[0].job);
    }
}

static void add_tallies(struct pg_batch *batch, const struct request_many *many, size_t fresh)
{
    const char **ids = mem_array(fresh, sizeof *ids);
    size_t at = 0;
    for (size_t i = 0; i < many->count; i++)
        if (many->list[i].in && many->list[i].fresh)
            ids[at++] = many->list[i].accepted.operation_id;
    pg_arg_texts(pg_batch_add(batch, &sql_definitions_request_insert_tallies), ids, fresh);
    free(ids);
}

/* A stamped item that is found again must find the operation that it joined. */
static void add_aliases(struct pg_batch *batch, const struct request_many *many)
{
    for (size_t i = 0; i < many->count; i++) {
        const struct request_one *one = &many->list[i];
        const char *stamp = one->request.stamp;
        if (!one->in || one->fresh || stamp == NULL || strcmp(stamp, one->accepted.operation_id) == 0)
            continue;
        struct pg_args *args = pg_batch_add(batch, &sql_definitions_request_insert_alias);
        pg_arg_text(args, stamp);
        pg_arg_text(args, one->accepted.operation_id);
    }
}

static void read_tallies(struct request_many *many, const PGresult *rows)
{
    int row = 0;
    for (size_t i = 0; i < many->count; i++) {
        struct request_one *one = &many->list[i];
        if (!one->in || !one->fresh || row == pg_rows(rows))
            continue;
        one->operation = (struct operation){.definition = (char *)(uintptr_t)one->request.handle,
                                            .subject = one->request.preview->subject,
                                            .phases = PQgetvalue(rows, row, TALLY_COLUMNS + 1),
                                            .queue = (char *)(uintptr_t)one->draft.queue,
                                            .chunk = one->draft.chunk,
                                            .window = (int)one->request.definition->window,
                                            .single = true,
                                            .created_at = PQgetvalue(rows, row, TALLY_COLUMNS)};
        tally_read(rows, row++, &one->operation.tally);
    }
}

/* Each must have planned its one job: the preview said so, but that was before. */
static bool plans_are_whole(const struct pg_batch *batch, int first, size_t fresh)
{
    for (size_t i = 0; i < fresh; i++)
        if (pg_int8(pg_batch_result(batch, first + (int)i), 0, 0) != 1)
            return false;
    return true;
}

static enum err write_all(struct pg *pg, struct request_many *many, struct err_info *error)
{
    struct pg_batch *batch = many->written;
    size_t fresh = 0;
    for (size_t i = 0; i < many->count; i++)
        fresh += many->list[i].in && many->list[i].fresh;
    if (fresh > 0) {
        add_operations(batch, many, fresh);
        add_plans(batch, many);
        add_tallies(batch, many, fresh);
    }
    add_aliases(batch, many);
    enum err err = pg_batch_count(batch) == 0 ? ERR_OK : pg_batch_run(pg, batch, error);
    if (err == ERR_OK && fresh > 0 && !plans_are_whole(batch, 1, fresh))
        err = err_set(error, ERR_CONFLICT, "a request plans another number of jobs than it said");
    if (err == ERR_OK && fresh > 0)
        read_tallies(many, pg_batch_result(batch, 1 + (int)fresh));
    FAULT_POINT("submissions.between");
    return err == ERR_OK ? pg_exec(pg, &sql_session_commit, NULL, NULL, error) : err;
}

enum err requests_accept(struct pg *pg, struct request_many *many, struct err_info *error)
{
    struct columns columns;
    struct pg_batch *found = pg_batch_new();
    leave_same_ids(many);
    columns_init(&columns, many);
    enum err err = columns.count == 0 ? ERR_OK : find_all(pg, found, &columns, error);
    if (err == ERR_OK && columns.count > 0) {
        decide_all(many, &columns, found);
        err = write_all(pg, many, error);
    }
    pg_abort(pg);
    for (size_t i = 0; err != ERR_OK && i < many->count; i++)
        many->list[i].in = false;
    columns_fini(&columns);
    pg_batch_drop(found);
    return err;
}
