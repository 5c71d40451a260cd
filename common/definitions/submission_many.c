/*
 * The steps of submission.c for many single requests at once, for the inbox (inbox.c):
 *
 *   prepare   each definition once, the arguments of each request, all previews in one message
 *   accept    one transaction (request.h)
 *   start     all hashes and first chunks in one message to Redis
 *
 * It decides only what is plain. A request that is refused, plans another number of jobs than one, or meets something
 * unexpected is left to submission_request, which says why; so nothing is refused here.
 */
#include "common/definitions/submission.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/fault.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/definitions/request.h"

struct many {
    const struct submitter *submitter;
    struct submission_item *items;
    struct request_many requests; /* one for each item */
    struct preview *previews;
    struct json_object **args;
    struct registered_definition *found; /* each handle once */
    size_t found_count;
};

static void many_init(struct many *many, const struct submitter *submitter, struct submission_item *items, size_t count)
{
    *many = (struct many){.submitter = submitter, .items = items};
    many->requests = (struct request_many){mem_array(count + 1, sizeof *many->requests.list), count, pg_batch_new()};
    many->previews = mem_array(count + 1, sizeof *many->previews);
    many->args = mem_array(count + 1, sizeof *many->args);
    many->found = mem_array(count + 1, sizeof *many->found);
    for (size_t i = 0; i < count; i++) {
        many->requests.list[i] = (struct request_one){.request = items[i].request, .twin = REQUEST_NO_TWIN};
        many->previews[i] = (struct preview){NULL, -1, -1, -1, 0};
        items[i].done = items[i].started = false;
    }
}

static void many_fini(struct many *many)
{
    for (size_t i = 0; i < many->requests.count; i++) {
        json_object_put(many->args[i]);
        preview_fini(&many->previews[i]);
        draft_fini(&many->requests.list[i].draft);
    }
    for (size_t i = 0; i < many->found_count; i++)
        registered_definition_fini(&many->found[i]);
    pg_batch_drop(many->requests.written);
    free(many->requests.list);
    free(many->previews);
    free(many->args);
    free(many->found);
}

/* ---- prepare ----------------------------------------------------------------------------------------------------- */

/* NULL: it is unknown, or refused. */
static enum err find_definition(struct many *many, const char *handle, const struct registered_definition **found,
                                struct err_info *error)
{
    for (size_t i = 0; i < many->found_count; i++)
        if (strcmp(many->found[i].handle, handle) == 0) {
            *found = &many->found[i];
            return ERR_OK;
        }
    struct registered_definition *place = &many->found[many->found_count];
    enum err err = definition_registry_find(many->submitter->pg, handle, place, error);
    *found = err == ERR_OK ? place : NULL;
    many->found_count += err == ERR_OK;
    return err == ERR_UNREACHABLE || err == ERR_RETRY ? err : ERR_OK;
}

static const struct selection *first_selection(const struct kind_table *kinds, const struct definition *definition)
{
    const struct kind *kind = kind_find(kinds, definition->phases[0].job);
    return kind == NULL ? NULL : selection_find(kind, definition->phases[0].over);
}

/* Whether it may be one of them, as far as PostgreSQL need not be asked. */
static bool complete_request(struct many *many, size_t i, const struct registered_definition *found)
{
    struct request_one *one = &many->requests.list[i];
    struct request *request = &one->request;
    struct err_info refusal = {0};
    one->selection = first_selection(many->submitter->kinds, found->definition);
    if (one->selection == NULL || one->selection->plan == NULL || /* a definition's own: previewed by itself */
        (request->operation_id != NULL && !id_is_operation(request->operation_id)) ||
        definition_check_args(found->definition, request->args, &many->args[i], &refusal) != ERR_OK)
        return false;
    request->handle = found->handle;
    request->definition = found->definition;
    request->catalog_id = found->id;
    request->args = many->args[i];
    request->preview = &many->previews[i];
    return draft_make(many->submitter->kinds, request, &one->draft, &refusal) == ERR_OK;
}

/* A check that fails is of one request, and which it is shows when they come one by one. */
static enum err preview_all(struct many *many, struct err_info *error)
{
    struct pg_batch *batch = pg_batch_new();
    for (size_t i = 0; i < many->requests.count; i++)
        if (many->requests.list[i].in)
            request_preview_add(batch, many->requests.list[i].selection, many->args[i]);
    enum err err = pg_batch_count(batch) == 0 ? ERR_OK : pg_batch_run(many->submitter->pg, batch, error);
    int statement = 0;
    for (size_t i = 0; i < many->requests.count; i++) {
        struct request_one *one = &many->requests.list[i];
        struct err_info refusal = {0};
        if (one->in)
            one->in =
                err == ERR_OK &&
                request_preview_read(pg_batch_result(batch, statement++), &many->previews[i], &refusal) == ERR_OK &&
                many->previews[i].jobs == 1;
    }
    pg_batch_drop(batch);
    pg_abort(many->submitter->pg);
    return err;
}

static enum err prepare_all(struct many *many, struct err_info *error)
{
    enum err err = ERR_OK;
    for (size_t i = 0; i < many->requests.count && err == ERR_OK; i++) {
        const struct registered_definition *found = NULL;
        err = find_definition(many, many->items[i].request.handle, &found, error);
        many->requests.list[i].in = found != NULL && complete_request(many, i, found);
    }
    return err == ERR_OK ? preview_all(many, error) : err;
}

/* ---- start ------------------------------------------------------------------------------------------------------- */

static void open_all(struct many *many)
{
    const struct operation **fresh = mem_array(many->requests.count + 1, sizeof(struct operation *));
    struct err_info why = {0};
    size_t count = 0;
    for (size_t i = 0; i < many->requests.count; i++)
        if (many->requests.list[i].in && many->requests.list[i].fresh)
            fresh[count++] = &many->requests.list[i].operation;
    enum err err = count == 0 ? ERR_OK : dispatch_open_new(many->submitter->dispatch, fresh, count, &why);
    if (err != ERR_OK)
        log_info("%zu operations were accepted and wait for the sweep: %s", count, why.text);
    for (size_t i = 0; i < many->requests.count; i++)
        many->items[i].started = many->requests.list[i].in && err == ERR_OK;
    free(fresh);
}

/* What was there before these requests came goes to the head of its queue, once. */
static void join_all(struct many *many)
{
    const struct request_one *list = many->requests.list;
    for (size_t i = 0; i < many->requests.count; i++) {
        bool first = list[i].in && !list[i].fresh && list[i].twin == REQUEST_NO_TWIN;
        for (size_t before = 0; before < i && first; before++)
            first = !list[before].in || strcmp(list[before].accepted.operation_id, list[i].accepted.operation_id) != 0;
        if (!first)
            continue;
        struct submission joined = {.accepted = list[i].accepted};
        submission_start(many->submitter, &joined);
        many->items[i].started = joined.start.planned && joined.start.dispatched;
    }
}

enum err submissions_request(const struct submitter *submitter, struct submission_item *items, size_t count,
                             struct err_info *error)
{
    struct many many;
    struct err_info why = {0};
    many_init(&many, submitter, items, count);
    enum err err = prepare_all(&many, &why);
    if (err == ERR_OK)
        err = requests_accept(submitter->pg, &many.requests, &why);
    FAULT_POINT("submissions.accepted");
    for (size_t i = 0; i < count; i++) {
        items[i].done = err == ERR_OK && many.requests.list[i].in;
        items[i].accepted = many.requests.list[i].accepted;
    }
    if (err == ERR_OK) {
        open_all(&many);
        join_all(&many);
    } else if (err == ERR_UNREACHABLE) {
        *error = why;
    } else {
        log_info("%zu requests are accepted one by one: %s", count, why.text);
        err = ERR_OK;
    }
    many_fini(&many);
    return err;
}
