/*
 * Accepting a request: one transaction that either finds the operation it belongs to or writes a new one. A whole
 * request is a repetition only while nothing of its twin has been loaded: that is the double click. The advisory lock
 * orders equal requests, the tally's lock orders this against the first load.
 */
#include "common/definitions/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/crypto.h"
#include "common/base/json.h"
#include "common/base/mem.h"
#include "common/definitions/definition_registry.h"
#include "common/queue/names.h"
#include "embedded/sql_definitions.h"
#include "embedded/sql_session.h"

#define SQLSTATE_UNIQUE "23505"

/* ---- the draft --------------------------------------------------------------------------------------------------- */

/*
 * What is settled about a request before the transaction that accepts it: its queue and chunk, the canonical form of
 * its arguments, and the key by which a repetition is recognised. Pure.
 */

/* What people call the definition. */
static const char *draft_handle(const struct request *request)
{
    return request->handle == NULL ? request->definition->id : request->handle;
}

void draft_fini(struct draft *draft)
{
    buf_fini(&draft->body);
    buf_fini(&draft->phases);
    buf_fini(&draft->args);
}

static void add_member(struct buf *buf, const char *name, const char *value, const char *before)
{
    buf_add_str(buf, before);
    json_add_string(buf, name, strlen(name));
    buf_add_char(buf, ':');
    json_add_string(buf, value, strlen(value));
}

static void write_phases(const struct definition *definition, struct buf *out)
{
    buf_add_char(out, '[');
    for (size_t i = 0; i < definition->phase_count; i++) {
        const struct definition_phase *phase = &definition->phases[i];
        add_member(out, "id", phase->id, i == 0 ? "{" : ",{");
        add_member(out, "label", phase->label, ",");
        add_member(out, "job", phase->job, ",");
        add_member(out, "over", phase->over, ",");
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

/* Who asks knows best, then the definition, then the kind. */
static int choose_chunk(const struct kind *kind, const struct request *request)
{
    int64_t asked = kind->chunk_arg == NULL ? 0 : json_get_int(request->args, kind->chunk_arg, 0);
    int64_t chunk = asked > 0 ? asked : request->definition->chunk;
    return chunk > 0 && !kind->exclusive ? (int)chunk : kind->chunk;
}

/* All phases of a definition go through one queue: the hash of an operation has one dispatch cursor. */
static enum err choose_queue(const struct kind_table *kinds, const struct request *request, struct draft *draft,
                             struct err_info *error)
{
    const struct definition *definition = request->definition;
    for (size_t i = 0; i < definition->phase_count; i++) {
        const struct kind *kind = kind_find(kinds, definition->phases[i].job);
        if (kind == NULL)
            return err_set(error, ERR_PERMANENT, "definition %s names the job %s, which this program does not know",
                           definition->id, definition->phases[i].job);
        if (draft->queue != NULL && strcmp(draft->queue, kind->queue) != 0)
            return err_set(error, ERR_PERMANENT, "definition %s mixes jobs of the queues %s and %s; make two of it",
                           definition->id, draft->queue, kind->queue);
        int chunk = choose_chunk(kind, request);
        draft->queue = kind->queue;
        draft->chunk = draft->chunk == 0 || chunk < draft->chunk ? chunk : draft->chunk;
    }
    return ERR_OK;
}

enum err draft_make(const struct kind_table *kinds, const struct request *request, struct draft *draft,
                    struct err_info *error)
{
    enum err err = choose_queue(kinds, request, draft, error);
    if (err != ERR_OK)
        return err;
    if (request->catalog_id == 0)
        definition_canonical(request->definition, &draft->body);
    definition_digest(request->definition, draft->digest);
    write_phases(request->definition, &draft->phases);
    json_add_canonical(&draft->args, request->args);
    struct buf key = BUF_INIT;
    buf_addf(&key, "%s\n%s\n%d", draft_handle(request), draft->args.data, request->dry_run);
    crypto_sha256(key.data, key.len, draft->key);
    buf_fini(&key);
    return ERR_OK;
}

/* ---- what would be done ------------------------------------------------------------------------------------------ */

void preview_fini(struct preview *preview)
{
    free(preview->subject);
    *preview = (struct preview){0};
}

static const struct selection *first_selection(const struct kind_table *kinds, const struct definition *definition)
{
    const struct kind *kind = kind_find(kinds, definition->phases[0].job);
    return kind == NULL ? NULL : selection_find(kind, definition->phases[0].over);
}

static int64_t number_or_unknown(const PGresult *result, int column)
{
    return pg_is_null(result, 0, column) ? -1 : pg_int8(result, 0, column);
}

static enum err refusal_class(const char *sqlstate)
{
    return strcmp(sqlstate, "RP400") == 0 ? ERR_USAGE : strcmp(sqlstate, "RP409") == 0 ? ERR_CONFLICT : ERR_NOT_FOUND;
}

void request_preview_add(struct pg_batch *batch, const struct selection *selection, struct json_object *args)
{
    pg_arg_text(pg_batch_add(batch, selection->check), json_object_to_json_string(args));
}

enum err request_preview_read(const PGresult *r, struct preview *preview, struct err_info *error)
{
    if (pg_rows(r) != 1)
        return err_set(error, ERR_PERMANENT, "the check of a selection gave %d rows instead of one", pg_rows(r));
    const char *refusal = pg_text(r, 0, 4);
    if (refusal != NULL)
        return err_set(error, refusal_class(refusal), "%s", pg_text(r, 0, 5));
    const char *subject = pg_text(r, 0, 0);
    preview->subject = mem_strdup(subject == NULL ? "" : subject);
    preview->jobs = number_or_unknown(r, 1);
    preview->files = number_or_unknown(r, 2);
    preview->bytes = number_or_unknown(r, 3);
    int unsized = PQfnumber(r, "unsized"); /* of selections that add up what some of their jobs lack */
    preview->unsized = unsized < 0 ? 0 : pg_int8(r, 0, unsized);
    return ERR_OK;
}

enum err request_preview(struct pg *pg, const struct kind_table *kinds, const struct definition *definition,
                         struct json_object *args, struct preview *preview, struct err_info *error)
{
    *preview = (struct preview){NULL, -1, -1, -1, 0};
    if (definition_is_own(&definition->phases[0])) {
        preview->subject = mem_strdup(definition->name);
        return definition_statements_count(pg, &definition->phases[0], args, &preview->jobs, error);
    }
    const struct selection *selection = first_selection(kinds, definition);
    if (selection == NULL)
        return err_set(error, ERR_PERMANENT,
                       "definition %s names a job or selection that this program does not know: %s over %s",
                       definition->id, definition->phases[0].job, definition->phases[0].over);
    struct pg_batch *batch = pg_batch_new();
    request_preview_add(batch, selection, args);
    enum err err = pg_batch_run(pg, batch, error);
    if (err == ERR_OK)
        err = request_preview_read(pg_batch_result(batch, 0), preview, error);
    pg_batch_drop(batch);
    return err;
}

/* ---- accepting it ------------------------------------------------------------------------------------------------ */

/* Of the first message. */
enum { FOUND_BEGIN, FOUND_LOCK, FOUND_REQUEST, FOUND_TWIN, FOUND_TICK };
/* Columns of request_find_request: one row in any case. */
enum { REQUEST_CURRENT, REQUEST_ID, REQUEST_KEY };

/* A version that no re-sync has loaded. */
static void keep_version(struct pg_batch *batch, const struct draft *draft)
{
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_definition_keep);
    pg_arg_text(args, draft->digest);
    pg_arg_text(args, draft->body.data);
}

static void add_insert(struct pg_batch *batch, const struct request *request, const struct draft *draft,
                       const char *operation_id)
{
    if (request->catalog_id == 0)
        keep_version(batch, draft);
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_request_insert);
    pg_arg_text(args, operation_id);
    pg_arg_text(args, draft_handle(request));
    pg_arg_text(args, draft->digest);
    pg_arg_text(args, draft->args.data);
    pg_arg_text(args, request->preview->subject);
    pg_arg_text(args, draft->phases.data);
    pg_arg_text(args, draft->queue);
    pg_arg_int4(args, draft->chunk);
    pg_arg_int4(args, (int32_t)request->definition->window);
    pg_arg_bool(args, request->dry_run);
    pg_arg_bool(args, request->preview->jobs == 1);
    pg_arg_text(args, request->requested_by == NULL ? "" : request->requested_by);
    pg_arg_text(args, request->request_id);
    pg_arg_bytea(args, draft->key, sizeof draft->key);
    pg_batch_add(batch, &sql_session_commit);
}

/* Who finds the stamped item again, after its acceptor died, must find the operation that it joined. */
static void add_alias(struct pg_batch *batch, const char *stamp, const char *operation_id)
{
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_request_insert_alias);
    pg_arg_text(args, stamp);
    pg_arg_text(args, operation_id);
    pg_batch_add(batch, &sql_session_commit);
}

/* Takes the lock of equal requests, then looks for the operation that this request already has or may join. */
static enum err request_find(struct pg *pg, struct pg_batch *batch, const struct request *request,
                             const struct draft *draft, struct err_info *error)
{
    pg_batch_add(batch, &sql_session_begin);
    struct pg_args *args = pg_batch_add(batch, &sql_definitions_request_lock_request);
    pg_arg_bytea(args, draft->key, sizeof draft->key);
    args = pg_batch_add(batch, &sql_definitions_request_find_request);
    pg_arg_text(args, request->operation_id != NULL ? request->operation_id : request->stamp);
    pg_arg_text(args, request->request_id);
    pg_arg_int8(args, request->catalog_id);
    pg_arg_text(args, draft->digest);
    args = pg_batch_add(batch, &sql_definitions_request_find_repetition);
    pg_arg_bytea(args, draft->key, sizeof draft->key);
    pg_arg_bool(args, request->dry_run);
    if (request->tick != NULL) {
        args = pg_batch_add(batch, &sql_definitions_schedule_claim);
        pg_arg_int8(args, request->tick->definition_id);
        pg_arg_int8(args, request->tick->at_ms);
        pg_arg_text(args, request->operation_id);
        pg_arg_int8(args, request->tick->until_ms);
    }
    return pg_batch_run(pg, batch, error);
}

/* A new operation begins with the version that is in force when it is made: a re-sync may have come since it was looked
 * up. What was accepted before stays what it is. */
static enum err check_may_begin(struct pg_batch *batch, const struct request *request, struct accepted *accepted,
                                struct err_info *error)
{
    accepted->outdated =
        request->catalog_id != 0 && !pg_bool(pg_batch_result(batch, FOUND_REQUEST), 0, REQUEST_CURRENT);
    if (accepted->outdated)
        return err_set(error, ERR_CONFLICT, "definition %s was changed at this moment; ask again",
                       draft_handle(request));
    if (request->tick != NULL && pg_affected(pg_batch_result(batch, FOUND_TICK)) == 0)
        return err_set(error, ERR_BUSY, "this tick of %s was dealt with already", draft_handle(request));
    return ERR_OK;
}

static enum err request_decide(struct pg_batch *batch, const struct request *request, const struct draft *draft,
                               struct accepted *accepted, struct err_info *error)
{
    const PGresult *same_id = pg_batch_result(batch, FOUND_REQUEST), *twin = pg_batch_result(batch, FOUND_TWIN);
    if (!pg_is_null(same_id, 0, REQUEST_ID)) {
        uint8_t key[SHA256_BYTES];
        const char *known = pg_text(same_id, 0, REQUEST_ID);
        if (!pg_bytea(same_id, 0, REQUEST_KEY, key, sizeof key) || memcmp(key, draft->key, sizeof key) != 0)
            return err_set(error, ERR_CONFLICT,
                           "operation %s exists already, with another definition or other arguments", known);
        accepted->repeated = true;
        snprintf(accepted->operation_id, sizeof accepted->operation_id, "%s", known);
    } else if (pg_rows(twin) > 0 && request->operation_id == NULL) {
        accepted->repeated = true;
        snprintf(accepted->operation_id, sizeof accepted->operation_id, "%s", pg_text(twin, 0, 0));
    } else if (request->operation_id != NULL || request->stamp != NULL) {
        snprintf(accepted->operation_id, sizeof accepted->operation_id, "%s",
                 request->operation_id != NULL ? request->operation_id : request->stamp);
    } else {
        id_operation(accepted->operation_id);
    }
    return accepted->repeated ? ERR_OK : check_may_begin(batch, request, accepted, error);
}

static enum err find_or_insert(struct pg *pg, struct pg_batch *batch, const struct request *request,
                               const struct draft *draft, struct accepted *accepted, struct err_info *error)
{
    enum err err = request_find(pg, batch, request, draft, error);
    if (err == ERR_OK)
        err = request_decide(batch, request, draft, accepted, error);
    if (err != ERR_OK || (accepted->repeated && request->stamp == NULL))
        return err;
    pg_batch_reset(batch);
    if (accepted->repeated)
        add_alias(batch, request->stamp, accepted->operation_id);
    else
        add_insert(batch, request, draft, accepted->operation_id);
    return pg_batch_run(pg, batch, error);
}

enum err request_accept(struct pg *pg, const struct kind_table *kinds, const struct request *request,
                        struct accepted *accepted, struct err_info *error)
{
    *accepted = (struct accepted){0};
    if (request->operation_id != NULL && !id_is_operation(request->operation_id))
        return err_set(error, ERR_USAGE, "\"%s\" is no operation id: op_ and 26 characters of a ULID",
                       request->operation_id);
    struct draft draft = {0};
    struct pg_batch *batch = pg_batch_new();
    enum err err = draft_make(kinds, request, &draft, error);
    if (err == ERR_OK)
        err = find_or_insert(pg, batch, request, &draft, accepted, error);
    if (err == ERR_PERMANENT && strcmp(error->sqlstate, SQLSTATE_UNIQUE) == 0) {
        /* Another request with the same id came between: now it can be found. */
        pg_abort(pg);
        pg_batch_reset(batch);
        err = find_or_insert(pg, batch, request, &draft, accepted, error);
    }
    pg_abort(pg);
    accepted->single = err == ERR_OK && request->preview->jobs == 1;
    pg_batch_drop(batch);
    draft_fini(&draft);
    return err;
}
