/*
 * Statements: prepared on first use, run in batches (libpq pipeline mode), alone, or as a script.
 *
 * A batch is acted on only when its sync has come back: until then a lost connection leaves its outcome unknown. The
 * order of answers is fixed: for each statement one result and a NULL, then the sync. A statement that fails is
 * followed by PGRES_PIPELINE_ABORTED for each one behind it; what fails at the implicit commit stands before the sync.
 */
#include "common/store/pg.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/store/pg_private.h"

struct item {
    const struct sql *statement;
    struct pg_args args;
    PGresult *result; /* NULL unless it succeeded */
};
struct pg_batch {
    struct item *items;
    int count;
    int made; /* items whose args have been initialised: they keep their memory through a reset */
};

/* ---- prepared statements ----------------------------------------------------------------------------------------- */

const char *pg_statement_name(const struct sql *statement, char out[PG_NAME_MAX])
{
    snprintf(out, PG_NAME_MAX, "s%d", statement->number);
    return out;
}

static bool is_prepared(const struct pg *pg, const struct sql *statement)
{
    assert(statement->number >= 0);
    size_t number = (size_t)statement->number;
    if (number >= pg->prepared_count || !pg->prepared[number])
        return false;
    assert(pg->prepared[number] == statement);
    return true;
}

static void mark_prepared(struct pg *pg, const struct sql *statement)
{
    size_t number = (size_t)statement->number;
    if (number >= pg->prepared_count) {
        pg->prepared = mem_grow(pg->prepared, number + 1, sizeof(const struct sql *));
        while (pg->prepared_count <= number)
            pg->prepared[pg->prepared_count++] = NULL;
    }
    pg->prepared[number] = statement;
}

enum err pg_prepare(struct pg *pg, const struct sql *statement, struct err_info *error)
{
    if (!pg->conn)
        return pg_lost(pg, statement->name, error);
    if (statement->number == SQL_UNPREPARED || is_prepared(pg, statement))
        return ERR_OK;
    char name[PG_NAME_MAX];
    if (!PQsendPrepare(pg->conn, pg_statement_name(statement, name), statement->text, 0, NULL))
        return pg_lost(pg, statement->name, error);
    PGresult *result;
    enum err err = pg_answer(pg, statement->name, &result, error);
    if (err == ERR_OK && PQresultStatus(result) == PGRES_COMMAND_OK)
        mark_prepared(pg, statement);
    else if (err == ERR_OK)
        err = pg_fail(pg, statement->name, result, error);
    PQclear(result);
    return err;
}

/* ---- building a batch -------------------------------------------------------------------------------------------- */

struct pg_batch *pg_batch_new(void)
{
    return mem_zalloc(sizeof(struct pg_batch));
}

static void clear_results(struct pg_batch *batch)
{
    for (int i = 0; i < batch->count; i++) {
        PQclear(batch->items[i].result);
        batch->items[i].result = NULL;
    }
}

void pg_batch_drop(struct pg_batch *batch)
{
    if (!batch)
        return;
    clear_results(batch);
    for (int i = 0; i < batch->made; i++)
        pg_args_fini(&batch->items[i].args);
    free(batch->items);
    free(batch);
}

void pg_batch_reset(struct pg_batch *batch)
{
    clear_results(batch);
    batch->count = 0;
}

struct pg_args *pg_batch_add(struct pg_batch *batch, const struct sql *statement)
{
    if (batch->count == batch->made) {
        batch->items = mem_grow(batch->items, (size_t)batch->made + 1, sizeof(struct item));
        batch->items[batch->made++] = (struct item){.statement = NULL};
    }
    struct item *item = &batch->items[batch->count++];
    item->statement = statement;
    pg_args_reset(&item->args);
    return &item->args;
}

int pg_batch_count(const struct pg_batch *batch)
{
    return batch->count;
}

const PGresult *pg_batch_result(const struct pg_batch *batch, int index)
{
    assert(index >= 0 && index < batch->count);
    return batch->items[index].result;
}

/* ---- sending ----------------------------------------------------------------------------------------------------- */

static bool send_item(struct pg *pg, const struct item *item)
{
    char name[PG_NAME_MAX];
    struct pg_bound bound;
    pg_args_bind(&item->args, &bound);
    if (item->statement->number == SQL_UNPREPARED)
        return PQsendQueryParams(pg->conn, item->statement->text, bound.count, NULL, bound.values, bound.lengths,
                                 bound.formats, 0) == 1;
    return PQsendQueryPrepared(pg->conn, pg_statement_name(item->statement, name), bound.count, bound.values,
                               bound.lengths, bound.formats, 0) == 1;
}

enum err pg_batch_start(struct pg *pg, struct pg_batch *batch, struct err_info *error)
{
    assert(!pg->under_way);
    clear_results(batch);
    for (int i = 0; i < batch->count; i++) {
        enum err err = pg_prepare(pg, batch->items[i].statement, error);
        if (err != ERR_OK)
            return err;
    }
    if (batch->count == 0)
        return ERR_OK;
    /* What the socket does not take now is sent by pg_batch_end, which reads at the same time: else both sides could
     * stand still, each waiting for the other to read. */
    const char *name = batch->items[0].statement->name;
    if (!PQenterPipelineMode(pg->conn))
        return pg_lost(pg, name, error);
    for (int i = 0; i < batch->count; i++) {
        if (!send_item(pg, &batch->items[i]))
            return pg_lost(pg, batch->items[i].statement->name, error);
    }
    if (!PQpipelineSync(pg->conn))
        return pg_lost(pg, name, error);
    pg->under_way = batch;
    return ERR_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool connection_is_lost(const struct pg *pg)
{
    return !pg->conn || PQstatus(pg->conn) != CONNECTION_OK;
}

/* The character of an unprepared statement that the server's complaint is about. */
static void note_position(const struct sql *statement, const PGresult *result, struct err_info *error)
{
    const char *field = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    if (statement->number == SQL_UNPREPARED && field != NULL)
        error->column = (int)strtol(field, NULL, 10);
}

/* Takes over the result of one statement. `known` is what the batch has come to so far; returns what it comes to now.
 * Afterwards the connection may be closed, and then there is nothing more to read. */
static enum err read_item(struct pg *pg, struct item *item, enum err known, struct err_info *error)
{
    const char *name = item->statement->name;
    PGresult *result;
    enum err err = pg_next_result(pg, name, &result, error);
    if (err != ERR_OK)
        return err;
    if (!result)
        return pg_lost(pg, name, error);

    err = known;
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_EMPTY_QUERY:
        item->result = result;
        result = NULL;
        break;
    case PGRES_PIPELINE_ABORTED:
        break;
    case PGRES_FATAL_ERROR:
        err = pg_fail(pg, name, result, error);
        note_position(item->statement, result, error);
        break;
    default:
        err = pg_unexpected(pg, name, result, error);
        break;
    }
    PQclear(result);
    if (!pg->conn)
        return err;
    enum err end = pg_next_result(pg, name, &result, error);
    if (end)
        return end;
    PQclear(result);
    return result || connection_is_lost(pg) ? pg_lost(pg, name, error) : err;
}

/* Reads up to the sync. An error before it is one of the implicit commit, where no BEGIN stands in front. */
static enum err read_sync(struct pg *pg, const char *name, enum err known, struct err_info *error)
{
    enum err err = known;
    for (int empty = 0; empty < 2;) {
        PGresult *result;
        enum err silent = pg_next_result(pg, name, &result, error);
        if (silent)
            return silent;
        ExecStatusType status = PQresultStatus(result);
        if (!result)
            empty++;
        else if (status == PGRES_FATAL_ERROR)
            err = pg_fail(pg, name, result, error);
        PQclear(result);
        if (!pg->conn)
            return err;
        if (result && status == PGRES_PIPELINE_SYNC)
            return PQexitPipelineMode(pg->conn) ? err : pg_lost(pg, name, error);
    }
    return pg_lost(pg, name, error);
}

enum err pg_batch_end(struct pg *pg, struct pg_batch *batch, struct err_info *error)
{
    if (batch->count == 0)
        return ERR_OK;
    const char *last = batch->items[batch->count - 1].statement->name;
    if (!pg->under_way)
        return pg_lost(pg, last, error); /* closed since the start */
    assert(pg->under_way == batch);
    pg->under_way = NULL;

    enum err err = ERR_OK;
    for (int i = 0; i < batch->count && pg->conn; i++)
        err = read_item(pg, &batch->items[i], err, error);
    return pg->conn ? read_sync(pg, last, err, error) : err;
}

enum err pg_batch_run(struct pg *pg, struct pg_batch *batch, struct err_info *error)
{
    enum err err = pg_batch_start(pg, batch, error);
    return err ? err : pg_batch_end(pg, batch, error);
}

/* ---- one statement, and scripts ---------------------------------------------------------------------------------- */

/* Judges the result of a statement that ran alone; takes it. */
static enum err take_result(struct pg *pg, const char *name, PGresult *result, PGresult **out, struct err_info *error)
{
    enum err err = ERR_OK;
    ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_FATAL_ERROR)
        err = pg_fail(pg, name, result, error);
    else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
        err = pg_unexpected(pg, name, result, error);
    if (err == ERR_OK && out)
        *out = result;
    else
        PQclear(result);
    return err;
}

enum err pg_exec(struct pg *pg, const struct sql *statement, const struct pg_args *args, PGresult **result,
                 struct err_info *error)
{
    assert(!pg->under_way);
    enum err err = pg_prepare(pg, statement, error);
    if (err != ERR_OK)
        return err;
    char name[PG_NAME_MAX];
    struct pg_bound bound = {.count = 0};
    if (args)
        pg_args_bind(args, &bound);
    if (!PQsendQueryPrepared(pg->conn, pg_statement_name(statement, name), bound.count, bound.values, bound.lengths,
                             bound.formats, 0))
        return pg_lost(pg, statement->name, error);
    PGresult *answer;
    err = pg_answer(pg, statement->name, &answer, error);
    return err ? err : take_result(pg, statement->name, answer, result, error);
}

enum err pg_describe(struct pg *pg, const struct sql *statement, PGresult **columns, struct err_info *error)
{
    assert(!pg->under_way && statement->number == SQL_UNPREPARED);
    PGresult *answer = NULL;
    if (!pg->conn || !PQsendPrepare(pg->conn, "", statement->text, 0, NULL))
        return pg_lost(pg, statement->name, error);
    enum err err = pg_answer(pg, statement->name, &answer, error);
    if (err == ERR_OK && PQresultStatus(answer) != PGRES_COMMAND_OK) {
        err = pg_fail(pg, statement->name, answer, error);
        note_position(statement, answer, error);
    }
    PQclear(answer);
    if (err != ERR_OK)
        return err;
    if (!PQsendDescribePrepared(pg->conn, ""))
        return pg_lost(pg, statement->name, error);
    err = pg_answer(pg, statement->name, &answer, error);
    return err != ERR_OK ? err : take_result(pg, statement->name, answer, columns, error);
}

/* The line of the script that the server's complaint points at; 0 = it points at none. Positions count characters. */
static int line_of_error(const PGresult *result, const char *text)
{
    const char *field = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    long position = field ? strtol(field, NULL, 10) : 0;
    int line = position > 0 ? 1 : 0;
    for (; position > 1 && *text; text++) {
        if (((unsigned char)*text & 0xC0) != 0x80)
            position--;
        if (*text == '\n')
            line++;
    }
    return line;
}

enum err pg_script(struct pg *pg, const char *text, struct err_info *error)
{
    assert(!pg->under_way);
    if (!pg->conn)
        return pg_lost(pg, "script", error);
    PGresult *result;
    if (!PQsendQuery(pg->conn, text))
        return pg_lost(pg, "script", error);
    enum err err = pg_answer(pg, "script", &result, error);
    if (err != ERR_OK)
        return err;
    int line = line_of_error(result, text);
    err = take_result(pg, "script", result, NULL, error);
    if (err != ERR_OK)
        error->line = line;
    return err;
}
